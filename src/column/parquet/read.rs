//! Reading or copying of one file.

use std::io::Write;

use super::chunk::ColumnSite;
use super::footer::{MAGIC, find_leaf, list_leaves, read_footer};
use super::rewrite;
use super::table::ParquetTable;
use crate::column::choice::ColumnChoice;
use crate::column::visitor::ValueVisitor;
use crate::container::ContainerInput;

/// Returns true if a file begins as Parquet does.
pub(in crate::column) fn is_parquet(head: &[u8]) -> bool {
    head.starts_with(MAGIC)
}

/// Reads the values of the chosen columns, and writes the file with their edits to `copy`.
pub(in crate::column) fn read_parquet(
    input: &mut dyn ContainerInput,
    columns: &ColumnChoice,
    visitor: &mut dyn ValueVisitor,
    copy: Option<&mut dyn Write>,
) -> Result<(), String> {
    let (metadata, end) = read_footer(input)?;
    let leaves = list_leaves(&metadata)?;
    let mut absent = Vec::new();
    let mut sites = Vec::new();
    for (column, name) in columns.names().iter().enumerate() {
        match find_leaf(&leaves, name) {
            Ok(leaf) => sites.push(ColumnSite { leaf, column, name }),
            Err(reason) => absent.push(reason),
        }
    }
    // Two names may be of one column.
    sites.sort_by_key(|site| (site.leaf, site.column));
    sites.dedup_by_key(|site| site.leaf);
    if !absent.is_empty() && (sites.is_empty() || copy.is_some()) {
        return Err(absent.join("; "));
    }
    absent
        .into_iter()
        .for_each(|reason| visitor.note_unread(reason));
    let table = ParquetTable {
        leaves: &leaves,
        sites: &sites,
        end,
    };
    match copy {
        Some(copy) => rewrite::copy_table(&table, metadata, input, visitor, copy),
        None => {
            table.read_rows(&metadata, input, visitor);
            Ok(())
        }
    }
}
