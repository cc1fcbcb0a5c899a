//! Reports for programs: one document (`json`), or one finding a line and a summary line (`jsonl`).

use std::io::{self, Write};
use std::path::Path;

use serde::ser::{Error as _, SerializeSeq as _};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::audit::RepositoryFacts;
use super::{ReportOptions, words};
use crate::finding::{Finding, Outcome, path_bytes, shown_path};

/// Version of the document's form. A field may be added without a new one.
pub(crate) const SCHEMA_VERSION: u32 = 1;

/// JSON schema of the document.
#[cfg(feature = "cli")]
pub(crate) const SCHEMA: &str = include_str!("schema.json");

pub(super) fn write(
    outcome: &Outcome,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    write_document(outcome, None, options, out)
}

/// Writes the report of one repository, with the facts about it.
pub(super) fn write_result(
    outcome: &Outcome,
    facts: &RepositoryFacts,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    write_document(outcome, Some(facts), options, out)
}

fn write_document(
    outcome: &Outcome,
    repository: Option<&RepositoryFacts>,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let document = JsonDocument {
        findings: Findings { outcome, options },
        repository,
        scan: summary(outcome),
        schema_version: SCHEMA_VERSION,
        tool: tool_to_json(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// Document, with its keys in their order.
#[derive(Serialize)]
struct JsonDocument<'d> {
    findings: Findings<'d>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repository: Option<&'d RepositoryFacts>,
    scan: Value,
    schema_version: u32,
    tool: Value,
}

/// Findings, each converted to JSON when it is written: all of them at once take ten times the memory.
struct Findings<'d> {
    outcome: &'d Outcome,
    options: &'d ReportOptions<'d>,
}

impl Serialize for Findings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.outcome.findings.len()))?;
        for finding in &self.outcome.findings {
            let value = finding_to_json(finding, self.options).map_err(S::Error::custom)?;
            list.serialize_element(&value)?;
        }
        list.end()
    }
}

pub(super) fn write_lines(
    outcome: &Outcome,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for item in &outcome.findings {
        serde_json::to_writer(&mut *out, &finding_to_json(item, options)?)?;
        writeln!(out)?;
    }
    let last = json!({
        "schema_version": SCHEMA_VERSION,
        "tool": tool_to_json(),
        "scan": summary(outcome),
    });
    serde_json::to_writer(&mut *out, &last)?;
    writeln!(out)
}

pub(super) fn tool_to_json() -> Value {
    json!({ "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") })
}

/// Returns the documented form of a finding, with the secret itself if the options ask for it.
fn finding_to_json(finding: &Finding, options: &ReportOptions<'_>) -> serde_json::Result<Value> {
    let mut value = serde_json::to_value(finding)?;
    if options.show_secrets && finding.secret.is_known() {
        let secret = String::from_utf8_lossy(finding.secret.expose_the_secret());
        value["secret"] = Value::String(secret.into_owned());
    }
    Ok(value)
}

/// Adds a path. A name that is not UTF-8 gets its bytes in another field.
fn insert_path(fields: &mut Map<String, Value>, path: &Path) {
    let text = shown_path(path).into_owned();
    fields.insert("path".to_owned(), Value::String(text));
    if let Some(bytes) = path_bytes(path) {
        fields.insert("path_base64".to_owned(), Value::String(bytes));
    }
}

fn summary(outcome: &Outcome) -> Value {
    let [open, accepted, pre_existing] = words::status_counts(outcome);
    let skipped: Vec<Value> = outcome
        .skipped
        .iter()
        .map(|skip| {
            let mut fields = Map::new();
            insert_path(&mut fields, &skip.path);
            fields.insert("reason".to_owned(), Value::String(skip.reason.to_string()));
            Value::Object(fields)
        })
        .collect();
    let mut summary = json!({
        "complete": outcome.is_complete(),
        "files": outcome.files,
        "git_files": outcome.git_files,
        "members": outcome.members,
        "blobs": outcome.blobs,
        "blobs_known_clean": outcome.cached,
        "commits": outcome.commits,
        "refs": outcome.refs,
        "reports": outcome.reports,
        "bytes": outcome.bytes,
        "seconds": (outcome.elapsed.as_secs_f64() * 1000.0).round() / 1000.0,
        "open": open,
        "accepted": accepted,
        "pre_existing": pre_existing,
        "notes": outcome.notes,
        "not_read": outcome.count_unread(),
        "skipped": skipped,
    });
    if !outcome.repositories.is_empty() {
        summary["repositories"] = json!(outcome.repositories);
    }
    summary
}
