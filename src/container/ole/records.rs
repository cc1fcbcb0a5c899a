//! Records of old Excel workbooks, and the strings in them, which may go on in further records.

use std::io::{self, Read};

/// Number of a record that goes on with the record before it.
const CONTINUED: u16 = 0x3c;

/// Records of a workbook, one after the other.
pub(super) struct RecordReader<R> {
    workbook: R,
    /// Number and length of the next record, if they were read.
    next: Option<(u16, u16)>,
    /// Offset in bytes of the next record.
    offset: u64,
    /// Content of the record that is read, and the number of its bytes that were.
    content: Vec<u8>,
    taken: usize,
}

impl<R: Read> RecordReader<R> {
    pub(super) fn new(workbook: R) -> Self {
        RecordReader {
            workbook,
            next: None,
            offset: 0,
            content: Vec::new(),
            taken: 0,
        }
    }

    /// Goes to the next record and returns its number and offset; `None` at the end.
    pub(super) fn next_record(&mut self) -> io::Result<Option<(u16, u64)>> {
        let at = self.offset;
        let Some(number) = self.peek_number()? else {
            return Ok(None);
        };
        self.load_record()?;
        Ok(Some((number, at)))
    }

    fn peek_number(&mut self) -> io::Result<Option<u16>> {
        if self.next.is_none() {
            let mut header = Vec::new();
            (&mut self.workbook).take(4).read_to_end(&mut header)?;
            let [a, b, c, d] = header[..] else {
                return Ok(None);
            };
            self.next = Some((u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])));
        }
        Ok(self.next.map(|(number, _)| number))
    }

    fn load_record(&mut self) -> io::Result<()> {
        let len = self.next.take().map_or(0, |(_, len)| len);
        self.offset += 4 + u64::from(len);
        self.content.clear();
        self.taken = 0;
        let mut content = (&mut self.workbook).take(u64::from(len));
        content.read_to_end(&mut self.content).map(|_| ())
    }

    /// Goes to the next record if it goes on with this one.
    fn go_on(&mut self) -> io::Result<bool> {
        if self.peek_number()? != Some(CONTINUED) {
            return Ok(false);
        }
        self.load_record()?;
        Ok(true)
    }

    /// Returns the next byte of the record and of those that go on with it.
    pub(super) fn take_byte(&mut self) -> io::Result<Option<u8>> {
        while self.taken == self.content.len() {
            if !self.go_on()? {
                return Ok(None);
            }
        }
        self.taken += 1;
        Ok(Some(self.content[self.taken - 1]))
    }

    /// Returns the next number of `len` bytes, the lowest first; `None` if the record ends before.
    pub(super) fn take_number(&mut self, len: u32) -> io::Result<Option<u32>> {
        let mut number = 0;
        for place in 0..len {
            let Some(byte) = self.take_byte()? else {
                return Ok(None);
            };
            number |= u32::from(byte) << (8 * place);
        }
        Ok(Some(number))
    }

    /// Returns a string of `count` characters, which begins with its encoding; `None` if the record ends before that. Of
    /// a string that is cut, what there is is returned.
    pub(super) fn take_string(&mut self, count: u32) -> io::Result<Option<String>> {
        let Some(flags) = self.take_byte()? else {
            return Ok(None);
        };
        let runs = if flags & 8 != 0 {
            self.take_number(2)?
        } else {
            None
        };
        let more = if flags & 4 != 0 {
            self.take_number(4)?
        } else {
            None
        };
        let units = self.take_units(count as usize, flags & 1 != 0)?;
        // The formats of parts of the string, and the reading of Asian characters.
        self.pass(u64::from(runs.unwrap_or(0)) * 4 + u64::from(more.unwrap_or(0)))?;
        Ok(Some(String::from_utf16_lossy(&units)))
    }

    fn take_units(&mut self, count: usize, mut is_wide: bool) -> io::Result<Vec<u16>> {
        let mut units = Vec::new();
        while units.len() < count {
            if self.taken == self.content.len() {
                if !self.go_on()? {
                    break;
                }
                // A string that goes on states its encoding once more.
                is_wide = self.content.first().is_some_and(|flags| flags & 1 != 0);
                self.taken = self.content.len().min(1);
                continue;
            }
            let rest = &self.content[self.taken..];
            let left = count - units.len();
            let start = units.len();
            if is_wide {
                let pairs = rest.as_chunks::<2>().0.iter().take(left);
                units.extend(pairs.map(|pair| u16::from_le_bytes(*pair)));
                self.taken += (units.len() - start) * 2;
                if units.len() == start {
                    // Half a character is at the end.
                    self.taken = self.content.len();
                }
            } else {
                units.extend(rest.iter().take(left).map(|byte| u16::from(*byte)));
                self.taken += units.len() - start;
            }
        }
        Ok(units)
    }

    fn pass(&mut self, mut count: u64) -> io::Result<()> {
        while count > 0 {
            if self.taken == self.content.len() && !self.go_on()? {
                return Ok(());
            }
            let here = (self.content.len() - self.taken) as u64;
            let passed = here.min(count);
            self.taken += usize::try_from(passed).unwrap_or_default();
            count -= passed;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_goes_on_in_the_next_record_in_another_encoding() {
        let mut workbook = b"\xfc\0\x08\0\x05\0\0abcde\x3c\0\x07\0\x03\0\x08\x01\0xy".to_vec();
        workbook.extend(b"\x3c\0\x07\0\x01z\0\0\0\0\0\x0a\0\0\0");
        let mut records = RecordReader::new(&workbook[..]);
        assert_eq!(records.next_record().unwrap(), Some((0xfc, 0)));
        let mut take = || {
            let count = records.take_number(2).unwrap()?;
            records.take_string(count).unwrap()
        };
        assert_eq!(take().as_deref(), Some("abcde"));
        assert_eq!(take().as_deref(), Some("xyz"));
        assert_eq!(take(), None);
        assert_eq!(records.next_record().unwrap(), Some((0x0a, 34)));
        assert_eq!(records.next_record().unwrap(), None);
    }
}
