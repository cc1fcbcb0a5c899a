//! Does what git calls a hook for: looks at what is staged, at a message, at what is pushed.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::super::exit::Exit;
use super::super::settings::Settings;
use super::kind::Hook;
use super::message::message;
use super::push::{pushed, received};
use crate::finding::{Finding, Outcome};
use crate::scan::Scanner;
use crate::source::git::{Repository, StagedOptions};

pub(super) fn run_hook(hook: Hook, args: &[PathBuf], settings: &Settings) -> anyhow::Result<Exit> {
    let scanner = settings.scanner();
    let mut outcome = match hook {
        Hook::PreCommit => {
            let repository = Repository::discover(None)?;
            scanner.scan_staged(&repository, &StagedOptions::default())?
        }
        Hook::CommitMsg => commit_message(&scanner, args)?,
        Hook::PrePush => pushed(&scanner)?,
        Hook::PreReceive => received(&scanner)?,
    };
    settings.accept(&mut outcome);
    let leaks: Vec<&Finding> = outcome.findings.iter().filter(|f| f.is_open()).collect();
    if !leaks.is_empty() || !outcome.is_complete() {
        // Nothing can be done about a standard error that cannot be written to; the verdict stands.
        let _ = io::stderr().write_all(message(hook, &leaks, &outcome).as_bytes());
    }
    Ok(Exit::of_scan(!leaks.is_empty(), outcome.is_complete()))
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
