//! Connection of the stages: a source reads bytes, the detector finds candidates, the judge decides on them, and the
//! findings are gathered, sorted and counted. Only this module handles threads and the order of output.

mod chunk;
mod comments;
mod containers;
mod decision;
#[cfg(test)]
mod doubling;
mod found;
mod git;
mod kept;
mod known_hashes;
mod lookup;
mod progress;
mod text;
mod worker;

pub mod examine;
pub mod examples;

use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::accept::Comments;
use crate::container::{ContainerLimits, ScanBudget};
use crate::detect::{Detector, Scratch, layer};
use crate::finding::{Confidence, Finding, Origin, OriginKind, Outcome, Skip, SkipReason};
use crate::judge::Judge;
use crate::rule::RuleSet;
use crate::source::git::RepositoryLookup;
use crate::source::{self, Chunk, Sinks, WalkOptions};

use containers::{ContainerSink, ContainerStage};
pub use found::FoundSecrets;
use known_hashes::KnownHashes;
pub use progress::{ProgressCounters, ScanProgress};
use worker::ScanWorker;

/// Settings of a scan.
#[derive(Clone, Copy, Debug)]
pub struct ScanOptions {
    /// Lowest confidence that is reported.
    pub min_confidence: Confidence,
}

impl Default for ScanOptions {
    fn default() -> Self {
        ScanOptions {
            min_confidence: Confidence::Medium,
        }
    }
}

/// Scanner of texts with a set of rules. Immutable: one for a whole run, shared by its threads.
#[derive(Debug)]
pub struct Scanner {
    rules: RuleSet,
    detector: Detector,
    judge: Judge,
    options: ScanOptions,
    progress: ScanProgress,
    keep_enclosures: bool,
    comments: Comments,
    /// Repositories around files.
    around: RepositoryLookup,
    /// Confidence from which a finding makes every other place of its value a finding.
    spreads_from: Confidence,
    /// Limits on the reading of containers; `None` if none is opened.
    containers: Option<ContainerLimits>,
}

impl Scanner {
    /// Creates a scanner for these rules.
    #[must_use]
    pub fn new(rules: RuleSet, options: ScanOptions) -> Self {
        let detector = Detector::new(&rules);
        Scanner {
            rules,
            detector,
            judge: Judge::new(),
            options,
            progress: ScanProgress::default(),
            keep_enclosures: false,
            comments: Comments::default(),
            around: RepositoryLookup::default(),
            spreads_from: Confidence::Medium,
            containers: Some(ContainerLimits::default()),
        }
    }

    /// Makes the scanner open containers within these limits, or with `None` not at all.
    #[must_use]
    pub fn with_containers(mut self, limits: Option<ContainerLimits>) -> Self {
        self.containers = limits;
        self
    }

    /// Changes the confidence from which a finding makes every other place of its value a finding.
    #[must_use]
    pub fn with_spread_confidence(mut self, confidence: Confidence) -> Self {
        self.spreads_from = confidence;
        self
    }

    /// Makes the scanner add the rewrite context to its findings ([`Finding::enclosure`]).
    #[must_use]
    pub fn with_rewrite_context(mut self) -> Self {
        self.keep_enclosures = true;
        self
    }

    /// Makes the scanner mark findings that these comments accept as accepted.
    #[must_use]
    pub fn with_comments(mut self, comments: Comments) -> Self {
        self.comments = comments;
        self
    }

    /// Returns true if the scanner opens containers.
    #[must_use]
    pub fn opens_containers(&self) -> bool {
        self.containers.is_some()
    }

    /// Returns the progress of the scans.
    #[must_use]
    pub fn progress(&self) -> &ScanProgress {
        &self.progress
    }

    /// Returns the rules of the scanner.
    #[must_use]
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// Scans files, and all files in folders, recursively.
    #[must_use]
    pub fn scan_paths(&self, walk: &WalkOptions) -> Outcome {
        self.gather(&self.around, |sinks| source::walk(walk, sinks))
    }

