//! Strings of old Excel workbooks: a table that is cut into records of 8 KiB, also within a string.

use std::io::{self, Read};

/// Numbers of the record that starts the table, and of one that goes on with the record before it.
const TABLE: u16 = 0xfc;
const CONTINUED: u16 = 0x3c;

/// Text of the table of strings of a workbook, without what is between its records.
pub(super) struct OleSharedStrings<R> {
    workbook: R,
    /// Number of bytes of the record that are still to be read.
    left: u16,
    is_in_table: bool,
}

impl<R: Read> OleSharedStrings<R> {
    pub(super) fn new(workbook: R) -> Self {
        OleSharedStrings {
            workbook,
            left: 0,
            is_in_table: false,
        }
    }

    /// Goes to the next record with a part of the table; false at the end.
    fn start_record(&mut self) -> io::Result<bool> {
        loop {
            let mut header = Vec::new();
            (&mut self.workbook).take(4).read_to_end(&mut header)?;
            let [a, b, c, d] = header[..] else {
                return Ok(false);
            };
            let number = u16::from_le_bytes([a, b]);
            self.left = u16::from_le_bytes([c, d]);
            self.is_in_table = match number {
                TABLE => true,
                CONTINUED => self.is_in_table,
                _ => false,
            };
            if self.is_in_table && self.left > 0 {
                if number == CONTINUED {
                    // A string that goes on states its encoding once more.
                    self.pass(1)?;
                }
                return Ok(true);
            }
            self.pass(self.left)?;
        }
    }

    fn pass(&mut self, count: u16) -> io::Result<()> {
        let mut passed = (&mut self.workbook).take(u64::from(count));
        io::copy(&mut passed, &mut io::sink())?;
        self.left -= count;
        Ok(())
    }
}

impl<R: Read> Read for OleSharedStrings<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            while self.left == 0 {
                if !self.start_record()? {
                    return Ok(0);
                }
            }
            let most = usize::from(self.left).min(out.len());
            let count = self.workbook.read(&mut out[..most])?;
            self.left -= u16::try_from(count).unwrap_or(self.left);
            if count > 0 {
                return Ok(count);
            }
            // The workbook is cut.
            self.left = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_joined_over_records() {
        let workbook =
            b"\x09\x08\x02\0xx\xfc\0\x04\0abcd\x3c\0\x03\0\0ef\x0a\0\x01\0y\x3c\0\x01\0z";
        let mut text = String::new();
        OleSharedStrings::new(&workbook[..])
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, "abcdef");
        let mut cut = Vec::new();
        OleSharedStrings::new(&workbook[..9])
            .read_to_end(&mut cut)
            .unwrap();
        assert!(cut.len() < 4);
    }
}
