//! Parsing and checking of rule files in TOML. Every mistake has its line and column. `rules/README.md` is the manual.

use std::collections::HashMap;
use std::sync::Arc;

use super::example::fill;
use super::pattern_keys::read_pattern;
use super::{Example, Rule};
use crate::document::{Diagnostic, Diagnostics, Table, TextValue, TomlDocument};
use crate::finding::Severity;
use crate::token::{ChecksumKind, Mint};

const RULE_KEYS: [&str; 14] = [
    "id",
    "title",
    "severity",
    "why",
    "revoke",
    "shapes",
    "regex",
    "judged",
    "keywords",
    "confidence",
    "checksum",
    "example",
    "counterexample",
    "references",
];

const SEVERITIES: [(&str, Severity); 3] = [
    ("error", Severity::Error),
    ("warning", Severity::Warning),
    ("note", Severity::Note),
];

/// Default advice about a secret.
const REVOKE: &str = "Revoke it where it was issued, then replace it.";

/// Parses the rules in a user's file, which extend or replace those of `builtin`.
///
/// # Errors
/// Returns all mistakes in the file.
pub fn parse(
    file: &str,
    bytes: &[u8],
    builtin: &impl AsRef<[Arc<Rule>]>,
) -> Result<Vec<Rule>, Diagnostics> {
    load(file, bytes, Some(builtin.as_ref()))
}

/// Parses the rules of a built-in file.
pub(super) fn parse_builtin_rules(file: &str, bytes: &[u8]) -> Result<Vec<Rule>, Diagnostics> {
    load(file, bytes, None)
}

fn load(file: &str, bytes: &[u8], builtin: Option<&[Arc<Rule>]>) -> Result<Vec<Rule>, Diagnostics> {
    let document = TomlDocument::parse(file, bytes)?;
    let root = document.root();
    root.only("a rule file", &["rule"]);
    let tables = root.table_list("rule");
    if tables.is_empty() && !root.has("rule") && document.is_empty() {
        let message = "the file holds no rule; a rule starts with [[rule]]";
        return Err(Diagnostic::for_file(file, message).into());
    }
    let name = Arc::from(file);
    let mut first_lines: HashMap<&str, u64> = HashMap::new();
    let mut rules = Vec::new();
    for table in &tables {
        let Some(rule) = read(table, &name, builtin) else {
            continue;
        };
        if let Some(id) = table.string_value("id") {
            if let Some(line) = first_lines.get(id.value) {
                id.report_mistake(format!(
                    "the rule on line {line} has the id `{}` too; give each its own",
                    id.value
                ));
            }
            first_lines.insert(id.value, table.line());
        }
        rules.push(rule);
    }
    document.finish(rules)
}

/// Reads one rule. Mistakes are noted in the document. `None` only if too much is missing to continue.
fn read(table: &Table<'_>, file: &Arc<str>, builtin: Option<&[Arc<Rule>]>) -> Option<Rule> {
    table.only("a rule", &RULE_KEYS);
    let id = table.required_string("a rule", "id");
    let title = table.required_string("a rule", "title");
    if let Some(id) = id {
        check_id(&id);
    }
    let severity = table.choice_value("severity", &SEVERITIES);
    let pattern = read_pattern(table, id.as_ref().map(|t| t.value), builtin);
    let words = |key| table.string_value(key).map(|t| t.value.trim().to_owned());
    let why = words("why").unwrap_or_default();
    let revoke = words("revoke").filter(|w| !w.is_empty());
    let checksum = table.choice_value("checksum", &ChecksumKind::ALL);
    let examples = read_examples(table, "example");
    let counterexamples = read_counter_examples(table);
    let references = table.string_list("references");
    Some(Rule {
        file: Arc::clone(file),
        id: Arc::from(id?.value),
        title: Arc::from(title?.value),
        severity: severity.unwrap_or(Severity::Error),
        why,
        revoke: Arc::from(revoke.unwrap_or_else(|| REVOKE.to_owned())),
        pattern: pattern?,
        checksum,
        examples,
        counterexamples,
        references: references.iter().map(|t| t.value.to_owned()).collect(),
    })
}

