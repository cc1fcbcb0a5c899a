//! Options that all formats share.

use std::time::SystemTime;

use super::terminal::Style;
use crate::rule::RuleSet;

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
