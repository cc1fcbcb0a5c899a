//! Values of Arrow arrays as Python objects, for programs without an Arrow library.

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float64Type, UInt64Type};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};

use crate::column::{ChunkValues, is_utf8_type};
use crate::record::FindingRecord;

/// Returns a value of a column of texts: `str`, `bytes` or `None`.
pub(crate) fn make_text<'py>(
    py: Python<'py>,
    values: ChunkValues<'_>,
    row: usize,
    data_type: &DataType,
) -> PyResult<Bound<'py, PyAny>> {
    Ok(
        match values.find_value(row).map_err(PyValueError::new_err)? {
            None => py.None().into_bound(py),
            Some(bytes) if is_utf8_type(data_type) => {
                let text = std::str::from_utf8(bytes);
                let text =
                    text.map_err(|_| PyValueError::new_err(format!("row {row} is no UTF-8")))?;
                PyString::new(py, text).into_any()
            }
            Some(bytes) => PyBytes::new(py, bytes).into_any(),
        },
    )
}

/// Returns a value of a table of findings; only the types that such tables have are known.
pub(crate) fn make_object<'py>(
    py: Python<'py>,
    array: &ArrayRef,
    row: usize,
) -> PyResult<Bound<'py, PyAny>> {
    if array.is_null(row) {
        return Ok(py.None().into_bound(py));
    }
    Ok(match array.data_type() {
        DataType::UInt64 => array
            .as_primitive::<UInt64Type>()
            .value(row)
            .into_pyobject(py)?
            .into_any(),
        DataType::Float64 => array
            .as_primitive::<Float64Type>()
            .value(row)
            .into_pyobject(py)?
            .into_any(),
        DataType::Boolean => array
            .as_boolean()
            .value(row)
            .into_pyobject(py)?
            .to_owned()
            .into_any(),
        DataType::Utf8 => array
            .as_string::<i32>()
            .value(row)
            .into_pyobject(py)?
            .into_any(),
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            let items = (0..items.len()).map(|item| make_object(py, &items, item));
            PyList::new(py, items.collect::<PyResult<Vec<_>>>()?)?.into_any()
        }
        DataType::Struct(fields) => {
            let object = PyDict::new(py);
            for (field, column) in fields.iter().zip(array.as_struct().columns()) {
                object.set_item(field.name(), make_object(py, column, row)?)?;
            }
            object.into_any()
        }
        other => {
            return Err(PyValueError::new_err(format!(
                "a table has no values of {other}"
            )));
        }
    })
}

/// Returns the object of the class `Finding` for a record, with its secret if that was asked for.
pub(crate) fn make_finding<'py>(
    package: &Bound<'py, PyModule>,
    record: &FindingRecord,
    secret: Option<&[u8]>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = package.py();
    let evidence_class = package.getattr("Evidence")?;
    let evidence = record
        .evidence
        .iter()
        .map(|evidence| evidence_class.call1((&*evidence.name, evidence.weight, &evidence.detail)));
    let fields = PyDict::new(py);
    fields.set_item("start", record.start)?;
    fields.set_item("end", record.end)?;
    fields.set_item("start_char", record.chars.map(|(start, _)| start))?;
    fields.set_item("end_char", record.chars.map(|(_, end)| end))?;
    fields.set_item("rule", &record.rule)?;
    fields.set_item("confidence", record.confidence)?;
    fields.set_item("fingerprint", &record.fingerprint)?;
    fields.set_item("masked", &record.masked)?;
    fields.set_item(
        "evidence",
        PyTuple::new(py, evidence.collect::<PyResult<Vec<_>>>()?)?,
    )?;
    fields.set_item("title", &record.title)?;
    fields.set_item("severity", record.severity)?;
    fields.set_item("checksum", record.checksum)?;
    fields.set_item("line", record.line)?;
    fields.set_item("column", record.column)?;
    fields.set_item("path", &record.path)?;
    fields.set_item("member", &record.member)?;
    fields.set_item("place", &record.place)?;
    fields.set_item("decoded_from", PyTuple::new(py, &record.decoded_from)?)?;
    fields.set_item("secret", secret.map(|secret| PyBytes::new(py, secret)))?;
    package.getattr("Finding")?.call((), Some(&fields))
}
