//! Phrases about findings that all formats share.

use std::ffi::OsStr;
use std::path::Path;

use super::provenance::describe_provenance;
use crate::finding::{
    Checksum, Confidence, Evidence, Finding, FindingStatus, Outcome, PICTURE, UnreadCounts,
};
use crate::message::{count_noun, group_digits, portable_path};
use crate::rule::{RuleSet, builtin_rules};

/// Name of the program, as in reports.
pub(super) const TOOL: &str = env!("CARGO_PKG_NAME");
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Address of the project's page; empty in a build whose `Cargo.toml` names no repository.
pub(super) const PROJECT_PAGE: &str = env!("CARGO_PKG_REPOSITORY");

/// Returns the path of a finding, with the way to it inside an archive.
pub(super) fn full_path(finding: &Finding) -> String {
    portable_path(&finding.full_path())
}

/// Returns the place of a finding in a document, as it is written behind the line; empty without such a place.
pub(super) fn place_in_brackets(finding: &Finding) -> String {
    let place = finding.origin.place.as_ref();
    place.map_or_else(String::new, |place| format!(" ({place})"))
}

/// Returns the description of a finding where its place is only that of its file: for a member of an archive, with the
/// way to it and its line.
pub(super) fn describe_in_file(finding: &Finding) -> String {
    let said = describe_finding(finding);
    let named = place_in_brackets(finding);
    if finding.origin.member.is_none() {
        return said + &named;
    }
    let start = finding.start;
    let place = format!("line {}, column {}{named}", start.line, start.column);
    match finding.origin.way().strip_prefix('!') {
        Some(way) => format!("{said}. It is in the member {way}, {place}"),
        None => format!("{said}. It is in the packed text, {place}"),
    }
}

/// Returns the confidence of a finding, with a short reason.
pub(super) fn describe_certainty(finding: &Finding) -> String {
    let certainty = name_certainty(finding.checksum, finding.confidence);
    let is_judged = finding.checksum != Checksum::None;
    match finding.detail_of(Evidence::NOT_VERIFIED) {
        Some(_) if !is_judged => format!("{certainty}: not verified"),
        _ => certainty.to_owned(),
    }
}

/// Returns a confidence with a short reason.
pub(super) fn name_certainty(checksum: Checksum, confidence: Confidence) -> &'static str {
    match checksum {
        Checksum::Valid => "certain: its checksum holds",
        Checksum::Invalid => "low: its checksum does not hold",
        Checksum::None => confidence.name(),
    }
}

/// Returns the programs that reported a finding, and the reason that it could not be verified, each with its label.
/// Empty for a finding of a scan.
pub(super) fn describe_reports(finding: &Finding) -> Vec<(&'static str, &str)> {
    let facts = [
        ("reported by", Evidence::REPORTED_BY),
        ("not verified", Evidence::NOT_VERIFIED),
    ];
    let facts = facts.into_iter();
    facts
        .filter_map(|(label, name)| Some((label, finding.detail_of(name)?)))
        .collect()
}

/// Returns the strongest reason, and the layers that the secret was found under.
pub(super) fn reason(finding: &Finding) -> String {
    let layers: Vec<&str> = finding.decoded_from.iter().map(|l| l.name()).collect();
    let strongest = finding
        .evidence
        .iter()
        .filter(|e| e.weight > 0.0 && finding.checksum == Checksum::None)
        .max_by(|a, b| a.weight.total_cmp(&b.weight))
        .map(|e| e.detail.as_str());
    let picture = finding.evidence.iter().find(|e| e.name == PICTURE);
    if let Some(picture) = picture {
        let strongest = strongest.map_or_else(String::new, |reason| format!("; {reason}"));
        return format!("{}{strongest}", picture.detail);
    }
    match (layers.as_slice(), strongest) {
        ([], None) => String::new(),
        ([], Some(reason)) => reason.to_owned(),
        (layers, None) => format!("decoded from {}", layers.join(" in ")),
        (layers, Some(reason)) => format!("decoded from {}; {reason}", layers.join(" in ")),
    }
}

