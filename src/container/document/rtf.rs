//! Rich text (RTF): the text of the paragraphs, without control words, fonts, styles and pictures.

use super::tracked::{ByteParser, TrackedOutput, visit_whole_text};
use crate::container::member::{ContainerInput, ContainerProblem, ContainerReader, MemberVisitor};
use crate::span::DocumentPlace;

/// Maximum number of groups inside each other.
const MOST_DEPTH: usize = 1000;

/// Maximum length in bytes of a control word.
const MOST_WORD: usize = 32;

/// Groups whose content is no text.
const OTHER_GROUPS: [&[u8]; 12] = [
    b"fonttbl",
    b"colortbl",
    b"stylesheet",
    b"pict",
    b"objdata",
    b"themedata",
    b"datastore",
    b"colorschememapping",
    b"listtable",
    b"listoverridetable",
    b"latentstyles",
    b"rsidtbl",
];

/// Reader of rich text.
pub(super) struct RtfReader;

impl ContainerReader for RtfReader {
    fn is_single(&self) -> bool {
        true
    }

    fn read_members(
        &self,
        input: &mut dyn ContainerInput,
        visitor: &mut dyn MemberVisitor,
    ) -> Result<(), ContainerProblem> {
        visit_whole_text(input, RtfParser::default(), visitor);
        Ok(())
    }
}

/// Group that is open.
#[derive(Clone, Copy, Debug, Default)]
struct RtfGroup {
    is_other: bool,
    /// True if the group begins with the mark of a group that old programs pass over.
    is_marked: bool,
    /// Number of characters behind a Unicode escape that stand for the same.
    fallback: usize,
}

/// Parser of rich text.
#[derive(Debug, Default)]
struct RtfParser {
    groups: Vec<RtfGroup>,
    /// Number of groups too deep to be kept.
    deeper: usize,
    state: RtfState,
    /// Number of characters to pass over behind a Unicode escape.
    passed_over: usize,
    /// Number of bytes of a picture to pass over.
    binary: u64,
    paragraphs: u64,
}

#[derive(Debug, Default)]
enum RtfState {
    #[default]
    Text,
    /// Behind a backslash at this offset.
    Escape(u64),
    /// In a control word that began at this offset.
    Word(u64, Vec<u8>),
    /// In an escape of a byte, with its first digit.
    Hex(u64, Option<u8>),
}

impl RtfParser {
    fn group(&mut self) -> &mut RtfGroup {
        if self.groups.is_empty() {
            self.groups.push(RtfGroup {
                fallback: 1,
                ..RtfGroup::default()
            });
        }
        let last = self.groups.len() - 1;
        &mut self.groups[last]
    }

    fn open_group(&mut self) {
        self.passed_over = 0;
        if self.groups.len() > MOST_DEPTH {
            self.deeper += 1;
            return;
        }
        let outer = *self.group();
        self.groups.push(RtfGroup {
            is_marked: false,
            ..outer
        });
    }

    fn close_group(&mut self) {
        self.passed_over = 0;
        match self.deeper.checked_sub(1) {
            Some(deeper) => self.deeper = deeper,
            None => _ = self.groups.pop(),
        }
    }

    /// Returns true if a character here is text.
    fn takes_text(&mut self) -> bool {
        if self.passed_over > 0 {
            self.passed_over -= 1;
            return false;
        }
        !self.group().is_other && self.deeper == 0
    }

    fn write_character(&mut self, character: char, at: u64, out: &mut TrackedOutput<'_>) {
        if !self.takes_text() {
            return;
        }
        self.begin_text(out);
        out.push_char(character, at);
    }

    /// Sets the place of the first paragraph.
    fn begin_text(&mut self, out: &mut TrackedOutput<'_>) {
        if self.paragraphs == 0 {
            self.begin_paragraph(out);
        }
    }

    fn begin_paragraph(&mut self, out: &mut TrackedOutput<'_>) {
        self.paragraphs += 1;
        out.set_place(Some(DocumentPlace::of_number("paragraph", self.paragraphs)));
    }

    /// Takes a control word that is complete.
    fn take_word(&mut self, word: &[u8], at: u64, out: &mut TrackedOutput<'_>) {
        let digits = word.iter().position(|b| !b.is_ascii_alphabetic());
        let (name, number) = word.split_at(digits.unwrap_or(word.len()));
        let number = std::str::from_utf8(number).ok();
        let number: Option<i64> = number.and_then(|n| n.parse().ok());
        let group = self.group();
        if OTHER_GROUPS.contains(&name) || group.is_marked && name != b"fldinst" {
            group.is_other = true;
        }
        group.is_marked = false;
        match name {
            b"par" | b"sect" | b"page" => {
                self.write_character('\n', at, out);
                self.begin_text(out);
                self.begin_paragraph(out);
            }
            b"row" | b"line" => self.write_character('\n', at, out),
            b"tab" | b"cell" | b"nestcell" => self.write_character('\t', at, out),
            b"uc" => {
                let count = number.and_then(|n| usize::try_from(n).ok());
                self.group().fallback = count.unwrap_or(1).min(16);
            }
            b"u" => {
                // A number above 32,767 is written as a negative one.
                let code = number.map(|n| if n < 0 { n + 65536 } else { n });
                let code = code.and_then(|n| u32::try_from(n).ok());
                let character = code.and_then(char::from_u32).unwrap_or('\u{fffd}');
                self.passed_over = 0;
                self.write_character(character, at, out);
                self.passed_over = self.group().fallback;
            }
            b"bin" => self.binary = number.and_then(|n| u64::try_from(n).ok()).unwrap_or(0),
            _ => {}
        }
    }

