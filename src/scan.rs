//! Joins the stages: bytes from a source go to the detector, candidates to the judge, findings are gathered,
//! put in order and counted. Threads and the order of output are dealt with here and nowhere else.

mod comments;
mod git;

pub mod examine;
pub mod examples;

use std::cell::OnceCell;
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::accept::Comments;
use crate::accept::comment::{Note, Regions};
use crate::detect::layer::Decoded;
use crate::detect::{Candidate, Detector, Kind, Scratch, Sighting};
use crate::finding::{
    Checksum, Confidence, Counts, Enclosure, Evidence, Finding, Layer, Origin, OriginKind, Outcome,
    Secret, Skip, SkipReason, Snippet,
};
use crate::judge::{self, Judge, Witness};
use crate::rule::{Pattern, Rule, RuleSet};
use crate::source::git::Witnesses;
use crate::source::{self, Chunk, Sink, Sinks, WalkOptions};
use crate::span::{Lines, Position, line_near};

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

/// How far a scan is, for whoever watches it from another thread.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Counters>);

/// The counters of a [`Progress`].
#[derive(Debug, Default)]
pub struct Counters {
    /// Files or objects read.
    pub items: AtomicU64,
    /// Bytes read.
    pub bytes: AtomicU64,
    /// How many items there are in all; 0 where that is not known.
    pub total: AtomicU64,
}

impl Progress {
    /// Counts one more item of this many bytes.
    pub fn read(&self, bytes: u64) {
        self.items.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl std::ops::Deref for Progress {
    type Target = Counters;

    fn deref(&self) -> &Counters {
        &self.0
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
        }
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

    /// Scans a stream to its end, reported under `path`.
    #[must_use]
    pub fn scan_stream(&self, input: impl Read, path: &Path) -> Outcome {
        let origin = Origin {
            kind: OriginKind::Stdin,
            ..Origin::default()
        };
        self.gather(&self.around, |sinks| {
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
        let origin = Origin::default();
        let own = (0, text.len());
        let chunk = Chunk {
            path,
            origin: &origin,
            bytes: text,
            offset: 0,
            start: Position::START,
            own,
            before: &[],
        };
        self.gather(&self.around, |sinks| sinks().chunk(&chunk))
            .findings
    }

    #[allow(
        clippy::needless_lifetimes,
        reason = "elided in the closure's argument, it would mean any lifetime"
    )]
    /// Runs a source with one sink for each of its threads and gathers what they find.
    fn gather<'s>(&'s self, witnesses: &'s Witnesses, run: impl FnOnce(&Sinks<'s>)) -> Outcome {
        let started = Instant::now();
        let total = Arc::new(Mutex::new(Outcome::default()));
        let shared = Arc::clone(&total);
        run(&move || {
            Box::new(Worker {
                scanner: self,
                witnesses,
                scratch: Scratch::default(),
                switched_off: None,
                outcome: Outcome::default(),
                total: Arc::clone(&shared),
            })
        });
        let mut outcome =
            std::mem::take(&mut *total.lock().unwrap_or_else(PoisonError::into_inner));
        outcome.settle(started.elapsed());
        outcome
    }
}

/// What one thread has: its buffers, its findings, and where to leave them at the end.
struct Worker<'s> {
    scanner: &'s Scanner,
    witnesses: &'s Witnesses,
    scratch: Scratch,
    /// What the windows of the file so far have switched off.
    switched_off: Option<Note>,
    outcome: Outcome,
    total: Arc<Mutex<Outcome>>,
}

impl Drop for Worker<'_> {
    fn drop(&mut self) {
        let mine = std::mem::take(&mut self.outcome);
        let mut total = self.total.lock().unwrap_or_else(PoisonError::into_inner);
        total.findings.extend(mine.findings);
        total.skipped.extend(mine.skipped);
        total.files += mine.files;
        total.blobs += mine.blobs;
        total.cached += mine.cached;
        total.commits += mine.commits;
        total.refs += mine.refs;
        total.bytes += mine.bytes;
    }
}

