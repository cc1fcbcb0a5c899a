//! JSON reports of gitleaks, which betterleaks 1 writes as well: a list of findings.

use serde_json::Value;

use super::reported::{
    ForeignFinding, ImportedReport, join_author, number_field, secret_field, text_field,
};

pub(super) const TOOL: &str = "gitleaks";

/// Returns true if this is a finding of gitleaks.
pub(super) fn is_finding(value: &Value) -> bool {
    value.get("File").is_some() && value.get("StartLine").is_some()
}

pub(super) fn read_findings(findings: &[Value]) -> ImportedReport {
    let read = |value: &Value| {
        let kind = text_field(value, "RuleID").unwrap_or_default();
        let columns = number_field(value, "StartColumn").zip(number_field(value, "EndColumn"));
        ForeignFinding {
            title: text_field(value, "Description").unwrap_or_else(|| kind.clone()),
            path: text_field(value, "File").unwrap_or_default(),
            line: number_field(value, "StartLine"),
            end_line: number_field(value, "EndLine"),
            columns,
            secret: secret_field(value, "Secret"),
            commit: text_field(value, "Commit"),
            author: join_author(text_field(value, "Author"), text_field(value, "Email")),
            date: text_field(value, "Date"),
            kind,
            ..ForeignFinding::default()
        }
        .into_imported(TOOL)
    };
    ImportedReport {
        tool: TOOL.to_owned(),
        findings: findings.iter().map(read).collect(),
        gaps: Vec::new(),
    }
}
