//! Self-contained HTML page. It loads nothing: its style and script are in it, and a policy in the page allows only
//! these two, by their digests. All text from a scanned file is escaped, or is JSON that the script turns into text
//! nodes. Without scripts the page lists the first findings.

mod data;

use std::io::{self, Write};

use sha2::{Digest as _, Sha256};

use super::groups::{count_by_kind, group_by_secret};
use super::links::ForgeLinks;
use super::words;
use super::{ReportOptions, escape_control};
use crate::date::format_timestamp;
use crate::finding::{Finding, FindingStatus, Outcome};
use crate::message::{count_noun, group_digits, portable_path};
use crate::rule::RuleSet;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Maximum number of findings in the list that is shown without scripts.
const STATIC_ROWS: usize = 100;

/// Kinds of findings, each with its heading.
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
    write_head(outcome, options, out)?;
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
    list(out, "Notes", outcome.notes.iter().map(|note| escape(note)))?;
    write_summary(outcome, out)?;
    writeln!(out, "</header>\n<main>")?;
    write_static(outcome, out)?;
    let groups = group_by_secret(&outcome.findings);
    writeln!(
        out,
        "</main>\n<script type=\"application/json\" id=\"data\">{}</script>\n\
         <script>{SCRIPT}</script>\n</body>\n</html>",
        data::to_json(&groups, options.remote.and_then(ForgeLinks::from_remote))
    )
}

fn write_head(
    outcome: &Outcome,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let headline = headline_text(outcome, options.rules);
    let title = match options.subject {
        Some(subject) => format!("{headline} in {subject}"),
        None => headline,
    };
    let title = escape(&title);
    let style = format!("\n{STYLE}");
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src {}; script-src {}; \
         base-uri 'none'; form-action 'none'\">\n\
         <title>tokensweep: {title}</title>\n<style>{style}</style>\n</head>\n<body>\n<header>\n<h1>{title}</h1>\n",
        policy_digest(&style),
        policy_digest(SCRIPT)
    )
}

/// Returns the source expression that allows an inline element with this content.
fn policy_digest(content: &str) -> String {
    let digest = Sha256::digest(content);
    format!("'sha256-{}'", data_encoding::BASE64.encode(&digest))
}

/// Writes a table of the open secrets: how many of each kind at each confidence, and at `HEAD` where that is known.
fn write_summary(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let groups = group_by_secret(outcome.findings.iter().filter(|f| f.is_open()));
    if groups.is_empty() {
        return Ok(());
    }
    let rows = count_by_kind(&groups);
    let knows_head = groups.iter().any(|group| group.at_head().is_some());
    let columns = ["certain", "high", "medium", "low"].map(str::to_owned);
    let head = knows_head.then(|| "at HEAD".to_owned());
    let columns = columns.into_iter().chain(head);
    write!(
        out,
        "<h2>Secrets by kind</h2>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Secrets by kind\"><table>\n<thead><tr><th scope=\"col\">kind</th>"
    )?;
    for column in columns {
        write!(out, "<th scope=\"col\" class=\"number\">{column}</th>")?;
    }
    writeln!(out, "</tr></thead>\n<tbody>")?;
    for row in rows {
        let head = knows_head.then_some(row.at_head);
        let cells = row.levels.iter().rev().copied().chain(head);
        let cells: String = cells
            .map(|n| format!("<td class=\"number\">{}</td>", group_digits(n)))
            .collect();
        let title = escape(row.title);
        writeln!(out, "<tr><th scope=\"row\">{title}</th>{cells}</tr>")?;
    }
    writeln!(out, "</tbody></table></div>")
}

/// Writes the first findings, for a reader without scripts. The script replaces them.
fn write_static(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let mut left = STATIC_ROWS;
    for (status, title) in SECTIONS {
        let of_status = |f: &&Finding| f.status() == status;
        let findings: Vec<&Finding> = outcome.findings.iter().filter(of_status).collect();
        if findings.is_empty() {
            continue;
        }
        let count = group_digits(findings.len() as u64);
        writeln!(out, "<h2>{title}: {count}</h2>")?;
        for finding in findings.iter().take(left) {
            write_article(finding, out)?;
        }
        let more = findings.len().saturating_sub(left) as u64;
        left -= findings.len().min(left);
        if more > 0 {
            let more = group_digits(more);
            writeln!(
                out,
                "<p>{more} more are shown where scripts are allowed to run.</p>"
            )?;
        }
    }
    Ok(())
}

