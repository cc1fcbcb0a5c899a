//! Sectors of OLE compound files, and the streams over them.

use std::collections::HashSet;
use std::io::{self, Read, SeekFrom};

use super::super::member::{ContainerInput, ContainerProblem, MemberVisitor};

/// Length in bytes of the header.
const HEADER: usize = 512;

/// Number of sectors of the table of sectors that the header names.
const HEADER_TABLES: usize = 109;

/// Lowest number that names no sector.
const NO_SECTOR: u32 = 0xffff_fffa;

/// Number that names no sector and no entry of the directory.
pub(super) const NO_ENTRY: u32 = 0xffff_ffff;

/// File with its table of sectors.
pub(super) struct CompoundFile<'f> {
    input: &'f mut dyn ContainerInput,
    len: u64,
    sector: u64,
    /// Length in bytes of a small sector, and of the streams from which on none are used.
    mini_sector: u64,
    cutoff: u64,
    pub(super) directory: u32,
    /// Number of the sector that follows each one.
    next: Vec<u32>,
    mini_next: Vec<u32>,
    /// Sectors that contain the small ones.
    pub(super) mini_sectors: Vec<u32>,
}

impl<'f> CompoundFile<'f> {
    pub(super) fn open(
        input: &'f mut dyn ContainerInput,
        visitor: &mut dyn MemberVisitor,
    ) -> Result<Self, ContainerProblem> {
        let len = input.seek(SeekFrom::End(0))?;
        input.seek(SeekFrom::Start(0))?;
        let mut header = Vec::new();
        (&mut *input).take(HEADER as u64).read_to_end(&mut header)?;
        if header.len() < HEADER {
            return Err(ContainerProblem::truncated());
        }
        let number = |at: usize| number_at(&header, at);
        let (shift, mini_shift) = (header[30], header[32]);
        if !matches!(shift, 7..=16) || !matches!(mini_shift, 4..=16) || mini_shift > shift {
            return Err(ContainerProblem::damaged(
                "its sectors have an impossible size",
            ));
        }
        let mut file = CompoundFile {
            input,
            len,
            sector: 1 << shift,
            mini_sector: 1 << mini_shift,
            cutoff: u64::from(number(56)),
            directory: number(48),
            next: Vec::new(),
            mini_next: Vec::new(),
            mini_sectors: Vec::new(),
        };
        let mut tables: Vec<u32> = (0..HEADER_TABLES).map(|at| number(76 + 4 * at)).collect();
        file.add_tables(number(68), &mut tables, visitor)?;
        let mut seen = HashSet::new();
        for table in tables {
            // A table that is named twice would make the file larger than it is.
            if table < NO_SECTOR && seen.insert(table) {
                let sector = file.read_sector(table, visitor)?;
                file.next.extend(numbers(&sector));
            }
        }
        for sector in file.chain(number(60), visitor)? {
            let sector = file.read_sector(sector, visitor)?;
            file.mini_next.extend(numbers(&sector));
        }
        Ok(file)
    }

    /// Adds the numbers of the tables that the header has no room for.
    fn add_tables(
        &mut self,
        first: u32,
        tables: &mut Vec<u32>,
        visitor: &mut dyn MemberVisitor,
    ) -> Result<(), ContainerProblem> {
        let mut seen = HashSet::new();
        let mut at = first;
        while at < NO_SECTOR && seen.insert(at) {
            let sector = self.read_sector(at, visitor)?;
            let mut named: Vec<u32> = numbers(&sector).collect();
            at = named.pop().unwrap_or(NO_ENTRY);
            tables.extend(named);
        }
        Ok(())
    }

