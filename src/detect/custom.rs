//! User rules with a regular expression of their own: compiled when one of their keywords is first seen.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use aho_corasick::AhoCorasick;
use regex::bytes::Regex;

use super::{Candidate, Kind};
use crate::rule::{Pattern, Rule, RuleSet, expression};

/// The rules of a scan that have an expression.
#[derive(Debug, Default)]
pub struct CustomRules {
    rules: Vec<CustomRule>,
    keywords: Option<AhoCorasick>,
    /// The rule that each keyword belongs to.
    owners: Vec<usize>,
}

#[derive(Debug)]
struct CustomRule {
    rule: Arc<Rule>,
    source: String,
    always: bool,
    compiled: OnceLock<Option<Regex>>,
}

impl CustomRules {
    /// The rules of `rules` that have an expression.
    #[must_use]
    pub fn new(rules: &RuleSet) -> Self {
        let mut out = CustomRules::default();
        let mut words: Vec<&str> = Vec::new();
        for rule in rules.with_expressions() {
            let Pattern::Regex {
                source, keywords, ..
            } = &rule.pattern
            else {
                continue;
            };
            out.owners.extend(keywords.iter().map(|_| out.rules.len()));
            words.extend(keywords.iter().map(String::as_str));
            out.rules.push(CustomRule {
                rule: Arc::clone(rule),
                source: source.clone(),
                always: keywords.is_empty(),
                compiled: OnceLock::new(),
            });
        }
        if !words.is_empty() {
            out.keywords = AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .build(words)
                .ok();
        }
        out
    }

    /// The rule behind [`Kind::Custom`].
    #[must_use]
    pub fn rule(&self, index: usize) -> &Arc<Rule> {
        &self.rules[index].rule
    }

    /// Appends what the rules find in `text`.
    pub fn search(&self, text: &[u8], _runs: &[Range<usize>], out: &mut Vec<Candidate>) {
        if self.rules.is_empty() {
            return;
        }
        let mut due: Vec<bool> = self.rules.iter().map(|r| r.always).collect();
        if let Some(keywords) = &self.keywords {
            for hit in keywords.find_overlapping_iter(text) {
                due[self.owners[hit.pattern().as_usize()]] = true;
            }
        }
        for (index, rule) in self.rules.iter().enumerate().filter(|(i, _)| due[*i]) {
            rule.search(index, text, out);
        }
    }
}

impl CustomRule {
    fn search(&self, index: usize, text: &[u8], out: &mut Vec<Candidate>) {
        // The loader has compiled the expression once, so this cannot fail for a rule that was accepted.
        let Some(regex) = self
            .compiled
            .get_or_init(|| expression::compile(&self.source).ok())
        else {
            return;
        };
        for captures in regex.captures_iter(text) {
            let secret = captures
                .name(expression::SECRET_GROUP)
                .or_else(|| captures.get(1))
                .or_else(|| captures.get(0));
            if let Some(secret) = secret.filter(|s| !s.is_empty()) {
                out.push(Candidate {
                    kind: Kind::Custom(index),
                    range: secret.range(),
                });
            }
        }
    }
}
