//! Implements `tokensweep config migrate`: translates the configuration of another scanner. A comment names every
//! part without a counterpart, so that the user does not take it for translated.

use std::fmt::Write as _;

use anyhow::bail;
use serde_json::Value;

use crate::accept::compile_path_regex;
use crate::document::{Diagnostics, Table, TomlDocument, toml_quote};
use crate::import::our_rule_ids;
use crate::rule::{self, RuleSet};

/// Result of a translation.
#[derive(Debug, Default)]
pub(super) struct MigratedConfig {
    /// Ids of rules that are off.
    off: Vec<String>,
    /// Accepted paths: expressions, the ids of their rules, and the reason.
    accept: Vec<(Vec<String>, Vec<String>, String)>,
    /// Custom rules of the configuration, each as TOML.
    pub(super) rules: Vec<String>,
    /// Parts without a counterpart.
    left: Vec<String>,
}

/// Paths with nothing in common. An expression that matches all of them accepts everything, which nobody means.
const OTHER_PATHS: [&str; 3] = ["a", "0/.b", "-"];

impl MigratedConfig {
    /// Reads a configuration of gitleaks (TOML) or of a baseline of detect-secrets (JSON).
    pub(super) fn read(name: &str, bytes: &[u8]) -> anyhow::Result<MigratedConfig> {
        let mut out = MigratedConfig::default();
        match serde_json::from_slice::<Value>(bytes) {
            Ok(json) if json.get("plugins_used").is_some() || json.get("results").is_some() => {
                out.add_detect_secrets(name, &json);
            }
            Ok(_) => bail!("{name}: this JSON is no baseline of detect-secrets"),
            Err(_) => out.add_gitleaks(name, bytes)?,
        }
        Ok(out)
    }

    /// Returns the configuration as TOML; `rules_file` is the file that its rules are written to.
    pub(super) fn to_toml(&self, name: &str, rules_file: Option<&str>) -> String {
        let mut out =
            format!("# Translated from {name} by `tokensweep config migrate`: look through it.\n");
        let list = |items: &[String]| {
            let items: Vec<String> = items.iter().map(|i| toml_quote(i)).collect();
            format!("[{}]", items.join(", "))
        };
        let mut left = self.left.clone();
        match (rules_file, self.rules.len()) {
            (_, 0) => {}
            (Some(file), _) => _ = writeln!(out, "rules = [{}]", toml_quote(file)),
            (None, n) => left.push(format!(
                "{n} rules of its own; `--rules-to FILE` writes them"
            )),
        }
        if !self.off.is_empty() {
            let _ = writeln!(out, "exclude-rules = {}", list(&self.off));
        }
        for (expressions, rules, reason) in &self.accept {
            let _ = write!(out, "\n[[accept]]\npath-regex = {}\n", list(expressions));
            if !rules.is_empty() {
                let _ = writeln!(out, "rules = {}", list(rules));
            }
            let _ = writeln!(out, "reason = {}", toml_quote(reason));
        }
        if !left.is_empty() {
            out.push_str("\n# Not translated:\n");
            for line in &left {
                let line = line.replace(char::is_control, " ");
                let _ = writeln!(out, "# - {line}");
            }
        }
        out
    }

    fn add_detect_secrets(&mut self, name: &str, json: &Value) {
        let files = |value: &Value| -> Vec<String> {
            match value {
                Value::String(one) => vec![one.clone()],
                Value::Array(all) => all
                    .iter()
                    .filter_map(Value::as_str)
                    .map(str::to_owned)
                    .collect(),
                _ => Vec::new(),
            }
        };
        let mut expressions = files(&json["exclude"]["files"]);
        if json["exclude"]["lines"].is_string() {
            self.left
                .push("excluded lines; write `tokensweep:allow` there".to_owned());
        }
        for filter in json["filters_used"].as_array().into_iter().flatten() {
            let path = filter["path"].as_str().unwrap_or_default();
            match path.rsplit('.').next().unwrap_or_default() {
                "should_exclude_file" => expressions.extend(files(&filter["pattern"])),
                "should_exclude_line" | "should_exclude_secret" => self.left.push(format!(
                    "{path}; write `tokensweep:allow` there, or accept the secret in a baseline"
                )),
                _ => {}
            }
        }
        self.add_path_rules(&expressions, &[], &format!("excluded in {name}"));
        if json["results"].as_object().is_some_and(|r| !r.is_empty()) {
            self.left.push(format!(
                "the secrets that it accepts: `tokensweep baseline import {name}`"
            ));
        }
    }

