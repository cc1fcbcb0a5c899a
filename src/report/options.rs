//! Options that all formats share.

use std::time::SystemTime;

use super::sections::ReportGrouping;
use super::terminal::Style;
use crate::rule::RuleSet;

/// Width of text, in columns, if no terminal gives its width. Also the maximum width of all advice.
pub(crate) const COLUMNS: usize = 100;

/// Options of a report.
///
/// ```
/// use tokensweep::{Outcome, ReportFormat, ReportOptions, RuleSet, write_report};
///
/// let rules = RuleSet::default();
/// let mut report = Vec::new();
/// let options = ReportOptions::new(&rules);
/// write_report(ReportFormat::Json, &Outcome::default(), &options, &mut report)?;
/// assert!(report.starts_with(b"{\n  \"findings\": []"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ReportOptions<'a> {
    /// True if `human`, `json` and `jsonl` write secrets in full. The other formats never do.
    pub show_secrets: bool,
    /// Colours and escapes for a terminal.
    pub(crate) style: Style,
    /// Maximum number of columns of a line of an excerpt.
    pub columns: usize,
    /// Amount of detail: negative for less, positive for more.
    pub verbosity: i8,
    /// Sections of the report for people.
    pub(crate) grouping: ReportGrouping,
    /// Rules of the scan, for their texts.
    pub rules: &'a RuleSet,
    /// Time at which the scan ended.
    pub finished: SystemTime,
    /// Name of what was scanned, for the title of a page.
    pub subject: Option<&'a str>,
    /// Address of the repository's page or remote, for links to commits and lines.
    pub remote: Option<&'a str>,
    /// Commit that `HEAD` named, in hex.
    pub revision: Option<&'a str>,
    /// Branch that was checked out.
    pub branch: Option<&'a str>,
}

impl<'a> ReportOptions<'a> {
    /// Returns the options of a report without colours or secrets, for a scan with these rules that ends now.
    #[must_use]
    pub fn new(rules: &'a RuleSet) -> Self {
        ReportOptions {
            show_secrets: false,
            style: Style::default(),
            columns: COLUMNS,
            verbosity: 0,
            grouping: ReportGrouping::Secret,
            rules,
            finished: SystemTime::now(),
            subject: None,
            remote: None,
            revision: None,
            branch: None,
        }
    }

    /// Turns links for a terminal on or off: from a place to its file, or to its line on the forge.
    #[cfg(feature = "cli")]
    pub(crate) fn set_links(&mut self, is_on: bool) {
        self.style.links = is_on;
    }

    /// Turns the colours and escapes for a terminal on or off.
    pub fn set_colour(&mut self, is_on: bool) {
        self.style.colour = is_on;
    }
}
