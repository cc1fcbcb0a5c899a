//! The rules of a scan: the built-in ones, user rules over them, filters applied.

use std::sync::Arc;

use super::{Pattern, Rule, Shape, builtin::built_in_rules};

/// The rules of a scan.
///
/// The built-in rules are read from their TOML when somebody first asks for one of them: a scan that finds
/// nothing never does.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    /// `None` stands for exactly the built-in rules.
    rules: Option<Vec<Arc<Rule>>>,
}

impl RuleSet {
    /// A set of these rules; their ids differ.
    #[must_use]
    pub fn new(rules: Vec<Arc<Rule>>) -> Self {
        RuleSet { rules: Some(rules) }
    }

    fn rules(&self) -> &[Arc<Rule>] {
        match &self.rules {
            Some(rules) => rules,
            None => built_in_rules(),
        }
    }

    fn rules_mut(&mut self) -> &mut Vec<Arc<Rule>> {
        self.rules.get_or_insert_with(|| built_in_rules().to_vec())
    }

    /// The rule with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Arc<Rule>> {
        self.rules().iter().find(|r| &*r.id == id)
    }

    /// The rule that a candidate of this shape falls under: the last one that claims it, so that a user's
    /// rule goes before a built-in one.
    #[must_use]
    pub fn of_shape(&self, shape: Shape) -> Option<&Arc<Rule>> {
        self.rules()
            .iter()
            .rfind(|r| matches!(&r.pattern, Pattern::Shapes(s) if s.contains(&shape)))
    }

    /// The rules that have a regular expression of their own; no built-in rule has one.
    pub fn with_expressions(&self) -> impl Iterator<Item = &Arc<Rule>> {
        self.rules
            .iter()
            .flatten()
            .filter(|r| matches!(r.pattern, Pattern::Regex { .. }))
    }

    /// All rules, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<Rule>> {
        self.rules().iter()
    }

    /// Adds a rule, or puts it in the place of the one with the same id.
    pub fn add(&mut self, rule: Arc<Rule>) {
        let rules = self.rules_mut();
        match rules.iter_mut().find(|r| r.id == rule.id) {
            Some(old) => *old = rule,
            None => rules.push(rule),
        }
    }

    /// Keeps only the rules for which `keep` says so.
    pub fn retain(&mut self, mut keep: impl FnMut(&Rule) -> bool) {
        self.rules_mut().retain(|r| keep(r));
    }
}
