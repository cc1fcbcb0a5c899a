//! Names that mean less than their words say: names of fields, of headers, and phrases that hand a value over.

use super::reader::is_word_byte;
use crate::judge::vocabulary::lists;

/// Returns true for a UTF-8 sign such as a tick, an arrow, a bullet or an emoji.
pub(crate) fn is_symbol(text: &[u8]) -> bool {
    matches!(text, [0xe2, _, _, ..] | [0xf0, 0x9f, _, _, ..])
        && !text.iter().any(u8::is_ascii_alphanumeric)
}

/// Returns true for a name that only announces a value: `value`, `ParameterValue`, `setting-value`.
pub(crate) fn is_generic(name: &[u8]) -> bool {
    lists().generic_endings.ends_any_case(name) || lists().generic_names.contains_any_case(name)
}

/// Returns true if a function's name means more than that something is exported.
pub(crate) fn is_telling(name: &[u8]) -> bool {
    name.len() > 2
        && !lists().silent_functions.contains(name)
        && !lists().silent_parts.is_part_of(name)
}

/// Returns true for the name of a header that services define themselves. GitHub reads credentials from
/// `Authorization` alone.
pub(crate) fn is_own_header(name: &[u8]) -> bool {
    let quoted = |b: &u8| matches!(b, b'"' | b'\'' | b'[' | b']' | b'`' | b' ' | b'-');
    let last = name
        .rsplit(|b| matches!(b, b'"' | b'\'' | b'[' | b'.'))
        .find(|part| !part.iter().all(quoted))
        .unwrap_or_default();
    let experimental = last.get(..2).is_some_and(|l| l.eq_ignore_ascii_case(b"x-"));
    experimental || lists().own_headers.contains_any_case(last)
}

/// Returns true if all words of a phrase only hand a value over, as those of an answer do: `here you go`.
pub(crate) fn is_handover_phrase(phrase: &[u8]) -> bool {
    let mut words = phrase
        .split(|b| !is_word_byte(*b) && *b != b'\'')
        .filter(|w| !w.is_empty())
        .peekable();
    words.peek().is_some() && words.all(|w| lists().handover_words.contains_any_case(w))
}

/// Returns the last name of a chain of members: `c` of `a.b.c`.
pub(crate) fn last_member(name: &[u8]) -> &[u8] {
    &name[memchr::memrchr(b'.', name).map_or(0, |dot| dot + 1)..]
}
