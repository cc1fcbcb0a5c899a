//! The class `Scanner`.

use std::path::PathBuf;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};
use tokensweep::git::{HistoryOptions, Repository, RepositoryPart};
use tokensweep::{RedactOptions, ReplacementStyle, Scanner as TokenScanner, WalkOptions};

use crate::convert::make_finding;
use crate::input::{NO_PATH, RowPaths, read_column, read_text};
use crate::interrupt::run_until_signal;
use crate::output::{FindingTable, TextArray, UnreadPart};
use crate::parallel::{RowBatches, map_batches};
use crate::record::FindingRecord;
use crate::run_guarded;
use crate::settings::{
    ScannerSettings, parse_confidence, read_rule_ids, read_rules, read_thread_count,
};
use crate::table::TableKind;
use crate::work::{ColumnWork, RowRedaction, join_results, replace_in_column};

/// Scanner of texts, columns and repositories with a set of rules. Immutable: threads may share one, and each call
/// releases the interpreter's lock. It can be pickled; a copy has the same rules, whether or not their files are there.
///
/// Args:
///     rules: Rule files in TOML that are added to the built-in rules: a path, a list of paths, or a dict of names and
///         texts. `None` for the built-in rules alone.
///     min_confidence: Lowest confidence that is reported: "low", "medium", "high" or "certain".
///     exclude_rules: Ids of rules that are left out.
///     archives: False to leave archives, mails and documents that a text consists of closed.
///     threads: Number of threads that work on a column; `None` for one for each core that the process may use.
///
/// Raises:
///     ValueError: A rule file has mistakes (all are named), or a confidence or a rule does not exist.
///     OSError: A rule file cannot be read.
///     TypeError: An argument is of another type.
#[pyclass(frozen, module = "tokensweep")]
pub(crate) struct Scanner {
    settings: ScannerSettings,
    scanner: TokenScanner,
}

#[pymethods]
impl Scanner {
    #[new]
    #[pyo3(signature = (rules=None, min_confidence="medium", *, exclude_rules=None, archives=true, threads=None))]
    fn new(
        rules: Option<&Bound<'_, PyAny>>,
        min_confidence: &str,
        exclude_rules: Option<&Bound<'_, PyAny>>,
        archives: bool,
        threads: Option<isize>,
    ) -> PyResult<Self> {
        let settings = ScannerSettings {
            rules: read_rules(rules)?,
            min_confidence: parse_confidence(min_confidence)?,
            exclude_rules: read_rule_ids(exclude_rules)?,
            archives,
            threads: threads.map(read_thread_count).transpose()?,
        };
        run_guarded(|| {
            let scanner = settings.build_scanner()?;
            Ok(Scanner { settings, scanner })
        })
    }

