//! Parameters of functions, by the definition of the function that takes a value: `publish("o/r", "value")` under
//! `def publish(repo, token)`.

use std::ops::Range;

use super::name_kinds::is_generic;
use super::reader::{Slot, SlotKind, SlotReader, is_word_byte};
use crate::judge::vocabulary::{Vocabulary, WordClass, lists};

/// Maximum distance in bytes before a value at which the bracket of its call is searched.
const REACH: usize = 200;

/// Maximum distance in bytes from a call to the definition of what it calls, before and after it.
const BEFORE: usize = 6000;
const AFTER: usize = 3000;

/// Maximum number of places with the name of the function that are looked at.
const MOST: usize = 16;

/// Maximum length in bytes of the parameters of a definition.
const LONGEST: usize = 300;

/// Returns the name of the parameter that an argument without a name is given to, if the text defines the function.
pub(crate) fn parameter_name(
    text: &[u8],
    value: &Range<usize>,
    slot: &Slot,
) -> Option<Range<usize>> {
    if slot.kind != SlotKind::Argument {
        return None;
    }
    // The argument before may be the name: `put("github_token", "value")`.
    let key = &text[slot.key.clone()];
    let telling = WordClass::SECRET.or(WordClass::HASH);
    if slot.key != slot.callee && Vocabulary::builtin().lexicon.sense(key).has(telling) {
        return None;
    }
    let reader = SlotReader {
        text,
        floor: value.start.saturating_sub(REACH),
    };
    let (open, index) = reader.opening_bracket(reader.open(value.start, value.end))?;
    let end = reader.skip_blanks(open);
    let letters = text[reader.floor..end].iter().rev();
    let name = end - letters.take_while(|b| is_word_byte(**b)).count()..end;
    if name.len() < 3 {
        return None;
    }
    let from = name.start.saturating_sub(BEFORE);
    let to = text.len().min(value.end + AFTER);
    memchr::memmem::find_iter(&text[from..to], &text[name.clone()])
        .map(|at| from + at)
        .filter(|at| *at != name.start)
        .take(MOST)
        .find_map(|at| nth_parameter(text, at..at + name.len(), index))
        .filter(|parameter| !is_generic(&text[parameter.clone()]))
}

/// Returns the name of the parameter with this index, if `name` is the name of a definition.
fn nth_parameter(text: &[u8], name: Range<usize>, index: usize) -> Option<Range<usize>> {
    let before = &text[name.start.saturating_sub(48)..name.start];
    if before.last().is_some_and(|b| is_word_byte(*b)) {
        return None;
    }
    let rest = &text[name.end..text.len().min(name.end + LONGEST)];
    let skip = rest
        .iter()
        .take_while(|b| !matches!(b, b'(' | b'\n'))
        .count();
    let joint = rest.get(..skip)?.trim_ascii();
    let list = rest.get(skip + 1..)?;
    let len = closing_bracket(list)?;
    let keyword = lists().function_keywords.suffix_of(before).is_some();
    let has_body = begins_body(&list[len + 1..]);
    // `String publish(String repo, ...) {`: a word before the name, and a body behind the brackets.
    let typed = before.last() == Some(&b' ')
        && before
            .trim_ascii_end()
            .last()
            .is_some_and(|b| is_word_byte(*b) || *b == b'>');
    let is_definition = if joint.is_empty() {
        keyword || typed && has_body
    } else {
        lists().function_joints.contains(joint) && (has_body || joint != b"=")
    };
    if !is_definition {
        return None;
    }
    let go = before.ends_with(b"func ") || before.ends_with(b") ");
    let start = name.end + skip + 1;
    let mut parameters = split_parameters(&list[..len]).map(|part| {
        find_name(&list[part.clone()], go).map(|n| part.start + n.start..part.start + n.end)
    });
    let first = parameters.next()??;
    let receiver = lists().receivers.contains(&list[first.clone()]);
    let index = index + usize::from(receiver);
    let found = if index == 0 {
        first
    } else {
        parameters.nth(index - 1)??
    };
    Some(start + found.start..start + found.end)
}

