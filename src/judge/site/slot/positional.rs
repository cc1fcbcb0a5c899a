//! Arguments of a script or a shell function by their place: `./deploy.sh value` where the text has `TOKEN=$1`.

use std::ops::Range;

use super::reader::{SlotKind, is_word_byte};
use crate::judge::site::adjacent;
use crate::judge::vocabulary::lists;
use crate::span::line_start;

/// Maximum distance in bytes from a value to the parameter that stands for it, before and after it.
const BEFORE: usize = 3000;
const AFTER: usize = 2000;

/// Maximum number of bytes of a command before its argument.
const COMMAND: usize = 200;

/// Returns the place in which the text uses the value as a parameter of the script or function that it is given to.
pub(crate) fn find_parameter(text: &[u8], value: &Range<usize>) -> Option<Range<usize>> {
    let number = argument_number(text, value)?;
    let from = value.start.saturating_sub(BEFORE);
    let to = text.len().min(value.end + AFTER);
    let is_use = |place: &Range<usize>| {
        let slot = super::read(text, place);
        let key = &text[slot.key.clone()];
        match slot.kind {
            SlotKind::Assigned => !key.is_empty(),
            SlotKind::Follows => !key.is_empty() && !matches!(key, b"-z" | b"-n"),
            SlotKind::UrlUser | SlotKind::AuthHeader | SlotKind::BasicUser => true,
            _ => adjacent::find_structure(text, place).is_some(),
        }
    };
    memchr::memchr_iter(b'$', &text[from..to])
        .map(|at| from + at)
        .filter_map(|at| parameter_at(text, at, number))
        .find(is_use)
}

/// Returns the range of the parameter with this number, if it is at `at`: `$1`, `${1}`.
fn parameter_at(text: &[u8], at: usize, number: u8) -> Option<Range<usize>> {
    let braced = text.get(at + 1) == Some(&b'{');
    let digit = at + 1 + usize::from(braced);
    let whole = match text.get(digit + 1) {
        Some(b'}') => true,
        next => !braced && !next.is_some_and(u8::is_ascii_digit),
    };
    (whole && text.get(digit) == Some(&number)).then_some(at..digit + 1 + usize::from(braced))
}

/// Returns the number of an argument of a script, of a function that the text defines, or of `set --`, as a digit.
fn argument_number(text: &[u8], value: &Range<usize>) -> Option<u8> {
    let start = line_start(text, value.start.saturating_sub(COMMAND), value.start);
    let head = &text[start..value.start];
    let prompt = lists().prompts.prefix_of(head.trim_ascii_start());
    let head = &head.trim_ascii_start()[prompt.map_or(0, <[u8]>::len)..];
    if !matches!(head.last(), Some(b' ' | b'"' | b'\'')) {
        return None;
    }
    let bare = |word: &[u8]| -> bool { word.iter().any(|b| !matches!(b, b'"' | b'\'')) };
    let mut words = head
        .split(|b| *b == b' ')
        .filter(|word| bare(word))
        .peekable();
    while words
        .peek()
        .is_some_and(|word| lists().shells.contains(word) || word.contains(&b'='))
    {
        words.next();
    }
    let command = words.next()?;
    let sets = command == b"set" && words.peek() == Some(&&b"--"[..]);
    if sets {
        words.next();
    }
    if !sets && !is_script(command) && !is_defined(text, command) {
        return None;
    }
    let mut count = 0;
    for word in words {
        let plain = |b: &u8| {
            is_word_byte(*b) || matches!(b, b'.' | b'/' | b':' | b'@' | b'"' | b'\'' | b'$' | b'-')
        };
        if word.starts_with(b"-") || !word.iter().all(plain) {
            return None;
        }
        count += 1;
    }
    (count < 9).then_some(b'1' + count)
}

/// Returns true for the path of a script, or a name with the ending of one.
fn is_script(command: &[u8]) -> bool {
    command.starts_with(b"./") || lists().script_endings.suffix_of(command).is_some()
}

/// Returns true if the text defines a shell function with this name.
fn is_defined(text: &[u8], name: &[u8]) -> bool {
    const SHORTEST: usize = 2;
    let is_name = name.len() > SHORTEST && name.iter().all(|b| is_word_byte(*b) || *b == b'-');
    let text = &text[..text.len().min(BEFORE + AFTER)];
    let defines = |at: usize| {
        let rest = &text[at + name.len()..];
        let opens = rest.starts_with(b"()") || rest.starts_with(b" ()");
        opens || text[..at].ends_with(b"function ")
    };
    is_name && memchr::memmem::find_iter(text, name).any(defines)
}
