//! The rules that are compiled in: `rules/*.toml`, read when they are first asked for.

use std::sync::{Arc, LazyLock};

use super::RuleSet;
use super::load;

/// The files under `rules/`, by name.
const FILES: [(&str, &str); 2] = [
    ("rules/github.toml", include_str!("../../rules/github.toml")),
    ("rules/npm.toml", include_str!("../../rules/npm.toml")),
];

static BUILTIN: LazyLock<RuleSet> = LazyLock::new(|| {
    let mut rules = RuleSet::default();
    for (name, text) in FILES {
        // A test loads every file, so nothing is lost here in a build that passed its tests.
        for rule in load::parse(name, text).unwrap_or_default() {
            rules.add(Arc::new(rule));
        }
    }
    rules
});

/// The built-in rules.
#[must_use]
pub fn builtin() -> RuleSet {
    BUILTIN.clone()
}
