//! JSON reports of this program: one document, or one finding a line and a summary at the end.

use std::path::PathBuf;
use std::sync::Arc;

use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::{Value, json};

use super::reported::{ImportedFinding, ImportedReport, ToolClaim};
use crate::finding::{
    Acceptance, AcceptedBy, Checksum, Confidence, Evidence, Finding, Layer, Origin, Secret,
    Severity, Snippet,
};
use crate::span::Position;

pub(super) const TOOL: &str = env!("CARGO_PKG_NAME");

/// Version of the form that is read here.
const VERSION: u64 = 1;

#[derive(Deserialize)]
struct OwnFinding {
    accepted: Option<OwnAcceptance>,
    byte_end: u64,
    byte_start: u64,
    checksum: Checksum,
    column: u64,
    confidence: Confidence,
    #[serde(default)]
    decoded_from: Vec<String>,
    end_column: u64,
    end_line: u64,
    #[serde(default)]
    evidence: Vec<OwnEvidence>,
    fingerprint: String,
    line: u64,
    r#match: String,
    secret: Option<String>,
    #[serde(default)]
    origin: Origin,
    path: String,
    path_base64: Option<String>,
    #[serde(default)]
    remediation: String,
    rule_id: String,
    severity: Severity,
    title: String,
}

#[derive(Deserialize)]
struct OwnEvidence {
    name: String,
    weight: f64,
    detail: String,
}

#[derive(Deserialize)]
struct OwnAcceptance {
    by: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    source: String,
    first_seen: Option<String>,
}

/// Returns true if this is the summary of a report of this program.
pub(super) fn is_summary(value: &Value) -> bool {
    value["tool"]["name"] == TOOL && value.get("scan").is_some()
}

/// Returns true if this is the merged report of an audit by this program.
pub(super) fn is_audit(value: &Value) -> bool {
    value["tool"]["name"] == TOOL && value["audit"]["secrets"].is_array()
}

/// Reads the merged report of an audit: the first place of each secret in each repository.
///
/// # Errors
/// Returns a sentence if the form is a later one, or none of ours.
pub(super) fn read_audit(document: &Value) -> Result<ImportedReport, String> {
    let audit = &document["audit"];
    let mut findings = Vec::new();
    for secret in audit["secrets"].as_array().into_iter().flatten() {
        let uses = secret["repositories"].as_array().into_iter().flatten();
        findings.extend(uses.map(|used| audited_finding(secret, used)));
    }
    let repositories = audit["repositories"].as_array().into_iter().flatten();
    let is_part = |one: &&Value| one["complete"] == Value::Bool(false);
    let unread = audit["unread"].as_array().map_or(0, Vec::len);
    let is_complete = unread == 0 && repositories.filter(is_part).count() == 0;
    let mut summary = document.clone();
    summary["scan"]["complete"] = Value::Bool(is_complete);
    read_findings(&findings, Some(&summary))
}

/// Returns the finding of a secret in a repository, in the form of a report.
fn audited_finding(secret: &Value, used: &Value) -> Value {
    let mut finding = secret.clone();
    let line = &used["line"];
    let mut origin = json!({
        "kind": "blob",
        "repository": used["repository"],
        "at_head": used["at_head"],
    });
    for (from, to) in [
        ("commit", "introduced_in"),
        ("author", "author"),
        ("date", "author_date"),
    ] {
        if !used[from].is_null() {
            origin[to] = used[from].clone();
        }
    }
    let fields = [
        ("path", used["path"].clone()),
        ("line", line.clone()),
        ("end_line", line.clone()),
        ("column", json!(1)),
        ("end_column", json!(1)),
        ("byte_start", json!(0)),
        ("byte_end", json!(0)),
        ("origin", origin),
    ];
    for (key, value) in fields {
        finding[key] = value;
    }
    finding
}

/// Returns true if this is a finding of this program.
pub(super) fn is_finding_line(value: &Value) -> bool {
    value.get("fingerprint").is_some() && value.get("rule_id").is_some()
}

