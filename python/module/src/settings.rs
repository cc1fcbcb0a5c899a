//! Settings of a scanner, from the arguments of its constructor. They are all that is pickled.

use std::num::NonZero;
use std::path::PathBuf;

use pyo3::exceptions::{PyOSError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use tokensweep::{Confidence, RuleSet, Scanner as TokenScanner};

use crate::input::read_text;

/// Settings of a scanner.
#[derive(Clone, Debug)]
pub(crate) struct ScannerSettings {
    /// Rule files: their names, for messages, and their texts.
    pub(crate) rules: Vec<(String, String)>,
    pub(crate) min_confidence: Confidence,
    pub(crate) exclude_rules: Vec<String>,
    pub(crate) archives: bool,
    /// Number of threads; `None` for one for each core that this process may use.
    pub(crate) threads: Option<usize>,
}

/// Returns the level of confidence with this name.
pub(crate) fn parse_confidence(name: &str) -> PyResult<Confidence> {
    let level = Confidence::ALL
        .into_iter()
        .find(|level| level.name() == name);
    level.ok_or_else(|| {
        PyValueError::new_err(format!(
            "there is no confidence {name:?}; write low, medium, high or certain"
        ))
    })
}

/// Returns rule files with their names: from a path, several paths, or a dict of names and texts.
pub(crate) fn read_rules(object: Option<&Bound<'_, PyAny>>) -> PyResult<Vec<(String, String)>> {
    let Some(object) = object else {
        return Ok(Vec::new());
    };
    if let Ok(files) = object.cast::<PyDict>() {
        let texts = files.iter().map(|(name, text)| {
            let name = name.extract::<String>()?;
            let Ok(text) = text.cast::<PyString>() else {
                return Err(PyTypeError::new_err(format!(
                    "the rule file {name} is no str of TOML"
                )));
            };
            let text = read_text(text, &format!("the rule file {name}"))?;
            Ok((name, text.to_owned()))
        });
        return texts.collect();
    }
    let paths = match object.extract::<PathBuf>() {
        Ok(path) => vec![path],
        Err(_) => object.extract::<Vec<PathBuf>>().map_err(|_| {
            PyTypeError::new_err(
                "rules: a path, a list of paths, or a dict of names and TOML is needed",
            )
        })?,
    };
    let texts = paths.into_iter().map(|path| {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(&path);
        let text = text.map_err(|error| {
            PyOSError::new_err(format!("the rule file {name} cannot be read: {error}"))
        })?;
        Ok((name, text))
    });
    texts.collect()
}

/// Returns the ids of rules that an argument names.
pub(crate) fn read_rule_ids(object: Option<&Bound<'_, PyAny>>) -> PyResult<Vec<String>> {
    let Some(object) = object else {
        return Ok(Vec::new());
    };
    let refuse = |_| PyTypeError::new_err("exclude_rules: a list of ids of rules is needed");
    // One id would be taken for the list of its characters.
    if object.is_instance_of::<PyString>() {
        return Err(PyTypeError::new_err(
            "exclude_rules: one id was given; pass a list of them",
        ));
    }
    object
        .try_iter()
        .map_err(refuse)?
        .map(|id| id?.extract().map_err(refuse))
        .collect()
}

/// Returns the number of threads that an argument names.
pub(crate) fn read_thread_count(threads: isize) -> PyResult<usize> {
    let count = usize::try_from(threads).ok().filter(|count| *count > 0);
    count.ok_or_else(|| {
        PyValueError::new_err("threads: a number from 1 is needed, or None for all cores")
    })
}

impl ScannerSettings {
    /// Builds the scanner.
    ///
    /// # Errors
    /// Raises `ValueError` with all mistakes in a rule file, or for a rule to exclude that there is not.
    pub(crate) fn build_scanner(&self) -> PyResult<TokenScanner> {
        let mut rules = RuleSet::default();
        for (name, text) in &self.rules {
            let added = rules.add_toml(name, text.as_bytes());
            added.map_err(|mistakes| PyValueError::new_err(mistakes.to_string()))?;
        }
        for id in &self.exclude_rules {
            if rules.get(id).is_none() {
                return Err(PyValueError::new_err(format!(
                    "exclude_rules: there is no rule {id:?}; `tokensweep rules list` names them"
                )));
            }
        }
        if !self.exclude_rules.is_empty() {
            rules.retain(|rule| !self.exclude_rules.iter().any(|id| **id == *rule.id));
        }
        let mut builder = TokenScanner::builder()
            .rules(rules)
            .min_confidence(self.min_confidence);
        if !self.archives {
            builder = builder.containers(None);
        }
        Ok(builder.build())
    }

    /// Returns the number of threads.
    pub(crate) fn count_threads(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, NonZero::get);
        self.threads.unwrap_or_else(cores)
    }
}
