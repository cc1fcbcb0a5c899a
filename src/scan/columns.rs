//! Scan of the values of chosen columns, each by itself.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::rows::RowScanner;
use super::{ScanProgress, Scanner};
use crate::column::{ColumnChoice, ColumnPlace, ValueEdit, ValueVisitor, read_columns};
use crate::container::{ContainerInput, StreamInput};
use crate::finding::{Finding, OriginKind, Outcome, Skip, SkipReason};
use crate::message::describe_io_error;

/// Number of bytes of values between two updates of the progress.
const BEAT: u64 = 1 << 20;

impl Scanner {
    /// Scans the values of chosen columns of files, each by itself.
    pub(crate) fn scan_columns(&self, paths: &[PathBuf], columns: &ColumnChoice) -> Outcome {
        self.scan_column_files(paths, OriginKind::File, |path, scan| {
            if path.is_dir() {
                return Err("a folder; with --column, name the files in it".to_owned());
            }
            let mut file = File::open(path).map_err(|error| describe_io_error(&error))?;
            scan.read(&mut file, columns)
        })
    }

    /// Scans the values of chosen columns of a stream, reported under `path`.
    pub(crate) fn scan_column_stream(
        &self,
        input: impl Read,
        path: &Path,
        columns: &ColumnChoice,
    ) -> Outcome {
        let mut input = Some(input);
        self.scan_column_files(
            &[path.to_owned()],
            OriginKind::Stdin,
            |_, scan| match input.take() {
                Some(input) => scan.read(&mut StreamInput(input), columns),
                None => Ok(()),
            },
        )
    }

    fn scan_column_files(
        &self,
        paths: &[PathBuf],
        kind: OriginKind,
        mut read: impl FnMut(&Path, &mut ColumnScan<'_>) -> Result<(), String>,
    ) -> Outcome {
        let started = Instant::now();
        let mut outcome = Outcome::default();
        for path in paths {
            let name = path.file_name().unwrap_or(path.as_os_str());
            let mut scan = ColumnScan {
                rows: self.make_row_scanner(),
                path,
                name,
                kind,
                found: Vec::new(),
                skipped: Vec::new(),
                bytes: 0,
                uncounted: 0,
                progress: self.progress(),
            };
            match read(path, &mut scan) {
                Ok(()) => outcome.files += 1,
                Err(reason) => scan.note_unread(reason),
            }
            scan.add_to(&mut outcome);
        }
        outcome.skipped.sort();
        outcome.elapsed = started.elapsed();
        outcome
    }
}

/// Order of a finding: row, column, and numbers in lists.
type RowOrder = (u64, usize, Vec<u64>);

/// Scan of the columns of one file.
struct ColumnScan<'c> {
    rows: RowScanner<'c>,
    path: &'c Path,
    /// Name of the file.
    name: &'c OsStr,
    /// Kind of source that the file is.
    kind: OriginKind,
    /// Findings, each with its place in the order of rows.
    found: Vec<(RowOrder, Finding)>,
    skipped: Vec<Skip>,
    bytes: u64,
    /// Number of bytes that the progress does not count yet.
    uncounted: u64,
    progress: &'c ScanProgress,
}

impl ColumnScan<'_> {
    fn read(
        &mut self,
        input: &mut dyn ContainerInput,
        columns: &ColumnChoice,
    ) -> Result<(), String> {
        read_columns(input, columns, self, None)
    }

    /// Adds the findings in the order of their rows.
    fn add_to(mut self, outcome: &mut Outcome) {
        self.progress.read(1, self.uncounted);
        self.found.sort_by(|a, b| a.0.cmp(&b.0));
        let findings = self.found.into_iter().map(|(_, finding)| finding);
        outcome.findings.extend(findings);
        outcome.skipped.extend(self.skipped);
        outcome.bytes += self.bytes;
    }
}

impl ValueVisitor for ColumnScan<'_> {
    fn suspects_value(&mut self, value: &[u8]) -> bool {
        self.rows.suspects_row(value)
    }

    fn visit_value(
        &mut self,
        place: &ColumnPlace<'_>,
        value: &[u8],
    ) -> Result<Vec<ValueEdit>, String> {
        let examined = self.rows.examine_row(value, self.path);
        for mut finding in examined.findings {
            name_place(&mut finding, self.name, self.kind, place);
            let key = (place.row, place.column, place.items.to_vec());
            self.found.push((key, finding));
        }
        for skip in examined.skipped {
            self.note_unread(format!("{place}: {}", skip.reason));
        }
        Ok(Vec::new())
    }

    fn note_unread(&mut self, reason: String) {
        self.skipped.push(Skip {
            path: self.path.to_owned(),
            reason: SkipReason::Unreadable(reason),
        });
    }

    fn count_value(&mut self, bytes: usize) {
        let bytes = bytes as u64;
        self.bytes += bytes;
        self.uncounted += bytes;
        if self.uncounted >= BEAT {
            self.progress.read(0, std::mem::take(&mut self.uncounted));
        }
    }
}

/// Adds the place of a value to the origin of a finding in it, whose lines and offsets are those in the value.
fn name_place(finding: &mut Finding, name: &OsStr, kind: OriginKind, place: &ColumnPlace<'_>) {
    let outer = place.to_document_place();
    let origin = &mut finding.origin;
    origin.place = Some(match &origin.place {
        Some(inner) => inner.inside(&outer),
        None => outer,
    });
    if origin.member.is_none() {
        origin.member = Some(name.to_string_lossy().into_owned());
    }
    origin.kind = OriginKind::ArchiveMember;
    origin.outer = kind;
}
