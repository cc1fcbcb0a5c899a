//! Reports of betterleaks 2: one document, or one finding a line and the scan at the end.

use serde_json::Value;

use super::reported::{
    ForeignFinding, ImportedReport, join_author, number_field, secret_field, text_field,
};
use crate::finding::Secret;

const TOOL: &str = "betterleaks";

/// Returns true if this is a finding of betterleaks 2.
pub(super) fn is_finding(value: &Value) -> bool {
    value.get("rule_id").is_some() && value.get("location").is_some()
}

/// Returns true if this is the description of a scan of betterleaks 2.
pub(super) fn is_scan(value: &Value) -> bool {
    value["scan"].get("betterleaks_version").is_some()
}

/// Reads findings; `scan` is the document that describes the scan, if it was complete.
pub(super) fn read_findings<'v>(
    findings: impl IntoIterator<Item = &'v Value>,
    scan: Option<&Value>,
) -> ImportedReport {
    let state = scan.and_then(|value| value["scan"]["state"].as_str());
    let gap = match state {
        Some("complete") => None,
        Some(state) => Some(format!("the scan of betterleaks ended in state `{state}`")),
        None => Some("it ends before the description of its scan".to_owned()),
    };
    ImportedReport {
        tool: TOOL.to_owned(),
        findings: findings
            .into_iter()
            .map(|value| read_finding(value).into_imported(TOOL))
            .collect(),
        gaps: gap.into_iter().collect(),
    }
}

fn read_finding(value: &Value) -> ForeignFinding {
    let place = &value["location"];
    let about = &value["attributes"];
    let kind = text_field(value, "rule_id").unwrap_or_default();
    let validation = text_field(&value["validation"], "status");
    let name = text_field(about, "git.author_name");
    ForeignFinding {
        title: text_field(value, "description").unwrap_or_else(|| kind.clone()),
        path: text_field(place, "path").unwrap_or_default(),
        line: number_field(place, "start_line"),
        end_line: number_field(place, "end_line"),
        columns: number_field(place, "start_column").zip(number_field(place, "end_column")),
        secret: secret_field(&value["match"], "value"),
        further: component_secrets(value),
        is_doubtful: value["confidence"] == "low",
        is_live: validation.is_some_and(|status| status == "valid"),
        commit: text_field(about, "git.sha"),
        author: join_author(name, text_field(about, "git.author_email")),
        date: text_field(about, "git.date"),
        kind,
        ..ForeignFinding::default()
    }
}

/// Returns the secrets that make a credential together with the finding.
fn component_secrets(value: &Value) -> Vec<Secret> {
    let sets = value["component_sets"].as_array().into_iter().flatten();
    let parts = sets.flat_map(|set| set["components"].as_array().into_iter().flatten());
    parts
        .filter_map(|part| secret_field(&part["match"], "value"))
        .collect()
}
