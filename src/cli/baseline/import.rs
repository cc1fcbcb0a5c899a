//! Import of findings that other scanners accept. Their files name places or hashes, to be matched with a scan.

use std::collections::BTreeSet;

use anyhow::bail;
use serde_json::Value;

use crate::finding::Finding;

/// Findings that the file of another scanner accepts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ImportedAcceptances {
    /// Places, as file and line.
    places: BTreeSet<(String, u64)>,
    /// Secrets in full, from reports that contain them.
    secrets: BTreeSet<Vec<u8>>,
}

impl ImportedAcceptances {
    /// Reads a report of gitleaks (JSON), a `.gitleaksignore`, or a baseline of detect-secrets.
    pub(super) fn parse(bytes: &[u8]) -> anyhow::Result<ImportedAcceptances> {
        let mut out = ImportedAcceptances::default();
        match serde_json::from_slice::<Value>(bytes) {
            Ok(Value::Array(findings)) => out.add_gitleaks(&findings),
            Ok(Value::Object(fields)) if fields.contains_key("results") => {
                out.add_detect_secrets(&fields["results"]);
            }
            Ok(_) => {
                bail!("this JSON is neither a report of gitleaks nor a baseline of detect-secrets")
            }
            Err(_) => out.add_gitleaks_ignore(bytes)?,
        }
        Ok(out)
    }

    /// Returns the number of accepted findings.
    pub(super) fn len(&self) -> usize {
        self.places.len().max(self.secrets.len())
    }

    /// Returns true if this finding in the file at `path` is accepted.
    pub(super) fn covers(&self, finding: &Finding, path: &str) -> bool {
        let lines = finding.start.line..=finding.end.line;
        self.secrets.contains(finding.secret.expose_the_secret())
            || lines
                .into_iter()
                .any(|line| self.places.contains(&(path.to_owned(), line)))
    }

    fn add_gitleaks(&mut self, findings: &[Value]) {
        for finding in findings {
            if let Some(secret) = finding["Secret"].as_str().filter(|s| s.len() >= 20) {
                self.secrets.insert(secret.as_bytes().to_vec());
            }
            if let (Some(file), Some(line)) =
                (finding["File"].as_str(), finding["StartLine"].as_u64())
            {
                self.places.insert((file.replace('\\', "/"), line));
            }
        }
    }

    fn add_detect_secrets(&mut self, results: &Value) {
        for (file, findings) in results.as_object().into_iter().flatten() {
            for finding in findings.as_array().into_iter().flatten() {
                // A value that the audit marks as a secret is not accepted.
                if finding["is_secret"] == Value::Bool(true) {
                    continue;
                }
                if let Some(line) = finding["line_number"].as_u64() {
                    self.places.insert((file.replace('\\', "/"), line));
                }
            }
        }
    }

    /// Reads lines of the form `file:rule:line` or `commit:file:rule:line`.
    fn add_gitleaks_ignore(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let text = String::from_utf8_lossy(bytes);
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let parts: Vec<&str> = line.split(':').collect();
            let place = match parts[..] {
                [.., file, _rule, number] => number.parse().ok().map(|n| (file.to_owned(), n)),
                _ => None,
            };
            let Some(place) = place else {
                bail!(
                    "line {}: this is neither JSON nor a fingerprint of gitleaks (file:rule:line)",
                    index + 1
                );
            };
            self.places.insert(place);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<(String, u64)> {
        let accepted = ImportedAcceptances::parse(text.as_bytes()).unwrap();
        accepted.places.into_iter().collect()
    }

    #[test]
    fn the_files_of_others_name_places() {
        let place = vec![("a/b.env".to_owned(), 7)];
        assert_eq!(places("# x\n\na/b.env:github-pat:7\n"), place);
        assert_eq!(places("0123456789abcdef:a/b.env:github-pat:7"), place);
        assert_eq!(
            places(r#"[{"File": "a/b.env", "StartLine": 7, "Secret": ""}]"#),
            place
        );
        assert_eq!(
            places(
                r#"{"results": {"a/b.env": [{"line_number": 7, "hashed_secret": "x"},
                   {"line_number": 8, "is_secret": true}]}}"#
            ),
            place
        );
    }

    #[test]
    fn what_is_neither_is_said() {
        for bad in ["hello", "a:b", "{}", "3", "a:b:c"] {
            assert!(ImportedAcceptances::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
