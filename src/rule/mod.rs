//! Rules: pattern, texts for the user, examples. The data is in `rules/*.toml`.

mod builtin;
mod outline;
mod pattern_keys;
mod set;

pub(crate) mod example;
pub(crate) mod expression;
pub(crate) mod load;

use std::sync::Arc;

use crate::finding::{Confidence, Severity};
use crate::token::{ChecksumKind, Shape};

pub use set::{RuleSet, builtin_rules};

/// Method by which a rule finds its secrets.
#[derive(Clone, Debug)]
pub(crate) enum RulePattern {
    /// Forms that the engine recognises.
    Shapes(Vec<Shape>),
    /// A regular expression; the secret is its group `secret`, else its first group, else the whole match.
    Regex {
        /// Expression as written, already checked to be valid.
        source: String,
        /// Literals (ASCII, any case), at least one of which is in every match. Empty if none is known.
        keywords: Vec<String>,
        /// Confidence of a match.
        confidence: Confidence,
    },
    /// Decided by the judge over candidates of other rules. The rule contains only the texts.
    Judged,
}

/// Example in a rule, written with placeholders so that no file contains a whole token.
#[derive(Clone, Debug)]
pub struct Example {
    /// Text, in which `{{shape}}` is replaced by a fresh token.
    pub text: String,
    /// Path under which it is scanned.
    pub path: Option<String>,
    /// Reason that a counter-example is none, or source of an example.
    pub reason: Option<String>,
    /// First line in the rule file, 1-based.
    pub line: u64,
}

/// One kind of secret.
///
/// ```
/// let rules = tokensweep::RuleSet::default();
/// let rule = rules.get("github-pat").unwrap();
/// println!("{}: {}", rule.title, rule.revoke);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Rule {
    /// File that contains the rule.
    pub(crate) file: Arc<str>,
    /// Id, in lower-case words joined by hyphens.
    pub id: Arc<str>,
    /// Kind of secret, in a few words.
    pub title: Arc<str>,
    /// Severity of a leak.
    pub severity: Severity,
    /// Reason that a leak matters.
    pub why: String,
    /// First thing to do: how to revoke the secret.
    pub revoke: Arc<str>,
    /// Method by which it is found.
    pub(crate) pattern: RulePattern,
    /// Checksum that its secrets contain. For a rule of shapes, each shape has its own.
    pub(crate) checksum: Option<ChecksumKind>,
    /// Texts in which it must be found.
    #[doc(hidden)]
    pub examples: Vec<Example>,
    /// Texts in which it must not be found at the default confidence.
    #[doc(hidden)]
    pub counterexamples: Vec<Example>,
    /// Sources of the facts.
    pub references: Vec<String>,
}

/// Returns the last of these rules that has this shape, so that a user's rule takes precedence over a built-in one.
fn rule_for_shape(rules: &[Arc<Rule>], shape: Shape) -> Option<&Arc<Rule>> {
    rules
        .iter()
        .rfind(|r| matches!(&r.pattern, RulePattern::Shapes(s) if s.contains(&shape)))
}
