//! Markdown, for job summaries and comments: a table of the findings, then the advice for each kind.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::provenance::describe_provenance;
use super::words;
use super::{ReportOptions, escape_control};
use crate::finding::{Finding, FindingStatus, Outcome};
use crate::message::{count_noun, group_digits, portable_path};

/// Maximum number of rows. The rest is summarized, because a job summary may not be larger than 1 MiB.
const ROWS: usize = 200;

pub(super) fn write(
    outcome: &Outcome,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let [open, accepted, old] = words::status_counts(outcome);
    let things = outcome.count_read();
    writeln!(out, "## tokensweep\n")?;
    match (open, things) {
        (0, 0) => writeln!(out, "Nothing was scanned.\n")?,
        (0, _) => {
            let found = words::nothing_found(outcome, options.rules);
            let read = words::describe_read(outcome);
            writeln!(out, "N{} in {read}.\n", found.trim_start_matches('n'))?;
        }
        _ => writeln!(
            out,
            "**{}** found in {}.\n",
            words::count_leaks(&outcome.findings),
            words::describe_read(outcome)
        )?,
    }
    let not_read = words::not_read(outcome);
    if !not_read.is_empty() {
        writeln!(out, "Not read: {}.\n", text(&not_read))?;
    }
    if !outcome.is_complete() {
        writeln!(
            out,
            "**Not complete:** some of what was asked for could not be read.\n"
        )?;
    }
    if accepted > 0 {
        writeln!(out, "{} accepted.\n", count_noun(accepted, "finding"))?;
    }
    table(outcome, FindingStatus::Open, "Leaks", out)?;
    write_remediations(outcome, out)?;
    if old > 0 {
        table(
            outcome,
            FindingStatus::PreExisting,
            "There before this change",
            out,
        )?;
    }
    write_list("Notes", outcome.notes.iter().map(|note| text(note)), out)?;
    let not_scanned = outcome.trouble_skips().map(|skip| {
        let path = code_span(&portable_path(&skip.path));
        format!("{path}: {}", text(&skip.reason.to_string()))
    });
    write_list("Not scanned", not_scanned, out)
}

/// Writes a heading and a list below it, or nothing for an empty list.
fn write_list(
    title: &str,
    items: impl Iterator<Item = String>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut items = items.take(ROWS).peekable();
    if items.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "### {title}\n")?;
    for item in items {
        writeln!(out, "- {item}")?;
    }
    writeln!(out)
}

fn table(
    outcome: &Outcome,
    status: FindingStatus,
    title: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let rows: Vec<&Finding> = outcome
        .findings
        .iter()
        .filter(|f| f.status() == status)
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let is_from_git = rows.iter().any(|f| describe_provenance(f).is_some());
    let (head, rule) = if is_from_git {
        (" came in with |", "---|")
    } else {
        ("", "")
    };
    writeln!(
        out,
        "### {title}\n\n| place | secret | what | how sure |{head}\n|---|---|---|---|{rule}"
    )?;
    for finding in rows.iter().take(ROWS) {
        let place = format!(
            "{}:{}{}",
            words::full_path(finding),
            finding.start.line,
            words::place_in_brackets(finding)
        );
        let provenance = describe_provenance(finding).unwrap_or_default();
        let provenance = if is_from_git {
            format!(" {} |", text(&provenance))
        } else {
            String::new()
        };
        writeln!(
            out,
            "| {} | {} | {} (`{}`) | {} |{provenance}",
            code_span(&place),
            code_span(&finding.secret.masked()),
            text(&finding.title),
            finding.rule_id,
            text(&words::describe_certainty(finding))
        )?;
    }
    if let Some(more) = rows.len().checked_sub(ROWS).filter(|&n| n > 0) {
        writeln!(out, "\nand {} more", group_digits(more as u64))?;
    }
    writeln!(out)
}

fn write_remediations(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let open = outcome.findings.iter().filter(|f| f.is_open());
    let kinds: BTreeMap<&str, &Finding> = open.map(|f| (&*f.rule_id, f)).collect();
    if kinds.is_empty() {
        return Ok(());
    }
    writeln!(out, "### Do first\n")?;
    for finding in kinds.values() {
        let (title, todo) = (text(&finding.title), text(&finding.remediation));
        writeln!(out, "- **{title}**: {todo}")?;
    }
    writeln!(
        out,
        "\nTo accept a finding, write `tokensweep:allow REASON` in a comment on its line, or run \
         `tokensweep baseline update`.\n"
    )
}

/// Escapes markup in a text. Backticks and addresses in the program's own words are kept.
fn text(text: &str) -> String {
    let mut out = String::new();
    for c in escape_control(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '|' | '*' | '[' | ']' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// Puts text between backticks, as many as it needs, in a table's cell.
fn code_span(text: &str) -> String {
    let text = escape_control(text).replace('|', "\\|");
    let longest = text
        .split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    let ticks = "`".repeat(longest + 1);
    let space = if longest > 0 { " " } else { "" };
    format!("{ticks}{space}{text}{space}{ticks}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{ReportFormat, samples};

    #[test]
    fn leaks_first_then_what_to_do_then_what_was_there_before() {
        let said = samples::report(ReportFormat::Markdown, &samples::outcome(), 0);
        assert!(
            said.starts_with("## tokensweep\n\n**3 leaks** found in 7 files.\n\nNot read: 1 link.\n\n**Not complete:**"),
            "{said}"
        );
        assert!(said.contains("| `src/a b&.env:3` | `ghp_"), "{said}");
        let order = [
            "### Leaks",
            "### Do first",
            "### There before",
            "### Notes",
            "### Not scanned",
        ];
        let places: Vec<_> = order.iter().map(|h| said.find(h).unwrap()).collect();
        assert!(places.is_sorted(), "{said}");
        assert!(said.contains("1 finding accepted."), "{said}");
    }

    #[test]
    fn a_commit_has_a_column_where_there_is_one() {
        let mut outcome = samples::outcome();
        let said = samples::report(ReportFormat::Markdown, &outcome, 0);
        assert!(!said.contains("came in"), "{said}");
        samples::set_commit(&mut outcome.findings[0], Some(true));
        let said = samples::report(ReportFormat::Markdown, &outcome, 0);
        let row = said.lines().find(|line| line.contains("`src/a b&.env:3`"));
        let end = "| certain: its checksum holds | commit 0123456789ab of 2024-03-01 by Ann Lee \
                   &lt;ann@example.com&gt;; still at HEAD |";
        assert!(row.unwrap().ends_with(end), "{said}");
        let cells = |line: &str| line.replace("\\|", "").matches('|').count();
        let table = said.lines().skip_while(|line| !line.starts_with("| place"));
        let widths: Vec<usize> = table.take(5).map(cells).collect();
        assert_eq!(widths, [6; 5], "{said}");
    }

    #[test]
    fn names_of_files_are_no_markup() {
        assert_eq!(code_span("a`b|c"), "`` a`b\\|c ``");
        assert_eq!(text("<b>|*x*"), "&lt;b&gt;\\|\\*x\\*");
        assert_eq!(code_span("a\nb"), "`a\\u{a}b`");
    }

    #[test]
    fn nothing_found_and_nothing_scanned_are_two_things() {
        let mut outcome = crate::finding::Outcome::default();
        let say = |o: &Outcome| samples::report(ReportFormat::Markdown, o, 0);
        assert!(say(&outcome).contains("Nothing was scanned."));
        outcome.files = 1;
        assert!(say(&outcome).contains("No GitHub or npm tokens found in 1 file."));
    }
}
