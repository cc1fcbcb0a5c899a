//! Characters and widths of the fonts of PDF documents.

use std::collections::HashMap;

use super::super::member::ContainerProblem;
use super::file::PdfFile;
use super::object::{PdfDictionary, PdfLexer, PdfObject};

/// Maximum number of characters of one font that are kept.
const MOST_CODES: usize = 1 << 16;

/// Width of a character that no table has, in thousandths of the font size.
const USUAL_WIDTH: f64 = 500.0;

/// Widths of Helvetica from space to tilde, for documents that leave out those of the fonts every reader has.
const HELVETICA: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

/// Names of the characters from space to tilde that are not letters.
const GLYPHS: [(&[u8], u8); 44] = [
    (b"space", b' '),
    (b"exclam", b'!'),
    (b"quotedbl", b'"'),
    (b"numbersign", b'#'),
    (b"dollar", b'$'),
    (b"percent", b'%'),
    (b"ampersand", b'&'),
    (b"quotesingle", b'\''),
    (b"quoteright", b'\''),
    (b"parenleft", b'('),
    (b"parenright", b')'),
    (b"asterisk", b'*'),
    (b"plus", b'+'),
    (b"comma", b','),
    (b"hyphen", b'-'),
    (b"minus", b'-'),
    (b"period", b'.'),
    (b"slash", b'/'),
    (b"zero", b'0'),
    (b"one", b'1'),
    (b"two", b'2'),
    (b"three", b'3'),
    (b"four", b'4'),
    (b"five", b'5'),
    (b"six", b'6'),
    (b"seven", b'7'),
    (b"eight", b'8'),
    (b"nine", b'9'),
    (b"colon", b':'),
    (b"semicolon", b';'),
    (b"less", b'<'),
    (b"equal", b'='),
    (b"greater", b'>'),
    (b"question", b'?'),
    (b"at", b'@'),
    (b"bracketleft", b'['),
    (b"backslash", b'\\'),
    (b"bracketright", b']'),
    (b"asciicircum", b'^'),
    (b"underscore", b'_'),
    (b"grave", b'`'),
    (b"braceleft", b'{'),
    (b"bar", b'|'),
    (b"braceright", b'}'),
];

/// Font of a text.
#[derive(Debug, Default)]
pub(super) struct PdfFont {
    /// True if each code has two bytes.
    is_wide: bool,
    /// Text of the codes that differ from their default.
    texts: HashMap<u32, String>,
    /// True if a code without a text is a character of Unicode.
    is_unicode: bool,
    /// Widths in thousandths of the font size.
    widths: HashMap<u32, f64>,
    default_width: f64,
}

/// Character of a text, with its width in parts of the font size.
pub(super) struct FontCharacter<'f> {
    /// Text of the character; `None` if the document does not tell it.
    pub(super) text: Option<FontText<'f>>,
    pub(super) width: f64,
    /// True for the code of one byte that is a blank, to which the space between words is added.
    pub(super) is_blank: bool,
}

/// Text of a character.
pub(super) enum FontText<'f> {
    One(char),
    Some(&'f str),
}

impl PdfFont {
    /// Returns the number of characters that are kept.
    pub(super) fn count_codes(&self) -> usize {
        self.texts.len() + self.widths.len()
    }

    /// Returns the font of a dictionary.
    ///
    /// # Errors
    /// When a limit of the file is reached.
    pub(super) fn read(
        file: &mut PdfFile<'_>,
        dictionary: &PdfDictionary,
    ) -> Result<PdfFont, ContainerProblem> {
        let is_wide = dictionary.has_name(b"Subtype", b"Type0");
        let mut font = PdfFont {
            is_wide,
            is_unicode: !is_wide,
            default_width: USUAL_WIDTH,
            ..PdfFont::default()
        };
        let encoding = file.resolve(dictionary.get(b"Encoding"))?;
        if is_wide {
            let name = encoding.as_ref().and_then(PdfObject::as_name);
            font.is_unicode = name.is_some_and(|name| name.starts_with(b"Uni"));
            font.read_wide_widths(file, dictionary)?;
        } else {
            if let Some(differences) = encoding.as_ref().and_then(PdfObject::as_dictionary) {
                let differences = file.resolve(differences.get(b"Differences"))?;
                font.take_differences(differences.as_ref());
            }
            font.read_widths(file, dictionary)?;
        }
        if let Some(number) = dictionary.reference(b"ToUnicode")
            && let Some(read) = file.read_number(number)?
        {
            let text = file.read_stream(&read, number)?;
            file.charge(text.len() as u64 * 8)?;
            font.take_cmap(&text);
        }
        Ok(font)
    }

