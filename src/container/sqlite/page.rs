//! Pages of a database: their sizes, their kinds, the cells in them, and the values of a row.

use std::io::{self, Read, SeekFrom};
use std::ops::Range;

use super::super::member::ContainerInput;

/// Length in bytes of the header of the file, in front of that of the first page.
pub(super) const FILE_HEADER: usize = 100;

/// Kind of a page of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PageKind {
    TableLeaf,
    TableInner,
    IndexLeaf,
    IndexInner,
}

/// Sizes of the pages of a database.
#[derive(Clone, Copy, Debug)]
pub(super) struct PageLayout {
    /// Length in bytes of a page, and of the part of it that is used.
    pub(super) size: usize,
    pub(super) usable: usize,
    /// Number of pages, also of a last one that is cut.
    pub(super) count: u64,
}

/// Value that may go on in other pages.
pub(super) struct StoredPayload<'p> {
    /// Length in bytes.
    pub(super) len: u64,
    /// Part of it that is in the page of its cell.
    pub(super) local: &'p [u8],
    /// Offset of that part in the cell.
    pub(super) at: usize,
    /// Number of the next page; 0 for none.
    pub(super) next: u32,
}

impl PageLayout {
    pub(super) fn has_page(&self, number: u32) -> bool {
        number > 0 && u64::from(number) <= self.count
    }

    pub(super) fn read_page(
        &self,
        input: &mut dyn ContainerInput,
        number: u32,
    ) -> io::Result<Vec<u8>> {
        let at = u64::from(number - 1) * self.size as u64;
        input.seek(SeekFrom::Start(at))?;
        let mut page = Vec::with_capacity(self.size);
        input.take(self.size as u64).read_to_end(&mut page)?;
        Ok(page)
    }
}

impl PageKind {
    pub(super) fn of_code(code: u8) -> Option<PageKind> {
        match code {
            2 => Some(PageKind::IndexInner),
            5 => Some(PageKind::TableInner),
            10 => Some(PageKind::IndexLeaf),
            13 => Some(PageKind::TableLeaf),
            _ => None,
        }
    }

    pub(super) fn is_inner(self) -> bool {
        matches!(self, PageKind::TableInner | PageKind::IndexInner)
    }
}

/// Returns the kind of a page of a tree and the offsets of its cells; `None` if it is no such page.
pub(super) fn find_cells(
    page: &[u8],
    number: u32,
    layout: PageLayout,
) -> Option<(PageKind, Vec<usize>)> {
    let start = if number == 1 { FILE_HEADER } else { 0 };
    let kind = PageKind::of_code(*page.get(start)?)?;
    let count = number_at(page, start + 3, 2).unwrap_or_default() as usize;
    let pointers = start + if kind.is_inner() { 12 } else { 8 };
    let cells =
        (0..count.min(layout.size / 4)).map_while(|cell| number_at(page, pointers + 2 * cell, 2));
    Some((kind, cells.map(|at| at as usize).collect()))
}

/// Returns the number of the last page below an inner page.
pub(super) fn last_child(page: &[u8], number: u32) -> Option<u32> {
    let start = if number == 1 { FILE_HEADER } else { 0 };
    number_at(page, start + 8, 4)
}

/// Returns the value of a cell; `None` if it has none or is damaged.
pub(super) fn read_cell(kind: PageKind, cell: &[u8], usable: usize) -> Option<StoredPayload<'_>> {
    let mut rest = match kind {
        PageKind::TableInner => return None,
        PageKind::IndexInner => cell.get(4..)?,
        PageKind::TableLeaf | PageKind::IndexLeaf => cell,
    };
    let len = read_varint(&mut rest)?;
    let most = if kind == PageKind::TableLeaf {
        read_varint(&mut rest)?;
        usable - 35
    } else {
        (usable - 12) * 64 / 255 - 23
    };
    let at = cell.len() - rest.len();
    if len <= most as u64 {
        let local = rest.get(..usize::try_from(len).ok()?)?;
        return Some(StoredPayload {
            len,
            local,
            at,
            next: 0,
        });
    }
    let least = (usable - 12) * 32 / 255 - 23;
    let over = usize::try_from((len - least as u64) % (usable as u64 - 4)).ok()?;
    let local = if least + over <= most {
        least + over
    } else {
        least
    };
    Some(StoredPayload {
        len,
        local: rest.get(..local)?,
        at,
        next: number_at(rest, local, 4)?,
    })
}

/// Reads a number in groups of seven bits, the highest first, and a ninth byte of eight.
pub(super) fn read_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for place in 0..9 {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        if place == 8 {
            return Some(value << 8 | u64::from(byte));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

/// Returns the number of `len` bytes, the highest first, at this offset.
pub(super) fn number_at(bytes: &[u8], at: usize, len: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + len)?;
    Some(
        bytes
            .iter()
            .fold(0, |number, byte| number << 8 | u32::from(*byte)),
    )
}

/// Value of a row: its code, which tells the kind and the length, and its place in the row.
pub(super) type RowValue = (u64, Range<usize>);

/// Returns the first values of a row, as far as it is whole.
pub(super) fn split_row(row: &[u8], most: usize) -> Option<Vec<RowValue>> {
    let mut rest = row;
    let header_len = usize::try_from(read_varint(&mut rest)?).ok()?;
    let mut header = row.get(row.len() - rest.len()..header_len)?;
    let mut at = header_len;
    let mut values = Vec::new();
    while !header.is_empty() && values.len() < most {
        let code = read_varint(&mut header)?;
        let len = match code {
            0 | 8 | 9 => 0,
            1..=4 => code,
            5 => 6,
            6 | 7 => 8,
            code => code.checked_sub(12)? / 2,
        };
        let end = at.checked_add(usize::try_from(len).ok()?)?;
        row.get(at..end)?;
        values.push((code, at..end));
        at = end;
    }
    Some(values)
}
