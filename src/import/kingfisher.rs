//! Reports of kingfisher: one document, or one finding a line and the description of the scan at the end.

use serde_json::Value;

use super::reported::{
    ForeignFinding, ImportedFinding, ImportedReport, join_author, number_field, secret_field,
    text_field,
};
use crate::finding::Secret;

const TOOL: &str = "kingfisher";

/// Returns true if a text is the baseline of kingfisher, a list in YAML.
pub(crate) fn is_kingfisher_baseline(text: &[u8]) -> bool {
    let mut lines = text.split(|byte| *byte == b'\n');
    lines.any(|line| {
        let heads: [&[u8]; 2] = [b"ExactFindings:", b"fingerprint_algorithm: kingfisher"];
        heads.iter().any(|head| line.starts_with(head))
    })
}

/// Returns true if this is a finding of kingfisher.
pub(super) fn is_finding(value: &Value) -> bool {
    value.get("rule").is_some() && value.get("finding").is_some()
}

/// Returns true if this describes a scan of kingfisher.
pub(super) fn is_scan(value: &Value) -> bool {
    let schema = value["audit"]["schema"].as_str().unwrap_or_default();
    schema.starts_with("kingfisher.")
        || value["metadata"].get("kingfisher_version").is_some()
        || value.get("kingfisher").is_some()
}

/// Reads findings; `scans` are the documents that describe the scan.
pub(super) fn read_findings<'v>(
    findings: impl IntoIterator<Item = &'v Value>,
    scans: &[&Value],
) -> ImportedReport {
    let mut gaps = Vec::new();
    for scan in scans {
        let counts = &scan["audit"]["summary"];
        for (key, what) in [
            ("fetch_failed", "were not fetched"),
            ("scan_failed", "were not scanned"),
            ("scan_partial", "were scanned in part"),
            ("pending", "were not reached"),
        ] {
            if let Some(count) = number_field(counts, key).filter(|n| *n > 0) {
                gaps.push(format!("{count} repositories {what} by kingfisher"));
            }
        }
    }
    ImportedReport {
        tool: TOOL.to_owned(),
        findings: findings.into_iter().map(read_finding).collect(),
        gaps,
    }
}

fn read_finding(value: &Value) -> ImportedFinding {
    let (rule, found) = (&value["rule"], &value["finding"]);
    let kind = text_field(rule, "id").unwrap_or_default();
    let title = text_field(rule, "description").or_else(|| text_field(rule, "name"));
    let commit = &found["git_metadata"]["commit"];
    let author = &commit["author"];
    let parts = found["dependent_captures"].as_object();
    let parts = parts
        .into_iter()
        .flat_map(|parts| parts.values())
        .filter_map(Value::as_str);
    let status = text_field(&found["validation"], "status").unwrap_or_default();
    // The first column of a line is 0, and the last one is that of the last character.
    let columns = number_field(found, "column_start").zip(number_field(found, "column_end"));
    ForeignFinding {
        title: title.unwrap_or_else(|| kind.clone()),
        path: text_field(found, "path").unwrap_or_default(),
        line: number_field(found, "line"),
        columns: columns.map(|(first, last)| (first + 1, last + 1)),
        secret: secret_field(found, "snippet"),
        further: parts.map(|part| Secret::new(part.as_bytes())).collect(),
        is_doubtful: found["confidence"] == "low",
        is_live: status.starts_with("Active"),
        commit: text_field(commit, "id"),
        author: join_author(text_field(author, "name"), text_field(author, "email")),
        date: text_field(commit, "date"),
        kind,
        ..ForeignFinding::default()
    }
    .into_imported(TOOL)
}
