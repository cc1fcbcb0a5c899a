//! Scans of git: the staged changes, the working tree, a range of commits, the whole history.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{FoundSecrets, Scanner, known_hashes};
use crate::finding::{Confidence, Finding, Outcome, Secret, Skip, SkipReason};
use crate::source::git::{
    self, GitError, HistoryOptions, RangeOptions, Repository, RepositoryLookup, StagedOptions,
};
use crate::source::{Sink, Sinks};

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
        self.scan_next(repository, |sink| {
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
        self.scan_next(repository, |sink| {
            git::scan_changes(repository, options, sink)
        })
    }

    /// Scans the changes that the next commit may contain.
    fn scan_next(
        &self,
        repository: &Repository,
        run: impl Fn(&mut dyn Sink) -> Result<(), GitError>,
    ) -> Result<Outcome, GitError> {
        let mut done = Ok(());
        let repositories = RepositoryLookup::of(repository);
        let mut outcome = self.gather(&repositories, |sinks| done = run(&mut *sinks()));
        done?;
        // Staged text is mostly in the working copy too; being staged does not make it pre-existing there.
        let place = |f: &Finding| (f.fingerprint.clone(), f.path.clone());
        let new = outcome.findings.iter().filter(|f| !f.origin.pre_existing);
        let new: HashSet<_> = new.map(place).collect();
        let is_news = |f: &Finding| !f.origin.pre_existing || !new.contains(&place(f));
        outcome.findings.retain(is_news);
        outcome.sort_findings();
        let nothing = outcome.blobs + outcome.files == 0 && outcome.skipped.is_empty();
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
        hash.update(self.options.min_confidence.name());
        hash.update(crate::judge::model::WEIGHTS);
        for rule in self.rules.iter() {
            hash.update(format!("{rule:?}"));
        }
        data_encoding::HEXLOWER.encode(&hash.finalize()[..16])
    }

    /// Scans a repository's whole history.
    ///
    /// # Errors
    /// Returns an error if the refs or the object database cannot be read at all.
    pub fn scan_history(
        &self,
        repository: &Repository,
        options: &HistoryOptions,
    ) -> Result<Outcome, GitError> {
        let (mut outcome, mut history) = self.pass(repository, options)?;
        if outcome.cached > 0 && outcome.findings.iter().any(known_hashes::is_open) {
            // Objects that were not read again may contain an equal value as an id.
            let all = HistoryOptions {
                cache: None,
                ..options.clone()
            };
            (outcome, history) = self.pass(repository, &all)?;
        }
        if let Some(history) = history {
            history.fill_origins(&mut outcome.findings);
            self.scan_ref_names(&history, &mut outcome.findings);
            outcome.sort_findings();
            if outcome.commits == 0 && outcome.is_complete() {
                let note = "no ref of this repository names anything, so there is no history";
                outcome.notes.push(note.to_owned());
            }
        }
        Ok(outcome)
    }

    /// Scans the names of refs, which are pushed and shown like any text, and masks the secrets in every name that
    /// contains one.
    fn scan_ref_names(&self, history: &git::History<'_>, findings: &mut Vec<Finding>) {
        let names: BTreeSet<&str> = history.ref_names().collect();
        let text = Vec::from_iter(names.iter().copied()).join("\n");
        findings.extend(self.scan_text(text.as_bytes(), Path::new("refs")));
        let secrets: HashSet<&[u8]> = findings
            .iter()
            .map(|f| f.secret.expose_the_secret())
            .collect();
        let mut masked: HashMap<&str, String> = HashMap::new();
        for (name, secret) in names
            .iter()
            .flat_map(|n| secrets.iter().map(move |s| (*n, *s)))
        {
            if let Ok(secret) = std::str::from_utf8(secret)
                && name.contains(secret)
            {
                let shown = masked.entry(name).or_insert_with(|| name.to_owned());
                *shown = shown.replace(secret, &Secret::new(secret.as_bytes()).masked());
            }
        }
        for name in findings.iter_mut().flat_map(|f| &mut f.origin.refs) {
            if let Some(shown) = masked.get(name.as_str()) {
                name.clone_from(shown);
            }
        }
    }

    /// Reads a history once.
    fn pass<'r>(
        &self,
        repository: &'r Repository,
        options: &HistoryOptions,
    ) -> Result<(Outcome, Option<git::History<'r>>), GitError> {
        let mut done = None;
        let repositories = RepositoryLookup::of(repository);
        // A value in an object that was clean before may be a secret now.
        let all = HistoryOptions {
            cache: None,
            ..options.clone()
        };
        let mut run = |sinks: &Sinks<'_>| {
            let options = if done.is_none() { options } else { &all };
            done = Some(git::scan_history(repository, options, sinks));
        };
        let nothing = FoundSecrets::default();
        let mut outcome = self.run_source_once(&repositories, &nothing, false, &mut run);
        // Secrets with a valid checksum are found by their form, so a second scan need not read all objects for them.
        let is_unproved = |f: &Finding| f.confidence < Confidence::Certain;
        if self.spreading(&outcome).any(is_unproved) {
            outcome = self.again(outcome, &nothing, |found| {
                self.run_source_once(&repositories, found, false, &mut run)
            });
        }
        Ok((outcome, done.transpose()?))
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
        let mut done = None;
        let repositories = RepositoryLookup::of(repository);
        let mut outcome = self.gather(&repositories, |sinks| {
            done = Some(git::scan_range(repository, options, sinks));
        });
        if let Some(range) = done.transpose()? {
            range.fill_origins(&mut outcome.findings);
            outcome.sort_findings();
            if range.is_empty() {
                let note = "there is no commit in this range, so there was nothing to scan";
                outcome.notes.push(note.to_owned());
            }
        }
        Ok(outcome)
    }
}
