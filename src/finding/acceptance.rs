//! Why a finding may stay: somebody has accepted it, and where that is written down.

use serde::Serialize;

/// Where an acceptance is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AcceptedBy {
    /// A comment on the line or the line before.
    Comment,
    /// A region between two comments.
    Region,
    /// The configuration.
    Configuration,
    /// The baseline.
    Baseline,
}

impl AcceptedBy {
    /// Every place, in the order in which they are counted to users.
    pub const ALL: [AcceptedBy; 4] = [
        AcceptedBy::Comment,
        AcceptedBy::Region,
        AcceptedBy::Configuration,
        AcceptedBy::Baseline,
    ];

    /// The place's name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            AcceptedBy::Comment => "comment",
            AcceptedBy::Region => "region",
            AcceptedBy::Configuration => "configuration",
            AcceptedBy::Baseline => "baseline",
        }
    }
}

/// Why a finding may stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Acceptance {
    /// Where it is written down.
    pub by: AcceptedBy,
    /// The reason that was given, in the words of whoever gave it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The file and line, or the entry, that says so.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// The file that the secret was accepted in, if it stands in another one now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<String>,
}

impl Acceptance {
    /// Where it is written down and why, and where the secret was accepted if that was elsewhere; in this order.
    #[must_use]
    pub fn details(&self) -> Vec<String> {
        let mut details = vec![self.source.clone(), self.reason.clone()];
        if let Some(file) = &self.first_seen {
            details.push(format!("first seen in {file}"));
        }
        details.retain(|part| !part.is_empty());
        details
    }
}
