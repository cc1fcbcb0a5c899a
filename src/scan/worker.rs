//! One thread of a scan: its buffers, its findings, and the object lookup for its files.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use super::chunk::{ChunkScan, Prefilter};
use super::engine::{RunContext, ScanEngine};
use super::found::{self, FoundSecrets};
use super::known_hashes::HashCollector;
use super::lookup::LookupAt;
use super::text::DetectedText;
use crate::accept::Comments;
use crate::accept::comment::{AllowComment, Regions};
use crate::detect::Scratch;
use crate::finding::{Outcome, ReadCounts, Skip, SkipReason};
use crate::source::{Chunk, Sink};
use crate::span::LinePositions;
use crate::threads::lock_mutex;

/// State of one thread: its buffers, its findings, and the total that they are added to at the end.
pub(super) struct ScanWorker<'s> {
    pub(super) scanner: &'s ScanEngine,
    pub(super) context: RunContext<'s>,
    pub(super) scratch: Scratch,
    /// Region left switched off by the earlier windows of the file.
    pub(super) switched_off: Option<AllowComment>,
    pub(super) outcome: Outcome,
    /// Values used as ids.
    pub(super) ids: HashCollector<'s>,
    /// Secrets that are searched for.
    pub(super) found: FoundSecrets,
    /// True if the thread searches for its own findings from then on.
    pub(super) goes_on: bool,
    pub(super) total: Arc<Mutex<Outcome>>,
}

impl Drop for ScanWorker<'_> {
    fn drop(&mut self) {
        let mine = std::mem::take(&mut self.outcome);
        let mut total = lock_mutex(&self.total);
        if total.findings.is_empty() {
            // A copy would double the memory of the findings.
            total.findings = mine.findings;
        } else {
            total.findings.extend(mine.findings);
        }
        total.skipped.extend(mine.skipped);
        total.files += mine.files;
        total.git_files += mine.git_files;
        total.members += mine.members;
        total.blobs += mine.blobs;
        total.cached += mine.cached;
        total.commits += mine.commits;
        total.refs += mine.refs;
        total.bytes += mine.bytes;
    }
}

impl ScanWorker<'_> {
    /// Finds the leaks of one chunk.
    pub(super) fn examine(&mut self, chunk: &Chunk<'_>) {
        let (detector, known) = (&self.scanner.detector, self.found.search());
        let detection = detector.look_for(chunk.bytes, &mut self.scratch, known);
        for index in &detection.given_up {
            let rule = self.scanner.detector.custom_rules().rule_at(*index);
            self.outcome.skipped.push(Skip {
                path: chunk.path.to_owned(),
                reason: SkipReason::RuleGivenUp(Arc::clone(&rule.id)),
            });
        }
        if detection.is_empty() {
            return;
        }
        let text = DetectedText::whole(chunk.bytes, &detection);
        self.ids.open_for(chunk.may_name_ids());
        ChunkScan {
            scanner: self.scanner,
            objects: LookupAt {
                objects: self.context.objects,
                path: chunk.path,
            },
            context: self.context,
            chunk,
            origin: None,
            lines: LinePositions::new(chunk.bytes, chunk.charset(), chunk.first(), chunk.start),
            regions: None,
            switched_off: self.switched_off.as_ref(),
            outermost: &text,
            out: &mut self.outcome.findings,
            ids: &mut self.ids,
            found: &self.found,
        }
        .text(&text);
    }

    /// Searches from now on for the secrets found in the last window: those after the first `before` findings. Returns
    /// true if there are new ones.
    fn go_on(&mut self, before: usize) -> bool {
        let least = self.scanner.spreads_from;
        let new = self.outcome.findings[before..].iter();
        let new = new.filter(|f| found::spreads(f, least));
        let more = self.found.with(new);
        let is_new = more.is_some();
        self.found = more.unwrap_or_else(|| self.found.clone());
        is_new
    }

    /// Keeps the region that a window leaves switched off for the next one. A file of one window has no next one.
    pub(super) fn pass_on_regions(&mut self, chunk: &Chunk<'_>) {
        let is_last = chunk.own.end == chunk.bytes.len();
        if self.scanner.comments == Comments::Ignored || is_last {
            return;
        }
        let open = self.switched_off.take();
        let regions = Regions::find_regions(&chunk.bytes[chunk.own], self.scanner.comments, open);
        self.switched_off = regions.open_region_at(chunk.own.len());
    }
}

impl Sink for ScanWorker<'_> {
    fn scan_chunk(&mut self, chunk: &Chunk<'_>) {
        if self.context.is_stopped() {
            return;
        }
        if chunk.offset == 0 {
            self.switched_off = None;
        }
        let before = (self.outcome.findings.len(), self.outcome.skipped.len());
        self.examine(chunk);
        if self.goes_on && self.outcome.findings.len() > before.0 && self.go_on(before.0) {
            // The same value may be anywhere in this window.
            self.outcome.findings.truncate(before.0);
            self.outcome.skipped.truncate(before.1);
            self.examine(chunk);
        }
        if let Some(listener) = self.context.listener {
            let new = self.outcome.findings[before.0..].iter();
            new.for_each(|finding| listener.pass(finding));
        }
        self.pass_on_regions(chunk);
    }

    fn is_stopped(&self) -> bool {
        self.context.is_stopped()
    }

    fn file(&mut self, bytes: u64) {
        self.outcome.files += 1;
        self.outcome.bytes += bytes;
        self.scanner.progress.read(1, bytes);
    }

    fn skip(&mut self, skip: Skip) {
        self.outcome.skipped.push(skip);
    }

    fn count(&mut self, counts: &ReadCounts) {
        self.outcome.add(counts);
    }

    fn expect_objects(&mut self, objects: u64) {
        self.scanner
            .progress
            .total
            .fetch_add(objects, Ordering::Relaxed);
    }

    fn passed(&mut self, objects: u64, bytes: u64) {
        self.scanner.progress.read(objects, bytes);
    }

    fn wants_holes(&self) -> bool {
        // Zeros are no part of a token, but the expression of a user rule may match them.
        !self.scanner.detector.custom_rules().is_empty()
    }

    fn may_report(&mut self, bytes: &[u8]) -> bool {
        self.ids.open_for(true);
        self.may_report_any(bytes)
    }

    fn suspects_words(&mut self, bytes: &[u8]) -> bool {
        self.ids.open_for(false);
        self.may_report_any(bytes)
    }
}

impl ScanWorker<'_> {
    /// Returns true if anything in a text might be reported under some path.
    fn may_report_any(&mut self, bytes: &[u8]) -> bool {
        let (detector, known) = (&self.scanner.detector, self.found.search());
        let detection = detector.look_for(bytes, &mut self.scratch, known);
        let mut prefilter = Prefilter {
            scanner: self.scanner,
            objects: LookupAt {
                objects: self.context.objects,
                path: Path::new(""),
            },
            ids: &mut self.ids,
        };
        !detection.given_up.is_empty()
            || !detection.is_empty()
                && prefilter.may_report(&DetectedText::whole(bytes, &detection))
    }
}
