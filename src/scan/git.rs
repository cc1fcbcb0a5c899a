//! Scans of git: what is staged, the whole history.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{FoundSecrets, Scanner, elsewhere};
use crate::finding::{Confidence, Finding, Outcome, Secret, Skip, SkipReason};
use crate::source::git::{
    self, GitError, HistoryOptions, RangeOptions, Repository, StagedOptions, Witnesses,
};
use crate::source::{Sink, Sinks};

impl Scanner {
    /// Scans what is staged for the next commit.
    ///
    /// # Errors
    /// When the index or `HEAD` cannot be read.
    pub fn scan_staged(
        &self,
        repository: &Repository,
        options: &StagedOptions,
    ) -> Result<Outcome, GitError> {
        self.scan_next(repository, |sink| {
            git::scan_staged(repository, options, sink)
        })
    }

    /// Scans what differs from `HEAD`, staged or not, and what git does not know and is not told to ignore.
    ///
    /// # Errors
    /// When there is no working tree, or the index or `HEAD` cannot be read.
    pub fn scan_changes(
        &self,
        repository: &Repository,
        options: &StagedOptions,
    ) -> Result<Outcome, GitError> {
        self.scan_next(repository, |sink| {
            git::scan_changes(repository, options, sink)
        })
    }

    /// Scans what the next commit may bring in.
    fn scan_next(
        &self,
        repository: &Repository,
        run: impl Fn(&mut dyn Sink) -> Result<(), GitError>,
    ) -> Result<Outcome, GitError> {
        let mut done = Ok(());
        let witnesses = Witnesses::of(repository);
        let mut outcome = self.gather(&witnesses, |sinks| done = run(&mut *sinks()));
        done?;
        // What is staged mostly stands in the working copy too: it is not old there for having been staged.
        let place = |f: &Finding| (f.fingerprint.clone(), f.path.clone());
        let new = outcome.findings.iter().filter(|f| !f.origin.pre_existing);
        let new: HashSet<_> = new.map(place).collect();
        let is_news = |f: &Finding| !f.origin.pre_existing || !new.contains(&place(f));
        outcome.findings.retain(is_news);
        outcome.sort();
        let nothing = outcome.blobs + outcome.files == 0 && outcome.skipped.is_empty();
        if nothing {
            let note = "nothing differs from HEAD, so there was nothing to scan";
            outcome.notes.push(note.to_owned());
        }
        Ok(outcome)
    }

    /// A name for everything that decides what this scanner finds, so that what it found clean can be remembered.
    /// `build` tells builds of the program apart.
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
    /// When the refs or the object database cannot be read at all.
    pub fn scan_history(
        &self,
        repository: &Repository,
        options: &HistoryOptions,
    ) -> Result<Outcome, GitError> {
        let (mut outcome, mut history) = self.pass(repository, options)?;
        if outcome.cached > 0 && outcome.findings.iter().any(elsewhere::is_open) {
            // What was not read again may hold the same value as an id.
            let all = HistoryOptions {
                cache: None,
                ..options.clone()
            };
            (outcome, history) = self.pass(repository, &all)?;
        }
        if let Some(history) = history {
            history.complete(&mut outcome.findings);
            self.scan_ref_names(&history, &mut outcome.findings);
            outcome.sort();
            if outcome.commits == 0 && outcome.is_complete() {
                let note = "no ref of this repository names anything, so there is no history";
                outcome.notes.push(note.to_owned());
            }
        }
        Ok(outcome)
    }

    /// Scans the names of refs, which are pushed and shown like any text, and masks what was found wherever a name
    /// holds it.
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
        let witnesses = Witnesses::of(repository);
        // What was clean before may hold a value that is a secret now.
        let all = HistoryOptions {
            cache: None,
            ..options.clone()
        };
        let mut run = |sinks: &Sinks<'_>| {
            let options = if done.is_none() { options } else { &all };
            done = Some(git::scan_history(repository, options, sinks));
        };
        let nothing = FoundSecrets::default();
        let mut outcome = self.gather_once(&witnesses, &nothing, false, &mut run);
        // What a checksum proves is found by its form, so that a second scan need not read all again for it.
        let is_unproved = |f: &Finding| f.confidence < Confidence::Certain;
        if self.spreading(&outcome).any(is_unproved) {
            outcome = self.again(outcome, &nothing, |found| {
                self.gather_once(&witnesses, found, false, &mut run)
            });
        }
        Ok((outcome, done.transpose()?))
    }

    /// Scans a repository's whole history and those of its submodules, and theirs; a submodule's paths start with
    /// its own.
    ///
    /// # Errors
    /// When a repository cannot be read at all.
    pub fn scan_histories(
        &self,
        repository: &Repository,
        options: &HistoryOptions,
    ) -> Result<Outcome, GitError> {
        let mut outcome = self.scan_history(repository, options)?;
        let submodules = repository.submodules()?;
        for (path, submodule) in &submodules.here {
            outcome.take_in(path, self.scan_histories(submodule, options)?);
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
        outcome.sort();
        Ok(outcome)
    }

    /// Scans what commits bring in.
    ///
    /// # Errors
    /// When the commits cannot be found.
    pub fn scan_range(
        &self,
        repository: &Repository,
        options: &RangeOptions,
    ) -> Result<Outcome, GitError> {
        let mut done = None;
        let witnesses = Witnesses::of(repository);
        let mut outcome = self.gather(&witnesses, |sinks| {
            done = Some(git::scan_range(repository, options, sinks));
        });
        if let Some(range) = done.transpose()? {
            range.complete(&mut outcome.findings);
            outcome.sort();
            if range.is_empty() {
                let note = "there is no commit in this range, so there was nothing to scan";
                outcome.notes.push(note.to_owned());
            }
        }
        Ok(outcome)
    }
}
