//! Scans of git: the staged changes, the working tree, a range of commits, the histories of submodules.

use std::collections::HashSet;
use std::ops::ControlFlow;

use sha2::{Digest, Sha256};

use super::Scanner;
use super::engine::RunContext;
use super::listener::{FindingListener, FindingStream};
use crate::finding::{Finding, Outcome, Skip, SkipReason};
use crate::source::Sink;
use crate::source::git::{
    self, GitError, HistoryOptions, RangeOptions, Repository, RepositoryLookup, StagedOptions,
};

impl Scanner {
    /// Scans the changes that are staged for the next commit.
    ///
    /// # Errors
    /// Returns an error if the index or `HEAD` cannot be read.
    pub fn scan_staged(
        &self,
        repository: &Repository,
        options: &StagedOptions,
    ) -> Result<Outcome, GitError> {
        self.scan_staged_in(repository, options, None)
    }

    /// Scans the staged changes, and passes each finding to `receive` as soon as its file has been scanned.
    /// [`ControlFlow::Break`] ends the scan; the outcome is [`Outcome::cancelled`] then.
    ///
    /// As with [`Scanner::scan_paths_with`], `receive` gets a finding as its own text shows it.
    ///
    /// # Errors
    /// Returns an error if the index or `HEAD` cannot be read.
    pub fn scan_staged_with(
        &self,
        repository: &Repository,
        options: &StagedOptions,
        mut receive: impl FnMut(&Finding) -> ControlFlow<()> + Send,
    ) -> Result<Outcome, GitError> {
        let stream = FindingStream::new(&mut receive);
        self.scan_staged_in(repository, options, Some(&stream))
    }

    fn scan_staged_in(
        &self,
        repository: &Repository,
        options: &StagedOptions,
        listener: Option<&dyn FindingListener>,
    ) -> Result<Outcome, GitError> {
        self.scan_next(repository, listener, |sink| {
            git::scan_staged(repository, options, sink)
        })
    }

    /// Scans the differences from `HEAD`, staged or not, and the untracked files that git does not ignore.
    ///
    /// # Errors
    /// Returns an error if there is no working tree, or the index or `HEAD` cannot be read.
    pub fn scan_changes(
        &self,
        repository: &Repository,
        options: &StagedOptions,
    ) -> Result<Outcome, GitError> {
        self.scan_changes_in(repository, options, None)
    }

    /// Scans the differences from `HEAD` as [`Scanner::scan_changes`] does, and passes each finding to `receive`, as
    /// [`Scanner::scan_staged_with`] does.
    ///
    /// # Errors
    /// Returns an error if there is no working tree, or the index or `HEAD` cannot be read.
    pub fn scan_changes_with(
        &self,
        repository: &Repository,
        options: &StagedOptions,
        mut receive: impl FnMut(&Finding) -> ControlFlow<()> + Send,
    ) -> Result<Outcome, GitError> {
        let stream = FindingStream::new(&mut receive);
        self.scan_changes_in(repository, options, Some(&stream))
    }

    fn scan_changes_in(
        &self,
        repository: &Repository,
        options: &StagedOptions,
        listener: Option<&dyn FindingListener>,
    ) -> Result<Outcome, GitError> {
        self.scan_next(repository, listener, |sink| {
            git::scan_changes(repository, options, sink)
        })
    }

