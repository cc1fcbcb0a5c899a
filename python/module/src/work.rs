//! Scan and redaction of the rows of a column, batch by batch.

use std::path::Path;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use tokensweep::{
    Finding, Outcome, RedactError, RedactErrorKind, RedactOptions, RowScanner,
    Scanner as TokenScanner, StopFlag,
};

use crate::column::{ChunkValues, TextChunk, TextColumn};
use crate::input::RowPaths;
use crate::output::UnreadPart;
use crate::parallel::{RowBatch, RowBatches};
use crate::rebuild::{NewValues, replace_values};
use crate::record::FindingRecord;

/// Result of the scan or redaction of a batch.
#[derive(Default)]
pub(crate) struct BatchResult {
    records: Vec<FindingRecord>,
    unread: Vec<UnreadPart>,
    /// New values, by the row in the chunk.
    new_values: NewValues,
}

/// Joins the results of batches in their order. New values stay apart, one map for each batch.
pub(crate) fn join_results(
    results: Vec<BatchResult>,
) -> (Vec<FindingRecord>, Vec<UnreadPart>, Vec<NewValues>) {
    let (mut records, mut unread) = (Vec::new(), Vec::new());
    let mut new_values = Vec::with_capacity(results.len());
    for mut result in results {
        records.append(&mut result.records);
        unread.append(&mut result.unread);
        new_values.push(result.new_values);
    }
    (records, unread, new_values)
}

/// Returns a column with the new values of its batches.
pub(crate) fn replace_in_column(
    column: TextColumn,
    batches: &RowBatches,
    new_values: Vec<NewValues>,
) -> PyResult<TextColumn> {
    let mut by_chunk: Vec<NewValues> = Vec::new();
    by_chunk.resize_with(column.chunks.len(), NewValues::new);
    for (batch, values) in batches.list.iter().zip(new_values) {
        by_chunk[batch.chunk].extend(values);
    }
    let arrays = column
        .chunks
        .iter()
        .zip(&by_chunk)
        .map(|(chunk, new)| replace_values(chunk, new));
    let arrays = arrays
        .collect::<Result<Vec<_>, _>>()
        .map_err(PyValueError::new_err)?;
    TextColumn::new(column.field, arrays).map_err(PyValueError::new_err)
}

/// Column that is worked on, with its paths.
pub(crate) struct ColumnWork<'c> {
    pub(crate) column: &'c TextColumn,
    pub(crate) paths: &'c RowPaths,
}

/// Redaction of texts.
pub(crate) struct RowRedaction<'s> {
    pub(crate) scanner: &'s TokenScanner,
    pub(crate) options: &'s RedactOptions,
    /// True to make a text null if a secret in it cannot be replaced.
    pub(crate) nulls_unsafe: bool,
}

/// Text of a row that may contain something.
struct SuspectedRow<'c> {
    /// Row in the chunk, from 0.
    row: usize,
    /// Row in the column, from 0.
    number: usize,
    text: &'c [u8],
}

impl<'c> ColumnWork<'c> {
    /// Calls `visit` for each text of a batch in which something may be found, until `stop` is set.
    fn visit_rows(
        &self,
        rows: &mut RowScanner<'_>,
        batch: &RowBatch,
        stop: &StopFlag,
        mut visit: impl FnMut(&mut RowScanner<'_>, &SuspectedRow<'c>, &Path) -> Result<(), String>,
    ) -> Result<(), String> {
        let chunk: &'c TextChunk = &self.column.chunks[batch.chunk];
        let values: ChunkValues<'c> = chunk.values();
        for row in batch.rows.clone() {
            let Some(text) = values.find_value(row)? else {
                continue;
            };
            if !rows.suspects_row(text) {
                continue;
            }
            if stop.is_set() {
                break;
            }
            let number = chunk.first_row + row;
            let path = self.paths.find_path(number)?;
            visit(rows, &SuspectedRow { row, number, text }, &path)?;
        }
        Ok(())
    }

    pub(crate) fn scan_batch(
        &self,
        rows: &mut RowScanner<'_>,
        batch: &RowBatch,
        stop: &StopFlag,
    ) -> Result<BatchResult, String> {
        let mut result = BatchResult::default();
        self.visit_rows(rows, batch, stop, |rows, row, path| {
            let number = row.number as u64;
            let outcome = rows.examine_row_until(row.text, path, stop);
            let records = FindingRecord::in_text(&outcome.findings, row.text, Some(number));
            result.records.extend(records);
            result.note_unread(&outcome, row);
            Ok(())
        })?;
        Ok(result)
    }

    pub(crate) fn redact_batch(
        &self,
        rows: &mut RowScanner<'_>,
        batch: &RowBatch,
        redaction: &RowRedaction<'_>,
        stop: &StopFlag,
    ) -> Result<BatchResult, String> {
        let mut result = BatchResult::default();
        self.visit_rows(rows, batch, stop, |rows, row, path| {
            let outcome = rows.examine_row_until(row.text, path, stop);
            result.note_unread(&outcome, row);
            if outcome.findings.is_empty() || stop.is_set() {
                return Ok(());
            }
            let redacted = redaction
                .scanner
                .redact_text(row.text, path, redaction.options);
            match redacted {
                Ok(redacted) => {
                    result.note_findings(&redacted.findings, row, redaction.options);
                    if !redacted.edits.is_empty() {
                        result.new_values.insert(row.row, Some(redacted.text));
                    }
                }
                Err(error) if redaction.nulls_unsafe && is_unsafe(&error) => {
                    result.note_findings(&outcome.findings, row, redaction.options);
                    result.new_values.insert(row.row, None);
                    result
                        .unread
                        .push(UnreadPart::Row((row.number as u64, error.to_string())));
                }
                Err(error) => return Err(format!("row {}: {error}", row.number)),
            }
            Ok(())
        })?;
        Ok(result)
    }
}

/// Returns true if a secret cannot be replaced safely, whatever the options.
fn is_unsafe(error: &RedactError) -> bool {
    error.kind() == RedactErrorKind::Unsafe
}

impl BatchResult {
    /// Adds what was not read of a text.
    fn note_unread(&mut self, outcome: &Outcome, row: &SuspectedRow<'_>) {
        let number = row.number as u64;
        let parts = outcome.skipped.iter();
        let parts = parts.map(|skip| UnreadPart::Row((number, skip.describe_reason())));
        self.unread.extend(parts);
    }

    /// Adds the findings of a text.
    fn note_findings(
        &mut self,
        findings: &[Finding],
        row: &SuspectedRow<'_>,
        options: &RedactOptions,
    ) {
        let mut records = FindingRecord::in_text(findings, row.text, Some(row.number as u64));
        for (record, finding) in records.iter_mut().zip(findings) {
            record.is_replaced = options.includes_finding(finding);
        }
        self.records.append(&mut records);
    }
}
