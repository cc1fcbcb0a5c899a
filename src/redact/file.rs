//! Redaction of one file: scanned again, redacted, checked by yet another scan, and only then replaced.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom};
use std::path::Path;

use super::edit::compose_edits;
use super::original::Original;
use super::place::TargetFile;
use super::plan::{RedactPlan, plan_edits};
use super::{
    Edited, RedactError, RedactOptions, Remaining, ReplacedSecret, TextScanner, diff, verify,
};
use crate::container::recognise_container;
use crate::finding::{Finding, Secret};
use crate::span::Charset;

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
    /// Change in unified form, secrets masked. Empty if it was not requested.
    pub diff: Vec<u8>,
}

/// Maximum number of rounds of scanning and redacting the result. Overlapping secrets need one round more.
const MAX_ROUNDS: usize = 8;

/// Redacts one file.
///
/// # Errors
/// Returns the reason if the file was left unchanged.
pub fn redact_file(job: &RedactJob<'_>) -> Result<RedactedFile, RedactError> {
    let write = !matches!(job.action, FileAction::CopyTo(_));
    let place = TargetFile::open(job.root, job.path, write)?;
    let mut original = Original::new(place.file());
    let plan = plan_file(job, &mut original)?;
    if !plan.edits.is_empty() && write && place.link_count() > 1 {
        return Err(RedactError::Unsafe(format!(
            "it has {} names (hard links), and the others would keep the secret; \
             remove all but one of them first",
            place.link_count()
        )));
    }
    let shown = if job.diff {
        diff::unified_diff(job.path, &mut original, &plan)?
    } else {
        Vec::new()
    };
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
        FileAction::CopyTo(path) => copy_redacted(job, &place, &mut original, &plan, path)?,
    }
    Ok(RedactedFile {
        replaced: plan.replaced,
        remaining: plan.remaining,
        diff: shown,
    })
}

/// Plans replacements until a scan of the result finds nothing more.
fn plan_file(job: &RedactJob<'_>, original: &mut Original<'_>) -> Result<RedactPlan, RedactError> {
    let reading = RedactError::io_error("cannot read it");
    let mut plan = RedactPlan {
        edits: Vec::new(),
        replaced: Vec::new(),
        found: Vec::new(),
        secrets: Vec::new(),
        remaining: Vec::new(),
    };
    let mut fixed = false;
    for round in 0..MAX_ROUNDS {
        let mut text = Edited::new(original.start().map_err(&reading)?, &plan.edits);
        let found = job.look.read(&mut text, job.path).map_err(&reading)?;
        // The digest is over the whole file, so read what the scan left.
        io::copy(&mut text, &mut io::sink()).map_err(&reading)?;
        original.seal_digest()?;
        let leaks: Vec<&Finding> = found
            .iter()
            .filter(|f| job.options.includes_finding(f))
            .collect();
        if leaks.is_empty() {
            let stay = found.iter().filter(|f| job.options.leaves(f));
            plan.remaining = stay.map(Remaining::of).collect();
            if round == 0 {
                plan.found = found;
            }
            return Ok(plan);
        }
        job.look.remember_secrets(&leaks);
        plan.remember(&leaks);
        if round == 0 {
            let head = original.head().map_err(&reading)?;
            if let Some(kind) = checksummed_kind(&head) {
                return Err(RedactError::Unsafe(format!(
                    "a secret stands in {kind}, whose checksums a change would break"
                )));
            }
            fixed = has_fixed_layout(&head);
        }
        let more = plan_edits(&leaks, job.options, fixed)?;
        let replaced = leaks.iter().map(|f| ReplacedSecret::of(f, job.path));
        plan.replaced.extend(replaced);
        plan.edits = compose_edits(&plan.edits, &more);
        if round == 0 {
            plan.found = found;
        }
    }
    Err(RedactError::Unsafe(
        "what replaces a secret looks like a secret again".to_owned(),
    ))
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
    let left = found
        .iter()
        .filter(|f| job.options.includes_finding(f))
        .count();
    if left > 0 {
        return Err(RedactError::Unsafe(format!(
            "the redacted text still holds {left} of its secrets"
        )));
    }
    // An accepted finding stays, even if the same value was replaced elsewhere.
    let accepted = || found.iter().filter(|f| f.accepted.is_some());
    let stays = |secret: &Secret| accepted().any(|f| f.secret == *secret);
    let gone: Vec<&Secret> = plan.secrets.iter().filter(|s| !stays(s)).collect();
    if verify::holds_any(written, &gone).map_err(&reading)? {
        return Err(RedactError::Unsafe(
            "the redacted text still holds the bytes of a secret, in a place that cannot be replaced".to_owned(),
        ));
    }
    Ok(())
}

fn copy_redacted(
    job: &RedactJob<'_>,
    place: &TargetFile,
    original: &mut Original<'_>,
    plan: &RedactPlan,
    to: &Path,
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
    let written = original
        .write_to(&file, &plan.edits)
        .and_then(|()| verify_written(job, plan, &file))
        .and_then(|()| {
            let permissions = place.permissions().map_err(&doing)?;
            file.set_permissions(permissions).map_err(&doing)
        });
    if written.is_err() {
        let _ = std::fs::remove_file(to);
    }
    written
}

/// Returns the kind of a file, by its first bytes, if it contains checksums over its content.
fn checksummed_kind(head: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 3] = [
        (b"PACK\0\0\0", "a git pack"),
        (b"DIRC\0\0\0", "a git index"),
        (b"wOF2", "a font"),
    ];
    if let Some(form) = recognise_container(head).filter(|form| form.is_sealed) {
        return Some(form.name);
    }
    KINDS
        .iter()
        .find(|(magic, _)| head.starts_with(magic))
        .map(|(_, kind)| *kind)
}

/// Returns true if no byte of such a file may move, because places in it are known by their offset.
fn has_fixed_layout(head: &[u8]) -> bool {
    if head.starts_with(b"%PDF-") {
        return true;
    }
    // UTF-16 text in a script with one byte a character has its zeros at every second byte.
    let (even, odd): (Vec<usize>, Vec<usize>) =
        memchr::memchr_iter(0, head).partition(|at| at % 2 == 0);
    let (few, many) = (even.len().min(odd.len()), even.len().max(odd.len()));
    let wide = many * 4 >= head.len() && few * 20 <= many;
    many > 0 && Charset::of_file(head) == Charset::Utf8 && !wide
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binary_files_are_fixed_and_text_is_not_in_either_width() {
        let wide = |text: &str| {
            text.encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect::<Vec<u8>>()
        };
        assert!(!has_fixed_layout(b"plain text"));
        assert!(!has_fixed_layout(b""));
        assert!(!has_fixed_layout(&wide("plain text")));
        assert!(!has_fixed_layout(&wide("\u{feff}令牌")));
        let wider = |c: char| u32::from(c).to_be_bytes();
        assert!(!has_fixed_layout(
            &"plain text".chars().flat_map(wider).collect::<Vec<u8>>()
        ));
        assert!(has_fixed_layout(
            b"\x7fELF\x02\x01\x01\0\0\0 some text to be found here"
        ));
        assert!(has_fixed_layout(b"%PDF-1.4\n"));
    }

    #[test]
    fn files_with_checksums_are_known_by_their_head() {
        assert_eq!(checksummed_kind(b"PK\x03\x04rest"), Some("a zip archive"));
        assert_eq!(checksummed_kind(b"PKnot"), None);
        assert_eq!(checksummed_kind(b""), None);
    }
}
