//! One reading of a picture as a text: its characters in a row, each with the word that it belongs to, and the values
//! that were found in it.

use std::ops::Range;

use crate::container::{PictureArea, PictureReading, ReadLine};
use crate::token::repair;

/// Value that was found in a reading: a token whose checksum is valid, or 40 hex digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FoundValue {
    /// Value as it stands in the picture, as far as is known.
    pub(super) value: String,
    /// Number of places of the reading that differ from it.
    pub(super) changes: u32,
    /// Index of the first character of the reading that stands for it.
    pub(super) at: usize,
    /// Number of characters that stand for it.
    pub(super) len: usize,
}

impl FoundValue {
    /// Returns true if the value is 40 hex digits, which have no checksum.
    pub(super) fn is_hex(&self) -> bool {
        self.value.bytes().all(|byte| byte.is_ascii_hexdigit())
    }
}

/// One reading as a text: a blank behind each word, a line end behind each line.
pub(super) struct FlatReading<'r> {
    lines: &'r [ReadLine],
    pub(super) chars: Vec<char>,
    /// Line and word of each character; a blank or a line end has those of the word before it.
    pub(super) owners: Vec<(usize, usize)>,
    /// Index of the first character of each line.
    starts: Vec<usize>,
    pub(super) values: Vec<FoundValue>,
}

impl<'r> FlatReading<'r> {
    /// Returns a reading with the values of 40 hex digits in it.
    pub(super) fn new(reading: &'r PictureReading) -> Self {
        let mut flat = FlatReading {
            lines: &reading.lines,
            chars: Vec::new(),
            owners: Vec::new(),
            starts: Vec::new(),
            values: Vec::new(),
        };
        for (line, read) in reading.lines.iter().enumerate() {
            flat.starts.push(flat.chars.len());
            for (word, part) in read.words.iter().enumerate() {
                let gap = [' ', '\n'][usize::from(word + 1 == read.words.len())];
                flat.chars.extend(part.text.chars().chain([gap]));
                flat.owners.resize(flat.chars.len(), (line, word));
            }
        }
        flat.find_hex();
        flat
    }

    /// Iterates over the lines with their boxes.
    pub(super) fn line_areas(&self) -> impl Iterator<Item = (usize, PictureArea)> {
        let lines = self.lines.iter().enumerate();
        lines.filter_map(|(line, read)| Some((line, read.area()?)))
    }

    /// Returns the characters of a line.
    pub(super) fn line_range(&self, line: usize) -> Range<usize> {
        let end = self.starts.get(line + 1).copied();
        self.starts[line]..end.unwrap_or(self.chars.len())
    }

    /// Returns the number of letters and digits of a line.
    pub(super) fn count_chars(&self, line: usize) -> usize {
        let chars = self.chars[self.line_range(line)].iter();
        chars.filter(|c| c.is_alphanumeric()).count()
    }

    /// Iterates over the values that begin on a line.
    pub(super) fn values_on(&self, line: usize) -> impl Iterator<Item = &FoundValue> {
        let range = self.line_range(line);
        self.values
            .iter()
            .filter(move |value| range.contains(&value.at))
    }

    /// Returns the number of values that begin on a line.
    pub(super) fn count_values(&self, line: usize) -> usize {
        self.values_on(line).count()
    }

    /// Returns the box of a character up to the end of its word, as if all characters of the word had the same width.
    pub(super) fn box_of(&self, at: usize) -> PictureArea {
        let (line, word) = self.owners[at];
        let word_at = |at: &usize| self.owners[*at] == (line, word);
        let before = (0..at).rev().take_while(word_at).count();
        let read = &self.lines[line].words[word];
        let count = read.text.chars().count().max(1);
        let width = read.area.right.saturating_sub(read.area.left) as usize;
        let offset = width * before.min(count - 1) / count;
        PictureArea {
            left: read.area.left + u32::try_from(offset).unwrap_or(0),
            ..read.area
        }
    }

    /// Returns the box of the characters that stand for a value, as far as they are on one line.
    pub(super) fn extent_of(&self, value: &FoundValue) -> PictureArea {
        let start = self.box_of(value.at);
        let last = self.box_of(value.at + value.len - 1);
        PictureArea {
            right: last.left.max(start.left + 1),
            ..start
        }
    }

    /// Finds the words of 40 hex digits. A blank may have been read into one.
    fn find_hex(&mut self) {
        let mut at = 0;
        while at < self.chars.len() {
            let len = self.count_part(at);
            let mut end = at + len;
            if !self.push_hex(at, end) && self.chars.get(end) == Some(&' ') {
                let joined = end + 1 + self.count_part(end + 1);
                if self.push_hex(at, joined) {
                    end = joined;
                }
            }
            at = end + 1;
        }
    }

    /// Returns the number of characters from `at` on that may be read hex digits.
    fn count_part(&self, at: usize) -> usize {
        let is_part = |c: &&char| c.is_alphanumeric() || matches!(c, '|' | '!' | '$');
        self.chars[at.min(self.chars.len())..]
            .iter()
            .take_while(is_part)
            .count()
    }

    /// Adds these characters if they stand for 40 hex digits; false if they do not.
    fn push_hex(&mut self, at: usize, end: usize) -> bool {
        let blanks = self.chars[at..end].iter().filter(|c| **c == ' ').count();
        let word: Vec<char> = self.chars[at..end]
            .iter()
            .copied()
            .filter(|c| *c != ' ')
            .collect();
        let Some((value, changes)) = repair::read_hex(&word) else {
            return false;
        };
        self.values.push(FoundValue {
            value,
            changes: changes + u32::try_from(blanks).unwrap_or(0),
            at,
            len: end - at,
        });
        true
    }
}
