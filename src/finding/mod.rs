//! Findings and their parts: place, confidence, evidence. All stages share these types.

mod acceptance;
mod decoded;
mod fragment_set;
mod fragments;
mod json;
mod layer;
mod merge;
mod origin;
mod outcome;
mod repository_counts;
mod secret;
mod snippet;
mod sort;
mod status;
mod unread_counts;

use std::borrow::Cow;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use acceptance::Acceptance;
pub(crate) use acceptance::AcceptedBy;
pub(crate) use decoded::Base64Line;
pub use decoded::Decoded;
pub use fragments::SecretFragments;
pub(crate) use json::{path_bytes, shown_path};
pub use layer::Layer;
pub(crate) use layer::charset_under;
pub(crate) use merge::without_current_folder;
pub use origin::{Origin, OriginKind, SharedOrigin};
pub use outcome::{Outcome, Skip};
pub(crate) use outcome::{ReadCounts, SkipReason};
pub(crate) use repository_counts::RepositoryCounts;
pub use secret::Secret;
pub use snippet::Snippet;
pub(crate) use snippet::{SnippetLine, mask_places, mask_spans};
pub(crate) use status::FindingStatus;
pub(crate) use unread_counts::UnreadCounts;

use crate::span::{Charset, Position, Span};

/// Confidence of a finding. `Certain` means that a checksum proves the finding.
///
/// ```
#[doc = include_str!("example.txt")]
/// use tokensweep::Confidence;
///
/// assert_eq!(finding.confidence, Confidence::Certain);
/// assert!(Confidence::Certain > Confidence::High);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Less likely than not.
    Low,
    /// More likely than not.
    Medium,
    /// At least 19 in 20.
    High,
    /// Proved by a checksum.
    Certain,
}

impl Confidence {
    /// All levels, lowest first.
    pub const ALL: [Confidence; 4] = [
        Confidence::Low,
        Confidence::Medium,
        Confidence::High,
        Confidence::Certain,
    ];

    /// Returns the level's name in options and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
            Confidence::Certain => "certain",
        }
    }
}

/// Severity of a finding if it is real.
///
/// ```
#[doc = include_str!("example.txt")]
/// use tokensweep::Severity;
///
/// assert_eq!(finding.severity, Severity::Error);
/// assert!(Severity::Error > Severity::Warning);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know, never a leak by itself.
    Note,
    /// Worth a look.
    Warning,
    /// A credential that other people may use.
    Error,
}

impl Severity {
    /// Returns the severity's name in rules and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// Result of checking the token's own checksum.
///
/// ```
#[doc = include_str!("example.txt")]
/// assert_eq!(finding.checksum, tokensweep::Checksum::Valid);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Checksum {
    /// The form has a checksum, and the checksum is correct.
    Valid,
    /// The form has a checksum, and the checksum is wrong.
    Invalid,
    /// The form has no checksum that can be checked offline.
    None,
}

impl Checksum {
    /// Returns the word in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Checksum::Valid => "valid",
            Checksum::Invalid => "invalid",
            Checksum::None => "none",
        }
    }
}

/// Reason for or against a finding.
///
/// ```
#[doc = include_str!("example.txt")]
/// for evidence in &finding.evidence {
///     println!("{} {:+.1}: {}", evidence.name, evidence.weight, evidence.detail);
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Evidence {
    /// Name of the feature, as in the weights file.
    pub name: Cow<'static, str>,
    /// Amount added to the log-odds (natural logarithm). A positive weight is evidence of a leak.
    pub weight: f64,
    /// Description of the observation. Never contains the secret.
    pub detail: String,
}

impl Evidence {
    /// Name of the evidence that names the programs whose reports contain the finding.
    pub(crate) const REPORTED_BY: &str = "reported-by";

    /// Name of the evidence that a finding of another program could not be verified, with the reason.
    pub(crate) const NOT_VERIFIED: &str = "not-verified";

    /// Creates a piece of evidence.
    pub fn new(name: impl Into<Cow<'static, str>>, weight: f64, detail: impl Into<String>) -> Self {
        Evidence {
            name: name.into(),
            weight,
            detail: detail.into(),
        }
    }
}

/// Name of the evidence that a secret was recognised in a picture.
pub(crate) const PICTURE: &str = "picture";

/// A leak, or a value that looks like one.
///
/// ```
#[doc = include_str!("example.txt")]
/// assert_eq!(&*finding.rule_id, "github-pat");
/// assert_eq!((finding.start.line, finding.start.column), (1, 14));
/// assert_eq!(finding.bytes, 13..53);
/// assert!(finding.is_open());
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Finding {
    /// Stable name: the same secret under the same rule has the same fingerprint in every place.
    pub fingerprint: String,
    /// Rule that found the secret.
    pub rule_id: Arc<str>,
    /// Kind of secret, in a few words.
    pub title: Arc<str>,
    /// Severity if the finding is real.
    pub severity: Severity,
    /// Confidence that the finding is real.
    pub confidence: Confidence,
    /// Result of checking the checksum.
    pub checksum: Checksum,
    /// File of the secret: the path that the user gave, joined with the path below it.
    pub path: PathBuf,
    /// Position of the first character.
    pub start: Position,
    /// Position one past the last character.
    pub end: Position,
    /// Byte offsets in the original file or blob.
    pub bytes: Range<u64>,
    /// Decoded secret.
    pub secret: Secret,
    /// Layers that the secret was found under, outermost first.
    pub decoded_from: Vec<Layer>,
    /// Origin of the bytes.
    pub origin: SharedOrigin,
    /// Reasons for and against the finding.
    pub evidence: Vec<Evidence>,
    /// First thing to do about the secret.
    pub remediation: Arc<str>,
    /// Line of the secret, with every secret in it masked.
    pub snippet: Snippet,
    /// Acceptance, if somebody has accepted the finding.
    pub accepted: Option<Box<Acceptance>>,
    /// Rewrite context, if the scan was asked to keep it.
    pub(crate) enclosure: Option<Box<RewriteContext>>,
}

impl Finding {
    /// Returns the charset of the text that contains the secret.
    #[must_use]
    pub fn charset(&self) -> Charset {
        charset_under(&self.decoded_from)
    }

    /// Returns the path of the secret: that of its file, and for a member of an archive the way to it, with a `!` before
    /// each name.
    #[must_use]
    pub fn full_path(&self) -> Cow<'_, Path> {
        let way = self.origin.way();
        if way.is_empty() {
            return Cow::Borrowed(&self.path);
        }
        let mut path = self.path.as_os_str().to_owned();
        path.push(way);
        Cow::Owned(PathBuf::from(path))
    }

    /// Returns the details of the evidence with this name.
    pub(crate) fn detail_of(&self, name: &str) -> Option<&str> {
        let named = self.evidence.iter().find(|e| e.name == name)?;
        Some(&named.detail)
    }

    /// Returns true if the finding is a leak to act on: new in the scanned change, and not accepted.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.accepted.is_none() && !self.origin.pre_existing
    }
}

/// Rewrite context of a secret: the data that the redactor needs to leave the text around it unchanged.
#[derive(Clone, Debug)]
pub(crate) struct RewriteContext {
    /// Offset in the file, in bytes, of the outermost text, which is a window of the file.
    pub offset: u64,
    /// Regions that the secret was decoded from, outermost first. Each is inside the one before it.
    pub regions: Vec<Arc<Decoded>>,
    /// Byte range of the secret in the innermost region, or in the window if there is none.
    pub place: Span,
    /// True if the surrounding bytes are not text, so that no byte may move.
    pub binary: bool,
}
