//! The central directory of a zip archive: where it is, its entries, and which of them share bytes.

use std::io::{self, Read, SeekFrom};

use super::edges::{ZIP_END, ZIP_MARK};
use super::member::{ContainerInput, ContainerProblem, MemberName};

/// Length in bytes of the fixed part of an entry.
pub(super) const ENTRY: usize = 46;

/// Length in bytes of the fixed part of a local header.
pub(super) const LOCAL: usize = 30;

/// Length in bytes of the 64-bit record at the end, up to the last field that is used.
const END_64: usize = 56;

/// Length in bytes of the record that locates it.
const LOCATOR: usize = 20;

/// Method of content that is not compressed.
pub(super) const STORED: u16 = 0;

/// Number of bytes of the directory that are read at once.
const PIECE: usize = 1 << 16;

/// Entry of the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ZipEntry {
    pub(super) name: Vec<u8>,
    pub(super) comment: Vec<u8>,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) checksum: u32,
    /// Length of the content in the archive, in bytes.
    pub(super) packed: u64,
    /// Length of the content, in bytes.
    pub(super) size: u64,
    /// Offset of the local header in the archive, in bytes.
    pub(super) offset: u64,
}

/// Place of the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ZipDirectory {
    /// Offset of the first entry in the input.
    pub(super) start: u64,
    /// Offset one past the last entry.
    pub(super) end: u64,
    /// Offset of the record at the end.
    pub(super) record: u64,
    /// Number of bytes before the archive, which its offsets do not count.
    pub(super) shift: u64,
}

