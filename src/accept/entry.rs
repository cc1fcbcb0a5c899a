//! Baseline entry: the status of an accepted secret, who accepted it, since when and until when.

use std::fmt::Write as _;

use super::paths::normal_name;
use crate::date::Date;
use crate::document::Table;

const KEYS: [&str; 7] = [
    "rule", "seen", "status", "reason", "owner", "added", "expires",
];

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
    /// File that the secret was first seen in. Only a hint, unless the policy is `same-file`.
    pub seen: String,
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
        Entry {
            rule: rule.map(|t| t.value.to_owned()).unwrap_or_default(),
            seen: normal_name(&words("seen").unwrap_or_default()),
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