/// Returns one line with the kind of a finding, the reasons and its acceptance.
pub(super) fn describe_finding(finding: &Finding) -> String {
    let mut text = format!(
        "{} {} ({})",
        finding.title,
        finding.secret.masked(),
        describe_certainty(finding)
    );
    let reason = reason(finding);
    if !reason.is_empty() {
        text.push_str(&format!(": {reason}"));
    }
    for (label, said) in describe_reports(finding) {
        text.push_str(&format!(". It is {label}: {said}"));
    }
    if let Some(provenance) = describe_provenance(finding) {
        text.push_str(&format!(". It came in with {provenance}"));
    }
    match (&finding.accepted, finding.origin.pre_existing) {
        (Some(accepted), _) => {
            text.push_str(&format!(". Accepted by {}", accepted.by.name()));
            if !accepted.reason.is_empty() {
                text.push_str(&format!(": {}", accepted.reason));
            }
            if let Some(file) = &accepted.first_seen {
                text.push_str(&format!(" (first seen in {file})"));
            }
        }
        (None, true) => text.push_str(". It stood here before this change"),
        (None, false) => {}
    }
    text
}

/// Phrase before [`how_to_accept`] where no heading introduces it.
pub(super) const TO_ACCEPT: &str = "To accept it, ";

/// Returns how somebody who must accept this finding can do so, after an introduction such as `To accept it, `.
pub(super) fn how_to_accept(introduction: &str, finding: &Finding) -> String {
    if finding.detail_of(Evidence::NOT_VERIFIED).is_some() {
        return format!("{introduction}tell the program that reported it.");
    }
    if finding.origin.member.is_some() {
        return format!("{introduction}run `tokensweep baseline update`.");
    }
    if !takes_comments(&finding.path) {
        return format!(
            "{introduction}run `tokensweep baseline update`; this kind of file has no comments."
        );
    }
    format!(
        "{introduction}write `tokensweep:allow({}) REASON` in a comment on its line, or run \
         `tokensweep baseline update`.",
        finding.rule_id
    )
}

/// Endings of formats that have no comments.
const NO_COMMENTS: [&str; 20] = [
    "csv",
    "diff",
    "eml",
    "geojson",
    "har",
    "ipynb",
    "json",
    "jsonl",
    "key",
    "log",
    "map",
    "mbox",
    "ndjson",
    "netrc",
    "patch",
    "pem",
    "sqlite",
    "topojson",
    "tsv",
    "webmanifest",
];

/// Names of files whose format has no comments.
const NO_COMMENTS_BY_NAME: [&str; 4] = [".git-credentials", ".netrc", "_netrc", "composer.lock"];

/// Returns true unless the format of a file, by its name, has no comments.
#[must_use]
pub(crate) fn takes_comments(path: &Path) -> bool {
    let lower = |part: Option<&OsStr>| part.unwrap_or_default().to_string_lossy().to_lowercase();
    let ending = lower(path.extension());
    let name = lower(path.file_name());
    !NO_COMMENTS.contains(&ending.as_str()) && !NO_COMMENTS_BY_NAME.contains(&name.as_str())
}

/// Returns the first sentence of a text: up to a full stop and a blank before a capital letter.
pub(super) fn first_sentence(text: &str) -> &str {
    let ends = text.match_indices(['.', '!', '?']).map(|(at, _)| at + 1);
    let mut ends = ends.filter(|&end| {
        let mut rest = text[end..].chars();
        rest.next() == Some(' ') && rest.next().is_some_and(char::is_uppercase)
    });
    ends.next().map_or(text, |end| &text[..end])
}

