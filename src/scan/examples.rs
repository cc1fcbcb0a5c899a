//! Test of the examples of rules with the whole engine and all rules on, as if they were in a file.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::Scanner;
use crate::finding::{Confidence, Finding, Severity};
use crate::rule::example::{FilledExample, fill};
use crate::rule::{Example, Rule, RulePattern, RuleSet};
use crate::token::Mint;

/// Example that is not found, or a counter-example that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExampleFailure {
    /// Name of the rule's file.
    pub file: Arc<str>,
    /// Line on which the example starts, 1-based.
    pub line: u64,
    /// Description of the problem. Contains the example as written, so no token.
    pub message: String,
}

impl fmt::Display for ExampleFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// Result of the examples of some rules.
#[derive(Clone, Debug, Default)]
pub struct ExampleTrial {
    /// Number of examples and counter-examples tested.
    pub run: usize,
    /// Examples and counter-examples that fail.
    pub failures: Vec<ExampleFailure>,
}

/// Tests the examples of the rules for which `of` returns true, with all of `rules` on.
#[must_use]
pub fn run(rules: &RuleSet, mut of: impl FnMut(&Rule) -> bool) -> ExampleTrial {
    let mut trial = ExampleTrial::default();
    let with_examples: Vec<_> = rules
        .iter()
        .filter(|r| of(r) && !(r.examples.is_empty() && r.counterexamples.is_empty()))
        .collect();
    // The creation of a scanner takes a while.
    if with_examples.is_empty() {
        return trial;
    }
    let scanner = Scanner::builder()
        .rules(rules.clone())
        .min_confidence(Confidence::Low)
        .build();
    for rule in with_examples {
        let sides = [(&rule.examples, true), (&rule.counterexamples, false)];
        for (examples, wanted) in sides {
            for (index, example) in examples.iter().enumerate() {
                trial.run += 1;
                let seed = index as u64 * 2 + u64::from(wanted);
                if let Err(message) = check(&scanner, rule, example, wanted, seed) {
                    trial.failures.push(ExampleFailure {
                        file: Arc::clone(&rule.file),
                        line: example.line,
                        message,
                    });
                }
            }
        }
    }
    trial
}

/// Returns the confidence from which a rule's example counts as found: the default of a scan, or less for a rule whose
/// findings never reach that confidence.
fn min_confidence_for(rule: &Rule) -> Confidence {
    match rule.pattern {
        RulePattern::Regex { confidence, .. } => confidence.min(Confidence::Medium),
        _ if rule.severity < Severity::Error => Confidence::Low,
        _ => Confidence::Medium,
    }
}

fn check(
    scanner: &Scanner,
    rule: &Rule,
    example: &Example,
    wanted: bool,
    seed: u64,
) -> Result<(), String> {
    let filled = fill(&example.text, &mut Mint::new(seed)).map_err(|bad| bad.message)?;
    let path = example.path.as_deref().unwrap_or("example.txt");
    let findings = scanner.scan_text(&filled.text, Path::new(path));
    let at_least = min_confidence_for(rule);
    let ours = |f: &&Finding| f.rule_id == rule.id && f.confidence >= at_least;
    let id = &rule.id;
    let shown = shorten_text(&example.text);
    if !wanted {
        return match findings.iter().find(ours) {
            Some(f) => Err(format!(
                "the counter-example of `{id}` is found ({}): {shown}",
                f.confidence.name()
            )),
            None => Ok(()),
        };
    }
    if !findings.iter().any(|f| ours(&f)) {
        return Err(format!(
            "the example of `{id}` is not found ({}): {shown}",
            describe_found(rule, &findings)
        ));
    }
    if findings
        .iter()
        .any(|f| ours(&f) && covers_placeholder(&filled, f))
    {
        return Ok(());
    }
    Err(format!(
        "of the example of `{id}` only a part is found: {shown}"
    ))
}

