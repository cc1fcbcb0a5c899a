//! Joins the stages: bytes from a source go to the detector, candidates to the judge, findings are gathered,
//! put in order and counted. Threads and the order of output are dealt with here and nowhere else.

mod comments;
#[cfg(test)]
mod doubling;
mod elsewhere;
mod found;
mod git;
mod inquiry;
mod kept;
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
use crate::detect::{Detector, Scratch, layer};
use crate::finding::{Confidence, Finding, Origin, OriginKind, Outcome, Skip, SkipReason};
use crate::judge::Judge;
use crate::rule::RuleSet;
use crate::source::git::Witnesses;
use crate::source::{self, Chunk, Sinks, WalkOptions};

use elsewhere::Ids;
pub use found::FoundSecrets;
pub use progress::{Counters, Progress};
use worker::Worker;

/// What a scan reports.
#[derive(Clone, Copy, Debug)]
pub struct ScanOptions {
    /// The lowest confidence that is reported.
    pub min_confidence: Confidence,
}

impl Default for ScanOptions {
    fn default() -> Self {
        ScanOptions {
            min_confidence: Confidence::Medium,
        }
    }
}

/// Scans texts with a set of rules. Immutable: one for a whole run, shared by its threads.
#[derive(Debug)]
pub struct Scanner {
    rules: RuleSet,
    detector: Detector,
    judge: Judge,
    options: ScanOptions,
    progress: Progress,
    keep_enclosures: bool,
    comments: Comments,
    /// The repositories around files.
    around: Witnesses,
    /// The confidence from which a finding makes every other place of its value one.
    spreads_from: Confidence,
}

impl Scanner {
    /// A scanner for these rules.
    #[must_use]
    pub fn new(rules: RuleSet, options: ScanOptions) -> Self {
        let detector = Detector::new(&rules);
        Scanner {
            rules,
            detector,
            judge: Judge::new(),
            options,
            progress: Progress::default(),
            keep_enclosures: false,
            comments: Comments::default(),
            around: Witnesses::default(),
            spreads_from: Confidence::Medium,
        }
    }

    /// The same scanner, in whose scans a finding of this confidence makes every other place of its value a finding.
    #[must_use]
    pub fn spreading_from(mut self, confidence: Confidence) -> Self {
        self.spreads_from = confidence;
        self
    }

    /// The same scanner, whose findings say how to write them back ([`Finding::enclosure`]).
    #[must_use]
    pub fn keeping_enclosures(mut self) -> Self {
        self.keep_enclosures = true;
        self
    }

    /// The same scanner, which marks as accepted what these comments accept.
    #[must_use]
    pub fn heeding(mut self, comments: Comments) -> Self {
        self.comments = comments;
        self
    }

    /// How far its scans are.
    #[must_use]
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// The rules it scans with.
    #[must_use]
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// Scans files and everything below folders.
    #[must_use]
    pub fn scan_paths(&self, walk: &WalkOptions) -> Outcome {
        self.gather(&self.around, |sinks| source::walk(walk, sinks))
    }

