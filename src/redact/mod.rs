//! Findings back into bytes: every secret is replaced by a placeholder, and nothing else changes.
//!
//! ```text
//! findings ─► plan ─► edits ─► check ─► file | stream
//!             through the layers a secret was found under ([`encode`])
//! ```
//!
//! This stage is given findings and a way to scan again ([`Look`]); it knows no rules and no sources.

mod diff;
mod edit;
mod encode;
mod file;
mod history;
mod mask;
mod place;
mod plan;
mod record;
mod stream;
mod trace;

use std::fmt;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use crate::finding::{Confidence, Finding};

pub use edit::{Edit, Edited};
pub use file::{Action, Job, Redacted, redact_file};
pub use history::replace_text;
pub use mask::{Mask, Template};
pub use plan::edits;
pub use record::{LeftAlone, Record, Remaining, Replacement};
pub use stream::{Filtered, filter};

/// How to redact.
#[derive(Clone, Debug)]
pub struct RedactOptions {
    /// What a secret is replaced by.
    pub mask: Mask,
    /// Findings of this confidence and above are replaced.
    pub min_confidence: Confidence,
    /// Findings of this confidence and above are leaks to a scan.
    pub reported_from: Confidence,
    /// Whether findings that somebody has accepted are replaced as well.
    pub include_accepted: bool,
}

impl RedactOptions {
    /// Whether this finding is to be replaced: sure enough, not accepted, and no placeholder of ours.
    #[must_use]
    pub fn wants(&self, finding: &Finding) -> bool {
        finding.confidence >= self.min_confidence
            && (self.include_accepted || finding.accepted.is_none())
            && !mask::is_placeholder(finding.secret.expose_the_secret())
    }

    /// Whether this finding stays although a scan reports it: not sure enough to be replaced.
    #[must_use]
    pub fn leaves(&self, finding: &Finding) -> bool {
        finding.confidence >= self.reported_from
            && finding.confidence < self.min_confidence
            && finding.accepted.is_none()
            && !mask::is_placeholder(finding.secret.expose_the_secret())
    }
}

/// Scans a text under the path by which it is judged; the findings must say how to write them back.
pub trait Look: Sync {
    /// Every finding in a text that is read once, also those below the confidence that is redacted.
    ///
    /// # Errors
    /// When the text cannot be read to its end.
    fn read(&self, text: &mut dyn Read, path: &Path) -> io::Result<Vec<Finding>>;

    /// The same for a text in memory.
    fn look(&self, text: &[u8], path: &Path) -> Vec<Finding>;

    /// The pieces of a token at the end of a text that may go on behind it.
    fn begun(&self, text: &[u8]) -> Vec<Range<usize>>;

    /// Remembers the secrets of these findings: from now on every place where one stands whole is a finding.
    fn remember_secrets(&self, findings: &[&Finding]);
}

/// Why a file is left as it is.
#[derive(Debug)]
pub enum Refusal {
    /// The operating system says no.
    Io(&'static str, io::Error),
    /// It cannot be done safely, in words.
    Unsafe(String),
}

impl Refusal {
    /// What `doing` came to grief over.
    pub(crate) fn io(doing: &'static str) -> impl Fn(io::Error) -> Refusal {
        move |error| Refusal::Io(doing, error)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Io(doing, error) => {
                let text = error.to_string();
                let plain = text.split(" (os error").next().unwrap_or_default();
                write!(f, "{doing}: {}", plain.to_lowercase())
            }
            Refusal::Unsafe(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Refusal {}
