//! Report for people: secret, place, reasons and advice, then what was and was not scanned. A secret in several
//! places is reported once, with all its places.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::excerpt::Excerpt;
use super::groups::{SecretGroup, count_by_kind, group_by_secret};
use super::heading::{link_place, place, write_title};
use super::provenance::describe_provenance;
use super::sections::split_sections;
use super::terminal::wrap_text;
use super::{COLUMNS, ReportOptions, escape_control};
use super::{brief, summary, words};
use crate::accept::explain_unread_comment;
use crate::finding::{Finding, FindingStatus, Outcome, SnippetLine};
use crate::message::{count_noun, portable_path};

/// Number of further places of a secret that are listed without `-v`.
const PLACES: usize = 3;

/// Number of secrets up to which each has a block of its own and no table counts them.
const TABLE_FROM: usize = 10;

/// Indentation of the further lines of a text, in columns.
const INDENT: usize = 4;

pub(super) fn write(
    outcome: &Outcome,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let groups = group_by_secret(outcome.findings.iter().filter(|f| f.is_open()));
    for section in split_sections(&groups, options.grouping) {
        if let Some(heading) = section.heading() {
            writeln!(out, "{}\n", options.style.strong(&escape_control(&heading)))?;
        }
        if groups.len() > TABLE_FROM && options.verbosity <= 0 {
            brief::write_secrets(&section.secrets, options, out)?;
        } else {
            for group in section.secrets {
                write_group(group, options, out)?;
            }
        }
    }
    if options.verbosity >= 0 {
        let first = groups.iter().map(SecretGroup::first);
        let kinds = first.map(|f| (&*f.rule_id, &*f.remediation));
        write_remediations(kinds, options, out)?;
        write_remediation_hint(outcome, options, out)?;
        if groups.len() > TABLE_FROM {
            let knows_head = groups.iter().any(|group| group.at_head().is_some());
            summary::write_table(&count_by_kind(&groups), knows_head, out)?;
        }
        write_pre_existing(outcome, out)?;
        if options.verbosity > 0 {
            write_accepted(outcome, out)?;
        }
        for note in &outcome.notes {
            writeln!(out, "note: {}", escape_control(note))?;
        }
        write_skips(outcome, options, out)?;
        summary::write_repositories(outcome, options, out)?;
        summary::write_line(outcome, options, out)?;
    }
    Ok(())
}

/// Writes one secret: its first place with an excerpt, where it came in, its other places, and with `-v` the evidence.
fn write_group(
    group: &SecretGroup<'_>,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let finding = group.first();
    let style = options.style;
    write_title(finding, 1, options, out)?;
    let numbers = finding.snippet.lines.iter().map(|l| l.number.to_string());
    let margin = numbers.map(|n| n.len()).max().unwrap_or(1);
    let arrow = format!("{:margin$}-->", "");
    let at = link_place(finding, options);
    writeln!(out, "{} {at}", style.frame(&arrow))?;
    for line in &finding.snippet.lines {
        write_line(finding, line, margin, options, out)?;
    }
    let equals = format!("{:margin$} =", "");
    let equals = style.frame(&equals);
    for (what, text) in facts(group, options.verbosity > 0) {
        writeln!(out, "{equals} {what}: {}", escape_control(&text))?;
    }
    writeln!(out)
}

/// Returns the facts below an excerpt, each with its label.
fn facts(group: &SecretGroup<'_>, is_verbose: bool) -> Vec<(&'static str, String)> {
    let finding = group.first();
    let mut facts = Vec::new();
    let came_in = describe_provenance(finding);
    facts.extend(came_in.clone().map(|text| ("came in", text)));
    let reports = words::describe_reports(finding).into_iter();
    facts.extend(reports.map(|(label, said)| (label, said.to_owned())));
    let others = &group.places[1..];
    let shown = if is_verbose { others.len() } else { PLACES };
    for other in others.iter().take(shown) {
        let provenance = match describe_provenance(other) {
            known if known.is_some() && known == came_in => " (same commit)".to_owned(),
            known => known.map_or_else(String::new, |known| format!(" ({known})")),
        };
        facts.push(("also at", format!("{}{provenance}", place(other))));
    }
    if let Some(more) = others.len().checked_sub(shown).filter(|&n| n > 0) {
        let places = count_noun(more as u64, "more place");
        facts.push(("also at", format!("{places} (-v names them)")));
    }
    let mut lines = finding.snippet.lines.iter();
    let hint = lines.find_map(|line| explain_unread_comment(&line.text));
    facts.extend(hint.map(|hint| ("comment", hint)));
    if is_verbose {
        for evidence in &finding.evidence {
            let (name, weight) = (&evidence.name, evidence.weight);
            facts.push((
                "because",
                format!("{name} {weight:+.1}: {}", evidence.detail),
            ));
        }
        facts.push(("fingerprint", finding.fingerprint.clone()));
        facts.push(("to accept", words::how_to_accept("", finding)));
    }
    facts
}

