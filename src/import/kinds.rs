//! Names that other programs have for the kinds of secrets that we know.

use crate::rule::RuleSet;

/// Rules of gitleaks with the built-in rules that have other ids.
const OTHER_NAMES: [(&str, &[&str]); 2] = [
    (
        "github-app-token",
        &["github-user-to-server", "github-installation"],
    ),
    ("github-refresh-token", &["github-refresh"]),
];

/// Returns the ids of the built-in rules for an id of gitleaks, or of a program that has its rules.
pub(crate) fn our_rule_ids(id: &str, builtin: &RuleSet) -> Vec<String> {
    // Kingfisher names where it has a rule from.
    let id = id.strip_prefix("betterleaks.").unwrap_or(id);
    if builtin.get(id).is_some() {
        return vec![id.to_owned()];
    }
    let other = OTHER_NAMES.iter().find(|(name, _)| *name == id);
    other.map_or_else(Vec::new, |(_, ids)| {
        ids.iter().map(|id| (*id).to_owned()).collect()
    })
}
