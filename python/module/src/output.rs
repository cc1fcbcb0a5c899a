//! Objects that are returned: a table of findings, and columns of redacted texts.

use arrow_array::cast::AsArray as _;
use arrow_array::{Array as _, ArrayRef};
use arrow_schema::FieldRef;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyList};

use crate::capsule::{export_array, export_schema, export_stream};
use crate::column::TextColumn;
use crate::convert::{make_object, make_text};
use crate::rebuild::join_chunks;
use crate::record::FindingRecord;
use crate::run_guarded;
use crate::table::{TableKind, build_table};

/// Array and schema, each in a capsule.
type CapsulePair<'py> = (Bound<'py, PyCapsule>, Bound<'py, PyCapsule>);

/// Returns a number with its noun, as in "1 text" and "2 texts".
fn count_noun(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Something that was not read, with its place (a row from 0, or a path) and the reason.
#[derive(Debug, IntoPyObjectRef)]
pub(crate) enum UnreadPart {
    #[pyo3(transparent)]
    Row((u64, String)),
    #[pyo3(transparent)]
    Path((String, String)),
}

/// Table of findings, one row each, in the order of the texts.
///
/// `pyarrow.table(t)`, `polars.DataFrame(t)`, DuckDB and every other library with the Arrow PyCapsule interface take it
/// without a copy; `to_pylist()` needs none of them. It never contains a secret.
///
/// It is complete only if `unread` is empty.
#[pyclass(frozen, module = "tokensweep")]
#[derive(Debug)]
pub(crate) struct FindingTable {
    field: FieldRef,
    array: ArrayRef,
    unread: Vec<UnreadPart>,
}

impl FindingTable {
    /// Creates the table of records.
    pub(crate) fn new(
        records: &[FindingRecord],
        unread: Vec<UnreadPart>,
        kind: TableKind,
    ) -> PyResult<Self> {
        let table = build_table(records, kind);
        let (field, array) = table.map_err(|error| {
            PyValueError::new_err(format!(
                "there are too many findings for one table ({error}); scan in parts"
            ))
        })?;
        Ok(FindingTable {
            field,
            array,
            unread,
        })
    }
}

#[pymethods]
impl FindingTable {
    /// Parts that were not read: a list of (row or path, reason).
    #[getter]
    fn unread<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, &self.unread)
    }

    /// Names of the columns.
    #[getter]
    fn column_names(&self) -> Vec<&str> {
        let columns = self.array.as_struct().fields().iter();
        columns.map(|field| field.name().as_str()).collect()
    }

    /// Number of findings.
    #[getter]
    fn num_rows(&self) -> usize {
        self.array.len()
    }

    fn __len__(&self) -> usize {
        self.array.len()
    }

    /// Returns a list with a dict for each finding.
    fn to_pylist<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        run_guarded(|| {
            let rows = (0..self.array.len()).map(|row| make_object(py, &self.array, row));
            PyList::new(py, rows.collect::<PyResult<Vec<_>>>()?)
        })
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        export_schema(py, &self.field)
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<CapsulePair<'py>> {
        let _ = requested_schema;
        export_array(py, &self.field, &self.array)
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        export_stream(py, &self.field, vec![self.array.clone()])
    }

    fn __repr__(&self) -> String {
        let unread = match self.unread.len() {
            0 => String::new(),
            count => format!(", {} not read", count_noun(count, "part")),
        };
        let findings = count_noun(self.array.len(), "finding");
        format!("<tokensweep.FindingTable: {findings}{unread}>")
    }
}

/// Returns the values of a column as a list of `str`, `bytes` and `None`.
fn list_texts<'py>(py: Python<'py>, column: &TextColumn) -> PyResult<Bound<'py, PyList>> {
    let data_type = column.field.data_type();
    let rows = column.chunks.iter().flat_map(|chunk| {
        let values = chunk.values();
        (0..chunk.array.len()).map(move |row| make_text(py, values, row, data_type))
    });
    PyList::new(py, rows.collect::<PyResult<Vec<_>>>()?)
}

/// Column of texts, of the type and in the chunks of the one that was given.
///
/// `pyarrow.chunked_array(a)`, `pyarrow.array(a)`, `polars.Series(a)` and every other library with the Arrow PyCapsule
/// interface take it without a copy, except that chunks are joined for a library that takes one array; `to_pylist()`
/// needs none of them.
#[pyclass(frozen, module = "tokensweep")]
#[derive(Debug)]
pub(crate) struct TextArray(pub(crate) TextColumn);

#[pymethods]
impl TextArray {
    /// Number of chunks.
    #[getter]
    fn num_chunks(&self) -> usize {
        self.0.chunks.len()
    }

    fn __len__(&self) -> usize {
        self.0.count_rows()
    }

    /// Returns a list of str, bytes and None.
    fn to_pylist<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        run_guarded(|| list_texts(py, &self.0))
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        export_schema(py, &self.0.field)
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<CapsulePair<'py>> {
        let _ = requested_schema;
        run_guarded(|| {
            let array = join_chunks(&self.0).map_err(PyValueError::new_err)?;
            export_array(py, &self.0.field, &array)
        })
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        let arrays = self.0.chunks.iter().map(|chunk| chunk.array.clone());
        export_stream(py, &self.0.field, arrays.collect())
    }

    fn __repr__(&self) -> String {
        let chunks = match self.0.chunks.len() {
            1 => String::new(),
            count => format!(" in {}", count_noun(count, "chunk")),
        };
        let texts = count_noun(self.0.count_rows(), "text");
        format!("<tokensweep.TextArray: {texts}{chunks}>")
    }
}
