//! Examination of all possible secrets in one text with all evidence, reported or not: for `explain`, `why-not` and the
//! fitting of weights.

use std::ops::Range;
use std::path::Path;

use super::Scanner;
use super::found::{self, FoundSecrets};
use super::known_hashes::{self, KnownHashes};
use super::lookup::LookupAt;
use super::text::{DetectedText, judged_ranges};
use crate::detect::{Candidate, CandidateKind, Scratch};
use crate::finding::{
    Checksum, Confidence, Evidence, Finding, Layer, Origin, Secret, charset_under,
};
use crate::judge::{self, feature::Feature};
use crate::rule::RulePattern;
use crate::source::{self, Chunk, Sinks, WalkOptions};
use crate::span::{Charset, LinePositions, Position, Span};
use crate::token::Shape;

/// Value with the decision on it.
#[derive(Clone, Debug)]
pub(crate) struct Examined {
    /// Position of the first character.
    pub start: Position,
    /// Place of the value in the text.
    pub place: Span,
    /// Value in decoded form.
    pub secret: Secret,
    /// Form of the value; `None` for a match of a user rule.
    pub shape: Option<Shape>,
    /// Result of the checksum.
    pub checksum: Checksum,
    /// Layers that the value was decoded from.
    pub layers: Vec<Layer>,
    /// Id of the rule that applies to the value.
    pub rule_id: String,
    /// Confidence of the decision; `None` if below low.
    pub confidence: Option<Confidence>,
    /// Evidence for the decision.
    pub evidence: Vec<Evidence>,
    /// Score of the judge, for a form that only the context distinguishes from a SHA.
    pub verdict: Option<judge::Verdict>,
}

impl Examined {
    /// Returns the value of a finding whose text is not examined.
    pub(crate) fn of_finding(finding: &Finding) -> Examined {
        Examined {
            start: finding.start,
            place: Span::default(),
            secret: finding.secret.clone(),
            shape: None,
            checksum: finding.checksum,
            layers: finding.decoded_from.clone(),
            rule_id: finding.rule_id.to_string(),
            confidence: Some(finding.confidence),
            evidence: finding.evidence.clone(),
            verdict: None,
        }
    }

    /// Adds the evidence of a finding of the same value that only a scan of all texts can give: that it is a secret, or
    /// an id, in another one.
    pub(crate) fn adopt_finding(&mut self, finding: &Finding) {
        let is_known = |e: &Evidence| self.evidence.iter().any(|own| own.name == e.name);
        let more = finding.evidence.iter().filter(|e| !is_known(e)).cloned();
        let more: Vec<Evidence> = more.collect();
        if more.is_empty() {
            return;
        }
        self.evidence.splice(0..0, more);
        self.confidence = Some(finding.confidence);
        if found::same_value_of(finding).is_some() {
            // The score of the value's own place has no effect any more.
            self.verdict = None;
        } else if let Some(verdict) = &mut self.verdict {
            verdict.log_odds = judge::log_odds(&self.evidence);
        }
    }
}

impl Scanner {
    /// Examines every value in `text` that has the form of a secret.
    #[must_use]
    pub(crate) fn examine(&self, text: &[u8], path: &Path) -> Vec<Examined> {
        let objects = LookupAt {
            objects: self.given_objects(),
            path,
        };
        self.examine_with_lookup(text, path, &objects)
    }

    /// Examines `text` like [`Scanner::examine`], with a given object lookup.
    #[must_use]
    pub(crate) fn examine_with_lookup(
        &self,
        text: &[u8],
        path: &Path,
        objects: &dyn judge::IdLookup,
    ) -> Vec<Examined> {
        let detection = self
            .engine
            .detector
            .find_candidates(text, &mut Scratch::default());
        let outermost = DetectedText::whole(text, &detection);
        let mut out = Vec::new();
        self.examine_text(&outermost, path, objects, &mut out);
        let mut lines = LinePositions::new(text, Charset::of_file(text), 0, Position::START);
        for one in &mut out {
            one.start = lines.position_in(charset_under(&one.layers), one.place.start);
        }
        out.sort_by_key(|e| e.place.start);
        out
    }

    /// Applies the known hashes in the files of a walk to these values, as a scan of the files does.
    pub(crate) fn apply_hashes_from_walk(&self, walk: &WalkOptions, examined: &mut [Examined]) {
        self.apply_hashes(examined, |sinks| {
            source::walk(walk, sinks);
        });
    }

    /// Applies the known hashes in another text to these values.
    pub(crate) fn apply_hashes_from_text(&self, text: &[u8], examined: &mut [Examined]) {
        self.apply_hashes(examined, |sinks| {
            sinks().scan_chunk(&Chunk::whole(text, Path::new(""), &Origin::default()))
        });
    }

