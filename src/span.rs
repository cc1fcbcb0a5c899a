//! Places in a text: byte ranges, and the lines and columns computed from them for display.
//!
//! A line ends at a line feed, a carriage return, or both, as for editors, language servers and GitHub's pages; U+2028,
//! U+0085 and form feeds end none. A column is a Unicode scalar value: a tab is one, a wide character is one, and a
//! combining mark is one of its own. A byte order mark at the beginning of a file is none.

mod charset;
mod place;
mod range;

use crate::steps::add_steps;
use std::ops::Range;

pub(crate) use charset::Charset;
pub(crate) use place::DocumentPlace;
pub(crate) use place::{PlaceList, PlaceStart, TextPlaces, find_start};
pub use range::Span;

/// Place as an editor shows it: both numbers 1-based, the column counted in Unicode scalar values.
///
/// ```
/// use tokensweep::Position;
///
/// assert!(Position { line: 2, column: 1 } > Position { line: 1, column: 80 });
/// assert_eq!(Position::START, Position { line: 1, column: 1 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line number, 1-based.
    pub line: u64,
    /// Column number, 1-based, in Unicode scalar values (a byte that is no UTF-8 counts as one).
    pub column: u64,
}

impl Position {
    /// First character of a text.
    pub const START: Position = Position { line: 1, column: 1 };

    /// Returns the position after `text`, in UTF-8, if `text` begins at this position.
    #[must_use]
    pub fn after(self, text: &[u8]) -> Position {
        add_steps(text.len());
        let text = match text.strip_prefix("\u{feff}".as_bytes()) {
            Some(rest) if self == Position::START => rest,
            _ => text,
        };
        let last_feed = memchr::memrchr(b'\n', text);
        let behind = last_feed.map_or(0, |at| at + 1);
        let last_return = memchr::memrchr(b'\r', &text[behind..]).map(|at| behind + at);
        let Some(last) = last_return.or(last_feed) else {
            return Position {
                line: self.line,
                column: self.column + columns(text),
            };
        };
        let feeds = memchr::memchr_iter(b'\n', text).count();
        let returns =
            memchr::memchr_iter(b'\r', text).filter(|at| text.get(at + 1) != Some(&b'\n'));
        Position {
            line: self.line + (feeds + returns.count()) as u64,
            column: 1 + columns(&text[last + 1..]),
        }
    }

    /// Returns the position after `text`, in `charset`, if `text` begins at this position.
    #[must_use]
    pub fn after_in(self, charset: Charset, text: &[u8]) -> Position {
        if charset == Charset::Utf8 {
            return self.after(text);
        }
        let mut position = self;
        let mut last = 0;
        for unit in charset.decode_units(text) {
            let is_second = is_low_surrogate(unit) && (0xd800..0xdc00).contains(&last);
            let is_mark = unit == charset::MARK && position == Position::START;
            match unit {
                0x0a if last == 0x0d => {}
                0x0a | 0x0d => {
                    position.line += 1;
                    position.column = 1;
                }
                _ => position.column += u64::from(!is_second && !is_mark),
            }
            last = unit;
        }
        position
    }

    /// Returns the position after a text that begins at this one, and would end at `passed` from [`Position::START`].
    #[must_use]
    pub fn advance_by(self, passed: Position) -> Position {
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

fn is_low_surrogate(unit: u32) -> bool {
    (0xdc00..0xe000).contains(&unit)
}

/// Repeated conversion of offsets in one text to positions. Nothing before the last mark is counted twice.
#[derive(Debug)]
pub(crate) struct LinePositions<'t> {
    text: &'t [u8],
    charset: Charset,
    /// Offset and position of marks at most [`LinePositions::STEP`] apart, in order, from the start on.
    marks: Vec<(usize, Position)>,
    /// Last position returned for a text of another charset.
    other: Option<(Charset, usize, Position)>,
}

impl<'t> LinePositions<'t> {
    const STEP: usize = 1024;

    /// Prepares positions in `text`, written in `charset`, whose byte at `first` is at `start`. Offsets before `first`
    /// must not be requested.
    #[must_use]
    pub(crate) fn new(text: &'t [u8], charset: Charset, first: usize, start: Position) -> Self {
        LinePositions {
            text,
            charset,
            marks: vec![(first, start)],
            other: None,
        }
    }

    /// Returns the position of the byte at `at`.
    pub(crate) fn position(&mut self, at: usize) -> Position {
        let at = at.max(self.marks[0].0);
        let (mut mark, mut position) = self.marks[self.marks.len() - 1];
        while at - mark.min(at) > Self::STEP {
            let next = character_start(self.text, self.charset, mark + Self::STEP);
            position = position.after_in(self.charset, &self.text[mark..next]);
            mark = next;
            self.marks.push((mark, position));
        }
        if at < mark {
            let index = self.marks.partition_point(|m| m.0 <= at) - 1;
            (mark, position) = self.marks[index];
        }
        position.after_in(self.charset, &self.text[mark..at])
    }