    /// Scans a stream to its end, reported under `path`. If a secret is found, the text before it is searched for its
    /// value only in a stream of at most `kept::MOST` bytes, to bound memory.
    #[must_use]
    pub fn scan_stream(&self, input: impl Read, path: &Path) -> Outcome {
        let mut input = kept::KeptInput::new(input);
        let nothing = FoundSecrets::default();
        let mut outcome = self.read_once(&mut input, path, &nothing, true);
        let Some(found) = nothing.with(self.spreading(&outcome)) else {
            nothing.settle(&mut outcome.findings);
            return outcome;
        };
        match input.all() {
            Some(text) => self.again(outcome, &nothing, |found| {
                self.read_once(text, path, found, false)
            }),
            None => {
                found.settle(&mut outcome.findings);
                outcome.notes.push(format!(
                    "what stands in {} before a secret was first found was not looked at again for the same value: \
                     a stream is kept only up to {} MiB; scan it as a file",
                    path.display(),
                    kept::MOST >> 20
                ));
                outcome
            }
        }
    }

    /// Scans a stream once, reported under `path`, also for secrets that were `found` before.
    #[must_use]
    pub fn scan_stream_for(&self, input: impl Read, path: &Path, found: &FoundSecrets) -> Outcome {
        let mut outcome = self.read_once(input, path, found, true);
        let more = found.with(self.spreading(&outcome));
        more.as_ref().unwrap_or(found).settle(&mut outcome.findings);
        outcome
    }

    /// Reads a stream once. With `goes_on`, secrets that are found are searched for in the rest of the stream.
    fn read_once(
        &self,
        input: impl Read,
        path: &Path,
        found: &FoundSecrets,
        goes_on: bool,
    ) -> Outcome {
        let origin = Origin {
            kind: OriginKind::Stdin,
            ..Origin::default()
        };
        self.run_source_once(&self.around, found, goes_on, |sinks| {
            let mut sink = sinks();
            let limits = self.containers.as_ref();
            let read = containers::scan_stream(input, path, &origin, limits, &mut *sink);
            if let Err(e) = read {
                let reason = SkipReason::Unreadable(e.to_string());
                sink.skip(Skip {
                    path: path.to_owned(),
                    reason,
                });
            }
        })
    }

    /// Scans a text in memory, reported under `path`.
    #[must_use]
    pub fn scan_text(&self, text: &[u8], path: &Path) -> Vec<Finding> {
        self.scan_text_for(text, path, &FoundSecrets::default())
    }

    /// Scans a text in memory, reported under `path`, also for secrets that were `found` before.
    #[must_use]
    pub fn scan_text_for(&self, text: &[u8], path: &Path, found: &FoundSecrets) -> Vec<Finding> {
        let origin = Origin::default();
        let chunk = Chunk::whole(text, path, &origin);
        self.run_source_for(&self.around, found, |sinks| sinks().scan_chunk(&chunk))
            .findings
    }

    /// Returns the parts of a token at the end of `text` that may continue in the text after it.
    #[must_use]
    pub fn partial_tokens(&self, text: &[u8]) -> Vec<Range<usize>> {
        layer::partial_tokens(text)
    }

