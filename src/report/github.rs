//! Workflow commands of GitHub Actions: annotations on the lines. GitHub shows ten of a kind for each step, so the
//! last one summarizes the rest.

use std::io::{self, Write};

use super::escape_control;
use super::words;
use crate::finding::{Finding, FindingStatus, Outcome, Severity};
use crate::message::{count_noun, portable_path};

/// Number of annotations of a kind that GitHub shows for a step.
const SHOWN: usize = 10;

pub(super) fn write(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let trouble = outcome.trouble_skips();
    let trouble = trouble.count() as u64;
    if trouble > 0 {
        let paths = count_noun(trouble, "path");
        writeln!(
            out,
            "::error title=tokensweep::NOT COMPLETE: {paths} could not be read"
        )?;
    }
    for level in ["error", "warning", "notice"] {
        // Unreadable sources have taken one of the errors.
        let room = SHOWN - usize::from(trouble > 0 && level == "error");
        let all: Vec<&Finding> = outcome
            .findings
            .iter()
            .filter(|f| annotation_level(f) == Some(level))
            .collect();
        let shown = if all.len() > room { room - 1 } else { room };
        for finding in all.iter().take(shown) {
            write_annotation(level, finding, out)?;
        }
        if let Some(more) = all.len().checked_sub(shown).filter(|&n| n > 0) {
            writeln!(
                out,
                "::{level} title=tokensweep::{more} more; the job summary and the other reports list them all"
            )?;
        }
    }
    for note in &outcome.notes {
        writeln!(out, "tokensweep: {}", escape_control(note))?;
    }
    let [_, accepted, old] = words::status_counts(outcome);
    let mut said = format!(
        "tokensweep: {}, {accepted} accepted, {old} pre-existing, {} read",
        words::count_leaks(&outcome.findings),
        words::describe_read(outcome)
    );
    let not_read = words::not_read(outcome);
    if !not_read.is_empty() {
        said.push_str(&format!("; not read: {not_read}"));
    }
    writeln!(out, "{said}")
}

fn annotation_level(finding: &Finding) -> Option<&'static str> {
    match (finding.status(), finding.severity) {
        (FindingStatus::Accepted, _) => None,
        (FindingStatus::PreExisting, _) | (_, Severity::Note) => Some("notice"),
        (FindingStatus::Open, Severity::Warning) => Some("warning"),
        (FindingStatus::Open, Severity::Error) => Some("error"),
    }
}

fn write_annotation(level: &str, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let message = format!(
        "{}. Do first: {} {}",
        words::describe_in_file(finding),
        finding.remediation,
        words::how_to_accept(words::TO_ACCEPT, finding)
    );
    writeln!(
        out,
        "::{level} file={},line={},endLine={},col={},endColumn={},title={}::{}",
        escape_property(&portable_path(&finding.path)),
        finding.start.line,
        finding.end.line,
        finding.start.column,
        finding.end.column,
        escape_property(&finding.rule_id),
        escape_data(&message)
    )
}

fn escape_data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{ReportFormat, samples};

    #[test]
    fn a_command_a_finding_and_a_line_that_sums_up() {
        let said = samples::report(ReportFormat::Github, &samples::outcome(), 0);
        let lines: Vec<&str> = said.lines().collect();
        assert!(
            lines[1].starts_with(
                "::error file=src/a b&.env,line=3,endLine=3,col=7,endColumn=47,title=github-pat::GitHub personal"
            ),
            "{said}"
        );
        assert_eq!(said.matches("::notice ").count(), 1, "{said}");
        assert_eq!(
            lines[0],
            "::error title=tokensweep::NOT COMPLETE: 1 path could not be read"
        );
        assert!(said.contains("\ntokensweep: a note\n"), "{said}");
        assert_eq!(
            *lines.last().unwrap(),
            "tokensweep: 3 leaks, 1 accepted, 1 pre-existing, 7 files read; not read: 1 link"
        );
    }

    #[test]
    fn at_most_ten_of_a_kind_the_last_for_the_rest() {
        let mut outcome = samples::outcome();
        let one = outcome.findings[0].clone();
        outcome.findings = vec![one; 25];
        let said = samples::report(ReportFormat::Github, &outcome, 0);
        assert_eq!(
            said.matches("::error ").count(),
            10,
            "with what was not read"
        );
        assert!(said.contains("::error title=tokensweep::17 more"), "{said}");
        outcome.skipped.clear();
        let said = samples::report(ReportFormat::Github, &outcome, 0);
        assert_eq!(said.matches("::error ").count(), 10);
        assert!(said.contains("::error title=tokensweep::16 more"), "{said}");
    }

    #[test]
    fn no_name_of_a_file_starts_a_command() {
        assert_eq!(
            escape_property("a:b,c%\n::stop"),
            "a%3Ab%2Cc%25%0A%3A%3Astop"
        );
    }
}
