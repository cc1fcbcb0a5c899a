//! One run of an audit: scans the repositories whose results are missing or no longer true.

use std::path::{Path, PathBuf};

use clap::Args;
use sha2::{Digest, Sha256};

use super::super::options::{ColorChoice, WalkArgs};
use super::super::progress::ProgressLine;
use super::super::scan_git::{GitArgs, GitScan};
use super::super::settings::Settings;
use super::progress::AuditProgress;
use super::store::{ResultFolder, read_head};
use crate::finding::Outcome;
use crate::message::{count_noun, portable_path};
use crate::report::{self, ReportOptions, RepositoryFacts};
use crate::source::git::{Repository, RepositoryState, estimate_size};

/// Maximum number of problems of one repository that its result names.
const PROBLEMS: usize = 20;

/// Part of each history to read.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Git")]
pub(super) struct AuditHistoryArgs {
    /// Also read what no ref reaches, such as dropped commits and deleted branches.
    #[arg(long)]
    unreachable: bool,

    /// Read only what the refs that match GLOB reach, such as `heads/*` or `tags/v1.*`.
    #[arg(long, value_name = "GLOB")]
    refs: Option<String>,

    /// Also read the histories of all submodules, and of theirs.
    #[arg(long, conflicts_with = "refs")]
    recurse_submodules: bool,

    /// Count a repository as complete although a shallow or partial clone lacks objects; they are still named.
    #[arg(long)]
    allow_incomplete: bool,
}

/// Run of an audit.
pub(super) struct AuditRun<'a> {
    pub(super) settings: &'a Settings,
    pub(super) walk: &'a WalkArgs,
    pub(super) history: &'a AuditHistoryArgs,
    pub(super) progress: ColorChoice,
}

impl AuditRun<'_> {
    /// Scans the repositories whose results are not in the folder yet. Returns the files of the results of all.
    pub(super) fn scan_all(
        &self,
        paths: &[PathBuf],
        folder: &Path,
    ) -> anyhow::Result<Vec<PathBuf>> {
        let folder = ResultFolder::open(folder)?;
        let scanner = self.settings.build_scanner();
        let git = GitArgs {
            history: true,
            unreachable: self.history.unreachable,
            refs: self.history.refs.clone(),
            recurse_submodules: self.history.recurse_submodules,
            allow_incomplete: self.history.allow_incomplete,
            // What is read must not depend on an earlier run, and the repositories stay as they are.
            no_cache: true,
            ..GitArgs::default()
        };
        let scan = GitScan {
            scanner: &scanner,
            git: &git,
            paths: &[],
            walk: self.walk,
        };
        let settings = self.name_settings(&scan);
        let sizes: Vec<u64> = paths.iter().map(|path| estimate_size(path)).collect();
        let progress = AuditProgress::new(sizes.iter().copied());
        let shown = progress.clone();
        let _line = ProgressLine::start_with(self.progress, move |elapsed| shown.describe(elapsed));
        let mut files = Vec::with_capacity(paths.len());
        for (path, size) in paths.iter().zip(sizes) {
            progress.begin(path);
            let file = folder.file_of(path);
            let state =
                Repository::open(path).and_then(|repository| Ok((repository.state()?, repository)));
            let known = state.as_ref().ok();
            let kept = known.and_then(|(state, _)| kept_result(&file, path, state, &settings));
            let is_complete = match kept {
                Some(is_complete) => is_complete,
                None => {
                    let facts = describe_repository(path, known, &settings);
                    let scanned = match state {
                        Ok(_) => scan.scan_at(path),
                        Err(error) => Err(error.to_string()),
                    };
                    self.write_result(&folder, path, facts, scanned)?
                }
            };
            progress.finish(size, kept.is_none(), is_complete);
            files.push(file);
        }
        Ok(files)
    }

    /// Writes the result of one repository. Returns true if it is complete.
    fn write_result(
        &self,
        folder: &ResultFolder,
        path: &Path,
        mut facts: RepositoryFacts,
        scanned: Result<Outcome, String>,
    ) -> anyhow::Result<bool> {
        let mut outcome = Outcome::default();
        match scanned {
            Ok(scanned) => outcome.merge_repository(path, scanned),
            Err(reason) => outcome.add_unreadable_repository(path, reason),
        }
        self.settings.mark_accepted(&mut outcome);
        facts.problems = describe_problems(&outcome, path);
        let is_complete = outcome.is_complete();
        let options = ReportOptions::new(&self.settings.rules);
        folder.write(path, |out| {
            report::write_result(&outcome, &facts, &options, out)
        })?;
        Ok(is_complete)
    }

    /// Returns a name for all settings that decide what a result says.
    fn name_settings(&self, scan: &GitScan<'_>) -> String {
        let mut hash = Sha256::new();
        hash.update(scan.name_scanner());
        hash.update(format!("{:?}", self.history));
        hash.update(self.settings.describe_acceptances());
        data_encoding::HEXLOWER.encode(&hash.finalize()[..16])
    }
}

/// Returns true or false, for complete or not, if there is a result of the repository at `path` that is still true.
fn kept_result(file: &Path, path: &Path, state: &RepositoryState, settings: &str) -> Option<bool> {
    let known = read_head(file)?;
    let facts = known.repository;
    let is_complete = known.scan.complete;
    let is_same = facts.path == portable_path(path)
        && facts.settings == settings
        && facts.refs == state.refs
        // What was missing may have come.
        && (is_complete || facts.objects == state.objects);
    is_same.then_some(is_complete)
}

/// Returns the facts about a repository before it is scanned.
fn describe_repository(
    path: &Path,
    known: Option<&(RepositoryState, Repository)>,
    settings: &str,
) -> RepositoryFacts {
    let mut facts = RepositoryFacts {
        path: portable_path(path),
        settings: settings.to_owned(),
        ..RepositoryFacts::default()
    };
    if let Some((state, repository)) = known {
        facts.refs.clone_from(&state.refs);
        facts.objects.clone_from(&state.objects);
        facts.head = repository.head_commit().ok().flatten();
        let remote = repository.remote_address();
        facts.remote = remote.and_then(|remote| report::page_address(&remote));
    }
    facts
}

/// Returns what was asked for and not read in a repository, the first things by name.
fn describe_problems(outcome: &Outcome, path: &Path) -> Vec<String> {
    let trouble: Vec<_> = outcome.trouble_skips().collect();
    let shown = trouble.iter().take(PROBLEMS).map(|skip| {
        let below = skip.path.strip_prefix(path).unwrap_or(&skip.path);
        let below = portable_path(below);
        match below.as_str() {
            "" => skip.reason.to_string(),
            below => format!("{below}: {}", skip.reason),
        }
    });
    let mut problems: Vec<String> = shown.collect();
    if let Some(more) = trouble.len().checked_sub(PROBLEMS).filter(|&n| n > 0) {
        problems.push(format!("and {}", count_noun(more as u64, "more problem")));
    }
    problems
}
