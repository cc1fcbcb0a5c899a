//! Implements `tokensweep baseline check`: which entries have expired, end soon, or match nothing any more.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::accept::{Baseline, Entry, SOON};
use crate::config::display_path;
use crate::date::Date;
use crate::message::count_noun;
use crate::report::escape_control;

use super::target::BaselineScan;

/// Version of the JSON document.
const SCHEMA_VERSION: u32 = 1;

/// State of an entry on the day of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EntryState {
    /// It accepts a secret that is found.
    InUse,
    /// It accepts a secret that is found, for this number of days.
    EndsIn(i64),
    /// Its last day has passed.
    Expired,
    /// Its secret is not found any more.
    NotFound,
}

impl EntryState {
    fn of(entry: &Entry, is_found: bool, today: Date) -> EntryState {
        match entry.days_left(today) {
            _ if entry.is_expired(today) => EntryState::Expired,
            _ if !is_found => EntryState::NotFound,
            Some(days) => EntryState::EndsIn(days),
            None => EntryState::InUse,
        }
    }

    fn name(self) -> &'static str {
        match self {
            EntryState::InUse => "in-use",
            EntryState::EndsIn(_) => "expires-soon",
            EntryState::Expired => "expired",
            EntryState::NotFound => "not-found",
        }
    }
}

/// Result of a check: every entry with its key, its state, and the places where its secret is found.
pub(super) struct BaselineCheck<'b> {
    file: String,
    entries: Vec<CheckedEntry<'b>>,
}

struct CheckedEntry<'b> {
    key: &'b str,
    entry: &'b Entry,
    state: EntryState,
    places: Vec<String>,
}

impl<'b> BaselineCheck<'b> {
    /// Compares the entries with the places of the found secrets.
    pub(super) fn new(
        baseline: &'b Baseline,
        scanned: &BaselineScan,
        found: &BTreeMap<String, BTreeMap<String, u64>>,
        today: Date,
    ) -> BaselineCheck<'b> {
        let entries = baseline.entries().map(|(key, entry)| {
            let places = found.get(key);
            CheckedEntry {
                key,
                entry,
                state: EntryState::of(entry, places.is_some(), today),
                places: places
                    .into_iter()
                    .flatten()
                    .map(|(path, line)| format!("{path}:{line}"))
                    .collect(),
            }
        });
        BaselineCheck {
            file: display_path(&scanned.file),
            entries: entries.collect(),
        }
    }

    fn count(&self, is_counted: impl Fn(EntryState) -> bool) -> u64 {
        let entries = self.entries.iter();
        entries.filter(|e| is_counted(e.state)).count() as u64
    }

    /// Returns true if an entry has expired.
    pub(super) fn has_expired(&self) -> bool {
        self.count(|state| state == EntryState::Expired) > 0
    }

    /// Returns the check as text for people: the entries that need something, and the counts.
    pub(super) fn describe(&self) -> String {
        let mut out = String::new();
        for CheckedEntry { entry, state, .. } in &self.entries {
            let last = entry
                .expires
                .map_or_else(String::new, |last| last.to_string());
            let said = match state {
                EntryState::InUse => continue,
                EntryState::Expired => format!("expired on {last}"),
                EntryState::EndsIn(0) => format!("expires today, {last}"),
                EntryState::EndsIn(days) => {
                    let days = count_noun(days.unsigned_abs(), "day");
                    format!("expires on {last}, in {days}")
                }
                EntryState::NotFound => "not found any more".to_owned(),
            };
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{said}: {}", escape_control(&describe_entry(entry)));
        }
        let soon = match self.count(|state| matches!(state, EntryState::EndsIn(_))) {
            0 => String::new(),
            n => format!("{n} within {SOON} days, "),
        };
        let _ = writeln!(
            out,
            "{}: {}, {} expired, {soon}{} not found any more",
            self.file,
            count_noun(self.entries.len() as u64, "entry"),
            self.count(|state| state == EntryState::Expired),
            self.count(|state| state == EntryState::NotFound),
        );
        out
    }

    /// Returns the check as a document for programs.
    pub(super) fn to_json(&self) -> Value {
        let date = |date: Option<Date>| date.map(|date| date.to_string());
        let entries = self.entries.iter().map(|checked| {
            let entry = checked.entry;
            json!({
                "added": date(entry.added),
                "expires": date(entry.expires),
                "found_in": checked.places,
                "key": checked.key,
                "match": entry.mask,
                "owner": entry.owner,
                "reason": entry.reason,
                "rule_id": entry.rule,
                "seen": entry.seen,
                "state": checked.state.name(),
                "status": entry.status.name(),
            })
        });
        json!({
            "baseline": self.file,
            "entries": entries.collect::<Vec<_>>(),
            "expired": self.count(|state| state == EntryState::Expired),
            "expires_soon": self.count(|state| matches!(state, EntryState::EndsIn(_))),
            "not_found": self.count(|state| state == EntryState::NotFound),
            "schema_version": SCHEMA_VERSION,
        })
    }
}

/// Returns an entry in words: kind, mask, files, status, reason and owner.
pub(super) fn describe_entry(entry: &Entry) -> String {
    let mut text = entry.rule.clone();
    if !entry.mask.is_empty() {
        let _ = write!(text, " {}", entry.mask);
    }
    let _ = write!(
        text,
        " in {} ({})",
        entry.describe_files(),
        entry.status.name()
    );
    for (what, word) in [("", &entry.reason), ("owner ", &entry.owner)] {
        if !word.is_empty() {
            let _ = write!(text, "; {what}{word}");
        }
    }
    text
}
