//! Translation of `.gitleaks.toml`, which betterleaks reads too.

use super::{ForeignRule, MigratedConfig, to_rule_id};
use crate::document::{Diagnostics, Table, TomlDocument};
use crate::import::our_rule_ids;
use crate::rule::{self, RuleSet};

/// Keys at the top that are read, or say nothing about rules and exceptions.
const ROOT_KEYS: [&str; 7] = [
    "title",
    "description",
    "minVersion",
    "extend",
    "allowlist",
    "allowlists",
    "rules",
];

/// Keys of a rule that are read, or say nothing about what it finds.
const RULE_KEYS: [&str; 10] = [
    "id",
    "description",
    "regex",
    "keywords",
    "secretGroup",
    "entropy",
    "path",
    "allowlist",
    "allowlists",
    "tags",
];

impl MigratedConfig {
    pub(super) fn add_gitleaks(&mut self, name: &str, bytes: &[u8]) -> Result<(), Diagnostics> {
        let document = TomlDocument::parse(name, bytes)?;
        let root = document.root();
        let builtin = rule::builtin_rules();
        for key in root.keys().filter(|key| !ROOT_KEYS.contains(key)) {
            self.left
                .push(format!("`{key}`, which is no key that is known here"));
        }
        if root.has("extend")
            && let Some(extend) = root.subtable("extend")
        {
            self.add_extension(&extend, &builtin);
        }
        let tables = root.table_list("rules");
        self.count = tables.len();
        for table in &tables {
            self.add_gitleaks_rule(table, &builtin);
        }
        for allowlist in allowlists_in(&root) {
            let targets = allowlist.string_list("targetRules");
            let targets: Vec<&str> = targets.iter().map(|target| target.value).collect();
            if let Some(rules) = self.translate_targets(&targets, allowlist.line(), &builtin) {
                self.add_allowlist(&allowlist, &rules, name);
            }
        }
        for table in &tables {
            let Some(id) = read_text(table, "id") else {
                continue;
            };
            for allowlist in allowlists_in(table) {
                if let Some(rules) = self.translate_targets(&[id], allowlist.line(), &builtin) {
                    self.add_allowlist(&allowlist, &rules, name);
                }
            }
        }
        document.finish(())
    }

    /// Translates what the configuration changes in the one that it extends.
    fn add_extension(&mut self, extend: &Table<'_>, builtin: &RuleSet) {
        for key in ["path", "url"].into_iter().filter(|key| extend.has(key)) {
            self.left.push(format!(
                "what it extends by `{key}`; translate that file too"
            ));
        }
        for id in extend.string_list("disabledRules") {
            let ours = our_rule_ids(id.value, builtin);
            if ours.is_empty() {
                self.left.push(format!(
                    "the rule {}, which it turns off; it is not built in here",
                    id.value
                ));
            }
            self.off.extend(ours);
        }
    }

