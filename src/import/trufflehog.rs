//! Reports of trufflehog (`--json`): one finding a line, and perhaps lines of its log.

use serde_json::Value;

use super::reported::{
    ForeignFinding, ImportedFinding, ImportedReport, number_field, secret_field, text_field,
};

const TOOL: &str = "trufflehog";

/// Returns true if this is a finding of trufflehog.
pub(super) fn is_finding(value: &Value) -> bool {
    value.get("DetectorName").is_some() && value.get("SourceMetadata").is_some()
}

/// Returns true if this is a line of a log in JSON.
pub(super) fn is_log_line(value: &Value) -> bool {
    value.get("level").is_some() && value.get("msg").is_some()
}

pub(super) fn read_lines(lines: &[Value]) -> ImportedReport {
    let findings = lines.iter().filter(|line| !is_log_line(line));
    let failures = lines
        .iter()
        .filter(|line| is_log_line(line) && line["level"].as_str() == Some("error"))
        .count();
    let gap = (failures > 0)
        .then(|| format!("its log has {failures} errors: trufflehog may not have read everything"));
    ImportedReport {
        tool: TOOL.to_owned(),
        findings: findings.map(read_finding).collect(),
        gaps: gap.into_iter().collect(),
    }
}

fn read_finding(value: &Value) -> ImportedFinding {
    // The only field of the data has the name of the kind of source: Git, Filesystem, Github, ...
    let sources = value["SourceMetadata"]["Data"].as_object();
    let source = sources.and_then(|data| data.values().next());
    let source = source.unwrap_or(&Value::Null);
    let kind = text_field(value, "DetectorName").unwrap_or_default();
    let link = || text_field(source, "link");
    ForeignFinding {
        title: format!("{kind} secret"),
        path: text_field(source, "file").or_else(link).unwrap_or_default(),
        line: number_field(source, "line"),
        secret: secret_field(value, "Raw"),
        // The whole credential, of which `Raw` may be only the public part.
        further: secret_field(value, "RawV2").into_iter().collect(),
        is_live: value["Verified"] == Value::Bool(true),
        commit: text_field(source, "commit"),
        author: text_field(source, "email"),
        date: text_field(source, "timestamp"),
        kind,
        ..ForeignFinding::default()
    }
    .into_imported(TOOL)
}
