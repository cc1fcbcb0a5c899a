//! A rule file gives mistakes with their places, or rules that a scan can use.

use std::path::Path;
use std::sync::Arc;

use tokensweep::internals::rule;
use tokensweep::internals::scan::examples;
use tokensweep::{Confidence, RuleSet, Scanner};

use super::{check_diagnostics, text_of};

/// Parts of rule files.
const FRAGMENTS: &[&str] = &[
    "[[rule]]\n",
    "[[rule.example]]\n",
    "[[rule.counterexample]]\n",
    "id = 'a'\n",
    "id = 'github-oauth-legacy'\n",
    "title = 'A'\n",
    "severity = 'note'\n",
    "regex = '",
    "keywords = ['",
    "shapes = ['",
    "judged = true\n",
    "confidence = 'high'\n",
    "checksum = 'crc32-base62'\n",
    "references = ['https://a.example']\n",
    "text = '",
    "path = 'a/b'\n",
    "'\n",
    "']\n",
    "', '",
    "ghp",
    "hex40",
    "{{ghp}}",
    "{{ghp!}}",
    "{{hex:40}}",
    "{{base64-of:",
    "}}",
    "(?<secret>",
    "(?i)",
    ")",
    "[0-9a-f]",
    "[^x]",
    "\\b",
    "\\w",
    "\\pL",
    "^",
    "$",
    "|",
    "{3}",
    "{2,9}",
    "{500}",
    "+",
    "*",
    "?",
    "acme_",
    "\u{fc}",
    "#",
    "\"",
    " = ",
    "\n",
];

/// Text that is searched with the rules.
const TEXT: &[u8] = b"a = \"acme_0123456789abcdef\"\nkey: \xc3\xbc\xff x x x\n";

/// Parses a rule file and runs its examples and a scan with its rules.
pub(crate) fn check(input: &[u8]) {
    let text = text_of(input, FRAGMENTS);
    let rules = match rule::load::parse("r.toml", &text, &rule::builtin_rules()) {
        Ok(rules) => rules,
        Err(mistakes) => return check_diagnostics(&text, &mistakes),
    };
    assert!(
        rules
            .iter()
            .all(|r| !r.id.is_empty() && !r.title.is_empty())
    );
    let rules = RuleSet::new(rules.into_iter().map(Arc::new).collect());
    let trial = examples::run(&rules, |_| true);
    let given: usize = rules
        .iter()
        .map(|r| r.examples.len() + r.counterexamples.len())
        .sum();
    assert_eq!(trial.run, given);
    let found = Scanner::builder()
        .rules(rules)
        .min_confidence(Confidence::Low)
        .build()
        .scan_text(TEXT, Path::new("a.env"));
    let is_inside = |end: u64| end <= TEXT.len() as u64;
    assert!(found.iter().all(|f| is_inside(f.bytes.end)), "{found:?}");
}
