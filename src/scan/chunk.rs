//! Decisions on the candidates of one chunk, and the findings made from them.

use std::cell::LazyCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::decision::{Decision, decide_custom};
use super::engine::{RunContext, ScanEngine};
use super::found::FoundSecrets;
use super::known_hashes::HashCollector;
use super::lookup::LookupAt;
use super::text::{DetectedText, SNIPPET_REACH, judged_ranges};
use crate::accept::comment::{AllowComment, Regions};
use crate::detect::{Candidate, CandidateKind};
use crate::finding::{
    Checksum, Confidence, Evidence, Finding, PICTURE, Secret, SharedOrigin, Snippet, charset_under,
};
use crate::judge::{self, Judgement, PrefilterResult};
use crate::message::count_noun;
use crate::source::Chunk;
use crate::span::{LinePositions, Span, lines_near};
use crate::token::Shape;

/// Conversion of the candidates of one chunk to findings.
pub(super) struct ChunkScan<'i, 's> {
    pub(super) scanner: &'i ScanEngine,
    pub(super) objects: LookupAt<'i>,
    /// Settings of the run.
    pub(super) context: RunContext<'i>,
    pub(super) chunk: &'i Chunk<'i>,
    /// Origin of the findings; copied from the chunk at the first one.
    pub(super) origin: Option<SharedOrigin>,
    pub(super) lines: LinePositions<'i>,
    /// Regions that comments switch off; parsed at the first finding.
    pub(super) regions: Option<Regions>,
    /// Region that earlier windows of the file left switched off.
    pub(super) switched_off: Option<&'i AllowComment>,
    pub(super) outermost: &'i DetectedText<'i>,
    pub(super) out: &'i mut Vec<Finding>,
    /// Collection of the values used as ids.
    pub(super) ids: &'i mut HashCollector<'s>,
    /// Secrets that are known already.
    pub(super) found: &'i FoundSecrets,
}

/// Places of the findings in a chunk, from start and number in the output to end.
type ReportedPlaces = BTreeMap<(u64, usize), u64>;

/// Number of findings before a place that are compared with a value at it.
const MOST_OVERLAPS: usize = 16;

/// Prefilter for texts with a candidate that might be reported under some path.
pub(super) struct Prefilter<'d, 's> {
    pub(super) scanner: &'d ScanEngine,
    pub(super) objects: LookupAt<'d>,
    /// Collection of the values used as ids.
    pub(super) ids: &'d mut HashCollector<'s>,
}

impl Prefilter<'_, '_> {
    pub(super) fn may_report(&mut self, text: &DetectedText<'_>) -> bool {
        let peers = LazyCell::new(|| judged_ranges(text.detection));
        let mut own = text.detection.candidates.iter();
        let mut inner = text.detection.decoded.iter();
        own.any(|c| !text.settles_candidate(c) && self.candidate(text, c, &peers))
            || inner.any(|(decoded, detection)| {
                self.may_report(&DetectedText::from_region(text, decoded, detection))
            })
    }

    fn candidate(
        &mut self,
        text: &DetectedText<'_>,
        candidate: &Candidate,
        peers: &[Range<usize>],
    ) -> bool {
        let least = self.scanner.min_confidence;
        match candidate.kind {
            CandidateKind::Shape(shape, _) if shape.is_judged() => {
                let mut context =
                    text.candidate_context(candidate.range, shape, Path::new(""), peers);
                context.witness = Some(&self.objects);
                let result = self.scanner.judge.prefilter(&context, least);
                if result == PrefilterResult::Id {
                    self.ids.add(&text.bytes[candidate.range]);
                }
                result == PrefilterResult::Open
            }
            CandidateKind::Shape(shape, checksum) => judge::prefixed(shape, checksum) >= least,
            // The path may decide, and keys are rare.
            CandidateKind::PrivateKey | CandidateKind::Custom(_) | CandidateKind::Known(_) => true,
        }
    }
}

impl ChunkScan<'_, '_> {
    /// Converts the candidates of a text, and of the texts decoded from it, to findings.
    pub(super) fn text(&mut self, text: &DetectedText<'_>) {
        let before = self.out.len();
        self.sort_out(text, None);
        if !self.found.is_empty() {
            // A candidate that its own place makes a finding needs no known secret.
            let mut reported: ReportedPlaces = BTreeMap::new();
            for (index, finding) in self.out.iter().enumerate().skip(before) {
                reported.insert((finding.bytes.start, index), finding.bytes.end);
            }
            self.sort_out(text, Some(&mut reported));
        }
    }

