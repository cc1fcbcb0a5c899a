//! Rows of a page. In the bytes of a page the values of a row have nothing between them, and the length of another row
//! may follow the last one, so that neither where a value ends nor what is beside it can be seen there.

use std::borrow::Cow;
use std::io::{self, Read};

use super::super::member::ContainerInput;
use super::page::{PageKind, PageLayout, RowValue, find_cells, read_cell, split_row};
use super::schema::TableSchema;
use crate::span::{DocumentPlace, PlaceList};

/// Length in bytes of a value from which on its row is read as a text. No secret is shorter.
const LONG: usize = 16;

/// Maximum number of values of a row that are read.
const MOST_VALUES: usize = 2000;

/// Text of the rows in the pages of a table: a line for each row, with its texts as a JSON object has them under the names
/// of their columns, so that a value is judged by its column and by the values beside it.
pub(super) struct RowText<'t> {
    input: &'t mut dyn ContainerInput,
    layout: PageLayout,
    table: &'t TableSchema,
    pages: std::slice::Iter<'t, u32>,
    places: &'t PlaceList,
    ready: Vec<u8>,
    taken: usize,
    /// Number of bytes of the text before `ready`.
    passed: u64,
}

impl<'t> RowText<'t> {
    pub(super) fn new(
        input: &'t mut dyn ContainerInput,
        layout: PageLayout,
        table: &'t TableSchema,
        pages: &'t [u32],
        places: &'t PlaceList,
    ) -> Self {
        RowText {
            input,
            layout,
            table,
            pages: pages.iter(),
            places,
            ready: Vec::new(),
            taken: 0,
            passed: 0,
        }
    }

    /// Reads on until there is text; false at the end.
    pub(super) fn fill(&mut self) -> io::Result<bool> {
        while self.taken >= self.ready.len() {
            self.passed += self.ready.len() as u64;
            self.ready.clear();
            self.taken = 0;
            let Some(number) = self.pages.next() else {
                return Ok(false);
            };
            let page = self.layout.read_page(self.input, *number)?;
            self.add_page(&page, *number);
        }
        Ok(true)
    }

    fn add_page(&mut self, page: &[u8], number: u32) {
        let Some((kind, cells)) = find_cells(page, number, self.layout) else {
            return;
        };
        let place = DocumentPlace::of_name("table", &self.table.name);
        let place = place.with_number("page", number.into());
        let start = u64::from(number - 1) * self.layout.size as u64;
        for at in cells {
            self.add_row(kind, page, at, start, &place);
        }
    }

    /// Adds the row in the cell at `at` of a page that begins at `start` of the file, if it is whole there.
    fn add_row(
        &mut self,
        kind: PageKind,
        page: &[u8],
        at: usize,
        start: u64,
        place: &DocumentPlace,
    ) {
        let cell = page.get(at..).unwrap_or_default();
        let payload = read_cell(kind, cell, self.layout.usable);
        let Some(payload) = payload.filter(|payload| payload.next == 0) else {
            return;
        };
        let Some(values) = split_row(payload.local, MOST_VALUES) else {
            return;
        };
        let is_text = |(_, (code, value)): &(usize, &RowValue)| *code >= 12 && !value.is_empty();
        let texts = || values.iter().enumerate().filter(is_text);
        if texts().all(|(_, (_, value))| value.len() < LONG) {
            return;
        }
        let raw = start + (at + payload.at) as u64;
        for (number, (_, value)) in texts() {
            let before = if self.ready.ends_with(b"\"") {
                ", "
            } else {
                "{"
            };
            let column = self.table.columns.get(number);
            let column = column.map_or_else(
                || Cow::Owned(format!("c{}", number + 1)),
                |name| Cow::Borrowed(&**name),
            );
            self.ready
                .extend(format!("{before}\"{column}\": \"").bytes());
            let text = self.passed + self.ready.len() as u64;
            let raw = raw + value.start as u64;
            self.places.start_tracked(text, Some(place.clone()), raw);
            self.ready.extend(&payload.local[value.clone()]);
            self.ready.push(b'"');
        }
        self.ready.extend(b"}\n");
    }
}

impl Read for RowText<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if !self.fill()? {
            return Ok(0);
        }
        let rest = &self.ready[self.taken..];
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        self.taken += count;
        Ok(count)
    }
}
