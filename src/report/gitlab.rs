//! GitLab's secret detection report, schema 15. Accepted and pre-existing findings are left out: GitLab has
//! no status for them, and shows every finding as new.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::ReportOptions;
use super::words;
use crate::date::format_timestamp;
use crate::finding::{Confidence, Finding, Outcome, Severity};
use crate::message::portable_path;

/// Version of the schema that the report follows.
const SCHEMA_VERSION: &str = "15.2.1";

/// Value that GitLab's own analysers write if there is no commit.
const NO_COMMIT: &str = "0000000";

pub(super) fn write(
    outcome: &Outcome,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let tool = json!({
        "id": words::TOOL,
        "name": words::TOOL,
        "version": words::VERSION,
        "vendor": {"name": words::TOOL},
    });
    let notes = outcome.notes.iter().filter(|note| !note.is_empty());
    let mut messages: Vec<Value> = notes
        .map(|note| json!({"level": "info", "value": note}))
        .collect();
    let trouble = outcome.trouble_skips().map(|s| {
        let value = format!("not scanned: {}: {}", portable_path(&s.path), s.reason);
        json!({"level": "fatal", "value": value})
    });
    messages.extend(trouble);
    let mut seen = BTreeMap::new();
    let vulnerabilities: Vec<Value> = outcome
        .findings
        .iter()
        .filter(|f| f.is_open())
        .map(|f| to_vulnerability(f, &mut seen))
        .collect();
    let started = options
        .finished
        .checked_sub(outcome.elapsed)
        .unwrap_or(options.finished);
    let document = json!({
        "version": SCHEMA_VERSION,
        "scan": {
            "analyzer": tool,
            "scanner": tool,
            "type": "secret_detection",
            "start_time": format_timestamp(started),
            "end_time": format_timestamp(options.finished),
            "status": if outcome.is_complete() { "success" } else { "failure" },
            "messages": messages,
        },
        "vulnerabilities": vulnerabilities,
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn to_vulnerability<'f>(finding: &'f Finding, seen: &mut BTreeMap<&'f str, u64>) -> Value {
    let nth = seen.entry(&finding.fingerprint).or_insert(0);
    *nth += 1;
    let origin = &finding.origin;
    let commit = origin.first_commit();
    let mut commit_fields = json!({"sha": commit.unwrap_or(NO_COMMIT)});
    if let Some(date) = &origin.author_date {
        commit_fields["date"] = json!(date);
    }
    if let Some(author) = &origin.author {
        commit_fields["author"] = json!(author);
    }
    json!({
        "id": to_uuid(&finding.fingerprint, *nth),
        "category": "secret_detection",
        "name": finding.title,
        "description": format!("{}.", words::describe_in_file(finding)),
        "severity": severity_name(finding),
        "confidence": confidence(finding.confidence),
        "solution": format!("{} {}", finding.remediation, words::how_to_accept(words::TO_ACCEPT, finding)),
        // Other analysers write the secret itself here.
        "raw_source_code_extract": finding.secret.masked(),
        "location": {
            "file": portable_path(&finding.path),
            "commit": commit_fields,
            "start_line": finding.start.line,
            "end_line": finding.end.line,
        },
        "identifiers": [{
            "type": "tokensweep_rule_id",
            "name": format!("tokensweep rule {}", finding.rule_id),
            "value": finding.rule_id,
        }],
        "tracking": {"type": "source", "items": [{
            "file": portable_path(&finding.path),
            "start_line": finding.start.line,
            "end_line": finding.end.line,
            "signatures": [{"algorithm": "hash", "value": format!("{}:{nth}", finding.fingerprint)}],
        }]},
    })
}

/// Returns a name in the form of a UUID: the fingerprint's 128 bits, with the count in the last group.
fn to_uuid(fingerprint: &str, nth: u64) -> String {
    let hex = format!("{:0<20.20}{:012x}", fingerprint, nth & 0xffff_ffff_ffff);
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

fn severity_name(finding: &Finding) -> &'static str {
    match finding.severity {
        Severity::Error => "Critical",
        Severity::Warning => "Medium",
        Severity::Note => "Info",
    }
}

fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Low => "Low",
        Confidence::Medium => "Medium",
        Confidence::High => "High",
        Confidence::Certain => "Confirmed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{ReportFormat, samples};

    #[test]
    fn every_field_that_the_schema_asks_for_is_there() {
        let text = samples::report(ReportFormat::Gitlab, &samples::outcome(), 0);
        let report: Value = serde_json::from_str(&text).unwrap();
        let scan = &report["scan"];
        for tool in ["analyzer", "scanner"] {
            for field in ["id", "name", "version"] {
                assert!(!scan[tool][field].as_str().unwrap().is_empty());
            }
            assert!(scan[tool]["vendor"]["name"].is_string());
        }
        assert_eq!(scan["type"], "secret_detection");
        assert_eq!(scan["start_time"], "2026-11-22T07:59:59");
        assert_eq!(scan["end_time"], "2026-11-22T08:00:00");
        assert_eq!(scan["status"], "failure");
        let messages = scan["messages"].as_array().unwrap();
        let levels: Vec<_> = messages
            .iter()
            .map(|m| m["level"].as_str().unwrap())
            .collect();
        assert_eq!(levels, ["info", "fatal"]);
        assert!(
            messages
                .iter()
                .all(|m| !m["value"].as_str().unwrap().is_empty())
        );
        let found = report["vulnerabilities"].as_array().unwrap();
        assert_eq!(found.len(), 3, "only open findings");
        let mut ids = std::collections::BTreeSet::new();
        for one in found {
            let id = one["id"].as_str().unwrap();
            assert!(id.len() == 36 && ids.insert(id.to_owned()), "{id}");
            assert!(
                !one["location"]["commit"]["sha"]
                    .as_str()
                    .unwrap()
                    .is_empty()
            );
            assert!(one["location"]["start_line"].as_u64().unwrap() >= 1);
            // The length that the schema allows.
            assert!(one["name"].as_str().unwrap().len() <= 255);
            assert!(one["solution"].as_str().unwrap().len() <= 7000);
            for field in ["type", "name", "value"] {
                assert!(one["identifiers"][0][field].is_string());
            }
            assert!(["Critical", "Medium", "Info"].contains(&one["severity"].as_str().unwrap()));
        }
    }
}