/// Writes one line of source, and below it the mark under the secret with the strongest reason.
fn write_line(
    finding: &Finding,
    line: &SnippetLine,
    margin: usize,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let style = options.style;
    let number = format!("{:margin$} |", line.number);
    if line.highlight.is_none() {
        let text = escape_control(&line.text);
        return writeln!(out, "{} {text}", style.frame(&number));
    }
    let columns = options.columns.saturating_sub(margin + 3);
    let secret = String::from_utf8_lossy(finding.secret.expose_the_secret());
    let excerpt = Excerpt::of(line, options.show_secrets.then_some(&secret), columns);
    let frame = format!("{:margin$} |", "");
    let frame = style.frame(&frame);
    let (before, behind) = (&excerpt.before, &excerpt.behind);
    writeln!(
        out,
        "{} {before}{}{behind}",
        style.frame(&number),
        excerpt.secret
    )?;
    let (indent, marks, mut reason) = excerpt.marks(&words::reason(finding), columns);
    let below = reason.split_off(reason.len().min(1));
    let reason = reason.concat();
    writeln!(out, "{frame} {:indent$}{}{reason}", "", style.error(&marks))?;
    below
        .iter()
        .try_for_each(|line| writeln!(out, "{frame} {line}"))
}

/// Writes what to do, once for each kind, given by rule and advice: its first sentence, or with `-v` all of it.
pub(super) fn write_remediations<'k>(
    kinds: impl Iterator<Item = (&'k str, &'k str)>,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut said = BTreeSet::new();
    for (rule_id, remediation) in kinds {
        if !said.insert(rule_id) {
            continue;
        }
        let text = if options.verbosity > 0 {
            remediation
        } else {
            words::first_sentence(remediation)
        };
        let head = format!("help[{rule_id}]:");
        let columns = options.columns.min(COLUMNS).saturating_sub(INDENT).max(40);
        let lines = wrap_text(&escape_control(&format!("{head} {text}")), columns);
        let text = lines.join(&format!("\n{:INDENT$}", ""));
        let text = text.strip_prefix(&head).unwrap_or(&text);
        writeln!(out, "{}{text}", options.style.frame(&head))?;
    }
    if said.is_empty() {
        Ok(())
    } else {
        writeln!(out)
    }
}

/// Writes how to get the rest of the advice, if any of it was left out above.
fn write_remediation_hint(
    outcome: &Outcome,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let is_cut = |f: &Finding| words::first_sentence(&f.remediation).len() < f.remediation.len();
    if options.verbosity > 0 || !outcome.findings.iter().any(|f| f.is_open() && is_cut(f)) {
        return Ok(());
    }
    let text = "Run with -v, or `tokensweep rules show ID`, for what to do after that.";
    let lines = wrap_text(text, options.columns.clamp(40, COLUMNS));
    writeln!(out, "{}\n", lines.join("\n"))
}

/// Writes the pre-existing findings, a line each.
fn write_pre_existing(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let old = |f: &&Finding| f.status() == FindingStatus::PreExisting;
    for finding in outcome.findings.iter().filter(old) {
        let what = words::describe_finding(finding);
        let line = format!("{}: {what}", place(finding));
        writeln!(out, "pre-existing: {}", escape_control(&line))?;
    }
    Ok(())
}

fn write_accepted(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    for (finding, accepted) in outcome.accepted_findings() {
        let mut line = format!(
            "{}: {} {}, by {}",
            place(finding),
            finding.rule_id,
            finding.secret.masked(),
            accepted.by.name()
        );
        for part in accepted.describe_acceptance() {
            line.push_str(&format!("; {part}"));
        }
        writeln!(out, "accepted: {}", escape_control(&line))?;
    }
    Ok(())
}