    /// Translates a rule, or names it with the reason.
    fn add_gitleaks_rule(&mut self, table: &Table<'_>, builtin: &RuleSet) {
        let line = table.line();
        let Some(id) = read_text(table, "id") else {
            return self
                .left
                .push(format!("the rule in line {line}: it has no id"));
        };
        let name = format!("the rule {id} in line {line}");
        if !our_rule_ids(id, builtin).is_empty() {
            return self.covered.push(id.to_owned());
        }
        let Some(regex) = read_text(table, "regex") else {
            let why = if table.has("path") {
                "it finds files by their names, and a rule here finds text"
            } else {
                "it has no expression"
            };
            return self.left.push(format!("{name}: {why}"));
        };
        let group = table
            .has("secretGroup")
            .then(|| table.number("secretGroup"));
        let keywords = table.string_list("keywords");
        let is_by_value = |list: &Table<'_>| {
            ["regexes", "stopwords"]
                .iter()
                .any(|key| !list.string_list(key).is_empty())
        };
        let is_doubtful = allowlists_in(table).iter().any(is_by_value);
        let is_added = self.add_custom_rule(
            &ForeignRule {
                id,
                title: read_text(table, "description").unwrap_or(id),
                regex,
                group: group.flatten().unwrap_or_default(),
                keywords: keywords.iter().map(|word| word.value).collect(),
                is_doubtful,
                name: name.clone(),
            },
            builtin,
        );
        if !is_added {
            return;
        }
        if is_doubtful {
            self.doubtful.push(id.to_owned());
        }
        if table.has("entropy") {
            self.without_entropy.push(id.to_owned());
        }
        if table.has("path") {
            self.left
                .push(format!("`path` of {name}, so that it looks at every file"));
        }
        for key in table.keys().filter(|key| !RULE_KEYS.contains(key)) {
            self.left.push(format!("`{key}` of {name}"));
        }
    }

    /// Returns the rules that an allowlist is for, or `None` if they are none of those here. Empty for all rules.
    fn translate_targets(
        &mut self,
        targets: &[&str],
        line: u64,
        builtin: &RuleSet,
    ) -> Option<Vec<String>> {
        let mut rules = Vec::new();
        let mut missing = Vec::new();
        for target in targets {
            let ours = our_rule_ids(target, builtin);
            let own = to_rule_id(target);
            if !ours.is_empty() {
                rules.extend(ours);
            } else if self.ids.contains(&own) {
                rules.push(own);
            } else {
                missing.push(*target);
            }
        }
        if !missing.is_empty() {
            self.left.push(format!(
                "the allowlist in line {line} for {}, which is no rule here",
                missing.join(", ")
            ));
        }
        (targets.is_empty() || !rules.is_empty()).then_some(rules)
    }

    fn add_allowlist(&mut self, list: &Table<'_>, rules: &[String], name: &str) {
        let line = list.line();
        let is_and = |condition| matches!(condition, "AND" | "&&");
        let both = read_text(list, "condition").is_some_and(is_and);
        let others: Vec<&str> = ["regexes", "stopwords", "commits"]
            .into_iter()
            .filter(|key| !list.string_list(key).is_empty())
            .collect();
        if !others.is_empty() {
            self.left.push(format!(
                "{} of the allowlist in line {line}; accept the secrets in a baseline",
                others.join(", ")
            ));
        }
        let paths = list.string_list("paths");
        if both && !others.is_empty() {
            self.left.push(format!(
                "paths of the allowlist in line {line}, which count only together with the rest"
            ));
            return;
        }
        let reason = read_text(list, "description").map_or_else(
            || format!("allowlist of {name}, line {line}"),
            str::to_owned,
        );
        let paths: Vec<String> = paths.iter().map(|p| p.value.to_owned()).collect();
        self.add_path_rules(&paths, rules, &reason);
    }
}

/// Returns the text of a key that may be missing.
fn read_text<'d>(table: &Table<'d>, key: &str) -> Option<&'d str> {
    let text = table.has(key).then(|| table.string_value(key)).flatten();
    text.map(|text| text.value)
}

