//! Text of the sheets of Office Open XML: cells with their strings and formulas, row by row, and comments on cells.

use std::cell::RefCell;

use super::output::TextOutput;
use super::xml::{XmlDialect, XmlElement};
use crate::span::DocumentPlace;

/// Maximum number of bytes of shared strings that are held. The others are scanned without their cells.
const MOST_STRINGS: usize = 16 << 20;

/// Length in bytes from which a string is written for the first of its cells only.
const LONG: usize = 4096;

/// Strings that cells refer to by number.
#[derive(Debug, Default)]
pub(in crate::container) struct SharedStrings {
    strings: Vec<SharedString>,
    /// Number of bytes that are held.
    held: usize,
}

#[derive(Debug)]
struct SharedString {
    /// `None` for a string that was not held.
    text: Option<Box<str>>,
    is_used: bool,
}

impl SharedStrings {
    /// Adds the next string; false if there is no room, so that it is not held.
    pub(in crate::container) fn add_string(&mut self, text: &str) -> bool {
        self.held += text.len() + size_of::<SharedString>();
        let has_room = self.held <= MOST_STRINGS;
        if has_room || self.strings.len() < MOST_STRINGS / size_of::<SharedString>() {
            self.strings.push(SharedString {
                text: has_room.then(|| text.into()),
                is_used: false,
            });
        }
        has_room
    }

    /// Adds the string of this number to `out`.
    pub(in crate::container) fn use_string(&mut self, number: usize, out: &mut String) {
        let Some(string) = self.strings.get_mut(number) else {
            return;
        };
        if let Some(text) = &string.text
            && (!string.is_used || text.len() < LONG)
        {
            out.push_str(text);
        }
        string.is_used = true;
    }

    /// Takes the strings that no cell refers to, with their numbers, 1-based.
    pub(in crate::container) fn take_unused(&mut self) -> Vec<(u64, Box<str>)> {
        let strings = std::mem::take(&mut self.strings).into_iter().zip(1..);
        let unused = strings.filter(|(string, _)| !string.is_used);
        unused
            .filter_map(|(string, number)| Some((number, string.text?)))
            .filter(|(_, text)| !text.is_empty())
            .collect()
    }
}

/// Elements of the list of shared strings.
pub(super) struct StringsDialect<'d> {
    strings: &'d RefCell<SharedStrings>,
    text: String,
    number: u64,
    is_open: bool,
    is_text: bool,
    /// True in a reading aid, which is no part of the string.
    is_phonetic: bool,
}

impl<'d> StringsDialect<'d> {
    pub(super) fn new(strings: &'d RefCell<SharedStrings>) -> Self {
        StringsDialect {
            strings,
            text: String::new(),
            number: 0,
            is_open: false,
            is_text: false,
            is_phonetic: false,
        }
    }

    fn end_string(&mut self, out: &mut TextOutput<'_>) {
        if !std::mem::take(&mut self.is_open) {
            return;
        }
        self.number += 1;
        if !self.strings.borrow_mut().add_string(&self.text) {
            let place = DocumentPlace::of_number("shared string", self.number);
            out.push_line(self.text.as_bytes(), Some(&place));
        }
        self.text.clear();
    }
}

impl XmlDialect for StringsDialect<'_> {
    fn open_element(&mut self, element: &XmlElement<'_>, _: &mut TextOutput<'_>) {
        match element.name {
            b"si" => self.is_open = true,
            b"t" => self.is_text = self.is_open && !self.is_phonetic,
            b"rPh" => self.is_phonetic = true,
            _ => {}
        }
    }

    fn close_element(&mut self, name: &[u8], out: &mut TextOutput<'_>) {
        match name {
            b"si" => self.end_string(out),
            b"t" => self.is_text = false,
            b"rPh" => self.is_phonetic = false,
            _ => {}
        }
    }

    fn take_text(&mut self, text: &str, out: &mut TextOutput<'_>) -> bool {
        if self.is_text {
            self.text.push_str(text);
            if self.text.len() > MOST_STRINGS {
                out.push_text(self.text.as_bytes(), None);
                self.text.clear();
            }
        }
        self.is_text
    }

    fn push_markup(&mut self, markup: &[u8], out: &mut TextOutput<'_>) {
        out.push_markup(markup, None);
    }

    fn finish_text(&mut self, out: &mut TextOutput<'_>) {
        self.end_string(out);
    }

    fn is_between_lines(&self) -> bool {
        true
    }
}

/// Elements of a sheet, or of the comments on it.
pub(super) struct SheetDialect<'d> {
    strings: &'d RefCell<SharedStrings>,
    sheet: Option<DocumentPlace>,
    cell: Option<SheetCell>,
    row: u64,
    column: u32,
    part: CellPart,
    /// True if text is written behind the last end of a line.
    has_row: bool,
}

/// Cell, or comment on a cell, that is open.
struct SheetCell {
    place: Option<DocumentPlace>,
    is_shared: bool,
    value: String,
    formula: String,
}

/// Part of a cell whose text is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum CellPart {
    #[default]
    None,
    Value,
    Formula,
}