/// Returns the kinds of secrets that the rules find, as in "GitHub or npm tokens". The built-in rules are not parsed
/// for this, as that would take half the time of a scan of a small file.
fn describe_searched(rules: &RuleSet) -> String {
    let builtin = builtin_rules();
    let is_builtin = rules.is_builtin();
    let has = |prefix: &str| is_builtin || rules.iter().any(|r| r.id.starts_with(prefix));
    let owners: Vec<&str> = [("GitHub", "github-"), ("npm", "npm-")]
        .into_iter()
        .filter_map(|(owner, prefix)| has(prefix).then_some(owner))
        .collect();
    let has_more = !is_builtin && rules.iter().any(|r| builtin.get(&r.id).is_none());
    match (owners.as_slice(), has_more) {
        ([], _) => "secrets of these rules".to_owned(),
        (owners, false) => format!("{} tokens", owners.join(" or ")),
        (owners, true) => format!("{} tokens or secrets of other rules", owners.join(", ")),
    }
}

/// Describes the result of a scan without open findings. Claims no more than was searched for.
pub(super) fn nothing_found(outcome: &Outcome, rules: &RuleSet) -> String {
    let [_, accepted, old] = status_counts(outcome);
    let new = if accepted + old > 0 { "new " } else { "" };
    format!("no {new}{} found", describe_searched(rules))
}

/// Lists what was not read: how much of each kind, and how to read it. Empty if all was read.
pub(super) fn not_read(outcome: &Outcome) -> String {
    let unread = outcome.count_unread();
    let ignored = unread.ignored_files + unread.ignored_folders;
    let (one_ignored, many_ignored) = match (unread.ignored_files, unread.ignored_folders) {
        (_, 0) => ("ignored file", "ignored files"),
        (0, _) => ("ignored folder", "ignored folders"),
        _ => ("ignored path", "ignored files and folders"),
    };
    let history = match unread.histories {
        0 => None,
        1 => Some("the history (`--history`)".to_owned()),
        n => Some(format!(
            "the histories of {} repositories (`--history`)",
            group_digits(n)
        )),
    };
    let images = if outcome.has_unasked_images() {
        ("image (`--ocr`)", "images (`--ocr`)")
    } else {
        ("image", "images")
    };
    let count = |(count, one, many): (u64, &str, &str)| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{} {many}", group_digits(n))),
    };
    let input = (unread.open_inputs > 0).then(|| "standard input (`-`)".to_owned());
    let parts = count((ignored, one_ignored, many_ignored))
        .into_iter()
        .chain(history)
        .chain(unread_kinds(&unread, images).into_iter().filter_map(count))
        .chain(input);
    parts.collect::<Vec<_>>().join(", ")
}

/// Returns the number of unread things of each kind, with the names of one and of many.
fn unread_kinds(
    unread: &UnreadCounts,
    (one_image, many_images): (&'static str, &'static str),
) -> [(u64, &'static str, &'static str); 14] {
    [
        (unread.archives, "archive", "archives"),
        (unread.documents, "document", "documents"),
        (unread.images, one_image, many_images),
        (
            unread.unclear_images,
            "image with text that was not read",
            "images with text that was not read",
        ),
        (
            unread.encrypted,
            "encrypted archive or member",
            "encrypted archives and members",
        ),
        (
            unread.damaged,
            "damaged archive or member",
            "damaged archives and members",
        ),
        (
            unread.over_limit,
            "archive or member over a limit",
            "archives and members over a limit",
        ),
        (
            unread.unknown_methods,
            "member of an unknown method",
            "members of unknown methods",
        ),
        (unread.unlisted, "more member", "more members"),
        (unread.links, "link", "links"),
        (unread.devices, "pipe or device", "pipes and devices"),
        (unread.large_files, "large file", "large files"),
        (unread.excluded_files, "excluded file", "excluded files"),
        (
            unread.missing_objects,
            "object that the clone lacks",
            "objects that the clone lacks",
        ),
    ]
}

/// Returns the number of open findings. Findings that are less likely than not are not called leaks.
pub(super) fn count_leaks<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> String {
    let open = findings.into_iter().filter(|f| f.is_open());
    let (sure, unsure): (Vec<&Finding>, Vec<&Finding>) =
        open.partition(|f| f.confidence >= Confidence::Medium);
    let leaks = count_noun(sure.len() as u64, "leak");
    let rest = count_noun(unsure.len() as u64, "finding");
    match (sure.len(), unsure.len()) {
        (_, 0) => leaks,
        (0, _) => format!("{rest} below medium"),
        _ => format!("{leaks} and {rest} below medium"),
    }
}

