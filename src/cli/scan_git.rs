//! Implements the scans of `tokensweep scan` that read git instead of files.

use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;

use super::ci::{self, CiScope};
use super::options::WalkArgs;
use super::repositories::{RepositoryList, RepositorySelection, select_repositories};
use crate::finding::Outcome;
use crate::message::portable_path;
use crate::scan::Scanner;
use crate::source::git::{
    self, CommitSelection, HistoryOptions, RangeOptions, Repository, RepositoryPart, StagedOptions,
};

/// Options that select a part of git to read instead of files.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Git, instead of files")]
pub(super) struct GitArgs {
    /// Scan the content staged for the next commit: the index, never the working copy; PATHs narrow it.
    #[arg(long, conflicts_with = "files_from")]
    pub(super) staged: bool,

    /// Scan every change that could leave this machine: staged, unstaged, or new and not ignored; PATHs narrow it.
    #[arg(long, conflicts_with_all = ["files_from", "staged"])]
    pub(super) changes: bool,

    /// Scan the whole history of the repository at PATH, or of every one below it: each blob, message and tag of a ref.
    #[arg(long, conflicts_with_all = ["files_from", "staged", "changes"])]
    pub(super) history: bool,

    /// With --history: also read what no ref reaches, such as dropped commits and deleted branches.
    #[arg(hide_short_help = true, long, requires = "history")]
    pub(super) unreachable: bool,

    /// With --history: read only what the refs that match GLOB reach, such as `heads/*` or `tags/v1.*`.
    #[arg(
        hide_short_help = true,
        long,
        value_name = "GLOB",
        requires = "history"
    )]
    pub(super) refs: Option<String>,

    /// With --history: also read the histories of all submodules, and of theirs.
    #[arg(
        hide_short_help = true,
        long,
        requires = "history",
        conflicts_with_all = ["refs", "since", "max_commits"]
    )]
    pub(super) recurse_submodules: bool,

    /// With --history: read every blob, also those that an earlier scan with the same rules found clean.
    #[arg(hide_short_help = true, long)]
    pub(super) no_cache: bool,

    /// With --history: read only commits since DATE, such as `2024-05-01` or `2 weeks ago`, and their changes.
    #[arg(
        hide_short_help = true,
        long,
        value_name = "DATE",
        requires = "history",
        conflicts_with = "unreachable"
    )]
    pub(super) since: Option<String>,

    /// With --history: read only the latest N commits, and their changes.
    #[arg(
        hide_short_help = true,
        long,
        value_name = "N",
        requires = "history",
        conflicts_with = "unreachable"
    )]
    pub(super) max_commits: Option<usize>,

    /// Scan the changes of the commits in a range, merges included: `A..B` or `A...B`, in the syntax of git.
    #[arg(long, value_name = "RANGE", conflicts_with_all = ["files_from", "staged", "changes", "history"])]
    pub(super) range: Option<String>,

    /// In a CI job: scan the commits of its event (push, pull request, merge queue, schedule, ...).
    #[arg(long, conflicts_with_all = ["files_from", "staged", "changes", "history", "range"])]
    pub(super) ci: bool,

    /// With --ci: an earlier job scanned everything up to REV; of a push, scan what is new since then (empty: unknown).
    #[arg(hide_short_help = true, long, value_name = "REV", requires = "ci")]
    pub(super) ci_since: Option<String>,

    /// Count a scan as complete although a shallow or partial clone lacks objects; they are still named.
    #[arg(hide_short_help = true, long)]
    pub(super) allow_incomplete: bool,
}

impl GitArgs {
    /// Returns true if git is read instead of files.
    pub(super) fn is_set(&self) -> bool {
        self.staged || self.changes || self.history || self.range.is_some() || self.ci
    }
}

/// Scan of a part of git.
pub(super) struct GitScan<'a> {
    pub(super) scanner: &'a Scanner,
    pub(super) git: &'a GitArgs,
    /// Repository, or with `--staged` and `--changes` the files in it. Empty for the repository around.
    pub(super) paths: &'a [PathBuf],
    pub(super) walk: &'a WalkArgs,
}

