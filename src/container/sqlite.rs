//! SQLite databases. The own bytes of a database are scanned like any file; this reader adds the values that do not fit
//! into a page and are cut over several pages.

use std::collections::HashSet;
use std::io::{self, Read, SeekFrom};

use super::member::{ContainerInput, ContainerProblem, ContainerReader, MemberName, MemberVisitor};
use crate::span::{DocumentPlace, PlaceList};

/// Length in bytes of the header of the file, in front of that of the first page.
const FILE_HEADER: usize = 100;

/// Maximum length in bytes of the description of a table that is read.
const MOST_SCHEMA: u64 = 64 << 10;

/// Maximum number of tables and indexes.
const MOST_TABLES: usize = 1 << 16;

/// Maximum number of characters of the name of a table.
const MOST_NAME: usize = 200;

/// Reader of SQLite databases.
pub(super) struct SqliteReader;

impl ContainerReader for SqliteReader {
    fn needs_seek(&self) -> bool {
        true
    }

    fn read_members(
        &self,
        input: &mut dyn ContainerInput,
        visitor: &mut dyn MemberVisitor,
    ) -> Result<(), ContainerProblem> {
        let mut database = Database::open(input, visitor)?;
        let mut tables = Vec::new();
        database.walk_tree(1, "sqlite_schema", &mut tables)?;
        for (name, root) in tables {
            // The values of the descriptions of tables are no tables.
            database.walk_tree(root, &name, &mut Vec::new())?;
        }
        Ok(())
    }
}

/// Kind of a page of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PageKind {
    TableLeaf,
    TableInner,
    IndexLeaf,
    IndexInner,
}

/// Sizes of the pages of a database.
#[derive(Clone, Copy, Debug)]
struct PageLayout {
    /// Length in bytes of a page, and of the part of it that is used.
    size: usize,
    usable: usize,
    /// Number of pages, also of a last one that is cut.
    count: u64,
}

/// Database with the pages that were read.
struct Database<'d> {
    input: &'d mut dyn ContainerInput,
    visitor: &'d mut dyn MemberVisitor,
    layout: PageLayout,
    seen: HashSet<u32>,
}

/// Value that may go on in other pages.
struct StoredPayload<'p> {
    /// Length in bytes.
    len: u64,
    /// Part of it that is in the page of its cell.
    local: &'p [u8],
    /// Number of the next page; 0 for none.
    next: u32,
}

impl<'d> Database<'d> {
    fn open(
        input: &'d mut dyn ContainerInput,
        visitor: &'d mut dyn MemberVisitor,
    ) -> Result<Self, ContainerProblem> {
        let mut header = Vec::new();
        input.seek(SeekFrom::Start(0))?;
        (&mut *input)
            .take(FILE_HEADER as u64)
            .read_to_end(&mut header)?;
        let Some(header) = header.first_chunk::<FILE_HEADER>() else {
            return Err(ContainerProblem::truncated());
        };
        let size = match u16::from_be_bytes([header[16], header[17]]) {
            1 => 1 << 16,
            size => usize::from(size),
        };
        let usable = size.saturating_sub(usize::from(header[20]));
        if !size.is_power_of_two() || size < 512 || usable < 480 {
            return Err(ContainerProblem::damaged(
                "its pages have an impossible size",
            ));
        }
        let len = input.seek(SeekFrom::End(0))?;
        let count = len.div_ceil(size as u64);
        Ok(Database {
            input,
            visitor,
            layout: PageLayout {
                size,
                usable,
                count,
            },
            seen: HashSet::new(),
        })
    }

    fn charge(&mut self, bytes: usize) -> Result<(), ContainerProblem> {
        if self.visitor.charge_work(bytes as u64).is_break() {
            return Err(ContainerProblem::damaged("it takes too long to read"));
        }
        Ok(())
    }

