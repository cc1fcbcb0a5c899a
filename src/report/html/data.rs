//! Findings as the data that the page's script shows: JSON with one table of all repeated texts.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::finding::{Confidence, Finding, FindingStatus, SnippetLine};
use crate::report::groups::SecretGroup;
use crate::report::links::ForgeLinks;
use crate::report::{escape_control, words};

/// Texts, each once. A text is named by its position.
#[derive(Default)]
struct TextTable {
    texts: Vec<String>,
    known: HashMap<String, usize>,
}

impl TextTable {
    fn add(&mut self, text: &str) -> usize {
        let text = escape_control(text);
        if let Some(&at) = self.known.get(&*text) {
            return at;
        }
        let at = self.texts.len();
        self.texts.push(text.clone().into_owned());
        self.known.insert(text.into_owned(), at);
        at
    }

    fn add_option(&mut self, text: Option<&str>) -> Option<usize> {
        text.map(|text| self.add(text))
    }
}

/// A secret. The names of the fields are short, because a page may have ten thousand of these.
#[derive(Serialize)]
struct SecretFields<'o> {
    /// Fingerprint.
    f: &'o str,
    /// Position of the rule.
    r: usize,
    /// Mask.
    m: String,
    /// Severity.
    s: &'static str,
    /// Confidence, 0 for low to 3 for certain.
    c: usize,
    /// Confidence with a reason.
    u: usize,
    /// Lines of the excerpt.
    x: Vec<Value>,
    /// Evidence: name, weight, detail.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    e: Vec<(usize, f64, usize)>,
    /// True if a comment on the line can accept it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    k: bool,
    /// Places.
    p: Vec<PlaceFields>,
}

/// A place of a secret. Texts are positions in the table.
#[derive(Serialize)]
struct PlaceFields {
    /// Path.
    p: usize,
    /// Line.
    l: u64,
    /// Column.
    c: u64,
    /// Status: 0 open, 1 pre-existing, 2 accepted.
    #[serde(skip_serializing_if = "is_zero")]
    s: u8,
    /// Acceptance.
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<usize>,
    /// Commit that brought it in.
    #[serde(skip_serializing_if = "Option::is_none")]
    o: Option<usize>,
    /// Date of that commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    d: Option<usize>,
    /// Author of that commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    a: Option<usize>,
    /// True if the secret is at `HEAD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    h: Option<bool>,
    /// Date on which the secret left `HEAD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    t: Option<usize>,
    /// Place at `HEAD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<usize>,
    /// Place in a document.
    #[serde(skip_serializing_if = "Option::is_none")]
    g: Option<usize>,
    /// Repository, in a scan of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    r: Option<usize>,
    /// Paths of the same content in other commits.
    #[serde(skip_serializing_if = "Option::is_none")]
    w: Option<usize>,
    /// Refs.
    #[serde(skip_serializing_if = "Option::is_none")]
    f: Option<usize>,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is serde's"
)]
fn is_zero(value: &u8) -> bool {
    *value == 0
}

/// Returns the data of the page as JSON that contains no `<`, so that nothing in it can end the element around it.
pub(super) fn to_json(groups: &[SecretGroup<'_>], links: Option<ForgeLinks>) -> String {
    let mut table = TextTable::default();
    let mut rules: Vec<Value> = Vec::new();
    let mut known: HashMap<&str, usize> = HashMap::new();
    let secrets: Vec<SecretFields<'_>> = groups
        .iter()
        .map(|group| {
            let first = group.first();
            let rule = *known.entry(&first.rule_id).or_insert_with(|| {
                rules.push(json!({
                    "id": escape_control(&first.rule_id),
                    "title": escape_control(&first.title),
                    "remediation": escape_control(&first.remediation),
                }));
                rules.len() - 1
            });
            to_secret(group, rule, &mut table)
        })
        .collect();
    let links = links.map(|links| json!({"commit": links.commit, "line": links.line}));
    let data = json!({
        "rules": rules,
        "secrets": secrets,
        "links": links,
        "texts": table.texts,
    });
    data.to_string().replace('<', "\\u003c")
}

fn to_secret<'o>(group: &SecretGroup<'o>, rule: usize, table: &mut TextTable) -> SecretFields<'o> {
    let first = group.first();
    let strongest = group.places.iter().max_by_key(|f| f.confidence);
    let strongest = strongest.copied().unwrap_or(first);
    let level = Confidence::ALL
        .iter()
        .position(|c| *c == strongest.confidence);
    let evidence = strongest.evidence.iter();
    SecretFields {
        f: &first.fingerprint,
        r: rule,
        m: escape_control(&first.secret.masked()).into_owned(),
        s: first.severity.name(),
        c: level.unwrap_or_default(),
        u: table.add(&words::describe_certainty(strongest)),
        x: first.snippet.lines.iter().map(to_line).collect(),
        e: evidence
            .map(|e| {
                (
                    table.add(&e.name),
                    (e.weight * 10.0).round() / 10.0,
                    table.add(&e.detail),
                )
            })
            .collect(),
        k: first.origin.member.is_none() && words::takes_comments(&first.path),
        p: group.places.iter().map(|f| to_place(f, table)).collect(),
    }
}

/// Returns the number of a line and its text, which is in three parts if it contains the secret.
fn to_line(line: &SnippetLine) -> Value {
    let number = line.number;
    match line.highlight {
        Some(marked) => json!([
            number,
            escape_control(&line.text[..marked.start]),
            escape_control(&line.text[marked]),
            escape_control(&line.text[marked.end..]),
        ]),
        None => json!([number, escape_control(&line.text)]),
    }
}

fn to_place(finding: &Finding, table: &mut TextTable) -> PlaceFields {
    let origin = &finding.origin;
    let commit = origin.first_commit();
    let at_head = origin
        .head_path
        .as_ref()
        .map(|path| match origin.head_line {
            Some(line) => format!("{path}:{line}"),
            None => path.clone(),
        });
    let accepted = finding.accepted.as_ref().map(|accepted| {
        let details = accepted.describe_acceptance().join("; ");
        format!("by {}; {details}", accepted.by.name())
    });
    let document_place = origin.place.as_ref().map(ToString::to_string);
    PlaceFields {
        p: table.add(&words::full_path(finding)),
        l: finding.start.line,
        c: finding.start.column,
        s: match finding.status() {
            FindingStatus::Open => 0,
            FindingStatus::PreExisting => 1,
            FindingStatus::Accepted => 2,
        },
        n: table.add_option(accepted.as_deref()),
        o: table.add_option(commit),
        d: table.add_option(origin.author_date.as_deref()),
        a: table.add_option(origin.author.as_deref()),
        h: origin.at_head,
        t: table.add_option(origin.removed_date.as_deref()),
        e: table.add_option(at_head.as_deref()),
        g: table.add_option(document_place.as_deref()),
        r: table.add_option(origin.repository.as_deref()),
        w: (!origin.paths.is_empty()).then(|| table.add(&origin.paths.join(", "))),
        f: (!origin.refs.is_empty()).then(|| table.add(&origin.describe_refs())),
    }
}