/// Writes what was skipped on purpose. Unreadable sources are reported on standard error instead.
fn write_skips(
    outcome: &Outcome,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let left_out = outcome.skipped.iter().filter(|s| !s.reason.is_trouble());
    for skip in left_out.filter(|_| options.verbosity > 0) {
        let path = portable_path(&skip.path);
        writeln!(
            out,
            "not read: {}: {}",
            escape_control(&path),
            escape_control(&skip.reason.to_string())
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use crate::finding::Outcome;
    use crate::report::{ReportFormat, samples};

    fn say(outcome: &Outcome, verbosity: i8) -> String {
        samples::report(ReportFormat::Human, outcome, verbosity)
    }

    #[test]
    fn leaks_in_full_then_what_was_there_then_the_counts() {
        let said = say(&samples::outcome(), 0);
        assert!(said.starts_with("error[github-pat]: GitHub personal access token (classic) (certain: its checksum holds)\n --> src/a b&.env:3:7\n3 | token=ghp_"), "{said}");
        assert!(
            said.contains("\npre-existing: z.cfg:2:7: npm access token npm_"),
            "{said}"
        );
        assert!(!said.contains("test/data.json"), "accepted: {said}");
        let summary = said.lines().last().unwrap();
        assert_eq!(
            summary,
            "3 leaks in 7 files (12.3 kB), 1 pre-existing, \
             1 accepted (1 by baseline, 1 in another file than before)\
             ; not read: 1 link (-v lists them); NOT COMPLETE: 1 path could not be read"
        );
        let more = say(&samples::outcome(), 1);
        assert!(
            more.contains("\naccepted: test/data.json:5:7: github-oauth gho_"),
            "{more}"
        );
        assert!(
            more.contains("by baseline; tokensweep.baseline; revoked, \"kept\" as a fixture; first seen in test/old.json\n"),
            "{more}"
        );
    }

    #[test]
    fn a_secret_in_many_places_is_told_once() {
        let mut outcome = samples::outcome();
        let one = outcome.findings[0].clone();
        outcome.findings = (0..9)
            .map(|i| {
                let mut copy = one.clone();
                copy.path = PathBuf::from(format!("f{i}"));
                copy
            })
            .collect();
        outcome.skipped.clear();
        outcome.notes.clear();
        let said = say(&outcome, 0);
        assert_eq!(said.matches("error[github-pat]").count(), 1, "{said}");
        assert!(
            said.contains("\n  = also at: f3:3:7\n  = also at: 5 more places (-v names them)\n"),
            "{said}"
        );
        assert!(
            said.ends_with("9 leaks of 1 secret in 7 files (12.3 kB)\n"),
            "{said}"
        );
        assert!(say(&outcome, 1).contains("also at: f8:3:7"));
    }

    #[test]
    fn the_mark_stands_under_the_secret_whatever_stands_before_it() {
        let mut outcome = samples::outcome();
        outcome.findings.truncate(1);
        let line = &mut outcome.findings[0].snippet.lines[0];
        let masked = line.text[line.highlight.unwrap()].to_owned();
        let head = "令牌\t\u{301}é=";
        line.text = format!("{head}{masked}");
        line.highlight = Some((head.len()..line.text.len()).into());
        let said = say(&outcome, 0);
        let mark = said.lines().find(|l| l.contains('^')).unwrap();
        // The mark is two wide characters, a blank for the tab, an accent without a width, and two narrow ones.
        assert!(mark.starts_with("  |        ^^^"), "{said}");
    }

    #[test]
    fn what_to_do_is_a_sentence_in_lines_of_a_hundred_columns_and_all_of_it_on_request() {
        let mut outcome = samples::outcome();
        outcome.findings.truncate(1);
        let todo = "Call the owner at once. ".repeat(12) + "Then rest.";
        outcome.findings[0].remediation = todo.as_str().into();
        let said = say(&outcome, 0);
        assert!(
            said.contains("\n\nhelp[github-pat]: Call the owner at once.\n\nRun with -v"),
            "{said}"
        );
        assert_eq!(said.matches("what to do after that").count(), 1, "{said}");
        let said = say(&outcome, 1);
        assert!(!said.contains("what to do after that"), "{said}");
        let from = said.find("help[github-pat]: ").unwrap();
        let to = said[from..].find("\n\n").unwrap() + from;
        let lines: Vec<&str> = said[from..to].lines().collect();
        assert!(
            lines.len() > 2 && lines[1..].iter().all(|l| l.starts_with("    ")),
            "{said}"
        );
        assert!(lines.iter().all(|l| l.len() <= 100), "{said}");
        let words: Vec<&str> = lines.iter().flat_map(|l| l.split_whitespace()).collect();
        assert_eq!(words.join(" "), format!("help[github-pat]: {todo}"));
    }

    #[test]
    fn what_to_do_is_said_once_a_kind_and_many_secrets_are_counted_in_a_table() {
        let mut outcome = samples::outcome();
        let one = outcome.findings[0].clone();
        assert!(!say(&outcome, 0).contains("certain   high"));
        for i in 0..10 {
            let mut copy = one.clone();
            copy.fingerprint = format!("{i:032}");
            copy.origin.at_head = Some(i == 0);
            outcome.findings.push(copy);
        }
        let said = say(&outcome, 0);
        assert_eq!(said.matches("\nhelp[github-pat]: ").count(), 1, "{said}");
        assert!(
            said.contains("  certain   high  medium    low  at HEAD\n"),
            "{said}"
        );
        assert!(
            said.contains(
                "\nGitHub personal access token (classic)          11      0       0      0        1\n"
            ),
            "{said}"
        );
    }

    #[test]
    fn a_secret_of_a_commit_has_its_author_and_whether_it_is_at_head() {
        let mut outcome = samples::outcome();
        let origin = &mut outcome.findings[0].origin;
        origin.introduced_in = Some("0123456789abcdef0123456789abcdef01234567".to_owned());
        origin.author_date = Some("2024-05-01T23:00:00-08:00".to_owned());
        origin.author = Some("Ann <ann@example.com>".to_owned());
        origin.at_head = Some(false);
        let came = "  = came in: commit 0123456789ab of 2024-05-01 by Ann <ann@example.com>; ";
        let said = say(&outcome, 0);
        assert!(said.contains(&format!("{came}gone from HEAD\n")), "{said}");
        let origin = &mut outcome.findings[0].origin;
        origin.at_head = Some(true);
        origin.head_path = Some("new.env".to_owned());
        let said = say(&outcome, 0);
        assert!(
            said.contains(&format!("{came}at HEAD in new.env\n")),
            "{said}"
        );
    }
}
