//! Implements `tokensweep config migrate`: translates the configuration of another scanner. Every rule and every
//! exception is translated, or named in a comment with the reason, so that the user takes nothing for translated that
//! is not.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::bail;
use serde_json::Value;

use crate::accept::compile_path_regex;
use crate::document::{Diagnostics, toml_quote};
use crate::message::count_noun;
use crate::rule::{self, RuleSet};

mod detect_secrets;
mod gitleaks;
mod lists;
mod secretlint;
mod talisman;

/// Paths that a translated configuration accepts.
#[derive(Debug, Default)]
struct MigratedPaths {
    /// Globs as in `.gitignore`.
    globs: Vec<String>,
    expressions: Vec<String>,
    /// Ids of the rules; all rules if empty.
    rules: Vec<String>,
    reason: String,
}

/// Result of a translation.
#[derive(Debug, Default)]
pub(super) struct MigratedConfig {
    /// Ids of rules that are off.
    off: Vec<String>,
    accept: Vec<MigratedPaths>,
    /// Custom rules of the configuration, each as TOML.
    pub(super) rules: Vec<String>,
    /// Ids of `rules`.
    ids: BTreeSet<String>,
    /// Rules of the other scanner for which there are built-in ones.
    covered: Vec<String>,
    /// Rules whose threshold of entropy is left out.
    without_entropy: Vec<String>,
    /// Rules whose keywords are left out.
    without_keywords: Vec<String>,
    /// Rules with exceptions by value, which are left out.
    doubtful: Vec<String>,
    /// Number of rules of the configuration.
    count: usize,
    /// Parts without a counterpart.
    left: Vec<String>,
}

/// Custom rule of another scanner.
struct ForeignRule<'r> {
    id: &'r str,
    title: &'r str,
    regex: &'r str,
    /// Number of the group that contains the secret; 0 for the first one, or all.
    group: u64,
    keywords: Vec<&'r str>,
    /// True if it finds so much without its exceptions that its findings are `low`.
    is_doubtful: bool,
    /// Name of the rule in messages.
    name: String,
}

/// Paths with nothing in common. An expression that matches all of them accepts everything, which nobody means.
const OTHER_PATHS: [&str; 3] = ["a", "0/.b", "-"];

/// Sentence on what is read, for errors.
const KNOWN: &str = "a configuration of gitleaks (TOML), secretlint (JSON) or talisman (YAML), a baseline of \
     detect-secrets or kingfisher, a `.gitleaksignore`, or a list of expressions for paths as trufflehog has";

impl MigratedConfig {
    /// Reads the configuration of another scanner, whose form is told by its content.
    pub(super) fn read(name: &str, bytes: &[u8]) -> anyhow::Result<MigratedConfig> {
        let mut out = MigratedConfig::default();
        if let Ok(json) = serde_json::from_slice::<Value>(bytes) {
            if json.get("plugins_used").is_some() || json.get("results").is_some() {
                out.add_detect_secrets(name, &json);
            } else if json["rules"].is_array() {
                out.add_secretlint(name, &json);
            } else {
                bail!("{name}: this JSON is none of these: {KNOWN}");
            }
            return Ok(out);
        }
        let text = String::from_utf8_lossy(bytes);
        if MigratedConfig::is_talisman(&text) {
            out.add_talisman(name, &text);
        } else if !out.add_acceptances(name, &text)
            && let Err(mistakes) = out.add_gitleaks(name, bytes)
            && !out.add_path_list(name, &text)
        {
            if text.lines().any(|line| line.contains('=')) {
                return Err(mistakes.into());
            }
            bail!("{name}: this is none of these: {KNOWN}");
        }
        Ok(out)
    }

    /// Returns the configuration as TOML; `rules_file` is the file that its rules are written to.
    pub(super) fn to_toml(&self, name: &str, rules_file: Option<&str>) -> String {
        let mut out =
            format!("# Translated from {name} by `tokensweep config migrate`: look through it.\n");
        let mut left = self.left.clone();
        if self.count > 0 {
            let _ = writeln!(
                out,
                "# {}: {} with built-in rules here, {} translated, {} not translated.",
                count_noun(self.count as u64, "rule"),
                self.covered.len(),
                self.rules.len(),
                self.count - self.covered.len() - self.rules.len()
            );
        }
        match (rules_file, self.rules.len()) {
            (_, 0) => {}
            (Some(file), _) => _ = writeln!(out, "rules = [{}]", toml_quote(file)),
            (None, n) => left.push(format!(
                "{} of its own; `--rules-to FILE` writes them",
                count_noun(n as u64, "rule")
            )),
        }
        if !self.off.is_empty() {
            let _ = writeln!(out, "exclude-rules = {}", list_texts(&self.off));
        }
        for paths in &self.accept {
            let is_written = |id: &String| rules_file.is_some() || !self.ids.contains(id);
            let rules: Vec<String> = paths
                .rules
                .iter()
                .filter(|id| is_written(id))
                .cloned()
                .collect();
            if rules.is_empty() && !paths.rules.is_empty() {
                left.push(format!(
                    "the paths of {}, with the rules",
                    paths.rules.join(", ")
                ));
                continue;
            }
            out.push_str(&paths.to_toml(&rules));
        }
        left.extend(self.describe_loss());
        if !left.is_empty() {
            out.push_str("\n# Not translated:\n");
            for line in &left {
                let line = line.replace(char::is_control, " ");
                let _ = writeln!(out, "# - {line}");
            }
        }
        out
    }