fn headline_text(outcome: &Outcome, rules: &RuleSet) -> String {
    let [open, ..] = words::status_counts(outcome);
    match (open, outcome.count_read()) {
        (0, 0) => "nothing scanned".to_owned(),
        (0, _) => words::nothing_found(outcome, rules),
        _ => words::count_leaks(&outcome.findings),
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

    /// The data that the script reads.
    fn data(page: &str) -> serde_json::Value {
        let (_, rest) = page.split_once("id=\"data\">").unwrap();
        let (json, _) = rest.split_once("</script>").unwrap();
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn without_scripts_leaks_come_first_then_what_was_there_then_what_is_accepted() {
        let said = page(&samples::outcome());
        assert!(said.contains("<h1>3 leaks</h1>"), "{said}");
        let order = [
            "<p class=\"trouble\">Not complete: 1 path",
            "<h2>Notes</h2>",
            "<h2>Secrets by kind</h2>",
            "<h2>Leaks: 3</h2>",
            "<h2>There before this change: 1</h2>",
            "<h2>Accepted: 1</h2>",
        ];
        let places: Vec<_> = order
            .iter()
            .map(|h| said.find(h).unwrap_or_else(|| panic!("{h} in {said}")))
            .collect();
        assert!(places.is_sorted(), "{said}");
        assert_eq!(said.matches("<article class=\"error\">").count(), 3);
        assert!(said.contains("<mark>ghp_"), "{said}");
        let (markup, _) = said.split_once("<script").unwrap();
        for tag in [
            "article", "pre", "ul", "li", "p", "h2", "h3", "table", "tr", "th", "td",
        ] {
            let opened = markup.matches(&format!("<{tag}>")).count()
                + markup.matches(&format!("<{tag} ")).count();
            assert_eq!(
                opened,
                markup.matches(&format!("</{tag}>")).count(),
                "{tag}"
            );
        }
    }

    #[test]
    fn the_data_has_every_secret_once_with_all_its_places() {
        let mut outcome = samples::outcome();
        let mut again = outcome.findings[0].clone();
        again.path = "other".into();
        again.origin.introduced_in = Some("c0ffee".to_owned());
        again.origin.author = Some("Ann <ann@example.com>".to_owned());
        again.origin.author_date = Some("2024-05-01T00:00:00Z".to_owned());
        again.origin.at_head = Some(false);
        again.origin.repository = Some("clones/one".to_owned());
        outcome.findings.push(again);
        let data = data(&page(&outcome));
        let secrets = data["secrets"].as_array().unwrap();
        assert_eq!(secrets.len(), 5);
        let of_text = |index: &serde_json::Value| {
            let at = usize::try_from(index.as_u64().unwrap()).unwrap();
            data["texts"][at].as_str().unwrap().to_owned()
        };
        let fingerprint = &*outcome.findings[0].fingerprint;
        let twice = secrets.iter().find(|s| s["f"] == fingerprint).unwrap();
        let places = twice["p"].as_array().unwrap();
        assert_eq!(places.len(), 2, "{twice}");
        assert_eq!(of_text(&places[0]["p"]), "other");
        assert_eq!(of_text(&places[0]["a"]), "Ann <ann@example.com>");
        assert_eq!(places[0]["h"], false);
        assert_eq!(of_text(&places[0]["r"]), "clones/one");
        let rule = usize::try_from(twice["r"].as_u64().unwrap()).unwrap();
        assert_eq!(data["rules"][rule]["title"], *outcome.findings[0].title);
    }

    #[test]
    fn the_policy_allows_the_style_and_the_script_of_the_page_and_nothing_else() {
        let said = page(&samples::outcome());
        let between = |before: &str, after: &str| {
            let (_, rest) = said.split_once(before).unwrap();
            rest.split_once(after).unwrap().0.to_owned()
        };
        let policy = between("Content-Security-Policy\" content=\"", "\">");
        let style = policy_digest(&between("<style>", "</style>"));
        let script = policy_digest(&between("<script>", "</script>"));
        assert_eq!(
            policy,
            format!(
                "default-src 'none'; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'"
            )
        );
        assert!(!said.contains(" style=") && !said.contains(" onclick="));
    }

    #[test]
    fn no_name_and_no_reason_is_markup() {
        let mut outcome = samples::outcome();
        let evil = "</script><script>alert(1)</script><!--\"'&\u{202e}";
        for finding in &mut outcome.findings {
            finding.path = format!("{evil}/{}", finding.path.display()).into();
            finding.snippet.lines[0].text.push_str(evil);
            finding.origin.author = Some(evil.to_owned());
        }
        outcome.notes.push(evil.to_owned());
        outcome.skipped[1].path = evil.into();
        let said = page(&outcome);
        assert_eq!(said.matches("<script").count(), 2, "{said}");
        assert_eq!(said.matches("</script>").count(), 2, "{said}");
        assert!(
            !said.contains("<!--") && !said.contains('\u{202e}'),
            "{said}"
        );
        assert!(said.contains("&lt;script&gt;alert(1)&lt;/script&gt;&lt;!--&quot;&#39;&amp;"));
        assert!(!said.contains("http-equiv=\"refresh\"") && !said.contains(" src="));
        let author = data(&said)["texts"].to_string();
        assert!(author.contains("</script><script>alert(1)"), "{author}");
    }

    #[test]
    fn the_title_says_in_what_was_scanned() {
        let outcome = samples::outcome();
        let rules = crate::rule::builtin_rules();
        let secret = String::from_utf8_lossy(outcome.findings[0].secret.expose_the_secret());
        let subject = format!("a<b {secret}");
        let mut options = samples::options(&rules, 0);
        options.subject = Some(&subject);
        let mut out = Vec::new();
        crate::report::write(ReportFormat::Html, &outcome, &options, &mut out).unwrap();
        let said = String::from_utf8(out).unwrap();
        assert!(
            said.contains("<title>tokensweep: 3 leaks in a&lt;b "),
            "{said}"
        );
        assert!(!said.contains(&*secret));
    }

    #[test]
    fn nothing_found_and_nothing_scanned_are_two_things() {
        let mut outcome = Outcome::default();
        assert!(page(&outcome).contains("<h1>nothing scanned</h1>"));
        outcome.files = 1;
        assert!(page(&outcome).contains("<h1>no GitHub or npm tokens found</h1>"));
    }
}
