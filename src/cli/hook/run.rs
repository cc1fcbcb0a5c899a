//! Does what git calls a hook for: looks at what is staged, at a message, at what is pushed.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::super::args::WalkArgs;
use super::super::exit::Exit;
use super::super::select::walk_options;
use super::super::settings::Settings;
use super::framework;
use super::kind::Hook;
use super::message::message;
use super::push::{self, scan_pushed, scan_received};
use crate::finding::{Finding, Outcome};
use crate::scan::Scanner;
use crate::source::git::{Repository, StagedOptions};

pub(super) fn run_hook(hook: Hook, args: &[PathBuf], settings: &Settings) -> anyhow::Result<Exit> {
    let scanner = settings.scanner();
    let limits = settings.walk(&WalkArgs::default());
    let scan_files = |files: &[PathBuf]| scanner.scan_paths(&walk_options(files.to_vec(), &limits));
    let mut outcome = match hook {
        Hook::PreCommit => scan_next_commit(&scanner, args, &scan_files)?,
        Hook::CommitMsg => commit_message(&scanner, args)?,
        Hook::PrePush => scan_pushed(&scanner, args, &scan_files)?,
        Hook::PreReceive => scan_received(&scanner)?,
    };
    settings.accept(&mut outcome);
    let leaks: Vec<&Finding> = outcome.findings.iter().filter(|f| f.is_open()).collect();
    if !leaks.is_empty() || !outcome.is_complete() {
        // Nothing can be done about a standard error that cannot be written to; the verdict stands.
        let _ = io::stderr().write_all(message(hook, &leaks, &outcome).as_bytes());
    }
    Ok(Exit::of_scan(!leaks.is_empty(), outcome.is_complete()))
}

/// Scans what the next commit brings in. The pre-commit framework may ask for more: a range of commits, or files.
fn scan_next_commit(
    scanner: &Scanner,
    files: &[PathBuf],
    scan_files: &dyn Fn(&[PathBuf]) -> Outcome,
) -> anyhow::Result<Outcome> {
    let repository = Repository::discover(None)?;
    let mut outcome = scanner.scan_staged(&repository, &StagedOptions::default())?;
    // A note that nothing is staged would mislead beside what else is scanned.
    outcome.notes.clear();
    match framework::requested_commits() {
        // The files that come with a range are those that it changes.
        Some(request) => add_outcome(&mut outcome, push::scan_requested(scanner, &request)?),
        None if files.is_empty() => {}
        None => {
            let named = scan_named(scanner, &repository, files, scan_files)?;
            add_outcome(&mut outcome, named);
        }
    }
    Ok(outcome)
}

/// Scans the files that are named. While git makes a commit, a file that is staged counts as it stands in the index,
/// where a secret that it had before is known as such; and a merge names files that upstream has changed.
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
    Ok(scanner.scan_staged(repository, &options)?.blobs > 0)
}

/// Adds what another scan of the same change came to; a finding that both have is kept once.
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

/// The line under which `git commit -v` shows what is committed; it is no part of the message.
const SCISSORS: &[u8] = b"# ------------------------ >8 ------------------------";

fn commit_message(scanner: &Scanner, args: &[PathBuf]) -> anyhow::Result<Outcome> {
    let [file] = args else {
        bail!("commit-msg needs the file with the message, as git names it");
    };
    let text = std::fs::read(file)
        .with_context(|| format!("cannot read the commit message {}", file.display()))?;
    let end = memchr::memmem::find(&text, SCISSORS).unwrap_or(text.len());
    Ok(Outcome {
        findings: scanner.scan_text(&text[..end], Path::new("the commit message")),
        ..Outcome::default()
    })
}