impl Worker<'_> {
    /// Finds the leaks of one chunk.
    fn examine(&mut self, chunk: &Chunk<'_>) {
        let sighting = self.scanner.detector.look(chunk.bytes, &mut self.scratch);
        if sighting.is_empty() {
            return;
        }
        let text = Text {
            bytes: chunk.bytes,
            sighting: &sighting,
            outer: None,
            kept: OnceCell::new(),
            memory: judge::Memory::default(),
        };
        Inquiry {
            scanner: self.scanner,
            witness: WitnessAt {
                witnesses: self.witnesses,
                path: chunk.path,
            },
            chunk,
            lines: Lines::new(chunk.bytes, chunk.start),
            shown: None,
            regions: None,
            switched_off: self.switched_off.as_ref(),
            outermost: &text,
            out: &mut self.outcome.findings,
        }
        .text(&text);
    }

    /// Remembers what a window leaves switched off for the next one. A file of one window needs none of this.
    fn pass_on_regions(&mut self, chunk: &Chunk<'_>) {
        let (from, to) = chunk.own;
        if self.scanner.comments == Comments::Ignored || to == chunk.bytes.len() {
            return;
        }
        let open = self.switched_off.take();
        let regions = Regions::of(&chunk.bytes[from..to], self.scanner.comments, open);
        self.switched_off = regions.left_open(to - from);
    }
}

impl Sink for Worker<'_> {
    fn chunk(&mut self, chunk: &Chunk<'_>) {
        if chunk.offset == 0 {
            self.switched_off = None;
        }
        self.examine(chunk);
        self.pass_on_regions(chunk);
    }

    fn file(&mut self, bytes: u64) {
        self.outcome.files += 1;
        self.outcome.bytes += bytes;
        self.scanner.progress.read(bytes);
    }

    fn skip(&mut self, skip: Skip) {
        self.outcome.skipped.push(skip);
    }

    fn count(&mut self, counts: &Counts) {
        self.outcome.add(counts);
    }

    fn expect(&mut self, objects: u64) {
        self.scanner
            .progress
            .total
            .fetch_add(objects, Ordering::Relaxed);
    }

    fn passed(&mut self, bytes: u64) {
        self.scanner.progress.read(bytes);
    }

    fn suspects(&mut self, bytes: &[u8]) -> bool {
        let sighting = self.scanner.detector.look(bytes, &mut self.scratch);
        let doubt = Doubt {
            scanner: self.scanner,
            witness: WitnessAt {
                witnesses: self.witnesses,
                path: Path::new(""),
            },
        };
        !sighting.is_empty()
            && doubt.about(&Text {
                bytes,
                sighting: &sighting,
                outer: None,
                kept: OnceCell::new(),
                memory: judge::Memory::default(),
            })
    }
}

/// What the repositories around a file know.
struct WitnessAt<'w> {
    witnesses: &'w Witnesses,
    path: &'w Path,
}

impl Witness for WitnessAt<'_> {
    fn testimony(&self, id: &[u8]) -> Option<String> {
        self.witnesses.testimony(self.path, id)
    }
}

/// A text with its candidates: the chunk itself, or a region decoded out of another text.
struct Text<'t> {
    bytes: &'t [u8],
    sighting: &'t Sighting,
    outer: Option<(&'t Text<'t>, &'t Decoded)>,
    /// The region once more, to be shared by the findings in it that keep it.
    kept: OnceCell<Arc<Decoded>>,
    /// What the judge learnt of it.
    memory: judge::Memory,
}

impl Text<'_> {
    /// Where `inner` stands in the chunk.
    fn in_chunk(&self, inner: &Range<usize>) -> Range<usize> {
        match self.outer {
            Some((outer, decoded)) => outer.in_chunk(&decoded.outer(inner)),
            None => inner.clone(),
        }
    }

    /// The layers that this text was decoded from, outermost first.
    fn layers(&self) -> Vec<Layer> {
        let mut layers = self
            .outer
            .map_or_else(Vec::new, |(outer, _)| outer.layers());
        layers.extend(self.outer.map(|(_, decoded)| decoded.layer));
        layers
    }

    /// The regions that this text was decoded out of, outermost first.
    fn regions(&self) -> Vec<Arc<Decoded>> {
        let Some((outer, decoded)) = self.outer else {
            return Vec::new();
        };
        let mut regions = outer.regions();
        let kept = self.kept.get_or_init(|| Arc::new(decoded.clone()));
        regions.push(Arc::clone(kept));
        regions
    }

    /// What the redactor needs to replace what stands at `place` of this text.
    fn enclosure(&self, place: &Range<usize>, offset: u64) -> Enclosure {
        let regions = self.regions();
        let binary = match regions.first() {
            Some(region) if matches!(region.layer, Layer::Utf16le | Layer::Utf16be) => {
                let near = around(&region.bytes, place);
                memchr::memchr(0, near).is_some()
                    || memchr::memmem::find(near, "\u{fffd}".as_bytes()).is_some()
            }
            _ => {
                let place = self.in_chunk(place);
                memchr::memchr(0, around(self.outermost().bytes, &place)).is_some()
            }
        };
        Enclosure {
            offset,
            regions,
            place: place.clone(),
            binary,
        }
    }

    /// The chunk's own text.
    fn outermost(&self) -> &Text<'_> {
        self.outer.map_or(self, |(outer, _)| outer.outermost())
    }
}

