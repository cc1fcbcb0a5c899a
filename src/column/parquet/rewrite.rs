//! Copy of a Parquet file with edited values. Pages without an edited value, and all other columns, are copied byte for
//! byte. Indexes and filters of pages, which are optional and may contain an edited value, are left out.

use std::io::{self, Read as _, SeekFrom, Write};

use super::chunk::{ChunkPlace, ChunkReading, locate_chunk, span_of};
use super::compact::encode_structure;
use super::footer::{MAGIC, field};
use super::page::{self, OpenPage, PLAIN, PackedPage, PageRole};
use super::table::{ParquetTable, count_rows, describe_damage};
use super::thrift::{ThriftStruct, ThriftValue};
use crate::column::visitor::{ValueVisitor, cannot_write};
use crate::container::ContainerInput;
use crate::message::describe_io_error;

/// Type of integers of 32 bits in lists.
const I32: u8 = 5;

/// Writes the copy.
///
/// # Errors
/// Returns the reason why it cannot be written as a whole.
pub(super) fn copy_table(
    table: &ParquetTable<'_>,
    mut metadata: ThriftStruct,
    input: &mut dyn ContainerInput,
    visitor: &mut dyn ValueVisitor,
    out: &mut dyn Write,
) -> Result<(), String> {
    let mut copy = TableCopy {
        table,
        out,
        at: 0,
        first: 1,
    };
    copy.write(MAGIC)?;
    let groups = metadata.list_mut(field::ROW_GROUPS);
    let groups = groups.into_iter().flatten();
    for group in groups.filter_map(ThriftValue::as_struct_mut) {
        copy.copy_group(group, input, visitor)?;
    }
    let footer = encode_structure(&metadata);
    copy.write(&footer)?;
    let len = u32::try_from(footer.len()).map_err(|_| "its metadata is too long".to_owned())?;
    copy.write(&len.to_le_bytes())?;
    copy.write(MAGIC)
}

struct TableCopy<'c> {
    table: &'c ParquetTable<'c>,
    out: &'c mut dyn Write,
    /// Number of bytes written.
    at: u64,
    /// Number of the first row of the row group, 1-based.
    first: u64,
}

/// Sizes and offsets of a copied chunk.
#[derive(Debug, Default)]
struct CopiedChunk {
    whole: i64,
    packed: i64,
    data_at: Option<u64>,
    dictionary_at: Option<u64>,
    is_edited: bool,
}

impl TableCopy<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.out.write_all(bytes).map_err(|e| cannot_write(&e))?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    fn copy_group(
        &mut self,
        group: &mut ThriftStruct,
        input: &mut dyn ContainerInput,
        visitor: &mut dyn ValueVisitor,
    ) -> Result<(), String> {
        let (start, rows) = (self.at, count_rows(group));
        let mut grown = 0;
        let mut is_edited = false;
        let chunks = group.list_mut(field::CHUNKS).into_iter().flatten();
        for (leaf, chunk) in chunks.filter_map(ThriftValue::as_struct_mut).enumerate() {
            let at = self.at;
            let site = self.table.sites.iter().find(|site| site.leaf == leaf);
            match site {
                Some(site) => {
                    let mut reading =
                        ChunkReading::for_copy(&self.table.leaves[leaf], site, self.first);
                    let place = locate_chunk(chunk, self.table.end);
                    let copied = place
                        .and_then(|place| self.copy_pages(&mut reading, place, input, visitor));
                    let copied = copied.map_err(|reason| {
                        describe_damage(site, &reading, self.first + rows, &reason)
                    })?;
                    is_edited |= copied.is_edited;
                    grown += state_chunk(chunk, &copied);
                }
                None => self.copy_bytes(chunk, input)?,
            }
            chunk.remove_fields(&field::CHUNK_INDEXES);
            if chunk
                .int(field::CHUNK_OFFSET)
                .is_some_and(|offset| offset > 0)
            {
                chunk.set_int(field::CHUNK_OFFSET, at.cast_signed());
            }
            if let Some(metadata) = chunk.inner_mut(field::CHUNK_METADATA) {
                metadata.remove_fields(&field::BLOOM_FILTER);
            }
        }
        if is_edited {
            group.remove_fields(&[field::SORTING]);
        }
        let size = group.int(field::GROUP_SIZE).unwrap_or(0);
        group.set_int(field::GROUP_SIZE, size.saturating_add(grown));
        group.set_int(field::GROUP_OFFSET, start.cast_signed());
        group.set_int(field::GROUP_PACKED, (self.at - start).cast_signed());
        self.first += rows;
        Ok(())
    }

    /// Copies a chunk byte for byte, and states its new place.
    fn copy_bytes(
        &mut self,
        chunk: &mut ThriftStruct,
        input: &mut dyn ContainerInput,
    ) -> Result<(), String> {
        if chunk.get(field::CHUNK_FILE).is_some() {
            return Err("the data of a column is in another file".to_owned());
        }
        let metadata = chunk.inner_mut(field::CHUNK_METADATA);
        let metadata = metadata.ok_or_else(|| "a column is encrypted".to_owned())?;
        let (start, len) = span_of(metadata)
            .filter(|(start, len)| {
                start
                    .checked_add(*len)
                    .is_some_and(|to| to <= self.table.end)
            })
            .ok_or_else(|| "the place of a column in the file is stated wrongly".to_owned())?;
        let reading = |error: io::Error| describe_io_error(&error);
        input.seek(SeekFrom::Start(start)).map_err(reading)?;
        let copied = io::copy(&mut input.take(len), &mut self.out).map_err(|e| cannot_write(&e))?;
        if copied < len {
            return Err("the file ends too early".to_owned());
        }
        for id in [
            field::DATA_OFFSET,
            field::DICTIONARY_OFFSET,
            field::INDEX_OFFSET,
        ] {
            if let Some(offset) = metadata.int(id).filter(|offset| *offset > 0) {
                let moved = offset + self.at.cast_signed() - start.cast_signed();
                metadata.set_int(id, moved);
            }
        }
        self.at += len;
        Ok(())
    }

    /// Copies the pages of a chosen column.
    fn copy_pages(
        &mut self,
        reading: &mut ChunkReading<'_>,
        place: ChunkPlace,
        input: &mut dyn ContainerInput,
        visitor: &mut dyn ValueVisitor,
    ) -> Result<CopiedChunk, String> {
        let mut copied = CopiedChunk::default();
        reading.read_pages(place, input, visitor, &mut |mut packed, open| {
            if let Some((open, Some(new))) = open {
                edit_page(&mut packed, &open, &new, place)?;
                copied.is_edited = true;
            }
            drop_statistics(&mut packed);
            match packed.role {
                PageRole::Dictionary => copied.dictionary_at = Some(self.at),
                PageRole::Data | PageRole::DataTwo => _ = copied.data_at.get_or_insert(self.at),
                PageRole::Other => return Ok(()),
            }
            let header = encode_structure(&packed.header);
            let whole = packed.header.int(page::field::WHOLE_SIZE).unwrap_or(0);
            copied.whole += whole + to_signed(header.len());
            copied.packed += to_signed(header.len() + packed.body.len());
            self.write(&header)?;
            self.write(&packed.body)
        })?;
        Ok(copied)
    }
}

