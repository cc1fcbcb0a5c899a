//! What was replaced where, and what was left alone: for people and, as JSON, for programs. Holds no secret.

use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

use crate::finding::{Confidence, Finding, Layer};

/// What a run of the redactor came to.
#[derive(Debug, Default, Serialize)]
pub struct Record {
    /// The version of this form.
    pub schema_version: u32,
    /// What was replaced, or would be; by path and place.
    pub replaced: Vec<Replacement>,
    /// What was left as it was although there was something to do, and why.
    pub left_alone: Vec<LeftAlone>,
    /// What a scan of the result still reports, as it was not sure enough to be replaced.
    pub remaining: Vec<Remaining>,
}

/// One secret that was replaced.
#[derive(Debug, Serialize)]
pub struct Replacement {
    /// The file.
    #[serde(serialize_with = "lossy")]
    pub path: PathBuf,
    /// The stable name of the secret.
    pub fingerprint: String,
    /// The rule that found it.
    pub rule_id: String,
    /// Where it stood: line, from 1.
    pub line: u64,
    /// Column, from 1.
    pub column: u64,
    /// Offset of its first byte in the original.
    pub byte_start: u64,
    /// Offset of the byte behind it in the original.
    pub byte_end: u64,
    /// The layers it stood under, outermost first.
    pub decoded_from: Vec<Layer>,
}

/// One finding that was not sure enough to be replaced.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Remaining {
    /// The file.
    #[serde(serialize_with = "lossy")]
    pub path: PathBuf,
    /// Where it stands: line, from 1.
    pub line: u64,
    /// Column, from 1.
    pub column: u64,
    /// The rule that found it.
    pub rule_id: String,
    /// How sure the finding is.
    pub confidence: Confidence,
    /// The stable name of the secret.
    pub fingerprint: String,
}

impl Remaining {
    /// Describes a finding that stays.
    #[must_use]
    pub fn of(finding: &Finding) -> Self {
        Remaining {
            path: finding.path.clone(),
            line: finding.start.line,
            column: finding.start.column,
            rule_id: finding.rule_id.to_string(),
            confidence: finding.confidence,
            fingerprint: finding.fingerprint.clone(),
        }
    }
}

/// One file that was left as it was.
#[derive(Debug, Serialize)]
pub struct LeftAlone {
    /// The file.
    #[serde(serialize_with = "lossy")]
    pub path: PathBuf,
    /// Why, in words.
    pub reason: String,
}

fn lossy<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

impl Record {
    /// An empty record.
    #[must_use]
    pub fn new() -> Self {
        Record {
            schema_version: 1,
            ..Record::default()
        }
    }
}

impl Replacement {
    pub(super) fn of(finding: &Finding, path: &Path) -> Self {
        Replacement {
            path: path.to_owned(),
            fingerprint: finding.fingerprint.clone(),
            rule_id: finding.rule_id.to_string(),
            line: finding.start.line,
            column: finding.start.column,
            byte_start: finding.bytes.start,
            byte_end: finding.bytes.end,
            decoded_from: finding.decoded_from.clone(),
        }
    }
}
