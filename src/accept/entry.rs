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
pub enum Status {
    /// A secret that may stay.
    Accepted,
    /// A value that is not a secret.
    FalsePositive,
    /// A secret that was revoked.
    Revoked,
    /// A dummy for tests.
    Test,
}

impl Status {
    /// All statuses, with their names in the file.
    pub const ALL: [(&'static str, Status); 4] = [
        ("accepted", Status::Accepted),
        ("false-positive", Status::FalsePositive),
        ("revoked", Status::Revoked),
        ("test", Status::Test),
    ];

    /// Returns the name in the file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Status::Accepted => "accepted",
            Status::FalsePositive => "false-positive",
            Status::Revoked => "revoked",
            Status::Test => "test",
        }
    }
}

/// Files in which an accepted secret may occur.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Reach {
    /// Any file.
    #[default]
    Anywhere,
    /// The file that it was first seen in.
    SameFile,
}

impl Reach {
    pub(super) const ALL: [(&'static str, Reach); 2] = [
        ("anywhere", Reach::Anywhere),
        ("same-file", Reach::SameFile),
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
    pub status: Status,
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
    pub(super) fn read(table: &Table<'_>) -> Entry {
        table.only("an entry", &KEYS);
        let words = |key| table.string(key).map(|t| t.value.to_owned());
        let rule = table.need("an entry", "rule");
        let status = table.choice("status", &Status::ALL);
        if !table.has("status") {
            table.mistake("an entry needs a `status`; write status = \"accepted\", \"false-positive\", \"revoked\" or \"test\"");
        }
        Entry {
            rule: rule.map(|t| t.value.to_owned()).unwrap_or_default(),
            seen: normal_name(&words("seen").unwrap_or_default()),
            status: status.unwrap_or(Status::Accepted),
            reason: words("reason").unwrap_or_default(),
            owner: words("owner").unwrap_or_default(),
            added: table.date("added"),
            expires: table.date("expires"),
        }
    }

    /// Returns true if the entry has expired.
    #[must_use]
    pub fn is_expired(&self, today: Date) -> bool {
        self.expires.is_some_and(|last| last < today)
    }

    /// Returns the text for a finding that this entry accepts.
    #[must_use]
    pub fn words(&self) -> String {
        let mut words = self.status.name().to_owned();
        if !self.reason.is_empty() {
            let _ = write!(words, ": {}", self.reason);
        }
        words
    }
}