    /// Returns the position of the byte at `at`, which is part of a text in `charset`. That text is the whole file or a
    /// part of it, as in programs or where a shell appends UTF-16 to a log.
    pub(crate) fn position_in(&mut self, charset: Charset, at: usize) -> Position {
        if charset == self.charset || charset == Charset::Utf8 {
            return self.position(at);
        }
        let known = self.other.filter(|(c, before, _)| {
            *c == charset && *before <= at && (at - before).is_multiple_of(charset.unit_len())
        });
        let floor = known.map_or(self.marks[0].0, |(_, before, _)| before);
        let from = charset.text_start(self.text, floor.min(at), at);
        let start = match known {
            Some((_, before, position)) if before == from => position,
            _ => self.position(from),
        };
        let text = charset.without_mark(&self.text[from..at]);
        let position = start.after_in(charset, text);
        self.other = Some((charset, at, position));
        position
    }
}

/// Returns the start of the character that contains the byte at `at`. A text that is cut there has as many columns
/// as its parts together. Both bytes of a CRLF count as one character.
fn character_start(text: &[u8], charset: Charset, at: usize) -> usize {
    if charset != Charset::Utf8 {
        let len = charset.unit_len();
        let Some([before, next]) = text.get(at - len..at + len).map(|near| {
            let mut units = charset.decode_units(near);
            [units.next(), units.next()].map(Option::unwrap_or_default)
        }) else {
            return at;
        };
        let is_within = is_low_surrogate(next) || before == 0x0d && next == 0x0a;
        return if is_within { at - len } else { at };
    }
    if text.get(at) == Some(&b'\n') && at > 0 && text[at - 1] == b'\r' {
        return at - 1;
    }
    let continues = |i: usize| text.get(i).is_some_and(|b| b & 0xc0 == 0x80);
    if !continues(at) {
        return at;
    }
    (at.saturating_sub(3)..at)
        .rev()
        .find(|&i| !continues(i))
        .unwrap_or(at)
}

/// Returns the number of bytes at the beginning of `text`, cut out of a longer text, that may end a character or a line
/// break begun before it. If they count with the text before, the lines and columns of the parts add up to the whole.
#[must_use]
pub(crate) fn character_tail(charset: Charset, text: &[u8]) -> usize {
    if charset != Charset::Utf8 {
        let is_tail = |unit: &u32| is_low_surrogate(*unit) || *unit == 0x0a;
        return charset.unit_len() * charset.decode_units(text).take(1).filter(is_tail).count();
    }
    if text.first() == Some(&b'\n') {
        return 1;
    }
    let continues = |b: &&u8| **b & 0xc0 == 0x80;
    text.iter().take(3).take_while(continues).count()
}

/// Returns the number of Unicode scalar values in `text`; each byte that is not UTF-8 counts as one.
fn columns(text: &[u8]) -> u64 {
    if text.is_ascii() {
        return text.len() as u64;
    }
    text.utf8_chunks()
        .map(|chunk| chunk.valid().chars().count() as u64 + u64::from(!chunk.invalid().is_empty()))
        .sum()
}

/// Returns the start of the line that contains `at`, but no earlier than `floor`.
#[must_use]
pub(crate) fn line_start(text: &[u8], floor: usize, at: usize) -> usize {
    let start = memchr::memrchr(b'\n', &text[floor..at]).map_or(floor, |n| floor + n + 1);
    add_steps(at - start);
    start
}

/// Returns the lines that overlap `place`, without the last line break, cut `reach` bytes from `place`, as a line may
/// be as long as the file.
#[must_use]
pub(crate) fn lines_near(text: &[u8], place: Span, reach: usize) -> Span {
    let from = place.start.saturating_sub(reach);
    let to = text.len().min(place.end.saturating_add(reach));
    let before = memchr::memrchr2(b'\n', b'\r', &text[from..place.start]);
    let behind = memchr::memchr2(b'\n', b'\r', &text[place.end..to]);
    Span {
        start: before.map_or(from, |at| from + at + 1),
        end: behind.map_or(to, |at| place.end + at),
    }
}

/// Returns the line that contains `at`, without its line break.
#[must_use]
pub(crate) fn line_around(text: &[u8], at: usize) -> Range<usize> {
    let at = at.min(text.len());
    let start = line_start(text, 0, at);
    let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |n| at + n);
    add_steps(end - at);
    start..if end > start && text[end - 1] == b'\r' {
        end - 1
    } else {
        end
    }
}