    /// Adds findings of a walk and of this text that are reported only because an equal value is a secret in another
    /// place: to the examined values, and as new values where nothing has the form of a secret.
    pub(crate) fn apply_same_values(
        &self,
        walk: &WalkOptions,
        text: &[u8],
        path: &Path,
        examined: &mut Vec<Examined>,
    ) {
        let outcome = self.scan_paths(walk);
        let found = FoundSecrets::default().with(self.spreading(&outcome));
        let findings = self.scan_text_for(text, path, &found.unwrap_or_default());
        for finding in findings {
            let Some(reason) = found::same_value_of(&finding).cloned() else {
                continue;
            };
            let at = |at: u64| usize::try_from(at).unwrap_or(text.len());
            let place = Span::from(at(finding.bytes.start)..at(finding.bytes.end));
            let known = examined.iter_mut().find(|e| e.place == place);
            match known {
                Some(one) => {
                    one.rule_id = finding.rule_id.to_string();
                    one.confidence = Some(finding.confidence);
                    one.evidence.insert(0, reason);
                    // The score of the value's own place has no effect any more.
                    one.verdict = None;
                }
                None => examined.push(Examined {
                    place,
                    checksum: Checksum::None,
                    evidence: vec![reason],
                    ..Examined::of_finding(&finding)
                }),
            }
        }
        examined.sort_by_key(|e| e.place.start);
    }

    fn apply_hashes(&self, examined: &mut [Examined], run: impl FnOnce(&Sinks<'_>)) {
        let open = |e: &Examined| {
            let judged = e.verdict.as_ref().is_some_and(|v| v.settled.is_none());
            judged && e.confidence.is_some_and(|c| c < Confidence::High)
        };
        if !examined.iter().any(open) {
            return;
        }
        let ids = KnownHashes::default();
        let _ = self.run_source_with(
            self.context(self.given_objects()),
            &ids,
            (&FoundSecrets::default(), false),
            run,
        );
        let known = ids.known(examined.iter().map(|e| &e.secret));
        for one in examined.iter_mut().filter(|e| open(e)) {
            if !known_hashes::is_known(&known, &one.secret) {
                continue;
            }
            one.confidence = self
                .engine
                .judge
                .with_hash_elsewhere(&one.rule_id, &mut one.evidence);
            if let Some(verdict) = &mut one.verdict {
                verdict.log_odds = judge::log_odds(&one.evidence);
                verdict.features |= 1 << Feature::HashElsewhere as u32;
            }
        }
    }

    fn examine_text(
        &self,
        text: &DetectedText<'_>,
        path: &Path,
        objects: &dyn judge::IdLookup,
        out: &mut Vec<Examined>,
    ) {
        let peers = judged_ranges(text.detection);
        let candidates = text.detection.candidates.iter();
        out.extend(candidates.filter_map(|candidate| {
            self.examine_candidate(text, candidate, path, objects, &peers)
        }));
        for (decoded, detection) in &text.detection.decoded {
            let inner = DetectedText::from_region(text, decoded, detection);
            self.examine_text(&inner, path, objects, out);
        }
    }

    /// Examines a candidate, unless it is one of a known secret.
    fn examine_candidate(
        &self,
        text: &DetectedText<'_>,
        candidate: &Candidate,
        path: &Path,
        objects: &dyn judge::IdLookup,
        peers: &[Range<usize>],
    ) -> Option<Examined> {
        let place = text.range_in_chunk(candidate.range);
        let found = &text.bytes[candidate.range];
        let mut examined = Examined {
            start: Position::START,
            place,
            secret: Secret::new(found),
            shape: None,
            checksum: Checksum::None,
            layers: text.layers(),
            rule_id: String::new(),
            confidence: None,
            evidence: Vec::new(),
            verdict: None,
        };
        match candidate.kind {
            CandidateKind::Shape(shape, _) if shape.is_judged() => {
                let mut context = text.candidate_context(candidate.range, shape, path, peers);
                context.witness = Some(objects);
                let verdict = self.engine.judge.explain(&context);
                examined.shape = Some(shape);
                examined.rule_id = verdict.rule_id.to_owned();
                examined.confidence = verdict.confidence;
                examined.evidence.clone_from(&verdict.evidence);
                examined.verdict = Some(verdict);
            }
            CandidateKind::Shape(shape, checksum) => {
                let rule = self.engine.rules.rule_for_shape(shape);
                examined.shape = Some(shape);
                examined.checksum = checksum;
                examined.rule_id = rule.map_or_else(String::new, |r| r.id.to_string());
                examined.confidence = Some(judge::prefixed(shape, checksum));
                examined.evidence = judge::prefixed_evidence(shape, checksum, found);
            }
            CandidateKind::PrivateKey => {
                let verdict = text.judge_private_key(candidate.range, path);
                examined.rule_id = verdict.rule_id.to_owned();
                examined.confidence = Some(verdict.confidence);
                examined.evidence = verdict.evidence;
            }
            CandidateKind::Custom(index) => {
                let rule = self.engine.detector.custom_rules().rule_at(index);
                examined.rule_id = rule.id.to_string();
                if let RulePattern::Regex { confidence, .. } = rule.pattern {
                    examined.confidence = Some(confidence);
                }
            }
            // Nothing is known before a text is examined.
            CandidateKind::Known(_) => return None,
        }
        Some(examined)
    }
}