    /// Runs a source with one sink for each of its threads and gathers the findings. If there are any, runs it again
    /// for the other places of the same values.
    fn gather(&self, repositories: &RepositoryLookup, run: impl FnMut(&Sinks<'_>)) -> Outcome {
        self.run_source_for(repositories, &FoundSecrets::default(), run)
    }

    /// Gathers like [`Self::gather`], also for secrets that were `found` before.
    fn run_source_for(
        &self,
        repositories: &RepositoryLookup,
        found: &FoundSecrets,
        mut run: impl FnMut(&Sinks<'_>),
    ) -> Outcome {
        let outcome = self.run_source_once(repositories, found, false, &mut run);
        self.again(outcome, found, |found| {
            self.run_source_once(repositories, found, false, &mut run)
        })
    }

    /// Returns the outcome of a run that searched for the secrets in `found`, or of a second `run` if it found more.
    fn again(
        &self,
        mut outcome: Outcome,
        found: &FoundSecrets,
        run: impl FnOnce(&FoundSecrets) -> Outcome,
    ) -> Outcome {
        let more = found.with(self.spreading(&outcome));
        if let Some(more) = &more {
            let elapsed = outcome.elapsed;
            // All findings are found again, and there may be very many.
            drop(outcome);
            outcome = run(more);
            outcome.elapsed += elapsed;
        }
        let settled = found.with(self.spreading(&outcome));
        let settled = settled.as_ref().unwrap_or(found);
        settled.settle(&mut outcome.findings);
        outcome
    }

    /// Returns the findings that make every other place of their value a finding.
    fn spreading<'o>(&self, outcome: &'o Outcome) -> impl Iterator<Item = &'o Finding> + use<'o> {
        let least = self.spreads_from;
        let findings = outcome.findings.iter();
        findings.filter(move |f| spreads(f, least))
    }

    /// Runs a source once. A known hash anywhere in the scan affects all findings with that value, in any place and
    /// order.
    fn run_source_once(
        &self,
        repositories: &RepositoryLookup,
        found: &FoundSecrets,
        goes_on: bool,
        run: impl FnOnce(&Sinks<'_>),
    ) -> Outcome {
        let ids = KnownHashes::default();
        let mut outcome = self.run_source_with(repositories, &ids, (found, goes_on), run);
        let least = self.options.min_confidence;
        ids.reclassify(&self.judge, least, &mut outcome.findings);
        containers::drop_doubles(&mut outcome.findings);
        // A file that was not opened does not count as read.
        let is_unopened = |s: &&Skip| matches!(s.reason, SkipReason::Unopened { .. });
        let unopened = outcome.skipped.iter().filter(is_unopened).count();
        outcome.files = outcome.files.saturating_sub(unopened as u64);
        outcome
    }

    #[allow(
        clippy::needless_lifetimes,
        reason = "elided in the closure's argument, it would mean any lifetime"
    )]
    /// Gathers, but leaves the known hashes to the caller. Searches for `found`; with the flag, a thread also searches
    /// for its own findings from then on.
    fn run_source_with<'s>(
        &'s self,
        repositories: &'s RepositoryLookup,
        ids: &'s KnownHashes,
        (found, goes_on): (&FoundSecrets, bool),
        run: impl FnOnce(&Sinks<'s>),
    ) -> Outcome {
        let started = Instant::now();
        let total = Arc::new(Mutex::new(Outcome::default()));
        let shared = Arc::clone(&total);
        let found = found.clone();
        let stage = ContainerStage {
            limits: self.containers,
            total: Arc::new(ScanBudget::default()),
        };
        run(&move || {
            let inner = ScanWorker {
                scanner: self,
                repositories,
                scratch: Scratch::default(),
                switched_off: None,
                outcome: Outcome::default(),
                ids: ids.gather(),
                found: found.clone(),
                goes_on,
                total: Arc::clone(&shared),
            };
            Box::new(ContainerSink {
                inner,
                stage: stage.clone(),
                buffer: Vec::new(),
            })
        });
        let mut outcome =
            std::mem::take(&mut *total.lock().unwrap_or_else(PoisonError::into_inner));
        outcome.finish_order(started.elapsed());
        outcome
    }
}

/// Returns true if a finding makes every other place of its value a finding: it has at least this confidence, is not
/// accepted, and its own place is the reason for it.
fn spreads(finding: &Finding, least: Confidence) -> bool {
    finding.confidence >= least && finding.accepted.is_none() && !found::is_another_place(finding)
}
