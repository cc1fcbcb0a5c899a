//! Text of old Excel workbooks: a row is a line with its strings, so that a value is judged by the cells beside it.

use std::io::{self, Read};

use super::records::RecordReader;
use crate::container::document::{SharedStrings, TextOutput};
use crate::span::{DocumentPlace, PlaceList};

/// Numbers of records.
const FORMULA: u16 = 0x06;
const SHEET: u16 = 0x85;
const RICH_LABEL: u16 = 0xd6;
const TABLE: u16 = 0xfc;
const SHARED_LABEL: u16 = 0xfd;
const LABEL: u16 = 0x204;
const RESULT: u16 = 0x207;
const START: u16 = 0x809;

/// Maximum number of sheets that have a name.
const MOST_SHEETS: usize = 4096;

/// Row and column, 0-based.
type CellNumbers = (u16, u16);

/// Text of a workbook, read while the workbook is read.
pub(super) struct WorkbookText<'p, R> {
    records: RecordReader<R>,
    out: TextOutput<'p>,
    strings: SharedStrings,
    /// Number of strings of the table that were read and are still to be read.
    read: u64,
    left: u32,
    /// Sheets with the offsets of their first records.
    sheets: Vec<(u64, DocumentPlace)>,
    sheet: Option<DocumentPlace>,
    /// Row that is written.
    row: Option<u16>,
    /// Cell of the formula whose result may follow.
    formula: CellNumbers,
    is_done: bool,
}

impl<'p, R: Read> WorkbookText<'p, R> {
    pub(super) fn new(workbook: R, places: &'p PlaceList) -> Self {
        WorkbookText {
            records: RecordReader::new(workbook),
            out: TextOutput::new(places),
            strings: SharedStrings::default(),
            read: 0,
            left: 0,
            sheets: Vec::new(),
            sheet: None,
            row: None,
            formula: (0, 0),
            is_done: false,
        }
    }

