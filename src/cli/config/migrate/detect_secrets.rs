//! Translation of the settings in a `.secrets.baseline` of detect-secrets.

use serde_json::Value;

use super::MigratedConfig;

/// Filters that detect-secrets always has, and that accept nothing by choice of the user.
const STANDARD: &str = "detect_secrets.filters.heuristic.";

impl MigratedConfig {
    pub(super) fn add_detect_secrets(&mut self, name: &str, json: &Value) {
        let mut expressions = read_texts(&json["exclude"]["files"]);
        if json["exclude"]["lines"].is_string() {
            self.left
                .push("excluded lines; write `tokensweep:allow` there".to_owned());
        }
        for filter in json["filters_used"].as_array().into_iter().flatten() {
            let path = filter["path"].as_str().unwrap_or_default();
            match path.rsplit('.').next().unwrap_or_default() {
                "should_exclude_file" => expressions.extend(read_texts(&filter["pattern"])),
                "should_exclude_line" | "should_exclude_secret" => self.left.push(format!(
                    "{path}; write `tokensweep:allow` there, or accept the secret in a baseline"
                )),
                "is_line_allowlisted" => self.left.push(
                    "comments with `pragma: allowlist secret`; `compat-comments = true` accepts them"
                        .to_owned(),
                ),
                "is_baseline_file" | "is_ignored_due_to_verification_policies" => {}
                _ if path.starts_with(STANDARD) => {}
                _ => self.left.push(format!("the filter {path}")),
            }
        }
        for plugin in json["plugins_used"].as_array().into_iter().flatten() {
            if plugin.get("path").is_some() {
                let plugin = plugin["name"].as_str().unwrap_or_default();
                self.left
                    .push(format!("the plugin {plugin}, which is a program"));
            }
        }
        self.add_path_rules(&expressions, &[], &format!("excluded in {name}"));
        if json["results"].as_object().is_some_and(|r| !r.is_empty()) {
            self.left.push(format!(
                "the secrets that it accepts: `tokensweep baseline import {name}`"
            ));
        }
    }
}

/// Returns a text, or the texts of a list.
pub(super) fn read_texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(one) => vec![one.clone()],
        Value::Array(all) => all
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::migrated;

    #[test]
    fn detect_secrets_excludes_files() {
        let said = migrated(
            r#"{"plugins_used": [{"name": "Own", "path": "file://own.py"}, {"name": "AWSKeyDetector"}], "filters_used": [
                {"path": "detect_secrets.filters.regex.should_exclude_file", "pattern": ["^tests/.*"]},
                {"path": "detect_secrets.filters.regex.should_exclude_line", "pattern": ["x"]},
                {"path": "detect_secrets.filters.allowlist.is_line_allowlisted"},
                {"path": "detect_secrets.filters.heuristic.is_sequential_string"},
                {"path": "file://own.py::keep"}],
              "results": {"a": []}}"#,
        );
        assert!(
            said.contains("path-regex = [\"^tests/.*\"]\nreason = \"excluded in other\"\n"),
            "{said}"
        );
        for part in [
            "should_exclude_line",
            "tokensweep baseline import other",
            "`compat-comments = true` accepts them",
            "# - the filter file://own.py::keep\n",
            "# - the plugin Own, which is a program\n",
        ] {
            assert!(said.contains(part), "{said}");
        }
        assert!(!said.contains("heuristic"), "{said}");
    }
}