    /// Reads the tree with this root, and adds the tables that its values describe.
    fn walk_tree(
        &mut self,
        root: u32,
        name: &str,
        tables: &mut Vec<(String, u32)>,
    ) -> Result<(), ContainerProblem> {
        let mut pending = vec![root];
        while let Some(number) = pending.pop() {
            if !self.layout.has_page(number) || !self.seen.insert(number) {
                continue;
            }
            self.charge(self.layout.size)?;
            let page = self.layout.read_page(self.input, number)?;
            let start = if number == 1 { FILE_HEADER } else { 0 };
            let Some(kind) = page.get(start).and_then(|code| PageKind::of_code(*code)) else {
                continue;
            };
            let count = number_at(&page, start + 3, 2).unwrap_or_default() as usize;
            let pointers = start + if kind.is_inner() { 12 } else { 8 };
            if kind.is_inner() {
                pending.extend(number_at(&page, start + 8, 4));
            }
            for cell in 0..count.min(self.layout.size / 4) {
                let Some(at) = number_at(&page, pointers + 2 * cell, 2) else {
                    break;
                };
                let cell = page.get(at as usize..).unwrap_or_default();
                if kind.is_inner() {
                    pending.extend(number_at(cell, 0, 4));
                }
                let Some(payload) = read_cell(kind, cell, self.layout.usable) else {
                    continue;
                };
                if root == 1 && kind == PageKind::TableLeaf && tables.len() < MOST_TABLES {
                    tables.extend(self.read_schema(&payload)?);
                }
                if payload.next != 0 {
                    self.visit_payload(&payload, name, number)?;
                }
            }
        }
        Ok(())
    }

    /// Gives a value that is cut over several pages to the visitor.
    fn visit_payload(
        &mut self,
        payload: &StoredPayload<'_>,
        name: &str,
        page: u32,
    ) -> Result<(), ContainerProblem> {
        self.charge(1 << 10)?;
        let place = DocumentPlace::of_name("table", name).with_number("page", page.into());
        let places = PlaceList::default();
        places.start_place(0, Some(place));
        let mut content = PayloadContent::new(self.input, self.layout, payload);
        let flow = (self.visitor).visit_text(MemberName::plain(b""), &mut content, &places);
        if flow.is_break() {
            return Err(ContainerProblem::damaged("it takes too long to read"));
        }
        Ok(())
    }

    /// Returns the name and the root of the table that a value describes.
    fn read_schema(
        &mut self,
        payload: &StoredPayload<'_>,
    ) -> Result<Option<(String, u32)>, ContainerProblem> {
        let mut held = Vec::new();
        let content = PayloadContent::new(self.input, self.layout, payload);
        // Of a cut description, the name comes first.
        let _ = content.take(MOST_SCHEMA).read_to_end(&mut held);
        self.charge(held.len())?;
        Ok(parse_schema(&held))
    }
}

impl PageLayout {
    fn has_page(&self, number: u32) -> bool {
        number > 0 && u64::from(number) <= self.count
    }

    fn read_page(&self, input: &mut dyn ContainerInput, number: u32) -> io::Result<Vec<u8>> {
        let at = u64::from(number - 1) * self.size as u64;
        input.seek(SeekFrom::Start(at))?;
        let mut page = Vec::with_capacity(self.size);
        input.take(self.size as u64).read_to_end(&mut page)?;
        Ok(page)
    }
}

impl PageKind {
    fn of_code(code: u8) -> Option<PageKind> {
        match code {
            2 => Some(PageKind::IndexInner),
            5 => Some(PageKind::TableInner),
            10 => Some(PageKind::IndexLeaf),
            13 => Some(PageKind::TableLeaf),
            _ => None,
        }
    }

    fn is_inner(self) -> bool {
        matches!(self, PageKind::TableInner | PageKind::IndexInner)
    }
}

/// Returns the value of a cell; `None` if it has none or is damaged.
fn read_cell(kind: PageKind, cell: &[u8], usable: usize) -> Option<StoredPayload<'_>> {
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
    if len <= most as u64 {
        let local = rest.get(..usize::try_from(len).ok()?)?;
        return Some(StoredPayload {
            len,
            local,
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
        next: number_at(rest, local, 4)?,
    })
}