    /// Returns sentences on the parts of translated rules that are left out.
    fn describe_loss(&self) -> impl Iterator<Item = String> {
        let parts = [
            (
                "the thresholds of entropy, so that these rules find more than there",
                &self.without_entropy,
            ),
            (
                "the keywords, which need not be in a match there, so that these rules look at every file",
                &self.without_keywords,
            ),
            (
                "the exceptions by value, so that the findings of these rules are `low`",
                &self.doubtful,
            ),
        ];
        parts
            .into_iter()
            .filter(|(_, rules)| !rules.is_empty())
            .map(|(what, rules)| format!("{what}: {}", rules.join(", ")))
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
            self.accept.push(MigratedPaths {
                expressions: all,
                rules: rules.to_vec(),
                reason: reason.to_owned(),
                ..MigratedPaths::default()
            });
        }
    }

    /// Adds a custom rule, if the rule loader accepts it, and returns true.
    fn add_custom_rule(&mut self, rule: &ForeignRule<'_>, builtin: &RuleSet) -> bool {
        let id = to_rule_id(rule.id);
        if self.ids.contains(&id) {
            self.left
                .push(format!("{}: another rule has the id {id} too", rule.name));
            return false;
        }
        let named = name_group(rule.regex, rule.group.max(1));
        // Classes of other languages are those of ASCII, which also take less memory.
        let forms = [format!("(?-u){named}"), named];
        let (all, none) = (&rule.keywords[..], &[][..]);
        let mut why = String::new();
        for (form, keywords) in forms.iter().flat_map(|form| [(form, all), (form, none)]) {
            let mut toml = rule_to_toml(&id, rule.title, form, keywords);
            if rule.is_doubtful {
                toml.push_str("confidence = \"low\"\n");
            }
            match rule::load::parse("rule", toml.as_bytes(), builtin) {
                Ok(_) => {
                    if keywords.len() < all.len() {
                        self.without_keywords.push(rule.id.to_owned());
                    }
                    self.ids.insert(id);
                    self.rules.push(toml);
                    return true;
                }
                Err(Diagnostics(mistakes)) if keywords.len() == all.len() => {
                    let first = mistakes.into_iter().next();
                    why = first.map_or_else(String::new, |mistake| mistake.message);
                }
                Err(_) => {}
            }
        }
        self.left.push(format!("{}: {why}", rule.name));
        false
    }
}

impl MigratedPaths {
    /// Returns a table `[[accept]]` for these rules.
    fn to_toml(&self, rules: &[String]) -> String {
        let mut out = "\n[[accept]]\n".to_owned();
        let keys = [
            ("paths", &self.globs[..]),
            ("path-regex", &self.expressions),
            ("rules", rules),
        ];
        for (key, texts) in keys.into_iter().filter(|(_, texts)| !texts.is_empty()) {
            let _ = writeln!(out, "{key} = {}", list_texts(texts));
        }
        let _ = writeln!(out, "reason = {}", toml_quote(&self.reason));
        out
    }
}

fn list_texts(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| toml_quote(text)).collect();
    format!("[{}]", texts.join(", "))
}

fn rule_to_toml(id: &str, title: &str, regex: &str, keywords: &[&str]) -> String {
    let mut toml = format!(
        "[[rule]]\nid = {}\ntitle = {}\nregex = {}\n",
        toml_quote(id),
        toml_quote(title),
        toml_quote(regex)
    );
    if !keywords.is_empty() {
        let words: Vec<String> = keywords.iter().map(|word| toml_quote(word)).collect();
        let _ = writeln!(toml, "keywords = [{}]", words.join(", "));
    }
    toml
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

    /// Returns the translation, with its rules in `own.toml`.
    pub(super) fn migrated(text: &str) -> String {
        let migrated =
            MigratedConfig::read("other", text.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
        migrated.to_toml("other", Some("own.toml"))
    }

    #[test]
    fn what_is_no_configuration_is_refused() {
        for text in ["{}", "not toml", "3", "{\"runs\": []}", "a b\n^c/"] {
            assert!(
                MigratedConfig::read("x", text.as_bytes()).is_err(),
                "{text}"
            );
        }
    }

    #[test]
    fn the_group_of_the_secret_is_named() {
        for (regex, nth, named) in [
            ("(?i)key(?:x)?(a[(]b)", 1, "(?i)key(?:x)?(?<secret>a[(]b)"),
            (r"\((a)(b)", 2, r"\((a)(?<secret>b)"),
            ("abc", 1, "abc"),
        ] {
            assert_eq!(name_group(regex, nth), named);
        }
    }
}
