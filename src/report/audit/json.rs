//! Merged report of an audit for programs. Nothing in it depends on the time or the course of the audit.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

use super::super::json::{SCHEMA_VERSION, tool_to_json};
use super::model::AuditReport;

/// Document, with its keys in their order.
#[derive(Serialize)]
struct AuditDocument<'d> {
    audit: &'d AuditReport,
    schema_version: u32,
    tool: Value,
}

pub(super) fn write(report: &AuditReport, out: &mut dyn Write) -> io::Result<()> {
    let document = AuditDocument {
        audit: report,
        schema_version: SCHEMA_VERSION,
        tool: tool_to_json(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}