/// Returns the allowlists of a table, in either form that gitleaks has had.
fn allowlists_in<'d>(table: &Table<'d>) -> Vec<Table<'d>> {
    let old = table
        .has("allowlist")
        .then(|| table.subtable("allowlist"))
        .flatten();
    old.into_iter()
        .chain(table.table_list("allowlists"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::migrated;
    use super::*;

    #[test]
    fn gitleaks_paths_rules_and_what_is_left() {
        let said = migrated(
            r#"
title = "x"
[extend]
useDefault = true
disabledRules = ["npm-access-token", "generic-api-key"]
[[allowlists]]
description = "dummies"
paths = ['''^test/''', '''\d{9}''', '''.*''', '''a(?=b)''']
regexes = ['''EXAMPLE''']
[[rules]]
id = "Acme_Key"
description = "Acme key"
regex = '''\b(acme_[0-9a-z]{20})\b'''
keywords = ["acme_"]
entropy = 3
[[rules.allowlists]]
paths = ['''docs/''']
stopwords = ["example"]
[[rules]]
id = "github-app-token"
[rules.allowlist]
paths = ['''\.md$''']
"#,
        );
        assert_eq!(
            said,
            r#"# Translated from other by `tokensweep config migrate`: look through it.
# 2 rules: 1 with built-in rules here, 1 translated, 0 not translated.
rules = ["own.toml"]
exclude-rules = ["npm-access-token"]

[[accept]]
path-regex = ["^test/", "\\d{9}"]
reason = "dummies"

[[accept]]
path-regex = ["docs/"]
rules = ["acme-key"]
reason = "allowlist of other, line 16"

[[accept]]
path-regex = ["\\.md$"]
rules = ["github-user-to-server", "github-installation"]
reason = "allowlist of other, line 21"

# Not translated:
# - the rule generic-api-key, which it turns off; it is not built in here
# - regexes of the allowlist in line 6; accept the secrets in a baseline
# - the path `.*`, which would accept every file
# - the path `a(?=b)` is no regular expression: look-around, including look-ahead and look-behind, is not supported
# - stopwords of the allowlist in line 16; accept the secrets in a baseline
# - the thresholds of entropy, so that these rules find more than there: Acme_Key
# - the exceptions by value, so that the findings of these rules are `low`: Acme_Key
"#
        );
    }

    #[test]
    fn no_rule_and_no_exception_is_dropped_unsaid() {
        let said = migrated(
            r#"
surprise = 1
[[rules]]
id = "key-file"
path = '''\.p12$'''
[[rules.allowlists]]
paths = ['''^fixtures/''']
[[rules]]
regex = "x{9}"
[[rules]]
id = "empty"
[[rules]]
id = "acme"
regex = '''acme_[0-9a-z]{20}'''
path = '''\.env$'''
keywords = ["elsewhere"]
skipReport = true
[[rules]]
id = "ACME"
regex = '''acme2_[0-9a-z]{20}'''
[[rules]]
id = "look"
regex = "a(?=b)"
[[allowlists]]
targetRules = ["acme", "aws-access-token"]
paths = ['''^docs/''']
"#,
        );
        for line in [
            "# 6 rules: 0 with built-in rules here, 1 translated, 5 not translated.",
            "# - `surprise`, which is no key that is known here",
            "# - the rule key-file in line 3: it finds files by their names, and a rule here finds text",
            "# - the allowlist in line 6 for key-file, which is no rule here",
            "# - the rule in line 8: it has no id",
            "# - the rule empty in line 10: it has no expression",
            "# - `path` of the rule acme in line 12, so that it looks at every file",
            "# - `skipReport` of the rule acme in line 12",
            "# - the rule ACME in line 18: another rule has the id acme too",
            "# - the rule look in line 21: in `regex`, at character 2: look-around, including look-ahead and look-behind, is not supported",
            "# - the allowlist in line 24 for aws-access-token, which is no rule here",
            "# - the keywords, which need not be in a match there, so that these rules look at every file: acme",
            "path-regex = [\"^docs/\"]\nrules = [\"acme\"]",
        ] {
            assert!(said.contains(&format!("{line}\n")), "{line}\n{said}");
        }
    }

    #[test]
    fn a_rule_of_its_own_is_one_of_ours() {
        let text = "[[rules]]\nid = 'acme'\ndescription = 'Acme'\nregex = '''(?i)key[=(] ?(?:x)?(acme[0-9]{9})'''\n\
                    [[rules.allowlists]]\npaths = ['^a/']\n\
                    [[rules]]\nid = 'wide'\nregex = '''[\\w.=-]{0,50}?acme[\\w.=-]{150,400}'''\n";
        let migrated = MigratedConfig::read("g.toml", text.as_bytes()).unwrap();
        // Classes of Unicode would take more memory than a rule may.
        assert_eq!(migrated.rules.len(), 2, "{:?}", migrated.left);
        assert!(
            migrated.rules[0].contains("(?:x)?(?<secret>acme"),
            "{}",
            migrated.rules[0]
        );
        let without = migrated.to_toml("g.toml", None);
        assert!(
            without.contains("# - 2 rules of its own; `--rules-to FILE`"),
            "{without}"
        );
        // A configuration that names a rule that is nowhere would be refused.
        assert!(!without.contains("[[accept]]"), "{without}");
        assert!(
            without.contains("# - the paths of acme, with the rules\n"),
            "{without}"
        );
    }

    #[test]
    fn conditions_that_must_hold_together_are_not_taken_apart() {
        let said = migrated("[allowlist]\ncondition = 'AND'\npaths = ['^a/']\nstopwords = ['x']\n");
        assert!(!said.contains("[[accept]]"), "{said}");
        assert!(said.contains("which count only together"), "{said}");
    }
}
