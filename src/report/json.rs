//! Reports for programs: one document (`json`), or one finding a line and a summary line (`jsonl`).

use std::io::{self, Write};
use std::path::Path;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::ReportOptions;
use super::words::{self, FindingStatus};
use crate::finding::{Finding, Outcome};

/// Version of the document's form. A field may be added without a new one.
pub(crate) const SCHEMA_VERSION: u32 = 1;

pub(super) fn write(
    outcome: &Outcome,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let document = JsonDocument {
        findings: Findings { outcome, options },
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
        serializer.collect_seq(
            self.outcome
                .findings
                .iter()
                .map(|f| finding_to_json(f, self.options)),
        )
    }
}

pub(super) fn write_lines(
    outcome: &Outcome,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for item in &outcome.findings {
        serde_json::to_writer(&mut *out, &finding_to_json(item, options))?;
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

fn tool_to_json() -> Value {
    json!({ "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") })
}

fn finding_to_json(finding: &Finding, options: &ReportOptions<'_>) -> Value {
    let layers: Vec<&str> = finding.decoded_from.iter().map(|l| l.name()).collect();
    let mut value = json!({
        "fingerprint": finding.fingerprint,
        "rule_id": finding.rule_id,
        "title": finding.title,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "checksum": finding.checksum,
        "line": finding.start.line,
        "column": finding.start.column,
        "end_line": finding.end.line,
        "end_column": finding.end.column,
        "byte_start": finding.bytes.start,
        "byte_end": finding.bytes.end,
        "match": finding.secret,
        "decoded_from": layers,
        "origin": finding.origin,
        "evidence": finding.evidence,
        "remediation": finding.remediation,
        "status": FindingStatus::of(finding).name(),
    });
    if let Value::Object(fields) = &mut value {
        insert_path(fields, &finding.path);
        if let Some(accepted) = &finding.accepted {
            fields.insert("accepted".to_owned(), json!(accepted));
        }
        if options.show_secrets {
            let secret = String::from_utf8_lossy(finding.secret.expose_the_secret());
            fields.insert("secret".to_owned(), Value::String(secret.into_owned()));
        }
    }
    value
}

/// Writes the path with `/` between its parts. A name that is not UTF-8 gets its bytes in another field.
fn insert_path(fields: &mut Map<String, Value>, path: &Path) {
    let text = path.to_string_lossy();
    let text = if cfg!(windows) {
        text.replace('\\', "/")
    } else {
        text.into_owned()
    };
    fields.insert("path".to_owned(), Value::String(text));
    if path.to_str().is_none() {
        let bytes = data_encoding::BASE64.encode(path.as_os_str().as_encoded_bytes());
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
    json!({
        "complete": outcome.is_complete(),
        "files": outcome.files,
        "members": outcome.members,
        "blobs": outcome.blobs,
        "blobs_known_clean": outcome.cached,
        "commits": outcome.commits,
        "refs": outcome.refs,
        "bytes": outcome.bytes,
        "seconds": (outcome.elapsed.as_secs_f64() * 1000.0).round() / 1000.0,
        "open": open,
        "accepted": accepted,
        "pre_existing": pre_existing,
        "notes": outcome.notes,
        "not_read": outcome.count_unread(),
        "skipped": skipped,
    })
}
