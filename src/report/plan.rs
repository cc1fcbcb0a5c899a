//! Plan for secrets in the history of a repository: first revoke them, then, if still wanted,
//! rewrite with `git filter-repo`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::{escape_control, words};
use crate::finding::{Confidence, Finding, Outcome};
use crate::message::{count_noun, group_digits};

/// Writes the steps to take about the leaks of a scan, the most urgent first. Contains no secret.
pub(super) fn write(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let findings: Vec<&Finding> = outcome.findings.iter().filter(|f| f.is_open()).collect();
    if findings.is_empty() {
        return writeln!(out, "Nothing to do: no leaks.");
    }
    let kinds = group_by_rule(&findings);
    writeln!(
        out,
        "1. Revoke. Until then every copy of the history can be used.\n"
    )?;
    for ((rule, title), secrets) in &kinds {
        let count = group_digits(secrets.len() as u64);
        writeln!(out, "   {title} ({rule}), {count} of them:")?;
        for (fingerprint, finding) in secrets {
            let path = words::full_path(finding);
            let place = escape_control(&path);
            let commit = finding.origin.introduced_in.as_ref();
            let since = commit.map_or_else(String::new, |c| format!(", since commit {c}"));
            writeln!(
                out,
                "     {} [{}] {place}:{}{}{since}{}",
                finding.secret.masked(),
                &fingerprint[..8.min(fingerprint.len())],
                finding.start.line,
                escape_control(&words::place_in_brackets(finding)),
                doubt_note(finding)
            )?;
        }
        let remediation = secrets.values().next().map_or("", |f| &f.remediation);
        writeln!(out, "   {remediation}\n")?;
    }
    writeln!(
        out,
        "2. Look for what was done with them: the owner's security log and the audit logs.\n"
    )?;
    write_rewrite_advice(&findings, out)
}

/// Returns a note about a finding that may be a false positive.
fn doubt_note(finding: &Finding) -> &'static str {
    if finding.confidence < Confidence::Medium {
        "; possible only, so look at it first"
    } else {
        ""
    }
}

/// Writes how to rewrite the history, and the refs that this changes.
fn write_rewrite_advice(findings: &[&Finding], out: &mut dyn Write) -> io::Result<()> {
    let refs: BTreeSet<&String> = findings.iter().flat_map(|f| &f.origin.refs).collect();
    writeln!(
        out,
        "3. Only then, and only if it is worth breaking every clone, rewrite the history:\n"
    )?;
    writeln!(
        out,
        "     tokensweep scan --history --replace-text secrets.txt"
    )?;
    writeln!(
        out,
        "     git filter-repo --replace-text secrets.txt --replace-message secrets.txt"
    )?;
    writeln!(out, "     rm secrets.txt\n")?;
    writeln!(
        out,
        "   The file holds the secrets; it is written for you alone (mode 0600)."
    )?;
    let hidden = findings
        .iter()
        .filter(|f| !f.decoded_from.is_empty())
        .count();
    if hidden > 0 {
        writeln!(
            out,
            "   {hidden} stand under an encoding, where filter-repo does not see them."
        )?;
    }
    writeln!(
        out,
        "   filter-repo also leaves files as they are that hold a zero byte. Scan again, and take out what is left:\n"
    )?;
    writeln!(out, "     tokensweep scan --history --unreachable")?;
    writeln!(out, "     git filter-repo --invert-paths --path PATH\n")?;
    if refs.is_empty() {
        return Ok(());
    }
    writeln!(out, "   These refs will change:")?;
    for name in refs {
        writeln!(out, "     {}", escape_control(name))?;
    }
    let left_out = findings.iter().filter_map(|f| f.origin.refs_left_out);
    if let Some(more) = left_out.max() {
        writeln!(out, "     and {} at least", count_noun(more, "more ref"))?;
    }
    Ok(())
}

/// Returns the different secrets of each rule, by fingerprint, with one finding each.
fn group_by_rule<'f>(
    findings: &[&'f Finding],
) -> BTreeMap<(&'f str, &'f str), BTreeMap<&'f str, &'f Finding>> {
    let mut kinds: BTreeMap<_, BTreeMap<&str, &Finding>> = BTreeMap::new();
    for finding in findings {
        kinds
            .entry((&*finding.rule_id, &*finding.title))
            .or_default()
            .entry(&*finding.fingerprint)
            .or_insert(finding);
    }
    kinds
}
