//! Scans of a whole history. It is read again if values that are secrets in one place may be in others.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::containers::CostlyFiles;
use super::listener::FindingListener;
use super::{FoundSecrets, Scanner, known_hashes};
use crate::finding::{Confidence, Finding, Origin, Outcome, Secret};
use crate::source::Chunk;
use crate::source::git::{self, GitError, HistoryOptions, Repository, RepositoryLookup};

impl Scanner {
    /// Scans a repository's whole history.
    pub(super) fn scan_history(
        &self,
        repository: &Repository,
        options: &HistoryOptions,
        listener: Option<&dyn FindingListener>,
    ) -> Result<Outcome, GitError> {
        let reader = HistoryReader {
            scanner: self,
            repository,
            listener,
            costly: CostlyFiles::default(),
        };
        let (mut outcome, history) = match reader.read_news(options)? {
            Some(read) => read,
            None => reader.read_all(options)?,
        };
        if outcome.cancelled {
            return Ok(outcome);
        }
        if let Some(history) = history {
            history.fill_origins(&mut outcome.findings);
            self.scan_ref_names(repository, &history, &mut outcome.findings, listener);
            outcome.cancelled = listener.is_some_and(FindingListener::is_stopped);
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
        listener: Option<&dyn FindingListener>,
    ) {
        let (path, origin) = (Path::new("refs"), Origin::default());
        let objects = RepositoryLookup::of(repository);
        let context = self.repository_context(&objects, listener);
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
}

/// Reader of one history.
struct HistoryReader<'r> {
    scanner: &'r Scanner,
    repository: &'r Repository,
    listener: Option<&'r dyn FindingListener>,
    costly: CostlyFiles,
}

impl<'r> HistoryReader<'r> {
    /// Reads a history without the objects that an earlier scan found clean. Returns `None` if these may matter to the
    /// outcome, so that all must be read.
    ///
    /// An object that is clean by itself may contain a value that is a secret in another one, or use it as an id. So
    /// the history is read a second time if there are such values, and what was clean while the same values were searched
    /// for is not read again either.
    fn read_news(&self, options: &HistoryOptions) -> Result<Option<HistoryRead<'r>>, GitError> {
        let nothing = FoundSecrets::default();
        let (outcome, history) = self.read_history(options, &nothing)?;
        let is_partial = outcome.cached > 0;
        if outcome.cancelled || !self.must_read_again(&outcome, is_partial) {
            return Ok(Some((outcome, history)));
        }
        let found = nothing
            .with(self.scanner.spreading(&outcome))
            .unwrap_or_default();
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
        let (mut outcome, history) = self.read_history(&options, &found)?;
        outcome.elapsed += elapsed;
        let is_same = found.is_set_of(self.scanner.spreading(&outcome)) && open(&outcome);
        if is_partial && !is_same && !outcome.cancelled {
            return Ok(None);
        }
        settle(self.scanner, &mut outcome);
        Ok(Some((outcome, history)))
    }

    /// Reads a whole history, and again for the values that are secrets in it.
    fn read_all(&self, options: &HistoryOptions) -> Result<HistoryRead<'r>, GitError> {
        let all = HistoryOptions {
            cache: None,
            ..options.clone()
        };
        let nothing = FoundSecrets::default();
        let (mut outcome, mut history) = self.read_history(&all, &nothing)?;
        if !outcome.cancelled && self.must_read_again(&outcome, false) {
            let elapsed = outcome.elapsed;
            let found = nothing
                .with(self.scanner.spreading(&outcome))
                .unwrap_or_default();
            drop((outcome, history));
            (outcome, history) = self.read_history(&all, &found)?;
            outcome.elapsed += elapsed;
            settle(self.scanner, &mut outcome);
        }
        Ok((outcome, history))
    }

    /// Returns true if the objects that were read for the first time may contain other places of the secrets found.
    /// Secrets with a valid checksum are found by their form.
    fn must_read_again(&self, outcome: &Outcome, is_partial: bool) -> bool {
        let is_unproved = |f: &Finding| f.confidence < Confidence::Certain;
        self.scanner.spreading(outcome).any(is_unproved)
            || is_partial && outcome.findings.iter().any(known_hashes::is_open)
    }

    /// Reads a history once, also for secrets that were `found` before.
    fn read_history(
        &self,
        options: &HistoryOptions,
        found: &FoundSecrets,
    ) -> Result<HistoryRead<'r>, GitError> {
        let mut done = None;
        let objects = RepositoryLookup::of(self.repository);
        let scanner = self.scanner;
        let context = scanner.repository_context(&objects, self.listener);
        let context = context.with_costly(&self.costly);
        let outcome = scanner.run_source_once(context, found, false, |sinks| {
            done = Some(git::scan_history(self.repository, options, sinks));
        });
        Ok((outcome, done.transpose()?))
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