/// Returns the name and the root in a row of the schema: type, name, name of the table, root, statement.
fn parse_schema(row: &[u8]) -> Option<(String, u32)> {
    let mut header = row;
    let header_len = usize::try_from(read_varint(&mut header)?).ok()?;
    let mut values = row.get(header_len..)?;
    let mut fields = Vec::new();
    for _ in 0..4 {
        let code = read_varint(&mut header)?;
        let len = match code {
            0 | 8 | 9 => 0,
            1..=4 => code,
            5 => 6,
            6 | 7 => 8,
            code => code.checked_sub(12)? / 2,
        };
        let (value, rest) = values.split_at_checked(usize::try_from(len).ok()?)?;
        values = rest;
        fields.push((code, value));
    }
    let (_, name) = fields[2];
    // The texts of a database may be in UTF-16, whose zeros no report needs.
    let name: String = String::from_utf8_lossy(name)
        .chars()
        .filter(|c| *c != '\0')
        .take(MOST_NAME)
        .collect();
    let (code, root) = fields[3];
    let root = match code {
        9 => 1,
        1..=6 => root
            .iter()
            .fold(0u64, |number, byte| number << 8 | u64::from(*byte)),
        _ => return None,
    };
    Some((name, u32::try_from(root).ok()?))
}

/// Reads a number in groups of seven bits, the highest first, and a ninth byte of eight.
fn read_varint(bytes: &mut &[u8]) -> Option<u64> {
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
fn number_at(bytes: &[u8], at: usize, len: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + len)?;
    Some(
        bytes
            .iter()
            .fold(0, |number, byte| number << 8 | u32::from(*byte)),
    )
}

/// Content of a value, over all its pages.
struct PayloadContent<'c> {
    input: &'c mut dyn ContainerInput,
    layout: PageLayout,
    local: &'c [u8],
    /// Number of bytes that must follow.
    left: u64,
    next: u32,
    /// Page that is read, and the number of its bytes that were.
    page: Vec<u8>,
    taken: usize,
    /// Number of pages that may follow.
    pages_left: u64,
}

impl<'c> PayloadContent<'c> {
    fn new(
        input: &'c mut dyn ContainerInput,
        layout: PageLayout,
        payload: &StoredPayload<'c>,
    ) -> Self {
        PayloadContent {
            input,
            layout,
            local: payload.local,
            left: payload.len,
            next: payload.next,
            page: Vec::new(),
            taken: 0,
            pages_left: layout.count,
        }
    }
}

impl Read for PayloadContent<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.local.is_empty()
            && self.taken >= self.page.len()
            && self.left > 0
            && !out.is_empty()
        {
            if !self.layout.has_page(self.next) || self.pages_left == 0 {
                let problem = "a value does not go on in the page that it names";
                return Err(ContainerProblem::damaged(problem).into());
            }
            self.pages_left -= 1;
            self.page = self.layout.read_page(self.input, self.next)?;
            self.page.truncate(self.layout.usable);
            self.next = number_at(&self.page, 0, 4).unwrap_or_default();
            self.taken = 4;
            if self.page.len() <= 4 {
                return Err(ContainerProblem::truncated().into());
            }
        }
        let rest = if self.local.is_empty() {
            self.page.get(self.taken..).unwrap_or_default()
        } else {
            self.local
        };
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let count = rest.len().min(out.len()).min(most);
        out[..count].copy_from_slice(&rest[..count]);
        if self.local.is_empty() {
            self.taken += count;
        } else {
            self.local = &self.local[count..];
        }
        self.left -= count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::mutation::check_damaged;

    /// Database of pages of 512 bytes: a table whose only value goes on in the third and the fourth page.
    fn sample() -> Vec<u8> {
        let mut file = vec![0; 4 * 512];
        file[..16].copy_from_slice(b"SQLite format 3\0");
        file[16] = 2;
        let row = b"\x06\x17\x0f\x0f\x01\x00tabletat\x02";
        file[100] = 13;
        file[104] = 1;
        file[108..110].copy_from_slice(&[1, 0x80]);
        file[0x180] = u8::try_from(row.len()).unwrap();
        file[0x181] = 1;
        file[0x182..0x182 + row.len()].copy_from_slice(row);
        let page = &mut file[512..1024];
        page[0] = 13;
        page[4] = 1;
        page[8..10].copy_from_slice(&[0, 100]);
        // 1000 bytes, of which 39 and those that do not fill the other pages are here.
        page[100..103].copy_from_slice(&[0x87, 0x68, 1]);
        page[103..103 + 39].fill(b'a');
        page[145] = 3;
        file[1024 + 3] = 4;
        file[1028..1536].fill(b'b');
        file[1540..2048].fill(b'c');
        file
    }

    #[test]
    fn damaged_databases_are_read_in_bounded_work() {
        check_damaged(&SqliteReader, &sample());
    }
}
