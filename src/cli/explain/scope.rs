//! Scope of an explanation: the paths to search, the settings, and the finding or line that a word names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{bail, ensure};
use clap::Args;

use super::super::options::{RuleArgs, RuleChoice, SettingArgs, WalkArgs};
use super::super::settings::{self, Settings};
use crate::finding::Finding;
use crate::message::portable_path;
use crate::span::{Charset, Position};

/// Places to look in, and the settings.
#[derive(Args, Debug)]
pub(super) struct ExplainScope {
    /// Paths to search for a fingerprint; the current folder if none is given.
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,

    /// Search for a fingerprint in histories only; otherwise they are searched if no file has it.
    #[arg(long)]
    pub(super) history: bool,

    #[command(flatten)]
    pub(super) walk: WalkArgs,

    #[command(flatten)]
    rules: RuleChoice,

    #[command(flatten)]
    settings: SettingArgs,
}

impl ExplainScope {
    /// Returns the settings that apply to a path.
    pub(super) fn settings_at(&self, path: &Path) -> anyhow::Result<Settings> {
        let rules = RuleArgs {
            min_confidence: None,
            choice: self.rules.clone(),
        };
        Settings::load_for(&self.settings, &rules, &self.walk, path)
    }

    /// Returns the settings that apply to the paths to search.
    pub(super) fn settings(&self) -> anyhow::Result<Settings> {
        self.settings_at(settings::start_path(&self.paths))
    }
}

/// Returns the first finding whose fingerprint begins like this, or an error that names all if there are several.
pub(super) fn pick_finding<'f>(
    findings: &'f [Finding],
    begin: &str,
) -> anyhow::Result<Option<&'f Finding>> {
    let mut found: BTreeMap<&str, &Finding> = BTreeMap::new();
    for finding in findings.iter().filter(|f| f.fingerprint.starts_with(begin)) {
        found.entry(&finding.fingerprint).or_insert(finding);
    }
    if found.len() > 1 {
        let names = found.iter().map(|(fingerprint, f)| {
            format!(
                "{fingerprint} in {}:{}",
                portable_path(&f.path),
                f.start.line
            )
        });
        let names: Vec<String> = names.collect();
        bail!(
            "several fingerprints begin with {begin}: {}; write more digits",
            names.join(", ")
        );
    }
    Ok(found.into_values().next())
}

/// Returns an error if a text has no such line.
pub(super) fn check_line(text: &[u8], name: &str, line: u64) -> anyhow::Result<()> {
    let end = Position::START.after_in(Charset::of_file(text), text);
    let lines = end.line;
    ensure!(
        (1..=lines).contains(&line),
        "{name} has {lines} lines, there is no line {line}"
    );
    Ok(())
}
