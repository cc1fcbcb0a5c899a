//! Output of findings, with one file for each format. Nothing is decided here.

mod audit;
mod brief;
mod checkstyle;
mod csv;
mod excerpt;
mod github;
mod gitlab;
mod groups;
mod heading;
mod html;
pub(crate) mod human;
pub(crate) mod json;
mod junit;
mod links;
mod markdown;
mod options;
mod plan;
mod provenance;
mod samples;
mod sarif;
mod sarif_tool;
mod sections;
mod summary;
mod terminal;
mod words;
mod xml;

use std::io::{self, Write};

use crate::finding::{Outcome, SecretFragments};

pub(crate) use audit::{
    AuditFormat, AuditReport, AuditedRepository, AuditedSecret, RepositoryFacts, SecretUse,
    UnreadPath, write_audit,
};
pub(crate) use links::{is_repository_address, page_address};
pub(crate) use options::COLUMNS;
pub use options::ReportOptions;
pub(crate) use provenance::describe_provenance;
pub(crate) use sections::ReportGrouping;
pub(crate) use terminal::{escape_control, wrap_text};
pub(crate) use words::takes_comments;

/// Output format.
///
/// ```
/// use tokensweep::ReportFormat;
///
/// assert_eq!(ReportFormat::from_name("sarif"), Some(ReportFormat::Sarif));
/// assert_eq!(ReportFormat::ALL.len(), 12);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ReportFormat {
    /// Text for people.
    Human,
    /// One JSON document.
    Json,
    /// One JSON object a line: the findings, then the summary.
    Jsonl,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit XML, for test reports of CI systems.
    Junit,
    /// GitLab's secret detection report.
    Gitlab,
    /// Workflow commands of GitHub Actions.
    Github,
    /// Checkstyle XML.
    Checkstyle,
    /// Comma-separated values.
    Csv,
    /// Markdown, for summaries and comments.
    Markdown,
    /// A page for a browser.
    Html,
    /// Steps to take about leaks, in order.
    Plan,
}

impl ReportFormat {
    /// All formats, in the order in which they are listed to users.
    pub const ALL: [ReportFormat; 12] = [
        ReportFormat::Human,
        ReportFormat::Json,
        ReportFormat::Jsonl,
        ReportFormat::Sarif,
        ReportFormat::Junit,
        ReportFormat::Gitlab,
        ReportFormat::Github,
        ReportFormat::Checkstyle,
        ReportFormat::Csv,
        ReportFormat::Markdown,
        ReportFormat::Html,
        ReportFormat::Plan,
    ];

    /// Returns the format's name in options and configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ReportFormat::Human => "human",
            ReportFormat::Json => "json",
            ReportFormat::Jsonl => "jsonl",
            ReportFormat::Sarif => "sarif",
            ReportFormat::Junit => "junit",
            ReportFormat::Gitlab => "gitlab",
            ReportFormat::Github => "github",
            ReportFormat::Checkstyle => "checkstyle",
            ReportFormat::Csv => "csv",
            ReportFormat::Markdown => "markdown",
            ReportFormat::Html => "html",
            ReportFormat::Plan => "plan",
        }
    }

    /// Returns the format with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<ReportFormat> {
        ReportFormat::ALL.into_iter().find(|f| f.name() == name)
    }
}

/// Writes the report of a scan.
///
/// # Errors
/// Fails when writing fails.
pub fn write(
    format: ReportFormat,
    outcome: &Outcome,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let shows_secrets = matches!(
        format,
        ReportFormat::Human | ReportFormat::Json | ReportFormat::Jsonl
    );
    if options.show_secrets && shows_secrets {
        return write_as(format, outcome, options, out);
    }
    let secrets = SecretFragments::of(outcome);
    let subject = options.subject.map(|subject| secrets.mask_in(subject));
    let branch = options.branch.map(|branch| secrets.mask_in(branch));
    let options = ReportOptions {
        subject: subject.as_deref(),
        branch: branch.as_deref(),
        ..*options
    };
    write_as(format, &secrets.mask_outcome(outcome), &options, out)
}