/// Reads findings; `summary` is the document with the version and the counts, or `None` if the report was cut off.
///
/// # Errors
/// Returns a sentence if the form is a later one, or none of ours.
pub(super) fn read_findings<'v>(
    findings: impl IntoIterator<Item = &'v Value>,
    summary: Option<&Value>,
) -> Result<ImportedReport, String> {
    let version = summary.and_then(|value| value["schema_version"].as_u64());
    if let Some(later) = version.filter(|version| *version > VERSION) {
        return Err(format!(
            "its schema_version is {later}, and this tokensweep reads up to {VERSION}: use a later one"
        ));
    }
    let mut report = ImportedReport {
        tool: TOOL.to_owned(),
        ..ImportedReport::default()
    };
    for (index, value) in findings.into_iter().enumerate() {
        let Ok(fields) = OwnFinding::deserialize(value) else {
            return Err(format!(
                "finding {} is not in the form of a tokensweep report; `tokensweep config schema --report` prints it",
                index + 1
            ));
        };
        report.findings.push(fields.into_imported());
    }
    match summary {
        None => report.gaps.push("it ends before its summary".to_owned()),
        Some(value) if value["scan"]["complete"] == Value::Bool(false) => {
            report.gaps.push("its scan was not complete".to_owned());
        }
        Some(_) => {}
    }
    Ok(report)
}

impl OwnFinding {
    fn into_imported(self) -> ImportedFinding {
        let layers = self.decoded_from.iter();
        let layers = layers.filter_map(|name| Layer::ALL.into_iter().find(|l| l.name() == name));
        let claim = ToolClaim {
            tool: TOOL.to_owned(),
            kind: self.rule_id.clone(),
            is_live: false,
        };
        let finding = Finding {
            fingerprint: self.fingerprint,
            rule_id: Arc::from(self.rule_id),
            title: Arc::from(self.title),
            severity: self.severity,
            confidence: self.confidence,
            checksum: self.checksum,
            path: decode_path(self.path, self.path_base64.as_deref()),
            start: Position {
                line: self.line,
                column: self.column,
            },
            end: Position {
                line: self.end_line,
                column: self.end_column,
            },
            bytes: self.byte_start..self.byte_end,
            secret: match self.secret {
                Some(secret) => Secret::new(secret.as_bytes()),
                None => Secret::from_mask(&self.r#match),
            },
            decoded_from: layers.collect(),
            origin: self.origin.into(),
            evidence: self
                .evidence
                .into_iter()
                .map(|e| Evidence::new(e.name, e.weight, e.detail))
                .collect(),
            remediation: Arc::from(self.remediation),
            snippet: Snippet::default(),
            accepted: self.accepted.and_then(OwnAcceptance::into_acceptance),
            enclosure: None,
        };
        ImportedFinding {
            finding,
            claim,
            is_ours: true,
            has_line: true,
            columns: None,
            digest: None,
            further: Vec::new(),
            is_confirmed: false,
        }
    }
}

impl OwnAcceptance {
    fn into_acceptance(self) -> Option<Box<Acceptance>> {
        let by = AcceptedBy::ALL
            .into_iter()
            .find(|by| by.name() == self.by)?;
        Some(Box::new(Acceptance {
            by,
            reason: self.reason,
            source: self.source,
            first_seen: self.first_seen,
        }))
    }
}

/// Returns the path, from its bytes if its name is not UTF-8.
fn decode_path(text: String, bytes: Option<&str>) -> PathBuf {
    let bytes = bytes.and_then(|bytes| BASE64.decode(bytes.as_bytes()).ok());
    #[cfg(unix)]
    if let Some(bytes) = bytes {
        use std::os::unix::ffi::OsStringExt as _;
        return PathBuf::from(std::ffi::OsString::from_vec(bytes));
    }
    #[cfg(not(unix))]
    drop(bytes);
    PathBuf::from(text)
}
