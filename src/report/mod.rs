//! Findings out: one file a format. Nothing is decided here.

pub mod human;
pub mod json;
mod terminal;

use std::io::{self, Write};

use crate::finding::Outcome;

pub use terminal::{Style, printable};

/// A form of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Human,
    /// One JSON document.
    Json,
    /// One JSON object a line: the findings, then the summary.
    Jsonl,
}

/// How to write a report.
#[derive(Clone, Copy, Debug)]
pub struct ReportOptions {
    /// Whether secrets are written in full.
    pub show_secrets: bool,
    /// Colours and escapes for a terminal.
    pub style: Style,
    /// How much is said: negative for less, positive for more.
    pub verbosity: i8,
}

/// Writes the report of a scan.
///
/// # Errors
/// When writing fails.
pub fn write(
    format: Format,
    outcome: &Outcome,
    options: &ReportOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Human => human::write(outcome, options, out),
        Format::Json => json::write(outcome, options, out),
        Format::Jsonl => json::write_lines(outcome, options, out),
    }
}
