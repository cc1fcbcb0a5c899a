//! Comma-separated values (RFC 4180), one finding a row.

use std::io::{self, Write};

use super::words;
use crate::finding::Outcome;

const HEADER: &str = "path,line,column,rule_id,title,severity,confidence,checksum,match,status,\
                      fingerprint,commit,decoded_from,remediation,place";

pub(super) fn write(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{HEADER}\r\n")?;
    for finding in &outcome.findings {
        let layers: Vec<&str> = finding.decoded_from.iter().map(|l| l.name()).collect();
        let commit = finding.origin.first_commit();
        let place = finding.origin.place.as_ref();
        let cells = [
            words::full_path(finding),
            finding.start.line.to_string(),
            finding.start.column.to_string(),
            finding.rule_id.to_string(),
            finding.title.to_string(),
            finding.severity.name().to_owned(),
            finding.confidence.name().to_owned(),
            finding.checksum.name().to_owned(),
            finding.secret.masked(),
            finding.status().name().to_owned(),
            finding.fingerprint.clone(),
            commit.unwrap_or_default().to_owned(),
            layers.join(" "),
            finding.remediation.to_string(),
            place.map_or_else(String::new, ToString::to_string),
        ];
        let cells: Vec<String> = cells.iter().map(|cell| quote(cell)).collect();
        write!(out, "{}\r\n", cells.join(","))?;
    }
    Ok(())
}

/// Returns a cell that no spreadsheet takes for a formula, in quotes where necessary.
fn quote(cell: &str) -> String {
    let guard = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        "'"
    } else {
        ""
    };
    let needs_quotes = cell.contains([',', '"', '\n', '\r']) || !guard.is_empty();
    if needs_quotes {
        format!("\"{guard}{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{ReportFormat, samples};

    #[test]
    fn a_row_a_finding_below_a_header_of_the_same_width() {
        let outcome = samples::outcome();
        let text = samples::report(ReportFormat::Csv, &outcome, 0);
        let rows: Vec<&str> = text.split_terminator("\r\n").collect();
        assert_eq!(rows.len(), outcome.findings.len() + 1);
        assert!(
            rows[1].starts_with("src/a b&.env,3,7,github-pat,"),
            "{}",
            rows[1]
        );
        assert_eq!(rows[0].split(',').count(), 15);
    }

    #[test]
    fn a_cell_is_neither_a_formula_nor_two_cells() {
        assert_eq!(quote("=cmd|' /C calc'!A0"), "\"'=cmd|' /C calc'!A0\"");
        assert_eq!(quote("a,\"b\"\nc"), "\"a,\"\"b\"\"\nc\"");
        assert_eq!(quote("plain é"), "plain é");
    }
}
