//! Columns of texts: Arrow arrays of the string and binary types, read as bytes.

use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    BinaryType, BinaryViewType, LargeBinaryType, LargeUtf8Type, StringViewType, Utf8Type,
};
use arrow_array::{Array, ArrayRef, BinaryViewArray};
use arrow_buffer::{Buffer, NullBuffer};
use arrow_schema::{DataType, FieldRef};

use crate::capsule::trust_utf8;

/// Column of texts in one or more chunks.
#[derive(Debug)]
pub(crate) struct TextColumn {
    pub(crate) field: FieldRef,
    pub(crate) chunks: Vec<TextChunk>,
}

/// Chunk of a column: an array of a type that [`is_text_type`] names.
#[derive(Debug)]
pub(crate) struct TextChunk {
    pub(crate) array: ArrayRef,
    /// Number of the first row in the column, from 0.
    pub(crate) first_row: usize,
    nulls: Option<NullBuffer>,
}

/// Values of a chunk.
#[derive(Clone, Copy)]
pub(crate) struct ChunkValues<'c> {
    nulls: Option<&'c NullBuffer>,
    layout: ValueLayout<'c>,
}

/// Layout of the values of a chunk.
#[derive(Clone, Copy)]
enum ValueLayout<'c> {
    Short(&'c [i32], &'c [u8]),
    Long(&'c [i64], &'c [u8]),
    Views(&'c [u128], &'c [Buffer]),
    /// Layout of the type that has only nulls.
    Nothing,
}

/// Returns true for the types of texts and bytes, and for the type of nulls alone.
pub(crate) fn is_text_type(data_type: &DataType) -> bool {
    use DataType::{Binary, BinaryView, LargeBinary, LargeUtf8, Null, Utf8, Utf8View};
    matches!(
        data_type,
        Utf8 | LargeUtf8 | Utf8View | Binary | LargeBinary | BinaryView | Null
    )
}

/// Returns true for the types whose values are UTF-8.
pub(crate) fn is_utf8_type(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
    )
}

impl TextColumn {
    /// Creates a column of arrays. Dictionaries are replaced by views of their values.
    pub(crate) fn new(field: FieldRef, arrays: Vec<ArrayRef>) -> Result<Self, String> {
        let value_type = match field.data_type() {
            DataType::Dictionary(_, values) => values.as_ref(),
            other => other,
        };
        if !is_text_type(value_type) {
            return Err(match value_type {
                DataType::Struct(_) => {
                    "a table was given; pass one column of it, whose values are texts or bytes"
                        .into()
                }
                _ => format!(
                    "a column of texts or bytes is needed, not of {}",
                    field.data_type()
                ),
            });
        }
        let mut chunks = Vec::with_capacity(arrays.len());
        let mut first_row = 0;
        for array in arrays {
            let array = match array.data_type() {
                DataType::Dictionary(..) => decode_dictionary(&array)?,
                _ => array,
            };
            let rows = array.len();
            let nulls = array.logical_nulls();
            chunks.push(TextChunk {
                array,
                first_row,
                nulls,
            });
            first_row += rows;
        }
        let field = match field.data_type() {
            DataType::Dictionary(..) => {
                let views = match is_utf8_type(value_type) {
                    true => DataType::Utf8View,
                    false => DataType::BinaryView,
                };
                Arc::new(field.as_ref().clone().with_data_type(views))
            }
            _ => field,
        };
        Ok(TextColumn { field, chunks })
    }

    /// Returns the number of rows.
    pub(crate) fn count_rows(&self) -> usize {
        self.chunks
            .last()
            .map_or(0, |last| last.first_row + last.array.len())
    }

    /// Returns the value of a row of the column, counted from 0; `None` for a null.
    pub(crate) fn find_value(&self, row: usize) -> Result<Option<&[u8]>, String> {
        let behind = self.chunks.partition_point(|chunk| chunk.first_row <= row);
        let chunk = behind.checked_sub(1).and_then(|at| self.chunks.get(at));
        match chunk {
            Some(chunk) => chunk.values().find_value(row - chunk.first_row),
            None => Ok(None),
        }
    }
}

impl TextChunk {
    /// Returns the values.
    pub(crate) fn values(&self) -> ChunkValues<'_> {
        let array = &self.array;
        let layout = match array.data_type() {
            DataType::Utf8 => {
                let array = array.as_bytes::<Utf8Type>();
                ValueLayout::Short(array.value_offsets(), array.value_data())
            }
            DataType::Binary => {
                let array = array.as_bytes::<BinaryType>();
                ValueLayout::Short(array.value_offsets(), array.value_data())
            }
            DataType::LargeUtf8 => {
                let array = array.as_bytes::<LargeUtf8Type>();
                ValueLayout::Long(array.value_offsets(), array.value_data())
            }
            DataType::LargeBinary => {
                let array = array.as_bytes::<LargeBinaryType>();
                ValueLayout::Long(array.value_offsets(), array.value_data())
            }
            DataType::Utf8View => {
                let array = array.as_byte_view::<StringViewType>();
                ValueLayout::Views(array.views(), array.data_buffers())
            }
            DataType::BinaryView => {
                let array = array.as_byte_view::<BinaryViewType>();
                ValueLayout::Views(array.views(), array.data_buffers())
            }
            _ => ValueLayout::Nothing,
        };
        ChunkValues {
            nulls: self.nulls.as_ref(),
            layout,
        }
    }

    /// Returns the number of bytes of all values.
    pub(crate) fn count_bytes(&self) -> u64 {
        match self.values().layout {
            ValueLayout::Short(offsets, _) => match offsets {
                [first, .., last] => u64::from(last.abs_diff(*first)),
                _ => 0,
            },
            ValueLayout::Long(offsets, _) => match offsets {
                [first, .., last] => last.abs_diff(*first),
                _ => 0,
            },
            ValueLayout::Views(views, _) => views.iter().map(|v| u64::from(*v as u32)).sum(),
            ValueLayout::Nothing => 0,
        }
    }
}