    fn add_gitleaks(&mut self, name: &str, bytes: &[u8]) -> Result<(), Diagnostics> {
        let document = TomlDocument::parse(name, bytes)?;
        let root = document.root();
        let builtin = rule::builtin_rules();
        for key in ["path", "url"] {
            let extends = root
                .has("extend")
                .then(|| root.subtable("extend"))
                .flatten();
            if extends.is_some_and(|e| e.has(key)) {
                self.left.push(format!(
                    "what it extends by `{key}`; translate that file too"
                ));
            }
        }
        if root.has("extend")
            && let Some(extend) = root.subtable("extend")
        {
            for id in extend.string_list("disabledRules") {
                let ours = our_rule_ids(id.value, &builtin);
                self.off.extend(ours);
            }
        }
        for allowlist in allowlists_in(&root) {
            let targets = allowlist.string_list("targetRules");
            let rules: Vec<String> = targets
                .iter()
                .flat_map(|t| our_rule_ids(t.value, &builtin))
                .collect();
            if targets.is_empty() || !rules.is_empty() {
                self.add_allowlist(&allowlist, &rules, name);
            }
        }
        for table in root.table_list("rules") {
            let Some(id) = table.string_value("id") else {
                continue;
            };
            let ours = our_rule_ids(id.value, &builtin);
            if ours.is_empty() && table.has("regex") {
                self.add_custom_rule(&table, id.value, &builtin);
            }
            let rules = if ours.is_empty() {
                vec![to_rule_id(id.value)]
            } else {
                ours
            };
            for allowlist in allowlists_in(&table) {
                self.add_allowlist(&allowlist, &rules, name);
            }
        }
        document.finish(())
    }

    fn add_allowlist(&mut self, list: &Table<'_>, rules: &[String], name: &str) {
        let line = list.line();
        let both = list.has("condition")
            && list
                .string_value("condition")
                .is_some_and(|c| matches!(c.value, "AND" | "&&"));
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
        let said = list
            .has("description")
            .then(|| list.string_value("description"))
            .flatten();
        let reason = said.map_or_else(
            || format!("allowlist of {name}, line {line}"),
            |text| text.value.to_owned(),
        );
        let paths: Vec<String> = paths.iter().map(|p| p.value.to_owned()).collect();
        self.add_path_rules(&paths, rules, &reason);
    }

    /// Accepts the paths that these expressions match.
    fn add_path_rules(&mut self, expressions: &[String], rules: &[String], reason: &str) {
        let mut all = Vec::new();
        for expression in expressions {
            match compile_path_regex(expression) {
                Ok(regex) if OTHER_PATHS.iter().all(|path| regex.is_match(path)) => {
                    self.left.push(format!(
                        "the path `{expression}`, which would accept every file"
                    ));
                }
                Ok(_) => all.push(expression.clone()),
                Err(wrong) => self.left.push(format!("the path {wrong}")),
            }
        }
        if !all.is_empty() {
            self.accept.push((all, rules.to_vec(), reason.to_owned()));
        }
    }

