//! Columns in which some values are replaced, and chunks that are joined.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::BinaryViewBuilder;
use arrow_array::types::{BinaryType, ByteArrayType, LargeBinaryType, LargeUtf8Type, Utf8Type};
use arrow_array::{Array as _, ArrayRef, BinaryViewArray, GenericByteArray, OffsetSizeTrait as _};
use arrow_array::{make_array, new_empty_array};
use arrow_buffer::{ArrowNativeType as _, Buffer, NullBuffer, OffsetBuffer};
use arrow_data::transform::MutableArrayData;
use arrow_schema::{ArrowError, DataType};

use crate::column::{TextChunk, TextColumn};

/// New values of rows of a chunk; `None` for a null.
pub(crate) type NewValues = HashMap<usize, Option<Vec<u8>>>;

/// Returns the array of a chunk with new values in some rows. Nothing of the old data is shared, as it contains what was
/// replaced. A chunk without a new value keeps its array.
///
/// # Errors
/// When the texts are longer than their type can hold.
pub(crate) fn replace_values(chunk: &TextChunk, new: &NewValues) -> Result<ArrayRef, String> {
    if new.is_empty() {
        return Ok(chunk.array.clone());
    }
    let values = ValueSource { chunk, new };
    Ok(match chunk.array.data_type() {
        DataType::Utf8 => Arc::new(build_offsets::<Utf8Type>(&values)?),
        DataType::LargeUtf8 => Arc::new(build_offsets::<LargeUtf8Type>(&values)?),
        DataType::Binary => Arc::new(build_offsets::<BinaryType>(&values)?),
        DataType::LargeBinary => Arc::new(build_offsets::<LargeBinaryType>(&values)?),
        DataType::Utf8View => Arc::new(build_views(&values)?.to_string_view().map_err(describe)?),
        _ => Arc::new(build_views(&values)?),
    })
}

/// Returns all rows of a column as one array, which is a copy if there are several chunks.
///
/// # Errors
/// When the texts are longer in all than their type can hold.
pub(crate) fn join_chunks(column: &TextColumn) -> Result<ArrayRef, String> {
    match column.chunks.as_slice() {
        [] => return Ok(new_empty_array(column.field.data_type())),
        [chunk] => return Ok(chunk.array.clone()),
        _ => {}
    }
    let chunks = column.chunks.iter().map(|chunk| chunk.array.to_data());
    let chunks: Vec<_> = chunks.collect();
    let mut joined = MutableArrayData::new(chunks.iter().collect(), false, column.count_rows());
    for (number, chunk) in chunks.iter().enumerate() {
        let added = joined.try_extend(number, 0, chunk.len());
        added.map_err(|error| {
            format!("the chunks cannot be joined to one array ({error}); take them as a stream")
        })?;
    }
    Ok(make_array(joined.freeze()))
}

/// Values of a chunk, the new ones in place of the old.
struct ValueSource<'c> {
    chunk: &'c TextChunk,
    new: &'c NewValues,
}

impl ValueSource<'_> {
    /// Calls `take` with each value in order, and returns which rows are not null, if any is.
    fn take_values(
        &self,
        mut take: impl FnMut(Option<&[u8]>) -> Result<(), String>,
    ) -> Result<Option<NullBuffer>, String> {
        let old = self.chunk.values();
        let mut is_valid = Vec::with_capacity(self.chunk.array.len());
        for row in 0..self.chunk.array.len() {
            let value = match self.new.get(&row) {
                Some(value) => value.as_deref(),
                None => old.find_value(row)?,
            };
            is_valid.push(value.is_some());
            take(value)?;
        }
        let nulls = NullBuffer::from(is_valid);
        Ok(Some(nulls).filter(|nulls| nulls.null_count() > 0))
    }
}

fn describe(error: ArrowError) -> String {
    format!("the redacted column cannot be built: {error}")
}

fn build_offsets<T: ByteArrayType>(
    values: &ValueSource<'_>,
) -> Result<GenericByteArray<T>, String> {
    let old = usize::try_from(values.chunk.count_bytes()).unwrap_or_default();
    let added: usize = values.new.values().flatten().map(Vec::len).sum();
    let mut data = Vec::with_capacity(old + added);
    let mut offsets = Vec::with_capacity(values.chunk.array.len() + 1);
    offsets.push(T::Offset::usize_as(0));
    let nulls = values.take_values(|value| {
        data.extend_from_slice(value.unwrap_or_default());
        if data.len() > T::Offset::MAX_OFFSET {
            return Err("the redacted texts of a chunk have more than 2 GiB, which their type cannot hold; \
                        cast the column to large_string or large_binary"
                .to_owned());
        }
        offsets.push(T::Offset::usize_as(data.len()));
        Ok(())
    })?;
    let offsets = OffsetBuffer::new(offsets.into());
    GenericByteArray::try_new(offsets, Buffer::from_vec(data), nulls).map_err(describe)
}

fn build_views(values: &ValueSource<'_>) -> Result<BinaryViewArray, String> {
    let mut builder = BinaryViewBuilder::with_capacity(values.chunk.array.len());
    values.take_values(|value| {
        if value.is_some_and(|value| i32::try_from(value.len()).is_err()) {
            return Err("a redacted text has more than 2 GiB, which a view cannot hold".to_owned());
        }
        builder.append_option(value);
        Ok(())
    })?;
    Ok(builder.finish())
}
