//! Translation of `.secretlintrc.json`.

use serde_json::Value;

use super::detect_secrets::read_texts;
use super::{ForeignRule, MigratedConfig};
use crate::rule::{self, RuleSet};

/// Beginning of the names of rules.
const PACKAGE: &str = "@secretlint/secretlint-rule-";

/// Rules with the beginnings of the ids of our rules.
const OUR_RULES: [(&str, &str); 2] = [("github", "github-"), ("npm", "npm-")];

impl MigratedConfig {
    pub(super) fn add_secretlint(&mut self, name: &str, json: &Value) {
        let builtin = rule::builtin_rules();
        self.add_secretlint_rules(&json["rules"], &builtin);
        let keys = json
            .as_object()
            .into_iter()
            .flat_map(|fields| fields.keys());
        for key in keys.filter(|key| *key != "rules") {
            self.left.push(format!("`{key}` of {name}"));
        }
        self.left.push(
            "`.secretlintignore` has the syntax of `.tokensweepignore`: rename it, or write its paths into [[accept]]"
                .to_owned(),
        );
    }

    fn add_secretlint_rules(&mut self, rules: &Value, builtin: &RuleSet) {
        for rule in rules.as_array().into_iter().flatten() {
            let id = rule["id"].as_str().unwrap_or("without a name");
            let short = id.strip_prefix(PACKAGE).unwrap_or(id);
            if short.starts_with("preset-") {
                self.add_secretlint_rules(&rule["rules"], builtin);
                continue;
            }
            if short == "pattern" {
                self.add_patterns(&rule["options"]["patterns"], builtin);
                continue;
            }
            self.count += 1;
            let ours = OUR_RULES.iter().find(|(name, _)| *name == short);
            let Some((_, prefix)) = ours else {
                self.left
                    .push(format!("the rule {id}: it is not built in here"));
                continue;
            };
            self.covered.push(short.to_owned());
            if rule["disabled"] == Value::Bool(true) {
                let ids = builtin.iter().map(|rule| rule.id.to_string());
                self.off.extend(ids.filter(|id| id.starts_with(prefix)));
            }
            for (what, texts) in [
                ("values", read_texts(&rule["options"]["allows"])),
                ("messages", read_texts(&rule["allowMessageIds"])),
            ] {
                if !texts.is_empty() {
                    self.left.push(format!(
                        "{what} that the rule {id} allows ({}); accept the secrets in a baseline",
                        texts.join(", ")
                    ));
                }
            }
        }
    }

    /// Adds the expressions of the rule for patterns.
    fn add_patterns(&mut self, patterns: &Value, builtin: &RuleSet) {
        for pattern in patterns.as_array().into_iter().flatten() {
            let name = pattern["name"].as_str().unwrap_or("pattern");
            let mut all = read_texts(&pattern["pattern"]);
            all.extend(read_texts(&pattern["patterns"]));
            if all.is_empty() {
                self.count += 1;
                self.left
                    .push(format!("the pattern {name}: it has no expression"));
            }
            for (index, text) in all.iter().enumerate() {
                self.count += 1;
                let number = if index == 0 {
                    String::new()
                } else {
                    format!(" {}", index + 1)
                };
                self.add_custom_rule(
                    &ForeignRule {
                        id: &format!("{name}{number}"),
                        title: name,
                        regex: &translate_literal(text),
                        group: 0,
                        keywords: Vec::new(),
                        is_doubtful: false,
                        name: format!("the pattern {name}"),
                    },
                    builtin,
                );
            }
        }
    }
}

/// Returns the expression of a literal of JavaScript: `/a+/i`.
fn translate_literal(text: &str) -> String {
    let literal = text
        .strip_prefix('/')
        .and_then(|rest| rest.rsplit_once('/'));
    let Some((regex, flags)) = literal else {
        return text.to_owned();
    };
    let flags: String = flags.chars().filter(|flag| "ims".contains(*flag)).collect();
    let regex = regex.replace("\\/", "/");
    if flags.is_empty() {
        regex
    } else {
        format!("(?{flags}){regex}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::MigratedConfig;
    use super::super::tests::migrated;
    use super::*;

    #[test]
    fn secretlint_patterns_are_rules_and_the_rest_is_named() {
        let text = r#"{"rules": [
            {"id": "@secretlint/secretlint-rule-preset-recommend", "rules": [
                {"id": "@secretlint/secretlint-rule-npm", "disabled": true},
                {"id": "@secretlint/secretlint-rule-github", "options": {"allows": ["/dummy/i"]}},
                {"id": "@secretlint/secretlint-rule-aws"}]},
            {"id": "@secretlint/secretlint-rule-pattern", "options": {"patterns": [
                {"name": "acme key", "pattern": "/acme\\/(?<x>[0-9a-z]{20})/i"}, {"name": "none"}]}}]}"#;
        let said = migrated(text);
        for line in [
            "# 5 rules: 2 with built-in rules here, 1 translated, 2 not translated.",
            "rules = [\"own.toml\"]",
            "exclude-rules = [\"npm-access-token\"]",
            "# - values that the rule @secretlint/secretlint-rule-github allows (/dummy/i); accept the secrets in a baseline",
            "# - the rule @secretlint/secretlint-rule-aws: it is not built in here",
            "# - the pattern none: it has no expression",
        ] {
            assert!(said.contains(&format!("{line}\n")), "{line}\n{said}");
        }
        let rules = MigratedConfig::read("x", text.as_bytes()).unwrap().rules;
        assert!(rules[0].contains("id = \"acme-key\""), "{}", rules[0]);
        assert!(rules[0].contains("(?-u)(?i)acme/(?<x>"), "{}", rules[0]);
    }

    #[test]
    fn literals_of_javascript_are_expressions() {
        assert_eq!(translate_literal("/a\\/b/gi"), "(?i)a/b");
        assert_eq!(translate_literal("/a/"), "a");
        assert_eq!(translate_literal("a+"), "a+");
    }
}
