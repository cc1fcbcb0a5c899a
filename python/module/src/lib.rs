//! Python module: scans and redaction of texts, of Arrow columns and of repositories.
//!
//! `input` takes columns from Python objects, `work` scans and redacts their rows, `parallel` does that in threads,
//! `interrupt` releases the interpreter's lock and looks for signals, `record` and `table` turn findings into columns,
//! `rebuild` makes the redacted column, and `capsule` exchanges Arrow data.

mod capsule;
mod column;
mod convert;
mod input;
mod interrupt;
mod output;
mod parallel;
mod rebuild;
mod record;
mod scanner;
mod settings;
mod table;
mod work;

use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// Sentence for a defect of the module.
const DEFECT: &str =
    "internal error of tokensweep; please report what was scanned, without its secrets";

/// Runs a piece of work, and turns a panic in it into an exception.
fn run_guarded<T>(work: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(PyRuntimeError::new_err(DEFECT)))
}

/// Native part of the package `tokensweep`.
#[pymodule]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::output::{FindingTable, TextArray};
    #[pymodule_export]
    use super::scanner::Scanner;

    #[pymodule_init]
    fn add_version(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
