//! Last line of the report for people: counts of what was found, accepted and read.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, Write};

use super::groups::KindCounts;
use super::terminal::display_width;
use super::{ReportOptions, escape_control, words};
use crate::finding::{AcceptedBy, Finding, Outcome};
use crate::message::{count_noun, group_digits};

/// Writes the last line.
///
/// # Errors
/// Fails when writing fails.
pub(super) fn write_line(
    outcome: &Outcome,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let style = options.style;
    let [open, accepted, old] = words::status_counts(outcome);
    let read = format!(
        "{} ({})",
        words::describe_read(outcome),
        format_bytes(outcome.bytes)
    );
    let trouble = outcome.trouble_skips().count() as u64;
    let things = outcome.count_read();
    let mut said = match (open, things) {
        (0, 0) => "nothing scanned".to_owned(),
        (0, _) => format!("{} in {read}", words::nothing_found(outcome, options.rules)),
        _ => format!(
            "{} in {read}",
            style.error(&count_leaks(
                outcome.findings.iter().filter(|f| f.is_open())
            ))
        ),
    };
    if old > 0 {
        said.push_str(&format!(", {} pre-existing", group_digits(old)));
    }
    if accepted > 0 {
        said.push_str(&format!(
            ", {} accepted ({})",
            group_digits(accepted),
            count_accepted(outcome)
        ));
    }
    let not_read = words::not_read(outcome);
    if !not_read.is_empty() {
        let hint = if options.verbosity > 0 {
            ""
        } else {
            " (-v lists them)"
        };
        said.push_str(&format!("; not read: {not_read}{hint}"));
    }
    if trouble > 0 {
        let part = format!(
            "NOT COMPLETE: {} could not be read",
            count_noun(trouble, "path")
        );
        said.push_str(&format!("; {}", style.error(&part)));
    }
    writeln!(out, "{said}")
}

/// Writes the number of secrets of each kind at each confidence, and at `HEAD` where that is known.
///
/// # Errors
/// Fails when writing fails.
pub(super) fn write_table(
    rows: &[KindCounts<'_>],
    knows_head: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let titles = rows
        .iter()
        .map(|row| display_width(&escape_control(row.title)));
    let width = titles.max().unwrap_or_default();
    write!(out, "{:width$}  certain   high  medium    low", "secrets")?;
    writeln!(out, "{}", if knows_head { "  at HEAD" } else { "" })?;
    for row in rows {
        let title = escape_control(row.title);
        let blanks = width - display_width(&title);
        let [low, medium, high, certain] = row.levels.map(group_digits);
        write!(
            out,
            "{title}{:blanks$}  {certain:>7}{high:>7}{medium:>8}{low:>7}",
            ""
        )?;
        if knows_head {
            write!(out, "{:>9}", group_digits(row.at_head))?;
        }
        writeln!(out)?;
    }
    writeln!(out)
}

/// Writes a line for each of several repositories: the leaks in it, and what was read of it.
///
/// # Errors
/// Fails when writing fails.
pub(super) fn write_repositories(
    outcome: &Outcome,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut open: HashMap<&str, Vec<&Finding>> = HashMap::new();
    for finding in outcome.findings.iter().filter(|f| f.is_open()) {
        if let Some(name) = &finding.origin.repository {
            open.entry(name).or_default().push(finding);
        }
    }
    let style = options.style;
    for repository in &outcome.repositories {
        let read =
            words::count_kinds(&[(repository.blobs, "blob"), (repository.commits, "commit")]);
        let read = format!("{read} ({})", format_bytes(repository.bytes));
        let said = match open.get(&*repository.path) {
            Some(leaks) => style.error(&count_leaks(leaks.iter().copied())).to_string(),
            None => "no leaks".to_owned(),
        };
        let name = escape_control(&repository.path);
        let problem = if repository.complete {
            String::new()
        } else {
            format!("; {}", style.error("NOT COMPLETE"))
        };
        writeln!(out, "{name}: {said} in {read}{problem}")?;
    }
    Ok(())
}

/// Returns the number of leaks among open findings, and the number of secrets if it differs.
fn count_leaks<'f>(open: impl Iterator<Item = &'f Finding> + Clone) -> String {
    let secrets: BTreeSet<&str> = open.clone().map(|f| f.fingerprint.as_str()).collect();
    let leaks = words::count_leaks(open.clone());
    if secrets.len() == open.count() {
        leaks
    } else {
        format!("{leaks} of {}", count_noun(secrets.len() as u64, "secret"))
    }
}

/// Returns the number of findings that were accepted in each way.
fn count_accepted(outcome: &Outcome) -> String {
    let ways = AcceptedBy::ALL.iter().filter_map(|by| {
        let count = outcome
            .accepted_findings()
            .filter(|(_, a)| a.by == *by)
            .count();
        (count > 0).then(|| format!("{} by {}", group_digits(count as u64), by.name()))
    });
    let mut ways: Vec<String> = ways.collect();
    let moved = outcome
        .accepted_findings()
        .filter(|(_, a)| a.first_seen.is_some());
    match moved.count() {
        0 => {}
        1 => ways.push("1 in another file than before".to_owned()),
        n => ways.push(format!(
            "{} in other files than before",
            group_digits(n as u64)
        )),
    }
    ways.join(", ")
}

/// Returns a number of bytes with its unit.
pub(super) fn format_bytes(bytes: u64) -> String {
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
