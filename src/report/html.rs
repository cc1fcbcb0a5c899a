//! Self-contained HTML page: no script, no picture, no external resource. All text from a scanned file is
//! escaped, and a policy in the page forbids loading or running anything as a second protection.

use std::io::{self, Write};

use super::words;
use super::{ReportOptions, escape_control};
use crate::date::format_timestamp;
use crate::finding::{Finding, FindingStatus, Outcome};
use crate::message::{count_noun, portable_path};
use crate::rule::RuleSet;

const STYLE: &str = "\
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}
article{border:1px solid #ccc;border-left:.4rem solid #888;padding:.5rem 1rem;margin:1rem 0}
article.error{border-left-color:#b00020}article.warning{border-left-color:#b26a00}
h3{font-size:1rem;margin:.2rem 0}
code,pre{font-family:ui-monospace,monospace;font-size:.9rem;overflow-wrap:anywhere}
pre{background:#f4f4f4;padding:.5rem;overflow-x:auto}mark{background:#ffd6d6}
.trouble{color:#b00020;font-weight:bold}
@media(prefers-color-scheme:dark){body{color:#e6e6e6;background:#161616}pre{background:#222}mark{background:#611;color:#fff}article{border-color:#444}}
";

/// Kinds of findings, each with its heading and the text below it.
const SECTIONS: [(FindingStatus, &str); 3] = [
    (FindingStatus::Open, "Leaks"),
    (FindingStatus::PreExisting, "There before this change"),
    (FindingStatus::Accepted, "Accepted"),
];

pub(super) fn write(
    outcome: &Outcome,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>tokensweep: {}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{}</h1>\n",
        escape(&headline_text(outcome, options.rules)),
        escape(&headline_text(outcome, options.rules))
    )?;
    let time = format_timestamp(options.finished).replace('T', " ");
    writeln!(
        out,
        "<p>{} read, {time} UTC, tokensweep {}.</p>",
        words::describe_read(outcome),
        words::VERSION
    )?;
    let not_read = words::not_read(outcome);
    if !not_read.is_empty() {
        writeln!(out, "<p>Not read: {}.</p>", escape(&not_read))?;
    }
    write_not_scanned(outcome, out)?;
    for (status, title) in SECTIONS {
        let of_status = |f: &&Finding| f.status() == status;
        let findings: Vec<&Finding> = outcome.findings.iter().filter(of_status).collect();
        if findings.is_empty() {
            continue;
        }
        writeln!(out, "<h2>{title}: {}</h2>", findings.len())?;
        for finding in findings {
            write_article(finding, out)?;
        }
    }
    list(out, "Notes", outcome.notes.iter().map(|note| escape(note)))?;
    writeln!(out, "</body>\n</html>")
}

fn headline_text(outcome: &Outcome, rules: &RuleSet) -> String {
    let [open, ..] = words::status_counts(outcome);
    match (open, outcome.files + outcome.blobs + outcome.commits) {
        (0, 0) => "nothing scanned".to_owned(),
        (0, _) => words::nothing_found(outcome, rules),
        _ => words::count_leaks(outcome),
    }
}

fn write_not_scanned(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let trouble: Vec<_> = outcome.trouble_skips().collect();
    if trouble.is_empty() {
        return Ok(());
    }
    let paths = count_noun(trouble.len() as u64, "path");
    writeln!(
        out,
        "<p class=\"trouble\">Not complete: {paths} could not be read.</p>"
    )?;
    let lines = trouble.iter().map(|skip| {
        let path = portable_path(&skip.path);
        format!(
            "<code>{}</code>: {}",
            escape(&path),
            escape(&skip.reason.to_string())
        )
    });
    list(out, "Not scanned", lines)
}

/// Writes a heading and a list below it, if there is anything to list.
fn list(
    out: &mut dyn Write,
    title: &str,
    lines: impl ExactSizeIterator<Item = String>,
) -> io::Result<()> {
    if lines.len() == 0 {
        return Ok(());
    }
    writeln!(out, "<h2>{title}</h2>\n<ul>")?;
    for line in lines {
        writeln!(out, "<li>{line}</li>")?;
    }
    writeln!(out, "</ul>")
}

fn write_article(finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let status = finding.status();
    let class = if status == FindingStatus::Open {
        finding.severity.name()
    } else {
        "quiet"
    };
    let path = words::full_path(finding);
    writeln!(
        out,
        "<article class=\"{class}\">\n<h3><code>{}:{}:{}</code>{}</h3>\n<p>{} <small>(<code>{}</code>)</small></p>",
        escape(&path),
        finding.start.line,
        finding.start.column,
        escape(&words::place_in_brackets(finding)),
        escape(&words::describe_finding(finding)),
        escape(&finding.rule_id)
    )?;
    if !finding.snippet.lines.is_empty() {
        writeln!(out, "<pre>{}</pre>", snippet_html(finding))?;
    }
    if status == FindingStatus::Open {
        writeln!(
            out,
            "<p><strong>Do first:</strong> {}</p>\n<p>{}</p>",
            escape(&finding.remediation),
            escape(&words::how_to_accept(words::TO_ACCEPT, finding))
        )?;
    }
    writeln!(
        out,
        "<p><small>fingerprint <code>{}</code></small></p>\n</article>",
        escape(&finding.fingerprint)
    )
}

/// Returns the lines of a finding, in the form of the report for people.
fn snippet_html(finding: &Finding) -> String {
    let lines = finding.snippet.lines.iter().map(|line| {
        let number = line.number;
        match line.highlight {
            Some(marked) => format!(
                "{number} | {}<mark>{}</mark>{}",
                escape(&line.text[..marked.start]),
                escape(&line.text[marked]),
                escape(&line.text[marked.end..])
            ),
            None => format!("{number} | {}", escape(&line.text)),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Escapes text for an element or an attribute in double quotes.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in escape_control(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{ReportFormat, samples};

    fn page(outcome: &Outcome) -> String {
        samples::report(ReportFormat::Html, outcome, 0)
    }

    #[test]
    fn leaks_first_then_what_was_there_then_what_is_accepted() {
        let said = page(&samples::outcome());
        assert!(said.contains("<h1>3 leaks</h1>"), "{said}");
        let order = [
            "<p class=\"trouble\">Not complete: 1 path",
            "<h2>Leaks: 3</h2>",
            "<h2>There before this change: 1</h2>",
            "<h2>Accepted: 1</h2>",
            "<h2>Notes</h2>",
        ];
        let places: Vec<_> = order
            .iter()
            .map(|h| said.find(h).unwrap_or_else(|| panic!("{h} in {said}")))
            .collect();
        assert!(places.is_sorted(), "{said}");
        assert_eq!(said.matches("<article class=\"error\">").count(), 3);
        assert_eq!(said.matches("<strong>Do first:</strong>").count(), 3);
        assert!(said.contains("<mark>ghp_"), "{said}");
        for tag in ["article", "pre", "ul", "li", "p", "h2", "h3"] {
            let opened = said.matches(&format!("<{tag}>")).count()
                + said.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, said.matches(&format!("</{tag}>")).count(), "{tag}");
        }
    }

    #[test]
    fn no_name_and_no_reason_is_markup() {
        let mut outcome = samples::outcome();
        let evil = "<script>alert(1)</script>\"'&\u{202e}";
        for finding in &mut outcome.findings {
            finding.path = format!("{evil}/{}", finding.path.display()).into();
            finding.snippet.lines[0].text.push_str(evil);
        }
        outcome.notes.push(evil.to_owned());
        outcome.skipped[1].path = evil.into();
        let said = page(&outcome);
        assert!(
            !said.contains("<script") && !said.contains('\u{202e}'),
            "{said}"
        );
        assert!(said.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"));
        assert!(!said.contains("http-equiv=\"refresh\"") && !said.contains(" src="));
    }

    #[test]
    fn nothing_found_and_nothing_scanned_are_two_things() {
        let mut outcome = Outcome::default();
        assert!(page(&outcome).contains("<h1>nothing scanned</h1>"));
        outcome.files = 1;
        assert!(page(&outcome).contains("<h1>no GitHub or npm tokens found</h1>"));
    }
}