fn write_as(
    format: ReportFormat,
    outcome: &Outcome,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        ReportFormat::Human => human::write(outcome, options, out),
        ReportFormat::Json => json::write(outcome, options, out),
        ReportFormat::Jsonl => json::write_lines(outcome, options, out),
        ReportFormat::Sarif => sarif::write(outcome, options, out),
        ReportFormat::Junit => junit::write(outcome, options, out),
        ReportFormat::Gitlab => gitlab::write(outcome, options, out),
        ReportFormat::Github => github::write(outcome, out),
        ReportFormat::Checkstyle => checkstyle::write(outcome, out),
        ReportFormat::Csv => csv::write(outcome, out),
        ReportFormat::Markdown => markdown::write(outcome, options, out),
        ReportFormat::Html => html::write(outcome, options, out),
        ReportFormat::Plan => plan::write(outcome, out),
    }
}

/// Writes the result of the audit of one repository: a JSON report with the facts about the repository.
///
/// # Errors
/// Fails when writing fails.
pub(crate) fn write_result(
    outcome: &Outcome,
    facts: &RepositoryFacts,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let fragments = SecretFragments::of(outcome);
    let mask = |text: &String| fragments.mask_in(text).into_owned();
    let facts = RepositoryFacts {
        path: mask(&facts.path),
        problems: facts.problems.iter().map(mask).collect(),
        remote: facts.remote.as_ref().map(mask),
        ..facts.clone()
    };
    json::write_result(&fragments.mask_outcome(outcome), &facts, options, out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Number of consecutive characters of a secret that no report may contain.
    const WINDOW: usize = 12;

    #[test]
    fn no_format_at_any_verbosity_holds_a_secret_or_much_of_one() {
        let outcome = samples::outcome();
        for format in ReportFormat::ALL {
            for verbosity in -1..=2 {
                let text = samples::report(format, &outcome, verbosity);
                for finding in &outcome.findings {
                    let secret = finding.secret.expose_the_secret();
                    for window in secret.windows(WINDOW) {
                        // The public prefix of a form is not part of the secret.
                        let all_prefix = b"github_pat_11".windows(WINDOW).any(|w| w == window);
                        assert!(
                            all_prefix || memchr::memmem::find(text.as_bytes(), window).is_none(),
                            "{} at verbosity {verbosity}: {}",
                            format.name(),
                            String::from_utf8_lossy(window)
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn every_format_names_every_finding_and_is_the_same_twice() {
        let outcome = samples::outcome();
        for format in ReportFormat::ALL {
            let text = samples::report(format, &outcome, 1);
            assert_eq!(text, samples::report(format, &outcome, 1));
            let by_place = outcome.findings.iter().filter(|f| f.is_open());
            for finding in by_place {
                let line = finding.start.line.to_string();
                assert!(text.contains(&line), "{}: {line}", format.name());
                assert!(
                    text.contains("legacy") || text.contains(&*finding.title),
                    "{}",
                    format.name()
                );
            }
        }
    }

    #[test]
    fn every_format_tells_what_was_there_before_from_what_is_new() {
        let outcome = samples::outcome();
        for (format, said) in [
            (ReportFormat::Human, Some("pre-existing: z.cfg:2:7")),
            (ReportFormat::Json, Some("\"status\": \"pre-existing\"")),
            (ReportFormat::Jsonl, Some("\"status\":\"pre-existing\"")),
            (
                ReportFormat::Sarif,
                Some("\"baselineState\": \"unchanged\""),
            ),
            (
                ReportFormat::Junit,
                Some("It stood here before this change\"/>"),
            ),
            // GitLab has no status for it and takes all findings as new. A plan lists only what to do.
            (ReportFormat::Gitlab, None),
            (ReportFormat::Plan, None),
            (ReportFormat::Github, Some("::notice file=z.cfg,")),
            (ReportFormat::Checkstyle, Some("severity=\"info\"")),
            (ReportFormat::Csv, Some(",pre-existing,")),
            (ReportFormat::Markdown, Some("### There before this change")),
            (
                ReportFormat::Html,
                Some("<h2>There before this change: 1</h2>"),
            ),
        ] {
            let text = samples::report(format, &outcome, 0);
            match said {
                Some(said) => assert_eq!(text.matches(said).count(), 1, "{format:?}: {text}"),
                None => assert!(!text.contains("z.cfg"), "{format:?}: {text}"),
            }
        }
    }

    #[test]
    fn a_format_has_one_name() {
        for format in ReportFormat::ALL {
            assert_eq!(ReportFormat::from_name(format.name()), Some(format));
        }
        assert_eq!(ReportFormat::from_name("xml"), None);
    }
}
