//! The report for people: what, where, why, what to do; and what was and was not scanned.

use std::io::{self, Write};

use super::{ReportOptions, printable};
use crate::finding::{Checksum, Finding, Outcome, Severity};

pub(super) fn write(
    outcome: &Outcome,
    options: &ReportOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    for finding in &outcome.findings {
        write_finding(finding, options, out)?;
    }
    if options.verbosity >= 0 {
        for note in &outcome.notes {
            writeln!(out, "note: {}", printable(note))?;
        }
        write_skips(outcome, options, out)?;
        write_summary(outcome, options, out)?;
    }
    Ok(())
}

fn write_finding(
    finding: &Finding,
    options: &ReportOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    let style = options.style;
    let head = format!("{}[{}]", finding.severity.name(), finding.rule_id);
    let head = match finding.severity {
        Severity::Error => style.error(&head),
        Severity::Warning | Severity::Note => style.warning(&head),
    };
    let title = format!("{} ({})", finding.title, certainty(finding));
    writeln!(out, "{head}: {}", style.strong(&printable(&title)))?;
    let path = finding.path.to_string_lossy();
    let position = finding.start;
    let width = finding
        .snippet
        .lines
        .iter()
        .map(|l| l.number.to_string().len())
        .max()
        .unwrap_or(1);
    let arrow = format!("{:width$}-->", "");
    writeln!(
        out,
        "{} {}:{}:{}",
        style.frame(&arrow),
        printable(&path),
        position.line,
        position.column
    )?;
    let bar = format!("{:width$} |", "");
    for line in &finding.snippet.lines {
        let number = format!("{:width$} |", line.number);
        let text = match (&line.highlight, options.show_secrets) {
            (Some(marked), true) => {
                let secret = String::from_utf8_lossy(finding.secret.expose_the_secret());
                format!(
                    "{}{secret}{}",
                    &line.text[..marked.start],
                    &line.text[marked.end..]
                )
            }
            _ => line.text.clone(),
        };
        writeln!(out, "{} {}", style.frame(&number), printable(&text))?;
        if let Some(marked) = &line.highlight {
            let before = printable(&line.text[..marked.start]).chars().count();
            let marks = if options.show_secrets {
                String::from_utf8_lossy(finding.secret.expose_the_secret())
                    .chars()
                    .count()
            } else {
                printable(&line.text[marked.clone()]).chars().count()
            };
            let marks = "^".repeat(marks.max(1));
            let reason = reason(finding);
            let space = if reason.is_empty() { "" } else { " " };
            writeln!(
                out,
                "{} {:before$}{}{space}{}",
                style.frame(&bar),
                "",
                style.error(&marks),
                printable(&reason)
            )?;
        }
    }
    let equals = format!("{:width$} =", "");
    writeln!(
        out,
        "{} do first: {}",
        style.frame(&equals),
        printable(&finding.remediation)
    )?;
    if options.verbosity > 0 {
        for evidence in &finding.evidence {
            let line = format!(
                "{} {:+.1}: {}",
                evidence.name, evidence.weight, evidence.detail
            );
            writeln!(
                out,
                "{} because: {}",
                style.frame(&equals),
                printable(&line)
            )?;
        }
        writeln!(
            out,
            "{} fingerprint: {}",
            style.frame(&equals),
            finding.fingerprint
        )?;
    }
    writeln!(out)
}

fn certainty(finding: &Finding) -> String {
    if finding.origin.pre_existing {
        return "it stood here before this change".to_owned();
    }
    match finding.checksum {
        Checksum::Valid => "certain: its checksum holds".to_owned(),
        Checksum::Invalid => "low: its checksum does not hold".to_owned(),
        Checksum::None => finding.confidence.name().to_owned(),
    }
}

/// The strongest reason, and the layers that the secret was found under.
fn reason(finding: &Finding) -> String {
    let layers: Vec<&str> = finding.decoded_from.iter().map(|l| l.name()).collect();
    let strongest = finding
        .evidence
        .iter()
        .filter(|e| e.weight > 0.0 && finding.checksum == Checksum::None)
        .max_by(|a, b| a.weight.total_cmp(&b.weight))
        .map(|e| e.detail.as_str());
    match (layers.as_slice(), strongest) {
        ([], None) => String::new(),
        ([], Some(reason)) => reason.to_owned(),
        (layers, None) => format!("decoded from {}", layers.join(" in ")),
        (layers, Some(reason)) => format!("decoded from {}; {reason}", layers.join(" in ")),
    }
}

/// What was left out on purpose. What could not be read is trouble, which is said on standard error.
fn write_skips(outcome: &Outcome, options: &ReportOptions, out: &mut dyn Write) -> io::Result<()> {
    let left_out = outcome.skipped.iter().filter(|s| !s.reason.is_trouble());
    for skip in left_out.filter(|_| options.verbosity > 0) {
        let path = skip.path.to_string_lossy();
        writeln!(
            out,
            "left out: {}: {}",
            printable(&path),
            printable(&skip.reason.to_string())
        )?;
    }
    Ok(())
}

fn write_summary(
    outcome: &Outcome,
    options: &ReportOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    let style = options.style;
    let count = outcome.findings.len();
    let read = format!(
        "{} read ({})",
        things_read(outcome),
        human_bytes(outcome.bytes)
    );
    let trouble = outcome
        .skipped
        .iter()
        .filter(|s| s.reason.is_trouble())
        .count() as u64;
    let left = outcome.skipped.len() as u64 - trouble;
    let things = outcome.files + outcome.blobs + outcome.commits;
    let mut said = match (count, things) {
        (0, 0) => format!("nothing scanned: {read}"),
        (0, _) => format!("no leaks found: {read}"),
        _ => format!("{}: {read}", style.error(&plural(count as u64, "leak"))),
    };
    if left > 0 {
        said.push_str(&format!(
            ", {left} left out (links, pipes and the like; -v lists them)"
        ));
    }
    if trouble > 0 {
        let part = format!(
            "NOT COMPLETE: {} could not be read",
            plural(trouble, "path")
        );
        said.push_str(&format!(", {}", style.error(&part)));
    }
    writeln!(out, "{said}")
}

/// What was read, of each kind of thing that there was any of.
fn things_read(outcome: &Outcome) -> String {
    let kinds = [
        (outcome.files, "file"),
        (outcome.blobs, "blob"),
        (outcome.commits, "commit"),
    ];
    let some: Vec<String> = kinds
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, noun)| plural(*count, noun))
        .collect();
    if some.is_empty() {
        return plural(0, "file");
    }
    some.join(", ")
}

fn plural(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn human_bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "kB", "MB", "GB", "TB"];
    #[allow(clippy::cast_precision_loss, reason = "shown with one decimal")]
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1000.0 && unit < UNITS.len() - 1 {
        value /= 1000.0;
        unit += 1;
    }
    if unit == 0 {
        format!("{bytes} bytes")
    } else {
        format!("{value:.1} {}", UNITS[unit])
    }
}
