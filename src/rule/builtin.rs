//! Built-in rules: `rules/*.toml`, compiled in and parsed on first use.

use std::sync::{Arc, LazyLock};

use super::Rule;
use super::load;

/// Files under `rules/`, by name.
const FILES: [(&str, &str); 2] = [
    ("rules/github.toml", include_str!("../../rules/github.toml")),
    ("rules/npm.toml", include_str!("../../rules/npm.toml")),
];

static RULES: LazyLock<Vec<Arc<Rule>>> = LazyLock::new(|| {
    // A test loads every file, so a build that passed its tests loses nothing here.
    let rules = FILES.iter().flat_map(|(name, text)| {
        load::parse_builtin_rules(name, text.as_bytes()).unwrap_or_default()
    });
    rules.map(Arc::new).collect()
});

pub(super) fn built_in_rules() -> &'static [Arc<Rule>] {
    &RULES
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::rule::{RulePattern, builtin_rules};
    use crate::token::Shape;

    #[test]
    fn every_built_in_file_loads_and_every_id_is_its_own() {
        let mut ids = HashSet::new();
        for (name, text) in FILES {
            let rules =
                load::parse_builtin_rules(name, text.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
            assert!(!rules.is_empty(), "{name}");
            for rule in rules {
                assert!(ids.insert(Arc::clone(&rule.id)), "{} stands twice", rule.id);
            }
        }
        assert_eq!(ids.len(), builtin_rules().iter().len());
    }

    #[test]
    fn every_rule_has_its_words_and_its_examples() {
        for rule in builtin_rules().iter() {
            let id = &rule.id;
            assert!(rule.why.len() > 60, "{id}: why does it matter?");
            assert!(rule.revoke.len() > 30, "{id}: what to do?");
            assert!(!rule.examples.is_empty(), "{id}: no example");
            assert!(!rule.counterexamples.is_empty(), "{id}: no counter-example");
            assert!(!rule.references.is_empty(), "{id}: no reference");
            for text in [&*rule.title, &rule.why, &rule.revoke] {
                assert!(!text.contains('\n'), "{id}: one paragraph each: {text}");
                assert_eq!(text.trim(), text, "{id}");
            }
            for url in &rule.references {
                assert!(url.starts_with("https://"), "{id}: {url}");
            }
        }
    }

    #[test]
    fn every_shape_falls_under_exactly_one_rule_which_names_its_checksum() {
        for shape in Shape::ALL {
            let rules: Vec<_> = built_in_rules()
                .iter()
                .filter(|r| matches!(&r.pattern, RulePattern::Shapes(s) if s.contains(&shape)))
                .collect();
            assert_eq!(rules.len(), 1, "{}", shape.name());
            if shape.checksum().is_some() {
                assert_eq!(rules[0].checksum, shape.checksum(), "{}", shape.name());
            }
        }
    }

    #[test]
    fn no_built_in_rule_has_an_expression_so_that_a_scan_need_not_read_them() {
        let expressions = built_in_rules()
            .iter()
            .filter(|r| matches!(r.pattern, RulePattern::Regex { .. }));
        assert_eq!(expressions.count(), 0);
        assert_eq!(builtin_rules().with_expressions().count(), 0);
    }
}
