//! An accepted secret: what has been found out about it, who says so, since when and until when.

use std::fmt::Write as _;

use super::paths::normal_name;
use crate::date::Date;
use crate::document::Table;

const KEYS: [&str; 7] = [
    "rule", "seen", "status", "reason", "owner", "added", "expires",
];

/// What has been found out about a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is one, and it may stay.
    Accepted,
    /// It is none.
    FalsePositive,
    /// It was one.
    Revoked,
    /// It is a dummy for tests.
    Test,
}

impl Status {
    /// Every status, under its name in the file.
    pub const ALL: [(&'static str, Status); 4] = [
        ("accepted", Status::Accepted),
        ("false-positive", Status::FalsePositive),
        ("revoked", Status::Revoked),
        ("test", Status::Test),
    ];

    /// The name in the file.
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

/// Where an accepted secret may stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Reach {
    /// In any file.
    #[default]
    Anywhere,
    /// In the file that it was first seen in.
    SameFile,
}

impl Reach {
    pub(super) const ALL: [(&'static str, Reach); 2] = [
        ("anywhere", Reach::Anywhere),
        ("same-file", Reach::SameFile),
    ];
}

/// One accepted secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The rule that found it.
    pub rule: String,
    /// The file that it was first seen in; a hint, unless the policy is `same-file`.
    pub seen: String,
    /// What has been found out about it.
    pub status: Status,
    /// Why it may stay.
    pub reason: String,
    /// Who says so.
    pub owner: String,
    /// Since when.
    pub added: Option<Date>,
    /// The last day on which it is accepted.
    pub expires: Option<Date>,
}

impl Entry {
    /// Reads a line of the file; what is wrong with it is noted there.
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

    /// Whether it is accepted no more.
    #[must_use]
    pub fn is_expired(&self, today: Date) -> bool {
        self.expires.is_some_and(|last| last < today)
    }

    /// What is said of a finding that it accepts.
    #[must_use]
    pub fn words(&self) -> String {
        let mut words = self.status.name().to_owned();
        if !self.reason.is_empty() {
            let _ = write!(words, ": {}", self.reason);
        }
        words
    }
}
