//! Translation of `.talismanrc`.

use super::{ForeignRule, MigratedConfig, MigratedPaths};
use crate::cli::flat_yaml::{YamlItem, parse_flat_yaml};
use crate::rule;

/// Lists of a `.talismanrc`, one of which every one has.
const LISTS: [&str; 4] = [
    "fileignoreconfig:",
    "scopeconfig:",
    "allowed_patterns:",
    "custom_patterns:",
];

impl MigratedConfig {
    /// Returns true if this is a `.talismanrc`.
    pub(super) fn is_talisman(text: &str) -> bool {
        text.lines()
            .any(|line| LISTS.iter().any(|list| line.starts_with(list)))
    }

    pub(super) fn add_talisman(&mut self, name: &str, text: &str) {
        let builtin = rule::builtin_rules();
        for item in parse_flat_yaml(text) {
            let value = item.value_of("").unwrap_or_default();
            match item.section.as_str() {
                "fileignoreconfig" => self.add_ignored_file(name, &item),
                "custom_patterns" => {
                    self.count += 1;
                    let id = format!("talisman-pattern-{}", self.count);
                    let regex = item.value_of("pattern").unwrap_or(value);
                    self.add_custom_rule(
                        &ForeignRule {
                            id: &id,
                            title: &format!("Pattern of {name}"),
                            regex,
                            group: 0,
                            keywords: Vec::new(),
                            is_doubtful: false,
                            name: format!("the pattern `{regex}`"),
                        },
                        &builtin,
                    );
                }
                "allowed_patterns" => self.left.push(format!(
                    "the pattern `{value}` that it allows; accept the secrets in a baseline"
                )),
                "version" => {}
                section => {
                    let values: Vec<&str> = item.fields.iter().map(|(_, v)| v.as_str()).collect();
                    self.left
                        .push(format!("`{section}` ({})", values.join(", ")));
                }
            }
        }
    }

    /// Accepts a file that talisman does not check, or names it with the reason.
    fn add_ignored_file(&mut self, name: &str, item: &YamlItem) {
        let Some(file) = item.value_of("filename") else {
            return self
                .left
                .push("an entry of `fileignoreconfig` without a name".to_owned());
        };
        if item.value_of("checksum").is_some_and(|sum| !sum.is_empty()) {
            return self.left.push(format!(
                "{file}, which it accepts as long as its checksum is the same: `tokensweep baseline update` accepts \
                 what is in it now"
            ));
        }
        let checks = item
            .fields
            .iter()
            .filter(|(key, _)| key == "ignore_detectors");
        let checks: Vec<&str> = checks.map(|(_, value)| value.as_str()).collect();
        if !checks.iter().any(|check| check.contains("filecontent")) {
            return self.left.push(format!(
                "{file}, of which it does not check the name or the size; `tokensweep` does not check them"
            ));
        }
        let glob = match file.contains('/') {
            true if !file.starts_with('/') => format!("/{file}"),
            _ => file.to_owned(),
        };
        self.accept.push(MigratedPaths {
            globs: vec![glob],
            reason: format!("accepted in {name}"),
            ..MigratedPaths::default()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::migrated;

    #[test]
    fn talisman_files_and_patterns() {
        let said = migrated(
            "fileignoreconfig:\n- filename: docs/a.md\n  checksum: 8d1f\n- filename: \"test/*.env\"\n  ignore_detectors: \
             [filecontent]\n- filename: b.pem\n  ignore_detectors:\n  - filename\nscopeconfig:\n  - scope: node\n\
             custom_patterns:\n- 'acme_[0-9a-z]{20}'\n- pattern: a(?=b)\n  severity: high\n\
             allowed_patterns:\n- dummy\nthreshold: medium\nversion: \"1.0\"\n",
        );
        for line in [
            "# 2 rules: 0 with built-in rules here, 1 translated, 1 not translated.",
            "paths = [\"/test/*.env\"]\nreason = \"accepted in other\"",
            "# - docs/a.md, which it accepts as long as its checksum is the same: `tokensweep baseline update` accepts what is in it now",
            "# - b.pem, of which it does not check the name or the size; `tokensweep` does not check them",
            "# - `scopeconfig` (node)",
            "# - the pattern `dummy` that it allows; accept the secrets in a baseline",
            "# - `threshold` (medium)",
        ] {
            assert!(said.contains(&format!("{line}\n")), "{line}\n{said}");
        }
        assert!(said.contains("# - the pattern `a(?=b)`: "), "{said}");
        assert!(!said.contains("version"), "{said}");
    }
}
