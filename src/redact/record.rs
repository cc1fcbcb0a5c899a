//! Record of replaced and unchanged secrets, for people and, as JSON, for programs. Contains no secret.

use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

use crate::finding::{Confidence, Finding, Layer};
use crate::message::portable_path;

/// Result of a run of the redactor.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RedactRecord {
    /// Version of this format.
    pub schema_version: u32,
    /// Secrets that were or would be replaced, by path and place.
    pub replaced: Vec<ReplacedSecret>,
    /// Files that were left unchanged although they needed a change, with the reason.
    pub left_alone: Vec<LeftAlone>,
    /// Findings that a scan of the result still reports: their confidence is too low to replace them.
    pub remaining: Vec<Remaining>,
}

/// One secret that was replaced.
#[derive(Clone, Debug, Serialize)]
pub struct ReplacedSecret {
    /// File of the secret.
    #[serde(serialize_with = "serialize_path")]
    pub path: PathBuf,
    /// Name of a container and way to the member in it, in which line and offsets count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// Stable name of the secret.
    pub fingerprint: String,
    /// Rule that found the secret.
    pub rule_id: String,
    /// Line of the secret, 1-based.
    pub line: u64,
    /// Column, 1-based.
    pub column: u64,
    /// Offset of its first byte in the original.
    pub byte_start: u64,
    /// Offset of the byte after it in the original.
    pub byte_end: u64,
    /// Layers that the secret was under, outermost first.
    pub decoded_from: Vec<Layer>,
    /// Place of the text in a file with columns, in which line and offsets count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// One finding whose confidence was too low to replace it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Remaining {
    /// File of the secret.
    #[serde(serialize_with = "serialize_path")]
    pub path: PathBuf,
    /// Name of a container and way to the member in it, in which the line counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// Line of the secret, 1-based.
    pub line: u64,
    /// Column, 1-based.
    pub column: u64,
    /// Rule that found the secret.
    pub rule_id: String,
    /// Confidence of the finding.
    pub confidence: Confidence,
    /// Stable name of the secret.
    pub fingerprint: String,
    /// Place of the text in a file with columns, in which the line counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

impl Remaining {
    /// Returns the path of the secret, with the way to its member.
    #[must_use]
    pub fn full_path(&self) -> String {
        let member = self.member.as_deref().unwrap_or_default();
        let way = member.find('!').map_or("", |at| &member[at..]);
        format!("{}{way}", portable_path(&self.path))
    }

    /// Describes a finding that stays.
    #[must_use]
    pub fn of(finding: &Finding) -> Self {
        Remaining {
            path: finding.path.clone(),
            member: finding.origin.member.clone(),
            line: finding.start.line,
            column: finding.start.column,
            rule_id: finding.rule_id.to_string(),
            confidence: finding.confidence,
            fingerprint: finding.fingerprint.clone(),
            place: None,
        }
    }
}

/// One file that was left unchanged.
#[derive(Clone, Debug, Serialize)]
pub struct LeftAlone {
    /// Path of the file.
    #[serde(serialize_with = "serialize_path")]
    pub path: PathBuf,
    /// Reason, in words.
    pub reason: String,
}

fn serialize_path<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&portable_path(path))
}

impl RedactRecord {
    /// Creates an empty record.
    #[must_use]
    pub fn new() -> Self {
        RedactRecord {
            schema_version: 1,
            ..RedactRecord::default()
        }
    }

    /// Returns the record in the form that may be shown: `mask` is applied to every path and reason.
    #[must_use]
    pub fn with_mask(&self, mask: &dyn Fn(&str) -> String) -> RedactRecord {
        let mut out = self.clone();
        // Most replacements are in the same file as the one before.
        let mut last = (PathBuf::new(), PathBuf::new());
        let replaced = out.replaced.iter_mut().map(|r| &mut r.path);
        let left_alone = out.left_alone.iter_mut().map(|l| &mut l.path);
        let remaining = out.remaining.iter_mut().map(|r| &mut r.path);
        for path in replaced.chain(left_alone).chain(remaining) {
            if *path != last.0 {
                let masked = PathBuf::from(mask(&path.to_string_lossy()));
                last = (path.clone(), masked);
            }
            path.clone_from(&last.1);
        }
        for left in &mut out.left_alone {
            left.reason = mask(&left.reason);
        }
        let replaced = out.replaced.iter_mut().map(|r| &mut r.member);
        let remaining = out.remaining.iter_mut().map(|r| &mut r.member);
        for member in replaced.chain(remaining).flatten() {
            *member = mask(member);
        }
        out
    }
}

impl ReplacedSecret {
    /// Describes a finding that is replaced.
    pub(crate) fn of(finding: &Finding, path: &Path) -> Self {
        ReplacedSecret {
            path: path.to_owned(),
            member: None,
            fingerprint: finding.fingerprint.clone(),
            rule_id: finding.rule_id.to_string(),
            line: finding.start.line,
            column: finding.start.column,
            byte_start: finding.bytes.start,
            byte_end: finding.bytes.end,
            decoded_from: finding.decoded_from.clone(),
            place: None,
        }
    }
}