    /// Takes the byte behind a backslash.
    fn take_escaped(&mut self, byte: u8, at: u64, out: &mut TrackedOutput<'_>) {
        self.state = RtfState::Text;
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => self.state = RtfState::Word(at, vec![byte]),
            b'\'' => self.state = RtfState::Hex(at, None),
            b'*' => self.group().is_marked = true,
            b'\\' | b'{' | b'}' => self.write_character(char::from(byte), at, out),
            b'~' => self.write_character(' ', at, out),
            b'_' => self.write_character('-', at, out),
            b'\r' | b'\n' => self.take_word(b"par", at, out),
            _ => {}
        }
    }

    fn take_text(&mut self, byte: u8, at: u64, out: &mut TrackedOutput<'_>) {
        match byte {
            b'{' => self.open_group(),
            b'}' => self.close_group(),
            b'\\' => self.state = RtfState::Escape(at),
            b'\r' | b'\n' | 0 => {}
            _ => {
                if self.takes_text() {
                    self.begin_text(out);
                    out.push_byte(byte, at);
                }
            }
        }
    }
}

impl ByteParser for RtfParser {
    fn take_byte(&mut self, byte: u8, at: u64, out: &mut TrackedOutput<'_>) {
        if self.binary > 0 {
            self.binary -= 1;
            return;
        }
        match &mut self.state {
            RtfState::Text => self.take_text(byte, at, out),
            RtfState::Escape(start) => {
                let start = *start;
                self.take_escaped(byte, start, out);
            }
            RtfState::Word(start, word) => {
                let has_number = word.last().is_some_and(|b| !b.is_ascii_alphabetic());
                let goes_on = byte.is_ascii_digit()
                    || byte == b'-' && !has_number
                    || byte.is_ascii_alphabetic() && !has_number;
                if goes_on && word.len() < MOST_WORD {
                    word.push(byte);
                    return;
                }
                let (start, word) = (*start, std::mem::take(word));
                self.state = RtfState::Text;
                self.take_word(&word, start, out);
                // A blank ends the word and is no text.
                if self.binary > 0 && byte != b' ' {
                    self.binary -= 1;
                } else if byte != b' ' {
                    self.take_text(byte, at, out);
                }
            }
            RtfState::Hex(start, first) => {
                let digit = char::from(byte)
                    .to_digit(16)
                    .and_then(|d| u8::try_from(d).ok());
                let (start, first) = (*start, *first);
                match (digit, first) {
                    (Some(digit), None) => self.state = RtfState::Hex(start, Some(digit)),
                    (Some(digit), Some(first)) => {
                        self.state = RtfState::Text;
                        self.write_character(char::from(first * 16 + digit), start, out);
                    }
                    (None, _) => self.state = RtfState::Text,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;
    use crate::container::document::tracked::TrackedText;
    use crate::span::PlaceList;

    fn read(text: &str) -> String {
        let places = PlaceList::default();
        let mut input = TrackedText::new(text.as_bytes(), RtfParser::default(), &places);
        let mut out = String::new();
        input.read_to_string(&mut out).unwrap();
        out
    }

    #[test]
    fn text_is_read_without_what_is_around_it() {
        for (rtf, text) in [
            (
                "{\\rtf1\\ansi{\\fonttbl{\\f0 Arial;}}\\f0 one\\par two}",
                "one\ntwo",
            ),
            (
                "{\\rtf1 gh{\\b p_}\\b0 x\r\ny\\'41\\u66?\\u-3 ?z}",
                "ghp_xyAB\u{fffd}z",
            ),
            (
                "{\\rtf1 {\\pict\\pngblip 0102}{\\*\\generator x;}a\\{b\\tab c\\bin3 }}}d}",
                "a{b\tcd",
            ),
            (
                "{\\rtf1{\\field{\\*\\fldinst{HYPERLINK \"u\"}}{\\fldrslt t}}}",
                "HYPERLINK \"u\"t",
            ),
            ("{\\rtf1\\uc2 \\u97 xxb}", "ab"),
            ("{\\rtf1 a}}}}b\\", "ab"),
        ] {
            assert_eq!(read(rtf), text, "{rtf}");
        }
    }
}
