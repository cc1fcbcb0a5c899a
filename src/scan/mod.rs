//! Connection of the stages: a source reads bytes, the detector finds candidates, the judge decides on them, and the
//! findings are gathered, sorted and counted. Only this module handles threads and the order of output.

mod builder;
mod chunk;
#[cfg(feature = "columns")]
mod columns;
mod comments;
mod containers;
mod decision;
#[cfg(test)]
mod doubling;
mod engine;
mod found;
#[cfg(feature = "git")]
mod git;
#[cfg(feature = "git")]
mod history;
mod judge_input;
mod kept;
mod known_hashes;
mod listener;
mod lookup;
#[cfg(feature = "cli")]
mod packed;
mod progress;
mod redaction;
mod rows;
mod text;
mod worker;

#[cfg(feature = "cli")]
pub(crate) mod examine;
#[cfg(feature = "cli")]
pub(crate) mod examples;

use std::collections::HashMap;
use std::io::Read;
use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::detect::{Detector, Scratch, layer};
use crate::finding::{Confidence, Finding, Origin, OriginKind, Outcome, Skip, SkipReason};
use crate::judge::Judge;
use crate::rule::RuleSet;
use crate::source::{self, Chunk, ObjectLookup, Sinks, WalkOptions};
use crate::threads::lock_mutex;

pub use builder::ScannerBuilder;
pub(crate) use containers::silence_readers;
use containers::{ContainerSink, ContainerStage, CostlyFiles};
use engine::{RunContext, ScanEngine};
pub use found::FoundSecrets;
use known_hashes::KnownHashes;
use listener::FindingStream;
pub use listener::StopFlag;
use lookup::DiskLookup;
pub(crate) use progress::ScanProgress;
pub use rows::RowScanner;
use worker::ScanWorker;

/// Scanner of texts with a set of rules. Immutable: one for a whole run, shared by its threads.
///
/// ```
/// use std::path::Path;
/// use tokensweep::{Confidence, Scanner};
///
/// let scanner = Scanner::builder().min_confidence(Confidence::High).build();
/// assert!(scanner.scan_text(b"commit 0d5e7f1c2b3a49586776859483a2b1c0d9e8f7a6", Path::new("log")).is_empty());
/// ```
#[derive(Debug)]
pub struct Scanner {
    engine: ScanEngine,
    /// True if findings get their rewrite context.
    keep_enclosures: bool,
    /// Object lookup of the caller.
    objects: Option<Arc<dyn ObjectLookup>>,
}

impl Default for Scanner {
    /// Returns a scanner with the built-in rules and the default settings.
    fn default() -> Self {
        Scanner::builder().build()
    }
}

impl ScannerBuilder {
    /// Builds the scanner. Compiles the expressions of user rules.
    #[must_use]
    pub fn build(self) -> Scanner {
        Scanner {
            engine: ScanEngine {
                detector: Detector::new(&self.rules),
                judge: Judge::new(),
                rules: self.rules,
                min_confidence: self.min_confidence,
                spreads_from: self.spreads_from,
                comments: self.comments,
                containers: self.containers,
                progress: ScanProgress::default(),
            },
            keep_enclosures: self.keep_enclosures,
            objects: self.objects,
        }
    }
}

impl Scanner {
    /// Returns the default settings, to be changed.
    pub fn builder() -> ScannerBuilder {
        ScannerBuilder::default()
    }

    /// Returns true if the scanner opens containers.
    #[must_use]
    pub fn opens_containers(&self) -> bool {
        self.engine.containers.is_some()
    }

    /// Returns the progress of the scans.
    #[must_use]
    pub(crate) fn progress(&self) -> &ScanProgress {
        &self.engine.progress
    }

    /// Returns the rules of the scanner.
    #[must_use]
    pub fn rules(&self) -> &RuleSet {
        &self.engine.rules
    }

    /// Returns the object lookup of the caller.
    fn given_objects(&self) -> Option<&dyn ObjectLookup> {
        self.objects.as_deref()
    }