    /// Returns the settings of a run in the repository of a lookup.
    pub(super) fn repository_context<'s>(
        &self,
        objects: &'s RepositoryLookup,
        listener: Option<&'s dyn FindingListener>,
    ) -> RunContext<'s> {
        RunContext {
            root: objects.work_dir(),
            listener,
            ..self.context(Some(objects))
        }
    }

    /// Scans the changes that the next commit may contain.
    fn scan_next(
        &self,
        repository: &Repository,
        listener: Option<&dyn FindingListener>,
        run: impl Fn(&mut dyn Sink) -> Result<(), GitError>,
    ) -> Result<Outcome, GitError> {
        let mut done = Ok(());
        let objects = RepositoryLookup::of(repository);
        let context = self.repository_context(&objects, listener);
        let mut outcome = self.gather(context, |sinks| done = run(&mut *sinks()));
        done?;
        // Staged text is mostly in the working copy too; being staged does not make it pre-existing there.
        let place = |f: &Finding| (f.fingerprint.clone(), f.path.clone());
        let new = outcome.findings.iter().filter(|f| !f.origin.pre_existing);
        let new: HashSet<_> = new.map(place).collect();
        let is_news = |f: &Finding| !f.origin.pre_existing || !new.contains(&place(f));
        outcome.findings.retain(is_news);
        outcome.sort_findings();
        let nothing =
            !outcome.cancelled && outcome.blobs + outcome.files == 0 && outcome.skipped.is_empty();
        if nothing {
            let note = "nothing differs from HEAD, so there was nothing to scan";
            outcome.notes.push(note.to_owned());
        }
        Ok(outcome)
    }

    /// Returns a name for all settings that decide what this scanner finds, for the cache of clean objects.
    /// `build` identifies the build of the program.
    #[must_use]
    pub fn cache_key(&self, build: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(env!("CARGO_PKG_VERSION"));
        hash.update(build);
        hash.update(self.engine.min_confidence.name());
        hash.update(format!("{:?}", self.engine.containers));
        hash.update(crate::judge::model::WEIGHTS);
        for rule in self.engine.rules.iter() {
            hash.update(format!("{rule:?}"));
        }
        data_encoding::HEXLOWER.encode(&hash.finalize()[..16])
    }

    /// Scans a repository's whole history and those of its submodules, recursively. The paths of a submodule start with
    /// the path of the submodule.
    ///
    /// # Errors
    /// Returns an error if a repository cannot be read at all.
    pub fn scan_histories(
        &self,
        repository: &Repository,
        options: &HistoryOptions,
    ) -> Result<Outcome, GitError> {
        let mut outcome = self.scan_history(repository, options)?;
        let submodules = repository.find_submodules()?;
        for (path, submodule) in &submodules.here {
            outcome.merge_under(path, self.scan_histories(submodule, options)?);
        }
        let detail = "the submodule is not here; `git submodule update --init` fetches it";
        outcome
            .skipped
            .extend(submodules.absent.into_iter().map(|path| Skip {
                path,
                reason: SkipReason::Missing {
                    detail: detail.to_owned(),
                    allowed: options.allow_incomplete,
                },
            }));
        outcome.sort_findings();
        Ok(outcome)
    }

    /// Scans the changes of commits.
    ///
    /// # Errors
    /// Returns an error if the commits cannot be found.
    pub fn scan_range(
        &self,
        repository: &Repository,
        options: &RangeOptions,
    ) -> Result<Outcome, GitError> {
        self.scan_range_in(repository, options, None)
    }

    /// Scans the changes of commits, the oldest first, and passes each finding to `receive` as soon as its blob or
    /// message has been scanned. [`ControlFlow::Break`] ends the scan; the outcome is [`Outcome::cancelled`] then.
    ///
    /// As with [`Scanner::scan_paths_with`], `receive` gets a finding as its own text shows it.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use tokensweep::Scanner;
    /// use tokensweep::git::{CommitSelection, GitError, RangeOptions, Repository};
    ///
    /// fn has_leak(repository: &Repository, range: &str) -> Result<bool, GitError> {
    ///     let range = RangeOptions::new(CommitSelection::Range(range.to_owned()));
    ///     let stop = |_: &_| ControlFlow::Break(());
    ///     let outcome = Scanner::default().scan_range_with(repository, &range, stop)?;
    ///     Ok(outcome.cancelled)
    /// }
    /// ```
    ///
    /// # Errors
    /// Returns an error if the commits cannot be found.
    pub fn scan_range_with(
        &self,
        repository: &Repository,
        options: &RangeOptions,
        mut receive: impl FnMut(&Finding) -> ControlFlow<()> + Send,
    ) -> Result<Outcome, GitError> {
        let stream = FindingStream::new(&mut receive);
        self.scan_range_in(repository, options, Some(&stream))
    }

    fn scan_range_in(
        &self,
        repository: &Repository,
        options: &RangeOptions,
        listener: Option<&dyn FindingListener>,
    ) -> Result<Outcome, GitError> {
        let mut done = None;
        let objects = RepositoryLookup::of(repository);
        let context = self.repository_context(&objects, listener);
        let mut outcome = self.gather(context, |sinks| {
            done = Some(git::scan_range(repository, options, sinks));
        });
        if let Some(range) = done.transpose()? {
            range.fill_origins(&mut outcome.findings);
            outcome.sort_findings();
            if range.is_empty() && !outcome.cancelled {
                let note = "there is no commit in this range, so there was nothing to scan";
                outcome.notes.push(note.to_owned());
            }
        }
        Ok(outcome)
    }
}
