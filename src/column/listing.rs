//! Lists of the values of a table in memory, for fuzz targets.

use std::io::{Cursor, Write};

use super::choice::ColumnChoice;
use super::place::ColumnPlace;
use super::read::read_columns;
use super::visitor::{ValueEdit, ValueVisitor};

/// Maximum number of bytes of the listed values.
const LISTED: usize = 1 << 22;

/// Values with their rows.
#[derive(Default)]
struct ValueList {
    values: Vec<(u64, Vec<u8>)>,
    unread: Option<String>,
    bytes: usize,
}

impl ValueVisitor for ValueList {
    fn suspects_value(&mut self, _: &[u8]) -> bool {
        true
    }

    fn visit_value(
        &mut self,
        place: &ColumnPlace<'_>,
        value: &[u8],
    ) -> Result<Vec<ValueEdit>, String> {
        self.bytes += value.len() + 1;
        if self.bytes > LISTED {
            return Err("the values are too long".to_owned());
        }
        self.values.push((place.row, value.to_owned()));
        Ok(Vec::new())
    }

    fn note_unread(&mut self, reason: String) {
        self.unread = Some(reason);
    }

    fn count_value(&mut self, _: usize) {}
}

/// Returns the values of the columns of these names with their rows, and writes the table to `copy` if there is one.
///
/// # Errors
/// Returns the reason why the table, or a part of it, was not read or not written.
pub fn list_values(
    table: &[u8],
    names: &[String],
    copy: Option<&mut Vec<u8>>,
) -> Result<Vec<(u64, Vec<u8>)>, String> {
    let mut list = ValueList::default();
    let choice = ColumnChoice::new(names);
    let copy = copy.map(|copy| copy as &mut dyn Write);
    read_columns(&mut Cursor::new(table), &choice, &mut list, copy)?;
    match list.unread {
        Some(reason) => Err(reason),
        None => Ok(list.values),
    }
}
