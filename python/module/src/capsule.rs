//! Exchange of Arrow data with other libraries by the Arrow PyCapsule interface. The only unsafe code of the module.
#![allow(unsafe_code, reason = "the interface consists of C structures")]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi};
use arrow_array::ffi_stream::{ArrayStreamReader, FFI_ArrowArrayStream};
use arrow_array::{Array, ArrayRef, BinaryViewArray, StringViewArray, make_array};
use arrow_schema::{ArrowError, FieldRef};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyCapsuleMethods};

/// Names of capsules, which the interface prescribes.
const SCHEMA: &CStr = c"arrow_schema";
const ARRAY: &CStr = c"arrow_array";
const STREAM: &CStr = c"arrow_array_stream";

/// Error number that a stream returns for a type that cannot be described.
const INVALID: c_int = 22;

/// Returns the exception for data that cannot be taken over.
fn refuse(error: &ArrowError) -> PyErr {
    PyValueError::new_err(format!("the Arrow data cannot be read: {error}"))
}

/// Returns the structure in a capsule of this name.
fn find_structure<T>(capsule: &Bound<'_, PyAny>, name: &'static CStr) -> PyResult<*mut T> {
    let capsule = capsule.cast::<PyCapsule>()?;
    Ok(capsule.pointer_checked(Some(name))?.as_ptr().cast())
}

/// Takes over the array that `__arrow_c_array__` returned.
pub(crate) fn import_array(pair: &Bound<'_, PyAny>) -> PyResult<ArrayRef> {
    let (schema, array): (Bound<'_, PyAny>, Bound<'_, PyAny>) = pair.extract()?;
    let schema = find_structure::<FFI_ArrowSchema>(&schema, SCHEMA)?;
    let array = find_structure::<FFI_ArrowArray>(&array, ARRAY)?;
    // SAFETY: capsules of these names hold these structures, and whoever asked for them may move what is in them.
    let (schema, array) = unsafe {
        (
            FFI_ArrowSchema::from_raw(schema),
            FFI_ArrowArray::from_raw(array),
        )
    };
    if schema.release().is_none() || array.is_released() {
        return Err(PyValueError::new_err(
            "the Arrow data was taken over by somebody else already; ask for it again",
        ));
    }
    // SAFETY: whoever made the structures vouches for them. Values are taken as bytes, and their bounds are checked.
    let data = unsafe { from_ffi(array, &schema) };
    Ok(make_array(data.map_err(|error| refuse(&error))?))
}

/// Takes over all arrays of the stream that `__arrow_c_stream__` returned, with their field.
pub(crate) fn import_stream(capsule: &Bound<'_, PyAny>) -> PyResult<(FieldRef, Vec<ArrayRef>)> {
    use arrow_array::ArrayReader as _;

    let stream = find_structure::<FFI_ArrowArrayStream>(capsule, STREAM)?;
    // SAFETY: a capsule of this name holds this structure, and whoever asked for it may move what is in it.
    let reader = unsafe { ArrayStreamReader::from_raw(stream) };
    let reader = reader.map_err(|error| refuse(&error))?;
    let field = reader.field().clone();
    let arrays = reader.collect::<Result<Vec<_>, _>>();
    Ok((field, arrays.map_err(|error| refuse(&error))?))
}

/// Returns views of the values of a dictionary of UTF-8 as texts. A check would read a value once for each of its rows.
pub(crate) fn trust_utf8(views: BinaryViewArray) -> StringViewArray {
    // SAFETY: whoever made the dictionary vouches for its values, as for those of every other array.
    unsafe { views.to_string_view_unchecked() }
}

/// Returns what `__arrow_c_schema__` returns for a field.
pub(crate) fn export_schema<'py>(
    py: Python<'py>,
    field: &FieldRef,
) -> PyResult<Bound<'py, PyCapsule>> {
    let schema = FFI_ArrowSchema::try_from(field.as_ref());
    PyCapsule::new_with_value(py, schema.map_err(|error| refuse(&error))?, SCHEMA)
}

/// Returns what `__arrow_c_array__` returns for an array.
pub(crate) fn export_array<'py>(
    py: Python<'py>,
    field: &FieldRef,
    array: &ArrayRef,
) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
    let structure = FFI_ArrowArray::new(&array.to_data());
    let array = PyCapsule::new_with_value(py, structure, ARRAY)?;
    Ok((export_schema(py, field)?, array))
}

/// Returns what `__arrow_c_stream__` returns for arrays of one field.
pub(crate) fn export_stream<'py>(
    py: Python<'py>,
    field: &FieldRef,
    arrays: Vec<ArrayRef>,
) -> PyResult<Bound<'py, PyCapsule>> {
    let state = Box::new(StreamState {
        field: field.clone(),
        arrays: arrays.into_iter(),
    });
    let state = Box::into_raw(state).cast::<c_void>();
    // SAFETY: the functions are those of the state, which `release_stream` frees once.
    let stream = unsafe {
        FFI_ArrowArrayStream::new_unchecked(
            Some(write_schema),
            Some(write_next),
            Some(find_last_error),
            Some(release_stream),
            state,
        )
    };
    PyCapsule::new_with_value(py, stream, STREAM)
}

/// State of a stream.
struct StreamState {
    field: FieldRef,
    /// Arrays that were not taken yet.
    arrays: std::vec::IntoIter<ArrayRef>,
}

/// Returns the state of a stream that was not released.
///
/// # Safety
/// `stream` must be one that [`export_stream`] made.
unsafe fn find_state<'s>(stream: *mut FFI_ArrowArrayStream) -> &'s mut StreamState {
    // SAFETY: `export_stream` put a state there, and the consumer calls one function of a stream at a time.
    unsafe { &mut *(*stream).private_data().cast::<StreamState>() }
}

unsafe extern "C" fn write_schema(
    stream: *mut FFI_ArrowArrayStream,
    out: *mut FFI_ArrowSchema,
) -> c_int {
    // SAFETY: the consumer passes a stream of ours, and room for a schema that holds none.
    unsafe {
        match FFI_ArrowSchema::try_from(find_state(stream).field.as_ref()) {
            Ok(schema) => ptr::write(out, schema),
            Err(_) => return INVALID,
        }
    }
    0
}

unsafe extern "C" fn write_next(
    stream: *mut FFI_ArrowArrayStream,
    out: *mut FFI_ArrowArray,
) -> c_int {
    // SAFETY: the consumer passes a stream of ours, and room for an array that holds none.
    unsafe {
        let array = match find_state(stream).arrays.next() {
            Some(array) => FFI_ArrowArray::new(&array.to_data()),
            None => FFI_ArrowArray::empty(),
        };
        ptr::write(out, array);
    }
    0
}

unsafe extern "C" fn find_last_error(_: *mut FFI_ArrowArrayStream) -> *const c_char {
    ptr::null()
}

unsafe extern "C" fn release_stream(stream: *mut FFI_ArrowArrayStream) {
    // SAFETY: a stream is released once, and its state is the box that `export_stream` made.
    unsafe {
        drop(Box::from_raw(
            (*stream).private_data().cast::<StreamState>(),
        ));
        (*stream).set_private_data(ptr::null_mut());
        (*stream).set_release(None);
    }
}