    /// Returns the settings of a run with this object lookup.
    fn context<'s>(&self, objects: Option<&'s dyn ObjectLookup>) -> RunContext<'s> {
        RunContext {
            root: None,
            objects,
            keep_enclosures: self.keep_enclosures,
            opened: None,
            is_flat: false,
            listener: None,
            costly: None,
        }
    }

    /// Scans files, and all files in folders, recursively.
    #[must_use]
    pub fn scan_paths(&self, walk: &WalkOptions) -> Outcome {
        self.scan_paths_in(walk, self.context(None))
    }

    /// Scans files and folders, and passes each finding to `receive` as soon as its text has been scanned.
    /// [`ControlFlow::Break`] ends the scan; the outcome is [`Outcome::cancelled`] then.
    ///
    /// `receive` is called by all threads of the scan, one at a time. It gets a finding as its own text shows it. What
    /// other files say about the same value (it is a commit id there, or a secret for sure) is in the outcome only.
    pub fn scan_paths_with(
        &self,
        walk: &WalkOptions,
        mut receive: impl FnMut(&Finding) -> ControlFlow<()> + Send,
    ) -> Outcome {
        let stream = FindingStream::new(&mut receive);
        let context = RunContext {
            listener: Some(&stream),
            ..self.context(None)
        };
        self.scan_paths_in(walk, context)
    }

    /// Scans files and folders until `stop` is set; the outcome is [`Outcome::cancelled`] then.
    #[must_use]
    pub fn scan_paths_until(&self, walk: &WalkOptions, stop: &StopFlag) -> Outcome {
        let context = RunContext {
            listener: Some(stop),
            ..self.context(None)
        };
        self.scan_paths_in(walk, context)
    }

    fn scan_paths_in(&self, walk: &WalkOptions, context: RunContext<'_>) -> Outcome {
        let around = DiskLookup::default();
        let context = RunContext {
            objects: Some(self.given_objects().unwrap_or(&around)),
            ..context
        };
        self.gather(context, |sinks| source::walk(walk, sinks))
    }

    /// Scans a stream to its end, reported under `path`. If a secret is found, the text before it is searched for its
    /// value only in a stream of at most `kept::MOST` bytes, to bound memory. Else the scan is not complete.
    #[must_use]
    pub fn scan_stream(&self, input: impl Read, path: &Path) -> Outcome {
        self.scan_stream_in(input, path, self.context(self.given_objects()))
    }

    /// Scans a stream, and passes each finding to `receive` as soon as the part of the stream around it has been
    /// scanned, as [`Scanner::scan_paths_with`] does.
    pub fn scan_stream_with(
        &self,
        input: impl Read,
        path: &Path,
        mut receive: impl FnMut(&Finding) -> ControlFlow<()> + Send,
    ) -> Outcome {
        let stream = FindingStream::new(&mut receive);
        let context = RunContext {
            listener: Some(&stream),
            ..self.context(self.given_objects())
        };
        self.scan_stream_in(input, path, context)
    }

    fn scan_stream_in(&self, input: impl Read, path: &Path, context: RunContext<'_>) -> Outcome {
        let mut input = kept::KeptInput::new(input);
        let nothing = FoundSecrets::default();
        let costly = CostlyFiles::default();
        let context = context.with_costly(&costly);
        let mut outcome = self.read_once(&mut input, path, context, (&nothing, true));
        let Some(found) = nothing.with(self.spreading(&outcome)) else {
            nothing.settle(&mut outcome.findings);
            return outcome;
        };
        match input.all() {
            Some(text) => self.again(outcome, &nothing, |found| {
                self.read_once(text, path, context, (found, false))
            }),
            None => {
                let is_searched = self.is_searched_once(&outcome);
                found.settle(&mut outcome.findings);
                if !is_searched {
                    outcome.skipped.push(Skip {
                        path: path.to_owned(),
                        reason: SkipReason::Unreadable(format!(
                            "what comes before a secret was not searched for the same value, because a stream is kept \
                             only up to {} MiB; scan it as a file",
                            kept::MOST >> 20
                        )),
                    });
                }
                outcome
            }
        }
    }

    /// Returns true if a stream that was read once has been searched for all that was found in it: each secret was
    /// found in the first window, or is proved by its checksum, so that it is found by its form in every place.
    fn is_searched_once(&self, outcome: &Outcome) -> bool {
        let mut first: HashMap<&str, u64> = HashMap::new();
        for finding in self.spreading(outcome) {
            let start = first.entry(&finding.fingerprint).or_insert(u64::MAX);
            *start = (*start).min(finding.bytes.start);
            if finding.confidence == Confidence::Certain {
                *start = 0;
            }
        }
        first.values().all(|start| *start < source::FIRST_WINDOW)
    }

    /// Scans a stream once, reported under `path`, also for secrets that were `found` before.
    #[doc(hidden)]
    #[must_use]
    pub fn scan_stream_for(&self, input: impl Read, path: &Path, found: &FoundSecrets) -> Outcome {
        let context = self.context(self.given_objects());
        let mut outcome = self.read_once(input, path, context, (found, true));
        let more = found.with(self.spreading(&outcome));
        more.as_ref().unwrap_or(found).settle(&mut outcome.findings);
        outcome
    }

    /// Reads a stream once. With `goes_on`, secrets that are found are searched for in the rest of the stream.
    fn read_once(
        &self,
        input: impl Read,
        path: &Path,
        context: RunContext<'_>,
        (found, goes_on): (&FoundSecrets, bool),
    ) -> Outcome {
        let origin = Origin {
            kind: OriginKind::Stdin,
            ..Origin::default()
        };
        self.run_source_once(context, found, goes_on, |sinks| {
            let mut sink = sinks();
            let limits = self.engine.containers.as_ref();
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
    #[doc(hidden)]
    #[must_use]
    pub fn scan_text_for(&self, text: &[u8], path: &Path, found: &FoundSecrets) -> Vec<Finding> {
        let origin = Origin::default();
        let chunk = Chunk::whole(text, path, &origin);
        self.run_source_for(self.context(self.given_objects()), found, |sinks| {
            sinks().scan_chunk(&chunk)
        })
        .findings
    }

    /// Returns the parts of a token at the end of `text` that may continue in the text after it.
    #[doc(hidden)]
    #[must_use]
    pub fn partial_tokens(&self, text: &[u8]) -> Vec<Range<usize>> {
        layer::partial_tokens(text)
    }

    /// Runs a source with one sink for each of its threads and gathers the findings. If there are any, runs it again
    /// for the other places of the same values.
    fn gather(&self, context: RunContext<'_>, run: impl FnMut(&Sinks<'_>)) -> Outcome {
        self.run_source_for(context, &FoundSecrets::default(), run)
    }

    /// Gathers like [`Self::gather`], also for secrets that were `found` before.
    fn run_source_for(
        &self,
        context: RunContext<'_>,
        found: &FoundSecrets,
        mut run: impl FnMut(&Sinks<'_>),
    ) -> Outcome {
        let costly = CostlyFiles::default();
        let context = context.with_costly(&costly);
        let outcome = self.run_source_once(context, found, false, &mut run);
        self.again(outcome, found, |found| {
            self.run_source_once(context, found, false, &mut run)
        })
    }

    /// Returns the outcome of a run that searched for the secrets in `found`, or of a second `run` if it found more.
    fn again(
        &self,
        mut outcome: Outcome,
        found: &FoundSecrets,
        run: impl FnOnce(&FoundSecrets) -> Outcome,
    ) -> Outcome {
        if outcome.cancelled {
            return outcome;
        }
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
        let least = self.engine.spreads_from;
        let findings = outcome.findings.iter();
        findings.filter(move |f| found::spreads(f, least))
    }

    /// Runs a source once. A known hash anywhere in the scan affects all findings with that value, in any place and
    /// order.
    fn run_source_once(
        &self,
        context: RunContext<'_>,
        found: &FoundSecrets,
        goes_on: bool,
        run: impl FnOnce(&Sinks<'_>),
    ) -> Outcome {
        let ids = KnownHashes::default();
        let mut outcome = self.run_source_with(context, &ids, (found, goes_on), run);
        let least = self.engine.min_confidence;
        ids.reclassify(&self.engine.judge, least, &mut outcome.findings);
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
        context: RunContext<'s>,
        ids: &'s KnownHashes,
        (found, goes_on): (&FoundSecrets, bool),
        run: impl FnOnce(&Sinks<'s>),
    ) -> Outcome {
        let started = Instant::now();
        let total = Arc::new(Mutex::new(Outcome::default()));
        let shared = Arc::clone(&total);
        let found = found.clone();
        let limits = self.engine.containers.filter(|_| !context.is_flat);
        let stage = ContainerStage::new(limits);
        let exports = stage.exports.clone();
        run(&move || {
            let inner = ScanWorker {
                scanner: &self.engine,
                context,
                scratch: Scratch::default(),
                switched_off: None,
                outcome: Outcome::default(),
                ids: ids.gather(),
                found: found.clone(),
                goes_on,
                total: Arc::clone(&shared),
            };
            Box::new(ContainerSink::new(inner, stage.clone()))
        });
        let mut outcome = std::mem::take(&mut *lock_mutex(&total));
        exports.name_places(&context, &mut outcome.findings);
        outcome.finish_order(started.elapsed());
        outcome.cancelled = context.is_stopped();
        outcome
    }
}