/// Returns true if a finding contains all of a placeholder's value, or the example has no placeholders.
fn covers_placeholder(filled: &FilledExample, finding: &Finding) -> bool {
    let secret = finding.secret.expose_the_secret();
    let holds = |value: &Vec<u8>| memchr::memmem::find(secret, value).is_some();
    filled.values.is_empty() || filled.values.iter().any(holds)
}

/// Describes the findings that were reported in place of an example.
fn describe_found(rule: &Rule, findings: &[Finding]) -> String {
    let Some(best) = findings.iter().max_by_key(|f| f.confidence) else {
        return match rule.pattern {
            RulePattern::Regex { .. } => "the expression does not match it".to_owned(),
            _ => "nothing is found in it".to_owned(),
        };
    };
    if best.rule_id == rule.id {
        return format!(
            "it is found, but only with {} confidence",
            best.confidence.name()
        );
    }
    format!(
        "it is found as `{}`, {}",
        best.rule_id,
        best.confidence.name()
    )
}

/// Returns an example on one line, shortened if it is long.
fn shorten_text(text: &str) -> String {
    const LONGEST: usize = 120;
    let line = text.trim().replace('\n', "\\n");
    match line.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule;

    #[test]
    fn every_example_of_the_built_in_rules_holds() {
        let rules = rule::builtin_rules();
        let trial = run(&rules, |_| true);
        let failures: Vec<String> = trial
            .failures
            .iter()
            .map(ExampleFailure::to_string)
            .collect();
        assert!(failures.is_empty(), "{}", failures.join("\n"));
        assert!(trial.run > 40, "{}", trial.run);
    }

    fn failures(rule: &str) -> Vec<String> {
        let builtin = rule::builtin_rules();
        let mut rules = builtin.clone();
        let own = rule::load::parse("r.toml", rule.as_bytes(), &builtin);
        for rule in own.unwrap_or_else(|e| panic!("{e}")) {
            rules.add(rule.into());
        }
        let trial = run(&rules, |r| &*r.file == "r.toml");
        trial
            .failures
            .iter()
            .map(ExampleFailure::to_string)
            .collect()
    }

    #[test]
    fn all_failures_are_said_with_their_line_and_without_a_token() {
        let said = failures(
            "[[rule]]\nid = 'acme-key'\ntitle = 'Acme key'\n\
             regex = 'acme_(?<secret>[a-z0-9]{10,12})'\n\
             [[rule.example]]\ntext = 'k = acme_{{hex:12}}'\n\
             [[rule.example]]\ntext = 'k = acne_{{hex:12}}'\n\
             [[rule.example]]\ntext = 'k = acme_{{hex:20}}'\n\
             [[rule.example]]\ntext = 'k = {{ghp}}'\n\
             [[rule.counterexample]]\ntext = 'k = acme_{{hex:10}}'\nreason = 'x'\n\
             [[rule.counterexample]]\ntext = 'k = acme_{{hex:9}}'\nreason = 'too short'\n",
        );
        assert_eq!(
            said,
            [
                "r.toml:7: the example of `acme-key` is not found (the expression does not match it): \
                 k = acne_{{hex:12}}",
                "r.toml:9: of the example of `acme-key` only a part is found: k = acme_{{hex:20}}",
                "r.toml:11: the example of `acme-key` is not found (it is found as `github-pat`, certain): \
                 k = {{ghp}}",
                "r.toml:13: the counter-example of `acme-key` is found (medium): k = acme_{{hex:10}}",
            ]
        );
    }

    #[test]
    fn a_checksum_makes_a_user_rule_certain_and_a_wrong_one_makes_it_low() {
        let said = failures(
            "[[rule]]\nid = 'acme-key'\ntitle = 'Acme key'\nchecksum = 'crc32-base62'\n\
             regex = 'acme-(?<secret>(?:npm|ghp)_[0-9A-Za-z]{36})'\n\
             [[rule.example]]\ntext = 'acme-{{npm}}'\n\
             [[rule.counterexample]]\ntext = 'acme-{{npm!}}'\nreason = 'its checksum does not hold'\n",
        );
        assert_eq!(said, [""; 0]);
    }
}