/// Returns true if a body follows the parameters of a definition: `{`, `=> `, `throws IOException {`, `: string {`.
fn begins_body(after: &[u8]) -> bool {
    let end = after
        .iter()
        .position(|b| matches!(b, b'{' | b';' | b'(' | b')' | b',' | b'"'));
    let body = end.is_some_and(|end| after[end] == b'{');
    body || after.trim_ascii_start().starts_with(b"=>")
}

/// Returns the offset of the bracket that closes a list of parameters.
fn closing_bracket(list: &[u8]) -> Option<usize> {
    let mut depth = 0usize;
    for (i, b) in list.iter().enumerate() {
        match b {
            b'(' | b'[' | b'{' => depth += 1,
            b')' if depth == 0 => return Some(i),
            b')' | b']' | b'}' => depth = depth.checked_sub(1)?,
            _ => {}
        }
    }
    None
}

/// Iterates over the ranges of the parameters in a list without its brackets.
fn split_parameters(list: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let (mut start, mut depth) = (Some(0), 0usize);
    std::iter::from_fn(move || {
        let from = start?;
        for (i, b) in list.iter().enumerate().skip(from) {
            match b {
                b'(' | b'[' | b'{' | b'<' => depth += 1,
                b')' | b']' | b'}' | b'>' => depth = depth.saturating_sub(1),
                b',' if depth == 0 => {
                    start = Some(i + 1);
                    return Some(from..i);
                }
                _ => {}
            }
        }
        start = None;
        Some(from..list.len())
    })
}

/// Returns the name in the declaration of a parameter: `token`, `String token`, `token: str = ""`, `$token`. In Go the
/// name precedes the type without a mark.
fn find_name(part: &[u8], go: bool) -> Option<Range<usize>> {
    let end = memchr::memchr2(b'=', b':', part).unwrap_or(part.len());
    let head = &part[..end];
    let words = |b: &u8| is_word_byte(*b);
    if go {
        let from = head.iter().position(words)?;
        let len = head[from..].iter().take_while(|b| words(b)).count();
        return Some(from..from + len);
    }
    let last = head.iter().rposition(words)? + 1;
    let len = head[..last].iter().rev().take_while(|b| words(b)).count();
    Some(last - len..last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Mint;

    #[test]
    fn an_argument_has_the_name_of_its_parameter() {
        for (text, want) in [
            (
                "def tag(repo, tok):\n  pass\ntag(\"o/r\", \"<H>\")",
                Some("tok"),
            ),
            (
                "tag(\"o/r\", \"<H>\")\ndef tag(repo, tok)\nend",
                Some("tok"),
            ),
            (
                "def tag(self, repo, tok='x'):\n  pass\nm.tag(\"o/r\",\n  \"<H>\")",
                Some("tok"),
            ),
            (
                "function tag(repo: string, tok: string): X {}\ntag('o', '<H>')",
                Some("tok"),
            ),
            (
                "const tag = (repo, tok) => {}\ntag('o', '<H>')",
                Some("tok"),
            ),
            (
                "tag <- function(tok, repo) {}\ntag('<H>', 'o')",
                Some("tok"),
            ),
            (
                "func tag(repo, tok string) {}\ntag(\"o\", \"<H>\")",
                Some("tok"),
            ),
            (
                "static void tag(Map<A, B> m, String tok) {}\ntag(m, \"<H>\");",
                Some("tok"),
            ),
            (
                "static void tag(String repo, String tok) throws IOException {}\ntag(x, \"<H>\");",
                Some("tok"),
            ),
            (
                "fn tag(repo: &str, tok: &str) {}\ntag(\"o\", \"<H>\")",
                Some("tok"),
            ),
            ("tag('a', 'b'); tag('o', '<H>')", None),
            ("def tag(name, value):\n  pass\ntag('o', '<H>')", None),
            ("def tag(name, x):\n  pass\ntag('gh_token', '<H>')", None),
            ("if (tag(a, b)) {}\ntag('o', '<H>')", None),
            ("def tag(repo):\n  pass\ntag('o', '<H>')", None),
        ] {
            let value = String::from_utf8(Mint::new(5).hex(40)).unwrap();
            let at = text.find("<H>").unwrap();
            let text = text.replace("<H>", &value);
            let value = at..at + 40;
            let slot = super::super::read(text.as_bytes(), &value);
            let name = parameter_name(text.as_bytes(), &value, &slot);
            assert_eq!(name.map(|r| &text[r]), want, "{text}");
        }
    }
}
