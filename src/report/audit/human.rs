//! Merged report of an audit for people: each secret with its repositories, what to do, then the repositories.

use std::io::{self, Write};

use super::super::groups::KindCounts;
use super::super::heading::write_rule_line;
use super::super::provenance::short_commit;
use super::super::summary::{format_bytes, write_table};
use super::super::words::{self, count_kinds};
use super::super::{ReportOptions, escape_control, human};
use super::model::{AuditReport, AuditedRepository, AuditedSecret, SecretUse};
use crate::message::{count_noun, group_digits};

/// Number of repositories of a secret that are named without `-v`.
const NAMED: usize = 3;

/// Number of secrets up to which no table counts them.
const TABLE_FROM: usize = 10;

pub(super) fn write(
    report: &AuditReport,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for secret in &report.secrets {
        write_secret(secret, options, out)?;
    }
    if options.verbosity < 0 {
        return Ok(());
    }
    let secrets = report.secrets.iter();
    let kinds = secrets.map(|s| (&*s.rule_id, &*s.remediation));
    human::write_remediations(kinds, options, out)?;
    if report.secrets.len() > TABLE_FROM {
        write_table(&count_by_kind(&report.secrets), true, out)?;
    }
    for repository in &report.repositories {
        let is_of_note = repository.secrets > 0 || !repository.complete;
        if is_of_note || options.verbosity > 0 {
            write_repository(repository, options, out)?;
        }
    }
    write_total(report, options, out)
}

/// Writes one secret: since when, at which `HEAD`, and in which other histories.
fn write_secret(
    secret: &AuditedSecret,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let style = options.style;
    let certainty = words::name_certainty(secret.checksum, secret.confidence);
    let title = format!("{} {} ({certainty})", secret.title, secret.r#match);
    write_rule_line(secret.severity, &secret.rule_id, &title, options, out)?;
    let is_verbose = options.verbosity > 0;
    let mut facts = Vec::new();
    if let Some(first) = secret.repositories.first() {
        facts.push(("came in", describe_start(first)));
    }
    let (at_head, gone): (Vec<&SecretUse>, Vec<&SecretUse>) =
        secret.repositories.iter().partition(|used| used.at_head);
    let now = |used: &&SecretUse| used.now_at.clone().unwrap_or_else(|| place(used));
    let shown = if is_verbose { usize::MAX } else { NAMED };
    for (what, names) in [
        ("at HEAD", at_head.iter().map(now).collect::<Vec<_>>()),
        ("history", gone.iter().map(|used| place(used)).collect()),
    ] {
        facts.extend(names.iter().take(shown).map(|name| (what, name.clone())));
        if let Some(more) = names.len().checked_sub(shown).filter(|&n| n > 0) {
            let name = format!("{more} more repositories (-v names them)");
            facts.push((
                what,
                name.replace("1 more repositories", "1 more repository"),
            ));
        }
    }
    if is_verbose {
        facts.push(("fingerprint", secret.fingerprint.clone()));
    }
    let equals = style.frame("  =");
    for (what, text) in facts {
        writeln!(out, "{equals} {what}: {}", escape_control(&text))?;
    }
    writeln!(out)
}

fn place(used: &SecretUse) -> String {
    format!("{}:{}", used.path, used.line)
}

/// Returns where a secret came in first.
fn describe_start(first: &SecretUse) -> String {
    let mut said = place(first);
    if let Some(commit) = &first.commit {
        said.push_str(&format!(", commit {}", short_commit(commit)));
    }
    if let Some(day) = first.date.as_ref().and_then(|date| date.get(..10)) {
        said.push_str(&format!(" of {day}"));
    }
    if let Some(author) = &first.author {
        said.push_str(&format!(" by {author}"));
    }
    said
}

fn write_repository(
    repository: &AuditedRepository,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let style = options.style;
    let name = escape_control(&repository.path);
    let found = match repository.secrets {
        0 => "no leaks".to_owned(),
        n => style
            .error(&format!(
                "{} ({} at HEAD)",
                count_noun(n, "secret"),
                repository.at_head
            ))
            .to_string(),
    };
    let accepted = match repository.accepted {
        0 => String::new(),
        n => format!(", {n} accepted"),
    };
    let read = count_kinds(&[(repository.blobs, "blob"), (repository.commits, "commit")]);
    let bytes = format_bytes(repository.bytes);
    let problem = if repository.complete {
        String::new()
    } else {
        format!("; {}", style.error("NOT COMPLETE"))
    };
    writeln!(
        out,
        "{name}: {found}{accepted} in {read} ({bytes}){problem}"
    )
}

/// Counts the secrets by kind, in the order in which the kinds occur.
fn count_by_kind(secrets: &[AuditedSecret]) -> Vec<KindCounts<'_>> {
    let mut kinds: Vec<KindCounts<'_>> = Vec::new();
    for secret in secrets {
        let known = kinds.iter().position(|kind| kind.title == secret.title);
        let at = known.unwrap_or_else(|| {
            kinds.push(KindCounts::new(&secret.title));
            kinds.len() - 1
        });
        kinds[at].levels[secret.confidence as usize] += 1;
        kinds[at].at_head += u64::from(secret.at_head > 0);
    }
    kinds
}

/// Writes the last line: what was found in how many repositories, and what was read.
fn write_total(
    report: &AuditReport,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let style = options.style;
    let sum = |count: fn(&AuditedRepository) -> u64| report.repositories.iter().map(count).sum();
    let (blobs, commits, bytes): (u64, u64, u64) =
        (sum(|r| r.blobs), sum(|r| r.commits), sum(|r| r.bytes));
    let repositories = count_noun(report.repositories.len() as u64, "repository");
    let mut said = match report.secrets.len() as u64 {
        0 => format!("no leaks in {repositories}"),
        n => {
            let at_head = report.secrets.iter().filter(|s| s.at_head > 0).count() as u64;
            let at_head = group_digits(at_head);
            let with = report.repositories.iter().filter(|r| r.secrets > 0);
            let found = format!("{}, {at_head} at a HEAD,", count_noun(n, "secret"));
            format!(
                "{} in {} of {repositories}",
                style.error(&found),
                with.count()
            )
        }
    };
    let accepted: u64 = sum(|r| r.accepted);
    if accepted > 0 {
        said.push_str(&format!(", {} accepted", group_digits(accepted)));
    }
    let read = count_kinds(&[(blobs, "blob"), (commits, "commit")]);
    said.push_str(&format!("; {read} ({})", format_bytes(bytes)));
    let incomplete = report.repositories.iter().filter(|r| !r.complete).count();
    let unread = (incomplete + report.unread.len()) as u64;
    if unread > 0 {
        let text = format!(
            "NOT COMPLETE: {} could not be read",
            count_noun(unread, "path")
        );
        said.push_str(&format!("; {}", style.error(&text)));
    }
    writeln!(out, "{said}")
}