    /// Reads the next string of the table, or the next record.
    fn read_on(&mut self) -> io::Result<()> {
        if self.left > 0 {
            return self.read_shared_string();
        }
        let Some((number, at)) = self.records.next_record()? else {
            self.finish();
            return Ok(());
        };
        match number {
            START => {
                self.end_row();
                let sheet = self.sheets.iter().find(|(start, _)| *start == at);
                self.sheet = sheet.map(|(_, place)| place.clone());
            }
            SHEET => self.read_sheet_name()?,
            TABLE => {
                self.records.take_number(4)?;
                self.left = self.records.take_number(4)?.unwrap_or(0);
            }
            FORMULA => self.formula = self.read_numbers()?.unwrap_or((0, 0)),
            RESULT => self.read_string_at(self.formula)?,
            LABEL | RICH_LABEL | SHARED_LABEL => {
                let cell = self.read_numbers()?;
                self.records.take_number(2)?;
                match cell {
                    Some(cell) if number == SHARED_LABEL => self.write_shared_string(cell)?,
                    Some(cell) => self.read_string_at(cell)?,
                    None => {}
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn read_shared_string(&mut self) -> io::Result<()> {
        self.left -= 1;
        let count = self.records.take_number(2)?;
        let text = count.map_or(Ok(None), |count| self.records.take_string(count))?;
        let Some(text) = text else {
            self.left = 0;
            return Ok(());
        };
        self.read += 1;
        if !self.strings.add_string(&text) {
            self.write_unused(self.read, &text);
        }
        Ok(())
    }

    fn read_sheet_name(&mut self) -> io::Result<()> {
        let start = self.records.take_number(4)?;
        self.records.take_number(2)?;
        let count = self.records.take_number(1)?;
        let name = count.map_or(Ok(None), |count| self.records.take_string(count))?;
        if let (Some(start), Some(name)) = (start, name)
            && self.sheets.len() < MOST_SHEETS
        {
            let place = DocumentPlace::of_name("sheet", &name);
            self.sheets.push((u64::from(start), place));
        }
        Ok(())
    }

    fn read_numbers(&mut self) -> io::Result<Option<CellNumbers>> {
        let number = |read: Option<u32>| read.and_then(|number| u16::try_from(number).ok());
        let row = number(self.records.take_number(2)?);
        let column = number(self.records.take_number(2)?);
        Ok(row.zip(column))
    }

    fn read_string_at(&mut self, cell: CellNumbers) -> io::Result<()> {
        let count = self.records.take_number(2)?;
        let text = count.map_or(Ok(None), |count| self.records.take_string(count))?;
        if let Some(text) = text {
            self.write_cell(cell, &text);
        }
        Ok(())
    }

    fn write_shared_string(&mut self, cell: CellNumbers) -> io::Result<()> {
        if let Some(number) = self.records.take_number(4)? {
            let mut text = String::new();
            self.strings.use_string(number as usize, &mut text);
            self.write_cell(cell, &text);
        }
        Ok(())
    }

    fn write_cell(&mut self, (row, column): CellNumbers, text: &str) {
        if text.is_empty() {
            return;
        }
        if self.row != Some(row) {
            self.end_row();
        } else {
            self.out.push_text(b"\t", None);
        }
        self.row = Some(row);
        let cell =
            |sheet: &DocumentPlace| sheet.with_cell(u32::from(column) + 1, u64::from(row) + 1);
        let place = self.sheet.as_ref().map(cell);
        self.out.push_text(text.as_bytes(), place.as_ref());
    }

    fn end_row(&mut self) {
        if self.row.take().is_some() {
            self.out.push_text(b"\n", None);
        }
    }

    fn write_unused(&mut self, number: u64, text: &str) {
        self.end_row();
        let place = DocumentPlace::of_number("shared string", number);
        self.out.push_line(text.as_bytes(), Some(&place));
    }

    fn finish(&mut self) {
        self.is_done = true;
        for (number, text) in self.strings.take_unused() {
            self.write_unused(number, &text);
        }
        self.end_row();
    }
}

impl<R: Read> Read for WorkbookText<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.out.is_empty() && !self.is_done {
            if let Err(error) = self.read_on() {
                // What was read before is a text all the same.
                self.finish();
                if self.out.is_empty() {
                    return Err(error);
                }
            }
        }
        Ok(self.out.take_text(out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(number: u16, content: &[u8]) -> Vec<u8> {
        let len = u16::try_from(content.len()).unwrap();
        [&number.to_le_bytes(), &len.to_le_bytes(), content].concat()
    }

    #[test]
    fn a_row_is_a_line_with_the_places_of_its_cells() {
        let shared = |row: u8, column: u8, number: u8| {
            record(SHARED_LABEL, &[row, 0, column, 0, 0, 0, number, 0, 0, 0])
        };
        let table = b"\x03\0\0\0\x03\0\0\0\x03\0\0key\x05\0\0value\x05\0\0spare";
        let mut globals = record(START, &[0; 8]);
        globals.extend(record(SHEET, b"\x36\0\0\0\0\0\x04\0prod"));
        globals.extend(record(TABLE, table));
        let start = u8::try_from(globals.len()).unwrap();
        globals[16] = start;
        let sheet = [
            record(START, &[0; 8]),
            shared(0, 0, 0),
            shared(0, 1, 1),
            record(FORMULA, &[2, 0, 3, 0, 0, 0]),
            record(RESULT, b"\x04\0\0made"),
            record(LABEL, b"\x02\0\x04\0\0\0\x03\0\0old"),
        ];
        let workbook = [globals, sheet.concat()].concat();
        let places = PlaceList::default();
        let mut text = String::new();
        WorkbookText::new(&workbook[..], &places)
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, "key\tvalue\nmade\told\nspare\n");
        let at = |word: &str| {
            let at = text.find(word).unwrap() as u64;
            places.with_starts(|places| places.find_start(at)?.place.clone())
        };
        let at = |word: &str| at(word).unwrap().to_string();
        assert_eq!(at("value"), "sheet \"prod\" B1");
        assert_eq!(at("made"), "sheet \"prod\" D3");
        assert_eq!(at("spare"), "shared string 3");
    }
}