impl GitScan<'_> {
    /// Scans the part of git that the options select.
    pub(super) fn run(&self) -> anyhow::Result<Outcome> {
        if self.git.ci {
            return self.scan_ci_job();
        }
        if let Some(range) = &self.git.range {
            let repository = open_repository(self.paths)?;
            return self.scan_commits(&repository, CommitSelection::Range(range.clone()));
        }
        if self.git.history {
            return self.scan_selection(&select_repositories(self.paths)?);
        }
        let repository = Repository::discover(None)?;
        let options = StagedOptions {
            only: paths_below_root(&repository, self.paths)?,
            max_file_size: self.walk.max_file_size,
        };
        let part = if self.git.changes {
            RepositoryPart::Changes(options)
        } else {
            RepositoryPart::Staged(options)
        };
        Ok(self.scanner.scan_repository(&repository, &part)?)
    }

    /// Returns a name for all settings of the scanner, for this build and version.
    pub(super) fn name_scanner(&self) -> String {
        let key = self.scanner.cache_key(&build_identity());
        format!("{key} {:?}", self.walk.max_file_size)
    }

    /// Scans the commits of the CI job, and adds notes that describe them.
    fn scan_ci_job(&self) -> anyhow::Result<Outcome> {
        let plan = ci::plan_job(self.git.ci_since.as_deref(), || open_repository(self.paths))?;
        let mut outcome = match plan.scope {
            CiScope::Commits(which) => self.scan_commits(&open_repository(self.paths)?, which)?,
            CiScope::Nothing => Outcome::default(),
            CiScope::History => self.scan_whole_history(&open_repository(self.paths)?)?,
        };
        outcome.notes.splice(0..0, plan.notes);
        Ok(outcome)
    }

    /// Scans the histories of the selected repositories.
    pub(super) fn scan_selection(
        &self,
        selection: &RepositorySelection,
    ) -> anyhow::Result<Outcome> {
        match selection {
            RepositorySelection::One(repository) => self.scan_history(repository),
            RepositorySelection::Many(list) => Ok(self.scan_list(list)),
        }
    }

    /// Scans the histories of several repositories. The trouble of one is no trouble of the others.
    fn scan_list(&self, list: &RepositoryList) -> Outcome {
        let mut outcome = Outcome::default();
        for path in &list.paths {
            match self.scan_at(path) {
                Ok(scanned) => outcome.merge_repository(path, scanned),
                Err(reason) => outcome.add_unreadable_repository(path, reason),
            }
        }
        outcome.skipped.extend(list.unreadable.iter().cloned());
        outcome.skipped.sort();
        outcome
    }

    /// Scans the history of the repository at `path`. Returns a sentence if that is impossible.
    pub(super) fn scan_at(&self, path: &Path) -> Result<Outcome, String> {
        let scan = || -> anyhow::Result<Outcome> { self.scan_history(&Repository::open(path)?) };
        // A fault of the program in one repository must not keep the others from being read.
        match panic::catch_unwind(AssertUnwindSafe(scan)) {
            Ok(scanned) => scanned.map_err(|error| format!("{error:#}")),
            Err(_) => Err("the program failed on it; please report this".to_owned()),
        }
    }

    /// Scans the history of a repository: all of it, or the latest commits.
    fn scan_history(&self, repository: &Repository) -> anyhow::Result<Outcome> {
        if self.git.since.is_none() && self.git.max_commits.is_none() {
            return self.scan_whole_history(repository);
        }
        let since = self.git.since.as_deref().map(git::parse_date).transpose()?;
        let which = CommitSelection::Recent {
            refs: self.git.refs.clone(),
            since,
            max: self.git.max_commits,
        };
        self.scan_commits(repository, which)
    }

    fn scan_whole_history(&self, repository: &Repository) -> anyhow::Result<Outcome> {
        let options = HistoryOptions {
            unreachable: self.git.unreachable,
            refs: self.git.refs.clone(),
            max_file_size: self.walk.max_file_size,
            threads: self.walk.thread_count(),
            allow_incomplete: self.git.allow_incomplete,
            cache: (!self.git.no_cache).then(|| self.scanner.cache_key(&build_identity())),
        };
        if self.git.recurse_submodules {
            return Ok(self.scanner.scan_histories(repository, &options)?);
        }
        let part = RepositoryPart::History(options);
        Ok(self.scanner.scan_repository(repository, &part)?)
    }

    fn scan_commits(
        &self,
        repository: &Repository,
        which: CommitSelection,
    ) -> anyhow::Result<Outcome> {
        let options = RangeOptions {
            which,
            max_file_size: self.walk.max_file_size,
            allow_incomplete: self.git.allow_incomplete,
            threads: self.walk.thread_count(),
        };
        let part = RepositoryPart::Range(options);
        Ok(self.scanner.scan_repository(repository, &part)?)
    }
}

/// Returns an id of this build, which differs between builds of one version from different sources.
fn build_identity() -> String {
    let file = std::env::current_exe().and_then(std::fs::metadata);
    file.map_or_else(
        |_| String::new(),
        |meta| format!("{} {:?}", meta.len(), meta.modified().ok()),
    )
}

/// Returns the one repository that the user named, or the one around the working directory.
fn open_repository(paths: &[PathBuf]) -> anyhow::Result<Repository> {
    match paths {
        [] => Ok(Repository::discover(None)?),
        [path] => Ok(Repository::discover(Some(path))?),
        _ => bail!("name one repository; only --history reads several"),
    }
}

/// Returns the user's paths as git names them: from the root of the working tree, with `/` between their parts.
fn paths_below_root(repository: &Repository, paths: &[PathBuf]) -> anyhow::Result<Vec<Vec<u8>>> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let Some(root) = repository.work_dir() else {
        bail!("this repository has no working tree, so paths mean nothing here; leave them out");
    };
    let root = root
        .canonicalize()
        .with_context(|| format!("cannot read {}", portable_path(&root)))?;
    paths
        .iter()
        .map(|path| {
            let inside = resolve_path(path)?;
            let Ok(inside) = inside.strip_prefix(&root) else {
                bail!(
                    "{} is not in the repository at {}",
                    portable_path(path),
                    portable_path(&root)
                );
            };
            let parts: Vec<&[u8]> = inside
                .iter()
                .map(std::ffi::OsStr::as_encoded_bytes)
                .collect();
            Ok(parts.join(&b'/'))
        })
        .collect()
}

/// Returns the path without links and `..` in its folders; the file may be missing from the working tree.
fn resolve_path(path: &Path) -> anyhow::Result<PathBuf> {
    let absolute = std::path::absolute(path)
        .with_context(|| format!("cannot work out where {} is", portable_path(path)))?;
    let mut missing = Vec::new();
    for folder in absolute.ancestors() {
        // A link is staged as itself; only the folders above it are resolved.
        if (folder != absolute || !folder.is_symlink())
            && let Ok(real) = folder.canonicalize()
        {
            return Ok(missing.iter().rev().fold(real, |p, name| p.join(name)));
        }
        missing.extend(folder.file_name());
    }
    Ok(absolute)
}
