//! Rules of a scan: the built-in ones and user rules, filtered.

use std::sync::Arc;

use super::builtin::built_in_rules;
use super::{Rule, RulePattern, load, rule_for_shape};
use crate::document::Diagnostics;
use crate::token::Shape;

/// Rules of a scan.
///
/// The built-in rules are parsed from their TOML when one of them is first used. A scan that finds
/// nothing never parses them.
///
/// ```
/// let mut rules = tokensweep::RuleSet::default();
/// rules.retain(|rule| &*rule.id != "npm-access-token");
/// assert!(rules.get("npm-access-token").is_none() && rules.get("github-pat").is_some());
/// ```
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    /// `None` means exactly the built-in rules.
    rules: Option<Vec<Arc<Rule>>>,
}

impl RuleSet {
    /// Creates a set of these rules, whose ids must differ.
    #[must_use]
    pub fn new(rules: Vec<Arc<Rule>>) -> Self {
        RuleSet { rules: Some(rules) }
    }

    /// Returns true if these are surely the built-in rules and no others. Parses nothing.
    #[must_use]
    pub(crate) fn is_builtin(&self) -> bool {
        self.rules.is_none()
    }

    fn rules_mut(&mut self) -> &mut Vec<Arc<Rule>> {
        self.rules.get_or_insert_with(|| built_in_rules().to_vec())
    }

    /// Returns the rule with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Arc<Rule>> {
        self.as_ref().iter().find(|r| &*r.id == id)
    }

    /// Returns the rule for a candidate of this shape: the last one with the shape, so that a user's
    /// rule takes precedence over a built-in one.
    #[must_use]
    pub(crate) fn rule_for_shape(&self, shape: Shape) -> Option<&Arc<Rule>> {
        rule_for_shape(self.as_ref(), shape)
    }

    /// Iterates over the rules that have their own regular expression. No built-in rule has one.
    pub(crate) fn with_expressions(&self) -> impl Iterator<Item = &Arc<Rule>> {
        self.rules
            .iter()
            .flatten()
            .filter(|r| matches!(r.pattern, RulePattern::Regex { .. }))
    }

    /// Iterates over all rules, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<Rule>> {
        self.as_ref().iter()
    }

    /// Adds a rule, or replaces the one with the same id.
    pub fn add(&mut self, rule: Arc<Rule>) {
        let rules = self.rules_mut();
        match rules.iter_mut().find(|r| r.id == rule.id) {
            Some(old) => *old = rule,
            None => rules.push(rule),
        }
    }

    /// Adds the rules of a rule file in TOML. A rule with the id of another one replaces it. `file` is the name of the file
    /// in messages.
    ///
    /// ```
    /// use std::path::Path;
    /// use tokensweep::{RuleSet, Scanner};
    ///
    /// let mut rules = RuleSet::default();
    /// rules.add_toml(
    ///     "acme.toml",
    ///     br#"
    ///         [[rule]]
    ///         id = "acme-api-key"
    ///         title = "Acme API key"
    ///         regex = 'acme_(?<secret>[a-z0-9]{20})'
    ///         confidence = "high"
    ///     "#,
    /// )?;
    /// let scanner = Scanner::builder().rules(rules).build();
    /// let findings = scanner.scan_text(b"key: acme_4f7xq0c2k9w8z1m3n5b6\n", Path::new("a.yml"));
    /// assert_eq!(&*findings[0].rule_id, "acme-api-key");
    /// # Ok::<(), tokensweep::Diagnostics>(())
    /// ```
    ///
    /// # Errors
    /// Returns all mistakes in the file, and adds nothing.
    pub fn add_toml(&mut self, file: &str, toml: &[u8]) -> Result<(), Diagnostics> {
        let rules = load::parse(file, toml, self)?;
        rules.into_iter().for_each(|rule| self.add(rule.into()));
        Ok(())
    }

    /// Keeps only the rules for which `keep` returns true.
    pub fn retain(&mut self, mut keep: impl FnMut(&Rule) -> bool) {
        self.rules_mut().retain(|r| keep(r));
    }
}

impl AsRef<[Arc<Rule>]> for RuleSet {
    /// Returns all rules, in order.
    fn as_ref(&self) -> &[Arc<Rule>] {
        match &self.rules {
            Some(rules) => rules,
            None => built_in_rules(),
        }
    }
}

/// Returns the built-in rules.
#[must_use]
pub fn builtin_rules() -> RuleSet {
    RuleSet::default()
}
