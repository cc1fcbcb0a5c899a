//! Output of findings, with one file for each format. Nothing is decided here.

mod checkstyle;
mod csv;
mod excerpt;
mod github;
mod gitlab;
mod html;
pub mod human;
pub mod json;
mod junit;
mod markdown;
mod plan;
mod samples;
mod sarif;
mod terminal;
mod words;
mod xml;

use std::io::{self, Write};
use std::time::SystemTime;

use crate::finding::{Fragments, Outcome};
use crate::rule::RuleSet;

pub use terminal::{Style, printable, wrap};
pub use words::takes_comments;

/// Output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
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

impl Format {
    /// All formats, in the order in which they are listed to users.
    pub const ALL: [Format; 12] = [
        Format::Human,
        Format::Json,
        Format::Jsonl,
        Format::Sarif,
        Format::Junit,
        Format::Gitlab,
        Format::Github,
        Format::Checkstyle,
        Format::Csv,
        Format::Markdown,
        Format::Html,
        Format::Plan,
    ];

    /// Returns the format's name in options and configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Format::Human => "human",
            Format::Json => "json",
            Format::Jsonl => "jsonl",
            Format::Sarif => "sarif",
            Format::Junit => "junit",
            Format::Gitlab => "gitlab",
            Format::Github => "github",
            Format::Checkstyle => "checkstyle",
            Format::Csv => "csv",
            Format::Markdown => "markdown",
            Format::Html => "html",
            Format::Plan => "plan",
        }
    }

    /// Returns the format with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|f| f.name() == name)
    }
}

/// Width of text, in columns, if no terminal gives its width. Also the maximum width of all advice.
pub const COLUMNS: usize = 100;

/// Options of a report.
#[derive(Clone, Copy, Debug)]
pub struct ReportOptions<'a> {
    /// True if `human`, `json` and `jsonl` write secrets in full. The other formats never do.
    pub show_secrets: bool,
    /// Colours and escapes for a terminal.
    pub style: Style,
    /// Maximum number of columns of a line of an excerpt.
    pub columns: usize,
    /// Amount of detail: negative for less, positive for more.
    pub verbosity: i8,
    /// Rules of the scan, for their texts.
    pub rules: &'a RuleSet,
    /// Time at which the scan ended.
    pub finished: SystemTime,
}

/// Writes the report of a scan.
///
/// # Errors
/// Fails when writing fails.
pub fn write(
    format: Format,
    outcome: &Outcome,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let shows_secrets = matches!(format, Format::Human | Format::Json | Format::Jsonl);
    let masked;
    let outcome = if options.show_secrets && shows_secrets {
        outcome
    } else {
        masked = Fragments::of(outcome).mask_outcome(outcome);
        &masked
    };
    match format {
        Format::Human => human::write(outcome, options, out),
        Format::Json => json::write(outcome, options, out),
        Format::Jsonl => json::write_lines(outcome, options, out),
        Format::Sarif => sarif::write(outcome, options, out),
        Format::Junit => junit::write(outcome, options, out),
        Format::Gitlab => gitlab::write(outcome, options, out),
        Format::Github => github::write(outcome, out),
        Format::Checkstyle => checkstyle::write(outcome, out),
        Format::Csv => csv::write(outcome, out),
        Format::Markdown => markdown::write(outcome, options, out),
        Format::Html => html::write(outcome, options, out),
        Format::Plan => plan::write(outcome, out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Number of consecutive characters of a secret that no report may contain.
    const WINDOW: usize = 12;

    #[test]
    fn no_format_at_any_verbosity_holds_a_secret_or_much_of_one() {
        let outcome = samples::outcome();
        for format in Format::ALL {
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
        for format in Format::ALL {
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
            (Format::Human, Some("there before: z.cfg:2:7")),
            (Format::Json, Some("\"status\": \"pre-existing\"")),
            (Format::Jsonl, Some("\"status\":\"pre-existing\"")),
            (Format::Sarif, Some("\"baselineState\": \"unchanged\"")),
            (Format::Junit, Some("It stood here before this change\"/>")),
            // GitLab has no status for it and takes all findings as new. A plan lists only what to do.
            (Format::Gitlab, None),
            (Format::Plan, None),
            (Format::Github, Some("::notice file=z.cfg,")),
            (Format::Checkstyle, Some("severity=\"info\"")),
            (Format::Csv, Some(",pre-existing,")),
            (Format::Markdown, Some("### There before this change")),
            (Format::Html, Some("<h2>There before this change: 1</h2>")),
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
        for format in Format::ALL {
            assert_eq!(Format::from_name(format.name()), Some(format));
        }
        assert_eq!(Format::from_name("xml"), None);
    }
}
