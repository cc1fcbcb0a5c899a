//! Redaction of one file: scanned again, redacted, checked by yet another scan, and only then replaced.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom};
use std::path::Path;

use super::original::Original;
use super::place::TargetFile;
use super::plan::{EditableText, RedactPlan, plan_redaction};
use super::{
    Edit, Edited, RedactError, RedactOptions, Remaining, ReplacedSecret, TextScanner, diff, verify,
};
use crate::finding::Finding;
use crate::message::portable_path;

/// A file to redact.
#[derive(Clone, Copy)]
pub struct RedactJob<'j> {
    /// Path of the file.
    pub path: &'j Path,
    /// Folder that the user named and that contains the file, or the file itself.
    pub root: &'j Path,
    /// Action to take on the file.
    pub action: FileAction<'j>,
    /// True to show the change.
    pub diff: bool,
    /// Options of redaction.
    pub options: &'j RedactOptions,
    /// Scanner.
    pub look: &'j dyn TextScanner,
}

/// Action to take on a file.
#[derive(Clone, Copy, Debug)]
pub enum FileAction<'j> {
    /// Report what would change.
    Check,
    /// Replace the file. Keep the original under its name and this suffix, if one is given.
    Replace(Option<&'j OsStr>),
    /// Write a redacted copy to this path.
    CopyTo(&'j Path),
}

/// Result for a file.
#[derive(Debug, Default)]
pub struct RedactedFile {
    /// Secrets that were replaced, by place.
    pub replaced: Vec<ReplacedSecret>,
    /// Findings that a scan of the result still reports.
    pub remaining: Vec<Remaining>,
    /// Change to each text in unified form, secrets masked. Empty if it was not requested.
    pub diffs: Vec<Vec<u8>>,
}

/// Redacts one file.
///
/// # Errors
/// Returns the reason if the file was left unchanged.
pub fn redact_file(job: &RedactJob<'_>) -> Result<RedactedFile, RedactError> {
    let write = !matches!(job.action, FileAction::CopyTo(_));
    let place = TargetFile::open(job.root, job.path, write)?;
    let mut original = Original::new(place.file());
    let text = &mut FileText {
        original: &mut original,
        job,
    };
    let plan = plan_redaction(text, job.path, job.options, job.look)?;
    if !plan.edits.is_empty() && write {
        refuse_links(&place)?;
    }
    let mut diffs = Vec::new();
    if job.diff && !plan.edits.is_empty() {
        let text = original.bytes(0..diff::LARGEST + 1);
        let text = text.map_err(RedactError::io_error("cannot read it"))?;
        let name = portable_path(job.path);
        diffs.push(diff::unified_diff(&name, &text, &plan));
    }
    match job.action {
        FileAction::Check => {}
        FileAction::Replace(_) if plan.edits.is_empty() => {}
        FileAction::Replace(backup) => {
            let new = place.create_replacement()?;
            original.write_to(new.file(), &plan.edits)?;
            new.copy_metadata()?;
            verify_written(job, &plan, new.file())?;
            original.verify()?;
            new.commit(backup)?;
        }
        FileAction::CopyTo(path) => write_copy(&place, path, |copy| {
            original.write_to(copy, &plan.edits)?;
            verify_written(job, &plan, copy)
        })?,
    }
    Ok(RedactedFile {
        replaced: plan.replaced,
        remaining: plan.remaining,
        diffs,
    })
}

/// File that is scanned with edits applied.
struct FileText<'t, 'f> {
    original: &'t mut Original<'f>,
    job: &'t RedactJob<'t>,
}

impl EditableText for FileText<'_, '_> {
    fn scan(&mut self, edits: &[Edit]) -> Result<Vec<Finding>, RedactError> {
        let reading = RedactError::io_error("cannot read it");
        let mut text = Edited::new(self.original.start().map_err(&reading)?, edits);
        let found = self.job.look.read(&mut text, self.job.path);
        let found = found.map_err(&reading)?;
        // The digest is over the whole file, so read what the scan left.
        io::copy(&mut text, &mut io::sink()).map_err(&reading)?;
        self.original.seal_digest()?;
        Ok(found)
    }

    fn head(&mut self) -> Result<Vec<u8>, RedactError> {
        let head = self.original.head();
        head.map_err(RedactError::io_error("cannot read it"))
    }
}

/// Scans the written file, and searches it for the bytes of the replaced secrets. Fails if any is found.
fn verify_written(
    job: &RedactJob<'_>,
    plan: &RedactPlan,
    mut written: &File,
) -> Result<(), RedactError> {
    let reading = RedactError::io_error("cannot read the new file");
    written.seek(SeekFrom::Start(0)).map_err(&reading)?;
    let found = job.look.read(&mut written, job.path).map_err(&reading)?;
    verify::check_result(job.options, &plan.secrets, &found, written, &reading)
}

/// Refuses a file with several names.
pub(super) fn refuse_links(place: &TargetFile) -> Result<(), RedactError> {
    match place.link_count() {
        0 | 1 => Ok(()),
        count => Err(RedactError::refusal(format!(
            "it has {count} names (hard links), and the others would keep the secret; remove all but one of them first"
        ))),
    }
}

/// Creates the copy of a file at `to`, which `write` writes and checks. Nothing is left of a copy that fails.
pub(super) fn write_copy(
    place: &TargetFile,
    to: &Path,
    write: impl FnOnce(&File) -> Result<(), RedactError>,
) -> Result<(), RedactError> {
    let doing = RedactError::io_error("cannot write its copy");
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).map_err(&doing)?;
    }
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .open(to)
        .map_err(&doing)?;
    let written = write(&file).and_then(|()| {
        let permissions = place.permissions().map_err(&doing)?;
        file.set_permissions(permissions).map_err(&doing)
    });
    if written.is_err() {
        // The error that is reported is the first one.
        let _ = std::fs::remove_file(to);
    }
    written
}
