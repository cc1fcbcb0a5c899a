//! Runs a hook: scans the staged files, the message or the pushed commits.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::super::exit::Exit;
use super::super::options::WalkArgs;
use super::super::select::walk_options;
use super::super::settings::Settings;
use super::framework;
use super::kind::HookKind;
use super::message::blocked_message;
use super::push::{self, scan_pushed, scan_received};
use crate::finding::{Finding, Outcome};
use crate::message::portable_path;
use crate::scan::Scanner;
use crate::source::git::{Repository, RepositoryPart, StagedOptions};

pub(super) fn run_hook(
    hook: HookKind,
    args: &[PathBuf],
    settings: &Settings,
) -> anyhow::Result<Exit> {
    let scanner = settings.build_scanner();
    let limits = settings.effective_walk(&WalkArgs::default());
    let scan_files = |files: &[PathBuf]| scanner.scan_paths(&walk_options(files.to_vec(), &limits));
    let mut outcome = match hook {
        HookKind::PreCommit => scan_next_commit(&scanner, args, &scan_files)?,
        HookKind::CommitMsg => commit_message(&scanner, args)?,
        HookKind::PrePush => scan_pushed(&scanner, args, &scan_files)?,
        HookKind::PreReceive => scan_received(&scanner)?,
    };
    settings.mark_accepted(&mut outcome);
    let leaks: Vec<&Finding> = outcome.findings.iter().filter(|f| f.is_open()).collect();
    if !leaks.is_empty() || !outcome.is_complete() {
        // A failure to write to standard error cannot be reported anywhere; the exit code does not change.
        let _ = io::stderr().write_all(blocked_message(hook, &leaks, &outcome).as_bytes());
    }
    Ok(Exit::of_scan(!leaks.is_empty(), outcome.is_complete()))
}

/// Scans the changes of the next commit, and the range of commits or the files that the pre-commit framework names.
fn scan_next_commit(
    scanner: &Scanner,
    files: &[PathBuf],
    scan_files: &dyn Fn(&[PathBuf]) -> Outcome,
) -> anyhow::Result<Outcome> {
    let repository = Repository::discover(None)?;
    let part = RepositoryPart::Staged(StagedOptions::default());
    let mut outcome = scanner.scan_repository(&repository, &part)?;
    // A note that nothing is staged would mislead beside the other scans.
    outcome.notes.clear();
    match framework::requested_commits() {
        // The files that the framework names with a range are those that the range changes.
        Some(request) => add_outcome(&mut outcome, push::scan_requested(scanner, &request)?),
        None if files.is_empty() => {}
        None => {
            let named = scan_named(scanner, &repository, files, scan_files)?;
            add_outcome(&mut outcome, named);
        }
    }
    Ok(outcome)
}

/// Scans the named files. During a commit, a staged file is read from the index, where a secret that it had before is
/// recognised as known; a merge names files that upstream has changed.
fn scan_named(
    scanner: &Scanner,
    repository: &Repository,
    files: &[PathBuf],
    scan_files: &dyn Fn(&[PathBuf]) -> Outcome,
) -> anyhow::Result<Outcome> {
    let is_committing = std::env::var_os("GIT_INDEX_FILE").is_some();
    if is_committing && repository.is_merging() {
        return Ok(Outcome::default());
    }
    let mut outcome = scan_files(files);
    if is_committing {
        let mut staged = BTreeMap::new();
        for finding in &outcome.findings {
            if !staged.contains_key(&finding.path) {
                let is_staged = is_staged(scanner, repository, &finding.path)?;
                staged.insert(finding.path.clone(), is_staged);
            }
        }
        outcome
            .findings
            .retain(|f| staged.get(&f.path) != Some(&true));
    }
    Ok(outcome)
}

/// Returns true if the next commit changes this file.
fn is_staged(scanner: &Scanner, repository: &Repository, path: &Path) -> anyhow::Result<bool> {
    let path = path.strip_prefix(".").unwrap_or(path);
    let options = StagedOptions {
        only: vec![path.as_os_str().as_encoded_bytes().to_vec()],
        ..StagedOptions::default()
    };
    let part = RepositoryPart::Staged(options);
    Ok(scanner.scan_repository(repository, &part)?.blobs > 0)
}

/// Adds the outcome of another scan of the same change; a finding in both is kept once.
fn add_outcome(outcome: &mut Outcome, other: Outcome) {
    let is_known = |finding: &Finding| {
        let mut open = outcome.findings.iter().filter(|f| f.is_open());
        open.any(|f| {
            f.path == finding.path && f.start == finding.start && f.secret == finding.secret
        })
    };
    let new: Vec<Finding> = other
        .findings
        .into_iter()
        .filter(|f| !is_known(f))
        .collect();
    outcome.findings.extend(new);
    outcome.skipped.extend(other.skipped);
    outcome.notes.extend(other.notes);
}

/// Line under which `git commit -v` shows the changes; it is no part of the message.
const SCISSORS: &[u8] = b"# ------------------------ >8 ------------------------";

fn commit_message(scanner: &Scanner, args: &[PathBuf]) -> anyhow::Result<Outcome> {
    let [file] = args else {
        bail!("commit-msg needs the file with the message, as git names it");
    };
    let text = std::fs::read(file)
        .with_context(|| format!("cannot read the commit message {}", portable_path(file)))?;
    let end = memchr::memmem::find(&text, SCISSORS).unwrap_or(text.len());
    Ok(Outcome {
        findings: scanner.scan_text(&text[..end], Path::new("the commit message")),
        ..Outcome::default()
    })
}
