//! What a rule is: its pattern, its words for the user, its examples. The data is in `rules/*.toml`.

mod builtin;

pub mod load;

use std::sync::Arc;

use crate::finding::{Confidence, Severity};

pub use builtin::builtin;

/// A form of token that the engine knows by its structure, faster and stricter than a regular expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Shape {
    /// `ghp_` + 36, classic personal access token.
    Ghp,
    /// `gho_` + 36, OAuth app token.
    Gho,
    /// `ghu_` + 36, app user-to-server token.
    Ghu,
    /// `ghs_` + 36, app installation token.
    Ghs,
    /// `ghs_<app id>_<JWT>`, stateless app installation token.
    GhsStateless,
    /// `ghr_` + 76, app refresh token.
    Ghr,
    /// `github_pat_` + 22 + `_` + 59, fine-grained personal access token.
    FineGrained,
    /// `v1.` + 40 hex digits, legacy app installation token.
    V1Hex,
    /// `r1.` + 40 or 80 hex digits, legacy app refresh token.
    R1Hex,
    /// 40 lower-case hex digits: a legacy token, a client secret, or a SHA.
    Hex40,
    /// `npm_` + 36, npm access token (npm is GitHub's, the checksum is the same).
    Npm,
    /// `secret_scanning_…`, GitHub's own token for testing scanners.
    TestToken,
}

impl Shape {
    /// Every shape, in the order in which they are listed to users.
    pub const ALL: [Shape; 12] = [
        Shape::Ghp,
        Shape::Gho,
        Shape::Ghu,
        Shape::Ghs,
        Shape::GhsStateless,
        Shape::Ghr,
        Shape::FineGrained,
        Shape::V1Hex,
        Shape::R1Hex,
        Shape::Hex40,
        Shape::Npm,
        Shape::TestToken,
    ];

    /// The shape's name in rule files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Shape::Ghp => "ghp",
            Shape::Gho => "gho",
            Shape::Ghu => "ghu",
            Shape::Ghs => "ghs",
            Shape::GhsStateless => "ghs-stateless",
            Shape::Ghr => "ghr",
            Shape::FineGrained => "github-pat",
            Shape::V1Hex => "v1-hex",
            Shape::R1Hex => "r1-hex",
            Shape::Hex40 => "hex40",
            Shape::Npm => "npm",
            Shape::TestToken => "github-test-token",
        }
    }

    /// The shape with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Shape> {
        Shape::ALL.into_iter().find(|s| s.name() == name)
    }

    /// Whether nothing but its surroundings tells this shape from a SHA.
    #[must_use]
    pub fn is_judged(self) -> bool {
        matches!(self, Shape::Hex40 | Shape::V1Hex | Shape::R1Hex)
    }
}

/// How a rule finds its secrets.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// Forms that the engine knows.
    Shapes(Vec<Shape>),
    /// A regular expression; the secret is its group `secret`, else its first group, else the whole match.
    Regex {
        /// The expression as written, already checked to be valid.
        source: String,
        /// Literals (ASCII, any case) one of which stands in every match; empty if none is known.
        keywords: Vec<String>,
        /// How sure a match is.
        confidence: Confidence,
    },
    /// Decided by the judge over candidates of other rules; the rule gives only the words.
    Judged,
}

/// An example in a rule, written with placeholders so that no whole token stands in a file.
#[derive(Clone, Debug)]
pub struct Example {
    /// The text, `{{shape}}` standing for a fresh token.
    pub text: String,
    /// The path it is scanned under.
    pub path: Option<String>,
    /// Why a counter-example is none; where an example was seen.
    pub reason: Option<String>,
}

/// One kind of secret.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its id, in lower-case words joined by hyphens.
    pub id: Arc<str>,
    /// What kind of secret it is, in a few words.
    pub title: Arc<str>,
    /// How bad a leak is.
    pub severity: Severity,
    /// Why it matters.
    pub why: String,
    /// What to do first: how to revoke it.
    pub revoke: Arc<str>,
    /// How it is found.
    pub pattern: Pattern,
    /// The checksum its tokens carry, in words; `None` if they carry none.
    pub checksum: Option<String>,
    /// Texts in which it must be found.
    pub examples: Vec<Example>,
    /// Texts in which it must not be found at the default confidence.
    pub counterexamples: Vec<Example>,
    /// Where the facts come from.
    pub references: Vec<String>,
}

/// The rules of a scan: built-in ones, user rules over them, filters applied.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    rules: Vec<Arc<Rule>>,
}

impl RuleSet {
    /// A set of these rules; their ids differ.
    #[must_use]
    pub fn new(rules: Vec<Arc<Rule>>) -> Self {
        RuleSet { rules }
    }

    /// The rule with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Arc<Rule>> {
        self.rules.iter().find(|r| &*r.id == id)
    }

    /// The rule that a candidate of this shape falls under.
    #[must_use]
    pub fn of_shape(&self, shape: Shape) -> Option<&Arc<Rule>> {
        self.rules
            .iter()
            .find(|r| matches!(&r.pattern, Pattern::Shapes(s) if s.contains(&shape)))
    }

    /// All rules, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<Rule>> {
        self.rules.iter()
    }

    /// Adds a rule, or puts it in the place of the one with the same id.
    pub fn add(&mut self, rule: Arc<Rule>) {
        match self.rules.iter_mut().find(|r| r.id == rule.id) {
            Some(old) => *old = rule,
            None => self.rules.push(rule),
        }
    }

    /// Keeps only the rules for which `keep` says so.
    pub fn retain(&mut self, mut keep: impl FnMut(&Rule) -> bool) {
        self.rules.retain(|r| keep(r));
    }
}