    /// Converts the candidates found by their form or, if `reported` is given, the known secrets outside the `reported`
    /// places.
    fn sort_out(&mut self, text: &DetectedText<'_>, mut reported: Option<&mut ReportedPlaces>) {
        let peers = LazyCell::new(|| judged_ranges(text.detection));
        for candidate in &text.detection.candidates {
            if self.context.is_stopped() {
                return;
            }
            if text.settles_candidate(candidate) {
                continue;
            }
            let place = text.range_in_chunk(candidate.range);
            if candidate.is_known() != reported.is_some() || !self.chunk.owns_offset(place.start) {
                continue;
            }
            let value = &text.bytes[candidate.range];
            let done = reported.as_deref();
            if done.is_some_and(|done| self.has_reported(done, place, value)) {
                continue;
            }
            if let Some(decision) = self.decide(text, candidate, &peers) {
                let accepted = self.acceptance_for(text, candidate, place, &decision.rule.id);
                let mut finding = self.finding(text, candidate, place, decision);
                finding.accepted = accepted.map(Box::new);
                if let Some(reported) = reported.as_deref_mut() {
                    reported.insert((finding.bytes.start, self.out.len()), finding.bytes.end);
                }
                self.out.push(finding);
            }
        }
        for (decoded, detection) in &text.detection.decoded {
            let inner = DetectedText::from_region(text, decoded, detection);
            self.sort_out(&inner, reported.as_deref_mut());
        }
    }

    /// Returns true if an equal value is reported at `place`. UTF-16 is readable in either byte order, one byte apart.
    fn has_reported(&self, reported: &ReportedPlaces, place: Span, value: &[u8]) -> bool {
        let from = self.chunk.offset + place.start as u64;
        let to = self.chunk.offset + place.end as u64;
        let before = reported.range(..(to, 0)).rev().take(MOST_OVERLAPS);
        before
            .filter(|(_, end)| from < **end)
            .any(|((_, index), _)| {
                let there = self.out.get(*index).map(|f| &f.secret);
                there.is_some_and(|s| s.expose_the_secret().eq_ignore_ascii_case(value))
            })
    }

    pub(super) fn decide(
        &mut self,
        text: &DetectedText<'_>,
        candidate: &Candidate,
        peers: &[Range<usize>],
    ) -> Option<Decision> {
        // Most candidates are discarded here; evidence is made for the others only.
        let least = self.scanner.min_confidence;
        let reported = |c: &Confidence| *c >= least;
        match candidate.kind {
            CandidateKind::Shape(shape, _) if shape.is_judged() => {
                self.decide_judged(text, candidate.range, shape, peers)
            }
            CandidateKind::Shape(shape, checksum) => {
                let confidence = Some(judge::prefixed(shape, checksum)).filter(reported)?;
                let token = &text.bytes[candidate.range];
                Some(Decision {
                    rule: Arc::clone(self.scanner.rules.rule_for_shape(shape)?),
                    confidence,
                    checksum,
                    evidence: judge::prefixed_evidence(shape, checksum, token),
                })
            }
            CandidateKind::PrivateKey => {
                let verdict = text.judge_private_key(candidate.range, self.chunk.path);
                Some(Decision {
                    rule: Arc::clone(self.scanner.rules.get(verdict.rule_id)?),
                    confidence: Some(verdict.confidence).filter(reported)?,
                    checksum: Checksum::None,
                    evidence: verdict.evidence,
                })
            }
            CandidateKind::Custom(index) => {
                let rule = self.scanner.detector.custom_rules().rule_at(index);
                let secret = &text.bytes[candidate.range];
                Some(decide_custom(rule, secret)).filter(|d| reported(&d.confidence))
            }
            CandidateKind::Known(index) => self.found.decide(index, &self.scanner.rules),
        }
    }