/// Returns the counts of the summary: open, accepted, pre-existing.
pub(super) fn status_counts(outcome: &Outcome) -> [u64; 3] {
    let count = |status| {
        outcome
            .findings
            .iter()
            .filter(|f| f.status() == status)
            .count() as u64
    };
    [
        count(FindingStatus::Open),
        count(FindingStatus::Accepted),
        count(FindingStatus::PreExisting),
    ]
}

/// Returns the number of things that were read, of each kind that occurred, and how many of the files are git's own.
pub(super) fn describe_read(outcome: &Outcome) -> String {
    let read = describe_counts(outcome);
    let files = count_noun(outcome.files, "file");
    let of_git = group_digits(outcome.git_files);
    match read.strip_prefix(&*files) {
        Some(rest) if outcome.git_files > 0 => format!("{files}, {of_git} of them git's own{rest}"),
        _ => read,
    }
}

fn describe_counts(outcome: &Outcome) -> String {
    count_kinds(&[
        (outcome.files, "file"),
        (outcome.members, "member"),
        (outcome.blobs, "blob"),
        (outcome.commits, "commit"),
        (outcome.reports, "report"),
    ])
}

/// Returns the counts that are not zero, each with its noun.
pub(super) fn count_kinds(kinds: &[(u64, &str)]) -> String {
    let some: Vec<String> = kinds
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, noun)| count_noun(*count, noun))
        .collect();
    if some.is_empty() {
        return count_noun(0, "file");
    }
    some.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    #[test]
    fn a_sentence_ends_before_a_capital_and_not_within_an_address() {
        for (text, first) in [
            (
                "Revoke it at https://a.example/x. Then look.",
                "Revoke it at https://a.example/x.",
            ),
            (
                "Delete it (e.g. with curl). It is dead then.",
                "Delete it (e.g. with curl).",
            ),
            ("Only one.", "Only one."),
            ("No end", "No end"),
            ("", ""),
        ] {
            assert_eq!(first_sentence(text), first);
        }
    }

    #[test]
    fn the_built_in_rules_are_described_as_they_are_when_they_are_parsed() {
        let parsed = RuleSet::new(builtin_rules().iter().cloned().collect());
        assert!(builtin_rules().is_builtin() && !parsed.is_builtin());
        assert_eq!(
            describe_searched(&builtin_rules()),
            describe_searched(&parsed)
        );
        let mut fewer = builtin_rules();
        fewer.retain(|rule| rule.id.starts_with("npm-"));
        assert_eq!(describe_searched(&fewer), "npm tokens");
    }

    #[test]
    fn a_finding_of_a_commit_says_when_and_by_whom_it_came_in() {
        let mut finding = samples::outcome().findings.remove(0);
        assert!(!describe_finding(&finding).contains("came in"));
        samples::set_commit(&mut finding, Some(false));
        let said = describe_finding(&finding);
        assert!(
            said.ends_with(
                "holds). It came in with commit 0123456789ab of 2024-03-01 by Ann Lee <ann@example.com>; gone from HEAD"
            ),
            "{said}"
        );
    }

    #[test]
    fn the_files_of_git_are_counted_apart() {
        let mut outcome = samples::outcome();
        (outcome.files, outcome.git_files, outcome.members) = (19, 15, 2);
        let read = describe_read(&outcome);
        assert_eq!(read, "19 files, 15 of them git's own, 2 members");
    }

    #[test]
    fn what_is_below_medium_is_no_leak() {
        let mut outcome = samples::outcome();
        assert_eq!(count_leaks(&outcome.findings), "3 leaks");
        outcome.findings[1].confidence = Confidence::Low;
        assert_eq!(
            count_leaks(&outcome.findings),
            "2 leaks and 1 finding below medium"
        );
        for finding in &mut outcome.findings {
            finding.confidence = Confidence::Low;
        }
        assert_eq!(count_leaks(&outcome.findings), "3 findings below medium");
    }
}