    fn take_differences(&mut self, differences: Option<&PdfObject>) {
        let mut code = 0u32;
        for item in differences.map(PdfObject::items).unwrap_or_default() {
            if let Some(number) = item.as_index() {
                code = number;
            } else if let Some(name) = item.as_name() {
                let text = glyph_text(name);
                self.add_text(code, text.unwrap_or_default());
                code = code.saturating_add(1);
            }
        }
    }

    fn add_text(&mut self, code: u32, text: String) {
        if self.texts.len() < MOST_CODES {
            self.texts.insert(code, text);
        }
    }

    fn add_width(&mut self, code: u32, width: f64) {
        if self.widths.len() < MOST_CODES {
            self.widths.insert(code, width);
        }
    }

    fn read_widths(
        &mut self,
        file: &mut PdfFile<'_>,
        dictionary: &PdfDictionary,
    ) -> Result<(), ContainerProblem> {
        let widths = file.resolve(dictionary.get(b"Widths"))?;
        if let Some(widths) = widths.as_ref().and_then(PdfObject::as_array) {
            let first = dictionary.get(b"FirstChar").and_then(PdfObject::as_index);
            // The characters of a Type 3 font have units of their own.
            let matrix = file.resolve(dictionary.get(b"FontMatrix"))?;
            let scale = matrix.as_ref().and_then(|m| m.items().first()?.as_number());
            let scale = scale.map_or(1.0, |scale| scale * 1000.0);
            for (code, width) in (first.unwrap_or_default()..).zip(widths) {
                let width = file.resolve(Some(width))?;
                let width = width.as_ref().and_then(PdfObject::as_number);
                self.add_width(code, width.unwrap_or(USUAL_WIDTH) * scale);
            }
            return Ok(());
        }
        let name = dictionary.get(b"BaseFont").and_then(PdfObject::as_name);
        if name.is_some_and(|name| name.starts_with(b"Courier")) {
            self.default_width = 600.0;
        } else {
            for (code, width) in (32..).zip(HELVETICA) {
                self.add_width(code, f64::from(width));
            }
        }
        Ok(())
    }