#[cfg(test)]
mod tests {
    use super::charset::tests::{ALL, encode_text};
    use super::*;
    use crate::token::Mint;

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
            assert_eq!(there.advance_by(passed), there.after(text.as_bytes()));
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
            let newlines = mint.random_below(50);
            let mut text = Vec::new();
            while text.len() < 6000 {
                let piece = if mint.random_below(newlines + 1) == 0 {
                    2 + mint.random_below(5)
                } else {
                    mint.random_below(7)
                };
                text.extend_from_slice(pieces[piece]);
            }
            let start = Position { line: 3, column: 9 };
            let mut lines = LinePositions::new(&text, Charset::Utf8, 0, start);
            for _ in 0..200 {
                let at = character_start(&text, Charset::Utf8, mint.random_below(text.len() + 1));
                assert_eq!(lines.position(at), start.after(&text[..at]), "at {at}");
            }
        }
    }

    const PIECES: [&str; 8] = [
        "a",
        "\n",
        "\r",
        "\r\n",
        "\u{f6}",
        "\u{4ee4}",
        "\u{1f511}",
        "\u{feff}",
    ];

    #[test]
    fn windows_count_as_the_whole_does_wherever_they_are_cut() {
        let mut mint = Mint::new(3);
        for round in 0..2500 {
            let charset = ALL[round % ALL.len()];
            let count = mint.random_below(20);
            let text: String = (0..count).map(|_| PIECES[mint.random_below(8)]).collect();
            let mut text = encode_text(&format!("a{text}"), charset);
            if charset == Charset::Utf8 {
                text.extend(&b"\xe9\xb0\xff\x80\x80\x80\x80a"[mint.random_below(8)..]);
            }
            let whole = Position::START.after_in(charset, &text);
            for cut in (0..=text.len()).step_by(charset.unit_len()) {
                let tail = character_tail(charset, &text[cut..]);
                let start = Position::START.after_in(charset, &text[..cut + tail]);
                let mut lines = LinePositions::new(&text[cut..], charset, tail, start);
                let end = lines.position(text.len() - cut);
                assert_eq!(end, whole, "{charset:?} {text:?} cut at {cut}");
            }
        }
    }

    #[test]
    fn every_charset_has_the_lines_and_columns_that_a_person_counts() {
        let text =
            "\u{feff}one\ttwo\r\nthree e\u{301}\u{2028}\u{85}\u{c}four\r\r\n\u{1f511}\u{4ee4}five";
        for (word, line, column) in [
            ("one", 1, 1),
            ("two", 1, 5),
            ("three", 2, 1),
            ("four", 2, 12),
            ("five", 4, 3),
        ] {
            let (before, _) = text.split_once(word).unwrap();
            for charset in ALL {
                let whole = encode_text(text, charset);
                let at = encode_text(before, charset).len();
                assert_eq!(Charset::of_file(&whole), charset);
                let mut lines = LinePositions::new(&whole, charset, 0, Position::START);
                assert_eq!(
                    lines.position(at),
                    Position { line, column },
                    "{charset:?} {word}"
                );
                // Appended to a log, the text continues at the line after it.
                let mixed = [&b"first\nlast\n"[..], &whole].concat();
                let mut lines = LinePositions::new(&mixed, Charset::Utf8, 0, Position::START);
                let expected = Position {
                    line: line + 2,
                    column,
                };
                if charset != Charset::Utf8 {
                    assert_eq!(
                        lines.position_in(charset, at + 11),
                        expected,
                        "{charset:?} {word}"
                    );
                }
            }
        }
    }

    #[test]
    fn places_in_text_of_another_charset_are_counted_once_and_in_any_order() {
        let text = encode_text(&"\u{1f511} = x\r\n".repeat(300), Charset::Utf16le);
        let mixed = [&b"log\0\x01\x02"[..], &text].concat();
        let mut lines = LinePositions::new(&mixed, Charset::Utf8, 0, Position::START);
        let mut mint = Mint::new(4);
        for _ in 0..200 {
            let line = mint.random_below(300);
            let at = 6 + 16 * line + 8;
            let column = if line == 0 { 10 } else { 4 };
            let expected = Position {
                line: line as u64 + 1,
                column,
            };
            assert_eq!(lines.position_in(Charset::Utf16le, at), expected);
        }
    }

    #[test]
    fn a_long_line_is_cut_within_reach() {
        let text = [b"x".repeat(900), b"\n".to_vec(), b"y".repeat(900)].concat();
        assert_eq!(lines_near(&text, (10..20).into(), 100), 0..120);
        assert_eq!(lines_near(&text, (890..895).into(), 100), 790..900);
        assert_eq!(lines_near(&text, (905..910).into(), 2000), 901..1801);
        assert_eq!(lines_near(&text, (890..905).into(), 2000), 0..1801);
        assert_eq!(lines_near(b"one\rtwo\r\nthree", (5..6).into(), 100), 4..7);
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