    /// Decides on a value that only its surroundings tell from an id. Keeps an id.
    fn decide_judged(
        &mut self,
        text: &DetectedText<'_>,
        value: Span,
        shape: Shape,
        peers: &[Range<usize>],
    ) -> Option<Decision> {
        let least = self.scanner.min_confidence;
        let path = self.chunk.content_path();
        let mut context = text.candidate_context(value, shape, path, peers);
        context.witness = Some(&self.objects);
        let verdict = match self.scanner.judge.judge_candidate(&context, least) {
            Judgement::Weighed(verdict) => verdict,
            Judgement::Id => {
                self.ids.add(&text.bytes[value]);
                return None;
            }
            Judgement::Nothing => return None,
        };
        Some(Decision {
            rule: Arc::clone(self.scanner.rules.get(verdict.rule_id)?),
            confidence: verdict.confidence.filter(|c| *c >= least)?,
            checksum: Checksum::None,
            evidence: verdict.evidence,
        })
    }

    /// Returns the evidence that a text at `place` was recognised in a picture.
    fn recognition_of(&self, place: Span, kind: CandidateKind) -> Option<Evidence> {
        let at = self.chunk.offset + place.start as u64;
        let repaired = self.chunk.places.find_start(at)?.repaired?;
        let repairs = match repaired {
            0 => String::new(),
            count => format!(
                ", repaired at {}",
                count_noun(u64::from(count), "character")
            ),
        };
        let tail = match kind {
            CandidateKind::Shape(Shape::FineGrained, _) => {
                "; its last 8 characters have no checksum and may differ"
            }
            _ => "",
        };
        let detail = format!("read from a picture{repairs}{tail}");
        Some(Evidence::new(PICTURE, 0.0, detail))
    }

    /// Returns the origin of the chunk, and if the value at `place` was in an earlier version of it.
    pub(super) fn origin_of(&mut self, place: Span) -> SharedOrigin {
        let found = &self.chunk.bytes[place];
        let known = |version: &Vec<u8>| memchr::memmem::find(version, found).is_some();
        let shared = self
            .origin
            .get_or_insert_with(|| self.chunk.origin.clone().into());
        let mut origin = shared.clone();
        if !origin.pre_existing && self.chunk.before.iter().any(known) {
            origin.pre_existing = true;
        }
        let at = self.chunk.offset + place.start as u64;
        let Some(start) = self.chunk.places.find_start(at) else {
            return origin;
        };
        origin.raw_at = self.chunk.places.find_raw(at);
        if let Some(inner) = &start.place {
            let outer = origin.place.as_ref();
            origin.place = Some(outer.map_or_else(|| inner.clone(), |outer| inner.inside(outer)));
        }
        origin
    }

    pub(super) fn finding(
        &mut self,
        text: &DetectedText<'_>,
        candidate: &Candidate,
        place: Span,
        decision: Decision,
    ) -> Finding {
        let Decision {
            rule,
            confidence,
            checksum,
            mut evidence,
        } = decision;
        evidence.extend(self.recognition_of(place, candidate.kind));
        let secret = Secret::new(&text.bytes[candidate.range]);
        let known = match candidate.kind {
            // Hex digits of the other case are the same secret.
            CandidateKind::Known(index) => self.found.secret_at(index),
            _ => None,
        };
        let chunk = self.chunk;
        let origin = self.origin_of(place);
        let layers = text.layers();
        let charset = charset_under(&layers);
        let start = self.lines.position_in(charset, place.start);
        let (readable, shown) = text.readable(candidate.range);
        let line = lines_near(readable.bytes, shown, SNIPPET_REACH);
        let near = line.start.min(shown.start)..line.end.max(shown.end);
        let others = readable.shown().places_near(near.into());
        Finding {
            fingerprint: known.unwrap_or(&secret).fingerprint(&rule.id),
            rule_id: Arc::clone(&rule.id),
            title: Arc::clone(&rule.title),
            severity: rule.severity,
            confidence,
            checksum,
            path: chunk.path.to_owned(),
            start,
            end: self.lines.position_in(charset, place.end),
            bytes: chunk.offset + place.start as u64..chunk.offset + place.end as u64,
            secret,
            decoded_from: layers,
            origin,
            evidence,
            remediation: Arc::clone(&rule.revoke),
            snippet: Snippet::from_line(readable.bytes, line, start.line, shown, others),
            accepted: None,
            enclosure: self
                .context
                .keep_enclosures
                .then(|| Box::new(text.rewrite_context(candidate.range, chunk.offset))),
        }
    }
}