/// How a candidate was decided.
struct Decision {
    rule: Arc<Rule>,
    confidence: Confidence,
    checksum: Checksum,
    evidence: Vec<Evidence>,
}

/// Turns the candidates of one chunk into findings.
struct Inquiry<'i> {
    scanner: &'i Scanner,
    witness: WitnessAt<'i>,
    chunk: &'i Chunk<'i>,
    lines: Lines<'i>,
    /// What the snippets must mask; gathered for the first finding.
    shown: Option<Shown>,
    /// The regions that comments switch off; looked for at the first finding.
    regions: Option<Regions>,
    /// What the windows before this one left switched off.
    switched_off: Option<&'i Note>,
    outermost: &'i Text<'i>,
    out: &'i mut Vec<Finding>,
}

/// Whether anything in a text might be reported under some path.
struct Doubt<'d> {
    scanner: &'d Scanner,
    witness: WitnessAt<'d>,
}

impl Doubt<'_> {
    fn about(&self, text: &Text<'_>) -> bool {
        let peers = judged(text.sighting);
        let doubtful = |c: &Candidate| self.candidate(text, c, &peers);
        text.sighting.candidates.iter().any(doubtful)
            || text.sighting.decoded.iter().any(|(decoded, sighting)| {
                self.about(&Text {
                    bytes: &decoded.bytes,
                    sighting,
                    outer: Some((text, decoded)),
                    kept: OnceCell::new(),
                    memory: judge::Memory::default(),
                })
            })
    }

    fn candidate(&self, text: &Text<'_>, candidate: &Candidate, peers: &[Range<usize>]) -> bool {
        let least = self.scanner.options.min_confidence;
        match candidate.kind {
            Kind::Shape(shape, _) if shape.is_judged() => {
                let mut context = text.context(&candidate.range, shape, Path::new(""), peers);
                context.witness = Some(&self.witness);
                self.scanner.judge.under_any_path(&context) >= judge::floor(least)
            }
            Kind::Shape(shape, checksum) => judge::prefixed(shape, checksum) >= least,
            Kind::Custom(_) => true,
        }
    }
}

/// The places of the candidates whose form alone says nothing.
fn judged(sighting: &Sighting) -> Vec<Range<usize>> {
    sighting
        .candidates
        .iter()
        .filter(|c| matches!(c.kind, Kind::Shape(shape, _) if shape.is_judged()))
        .map(|c| c.range.clone())
        .collect()
}

impl Inquiry<'_> {
    fn text(&mut self, text: &Text<'_>) {
        let peers = judged(text.sighting);
        for candidate in &text.sighting.candidates {
            let place = text.in_chunk(&candidate.range);
            if !self.chunk.owns(place.start) {
                continue;
            }
            if let Some(decision) = self.decide(text, candidate, &peers) {
                let accepted = self.acceptance(text, candidate, &place, &decision.rule.id);
                let mut finding = self.finding(text, candidate, place, decision);
                finding.accepted = accepted;
                self.out.push(finding);
            }
        }
        for (decoded, sighting) in &text.sighting.decoded {
            let inner = Text {
                bytes: &decoded.bytes,
                sighting,
                outer: Some((text, decoded)),
                kept: OnceCell::new(),
                memory: judge::Memory::default(),
            };
            self.text(&inner);
        }
    }

    fn decide(
        &self,
        text: &Text<'_>,
        candidate: &Candidate,
        peers: &[Range<usize>],
    ) -> Option<Decision> {
        // Most candidates end here; words are made for the others only.
        let reported = |c: &Confidence| *c >= self.scanner.options.min_confidence;
        match candidate.kind {
            Kind::Shape(shape, _) if shape.is_judged() => {
                let mut context = text.context(&candidate.range, shape, self.chunk.path, peers);
                context.witness = Some(&self.witness);
                let verdict = self.scanner.judge.judge(&context);
                let confidence = verdict.confidence.filter(reported)?;
                Some(Decision {
                    rule: Arc::clone(self.scanner.rules.get(verdict.rule_id)?),
                    confidence,
                    checksum: Checksum::None,
                    evidence: verdict.evidence,
                })
            }
            Kind::Shape(shape, checksum) => {
                let confidence = Some(judge::prefixed(shape, checksum)).filter(reported)?;
                let token = &text.bytes[candidate.range.clone()];
                Some(Decision {
                    rule: Arc::clone(self.scanner.rules.of_shape(shape)?),
                    confidence,
                    checksum,
                    evidence: judge::prefixed_evidence(shape, checksum, token),
                })
            }
            Kind::Custom(index) => {
                let rule = self.scanner.detector.custom().rule(index);
                let secret = &text.bytes[candidate.range.clone()];
                Some(decide_custom(rule, secret)).filter(|d| reported(&d.confidence))
            }
        }
    }

    /// Where the chunk came from, and whether what stands at `place` stood in an earlier version of it.
    fn origin(&self, place: &Range<usize>) -> Origin {
        let found = &self.chunk.bytes[place.clone()];
        let known = |version: &Vec<u8>| memchr::memmem::find(version, found).is_some();
        let mut origin = self.chunk.origin.clone();
        origin.pre_existing = self.chunk.before.iter().any(known);
        origin
    }

    fn finding(
        &mut self,
        text: &Text<'_>,
        candidate: &Candidate,
        place: Range<usize>,
        decision: Decision,
    ) -> Finding {
        let Decision {
            rule,
            confidence,
            checksum,
            evidence,
        } = decision;
        let secret = Secret::new(&text.bytes[candidate.range.clone()]);
        let chunk = self.chunk;
        let origin = self.origin(&place);
        let start = self.lines.position(place.start);
        let line = line_near(chunk.bytes, &place, SNIPPET_REACH);
        let shown = self.shown.get_or_insert_with(|| Shown::new(self.outermost));
        let others = shown.near(&(line.start..line.end.max(place.end)));
        Finding {
            fingerprint: secret.fingerprint(&rule.id),
            rule_id: Arc::clone(&rule.id),
            title: Arc::clone(&rule.title),
            severity: rule.severity,
            confidence,
            checksum,
            path: chunk.path.to_owned(),
            start,
            end: start.after(&chunk.bytes[place.clone()]),
            bytes: chunk.offset + place.start as u64..chunk.offset + place.end as u64,
            secret,
            decoded_from: text.layers(),
            origin,
            evidence,
            remediation: Arc::clone(&rule.revoke),
            snippet: Snippet::of_line(chunk.bytes, line, start.line, place, others),
            accepted: None,
            enclosure: self
                .scanner
                .keep_enclosures
                .then(|| Box::new(text.enclosure(&candidate.range, chunk.offset))),
        }
    }
}