    /// Scans one text.
    ///
    /// Args:
    ///     text: Text as str, or bytes in any encoding.
    ///     path: Path under which the text is judged, such as ".env". Nothing is read from it.
    ///     show_secrets: True to put each secret into `Finding.secret`, which is `None` otherwise.
    ///
    /// Returns:
    ///     A list of `Finding`, in the order of their places.
    ///
    /// Raises:
    ///     TypeError: `text` is neither str nor bytes.
    ///     ValueError: `text` contains a lone surrogate.
    ///     KeyboardInterrupt: The user stopped the scan.
    ///
    /// Warns:
    ///     UnreadWarning: A part of the text, such as a member of an archive, was not read.
    #[pyo3(signature = (text, path=None, *, show_secrets=false))]
    fn scan<'py>(
        &self,
        py: Python<'py>,
        text: &Bound<'py, PyAny>,
        path: Option<PathBuf>,
        show_secrets: bool,
    ) -> PyResult<Bound<'py, PyList>> {
        let bytes = match (text.cast::<PyBytes>(), text.cast::<PyString>()) {
            (Ok(bytes), _) => bytes.as_bytes(),
            (_, Ok(text)) => read_text(text, "the text")?.as_bytes(),
            _ => {
                let kind = text.get_type().name()?;
                return Err(PyTypeError::new_err(format!(
                    "a text is str or bytes, not {kind}; scan_array takes columns and lists"
                )));
            }
        };
        let path = path.unwrap_or_else(|| PathBuf::from(NO_PATH));
        run_guarded(|| {
            let outcome = run_until_signal(py, bytes.len() as u64, |stop| {
                let mut rows = self.scanner.make_row_scanner();
                rows.examine_row_until(bytes, &path, stop)
            })?;
            let records = FindingRecord::in_text(&outcome.findings, bytes, None);
            let package = py.import("tokensweep")?;
            for skip in &outcome.skipped {
                let sentence = format!(
                    "{}: not read: {}",
                    skip.path.display(),
                    skip.describe_reason()
                );
                let category = package.getattr("UnreadWarning")?;
                py.import("warnings")?
                    .call_method1("warn", (sentence, category))?;
            }
            let findings = records
                .iter()
                .zip(&outcome.findings)
                .map(|(record, finding)| {
                    let secret = show_secrets.then(|| finding.secret.expose_the_secret());
                    make_finding(&package, record, secret)
                });
            PyList::new(py, findings.collect::<PyResult<Vec<_>>>()?)
        })
    }

    /// Scans a column, each text by itself, as `tokensweep scan --column` does.
    ///
    /// Args:
    ///     texts: Object with `__arrow_c_array__` or `__arrow_c_stream__` of one column of strings or bytes (plain,
    ///         large, view or dictionary; sliced or in chunks), or an iterable of str, of bytes, and of None.
    ///     paths: Path under which all texts are judged, or a column with a path for each. Nothing is read from it.
    ///
    /// Returns:
    ///     A `FindingTable` with a row for each finding: `row` (from 0), `start` and `end` (offsets in the text, in
    ///     bytes), `start_char` and `end_char` (in characters; null if the text is no UTF-8 or the secret is in an
    ///     archive), `rule`, `confidence`, `fingerprint`, `masked`, `evidence` (name, weight, detail) and more. Nulls have
    ///     no findings.
    ///
    /// Raises:
    ///     TypeError: `texts` is no column of strings or bytes.
    ///     ValueError: There is another number of paths than of texts, or the Arrow data contradicts itself.
    ///     KeyboardInterrupt: The user stopped the scan.
    #[pyo3(signature = (texts, paths=None))]
    fn scan_array(
        &self,
        py: Python<'_>,
        texts: &Bound<'_, PyAny>,
        paths: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<FindingTable> {
        run_guarded(|| {
            let column = read_column(texts, "texts")?;
            let paths = RowPaths::read(paths, column.count_rows())?;
            let work = ColumnWork {
                column: &column,
                paths: &paths,
            };
            let results = map_batches(
                py,
                self.settings.count_threads(),
                &RowBatches::divide(&column),
                || self.scanner.make_row_scanner(),
                |rows, batch, stop| work.scan_batch(rows, batch, stop),
            )?;
            let (records, unread, _) = join_results(results);
            FindingTable::new(&records, unread, TableKind::Rows)
        })
    }

    /// Replaces the secrets in a column, each text by itself, as `tokensweep redact --column` does. Every new text is
    /// scanned again, and searched for what was replaced.
    ///
    /// Args:
    ///     texts: Column, as for `scan_array`.
    ///     paths: Paths, as for `scan_array`.
    ///     style: "placeholder" (REDACTED-RULE-ID), "keep-length", "partial" (both ends of the secret stay), or
    ///         "template=TEXT" with {rule}, {id} or {fingerprint} in TEXT.
    ///     min_confidence: Lowest confidence that is replaced. What the scanner does not report is not replaced either.
    ///     on_unsafe: "raise" for an exception if a secret cannot be replaced so that the text around it stays valid, as
    ///         in an archive; "null" to make the whole text null and name it in `unread`.
    ///
    /// Returns:
    ///     A pair: a `TextArray` of the same type, length, chunks and nulls (views for a dictionary), and the `FindingTable` of the texts as they were, with a column `replaced`.
    ///
    /// Raises:
    ///     TypeError, KeyboardInterrupt: As for `scan_array`.
    ///     ValueError: As for `scan_array`; a style or a confidence does not exist; a secret cannot be replaced; the new
    ///         texts are longer than their type can hold.
    #[pyo3(signature = (texts, paths=None, *, style="placeholder", min_confidence="high", on_unsafe="raise"))]
    fn redact_array(
        &self,
        py: Python<'_>,
        texts: &Bound<'_, PyAny>,
        paths: Option<&Bound<'_, PyAny>>,
        style: &str,
        min_confidence: &str,
        on_unsafe: &str,
    ) -> PyResult<(TextArray, FindingTable)> {
        let mut options = RedactOptions::default();
        options.mask = parse_style(style)?;
        options.min_confidence = parse_confidence(min_confidence)?;
        options.reported_from = self.settings.min_confidence;
        let nulls_unsafe = match on_unsafe {
            "raise" => false,
            "null" => true,
            _ => return Err(PyValueError::new_err("on_unsafe: write raise or null")),
        };
        run_guarded(|| {
            let column = read_column(texts, "texts")?;
            let paths = RowPaths::read(paths, column.count_rows())?;
            let work = ColumnWork {
                column: &column,
                paths: &paths,
            };
            let redaction = RowRedaction {
                scanner: &self.scanner,
                options: &options,
                nulls_unsafe,
            };
            let batches = RowBatches::divide(&column);
            let results = map_batches(
                py,
                self.settings.count_threads(),
                &batches,
                || self.scanner.make_row_scanner(),
                |rows, batch, stop| work.redact_batch(rows, batch, &redaction, stop),
            )?;
            let (records, unread, new_values) = join_results(results);
            let redacted = py.detach(|| replace_in_column(column, &batches, new_values))?;
            let table = FindingTable::new(&records, unread, TableKind::RedactedRows)?;
            Ok((TextArray(redacted), table))
        })
    }

    /// Scans a repository.
    ///
    /// Args:
    ///     path: Working tree or git directory.
    ///     history: True for all objects of its history, as `tokensweep scan --history` reads them; False for the files in
    ///         the folder that git does not ignore, as `tokensweep scan` reads them.
    ///
    /// Returns:
    ///     A `FindingTable` with a row for each finding: as of `scan_array`, without the row and offsets in characters,
    ///     and with `blob`, `commit`, `author`, `author_date`, `introduced_in`, `at_head` and `refs`. Objects and files
    ///     that could not be read are in `unread`.
    ///
    /// Raises:
    ///     ValueError: There is no repository that can be read.
    ///     KeyboardInterrupt: The user stopped the scan.
    #[pyo3(signature = (path, *, history=true))]
    fn scan_repository(
        &self,
        py: Python<'_>,
        path: PathBuf,
        history: bool,
    ) -> PyResult<FindingTable> {
        run_guarded(|| {
            let threads = self.settings.threads.unwrap_or(0);
            // Its size is not known before.
            let outcome = run_until_signal(py, u64::MAX, |stop| {
                let repository = Repository::open(&path)?;
                if history {
                    let mut options = HistoryOptions::default();
                    options.threads = threads;
                    let part = RepositoryPart::History(options);
                    self.scanner.scan_repository_until(&repository, &part, stop)
                } else {
                    let mut walk = WalkOptions::new([&path]);
                    walk.threads = threads;
                    Ok(self.scanner.scan_paths_until(&walk, stop))
                }
            });
            let outcome = outcome?
                .map_err(|error| PyValueError::new_err(format!("{}: {error}", path.display())))?;
            let records: Vec<_> = outcome
                .findings
                .iter()
                .map(FindingRecord::in_repository)
                .collect();
            let unread = outcome.trouble_skips().map(|skip| {
                UnreadPart::Path((skip.path.display().to_string(), skip.describe_reason()))
            });
            FindingTable::new(&records, unread.collect(), TableKind::Repository)
        })
    }

    fn __reduce__<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let settings = &self.settings;
        let rules = PyDict::new(py);
        for (name, text) in &settings.rules {
            rules.set_item(name, text)?;
        }
        let arguments = (
            rules,
            settings.min_confidence.name(),
            settings.exclude_rules.clone(),
            settings.archives,
            settings.threads,
        );
        let make = py.import("tokensweep")?.getattr("_make_scanner")?;
        Ok((make, arguments.into_pyobject(py)?))
    }

    fn __repr__(&self) -> String {
        let names: Vec<&str> = self
            .settings
            .rules
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        format!(
            "Scanner(rules={names:?}, min_confidence={:?})",
            self.settings.min_confidence.name()
        )
    }
}

/// Returns the style of replacements with this name, as on the command line.
fn parse_style(name: &str) -> PyResult<ReplacementStyle> {
    match name {
        "placeholder" => Ok(ReplacementStyle::Placeholder),
        "keep-length" => Ok(ReplacementStyle::KeepLength),
        "partial" => Ok(ReplacementStyle::Partial),
        _ => match name.strip_prefix("template=") {
            Some(template) => ReplacementStyle::template(template)
                .map_err(|mistake| PyValueError::new_err(mistake.to_string())),
            None => Err(PyValueError::new_err(
                "style: write placeholder, keep-length, partial or template=TEXT",
            )),
        },
    }
}
