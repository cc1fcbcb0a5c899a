//! Merge of reviewed findings: one finding for each place of a secret, and one fingerprint for each secret.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::matching::{lines_near, value_key};
use super::review::ReviewedFinding;
use crate::finding::{AcceptedBy, Confidence, Evidence, Finding, Secret};
use crate::message::portable_path;

/// Name that our own reports have among the programs.
const OURS: &str = env!("CARGO_PKG_NAME");

/// Finding that several reports may contain.
struct MergedFinding {
    one: ReviewedFinding,
    /// Positions of the reports that contain it.
    reports: Vec<usize>,
}

/// Merges findings of the same secret in the same place.
pub(super) fn merge_findings(mut reviewed: Vec<ReviewedFinding>) -> Vec<Finding> {
    share_verdicts(&mut reviewed);
    // What is known best is what the others are merged into.
    reviewed.sort_by_key(|one| {
        let is_known = !one.finding.fingerprint.is_empty();
        (!is_known, !one.is_placed, !one.is_verified, one.report)
    });
    let mut merged: Vec<MergedFinding> = Vec::new();
    let mut known: HashMap<PathBuf, FilePlaces> = HashMap::new();
    for mut one in reviewed {
        let path = one.finding.full_path().into_owned();
        let there = known.entry(path).or_default();
        let mut candidates = there.positions_for(&one.finding).into_iter();
        match candidates.find(|at| merged[*at].is_same_place(&one)) {
            Some(at) => merged[at].absorb(one),
            None => {
                if one.finding.fingerprint.is_empty() {
                    one.finding.fingerprint = name_by_place(&one.finding);
                }
                there.add_place(&one.finding, merged.len());
                merged.push(MergedFinding {
                    reports: vec![one.report],
                    one,
                });
            }
        }
    }
    merged
        .into_iter()
        .map(MergedFinding::into_finding)
        .collect()
}

/// Positions of the merged findings of a file, by secret and by line.
#[derive(Default)]
struct FilePlaces {
    by_secret: HashMap<String, Vec<usize>>,
    by_line: BTreeMap<u64, Vec<usize>>,
}

impl FilePlaces {
    fn add_place(&mut self, finding: &Finding, at: usize) {
        let secret = finding.fingerprint.clone();
        self.by_secret.entry(secret).or_default().push(at);
        self.by_line.entry(finding.start.line).or_default().push(at);
    }

    /// Returns the positions of the findings that may be the same: those of the same secret, or on the same line.
    fn positions_for(&self, finding: &Finding) -> Vec<usize> {
        if !finding.fingerprint.is_empty() {
            let same = self.by_secret.get(&finding.fingerprint);
            return same.cloned().unwrap_or_default();
        }
        let lines = lines_near(finding.start.line, finding.end.line);
        let there = self.by_line.range(lines).flat_map(|(_, list)| list);
        there.copied().collect()
    }
}

/// Gives all findings of a value the rule and the fingerprint of the best one of them.
fn share_verdicts(reviewed: &mut [ReviewedFinding]) {
    let mut best: HashMap<Vec<u8>, Finding> = HashMap::new();
    let mut order: Vec<usize> = (0..reviewed.len()).collect();
    order.sort_by_key(|at| {
        let one = &reviewed[*at];
        let level = std::cmp::Reverse(one.finding.confidence);
        let place = (one.finding.path.clone(), one.finding.start);
        (!one.is_verified, level, one.report, place)
    });
    let masked = MaskedSecrets::of(reviewed);
    for at in order {
        let one = &mut reviewed[at];
        let Some(key) = value_key(&one.finding.secret) else {
            continue;
        };
        let known = best.entry(key).or_insert_with(|| {
            let judged = masked
                .find(&one.finding.secret)
                .filter(|_| !one.is_verified);
            let mut first = judged.unwrap_or(&one.finding).clone();
            // The value may be short enough to be guessed, so that no hash of it may be written.
            if first.fingerprint.is_empty() {
                first.fingerprint = name_by_place(&first);
            }
            first
        });
        let finding = &mut one.finding;
        finding.fingerprint.clone_from(&known.fingerprint);
        finding.rule_id = Arc::clone(&known.rule_id);
        finding.title = Arc::clone(&known.title);
        finding.severity = known.severity;
        finding.remediation = Arc::clone(&known.remediation);
        if !one.is_verified {
            finding.confidence = finding.confidence.max(known.confidence);
        }
    }
}

/// Secrets of our own reports, which only show their masks.
struct MaskedSecrets {
    rules: BTreeSet<Arc<str>>,
    by_fingerprint: HashMap<String, Finding>,
}

