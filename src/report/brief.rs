//! Short form of the report for people, for many secrets: what several have in common is said once above them, and a
//! secret has a line for its place, one for its excerpt, and one for its other places.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};

use super::excerpt::Excerpt;
use super::groups::SecretGroup;
use super::heading::{link_place, place, write_title};
use super::provenance::{describe_commit, describe_head, describe_removal, moved_to, short_commit};
use super::terminal::display_width;
use super::{ReportOptions, escape_control, words};
use crate::accept::explain_unread_comment;
use crate::finding::{Confidence, Finding};
use crate::message::count_noun;

/// Maximum number of further places of a secret that are named.
const PLACES: usize = 3;

/// Minimum number of columns for an excerpt behind its place. With fewer it has a line of its own.
const LEAST_EXCERPT: usize = 40;

/// Fact about a secret: its label, and the text.
type Fact = (&'static str, String);

/// Secrets of one kind that came in together, and the facts that hold for most of them.
struct SecretBundle<'g, 'o> {
    secrets: Vec<&'g SecretGroup<'o>>,
    common: Vec<Fact>,
}

/// Properties that the secrets of a bundle share.
#[derive(PartialEq, Eq, Hash)]
struct BundleKey {
    title: String,
    confidence: Confidence,
    commit: Option<String>,
    at_head: [Option<bool>; 2],
    removal: String,
}

impl BundleKey {
    fn of(group: &SecretGroup<'_>) -> BundleKey {
        let first = group.first();
        let certainty = words::describe_certainty(first);
        BundleKey {
            title: format!("{} {} {certainty}", first.rule_id, first.title),
            confidence: group.confidence(),
            commit: describe_commit(first),
            at_head: [first.origin.at_head, group.at_head()],
            removal: describe_removal(first),
        }
    }
}

/// Writes secrets in short. Those of a bundle stand where its first one stood.
pub(super) fn write_secrets<'g, 'o>(
    secrets: &[&'g SecretGroup<'o>],
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for bundle in bundle_secrets(secrets) {
        let first = bundle.secrets[0].first();
        write_title(first, bundle.secrets.len(), options, out)?;
        for (label, text) in &bundle.common {
            let equals = options.style.frame(" =");
            writeln!(out, "{equals} {label}: {}", escape_control(text))?;
        }
        for secret in &bundle.secrets {
            write_secret(secret, &bundle.common, options, out)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn bundle_secrets<'g, 'o>(secrets: &[&'g SecretGroup<'o>]) -> Vec<SecretBundle<'g, 'o>> {
    let mut bundles: Vec<SecretBundle<'_, '_>> = Vec::new();
    let mut by_key = HashMap::new();
    for secret in secrets {
        let at = *by_key.entry(BundleKey::of(secret)).or_insert(bundles.len());
        if at == bundles.len() {
            bundles.push(SecretBundle {
                secrets: Vec::new(),
                common: Vec::new(),
            });
        }
        bundles[at].secrets.push(secret);
    }
    for bundle in &mut bundles {
        bundle.common = find_common_facts(&bundle.secrets);
    }
    bundles
}

/// Returns the facts that are said above the secrets: for each label the text that most of them have, if all have one.
fn find_common_facts(secrets: &[&SecretGroup<'_>]) -> Vec<Fact> {
    let mut counts: Vec<(Fact, usize)> = Vec::new();
    let mut by_fact: HashMap<Fact, usize> = HashMap::new();
    let mut with_label: HashMap<&str, usize> = HashMap::new();
    for fact in secrets.iter().flat_map(|secret| facts(secret.first())) {
        *with_label.entry(fact.0).or_default() += 1;
        let at = *by_fact.entry(fact.clone()).or_insert(counts.len());
        match counts.get_mut(at) {
            Some((_, count)) => *count += 1,
            None => counts.push((fact, 1)),
        }
    }
    counts.retain(|((label, _), count)| {
        with_label[label] == secrets.len() && 2 * count > secrets.len()
    });
    counts.into_iter().map(|(fact, _)| fact).collect()
}

/// Returns the facts about a secret's first place that other secrets may share.
fn facts(finding: &Finding) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some(commit) = describe_commit(finding) {
        let head = finding.origin.at_head.map(|at_head| match at_head {
            true => "; still at HEAD".to_owned(),
            false => format!("; {}", describe_removal(finding)),
        });
        facts.push(("came in", commit + &head.unwrap_or_default()));
    }
    let reason = words::reason(finding);
    if !reason.is_empty() {
        facts.push(("because", reason));
    }
    let reports = words::describe_reports(finding).into_iter();
    facts.extend(reports.map(|(label, said)| (label, said.to_owned())));
    facts
}

fn write_secret(
    group: &SecretGroup<'_>,
    common: &[Fact],
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let finding = group.first();
    let style = options.style;
    let at = place(finding);
    write!(
        out,
        "{} {}",
        style.frame(" -->"),
        link_place(finding, options)
    )?;
    let bar = style.frame(" |");
    if let Some(line) = finding.snippet.lines.first() {
        let behind = options.columns.saturating_sub(display_width(&at) + 8);
        let (start, columns) = match behind >= LEAST_EXCERPT {
            true => ("", behind),
            false => ("\n  ", options.columns.saturating_sub(5)),
        };
        let secret = String::from_utf8_lossy(finding.secret.expose_the_secret());
        let excerpt = Excerpt::of(line, options.show_secrets.then_some(&secret), columns);
        let (before, behind) = (&excerpt.before, &excerpt.behind);
        let marked = style.error(&excerpt.secret);
        write!(out, "{start}{bar} {before}{marked}{behind}")?;
    }
    writeln!(out)?;
    let mut own = facts(finding);
    own.retain(|fact| !common.contains(fact));
    own.extend(moved_to(finding).map(|path| ("at HEAD in", path.to_owned())));
    own.extend(describe_other_places(group).map(|text| ("also at", text)));
    let comment = finding.snippet.lines.iter();
    let hint = comment.filter_map(|line| explain_unread_comment(&line.text));
    own.extend(hint.map(|hint| ("comment", hint)));
    for (label, text) in own {
        let equals = style.frame("   =");
        writeln!(out, "{equals} {label}: {}", escape_control(&text))?;
    }
    Ok(())
}

/// Names the most telling of a secret's other places, and counts the rest. Another file tells more than another place in
/// one, and the order of the places has those at `HEAD` first.
fn describe_other_places(group: &SecretGroup<'_>) -> Option<String> {
    let first = group.first();
    let mut files = HashSet::from([words::full_path(first)]);
    let (new, known): (Vec<&Finding>, Vec<&Finding>) = group.places[1..]
        .iter()
        .partition(|other| files.insert(words::full_path(other)));
    let others = new.iter().chain(&known).take(PLACES);
    let named: Vec<String> = others.map(|other| describe_other(first, other)).collect();
    let more = group.places.len() - 1 - named.len();
    let named = named.join(", ");
    match more {
        _ if named.is_empty() => None,
        0 => Some(named),
        n => {
            let places = count_noun(n as u64, "more place");
            Some(format!("{named}, and {places} (-v names them)"))
        }
    }
}

/// Returns the place of a secret beside that of its first place: the parts of the path that differ, and the commit and
/// `HEAD` if they differ.
fn describe_other(first: &Finding, other: &Finding) -> String {
    let (whole, known) = (place(other), words::full_path(first));
    let folder = known.rfind('/').map_or("", |at| &known[..=at]);
    let shown = match whole.strip_prefix(folder) {
        Some(rest) if !folder.is_empty() => format!("…/{rest}"),
        _ => whole,
    };
    let mut differs = Vec::new();
    let commit = |f: &Finding| f.origin.first_commit().map(str::to_owned);
    if let Some(id) = commit(other).filter(|_| commit(first) != commit(other)) {
        let day = other
            .origin
            .author_date
            .as_ref()
            .and_then(|date| date.get(..10));
        let day = day.map_or_else(String::new, |day| format!(" of {day}"));
        differs.push(format!("{}{day}", short_commit(&id)));
    }
    if first.origin.at_head != other.origin.at_head {
        differs.extend(describe_head(other));
    }
    match differs.is_empty() {
        true => shown,
        false => format!("{shown} ({})", differs.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use crate::finding::{Evidence, Finding, Outcome};
    use crate::report::{ReportFormat, samples};

    /// Returns twelve secrets of one kind in a file each, of one commit.
    fn twelve() -> Outcome {
        let mut outcome = samples::outcome();
        let mut one = outcome.findings.remove(2);
        samples::set_commit(&mut one, Some(false));
        outcome.findings = (0..12).map(|i| copy_of(&one, i, "old")).collect();
        outcome.skipped.clear();
        outcome.notes.clear();
        outcome
    }

    fn copy_of(one: &Finding, number: usize, folder: &str) -> Finding {
        let mut copy = one.clone();
        copy.fingerprint = format!("{number:032}");
        copy.path = format!("{folder}/f{number}.cfg").into();
        copy
    }

    fn say(outcome: &Outcome, verbosity: i8) -> String {
        samples::report(ReportFormat::Human, outcome, verbosity)
    }

    #[test]
    fn what_secrets_have_in_common_is_said_once_above_them() {
        let mut outcome = twelve();
        outcome.findings[7].evidence = vec![Evidence::new("url", 4.0, "it is a password")];
        let said = say(&outcome, 0);
        let mut lines = said.lines();
        assert!(
            lines.next().unwrap().ends_with(" (high): 12 secrets"),
            "{said}"
        );
        let came_in = lines.next().unwrap();
        assert!(
            came_in.starts_with(" = came in: commit 0123456789ab of "),
            "{said}"
        );
        assert!(came_in.ends_with("; gone from HEAD"), "{said}");
        assert_eq!(
            lines.next(),
            Some(" = because: the key is named like a token")
        );
        assert_eq!(said.matches("\n --> old/f").count(), 12, "{said}");
        let own = said.find("   = because: it is a password\n").unwrap();
        assert!(
            said[..own]
                .lines()
                .last()
                .unwrap()
                .starts_with(" --> old/f7.cfg:"),
            "{said}"
        );
        assert_eq!(said.matches("because").count(), 2, "{said}");
        // Each in full, with its marks.
        assert_eq!(say(&outcome, 1).matches("error[").count(), 12);
    }

    #[test]
    fn secrets_of_another_commit_or_confidence_stand_apart() {
        let mut outcome = twelve();
        outcome.findings[3].origin.introduced_in = Some("f".repeat(40));
        outcome.findings[4].origin.at_head = Some(true);
        let said = say(&outcome, 0);
        let titles = said.lines().filter(|line| line.starts_with("error["));
        let counts: Vec<&str> = titles
            .map(|line| line.rsplit("(high)").next().unwrap())
            .collect();
        assert_eq!(counts, ["", ": 10 secrets", ""], "{said}");
        assert!(said.contains("; still at HEAD\n"), "{said}");
    }

    #[test]
    fn three_other_places_are_named_and_those_in_other_files_first() {
        let mut outcome = twelve();
        let one = outcome.findings[0].clone();
        for (number, folder) in [(0, "old"), (1, "old"), (2, "old"), (3, "new"), (4, "new")] {
            let mut place = copy_of(&one, number, folder);
            place.fingerprint.clone_from(&one.fingerprint);
            place.start.column += 9;
            if folder == "new" {
                place.origin.at_head = Some(true);
                place.origin.introduced_in = Some("f".repeat(40));
            }
            outcome.findings.push(place);
        }
        let (line, column) = (one.start.line, one.start.column + 9);
        let said = say(&outcome, 0);
        let also = format!(
            "\n   = also at: new/f3.cfg:{line}:{column} (ffffffffffff of 2024-03-01; still at HEAD), \
             new/f4.cfg:{line}:{column} (ffffffffffff of 2024-03-01; still at HEAD), \
             …/f1.cfg:{line}:{column}, and 2 more places (-v names them)\n"
        );
        assert!(said.contains(&also), "{also}{said}");
    }

    #[test]
    fn an_excerpt_has_a_line_of_its_own_behind_a_long_path() {
        let mut outcome = twelve();
        outcome.findings[2].path = format!("{}/f2.cfg", "long".repeat(20)).into();
        let said = say(&outcome, 0);
        let long = said.split("long/f2.cfg:").nth(1).unwrap();
        assert!(long.lines().nth(1).unwrap().starts_with("   | "), "{said}");
        let short = said.split("\n --> old/f1.cfg:").nth(1).unwrap();
        assert!(short.lines().next().unwrap().contains(" | "), "{said}");
    }
}
