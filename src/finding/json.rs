//! JSON form of a finding, which `docs/reports.md` documents. Keys are in alphabetical order.

use std::borrow::Cow;
use std::path::Path;

use serde::{Serialize, Serializer};

use super::{Acceptance, Checksum, Confidence, Evidence, Finding, Origin, Secret, Severity};

#[derive(Serialize)]
struct FindingFields<'f> {
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<&'f Acceptance>,
    byte_end: u64,
    byte_start: u64,
    checksum: Checksum,
    column: u64,
    confidence: Confidence,
    decoded_from: Vec<&'static str>,
    end_column: u64,
    end_line: u64,
    evidence: &'f [Evidence],
    fingerprint: &'f str,
    line: u64,
    r#match: &'f Secret,
    origin: OriginFields<'f>,
    path: Cow<'f, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_base64: Option<String>,
    remediation: &'f str,
    rule_id: &'f str,
    severity: Severity,
    status: &'static str,
    title: &'f str,
}

/// Origin, with the parts of its author.
#[derive(Serialize)]
struct OriginFields<'f> {
    #[serde(skip_serializing_if = "Option::is_none")]
    author_email: Option<&'f str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    author_name: Option<&'f str>,
    #[serde(flatten)]
    origin: &'f Origin,
}

impl<'f> From<&'f Origin> for OriginFields<'f> {
    fn from(origin: &'f Origin) -> Self {
        let (author_name, author_email) = origin.split_author();
        OriginFields {
            author_email,
            author_name,
            origin,
        }
    }
}

impl Serialize for Finding {
    /// Serializes the finding as reports do. The secret itself is left out; `match` is its mask.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        FindingFields {
            accepted: self.accepted.as_deref(),
            byte_end: self.bytes.end,
            byte_start: self.bytes.start,
            checksum: self.checksum,
            column: self.start.column,
            confidence: self.confidence,
            decoded_from: self.decoded_from.iter().map(|l| l.name()).collect(),
            end_column: self.end.column,
            end_line: self.end.line,
            evidence: &self.evidence,
            fingerprint: &self.fingerprint,
            line: self.start.line,
            r#match: &self.secret,
            origin: (&*self.origin).into(),
            path: shown_path(&self.path),
            path_base64: path_bytes(&self.path),
            remediation: &self.remediation,
            rule_id: &self.rule_id,
            severity: self.severity,
            status: self.status().name(),
            title: &self.title,
        }
        .serialize(serializer)
    }
}

/// Returns the path with `/` between its parts.
pub(crate) fn shown_path(path: &Path) -> Cow<'_, str> {
    let text = path.to_string_lossy();
    if cfg!(windows) {
        text.replace('\\', "/").into()
    } else {
        text
    }
}

/// Returns the bytes of a path that is not UTF-8, in base64.
pub(crate) fn path_bytes(path: &Path) -> Option<String> {
    let bytes = path.as_os_str().as_encoded_bytes();
    path.to_str()
        .is_none()
        .then(|| data_encoding::BASE64.encode(bytes))
}