impl MaskedSecrets {
    fn of(reviewed: &[ReviewedFinding]) -> Self {
        let masked = reviewed.iter().map(|one| &one.finding);
        let masked = masked.filter(|f| !f.secret.is_known() && !f.fingerprint.is_empty());
        MaskedSecrets {
            rules: masked.clone().map(|f| Arc::clone(&f.rule_id)).collect(),
            by_fingerprint: masked.map(|f| (f.fingerprint.clone(), f.clone())).collect(),
        }
    }

    /// Returns the finding of this secret in one of our reports.
    fn find(&self, secret: &Secret) -> Option<&Finding> {
        let names = self.rules.iter().map(|rule| secret.fingerprint(rule));
        names
            .into_iter()
            .find_map(|name| self.by_fingerprint.get(&name))
    }
}

/// Returns the name of a secret that only its place identifies.
fn name_by_place(finding: &Finding) -> String {
    let mut hash = Sha256::new();
    hash.update(b"tokensweep-place-v1\0");
    for part in [&*finding.rule_id, &*portable_path(&finding.full_path())] {
        hash.update(part.as_bytes());
        hash.update(b"\0");
    }
    hash.update(finding.start.line.to_be_bytes());
    hash.update(finding.start.column.to_be_bytes());
    data_encoding::HEXLOWER.encode(&hash.finalize()[..16])
}

impl MergedFinding {
    /// Returns true if another finding in the same file is this one.
    fn is_same_place(&self, other: &ReviewedFinding) -> bool {
        let (ours, theirs) = (&self.one.finding, &other.finding);
        let lines_meet = ours.start.line <= theirs.end.line && theirs.start.line <= ours.end.line;
        if theirs.fingerprint.is_empty() {
            // A report names a secret once, so a second finding without a value is another one.
            return lines_meet
                && other.has_line
                && !self.reports.contains(&other.report)
                && self.columns_meet(other);
        }
        if ours.fingerprint != theirs.fingerprint {
            return false;
        }
        if self.one.is_placed && other.is_placed {
            return ours.start == theirs.start && self.is_same_version(theirs);
        }
        lines_meet || !self.one.has_line || !other.has_line
    }

    /// Returns true unless both are from different blobs of a history.
    fn is_same_version(&self, other: &Finding) -> bool {
        let (ours, theirs) = (&self.one.finding.origin.blob, &other.origin.blob);
        ours == theirs || ours.is_none() || theirs.is_none()
    }

    fn columns_meet(&self, other: &ReviewedFinding) -> bool {
        let (Some((first, last)), Some((from, to))) = (self.columns(), other.columns) else {
            return true;
        };
        first <= to + 1 && from <= last + 1
    }

    fn columns(&self) -> Option<(u64, u64)> {
        let finding = &self.one.finding;
        let is_one_line = finding.start.line == finding.end.line;
        let exact = (finding.start.column, finding.end.column);
        let is_placed = self.one.is_placed && is_one_line;
        is_placed.then_some(exact).or(self.one.columns)
    }

    /// Adds what another report says about the finding.
    fn absorb(&mut self, other: ReviewedFinding) {
        self.reports.push(other.report);
        for claim in other.claims {
            if !self.one.claims.contains(&claim) {
                self.one.claims.push(claim);
            }
        }
        let (ours, theirs) = (&mut self.one.finding, other.finding);
        if ours.origin.commit.is_none() && theirs.origin.commit.is_some() {
            ours.origin.commit.clone_from(&theirs.origin.commit);
            ours.origin.author.clone_from(&theirs.origin.author);
            ours.origin
                .author_date
                .clone_from(&theirs.origin.author_date);
        }
        // A verdict stands, unless a program has used the secret.
        if !self.one.is_verified || theirs.confidence >= Confidence::High {
            ours.confidence = ours.confidence.max(theirs.confidence);
        }
        // One program that does not accept a finding is enough, unless the text itself accepts it.
        let by_text = ours
            .accepted
            .as_ref()
            .is_some_and(|a| matches!(a.by, AcceptedBy::Comment | AcceptedBy::Region));
        if theirs.accepted.is_none() && !(by_text && self.one.is_verified) {
            ours.accepted = None;
        }
    }

    fn into_finding(self) -> Finding {
        let mut finding = self.one.finding;
        if self.one.claims != [OURS] {
            let programs = self.one.claims.join("; ");
            finding
                .evidence
                .push(Evidence::new(Evidence::REPORTED_BY, 0.0, programs));
        }
        finding
    }
}
