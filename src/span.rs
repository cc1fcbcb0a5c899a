//! Places in a text: byte ranges, and lines and columns worked out from them when a person asks.

use std::ops::Range;

/// A place as an editor shows it: both 1-based, the column counted in Unicode scalar values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line number, from 1.
    pub line: u64,
    /// Column number, from 1, in Unicode scalar values (a byte that is no UTF-8 counts as one).
    pub column: u64,
}

impl Position {
    /// The first character of a text.
    pub const START: Position = Position { line: 1, column: 1 };

    /// Where the cursor stands after `text` has been read from here.
    #[must_use]
    pub fn after(self, text: &[u8]) -> Position {
        let newlines = memchr::memchr_iter(b'\n', text).count() as u64;
        match memchr::memrchr(b'\n', text) {
            Some(last) => Position {
                line: self.line + newlines,
                column: 1 + columns(&text[last + 1..]),
            },
            None => Position {
                line: self.line,
                column: self.column + columns(text),
            },
        }
    }
}

/// The number of Unicode scalar values in `text`; each byte that is not UTF-8 counts as one.
fn columns(text: &[u8]) -> u64 {
    text.utf8_chunks()
        .map(|chunk| chunk.valid().chars().count() as u64 + u64::from(!chunk.invalid().is_empty()))
        .sum()
}

/// The line that holds `at`, without its line break.
#[must_use]
pub fn line_around(text: &[u8], at: usize) -> Range<usize> {
    let at = at.min(text.len());
    let start = memchr::memrchr(b'\n', &text[..at]).map_or(0, |n| n + 1);
    let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |n| at + n);
    start..if end > start && text[end - 1] == b'\r' {
        end - 1
    } else {
        end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_count_newlines() {
        assert_eq!(Position::START.after(b""), Position { line: 1, column: 1 });
        assert_eq!(
            Position::START.after("a\nöx".as_bytes()),
            Position { line: 2, column: 3 }
        );
        assert_eq!(
            Position::START.after(b"a\r\n\xff\xffb"),
            Position { line: 2, column: 4 }
        );
        let there = Position { line: 7, column: 5 };
        assert_eq!(there.after(b"abc"), Position { line: 7, column: 8 });
    }

    #[test]
    fn a_line_ends_before_its_line_break() {
        let text = b"one\r\ntwo\nthree";
        assert_eq!(line_around(text, 1), 0..3);
        assert_eq!(line_around(text, 6), 5..8);
        assert_eq!(line_around(text, 14), 9..14);
        assert_eq!(line_around(b"", 0), 0..0);
    }
}