    /// Adds a custom rule with an expression, if the rule loader accepts it.
    fn add_custom_rule(&mut self, table: &Table<'_>, id: &str, builtin: &RuleSet) {
        let text = |key| table.has(key).then(|| table.string_value(key)).flatten();
        let Some(regex) = text("regex") else { return };
        let group = table
            .has("secretGroup")
            .then(|| table.number("secretGroup"))
            .flatten();
        let group = group.filter(|&n| n > 0).unwrap_or(1);
        let title = text("description").map_or(id, |t| t.value);
        let mut toml = format!(
            "[[rule]]\nid = {}\ntitle = {}\nregex = {}\n",
            toml_quote(&to_rule_id(id)),
            toml_quote(title),
            toml_quote(&name_group(regex.value, group))
        );
        let keywords = table.string_list("keywords");
        if !keywords.is_empty() {
            let words: Vec<String> = keywords.iter().map(|k| toml_quote(k.value)).collect();
            let _ = writeln!(toml, "keywords = [{}]", words.join(", "));
        }
        let line = table.line();
        match rule::load::parse("rule", toml.as_bytes(), builtin) {
            Ok(_) => self.rules.push(toml),
            Err(Diagnostics(mistakes)) => {
                let why = mistakes.first().map_or("", |m| &m.message);
                self.left
                    .push(format!("the rule {id} in line {line}: {why}"));
            }
        }
        for key in ["entropy", "path"].into_iter().filter(|key| table.has(key)) {
            self.left
                .push(format!("`{key}` of the rule {id} in line {line}"));
        }
    }
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

/// Returns an id in the form of this program: lower-case words joined by hyphens.
fn to_rule_id(id: &str) -> String {
    let id = id.to_lowercase();
    let words = id.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .filter(|w| !w.is_empty())
        .collect::<Vec<_>>()
        .join("-")
}

/// Returns the expression with its nth group named `secret`, if it has such a group.
fn name_group(regex: &str, nth: u64) -> String {
    let (mut escaped, mut in_class, mut count) = (false, false, 0);
    for (at, c) in regex.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class && !regex[at + 1..].starts_with('?') => {
                count += 1;
                if count == nth {
                    return format!("{}(?<secret>{}", &regex[..at], &regex[at + 1..]);
                }
            }
            _ => {}
        }
    }
    regex.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migrated(text: &str) -> String {
        let migrated =
            MigratedConfig::read("other", text.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
        migrated.to_toml("other", Some("own.toml"))
    }

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
[[rules]]
id = "github-app-token"
[rules.allowlist]
paths = ['''\.md$''']
"#,
        );
        assert_eq!(
            said,
            r#"# Translated from other by `tokensweep config migrate`: look through it.
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
reason = "allowlist of other, line 20"

# Not translated:
# - regexes of the allowlist in line 6; accept the secrets in a baseline
# - the path `.*`, which would accept every file
# - the path `a(?=b)` is no regular expression: look-around, including look-ahead and look-behind, is not supported
# - `entropy` of the rule Acme_Key in line 10
"#
        );
    }

    #[test]
    fn a_rule_of_its_own_is_one_of_ours() {
        let text = "[[rules]]\nid = 'acme'\ndescription = 'Acme'\nregex = '''(?i)key[=(] ?(?:x)?(acme[0-9]{9})'''\n\
                    [[rules]]\nid = 'look'\nregex = '''a(?=b)'''\n";
        let migrated = MigratedConfig::read("g.toml", text.as_bytes()).unwrap();
        assert_eq!(migrated.rules.len(), 1);
        assert!(
            migrated.rules[0].contains("(?:x)?(?<secret>acme"),
            "{}",
            migrated.rules[0]
        );
        assert!(
            migrated.left[0].starts_with("the rule look in line 5: "),
            "{:?}",
            migrated.left
        );
        let without = migrated.to_toml("g.toml", None);
        assert!(
            without.contains("# - 1 rules of its own; `--rules-to FILE`"),
            "{without}"
        );
    }

    #[test]
    fn conditions_that_must_hold_together_are_not_taken_apart() {
        let said = migrated("[allowlist]\ncondition = 'AND'\npaths = ['^a/']\nstopwords = ['x']\n");
        assert!(!said.contains("[[accept]]"), "{said}");
        assert!(said.contains("which count only together"), "{said}");
    }

    #[test]
    fn detect_secrets_excludes_files() {
        let said = migrated(
            r#"{"plugins_used": [], "filters_used": [
                {"path": "detect_secrets.filters.regex.should_exclude_file", "pattern": ["^tests/.*"]},
                {"path": "detect_secrets.filters.regex.should_exclude_line", "pattern": ["x"]}],
              "results": {"a": []}}"#,
        );
        assert!(
            said.contains("path-regex = [\"^tests/.*\"]\nreason = \"excluded in other\"\n"),
            "{said}"
        );
        assert!(said.contains("should_exclude_line"), "{said}");
        assert!(said.contains("tokensweep baseline import other"), "{said}");
        assert!(MigratedConfig::read("x", b"{}").is_err());
        assert!(MigratedConfig::read("x", b"not toml").is_err());
    }
}
