//! Columns and paths from Python objects.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::{LargeBinaryBuilder, LargeStringBuilder};
use arrow_array::{Array as _, ArrayRef, LargeStringArray};
use arrow_schema::Field;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyMapping, PyString};

use crate::capsule::{import_array, import_stream};
use crate::column::TextColumn;

/// Path of a text whose path is not given.
pub(crate) const NO_PATH: &str = "text";

/// Returns a column of texts: an object with Arrow data, or an iterable of `str`, `bytes` and `None`.
pub(crate) fn read_column(object: &Bound<'_, PyAny>, name: &str) -> PyResult<TextColumn> {
    let refuse = |reason: String| PyTypeError::new_err(format!("{name}: {reason}"));
    // First, because an object with both may have to join its chunks to one array.
    if object.hasattr("__arrow_c_stream__")? {
        let (field, arrays) = import_stream(&object.call_method0("__arrow_c_stream__")?)?;
        return TextColumn::new(field, arrays).map_err(refuse);
    }
    if object.hasattr("__arrow_c_array__")? {
        let array = import_array(&object.call_method0("__arrow_c_array__")?)?;
        let field = Field::new("", array.data_type().clone(), true);
        return TextColumn::new(Arc::new(field), vec![array]).map_err(refuse);
    }
    if object.is_instance_of::<PyString>() || object.is_instance_of::<PyBytes>() {
        return Err(refuse(
            "one text was given; pass a list of texts, or use scan".into(),
        ));
    }
    // An iteration would give the names of its columns.
    if object.cast::<PyMapping>().is_ok() {
        return Err(refuse(
            "a mapping was given; pass one column of it, whose values are texts or bytes".into(),
        ));
    }
    let Ok(items) = object.try_iter() else {
        let kind = object.get_type().name()?;
        return Err(refuse(format!(
            "an Arrow array or an iterable of str, bytes and None is needed, not {kind}"
        )));
    };
    let array = read_items(items, name)?;
    let field = Field::new("", array.data_type().clone(), true);
    TextColumn::new(Arc::new(field), vec![array]).map_err(refuse)
}

/// Builders of the arrays that an iterable may turn into.
enum ItemBuilder {
    /// Number of leading items that are `None`.
    Nulls(usize),
    Texts(LargeStringBuilder),
    Bytes(LargeBinaryBuilder),
}

impl ItemBuilder {
    fn append_null(&mut self) {
        match self {
            ItemBuilder::Nulls(count) => *count += 1,
            ItemBuilder::Texts(builder) => builder.append_null(),
            ItemBuilder::Bytes(builder) => builder.append_null(),
        }
    }

    /// Appends a text; returns false if the items before are bytes.
    fn append_text(&mut self, text: &str) -> bool {
        if let ItemBuilder::Nulls(count) = *self {
            let mut builder = LargeStringBuilder::new();
            (0..count).for_each(|_| builder.append_null());
            *self = ItemBuilder::Texts(builder);
        }
        match self {
            ItemBuilder::Texts(builder) => builder.append_value(text),
            _ => return false,
        }
        true
    }

    /// Appends bytes; returns false if the items before are texts.
    fn append_bytes(&mut self, bytes: &[u8]) -> bool {
        if let ItemBuilder::Nulls(count) = *self {
            let mut builder = LargeBinaryBuilder::new();
            (0..count).for_each(|_| builder.append_null());
            *self = ItemBuilder::Bytes(builder);
        }
        match self {
            ItemBuilder::Bytes(builder) => builder.append_value(bytes),
            _ => return false,
        }
        true
    }

    fn finish(self) -> ArrayRef {
        match self {
            ItemBuilder::Nulls(count) => Arc::new(LargeStringArray::new_null(count)),
            ItemBuilder::Texts(mut builder) => Arc::new(builder.finish()),
            ItemBuilder::Bytes(mut builder) => Arc::new(builder.finish()),
        }
    }
}

/// Returns the array of an iterable: of texts if its first item that is not `None` is a `str`, else of bytes.
fn read_items<'py>(
    items: impl Iterator<Item = PyResult<Bound<'py, PyAny>>>,
    name: &str,
) -> PyResult<ArrayRef> {
    let mut builder = ItemBuilder::Nulls(0);
    for (row, item) in items.enumerate() {
        let item = item?;
        let is_taken = if item.is_none() {
            builder.append_null();
            true
        } else if let Ok(text) = item.cast::<PyString>() {
            builder.append_text(read_text(text, &format!("{name}: row {row}"))?)
        } else if let Ok(bytes) = item.cast::<PyBytes>() {
            builder.append_bytes(bytes.as_bytes())
        } else {
            let kind = item.get_type().name()?;
            return Err(PyTypeError::new_err(format!(
                "{name}: row {row} is {kind}; a row is str, bytes or None"
            )));
        };
        if !is_taken {
            return Err(PyTypeError::new_err(format!(
                "{name}: row {row} is {}, the rows before are not; pass all of them as str or all as bytes",
                item.get_type().name()?
            )));
        }
    }
    Ok(builder.finish())
}

/// Returns the UTF-8 of a `str`.
pub(crate) fn read_text<'t>(text: &'t Bound<'_, PyString>, place: &str) -> PyResult<&'t str> {
    let refuse = |_| {
        PyValueError::new_err(format!(
            "{place} contains a lone surrogate, which UTF-8 does not have; encode the text and pass bytes"
        ))
    };
    text.to_str().map_err(refuse)
}

/// Paths of the rows of a column.
pub(crate) enum RowPaths {
    /// One path for all.
    Same(PathBuf),
    /// One for each row.
    Each(TextColumn),
}

impl RowPaths {
    /// Returns the paths of `rows` rows: one for all from a `str` or a path, else one for each.
    pub(crate) fn read(object: Option<&Bound<'_, PyAny>>, rows: usize) -> PyResult<RowPaths> {
        let Some(object) = object else {
            return Ok(RowPaths::Same(PathBuf::from(NO_PATH)));
        };
        if let Ok(path) = object.extract::<PathBuf>() {
            return Ok(RowPaths::Same(path));
        }
        let paths = read_column(object, "paths")?;
        if paths.count_rows() != rows {
            return Err(PyValueError::new_err(format!(
                "there are {} paths for {rows} texts; pass one for each, or one for all",
                paths.count_rows()
            )));
        }
        Ok(RowPaths::Each(paths))
    }

    /// Returns the path of a row.
    pub(crate) fn find_path(&self, row: usize) -> Result<Cow<'_, Path>, String> {
        Ok(match self {
            RowPaths::Same(path) => Cow::Borrowed(path),
            RowPaths::Each(paths) => match paths.find_value(row)? {
                Some(bytes) => match String::from_utf8_lossy(bytes) {
                    Cow::Borrowed(text) => Cow::Borrowed(Path::new(text)),
                    Cow::Owned(text) => Cow::Owned(PathBuf::from(text)),
                },
                None => Cow::Borrowed(Path::new(NO_PATH)),
            },
        })
    }
}
