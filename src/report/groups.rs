//! Findings grouped by secret: one secret in many places is one thing to act on.

use std::cmp::Reverse;
use std::collections::HashMap;

use jiff::Timestamp;

use crate::finding::{Confidence, Finding, FindingStatus};

/// All places of one secret under one rule, the most important first.
pub(super) struct SecretGroup<'o> {
    pub(super) places: Vec<&'o Finding>,
}

impl<'o> SecretGroup<'o> {
    /// Returns the place that is shown first: open before others, then the earliest commit.
    pub(super) fn first(&self) -> &'o Finding {
        self.places[0]
    }

    /// Returns true if a place is known to be at `HEAD`, false if all are known not to be, `None` without a history.
    pub(super) fn at_head(&self) -> Option<bool> {
        let known = self.places.iter().filter_map(|f| f.origin.at_head);
        known.reduce(|a, b| a || b)
    }

    /// Returns the highest confidence of all places.
    pub(super) fn confidence(&self) -> Confidence {
        let levels = self.places.iter().map(|f| f.confidence);
        levels.max().unwrap_or(Confidence::Low)
    }
}

/// Groups findings by fingerprint. What matters most comes first: open, then at `HEAD`, then the higher confidence, then
/// the order of the findings.
pub(super) fn group_by_secret<'o>(
    findings: impl IntoIterator<Item = &'o Finding>,
) -> Vec<SecretGroup<'o>> {
    let mut groups: Vec<SecretGroup<'_>> = Vec::new();
    let mut by_secret: HashMap<&str, usize> = HashMap::new();
    for finding in findings {
        let at = *by_secret
            .entry(&finding.fingerprint)
            .or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => group.places.push(finding),
            None => groups.push(SecretGroup {
                places: vec![finding],
            }),
        }
    }
    for group in &mut groups {
        group
            .places
            .sort_by_cached_key(|f| (rank(f.status()), first_seen(f).unwrap_or(Timestamp::MAX)));
        // The first place says where the secret came in; of the others, those at HEAD matter most.
        group.places[1..].sort_by_key(|f| (rank(f.status()), f.origin.at_head != Some(true)));
    }
    groups.sort_by_key(|group| {
        let is_gone = group.at_head() == Some(false);
        (
            rank(group.first().status()),
            is_gone,
            Reverse(group.confidence()),
        )
    });
    groups
}

/// Numbers of secrets of one kind.
pub(super) struct KindCounts<'o> {
    pub(super) title: &'o str,
    /// Number of secrets at each confidence, lowest first.
    pub(super) levels: [u64; 4],
    /// Number of secrets at `HEAD`.
    pub(super) at_head: u64,
}

impl<'o> KindCounts<'o> {
    /// Returns the counts of a kind without secrets.
    pub(super) fn new(title: &'o str) -> Self {
        KindCounts {
            title,
            levels: [0; 4],
            at_head: 0,
        }
    }
}

/// Counts secrets by kind, in the order in which the kinds occur.
pub(super) fn count_by_kind<'o>(groups: &[SecretGroup<'o>]) -> Vec<KindCounts<'o>> {
    let mut kinds: Vec<KindCounts<'o>> = Vec::new();
    let mut by_title: HashMap<&str, usize> = HashMap::new();
    for group in groups {
        let title = &*group.first().title;
        let at = *by_title.entry(title).or_insert_with(|| {
            kinds.push(KindCounts::new(title));
            kinds.len() - 1
        });
        let kind = &mut kinds[at];
        kind.levels[group.confidence() as usize] += 1;
        kind.at_head += u64::from(group.at_head() == Some(true));
    }
    kinds
}

/// Returns the position of a status in reports.
fn rank(status: FindingStatus) -> u8 {
    match status {
        FindingStatus::Open => 0,
        FindingStatus::PreExisting => 1,
        FindingStatus::Accepted => 2,
    }
}

fn first_seen(finding: &Finding) -> Option<Timestamp> {
    finding.origin.author_date.as_ref()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    #[test]
    fn what_is_open_at_head_and_certain_comes_first() {
        let mut outcome = samples::outcome();
        outcome.findings[0].origin.at_head = Some(false);
        outcome.findings[1].confidence = Confidence::Medium;
        let groups = group_by_secret(&outcome.findings);
        let rules: Vec<&str> = groups.iter().map(|g| &*g.first().rule_id).collect();
        let expected = [
            "github-legacy-token",
            "github-fine-grained-pat",
            "github-pat",
            "npm-access-token",
            "github-oauth",
        ];
        assert_eq!(rules, expected);
    }

    #[test]
    fn the_first_place_is_the_earliest_and_the_next_are_those_at_head() {
        let one = samples::outcome().findings.remove(0);
        let place = |path: &str, date: &str, at_head: bool| {
            let mut copy = one.clone();
            copy.path = path.into();
            copy.origin.author_date = Some(date.to_owned());
            copy.origin.at_head = Some(at_head);
            copy
        };
        // The second is the earliest, as its offset from UTC says.
        let findings = [
            place("a", "2024-03-01T10:00:00+00:00", false),
            place("b", "2024-03-01T11:00:00+05:00", false),
            place("c", "2025-01-01T00:00:00Z", true),
        ];
        let groups = group_by_secret(&findings);
        assert_eq!(groups.len(), 1);
        let paths: Vec<_> = groups[0].places.iter().map(|f| f.path.to_str()).collect();
        assert_eq!(paths, [Some("b"), Some("c"), Some("a")]);
        assert_eq!(groups[0].at_head(), Some(true));
    }
}
