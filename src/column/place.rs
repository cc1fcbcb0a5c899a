//! Place of a value in a file with columns.

use std::fmt;

use crate::span::DocumentPlace;

/// Place of a value: its row, its column, and for an element of a list its number at each level.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ColumnPlace<'v> {
    /// Number of the row, 1-based; 0 for a value that is stored once for many rows. Of JSON lines it is the line.
    pub row: u64,
    /// Number of the column in the choice, 0-based.
    pub column: usize,
    /// Name of the column; `None` for a row that could not be parsed.
    pub name: Option<&'v str>,
    /// Numbers of the elements of the lists around the value, 1-based, outermost first.
    pub items: &'v [u64],
}

impl ColumnPlace<'_> {
    /// Returns the place as reports name it: `row 120345 column "content"`.
    #[must_use]
    pub(crate) fn to_document_place(self) -> DocumentPlace {
        let mut place = DocumentPlace::of_number("row", self.row);
        if let Some(name) = self.name {
            place = place.with_name("column", name);
        }
        for item in self.items {
            place = place.with_number("item", *item);
        }
        place
    }
}

impl fmt::Display for ColumnPlace<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_document_place().fmt(f)
    }
}
