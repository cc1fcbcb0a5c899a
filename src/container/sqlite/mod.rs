//! SQLite databases. The own bytes of a database are scanned like any file; this reader adds the values that do not fit
//! into a page and are cut over several pages, and the rows with their values apart.

mod page;
mod payload;
mod rows;
mod schema;

use std::collections::HashSet;
use std::io::{Read, SeekFrom};
use std::ops::ControlFlow;

use super::member::{ContainerInput, ContainerProblem, ContainerReader, MemberName, MemberVisitor};
use crate::span::{DocumentPlace, PlaceList};
use page::{
    FILE_HEADER, PageKind, PageLayout, StoredPayload, find_cells, last_child, number_at, read_cell,
};
use payload::PayloadContent;
use rows::RowText;
use schema::{TableSchema, parse_schema};

/// Maximum length in bytes of the description of a table that is read.
const MOST_SCHEMA: u64 = 64 << 10;

/// Maximum number of tables and indexes.
const MOST_TABLES: usize = 1 << 16;

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
        let schema = TableSchema {
            name: "sqlite_schema".to_owned(),
            root: 1,
            columns: Vec::new(),
        };
        database.walk_tree(&schema, &mut tables)?;
        for table in tables {
            // The values of the descriptions of tables are no tables.
            database.walk_tree(&table, &mut Vec::new())?;
        }
        Ok(())
    }
}

/// Database with the pages that were read.
struct Database<'d> {
    input: &'d mut dyn ContainerInput,
    visitor: &'d mut dyn MemberVisitor,
    layout: PageLayout,
    seen: HashSet<u32>,
    is_utf8: bool,
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
            is_utf8: !matches!(header[56..60], [0, 0, 0, 2 | 3]),
        })
    }

    fn charge(&mut self, bytes: usize) -> Result<(), ContainerProblem> {
        stop_on_break(self.visitor.charge_work(bytes as u64))
    }

    /// Reads the tree of a table, and adds the tables that its values describe.
    fn walk_tree(
        &mut self,
        table: &TableSchema,
        tables: &mut Vec<TableSchema>,
    ) -> Result<(), ContainerProblem> {
        let root = table.root;
        let mut pending = vec![root];
        let mut leaves = Vec::new();
        let mut is_cut = false;
        while let Some(number) = pending.pop() {
            is_cut |= u64::from(number) > self.layout.count;
            if !self.layout.has_page(number) || !self.seen.insert(number) {
                continue;
            }
            self.charge(self.layout.size)?;
            let page = self.layout.read_page(self.input, number)?;
            let Some((kind, cells)) = find_cells(&page, number, self.layout) else {
                continue;
            };
            if kind.is_inner() {
                pending.extend(last_child(&page, number));
            } else if root != 1 {
                leaves.push(number);
            }
            for at in cells {
                let cell = page.get(at..).unwrap_or_default();
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
                    self.visit_payload(&payload, &table.name, number)?;
                }
            }
        }
        if is_cut {
            let problem = ContainerProblem::damaged("a page that it names is not in the file");
            stop_on_break(self.visitor.skip_member(b"", problem))?;
        }
        self.visit_rows(&leaves, table)
    }

    /// Gives the rows in these pages of a table to the visitor.
    fn visit_rows(&mut self, pages: &[u32], table: &TableSchema) -> Result<(), ContainerProblem> {
        // The values of texts in UTF-16 end at zeros, and its own bytes show them apart.
        if !self.is_utf8 {
            return Ok(());
        }
        let places = PlaceList::default();
        let mut text = RowText::new(self.input, self.layout, table, pages, &places);
        if !text.fill()? {
            return Ok(());
        }
        stop_on_break((self.visitor).visit_text(MemberName::plain(b""), &mut text, &places))
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
        stop_on_break(flow)
    }

    /// Returns the table that a value describes.
    fn read_schema(
        &mut self,
        payload: &StoredPayload<'_>,
    ) -> Result<Option<TableSchema>, ContainerProblem> {
        let mut held = Vec::new();
        let content = PayloadContent::new(self.input, self.layout, payload);
        // Of a cut description, the name comes first.
        let _ = content.take(MOST_SCHEMA).read_to_end(&mut held);
        self.charge(held.len())?;
        Ok(parse_schema(&held))
    }
}

fn stop_on_break(flow: ControlFlow<()>) -> Result<(), ContainerProblem> {
    if flow.is_break() {
        return Err(ContainerProblem::damaged("it takes too long to read"));
    }
    Ok(())
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