    /// Scans a stream to its end, reported under `path`. What stands before the place where a secret is found can be
    /// looked at again for its value only as far as memory allows: [`kept::MOST`].
    #[must_use]
    pub fn scan_stream(&self, input: impl Read, path: &Path) -> Outcome {
        let mut input = kept::Kept::new(input);
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

    /// Reads a stream once. With `goes_on`, what is found is looked for in the rest of the stream.
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
        self.gather_once(&self.around, found, goes_on, |sinks| {
            let mut sink = sinks();
            let read = source::scan_reader(input, path, &origin, &mut Vec::new(), &mut *sink);
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
        self.gather_for(&self.around, found, |sinks| sinks().chunk(&chunk))
            .findings
    }

    /// The pieces of a token at the end of `text` that may go on in what follows: after a line end, or right there.
    #[must_use]
    pub fn begun(&self, text: &[u8]) -> Vec<Range<usize>> {
        layer::begun(text)
    }

    /// Runs a source with one sink for each of its threads and gathers what they find; runs it once more where
    /// something was found, for the other places of the same values.
    fn gather(&self, witnesses: &Witnesses, run: impl FnMut(&Sinks<'_>)) -> Outcome {
        self.gather_for(witnesses, &FoundSecrets::default(), run)
    }

    /// Does the same for secrets that were `found` before, too.
    fn gather_for(
        &self,
        witnesses: &Witnesses,
        found: &FoundSecrets,
        mut run: impl FnMut(&Sinks<'_>),
    ) -> Outcome {
        let outcome = self.gather_once(witnesses, found, false, &mut run);
        self.again(outcome, found, |found| {
            self.gather_once(witnesses, found, false, &mut run)
        })
    }

    /// The outcome of a run that looked for what was `found`; of a second `run` where it found more.
    fn again(
        &self,
        mut outcome: Outcome,
        found: &FoundSecrets,
        run: impl FnOnce(&FoundSecrets) -> Outcome,
    ) -> Outcome {
        let more = found.with(self.spreading(&outcome));
        if let Some(more) = &more {
            let elapsed = outcome.elapsed;
            outcome = run(more);
            outcome.elapsed += elapsed;
        }
        let settled = found.with(self.spreading(&outcome));
        let settled = settled.as_ref().unwrap_or(found);
        settled.settle(&mut outcome.findings);
        outcome
    }

    /// The findings that make every other place of their value one.
    fn spreading<'o>(&self, outcome: &'o Outcome) -> impl Iterator<Item = &'o Finding> + use<'o> {
        let least = self.spreads_from;
        let findings = outcome.findings.iter();
        findings.filter(move |f| spreads(f, least))
    }

    /// Runs a source once. What stands as an id anywhere in what is read speaks of all that was found, wherever and in
    /// whatever order.
    fn gather_once(
        &self,
        witnesses: &Witnesses,
        found: &FoundSecrets,
        goes_on: bool,
        run: impl FnOnce(&Sinks<'_>),
    ) -> Outcome {
        let ids = Ids::default();
        let mut outcome = self.gather_with(witnesses, &ids, (found, goes_on), run);
        let least = self.options.min_confidence;
        ids.speak(&self.judge, least, &mut outcome.findings);
        // A file that was not opened does not count as read.
        let containers = outcome.count_unread().containers();
        outcome.files = outcome.files.saturating_sub(containers);
        outcome
    }

    #[allow(
        clippy::needless_lifetimes,
        reason = "elided in the closure's argument, it would mean any lifetime"
    )]
    /// The same, with the ids that they come upon for the caller to hear. `found` is looked for; with the flag, a
    /// thread goes on to look for what it finds itself.
    fn gather_with<'s>(
        &'s self,
        witnesses: &'s Witnesses,
        ids: &'s Ids,
        (found, goes_on): (&FoundSecrets, bool),
        run: impl FnOnce(&Sinks<'s>),
    ) -> Outcome {
        let started = Instant::now();
        let total = Arc::new(Mutex::new(Outcome::default()));
        let shared = Arc::clone(&total);
        let found = found.clone();
        run(&move || {
            Box::new(Worker {
                scanner: self,
                witnesses,
                scratch: Scratch::default(),
                switched_off: None,
                outcome: Outcome::default(),
                ids: ids.gather(),
                found: found.clone(),
                goes_on,
                total: Arc::clone(&shared),
            })
        });
        let mut outcome =
            std::mem::take(&mut *total.lock().unwrap_or_else(PoisonError::into_inner));
        outcome.settle(started.elapsed());
        outcome
    }
}

/// Whether a finding makes every other place of its value one: it is as sure as that, nobody has accepted it, and its
/// own place makes it one.
fn spreads(finding: &Finding, least: Confidence) -> bool {
    finding.confidence >= least && finding.accepted.is_none() && !found::is_another_place(finding)
}
