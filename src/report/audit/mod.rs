//! Report of an audit of many repositories: each secret once, with its repositories.

mod human;
mod json;
mod model;

use std::io::{self, Write};

use super::ReportOptions;

pub(crate) use model::{
    AuditReport, AuditedRepository, AuditedSecret, RepositoryFacts, SecretUse, UnreadPath,
};

/// Output format of an audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuditFormat {
    /// Text for people.
    Human,
    /// One JSON document.
    Json,
}

/// Writes the merged report of an audit.
///
/// # Errors
/// Fails when writing fails.
pub(crate) fn write_audit(
    format: AuditFormat,
    report: &AuditReport,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        AuditFormat::Human => human::write(report, options, out),
        AuditFormat::Json => json::write(report, out),
    }
}