/// Returns a length as a number of the metadata.
fn to_signed(len: usize) -> i64 {
    i64::try_from(len).unwrap_or(i64::MAX)
}

/// States the new values of a page in its header and body.
fn edit_page(
    packed: &mut PackedPage,
    open: &OpenPage,
    new: &[u8],
    place: ChunkPlace,
) -> Result<(), String> {
    let mut content = open.content[open.plain..open.values_at].to_vec();
    content.extend_from_slice(new);
    let is_packed = packed.role != PageRole::DataTwo
        || packed
            .inner()
            .is_ok_and(|inner| inner.get(7) != Some(&ThriftValue::Bool(false)));
    let deflated = if is_packed {
        place
            .codec
            .deflate(&content)
            .map_err(|e| cannot_write(&e))?
    } else {
        content.clone()
    };
    let whole = open.plain + content.len();
    packed.body = [&open.content[..open.plain], &deflated].concat();
    let sizes = [
        (page::field::WHOLE_SIZE, whole),
        (page::field::PACKED_SIZE, packed.body.len()),
    ];
    for (id, size) in sizes {
        let size = i32::try_from(size).map_err(|_| "a page would become too large".to_owned())?;
        packed.header.set_int(id, i64::from(size));
    }
    let checksum = crc32fast::hash(&packed.body).cast_signed();
    packed
        .header
        .set_int(page::field::CHECKSUM, i64::from(checksum));
    if packed.role == PageRole::Data
        && let Some(inner) = packed.header.inner_mut(page::field::DATA)
    {
        inner.set_int(page::field::ENCODING, PLAIN);
    }
    if let Some(inner) = packed.header.inner_mut(page::field::DATA_TWO) {
        inner.set_int(page::field::ENCODING_TWO, PLAIN);
    }
    Ok(())
}

/// Removes the least and the greatest value from the header of a page.
fn drop_statistics(packed: &mut PackedPage) {
    if let Some(inner) = packed.header.inner_mut(page::field::DATA) {
        inner.remove_fields(&[page::field::STATISTICS]);
    }
    if let Some(inner) = packed.header.inner_mut(page::field::DATA_TWO) {
        inner.remove_fields(&[page::field::STATISTICS_TWO]);
    }
}

/// States the sizes and the place of a copied chunk in its metadata. Returns the number of bytes by which its content
/// has grown.
fn state_chunk(chunk: &mut ThriftStruct, copied: &CopiedChunk) -> i64 {
    let Some(metadata) = chunk.inner_mut(field::CHUNK_METADATA) else {
        return 0;
    };
    let before = metadata.int(field::WHOLE_SIZE).unwrap_or(0);
    metadata.set_int(field::WHOLE_SIZE, copied.whole);
    metadata.set_int(field::PACKED_SIZE, copied.packed);
    metadata.remove_fields(&[field::INDEX_OFFSET]);
    if let Some(at) = copied.data_at {
        metadata.set_int(field::DATA_OFFSET, at.cast_signed());
    }
    match copied.dictionary_at {
        Some(at) if metadata.get(field::DICTIONARY_OFFSET).is_some() => {
            metadata.set_int(field::DICTIONARY_OFFSET, at.cast_signed());
        }
        // Some writers state one offset, at which the dictionary is.
        Some(at) => metadata.set_int(field::DATA_OFFSET, at.cast_signed()),
        None => metadata.remove_fields(&[field::DICTIONARY_OFFSET]),
    }
    if copied.is_edited {
        metadata.remove_fields(&field::STATISTICS);
        if let Some(encodings) = metadata.list_mut(field::ENCODINGS)
            && !encodings
                .iter()
                .any(|encoding| encoding.as_int() == Some(PLAIN))
        {
            encodings.push(ThriftValue::Int(I32, PLAIN));
        }
    }
    copied.whole - before
}
