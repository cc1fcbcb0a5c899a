//! Rules of a scan: the built-in ones and user rules, filtered.

use std::sync::Arc;

use super::builtin::built_in_rules;
use super::{Rule, RulePattern, rule_for_shape};
use crate::token::Shape;

/// Rules of a scan.
///
/// The built-in rules are parsed from their TOML when one of them is first used. A scan that finds
/// nothing never parses them.
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
    pub fn is_builtin(&self) -> bool {
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
    pub fn rule_for_shape(&self, shape: Shape) -> Option<&Arc<Rule>> {
        rule_for_shape(self.as_ref(), shape)
    }

    /// Iterates over the rules that have their own regular expression. No built-in rule has one.
    pub fn with_expressions(&self) -> impl Iterator<Item = &Arc<Rule>> {
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
