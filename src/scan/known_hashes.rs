//! Known hashes: values used as ids somewhere in the scan, so that equal values are no credentials in other places.
//!
//! Threads find them in any order and read only a part each, so nothing is decided before all is read. Of the 160 bits
//! of a value only 64 mixed bits are kept: enough to recognise the value, too few to reconstruct it.

use std::collections::HashSet;
use std::sync::Mutex;

use crate::finding::{Confidence, Finding, Secret};
use crate::judge::Judge;
use crate::judge::feature::Feature;
use crate::threads::{lock_mutex, unwrap_mutex};

/// Maximum number of values kept, 8 bytes each. If there are more, the smallest keys are kept, which do not depend on
/// the order of the files or the number of threads.
const MOST: usize = 1 << 20;

/// Number of values that one thread gathers before it merges them.
const BATCH: usize = 1 << 14;

/// Number of recent values that a thread does not gather again, as the versions of a file contain the same ids.
const RECENT: usize = 1 << 12;

/// Known hashes of a scan, shared by its threads.
#[derive(Debug, Default)]
pub(super) struct KnownHashes(Mutex<Vec<u64>>);

/// Known hashes that one thread has found; merged when it ends.
#[derive(Debug)]
pub(super) struct HashCollector<'i> {
    ids: &'i KnownHashes,
    keys: Vec<u64>,
    /// Last key of each remainder.
    recent: Vec<u64>,
    /// True if ids in the current text count.
    is_open: bool,
}

impl KnownHashes {
    /// Returns an empty set.
    pub(super) const fn new() -> Self {
        KnownHashes(Mutex::new(Vec::new()))
    }

    pub(super) fn gather(&self) -> HashCollector<'_> {
        HashCollector {
            ids: self,
            keys: Vec::new(),
            recent: Vec::new(),
            is_open: true,
        }
    }

    /// Judges the findings with a known hash as value again, and drops those that are no longer reported.
    pub(super) fn reclassify(self, judge: &Judge, least: Confidence, findings: &mut Vec<Finding>) {
        let judged = |f: &&Finding| is_open(f);
        let known = self.known(findings.iter().filter(judged).map(|f| &f.secret));
        if known.is_empty() {
            return;
        }
        findings.retain_mut(|finding| {
            !is_open(finding)
                || !is_known(&known, &finding.secret)
                || stays_finding(judge, least, finding)
        });
    }

    /// Returns the keys of those of these secrets that are known hashes.
    pub(super) fn known<'f>(self, secrets: impl Iterator<Item = &'f Secret>) -> HashSet<u64> {
        let asked: HashSet<u64> = secrets.filter_map(|s| key(s.expose_the_secret())).collect();
        if asked.is_empty() {
            return asked;
        }
        let mut keys = unwrap_mutex(self.0);
        keep_smallest(&mut keys, MOST);
        keys.into_iter().filter(|key| asked.contains(key)).collect()
    }
}

/// Returns true if the finding would change if its value were a known hash. A finding with high confidence from its own
/// place does not change: people also write a token where ids occur.
pub(super) fn is_open(finding: &Finding) -> bool {
    let named = |feature: Feature| finding.evidence.iter().any(|e| e.name == feature.name());
    finding.confidence < Confidence::High
        && Judge::is_scored(&finding.evidence)
        && !named(Feature::HashElsewhere)
}

/// Returns true if a secret has one of these keys.
pub(super) fn is_known(keys: &HashSet<u64>, secret: &Secret) -> bool {
    key(secret.expose_the_secret()).is_some_and(|key| keys.contains(&key))
}

impl HashCollector<'_> {
    /// Sets if ids in the next text count.
    pub(super) fn open_for(&mut self, may_name_ids: bool) {
        self.is_open = may_name_ids;
    }

    /// Adds a value of 40 hex digits.
    pub(super) fn add(&mut self, value: &[u8]) {
        let Some(key) = key(value).filter(|_| self.is_open) else {
            return;
        };
        if self.recent.is_empty() {
            self.recent.resize(RECENT, !key);
        }
        let place = usize::try_from(key % RECENT as u64).unwrap_or_default();
        let recent = &mut self.recent[place];
        if *recent == key {
            return;
        }
        *recent = key;
        self.keys.push(key);
        if self.keys.len() >= BATCH {
            self.merge_into_shared();
        }
    }

    fn merge_into_shared(&mut self) {
        if self.keys.is_empty() {
            return;
        }
        let mut all = lock_mutex(&self.ids.0);
        all.append(&mut self.keys);
        if all.len() > MOST + MOST / 2 {
            keep_smallest(&mut all, MOST);
        }
    }
}

impl Drop for HashCollector<'_> {
    fn drop(&mut self) {
        self.merge_into_shared();
    }
}

/// Keeps the `most` smallest of these keys, each once, if there are more.
fn keep_smallest(keys: &mut Vec<u64>, most: usize) {
    if keys.len() > most {
        keys.sort_unstable();
        keys.dedup();
        keys.truncate(most);
    }
}

/// Returns true if a finding with a known hash as value is still reported; if so, adds that evidence to it.
fn stays_finding(judge: &Judge, least: Confidence, finding: &mut Finding) -> bool {
    match judge.with_hash_elsewhere(&finding.rule_id, &mut finding.evidence) {
        Some(confidence) if confidence >= least => {
            finding.confidence = confidence;
            true
        }
        _ => false,
    }
}

/// Returns 64 bits mixed from 40 hex digits, upper and lower case alike.
fn key(value: &[u8]) -> Option<u64> {
    const LOWER: u64 = 0x2020_2020_2020_2020;
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    if value.len() != 40 {
        return None;
    }
    let mixed = value.chunks_exact(8).fold(0x5eed, |sum, part| {
        let part = part.iter().fold(0u64, |word, &b| word << 8 | u64::from(b));
        let product = (sum ^ (part | LOWER)).wrapping_mul(ODD);
        product ^ product >> 29
    });
    Some(mixed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Mint;

    #[test]
    fn keys_tell_values_apart_whatever_their_case() {
        let mut mint = Mint::new(31);
        let values: Vec<_> = (0..50_000).map(|_| mint.hex(40)).collect();
        let keys: HashSet<_> = values.iter().filter_map(|v| key(v)).collect();
        assert_eq!(keys.len(), values.len());
        for value in &values[..100] {
            assert_eq!(key(value), key(&value.to_ascii_uppercase()));
        }
        assert_eq!(key(b"0123"), None);
    }

    #[test]
    fn beyond_the_bound_the_same_keys_are_kept_in_any_order() {
        let mut mint = Mint::new(37);
        let all: Vec<_> = (0..3000).filter_map(|_| key(&mint.hex(40))).collect();
        let kept = |parts: &[&[u64]]| {
            let mut out = Vec::new();
            for part in parts {
                out.extend_from_slice(part);
                keep_smallest(&mut out, 500);
            }
            out.sort_unstable();
            out
        };
        let (left, right) = all.split_at(1100);
        let whole = kept(&[&all]);
        assert_eq!(whole.len(), 500);
        assert_eq!(kept(&[left, right]), whole);
        assert_eq!(kept(&[right, left, right]), whole);
    }
}