impl<'c> ChunkValues<'c> {
    /// Returns the value of a row of the chunk; `None` for a null.
    ///
    /// # Errors
    /// When the place of the value is outside the data, so that the array contradicts itself.
    pub(crate) fn find_value(&self, row: usize) -> Result<Option<&'c [u8]>, String> {
        if self
            .nulls
            .is_some_and(|nulls| row >= nulls.len() || nulls.is_null(row))
        {
            return Ok(None);
        }
        let value = match self.layout {
            ValueLayout::Short(offsets, data) => {
                cut_value(offsets.get(row), offsets.get(row + 1), data)
            }
            ValueLayout::Long(offsets, data) => {
                cut_value(offsets.get(row), offsets.get(row + 1), data)
            }
            ValueLayout::Views(views, buffers) => find_view(views, buffers, row),
            ValueLayout::Nothing => return Ok(None),
        };
        let broken = || format!("row {row} of a chunk lies outside the data of its array");
        value.map(Some).ok_or_else(broken)
    }
}

/// Returns the bytes between two offsets.
fn cut_value<'c, O: Copy>(start: Option<&O>, end: Option<&O>, data: &'c [u8]) -> Option<&'c [u8]>
where
    usize: TryFrom<O>,
{
    let start = usize::try_from(*start?).ok()?;
    let end = usize::try_from(*end?).ok()?;
    data.get(start..end)
}

/// Number of bytes that a view contains itself.
const INLINE: usize = 12;

/// Returns the value of a view: in the view itself behind its length if it is short, else at an offset of a buffer.
fn find_view<'c>(views: &'c [u128], buffers: &'c [Buffer], row: usize) -> Option<&'c [u8]> {
    let view = *views.get(row)?;
    let length = usize::try_from(view as u32).ok()?;
    if length <= INLINE {
        // Views are stored in the order of bytes of the machine, and every machine that runs this is little-endian.
        let bytes = arrow_buffer::ToByteSlice::to_byte_slice(views.get(row..=row)?);
        return bytes.get(4..4 + length);
    }
    let buffer = usize::try_from((view >> 64) as u32).ok()?;
    let start = usize::try_from((view >> 96) as u32).ok()?;
    buffers.get(buffer)?.get(start..start.checked_add(length)?)
}

/// Returns a dictionary's array as views of its values, which are not copied.
fn decode_dictionary(array: &ArrayRef) -> Result<ArrayRef, String> {
    let dictionary = array.as_any_dictionary();
    let values = dictionary.values();
    let (views, buffers) = view_values(values)?;
    let nulls = array.logical_nulls();
    let is_null = |row: usize| nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
    let rows: Vec<u128> = match views.is_empty() {
        true => vec![0; array.len()],
        false => {
            let keys = dictionary.normalized_keys().into_iter().enumerate();
            let find_row = |(row, key): (usize, usize)| match is_null(row) {
                true => 0,
                false => views.get(key).copied().unwrap_or_default(),
            };
            keys.map(find_row).collect()
        }
    };
    let decoded = BinaryViewArray::try_new(rows.into(), buffers, nulls);
    let broken = |error| format!("the dictionary cannot be read: {error}");
    let decoded = decoded.map_err(broken)?;
    Ok(match is_utf8_type(values.data_type()) {
        true => Arc::new(trust_utf8(decoded)),
        false => Arc::new(decoded),
    })
}

/// Returns a view of each value of a dictionary, and the buffers that they point into.
fn view_values(values: &ArrayRef) -> Result<(Vec<u128>, Vec<Buffer>), String> {
    let data = match values.data_type() {
        DataType::Utf8View => {
            let array = values.as_byte_view::<StringViewType>();
            return Ok((array.views().to_vec(), array.data_buffers().to_vec()));
        }
        DataType::BinaryView => {
            let array = values.as_byte_view::<BinaryViewType>();
            return Ok((array.views().to_vec(), array.data_buffers().to_vec()));
        }
        DataType::Utf8 => values.as_bytes::<Utf8Type>().values(),
        DataType::Binary => values.as_bytes::<BinaryType>().values(),
        DataType::LargeUtf8 => values.as_bytes::<LargeUtf8Type>().values(),
        DataType::LargeBinary => values.as_bytes::<LargeBinaryType>().values(),
        other => {
            return Err(format!(
                "a dictionary of texts or bytes is needed, not of {other}"
            ));
        }
    };
    let chunk = TextChunk {
        array: values.clone(),
        first_row: 0,
        nulls: None,
    };
    let chunk = chunk.values();
    let mut views = Vec::with_capacity(values.len());
    for row in 0..values.len() {
        let value = chunk.find_value(row)?.unwrap_or_default();
        let start = value.as_ptr().addr().wrapping_sub(data.as_ptr().addr());
        let start = u32::try_from(start)
            .ok()
            .filter(|_| u32::try_from(value.len()).is_ok());
        let start =
            start.ok_or("a dictionary of more than 4 GiB; pass the column without a dictionary")?;
        views.push(arrow_array::builder::make_view(value, 0, start));
    }
    Ok((views, vec![data.clone()]))
}
