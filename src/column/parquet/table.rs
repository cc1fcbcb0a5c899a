//! Rows of a table, read column by column.

use super::chunk::{ChunkReading, ColumnSite, locate_chunk};
use super::footer::{LeafColumn, field};
use super::thrift::{ThriftStruct, ThriftValue};
use crate::column::visitor::ValueVisitor;
use crate::container::ContainerInput;

/// Parts of a file that do not change while it is read.
pub(super) struct ParquetTable<'t> {
    pub leaves: &'t [LeafColumn],
    pub sites: &'t [ColumnSite<'t>],
    /// Offset of the metadata, at which the data ends.
    pub end: u64,
}

impl ParquetTable<'_> {
    /// Reads the chosen columns of all row groups. What is damaged is noted, and the rest is read.
    pub(super) fn read_rows(
        &self,
        metadata: &ThriftStruct,
        input: &mut dyn ContainerInput,
        visitor: &mut dyn ValueVisitor,
    ) {
        let groups = metadata.list(field::ROW_GROUPS).unwrap_or_default();
        let mut first = 1;
        for group in groups.iter().filter_map(ThriftValue::as_struct) {
            let rows = count_rows(group);
            for site in self.sites {
                let chunk = chunk_of(group, site.leaf);
                let mut reading = ChunkReading::new(&self.leaves[site.leaf], site, first);
                let read = chunk.and_then(|chunk| {
                    let place = locate_chunk(chunk, self.end)?;
                    reading.read_pages(place, input, visitor, &mut |_, _| Ok(()))
                });
                if let Err(reason) = read {
                    visitor.note_unread(describe_damage(site, &reading, first + rows, &reason));
                }
            }
            first += rows;
        }
    }
}

/// Returns the number of rows of a row group.
pub(super) fn count_rows(group: &ThriftStruct) -> u64 {
    group
        .int(field::GROUP_ROWS)
        .and_then(|rows| u64::try_from(rows).ok())
        .unwrap_or(0)
}

/// Returns the sentence on a column of a row group that was not read to its end; `next` is the first row behind the
/// group.
pub(super) fn describe_damage(
    site: &ColumnSite<'_>,
    reading: &ChunkReading<'_>,
    next: u64,
    reason: &str,
) -> String {
    let from = reading.next_row();
    let last = next.saturating_sub(1).max(from);
    format!(
        "the column `{}` was not read from row {from} to row {last}: {reason}",
        site.name
    )
}

/// Returns the chunk of a column in a row group.
fn chunk_of(group: &ThriftStruct, leaf: usize) -> Result<&ThriftStruct, String> {
    let chunks = group.list(field::CHUNKS).unwrap_or_default();
    let chunk = chunks.get(leaf).and_then(ThriftValue::as_struct);
    chunk.ok_or_else(|| "its row group does not have it".to_owned())
}