    pub(super) fn read_sector(
        &mut self,
        number: u32,
        visitor: &mut dyn MemberVisitor,
    ) -> Result<Vec<u8>, ContainerProblem> {
        if visitor.charge_work(self.sector).is_break() {
            return Err(ContainerProblem::damaged("it takes too long to read"));
        }
        let mut sector = Vec::new();
        self.seek_sector(number)?;
        (&mut *self.input)
            .take(self.sector)
            .read_to_end(&mut sector)?;
        if sector.is_empty() {
            return Err(ContainerProblem::damaged("a sector is behind its end"));
        }
        Ok(sector)
    }

    fn seek_sector(&mut self, number: u32) -> io::Result<u64> {
        // The header takes the place of a sector.
        let at = (u64::from(number) + 1) * self.sector;
        self.input.seek(SeekFrom::Start(at))
    }

    /// Returns the sectors of a stream that starts in this one.
    pub(super) fn chain(
        &self,
        start: u32,
        visitor: &mut dyn MemberVisitor,
    ) -> Result<Vec<u32>, ContainerProblem> {
        let mut chain = Vec::new();
        let mut at = start;
        while at < NO_SECTOR {
            if chain.len() as u64 > self.len / self.sector {
                return Err(ContainerProblem::damaged(
                    "its sectors follow each other in a circle",
                ));
            }
            chain.push(at);
            at = self.next.get(at as usize).copied().unwrap_or(NO_ENTRY);
        }
        let _ = visitor.charge_work(chain.len() as u64 * 4);
        Ok(chain)
    }
}

/// Content of a stream, over all its sectors.
pub(super) struct StreamContent<'c, 'f> {
    file: &'c mut CompoundFile<'f>,
    is_mini: bool,
    /// Sector that is read next.
    next: u32,
    /// Number of bytes that must follow, and of those of the sector that is read.
    left: u64,
    in_sector: u64,
}

impl<'c, 'f> StreamContent<'c, 'f> {
    pub(super) fn new(file: &'c mut CompoundFile<'f>, (start, size): (u32, u64)) -> Self {
        StreamContent {
            is_mini: size < file.cutoff,
            file,
            next: start,
            left: size,
            in_sector: 0,
        }
    }

    /// Seeks to the next sector.
    fn start_sector(&mut self) -> Result<(), ContainerProblem> {
        let number = self.next;
        let file = &mut *self.file;
        let table = if self.is_mini {
            &file.mini_next
        } else {
            &file.next
        };
        self.next = table.get(number as usize).copied().unwrap_or(NO_ENTRY);
        if number >= NO_SECTOR || self.left > file.len {
            return Err(ContainerProblem::truncated());
        }
        if !self.is_mini {
            self.in_sector = file.sector;
            file.seek_sector(number)?;
            return Ok(());
        }
        let offset = u64::from(number) * file.mini_sector;
        let around = usize::try_from(offset / file.sector).unwrap_or(usize::MAX);
        let Some(around) = file.mini_sectors.get(around).copied() else {
            return Err(ContainerProblem::truncated());
        };
        self.in_sector = file.mini_sector;
        let at = file.seek_sector(around)? + offset % file.sector;
        file.input.seek(SeekFrom::Start(at))?;
        Ok(())
    }
}

impl Read for StreamContent<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 || out.is_empty() {
            return Ok(0);
        }
        if self.in_sector == 0 {
            self.start_sector()?;
        }
        let most = self.left.min(self.in_sector).min(out.len() as u64);
        let most = usize::try_from(most).unwrap_or(out.len());
        let count = self.file.input.read(&mut out[..most])?;
        if count == 0 {
            return Err(ContainerProblem::truncated().into());
        }
        self.left -= count as u64;
        self.in_sector -= count as u64;
        Ok(count)
    }
}

/// Returns the number of four bytes, the lowest first, at this offset.
pub(super) fn number_at(bytes: &[u8], at: usize) -> u32 {
    let bytes = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>());
    bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

fn numbers(sector: &[u8]) -> impl Iterator<Item = u32> + '_ {
    let numbers = sector.as_chunks::<4>().0.iter();
    numbers.map(|bytes| u32::from_le_bytes(*bytes))
}
