//! Baselines of detect-secrets, which are its reports: findings by file, each with the SHA-1 of its secret.

use std::collections::BTreeMap;

use serde_json::Value;

use super::reported::{ForeignFinding, ImportedReport, number_field, text_field};
use crate::finding::{Acceptance, AcceptedBy};

const TOOL: &str = "detect-secrets";

/// Returns true if this is a baseline of detect-secrets.
pub(super) fn is_baseline(value: &Value) -> bool {
    value["results"].is_object()
}

pub(super) fn read_baseline(value: &Value) -> ImportedReport {
    let mut findings = Vec::new();
    for (file, listed) in value["results"].as_object().into_iter().flatten() {
        // Several of its plugins may find the same value in a line.
        let mut values: BTreeMap<(u64, String), ForeignFinding> = BTreeMap::new();
        for found in listed.as_array().into_iter().flatten() {
            let line = number_field(found, "line_number").unwrap_or_default();
            let digest = text_field(found, "hashed_secret").unwrap_or_default();
            let kind = text_field(found, "type").unwrap_or_default();
            let is_live = found["is_verified"] == Value::Bool(true);
            let is_denied = found["is_secret"] == Value::Bool(false);
            let is_confirmed = found["is_secret"] == Value::Bool(true);
            let one = values
                .entry((line, digest.clone()))
                .or_insert_with(|| ForeignFinding {
                    title: kind.clone(),
                    path: text_field(found, "filename").unwrap_or_else(|| file.clone()),
                    line: Some(line),
                    digest: Some(digest),
                    accepted: is_denied.then(|| Acceptance {
                        by: AcceptedBy::Baseline,
                        reason: "its audit says that it is no secret".to_owned(),
                        source: format!("report of {TOOL}"),
                        first_seen: None,
                    }),
                    ..ForeignFinding::default()
                });
            if !one.kind.is_empty() {
                one.kind.push_str(", ");
            }
            one.kind.push_str(&kind);
            one.is_live |= is_live;
            one.is_confirmed |= is_confirmed;
        }
        findings.extend(values.into_values().map(|one| one.into_imported(TOOL)));
    }
    ImportedReport {
        tool: TOOL.to_owned(),
        findings,
        gaps: Vec::new(),
    }
}
