//! Head of a secret in the report for people: its kind, and its place.

use std::io::{self, Write};

use super::links::address_of;
use super::{ReportOptions, escape_control, words};
use crate::finding::{Finding, Severity};
use crate::message::count_noun;

/// Writes the line above one or several secrets of a kind: rule, kind and confidence.
pub(super) fn write_title(
    finding: &Finding,
    count: usize,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut title = format!("{} ({})", finding.title, words::describe_certainty(finding));
    if count > 1 {
        title.push_str(&format!(": {}", count_noun(count as u64, "secret")));
    }
    write_rule_line(finding.severity, &finding.rule_id, &title, options, out)
}

/// Writes a severity and a rule, in the colour of the severity, and a title.
pub(super) fn write_rule_line(
    severity: Severity,
    rule_id: &str,
    title: &str,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let style = options.style;
    let head = format!("{}[{rule_id}]", severity.name());
    let head = match severity {
        Severity::Error => style.error(&head),
        Severity::Warning | Severity::Note => style.warning(&head),
    };
    writeln!(out, "{head}: {}", style.strong(&escape_control(title)))
}

/// Returns the place of a finding, a link where the terminal takes it.
pub(super) fn link_place(finding: &Finding, options: &ReportOptions<'_>) -> String {
    let links = options.style.links;
    let address = links.then(|| address_of(finding, options.remote)).flatten();
    let at = place(finding);
    let at = escape_control(&at);
    options.style.link(&at, address.as_deref()).into_owned()
}

/// Returns the place of a finding: path, line and column, and its place in a document.
pub(super) fn place(finding: &Finding) -> String {
    format!(
        "{}:{}:{}{}",
        words::full_path(finding),
        finding.start.line,
        finding.start.column,
        words::place_in_brackets(finding)
    )
}
