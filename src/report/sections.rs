//! Sections of the report for people: secrets of one file, commit, author or rule together.

use super::groups::SecretGroup;
use crate::finding::Finding;
use crate::message::{count_noun, portable_path};

/// Thing by which the report for people groups the secrets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ReportGrouping {
    /// No sections: a list of the secrets.
    #[default]
    Secret,
    /// File of a secret's first place.
    File,
    /// Commit that brought the secret in.
    Commit,
    /// Author of that commit.
    Author,
    /// Rule that found the secret.
    Rule,
}

impl ReportGrouping {
    /// All groupings.
    pub(crate) const ALL: [ReportGrouping; 5] = [
        ReportGrouping::Secret,
        ReportGrouping::File,
        ReportGrouping::Commit,
        ReportGrouping::Author,
        ReportGrouping::Rule,
    ];

    /// Returns the name of the grouping on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            ReportGrouping::Secret => "secret",
            ReportGrouping::File => "file",
            ReportGrouping::Commit => "commit",
            ReportGrouping::Author => "author",
            ReportGrouping::Rule => "rule",
        }
    }

    /// Returns the title of the section that a secret belongs to; `None` without sections.
    fn title_of(self, finding: &Finding) -> Option<String> {
        let origin = &finding.origin;
        Some(match self {
            ReportGrouping::Secret => return None,
            ReportGrouping::File => portable_path(&finding.path),
            ReportGrouping::Commit => {
                let commit = origin.first_commit();
                let Some(commit) = commit else {
                    return Some("in no commit".to_owned());
                };
                let day = origin.author_date.as_ref().and_then(|date| date.get(..10));
                let day = day.map_or_else(String::new, |day| format!(" of {day}"));
                format!("commit {commit}{day}")
            }
            ReportGrouping::Author => {
                let author = origin.author.clone();
                author.unwrap_or_else(|| "author not known".to_owned())
            }
            ReportGrouping::Rule => format!("{}: {}", finding.rule_id, finding.title),
        })
    }
}

/// Secrets that stand below one title.
pub(super) struct ReportSection<'g, 'o> {
    pub(super) title: Option<String>,
    pub(super) secrets: Vec<&'g SecretGroup<'o>>,
}

impl ReportSection<'_, '_> {
    /// Returns the line above the secrets; `None` without sections.
    pub(super) fn heading(&self) -> Option<String> {
        let title = self.title.as_ref()?;
        let count = count_noun(self.secrets.len() as u64, "secret");
        Some(format!("== {title} ({count})"))
    }
}

/// Splits secrets into sections. A section stands where its first secret stood, and keeps the order of its secrets.
pub(super) fn split_sections<'g, 'o>(
    secrets: &'g [SecretGroup<'o>],
    grouping: ReportGrouping,
) -> Vec<ReportSection<'g, 'o>> {
    let mut sections: Vec<ReportSection<'_, '_>> = Vec::new();
    let mut by_title = std::collections::HashMap::new();
    for secret in secrets {
        let title = grouping.title_of(secret.first());
        let at = *by_title.entry(title.clone()).or_insert(sections.len());
        if at == sections.len() {
            sections.push(ReportSection {
                title,
                secrets: Vec::new(),
            });
        }
        sections[at].secrets.push(secret);
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::groups::group_by_secret;
    use crate::report::{ReportFormat, samples, write};

    #[test]
    fn secrets_of_one_title_stand_together_in_their_order() {
        let mut outcome = samples::outcome();
        for (index, author) in [(0, "Ann"), (1, "Bob"), (2, "Ann")] {
            outcome.findings[index].origin.author = Some(author.to_owned());
        }
        let secrets = group_by_secret(outcome.findings.iter().filter(|f| f.is_open()));
        let titles = |grouping| -> Vec<(String, usize)> {
            let sections = split_sections(&secrets, grouping);
            let row = |s: ReportSection<'_, '_>| (s.heading().unwrap_or_default(), s.secrets.len());
            sections.into_iter().map(row).collect()
        };
        let row = |title: &str, count| (title.to_owned(), count);
        assert_eq!(
            titles(ReportGrouping::Author),
            [row("== Ann (2 secrets)", 2), row("== Bob (1 secret)", 1)]
        );
        assert_eq!(titles(ReportGrouping::Secret), [row("", 3)]);
        assert_eq!(titles(ReportGrouping::File).len(), 3);
        assert_eq!(
            titles(ReportGrouping::Commit),
            [row("== in no commit (3 secrets)", 3)]
        );
    }

    #[test]
    fn a_title_stands_above_its_secrets_and_holds_no_control_characters() {
        let mut outcome = samples::outcome();
        outcome.findings[0].origin.author = Some("Ann \u{1b}[31m".to_owned());
        let rules = crate::rule::builtin_rules();
        let mut options = samples::options(&rules, 0);
        options.grouping = ReportGrouping::Author;
        let mut out = Vec::new();
        write(ReportFormat::Human, &outcome, &options, &mut out).unwrap();
        let said = String::from_utf8(out).unwrap();
        assert!(
            said.starts_with("== Ann \\u{1b}[31m (1 secret)\n\nerror[github-pat]"),
            "{said}"
        );
        assert_eq!(said.matches("== author not known (2 secrets)").count(), 1);
    }
}