impl ZipDirectory {
    /// Finds the directory of an archive of `len` bytes; `None` if there is none.
    pub(super) fn find(input: &mut dyn ContainerInput, len: u64) -> io::Result<Option<Self>> {
        let from = len.saturating_sub((ZIP_END + usize::from(u16::MAX)) as u64);
        let tail = read_at(input, from, usize::try_from(len - from).unwrap_or_default())?;
        let marks = memchr::memmem::rfind_iter(&tail, ZIP_MARK);
        for at in marks {
            let Some(record) = tail.get(at..at + ZIP_END) else {
                continue;
            };
            if let Some(found) = Self::from_record(input, record, from + at as u64)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Reads the record at the end, at `at`; `None` if no directory is where it says.
    fn from_record(
        input: &mut dyn ContainerInput,
        record: &[u8],
        at: u64,
    ) -> io::Result<Option<Self>> {
        let size = u64::from(u32_at(record, 12));
        let offset = u64::from(u32_at(record, 16));
        let plain = Self::from_fields(input, (size, offset, at), at)?;
        if plain.is_some() && size != 0 {
            return Ok(plain);
        }
        // The record may be there though its fields would fit, as when a program did not know them before.
        let large = match find_large_record(input, at)? {
            Some((size, offset, end)) => Self::from_fields(input, (size, offset, end), at)?,
            None => None,
        };
        Ok(large.or(plain))
    }

    /// Returns the directory of this size and offset that ends at `end`; `None` if no entry is where it begins.
    fn from_fields(
        input: &mut dyn ContainerInput,
        (size, offset, end): (u64, u64, u64),
        record: u64,
    ) -> io::Result<Option<Self>> {
        let Some(start) = end.checked_sub(size) else {
            return Ok(None);
        };
        let Some(shift) = start.checked_sub(offset) else {
            return Ok(None);
        };
        let first = read_at(input, start, ENTRY)?;
        if size > 0 && !first.starts_with(b"PK\x01\x02") {
            return Ok(None);
        }
        // The offset of the directory may be wrong where those of the members are right.
        let member = first.get(42..46).map_or(0, |at| u64::from(u32_at(at, 0)));
        let mut is_header =
            |at: u64| -> io::Result<bool> { Ok(read_at(input, at, 4)? == b"PK\x03\x04") };
        let is_wrong = size > 0
            && shift > 0
            && !is_header(member.saturating_add(shift))?
            && is_header(member)?;
        let shift = if is_wrong { 0 } else { shift };
        Ok(Some(ZipDirectory {
            start,
            end,
            record,
            shift,
        }))
    }

    /// Returns true if no entry is in the directory.
    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Returns the offset of the directory, counted from the start of the archive.
    pub(super) fn offset_in_archive(&self) -> u64 {
        self.start - self.shift
    }

    /// Returns a cursor at the first entry.
    pub(super) fn cursor(&self) -> DirectoryCursor {
        DirectoryCursor {
            buffer: Vec::new(),
            at: 0,
            next: self.start,
            end: self.end,
        }
    }
}

/// Reads the 64-bit record that the locator before the record at `at` points to: size and offset of the directory, and
/// the place of the record itself.
fn find_large_record(
    input: &mut dyn ContainerInput,
    at: u64,
) -> io::Result<Option<(u64, u64, u64)>> {
    let Some(before) = at.checked_sub(LOCATOR as u64) else {
        return Ok(None);
    };
    let locator = read_at(input, before, LOCATOR)?;
    if !locator.starts_with(b"PK\x06\x07") || locator.len() < LOCATOR {
        return Ok(None);
    }
    // The record is right before the locator, unless it has a part that may be extended.
    let direct = before.checked_sub(END_64 as u64);
    for place in [direct, Some(u64_at(&locator, 8))].into_iter().flatten() {
        let record = read_at(input, place, END_64)?;
        if record.starts_with(b"PK\x06\x06") && record.len() == END_64 {
            return Ok(Some((u64_at(&record, 40), u64_at(&record, 48), place)));
        }
    }
    Ok(None)
}

/// Cursor over the entries, which keeps a piece of the directory in memory.
pub(super) struct DirectoryCursor {
    buffer: Vec<u8>,
    /// Index of the next entry in the buffer.
    at: usize,
    /// Offset in the input of the byte behind the buffer.
    next: u64,
    end: u64,
}

impl DirectoryCursor {
    /// Returns the next entry; `None` at the end of the directory.
    pub(super) fn next_entry(
        &mut self,
        input: &mut dyn ContainerInput,
    ) -> Result<Option<ZipEntry>, ContainerProblem> {
        self.load(input, ENTRY)?;
        let fixed = &self.buffer[self.at..];
        if fixed.is_empty() || !fixed.starts_with(b"PK\x01\x02") {
            // A signature of the directory may follow the entries.
            let is_end = fixed.is_empty() || fixed.starts_with(b"PK\x05\x05");
            return if is_end {
                Ok(None)
            } else {
                Err(ContainerProblem::damaged("its directory has a wrong entry"))
            };
        }
        if fixed.len() < ENTRY {
            return Err(ContainerProblem::damaged("its directory ends too early"));
        }
        let (name, extra, comment) = (
            usize::from(u16_at(fixed, 28)),
            usize::from(u16_at(fixed, 30)),
            usize::from(u16_at(fixed, 32)),
        );
        let len = ENTRY + name + extra + comment;
        self.load(input, len)?;
        let Some(entry) = self.buffer.get(self.at..self.at + len) else {
            return Err(ContainerProblem::damaged("its directory ends too early"));
        };
        self.at += len;
        let (fixed, rest) = entry.split_at(ENTRY);
        let (name, rest) = rest.split_at(name);
        let (extra, comment) = rest.split_at(extra);
        let mut entry = ZipEntry {
            name: name.to_vec(),
            comment: comment.to_vec(),
            flags: u16_at(fixed, 8),
            method: u16_at(fixed, 10),
            checksum: u32_at(fixed, 16),
            packed: u64::from(u32_at(fixed, 20)),
            size: u64::from(u32_at(fixed, 24)),
            offset: u64::from(u32_at(fixed, 42)),
        };
        entry.take_large_fields(extra);
        Ok(Some(entry))
    }

    /// Returns the offset of the next entry in the input.
    pub(super) fn position(&self) -> u64 {
        self.next - (self.buffer.len() - self.at) as u64
    }

    /// Makes the buffer contain `len` bytes from the cursor on, unless the directory ends before.
    fn load(&mut self, input: &mut dyn ContainerInput, len: usize) -> io::Result<()> {
        if self.buffer.len() - self.at >= len {
            return Ok(());
        }
        self.buffer.drain(..self.at);
        self.at = 0;
        let want = (self.end - self.next).min(PIECE.max(len) as u64);
        let more = read_at(input, self.next, usize::try_from(want).unwrap_or(PIECE))?;
        self.next += more.len() as u64;
        if more.is_empty() {
            self.end = self.next;
        }
        self.buffer.extend(more);
        Ok(())
    }
}

impl ZipEntry {
    /// Takes the fields that did not fit into 32 bits from the 64-bit extra field.
    pub(super) fn take_large_fields(&mut self, mut extra: &[u8]) {
        while extra.len() >= 4 {
            let (id, len) = (u16_at(extra, 0), usize::from(u16_at(extra, 2)));
            let Some((field, rest)) = extra[4..].split_at_checked(len) else {
                return;
            };
            extra = rest;
            if id != 1 {
                continue;
            }
            let mut values = field.chunks_exact(8).map(|value| u64_at(value, 0));
            for place in [&mut self.size, &mut self.packed, &mut self.offset] {
                if *place == u64::from(u32::MAX)
                    && let Some(value) = values.next()
                {
                    *place = value;
                }
            }
        }
    }

    /// Returns the name for the visitor.
    pub(super) fn member_name(&self) -> MemberName<'_> {
        match self.method {
            STORED => MemberName::plain(&self.name),
            _ => MemberName::packed(&self.name),
        }
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.flags & 1 != 0
    }
}

/// Places of the entries of an archive, in the order of their offsets.
#[derive(Default)]
pub(super) struct EntryPlaces(Vec<EntryPlace>);

struct EntryPlace {
    start: u64,
    end: u64,
    /// Number of the entry in the directory.
    number: usize,
}

impl EntryPlaces {
    /// Adds the next entry of the directory.
    pub(super) fn add(&mut self, entry: &ZipEntry) {
        // The local header may have another name, so only its fixed part is counted.
        let end = entry.offset.saturating_add(LOCAL as u64);
        self.0.push(EntryPlace {
            start: entry.offset,
            end: end.saturating_add(entry.packed),
            number: self.0.len(),
        });
    }

