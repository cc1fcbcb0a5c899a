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

    /// Where the cursor stands after a text has been read from here that takes it from [`Position::START`] to `passed`.
    #[must_use]
    pub fn further(self, passed: Position) -> Position {
        if passed.line == 1 {
            Position {
                line: self.line,
                column: self.column + passed.column - 1,
            }
        } else {
            Position {
                line: self.line + passed.line - 1,
                column: passed.column,
            }
        }
    }
}

/// Positions in one text, asked for many times: what was counted up to a mark is not counted again.
#[derive(Debug)]
pub struct Lines<'t> {
    text: &'t [u8],
    /// Offset and position of marks that stand at most [`Lines::STEP`] apart, in order, from the start on.
    marks: Vec<(usize, Position)>,
}

impl<'t> Lines<'t> {
    const STEP: usize = 1024;

    /// The positions in `text`, whose byte at `first` stands at `start`; what is before it is not asked for.
    #[must_use]
    pub fn new(text: &'t [u8], first: usize, start: Position) -> Self {
        Lines {
            text,
            marks: vec![(first, start)],
        }
    }

    /// The position of the byte at `at`.
    pub fn position(&mut self, at: usize) -> Position {
        let at = at.max(self.marks[0].0);
        let (mut mark, mut position) = self.marks[self.marks.len() - 1];
        while at - mark.min(at) > Self::STEP {
            let next = character_start(self.text, mark + Self::STEP);
            position = position.after(&self.text[mark..next]);
            mark = next;
            self.marks.push((mark, position));
        }
        if at < mark {
            let index = self.marks.partition_point(|m| m.0 <= at) - 1;
            (mark, position) = self.marks[index];
        }
        position.after(&self.text[mark..at])
    }
}

/// The start of the character that the byte at `at` is part of, so that a text can be cut there and its
/// parts have as many columns as the whole.
#[must_use]
pub fn character_start(text: &[u8], at: usize) -> usize {
    let continues = |i: usize| text.get(i).is_some_and(|b| b & 0xc0 == 0x80);
    if !continues(at) {
        return at;
    }
    (at.saturating_sub(3)..at)
        .rev()
        .find(|&i| !continues(i))
        .unwrap_or(at)
}

/// How many bytes at the beginning of `text`, which was cut out of a longer one, may end a character that began
/// before it. Counted with what is before, a text has as many columns as its parts.
#[must_use]
pub fn character_tail(text: &[u8]) -> usize {
    let continues = |b: &&u8| **b & 0xc0 == 0x80;
    text.iter().take(3).take_while(continues).count()
}

/// The number of Unicode scalar values in `text`; each byte that is not UTF-8 counts as one.
fn columns(text: &[u8]) -> u64 {
    if text.is_ascii() {
        return text.len() as u64;
    }
    text.utf8_chunks()
        .map(|chunk| chunk.valid().chars().count() as u64 + u64::from(!chunk.invalid().is_empty()))
        .sum()
}

/// Where the line that `at` stands in begins, but no earlier than `floor`.
#[must_use]
pub fn line_start(text: &[u8], floor: usize, at: usize) -> usize {
    memchr::memrchr(b'\n', &text[floor..at]).map_or(floor, |n| floor + n + 1)
}

/// The line that holds the start of `place`, without its line break, cut `reach` bytes from `place`: a line
/// may be as long as the file.
#[must_use]
pub fn line_near(text: &[u8], place: &Range<usize>, reach: usize) -> Range<usize> {
    let from = place.start.saturating_sub(reach);
    let to = text.len().min(place.end.saturating_add(reach));
    let line = line_around(&text[from..to], place.start - from);
    from + line.start..from + line.end
}

/// The line that holds `at`, without its line break.
#[must_use]
pub fn line_around(text: &[u8], at: usize) -> Range<usize> {
    let at = at.min(text.len());
    let start = line_start(text, 0, at);
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
    use crate::mint::Mint;

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
        for text in ["", "ab", "a\nb", "\n"] {
            let passed = Position::START.after(text.as_bytes());
            assert_eq!(there.further(passed), there.after(text.as_bytes()));
        }
        assert_eq!(there.after(b"abc"), Position { line: 7, column: 8 });
    }

    #[test]
    fn positions_asked_for_in_any_order_are_those_counted_from_the_start() {
        let mut mint = Mint::new(2);
        let pieces: [&[u8]; 7] = [
            b"\n",
            b"\r\n",
            b"abc",
            "\u{f6}".as_bytes(),
            "\u{4ee4}".as_bytes(),
            "\u{1f511}".as_bytes(),
            b"\xff\x80\x80",
        ];
        for _ in 0..20 {
            let newlines = mint.below(50);
            let mut text = Vec::new();
            while text.len() < 6000 {
                let piece = if mint.below(newlines + 1) == 0 {
                    2 + mint.below(5)
                } else {
                    mint.below(7)
                };
                text.extend_from_slice(pieces[piece]);
            }
            let start = Position { line: 3, column: 9 };
            let mut lines = Lines::new(&text, 0, start);
            for _ in 0..200 {
                let at = character_start(&text, mint.below(text.len() + 1));
                assert_eq!(lines.position(at), start.after(&text[..at]), "at {at}");
            }
        }
    }

    #[test]
    fn windows_count_as_the_whole_does_wherever_they_are_cut() {
        let mut mint = Mint::new(3);
        let pieces: [&[u8]; 7] = [
            b"a",
            b"\n",
            "\u{f6}".as_bytes(),
            "\u{4ee4}".as_bytes(),
            "\u{1f511}".as_bytes(),
            b"\xe9\xb0",
            b"\xff\x80\x80\x80\x80",
        ];
        for _ in 0..500 {
            let count = mint.below(20);
            let text: Vec<u8> = (0..count)
                .flat_map(|_| pieces[mint.below(7)].to_vec())
                .collect();
            for cut in 0..=text.len() {
                let tail = character_tail(&text[cut..]);
                let start = Position::START.after(&text[..cut + tail]);
                let mut lines = Lines::new(&text[cut..], tail, start);
                let end = lines.position(text.len() - cut);
                assert_eq!(end, Position::START.after(&text), "{text:?} cut at {cut}");
            }
        }
    }

    #[test]
    fn a_long_line_is_cut_within_reach() {
        let text = [b"x".repeat(900), b"\n".to_vec(), b"y".repeat(900)].concat();
        assert_eq!(line_near(&text, &(10..20), 100), 0..120);
        assert_eq!(line_near(&text, &(890..895), 100), 790..900);
        assert_eq!(line_near(&text, &(905..910), 2000), 901..1801);
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
