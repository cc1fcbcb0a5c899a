//! Changes of the entries of a baseline: new ones, their places, and their last day.

use std::collections::{BTreeMap, BTreeSet};

use super::target::BaselineScan;
use crate::accept::{Baseline, Entry, EntryStatus};
use crate::date::Date;
use crate::finding::{Finding, Outcome};

/// Fields of a new entry that do not depend on its finding.
#[derive(Clone, Debug)]
pub(super) struct EntryTemplate {
    pub(super) status: EntryStatus,
    pub(super) reason: String,
    pub(super) owner: String,
    pub(super) expires: Option<Date>,
    pub(super) today: Date,
}

impl EntryTemplate {
    /// Adds an entry for each of these findings, with all the files that it is in. Returns the number of new entries.
    pub(super) fn add_entries<'f>(
        &self,
        baseline: &mut Baseline,
        scanned: &BaselineScan,
        findings: impl IntoIterator<Item = &'f Finding>,
    ) -> usize {
        let mut added = BTreeSet::new();
        for finding in findings {
            let path = scanned.settings.path_in_baseline(finding);
            if baseline.add_entry(&finding.secret, self.new_entry(finding)) {
                added.insert(finding.fingerprint.clone());
            }
            if added.contains(&finding.fingerprint)
                && let Some(entry) = baseline.entry_mut(&finding.secret)
            {
                add_file(entry, path);
            }
        }
        added.len()
    }

    fn new_entry(&self, finding: &Finding) -> Entry {
        Entry {
            rule: finding.rule_id.to_string(),
            mask: mask_of(finding),
            seen: Vec::new(),
            status: self.status,
            reason: self.reason.clone(),
            owner: self.owner.clone(),
            added: Some(self.today),
            expires: self.expires,
        }
    }
}

/// Returns the mask of a secret that is long enough for one to say something.
fn mask_of(finding: &Finding) -> String {
    let mask = finding.secret.masked();
    if mask == "…" { String::new() } else { mask }
}

fn add_file(entry: &mut Entry, path: String) {
    if let Err(at) = entry.seen.binary_search(&path) {
        entry.seen.insert(at, path);
    }
}

/// Returns the findings that are not accepted yet.
pub(super) fn open_findings(outcome: &Outcome) -> impl Iterator<Item = &Finding> {
    outcome.findings.iter().filter(|f| f.accepted.is_none())
}

/// Returns the keys of the found secrets, each with the files that it is in and its first line in them.
pub(super) fn find_places(
    baseline: &Baseline,
    scanned: &BaselineScan,
) -> BTreeMap<String, BTreeMap<String, u64>> {
    let mut found: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    for finding in &scanned.outcome.findings {
        let places = found
            .entry(baseline.derive_key(&finding.secret))
            .or_default();
        let path = scanned.settings.path_in_baseline(finding);
        places.entry(path).or_insert(finding.start.line);
    }
    found
}

/// Adds masks to the entries that have none.
pub(super) fn add_masks(baseline: &mut Baseline, outcome: &Outcome) {
    for finding in &outcome.findings {
        if let Some(entry) = baseline.entry_mut(&finding.secret)
            && entry.mask.is_empty()
        {
            entry.mask = mask_of(finding);
        }
    }
}

/// Changes the files of entries to those in which their secrets are found now. Returns a sentence for each change.
pub(super) fn follow_moves(
    baseline: &mut Baseline,
    found: &BTreeMap<String, BTreeMap<String, u64>>,
    today: Date,
) -> Vec<String> {
    let mut said = Vec::new();
    for (key, entry) in baseline.entries_mut() {
        let Some(places) = found.get(key).filter(|_| !entry.is_expired(today)) else {
            continue;
        };
        let old = std::mem::take(&mut entry.seen);
        let new = places.iter().filter(|(path, _)| !old.contains(path));
        let new: Vec<String> = new.map(|(path, line)| format!("{path}:{line}")).collect();
        let (still, gone): (Vec<String>, Vec<String>) =
            old.into_iter().partition(|path| places.contains_key(path));
        if new.is_empty() {
            // What was not scanned this time may be there all the same.
            entry.seen = still.into_iter().chain(gone).collect();
            entry.seen.sort();
            continue;
        }
        entry.seen = places.keys().cloned().collect();
        let new = new.join(", ");
        said.push(match gone.first() {
            Some(gone) => format!("moved from {gone}: {new}"),
            None => format!("also accepted in {new}"),
        });
    }
    said
}

/// Sets the last day of the entries that have expired, or end soon, and whose secrets are found. Returns the entries.
pub(super) fn renew_entries(
    baseline: &mut Baseline,
    found: &BTreeMap<String, BTreeMap<String, u64>>,
    last: Date,
    today: Date,
) -> Vec<Entry> {
    let mut renewed = Vec::new();
    for (key, entry) in baseline.entries_mut() {
        let ends = entry.is_expired(today) || entry.days_left(today).is_some();
        if ends && entry.expires < Some(last) && found.contains_key(key) {
            entry.expires = Some(last);
            renewed.push(entry.clone());
        }
    }
    renewed
}
