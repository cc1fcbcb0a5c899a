//! Scans of git: the staged changes, the working tree, a range of commits, the histories of submodules.

use std::collections::HashSet;
use std::ops::ControlFlow;

use sha2::{Digest, Sha256};

use super::Scanner;
use super::engine::RunContext;
use super::listener::{FindingListener, FindingStream, StopFlag};
use crate::finding::{Finding, Outcome, Skip, SkipReason};
use crate::source::Sink;
use crate::source::git::{
    self, GitError, HistoryOptions, RangeOptions, Repository, RepositoryLookup, RepositoryPart,
};

impl Scanner {
    /// Scans a part of a repository.
    ///
    /// ```
    /// use tokensweep::git::{GitError, HistoryOptions, Repository, RepositoryPart};
    /// use tokensweep::{Outcome, Scanner};
    ///
    /// fn scan_history(repository: &Repository) -> Result<Outcome, GitError> {
    ///     let part = RepositoryPart::History(HistoryOptions::default());
    ///     Scanner::default().scan_repository(repository, &part)
    /// }
    /// ```
    ///
    /// # Errors
    /// Returns an error if the repository cannot be read at all, a revision is not known, or the part needs a working
    /// tree and there is none. A single object that cannot be read is in [`Outcome::skipped`].
    pub fn scan_repository(
        &self,
        repository: &Repository,
        part: &RepositoryPart,
    ) -> Result<Outcome, GitError> {
        self.scan_part(repository, part, None)
    }

    /// Scans a part of a repository, and passes each finding to `receive` as soon as its text has been scanned.
    /// [`ControlFlow::Break`] ends the scan; the outcome is [`Outcome::cancelled`] then. Commits come the oldest first.
    /// All objects of a history are read before its first finding.
    ///
    /// `receive` gets a finding as its own text shows it, as with [`Scanner::scan_paths_with`]. The commit that brought
    /// it in and the refs that contain it are in the outcome only.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use tokensweep::Scanner;
    /// use tokensweep::git::{CommitSelection, GitError, RangeOptions, Repository, RepositoryPart};
    ///
    /// fn has_leak(repository: &Repository, range: &str) -> Result<bool, GitError> {
    ///     let range = RangeOptions::new(CommitSelection::Range(range.to_owned()));
    ///     let part = RepositoryPart::Range(range);
    ///     let stop = |_: &_| ControlFlow::Break(());
    ///     let outcome = Scanner::default().scan_repository_with(repository, &part, stop)?;
    ///     Ok(outcome.cancelled)
    /// }
    /// ```
    ///
    /// # Errors
    /// Returns the errors of [`Scanner::scan_repository`].
    pub fn scan_repository_with(
        &self,
        repository: &Repository,
        part: &RepositoryPart,
        mut receive: impl FnMut(&Finding) -> ControlFlow<()> + Send,
    ) -> Result<Outcome, GitError> {
        let stream = FindingStream::new(&mut receive);
        self.scan_part(repository, part, Some(&stream))
    }

    /// Scans a part of a repository until `stop` is set; the outcome is [`Outcome::cancelled`] then.
    ///
    /// # Errors
    /// Returns the errors of [`Scanner::scan_repository`].
    pub fn scan_repository_until(
        &self,
        repository: &Repository,
        part: &RepositoryPart,
        stop: &StopFlag,
    ) -> Result<Outcome, GitError> {
        self.scan_part(repository, part, Some(stop))
    }

    fn scan_part(
        &self,
        repository: &Repository,
        part: &RepositoryPart,
        listener: Option<&dyn FindingListener>,
    ) -> Result<Outcome, GitError> {
        match part {
            RepositoryPart::History(options) => self.scan_history(repository, options, listener),
            RepositoryPart::Range(options) => self.scan_range(repository, options, listener),
            RepositoryPart::Staged(options) => self.scan_next(repository, listener, |sink| {
                git::scan_staged(repository, options, sink)
            }),
            RepositoryPart::Changes(options) => self.scan_next(repository, listener, |sink| {
                git::scan_changes(repository, options, sink)
            }),
        }
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
        let mut outcome = self.scan_history(repository, options, None)?;
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

    fn scan_range(
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