/// A match of a user rule is as sure as the rule says, unless the rule names a checksum that settles it.
fn decide_custom(rule: &Arc<Rule>, secret: &[u8]) -> Decision {
    let stated = match rule.pattern {
        Pattern::Regex { confidence, .. } => confidence,
        _ => Confidence::Medium,
    };
    let checksum = rule
        .checksum
        .map_or(Checksum::None, |kind| kind.check(secret));
    Decision {
        rule: Arc::clone(rule),
        confidence: match checksum {
            Checksum::Valid => Confidence::Certain,
            Checksum::Invalid => Confidence::Low,
            Checksum::None => stated,
        },
        checksum,
        evidence: vec![judge::stated_by_rule(stated, checksum)],
    }
}

/// The bytes near `place`.
fn around<'t>(text: &'t [u8], place: &Range<usize>) -> &'t [u8] {
    const NEAR: usize = 256;
    &text[place.start.saturating_sub(NEAR)..text.len().min(place.end + NEAR)]
}

/// How much of a long line a snippet may look at, on either side of a finding.
const SNIPPET_REACH: usize = 256;

/// The places of a chunk's candidates, decoded ones too: what a snippet must mask.
struct Shown {
    places: Vec<Range<usize>>,
    /// The furthest end of the places up to each.
    ends: Vec<usize>,
}

impl Shown {
    fn new(outermost: &Text<'_>) -> Self {
        let mut places = Vec::new();
        gather_places(outermost, &mut places);
        places.sort_unstable_by_key(|p| (p.start, p.end));
        let mut furthest = 0;
        let ends = places
            .iter()
            .map(|p| {
                furthest = p.end.max(furthest);
                furthest
            })
            .collect();
        Shown { places, ends }
    }

    /// All that reach into `line`, and perhaps some others.
    fn near(&self, line: &Range<usize>) -> &[Range<usize>] {
        let from = self.ends.partition_point(|&end| end <= line.start);
        let to = self.places.partition_point(|p| p.start < line.end);
        &self.places[from.min(to)..to]
    }
}

fn gather_places(text: &Text<'_>, places: &mut Vec<Range<usize>>) {
    let own = text.sighting.candidates.iter();
    places.extend(own.map(|c| text.in_chunk(&c.range)));
    for (decoded, sighting) in &text.sighting.decoded {
        let inner = Text {
            bytes: &decoded.bytes,
            sighting,
            outer: Some((text, decoded)),
            kept: OnceCell::new(),
            memory: judge::Memory::default(),
        };
        gather_places(&inner, places);
    }
}