    /// Reads the widths of a font whose codes have two bytes.
    fn read_wide_widths(
        &mut self,
        file: &mut PdfFile<'_>,
        dictionary: &PdfDictionary,
    ) -> Result<(), ContainerProblem> {
        let descendants = file.resolve(dictionary.get(b"DescendantFonts"))?;
        let first = descendants.as_ref().and_then(|fonts| fonts.items().first());
        let descendant = file.resolve_dictionary(first)?;
        let default = descendant.get(b"DW").and_then(PdfObject::as_number);
        self.default_width = default.unwrap_or(1000.0);
        let widths = file.resolve(descendant.get(b"W"))?;
        let mut items = widths.as_ref().map(PdfObject::items).unwrap_or_default();
        while let [first, second, rest @ ..] = items {
            let Some(code) = first.as_index() else {
                return Ok(());
            };
            if let Some(list) = second.as_array() {
                for (code, width) in (code..).zip(list) {
                    self.add_width(code, width.as_number().unwrap_or(USUAL_WIDTH));
                }
                items = rest;
            } else if let (Some(last), [width, rest @ ..]) = (second.as_index(), rest) {
                let width = width.as_number().unwrap_or(USUAL_WIDTH);
                for code in code..=last.min(code.saturating_add(0xffff)) {
                    self.add_width(code, width);
                }
                file.charge(1 << 12)?;
                items = rest;
            } else {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Reads the texts of codes from a character map.
    fn take_cmap(&mut self, text: &[u8]) {
        let mut lexer = PdfLexer::new(text);
        let mut operands: Vec<PdfObject> = Vec::new();
        while let Some(item) = lexer.next_object() {
            let PdfObject::Keyword(word) = item else {
                operands.push(item);
                continue;
            };
            match &word[..] {
                b"endbfchar" => {
                    for pair in operands.chunks_exact(2) {
                        if let [PdfObject::Text(code), PdfObject::Text(text)] = pair {
                            self.add_text(code_of(code), utf16_text(text));
                        }
                    }
                }
                b"endbfrange" => {
                    for range in operands.chunks_exact(3) {
                        self.take_range(range);
                    }
                }
                _ => {}
            }
            operands.clear();
        }
    }

    fn take_range(&mut self, range: &[PdfObject]) {
        let [PdfObject::Text(first), PdfObject::Text(last), target] = range else {
            return;
        };
        let codes = code_of(first)..=code_of(last).min(code_of(first).saturating_add(0xffff));
        match target {
            PdfObject::Array(texts) => {
                for (code, text) in codes.zip(texts) {
                    if let PdfObject::Text(text) = text {
                        self.add_text(code, utf16_text(text));
                    }
                }
            }
            PdfObject::Text(text) if text.len() <= 64 => {
                let mut units = text.clone();
                for code in codes {
                    if self.texts.len() >= MOST_CODES {
                        return;
                    }
                    self.add_text(code, utf16_text(&units));
                    increase_number(&mut units);
                }
            }
            _ => {}
        }
    }

    /// Calls `take` with each character of a text.
    pub(super) fn decode(&self, text: &[u8], mut take: impl FnMut(FontCharacter<'_>)) {
        let size = if self.is_wide { 2 } else { 1 };
        for code in text.chunks(size) {
            let code = code_of(code);
            let width = self.widths.get(&code).copied();
            let known = self.texts.get(&code);
            let text = match known {
                Some(text) if text.is_empty() => None,
                Some(text) => Some(FontText::Some(text)),
                None if self.is_unicode => char::from_u32(code).map(FontText::One),
                None => None,
            };
            take(FontCharacter {
                text,
                width: width.unwrap_or(self.default_width) / 1000.0,
                is_blank: !self.is_wide && code == u32::from(b' '),
            });
        }
    }
}

fn code_of(bytes: &[u8]) -> u32 {
    let last = &bytes[bytes.len().saturating_sub(4)..];
    last.iter()
        .fold(0, |code, byte| code << 8 | u32::from(*byte))
}

/// Adds one to a number of many bytes, as the targets of a range follow each other.
fn increase_number(bytes: &mut [u8]) {
    for byte in bytes.iter_mut().rev() {
        *byte = byte.wrapping_add(1);
        if *byte != 0 {
            return;
        }
    }
}

fn utf16_text(bytes: &[u8]) -> String {
    let units = bytes.chunks(2).map(|pair| match pair {
        [high, low] => u16::from_be_bytes([*high, *low]),
        rest => u16::from(rest[0]),
    });
    char::decode_utf16(units.take(16))
        .map(|c| c.unwrap_or('\u{fffd}'))
        .collect()
}

/// Returns the text that the name of a glyph stands for; `None` if the name does not tell it.
fn glyph_text(name: &[u8]) -> Option<String> {
    let name = name.split(|b| *b == b'.').next().unwrap_or_default();
    if let [letter] = name {
        return letter
            .is_ascii_alphabetic()
            .then(|| char::from(*letter).into());
    }
    if let Some((_, byte)) = GLYPHS.iter().find(|(own, _)| *own == name) {
        return Some(char::from(*byte).into());
    }
    let digits = name
        .strip_prefix(b"uni")
        .or_else(|| name.strip_prefix(b"u"));
    if let Some(digits) = digits.filter(|digits| (4..=6).contains(&digits.len())) {
        let digits = std::str::from_utf8(digits).ok()?;
        let code = u32::from_str_radix(digits, 16).ok()?;
        return char::from_u32(code).map(String::from);
    }
    let is_ligature = matches!(name, b"ff" | b"fi" | b"fl" | b"ffi" | b"ffl");
    // The name of another character separates words as the character does.
    let other = || Some("\u{fffd}".to_owned()).filter(|_| name.len() > 3 && name.is_ascii());
    if is_ligature {
        std::str::from_utf8(name).ok().map(str::to_owned)
    } else {
        other().filter(|_| !name.iter().any(u8::is_ascii_digit))
    }
}
