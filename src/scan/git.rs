//! Scans of git: the staged changes, the working tree, a range of commits, the whole history.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::engine::RunContext;
use super::{FoundSecrets, Scanner, known_hashes};
use crate::finding::{Confidence, Finding, Origin, Outcome, Secret, Skip, SkipReason};
use crate::source::git::{
    self, GitError, HistoryOptions, RangeOptions, Repository, RepositoryLookup, StagedOptions,
};
use crate::source::{Chunk, Sink};

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

    /// Returns the settings of a run in the repository of a lookup.
    fn repository_context<'s>(&self, objects: &'s RepositoryLookup) -> RunContext<'s> {
        RunContext {
            root: objects.work_dir(),
            ..self.context(Some(objects))
        }
    }

    /// Scans the changes that the next commit may contain.
    fn scan_next(
        &self,
        repository: &Repository,
        run: impl Fn(&mut dyn Sink) -> Result<(), GitError>,
    ) -> Result<Outcome, GitError> {
        let mut done = Ok(());
        let objects = RepositoryLookup::of(repository);
        let mut outcome = self.gather(self.repository_context(&objects), |sinks| {
            done = run(&mut *sinks())
        });
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
        hash.update(self.engine.min_confidence.name());
        hash.update(format!("{:?}", self.engine.containers));
        hash.update(crate::judge::model::WEIGHTS);
        for rule in self.engine.rules.iter() {
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
        let (mut outcome, history) = match self.read_news(repository, options)? {
            Some(read) => read,
            None => self.read_all(repository, options)?,
        };
        if let Some(history) = history {
            history.fill_origins(&mut outcome.findings);
            self.scan_ref_names(repository, &history, &mut outcome.findings);
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
    fn scan_ref_names(
        &self,
        repository: &Repository,
        history: &git::History<'_>,
        findings: &mut Vec<Finding>,
    ) {
        let (path, origin) = (Path::new("refs"), Origin::default());
        let objects = RepositoryLookup::of(repository);
        let context = self.repository_context(&objects);
        let names: BTreeSet<&str> = history.ref_names().collect();
        let text = Vec::from_iter(names.iter().copied()).join("\n");
        let chunk = Chunk::whole(text.as_bytes(), path, &origin);
        findings.extend(
            self.gather(context, |sinks| sinks().scan_chunk(&chunk))
                .findings,
        );
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

    /// Reads a history without the objects that an earlier scan found clean. Returns `None` if these may matter to the
    /// outcome, so that all must be read.
    ///
    /// An object that is clean by itself may contain a value that is a secret in another one, or use it as an id. So
    /// the history is read a second time if there are such values, and what was clean while the same values were searched
    /// for is not read again either.
    fn read_news<'r>(
        &self,
        repository: &'r Repository,
        options: &HistoryOptions,
    ) -> Result<Option<HistoryRead<'r>>, GitError> {
        let nothing = FoundSecrets::default();
        let (outcome, history) = self.read_history(repository, options, &nothing)?;
        let is_partial = outcome.cached > 0;
        if !self.must_read_again(&outcome, is_partial) {
            return Ok(Some((outcome, history)));
        }
        let found = nothing.with(self.spreading(&outcome)).unwrap_or_default();
        let open = |outcome: &Outcome| {
            let open = outcome.findings.iter().filter(|f| known_hashes::is_open(f));
            found.searches_for(open)
        };
        let is_covered = open(&outcome);
        if is_partial && !is_covered {
            return Ok(None);
        }
        let key = options.cache.as_ref().filter(|_| is_covered);
        let options = HistoryOptions {
            cache: key.map(|key| cache_key_for(key, &found)),
            ..options.clone()
        };
        let elapsed = outcome.elapsed;
        drop((outcome, history));
        let (mut outcome, history) = self.read_history(repository, &options, &found)?;
        outcome.elapsed += elapsed;
        let is_same = found.is_set_of(self.spreading(&outcome)) && open(&outcome);
        if is_partial && !is_same {
            return Ok(None);
        }
        settle(self, &mut outcome);
        Ok(Some((outcome, history)))
    }

    /// Reads a whole history, and again for the values that are secrets in it.
    fn read_all<'r>(
        &self,
        repository: &'r Repository,
        options: &HistoryOptions,
    ) -> Result<HistoryRead<'r>, GitError> {
        let all = HistoryOptions {
            cache: None,
            ..options.clone()
        };
        let nothing = FoundSecrets::default();
        let (mut outcome, mut history) = self.read_history(repository, &all, &nothing)?;
        if self.must_read_again(&outcome, false) {
            let elapsed = outcome.elapsed;
            let found = nothing.with(self.spreading(&outcome)).unwrap_or_default();
            drop((outcome, history));
            (outcome, history) = self.read_history(repository, &all, &found)?;
            outcome.elapsed += elapsed;
            settle(self, &mut outcome);
        }
        Ok((outcome, history))
    }

    /// Returns true if the objects that were read for the first time may contain other places of the secrets found.
    /// Secrets with a valid checksum are found by their form.
    fn must_read_again(&self, outcome: &Outcome, is_partial: bool) -> bool {
        let is_unproved = |f: &Finding| f.confidence < Confidence::Certain;
        self.spreading(outcome).any(is_unproved)
            || is_partial && outcome.findings.iter().any(known_hashes::is_open)
    }

    /// Reads a history once, also for secrets that were `found` before.
    fn read_history<'r>(
        &self,
        repository: &'r Repository,
        options: &HistoryOptions,
        found: &FoundSecrets,
    ) -> Result<HistoryRead<'r>, GitError> {
        let mut done = None;
        let objects = RepositoryLookup::of(repository);
        let context = self.repository_context(&objects);
        let outcome = self.run_source_once(context, found, false, |sinks| {
            done = Some(git::scan_history(repository, options, sinks));
        });
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
        let objects = RepositoryLookup::of(repository);
        let mut outcome = self.gather(self.repository_context(&objects), |sinks| {
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

/// Outcome of a history scan, and the history that was read.
type HistoryRead<'r> = (Outcome, Option<git::History<'r>>);

/// Returns the name of the cache for objects that are clean while these secrets are searched for.
fn cache_key_for(key: &str, found: &FoundSecrets) -> String {
    let digest = Sha256::digest(format!("{key} {}", found.digest()));
    data_encoding::HEXLOWER.encode(&digest[..16])
}

/// Gives every finding the confidence of the strongest finding of its value.
fn settle(scanner: &Scanner, outcome: &mut Outcome) {
    let found = FoundSecrets::default().with(scanner.spreading(outcome));
    found.unwrap_or_default().settle(&mut outcome.findings);
}
