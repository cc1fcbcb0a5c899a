//! Shape of a line: the kinds of its parts, with words, blanks and terminal colours that may differ.

use crate::detect::bytes::is_word;
use crate::steps::add_steps;

/// Maximum length of the margin of a line, and of the text examined after a piece, in bytes.
pub(super) const WIDEST: usize = 512;

/// Maximum number of parts of a margin: words, blanks and signs.
const MOST_PARTS: usize = 64;

/// Part of a line: its kind, and its end in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) kind: u8,
    pub(super) end: usize,
}

/// Returns the parts that `line` begins with, without its indentation, which differs where numbers are right-aligned. All
/// words are of one kind, and so are all colours.
pub(super) fn parts_of(line: &[u8]) -> Vec<Part> {
    let mut out = Vec::new();
    let mut at = line.iter().take_while(|b| is_indent(**b)).count();
    add_steps(line.len());
    while at < line.len() {
        let same = |class: fn(u8) -> bool| line[at..].iter().take_while(|b| class(**b)).count();
        let (kind, len) = match line[at] {
            byte if is_word(byte) => (b'w', same(is_word)),
            byte if is_indent(byte) => (b' ', same(is_indent)),
            byte if byte >= 0x80 => (0x80, same(|b| b >= 0x80)),
            byte => match color_len(&line[at..]) {
                0 => (byte, 1),
                len => (0x1b, len),
            },
        };
        at += len;
        out.push(Part { kind, end: at });
    }
    out
}

/// Notations of the escape character in terminal control sequences; all but the first are of strings.
const ESCAPES: [&[u8]; 8] = [
    b"\x1b", b"\\u001b", b"\\u001B", b"\\x1b", b"\\x1B", b"\\033", b"\\e", b"^[",
];

/// Returns the length of the terminal control sequence that `text` begins with, 1 for an escape character alone, or 0.
fn color_len(text: &[u8]) -> usize {
    if !matches!(text.first(), Some(0x1b | b'\\' | b'^')) {
        return 0;
    }
    let Some(escape) = ESCAPES.into_iter().find(|escape| text.starts_with(escape)) else {
        return 0;
    };
    let parameters = text.iter().skip(escape.len() + 1);
    let count = parameters.take_while(|b| matches!(b, b' '..=b'?')).count();
    let len = escape.len() + 1 + count;
    if text.get(escape.len()) == Some(&b'[') && text.len() > len {
        len + 1
    } else {
        usize::from(text[0] == 0x1b)
    }
}

/// Returns the number of parts of equal kind at the start of two lines.
pub(super) fn shared_parts(one: &[Part], other: &[Part]) -> usize {
    let pairs = one.iter().zip(other).take(MOST_PARTS);
    pairs
        .take_while(|(one, other)| one.kind == other.kind)
        .count()
}

/// Returns the line from `start` on, without its line break and cut to the length that is examined.
pub(super) fn line_at(text: &[u8], start: usize) -> &[u8] {
    let near = &text[start..text.len().min(start + 2 * WIDEST)];
    let len = memchr::memchr(b'\n', near).unwrap_or(near.len());
    near[..len].strip_suffix(b"\r").unwrap_or(&near[..len])
}

/// Returns the start of the line after `at`, if it is near.
pub(super) fn next_line(text: &[u8], at: usize) -> Option<usize> {
    let near = &text[at..text.len().min(at + WIDEST)];
    memchr::memchr(b'\n', near).map(|n| at + n + 1)
}

/// Returns true if `byte` is a blank.
pub(super) fn is_indent(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Returns true if `rest`, the text after a piece in its line, contains no word.
pub(super) fn is_blank(rest: &[u8]) -> bool {
    let mut at = 0;
    while at < rest.len() {
        if is_word(rest[at]) {
            return false;
        }
        at += color_len(&rest[at..]).max(1);
    }
    true
}

/// Returns true if `rest`, the text after a piece in its line, begins with a sign that ends a text, and the end of a
/// line with these parts has the same shape.
pub(super) fn ends_alike(rest: &[u8], parts: &[Part]) -> bool {
    let rest = rest.strip_suffix(b"\r").unwrap_or(rest);
    let sign = rest.iter().find(|b| !is_indent(**b));
    let ends_text = |b: &u8| b"\"'`\\\x1b<|])},;".contains(b) || *b >= 0x80;
    if !sign.is_some_and(ends_text) {
        return false;
    }
    let ends = parts_of(rest);
    parts.len() > ends.len() && {
        let tail = &parts[parts.len() - ends.len()..];
        shared_parts(tail, &ends) == ends.len().min(MOST_PARTS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(line: &str) -> String {
        parts_of(line.as_bytes())
            .iter()
            .map(|p| char::from(p.kind))
            .collect()
    }

    #[test]
    fn lines_of_a_log_begin_with_the_same_parts() {
        for (one, other) in [
            (
                "2026-11-27T03:12:33.1234567Z a b",
                "2026-11-27T03:13:01.7654321Z c",
            ),
            ("#12 34.5 a", "#9 0.123 b"),
            ("web_1  | a", "db_12 | b"),
            ("    99\ta", "   100\tb"),
            (
                "Nov 27 03:12:33 host app[12]: a",
                "Nov 27 03:12:34 host app[4567]: b",
            ),
            ("\u{1b}[32mapp\u{1b}[0m a", "\u{1b}[1;31mweb\u{1b}[0m b"),
            ("│ a", "│ b"),
        ] {
            assert_eq!(
                shared_parts(&parts_of(one.as_bytes()), &parts_of(other.as_bytes())),
                parts_of(other.as_bytes()).len()
            );
        }
        assert_eq!(kinds("12:30 x\t y"), "w:w w w");
        assert_eq!(kinds("\u{1b}"), "\u{1b}");
    }
}