impl<'d> SheetDialect<'d> {
    pub(super) fn new(strings: &'d RefCell<SharedStrings>, sheet: Option<DocumentPlace>) -> Self {
        SheetDialect {
            strings,
            sheet,
            cell: None,
            row: 0,
            column: 0,
            part: CellPart::None,
            has_row: false,
        }
    }

    /// Begins the cell that is named `name`, such as B7.
    fn begin_cell(&mut self, element: &XmlElement<'_>, name: &[u8]) {
        let named = element.attribute(name);
        let named = named.as_deref().and_then(parse_cell);
        (self.column, self.row) = named.unwrap_or((self.column.saturating_add(1), self.row));
        let sheet = self.sheet.as_ref();
        let place = sheet.map(|sheet| sheet.with_cell(self.column, self.row));
        self.cell = Some(SheetCell {
            place: place.map(|place| match name {
                b"ref" => place.with_word("comment"),
                _ => place,
            }),
            is_shared: element.attribute(b"t").as_deref() == Some("s"),
            value: String::new(),
            formula: String::new(),
        });
    }

    fn end_cell(&mut self, out: &mut TextOutput<'_>) {
        let Some(mut cell) = self.cell.take() else {
            return;
        };
        if cell.is_shared {
            let number = cell.value.trim().parse().unwrap_or(usize::MAX);
            cell.value.clear();
            self.strings
                .borrow_mut()
                .use_string(number, &mut cell.value);
        }
        for text in [cell.value, cell.formula] {
            if !text.is_empty() {
                out.push_text(text.as_bytes(), cell.place.as_ref());
                out.push_text(b"\t", cell.place.as_ref());
                self.has_row = true;
            }
        }
    }

    fn end_row(&mut self, out: &mut TextOutput<'_>) {
        if std::mem::take(&mut self.has_row) {
            out.push_line(b"", None);
        }
    }
}

impl XmlDialect for SheetDialect<'_> {
    fn open_element(&mut self, element: &XmlElement<'_>, _: &mut TextOutput<'_>) {
        match element.name {
            b"row" => {
                self.row = element.number(b"r").unwrap_or(self.row.saturating_add(1));
                self.column = 0;
            }
            b"c" => self.begin_cell(element, b"r"),
            b"comment" | b"threadedComment" => self.begin_cell(element, b"ref"),
            b"v" | b"t" => self.part = CellPart::Value,
            b"text" if self.cell.is_some() => self.part = CellPart::Value,
            b"f" => self.part = CellPart::Formula,
            _ => {}
        }
    }

    fn close_element(&mut self, name: &[u8], out: &mut TextOutput<'_>) {
        match name {
            b"c" => self.end_cell(out),
            b"comment" | b"threadedComment" => {
                self.end_cell(out);
                self.end_row(out);
            }
            b"row" => self.end_row(out),
            b"v" | b"t" | b"text" | b"f" => self.part = CellPart::None,
            _ => {}
        }
    }

    fn take_text(&mut self, text: &str, _: &mut TextOutput<'_>) -> bool {
        let (Some(cell), part) = (&mut self.cell, self.part) else {
            return false;
        };
        let target = match part {
            CellPart::None => return false,
            CellPart::Value => &mut cell.value,
            CellPart::Formula => &mut cell.formula,
        };
        // A cell has 32,767 characters at most.
        let has_room = target.len() < MOST_STRINGS;
        if has_room {
            target.push_str(text);
        }
        has_room
    }

    fn push_markup(&mut self, markup: &[u8], out: &mut TextOutput<'_>) {
        let cell = self.cell.as_ref().and_then(|cell| cell.place.as_ref());
        out.push_markup(markup, cell.or(self.sheet.as_ref()));
    }

    fn finish_text(&mut self, out: &mut TextOutput<'_>) {
        self.end_cell(out);
        self.end_row(out);
    }

    fn is_between_lines(&self) -> bool {
        !self.has_row
    }
}

/// Returns column and row of a cell such as B7, 1-based.
fn parse_cell(name: &str) -> Option<(u32, u64)> {
    let digits = name.find(|c: char| !c.is_ascii_alphabetic())?;
    let (letters, row) = name.split_at(digits);
    if letters.is_empty() || letters.len() > 4 {
        return None;
    }
    let letter = |c: u8| u32::from(c.to_ascii_uppercase() - b'A') + 1;
    let column = letters.bytes().fold(0, |column, c| column * 26 + letter(c));
    Some((column, row.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_named_by_column_and_row() {
        assert_eq!(parse_cell("A1"), Some((1, 1)));
        assert_eq!(parse_cell("XFD1048576"), Some((16384, 1_048_576)));
        for name in ["", "A", "1", "$A$1", "ABCDE1", "A-1"] {
            assert_eq!(parse_cell(name), None, "{name}");
        }
    }

    #[test]
    fn a_long_string_is_written_once_and_an_unused_one_is_left() {
        let mut strings = SharedStrings::default();
        let long = "x".repeat(LONG);
        for text in ["short", &long, "unused", ""] {
            assert!(strings.add_string(text));
        }
        let mut out = String::new();
        for number in [0, 0, 1, 1, 9] {
            strings.use_string(number, &mut out);
        }
        assert_eq!(out, format!("shortshort{long}"));
        assert_eq!(strings.take_unused(), [(3, "unused".into())]);
    }
}