fn check_id(id: &TextValue<'_>) {
    let is_word = |w: &str| {
        !w.is_empty()
            && w.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    if !id.value.split('-').all(is_word) {
        id.report_mistake(format!(
            "`{}` is no id; write lower-case words joined by hyphens, as in acme-api-key",
            id.value
        ));
    }
}

fn read_examples(table: &Table<'_>, key: &str) -> Vec<Example> {
    let read = |example: Table<'_>| {
        example.only("an example", &["text", "path", "reason"]);
        let text = example.required_string("an example", "text");
        if let Some(text) = text
            && let Err(bad) = fill(text.value, &mut Mint::new(0))
        {
            text.report_mistake_at(bad.at, bad.message);
        }
        let words = |key| example.string_value(key).map(|t| t.value.to_owned());
        Some(Example {
            text: text?.value.to_owned(),
            path: words("path"),
            reason: words("reason"),
            line: example.line(),
        })
    };
    table.table_list(key).into_iter().filter_map(read).collect()
}

fn read_counter_examples(table: &Table<'_>) -> Vec<Example> {
    for example in table.table_list("counterexample") {
        // Missing keys are noted here, present ones are read below.
        let _ = example.required_string("a counter-example", "reason");
    }
    read_examples(table, "counterexample")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Confidence;
    use crate::rule::{RulePattern, builtin_rules};

    fn mistakes(text: &str) -> String {
        match parse("r.toml", text.as_bytes(), &builtin_rules()) {
            Ok(rules) => format!("{} rules", rules.len()),
            Err(mistakes) => mistakes.to_string(),
        }
    }

    /// Returns a valid rule with these lines added to it.
    fn with(lines: &str) -> String {
        mistakes(&format!("[[rule]]\nid = 'a-b'\ntitle = 'A'\n{lines}"))
    }

    #[test]
    fn a_small_rule_is_enough() {
        assert_eq!(with("regex = 'ab+'\n"), "1 rules");
        let rules = parse(
            "r.toml",
            b"[[rule]]\nid='x'\ntitle='X'\nregex='x_(?<secret>[a-z]{9})'\nconfidence='high'\nkeywords=['X_']\n",
            &builtin_rules(),
        );
        let rule = &rules.unwrap()[0];
        assert_eq!(rule.severity, Severity::Error);
        assert_eq!(&*rule.revoke, REVOKE);
        assert!(matches!(
            rule.pattern,
            RulePattern::Regex {
                confidence: Confidence::High,
                ..
            }
        ));
    }

    #[test]
    fn every_mistake_says_where_it_is_and_what_to_write() {
        let table = [
            (
                "regex = 'a[b'",
                "r.toml:4:11: in `regex`, at character 2: unclosed character class",
            ),
            (
                "regex = 'é(?<=x)'",
                "r.toml:4:11: in `regex`, at character 2: look-around, including look-ahead and look-behind, is not supported",
            ),
            (
                "regex = 'x*'",
                "r.toml:4:10: in `regex`, at character 1: the expression matches the empty string; write + for *, or {1,} for {0,}",
            ),
            (
                "regex = 'acme'\nkeywords = ['acne']",
                "r.toml:5:13: the keyword `acne` does not stand in the expression, so it would keep the rule from running; write a part of the expression that every match holds",
            ),
            (
                "regex = 'ab'\nkeywords = 'ab'",
                "r.toml:5:12: `keywords` is a string but must be a list of strings; write keywords = [\"…\"]",
            ),
            (
                "regex = 'ab'\nregexp = 'ab'",
                "r.toml:5:1: a rule has no key `regexp`; did you mean `regex`?",
            ),
            (
                "regex = 'ab'\ncolour = 'red'",
                "r.toml:5:1: a rule has no key `colour`; write one of: id, title, severity, why, revoke, shapes, regex, judged, keywords, confidence, checksum, example, counterexample, references",
            ),
            (
                "regex = 'ab'\nseverity = 'fatal'",
                "r.toml:5:12: `severity` cannot be `fatal`; write one of: error, warning, note",
            ),
            (
                "regex = 'ab'\nconfidence = 'certain'",
                "r.toml:5:14: `confidence` cannot be `certain`; write one of: low, medium, high",
            ),
            (
                "regex = 'ab'\nchecksum = 'crc32'",
                "r.toml:5:12: `checksum` cannot be `crc32`; write one of: crc32-base62, sha256-base32",
            ),
            (
                "regex = 7",
                "r.toml:4:9: `regex` is a whole number but must be a string; write regex = \"…\"",
            ),
            (
                "regex = ''",
                "r.toml:4:9: `regex` is empty; write regex = \"…\"",
            ),
            (
                "why = 'x'",
                "r.toml:1:1: a rule needs a pattern; add regex = '…' with a group (?<secret>…), or shapes = [\"…\"]",
            ),
            (
                "regex = 'ab'\nshapes = ['ghp']",
                "r.toml:1:1: a rule has one pattern; keep `regex` or `shapes` and make another rule of the other",
            ),
            (
                "shapes = ['ghp']\nkeywords = ['x']",
                "r.toml:5:12: `keywords` goes with `regex` only; leave it out",
            ),
            (
                "shapes = []",
                "r.toml:4:10: `shapes` is empty; name at least one",
            ),
            (
                "shapes = ['ghq']",
                "r.toml:4:11: there is no shape `ghq`; write one of: ghp, gho, ghu, ghs, ghs-stateless, ghr, github-pat, v1-hex, r1-hex, hex40, npm, github-test-token",
            ),
            (
                "shapes = ['hex40']",
                "r.toml:4:11: `hex40` is told from a SHA by the judge, which names the rule `github-legacy-token`; give your rule that id",
            ),
            (
                "judged = true",
                "r.toml:4:10: only the rules that the judge names can be `judged` (github-client-secret, github-app-private-key, other-vendor-secret); write a `regex`",
            ),
            (
                "regex = 'ab'\n[[rule.example]]\ntext = 'x {{ghpp}}'",
                "r.toml:6:11: there is no placeholder `{{ghpp}}`; did you mean `ghp`? (Braces that are meant as they stand have a space behind them: `{{ ghpp }}`.)",
            ),
            (
                "regex = 'ab'\n[[rule.counterexample]]\ntext = 'x'",
                "r.toml:5:1: a counter-example needs a `reason`; add reason = \"…\"",
            ),
            (
                "regex = 'ab'\n[rule.example]\ntext = 'ab'",
                "r.toml:5:1: `example` is a table but must be a list of tables; write its header in double brackets, [[…]]",
            ),
        ];
        for (lines, said) in table {
            assert_eq!(with(lines), said);
        }
    }

    #[test]
    fn ids_are_words_joined_by_hyphens_and_stand_once() {
        let rule = |id: &str| format!("[[rule]]\nid = '{id}'\ntitle = 'A'\nregex = 'ab'\n");
        for id in ["Acme", "acme_key", "-acme", "acme--key", "acme key", "é"] {
            assert_eq!(
                mistakes(&rule(id)),
                format!(
                    "r.toml:2:6: `{id}` is no id; write lower-case words joined by hyphens, as in acme-api-key"
                )
            );
        }
        assert_eq!(
            mistakes(&[rule("a"), rule("b"), rule("a")].concat()),
            "r.toml:10:6: the rule on line 1 has the id `a` too; give each its own"
        );
    }

    #[test]
    fn a_file_as_a_whole_can_be_wrong() {
        assert_eq!(
            mistakes(""),
            "r.toml: the file holds no rule; a rule starts with [[rule]]"
        );
        assert_eq!(mistakes("# nothing\n"), mistakes(""));
        assert_eq!(
            mistakes("[[rules]]\n"),
            "r.toml:1:3: a rule file has no key `rules`; did you mean `rule`?"
        );
        assert_eq!(
            mistakes("[rule]\nid = 'a'\n"),
            "r.toml:1:1: `rule` is a table but must be a list of tables; write its header in double brackets, [[…]]"
        );
        assert!(
            mistakes("[[rule]\n").starts_with("r.toml:1:"),
            "{}",
            mistakes("[[rule]\n")
        );
    }

    #[test]
    fn all_mistakes_of_a_file_are_said_at_once() {
        let said = mistakes("[[rule]]\nid = 'A'\nregex = '('\nwhi = 'x'\n");
        let lines: Vec<&str> = said
            .lines()
            .map(|l| l.split_once(": ").unwrap().0)
            .collect();
        assert_eq!(
            lines,
            ["r.toml:1:1", "r.toml:2:6", "r.toml:3:10", "r.toml:4:1"]
        );
    }
}
