//! Baseline entry: the status of an accepted secret, who accepted it, since when and until when.

use std::fmt::Write as _;

use super::paths::normal_name;
use crate::date::Date;
use crate::document::Table;
use crate::message::count_noun;

const KEYS: [&str; 8] = [
    "rule", "mask", "seen", "status", "reason", "owner", "added", "expires",
];

/// Number of days before the end of an acceptance from which it is said that it ends.
pub(crate) const SOON: i64 = 14;

/// Status of an accepted secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryStatus {
    /// A secret that may stay.
    Accepted,
    /// A value that is not a secret.
    FalsePositive,
    /// A secret that was revoked.
    Revoked,
    /// A dummy for tests.
    Test,
}

impl EntryStatus {
    /// All statuses, with their names in the file.
    pub const ALL: [(&'static str, EntryStatus); 4] = [
        ("accepted", EntryStatus::Accepted),
        ("false-positive", EntryStatus::FalsePositive),
        ("revoked", EntryStatus::Revoked),
        ("test", EntryStatus::Test),
    ];

    /// Returns the name in the file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            EntryStatus::Accepted => "accepted",
            EntryStatus::FalsePositive => "false-positive",
            EntryStatus::Revoked => "revoked",
            EntryStatus::Test => "test",
        }
    }
}

/// Files in which an accepted secret may occur.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum EntryScope {
    /// Any file.
    #[default]
    Anywhere,
    /// The file that it was first seen in.
    SameFile,
}

impl EntryScope {
    pub(super) const ALL: [(&'static str, EntryScope); 2] = [
        ("anywhere", EntryScope::Anywhere),
        ("same-file", EntryScope::SameFile),
    ];
}

/// Baseline entry of one accepted secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Rule that found the secret.
    pub rule: String,
    /// Mask of the secret, for people; empty if the file has none.
    pub mask: String,
    /// Files that the secret was accepted in. Only a hint, unless the policy is `same-file`.
    pub seen: Vec<String>,
    /// Status of the secret.
    pub status: EntryStatus,
    /// Reason that the secret may stay.
    pub reason: String,
    /// Person who accepted it.
    pub owner: String,
    /// Date from which it is accepted.
    pub added: Option<Date>,
    /// Last day on which it is accepted.
    pub expires: Option<Date>,
}

impl Entry {
    /// Reads a line of the file. Mistakes are noted there.
    pub(super) fn read_table(table: &Table<'_>) -> Entry {
        table.only("an entry", &KEYS);
        let words = |key| table.string_value(key).map(|t| t.value.to_owned());
        let rule = table.required_string("an entry", "rule");
        let status = table.choice_value("status", &EntryStatus::ALL);
        if !table.has("status") {
            table.report_mistake("an entry needs a `status`; write status = \"accepted\", \"false-positive\", \"revoked\" or \"test\"");
        }
        let mut seen: Vec<String> = match table.is_list("seen") {
            true => table
                .string_list("seen")
                .iter()
                .map(|t| normal_name(t.value))
                .collect(),
            false => words("seen").iter().map(|name| normal_name(name)).collect(),
        };
        seen.sort();
        seen.dedup();
        Entry {
            rule: rule.map(|t| t.value.to_owned()).unwrap_or_default(),
            mask: words("mask").unwrap_or_default(),
            seen,
            status: status.unwrap_or(EntryStatus::Accepted),
            reason: words("reason").unwrap_or_default(),
            owner: words("owner").unwrap_or_default(),
            added: table.date_value("added"),
            expires: table.date_value("expires"),
        }
    }

    /// Returns true if the entry has expired.
    #[must_use]
    pub fn is_expired(&self, today: Date) -> bool {
        self.expires.is_some_and(|last| last < today)
    }

    /// Returns the number of days for which the entry still accepts, if it ends soon.
    #[must_use]
    pub(crate) fn days_left(&self, today: Date) -> Option<i64> {
        let days = today.days_until(self.expires?);
        (0..=SOON).contains(&days).then_some(days)
    }

    /// Returns the files that the secret was accepted in, in a few words.
    #[must_use]
    pub(crate) fn describe_files(&self) -> String {
        match &self.seen[..] {
            [] => "an unknown file".to_owned(),
            [one] => one.clone(),
            [first, more @ ..] => {
                format!(
                    "{first} and {}",
                    count_noun(more.len() as u64, "other file")
                )
            }
        }
    }

    /// Returns the text for a finding that this entry accepts.
    #[must_use]
    pub fn describe_entry(&self) -> String {
        let mut words = self.status.name().to_owned();
        if !self.reason.is_empty() {
            let _ = write!(words, ": {}", self.reason);
        }
        words
    }
}