    /// Returns for each entry of the directory true if it shares bytes with one that begins before it.
    pub(super) fn find_overlaps(&mut self) -> Vec<bool> {
        self.0
            .sort_unstable_by_key(|place| (place.start, place.number));
        let mut overlaps = vec![false; self.0.len()];
        let mut reached = 0;
        for place in &self.0 {
            if place.start < reached {
                overlaps[place.number] = true;
            } else {
                reached = place.end;
            }
        }
        overlaps
    }

    /// Returns the ranges of an archive before `end` that no entry takes up.
    pub(super) fn gaps(&self, end: u64) -> Vec<(u64, u64)> {
        let mut gaps = Vec::new();
        let mut reached = 0;
        for place in &self.0 {
            if place.start > reached {
                gaps.push((reached, place.start.min(end)));
            }
            reached = reached.max(place.end);
        }
        if end > reached {
            gaps.push((reached, end));
        }
        gaps
    }
}

/// Reads up to `len` bytes from `offset`.
pub(super) fn read_at(
    input: &mut dyn ContainerInput,
    offset: u64,
    len: usize,
) -> io::Result<Vec<u8>> {
    input.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    input.take(len as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    let bytes = bytes.get(at..).and_then(|rest| rest.first_chunk());
    bytes.map_or(0, |bytes| u16::from_le_bytes(*bytes))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let bytes = bytes.get(at..).and_then(|rest| rest.first_chunk());
    bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let bytes = bytes.get(at..).and_then(|rest| rest.first_chunk());
    bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
}
