//! Acceptance of a finding: the reason that it may stay, and the place where that is written down.

use serde::Serialize;

/// Place where an acceptance is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AcceptedBy {
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
    /// All places, in the order in which reports count them.
    pub(crate) const ALL: [AcceptedBy; 4] = [
        AcceptedBy::Comment,
        AcceptedBy::Region,
        AcceptedBy::Configuration,
        AcceptedBy::Baseline,
    ];

    /// Returns the place's name in reports.
    #[must_use]
    pub(crate) fn name(self) -> &'static str {
        match self {
            AcceptedBy::Comment => "comment",
            AcceptedBy::Region => "region",
            AcceptedBy::Configuration => "configuration",
            AcceptedBy::Baseline => "baseline",
        }
    }
}

/// Reason that a finding may stay.
///
/// ```
/// use std::path::Path;
/// use tokensweep::Scanner;
///
/// let text = format!("x = '{}'  # tokensweep:allow dummy\n", "0123456789abcdefghijABCDEFGHIJ3mpbCX");
/// let text = text.replace("x = '", "x = 'ghp_");
/// let scanner = Scanner::builder().accept_by_comments().build();
/// let findings = scanner.scan_text(text.as_bytes(), Path::new("test.py"));
/// let accepted = findings[0].accepted.as_ref().unwrap();
/// assert_eq!((accepted.place(), accepted.reason.as_str()), ("comment", "dummy"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Acceptance {
    /// Place of the acceptance.
    pub(crate) by: AcceptedBy,
    /// Reason that was given, in its author's words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// File and line, or the entry, of the acceptance.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// File that the secret was accepted in, if it is in another one now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<String>,
}

impl Acceptance {
    /// Returns the kind of place that the acceptance is written down in: `comment`, `region`, `configuration` or
    /// `baseline`.
    #[must_use]
    pub fn place(&self) -> &'static str {
        self.by.name()
    }

    /// Returns the place, the reason, and the file that the secret was accepted in if it differs, in this order.
    #[must_use]
    pub fn describe_acceptance(&self) -> Vec<String> {
        let mut details = vec![self.source.clone(), self.reason.clone()];
        if let Some(file) = &self.first_seen {
            details.push(format!("first seen in {file}"));
        }
        details.retain(|part| !part.is_empty());
        details
    }
}
