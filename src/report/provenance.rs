//! Provenance of findings in words: the commit that brought one in, and whether it was known before.

use crate::finding::{AcceptedBy, Finding, Outcome};
use crate::message::portable_path;

/// Returns the beginning of a commit's id, as people write it.
pub(super) fn short_commit(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

/// Returns the commit that brought a finding in, with its date and author, and whether the secret is still at `HEAD`.
/// `None` for what is not from a commit.
pub(crate) fn describe_provenance(finding: &Finding) -> Option<String> {
    let commit = describe_commit(finding)?;
    Some(match describe_head(finding) {
        Some(head) => format!("{commit}; {head}"),
        None => commit,
    })
}

/// Returns the commit that brought a finding in, with its date and author.
pub(super) fn describe_commit(finding: &Finding) -> Option<String> {
    let origin = &finding.origin;
    let commit = origin.first_commit()?;
    let mut said = format!("commit {}", short_commit(commit));
    if let Some(day) = origin.author_date.as_ref().and_then(|date| date.get(..10)) {
        said.push_str(&format!(" of {day}"));
    }
    if let Some(author) = &origin.author {
        said.push_str(&format!(" by {author}"));
    }
    Some(said)
}

/// Returns the sentence on whether the secret is still at `HEAD`, and in which file if it moved. `None` if that is not
/// known.
pub(super) fn describe_head(finding: &Finding) -> Option<String> {
    let origin = &finding.origin;
    let is_there = origin.at_head?;
    Some(match moved_to(finding) {
        _ if !is_there => describe_removal(finding),
        Some(path) => format!("at HEAD in {path}"),
        None => "still at HEAD".to_owned(),
    })
}

/// Returns the words for a secret that is gone from `HEAD`, with the day on which it left, if that is known.
pub(super) fn describe_removal(finding: &Finding) -> String {
    let date = finding.origin.removed_date.as_ref();
    let day = date.and_then(|date| date.get(..10));
    let since = day.map_or_else(String::new, |day| format!(" since {day}"));
    format!("gone from HEAD{since}")
}

/// Returns the file at `HEAD` that the secret is in, if that is not the file of the finding.
pub(super) fn moved_to(finding: &Finding) -> Option<&str> {
    let path = finding.origin.head_path.as_deref()?;
    (path != portable_path(&finding.full_path())).then_some(path)
}

/// Returns true if the scan could distinguish new findings from known ones: by a change that it looked at, or by a
/// baseline. A whole history has nothing to compare with.
pub(super) fn separates_new_findings(outcome: &Outcome) -> bool {
    use crate::finding::OriginKind::Index;
    outcome.findings.iter().any(|f| {
        let origin = &f.origin;
        let is_of_range =
            origin.introduced_in.is_some() && origin.at_head.is_none() && origin.refs.is_empty();
        origin.pre_existing || origin.source_kind() == Index || is_of_range || is_in_baseline(f)
    })
}

/// Returns true if the baseline contains the finding.
pub(super) fn is_in_baseline(finding: &Finding) -> bool {
    let accepted = finding.accepted.as_ref();
    accepted.is_some_and(|accepted| accepted.by == AcceptedBy::Baseline)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    #[test]
    fn findings_are_new_only_beside_something_that_is_known() {
        let mut outcome = samples::outcome();
        outcome.findings.truncate(1);
        assert!(!separates_new_findings(&outcome));
        samples::set_commit(&mut outcome.findings[0], None);
        assert!(separates_new_findings(&outcome), "a range of commits");
        samples::set_commit(&mut outcome.findings[0], Some(true));
        assert!(!separates_new_findings(&outcome), "a whole history");
    }
}
