//! Import of findings that other scanners accept. Their files name places or hashes, to be matched with a scan.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::bail;
use serde_json::Value;

use super::super::kingfisher_baseline::read_accepted_places;
use crate::finding::Finding;
use crate::import::{ImportedReport, is_kingfisher_baseline, read_report};
use crate::message::portable_path;

/// Findings that the file of another scanner accepts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ImportedAcceptances {
    /// Places, as file and line.
    places: BTreeSet<(String, u64)>,
    /// Secrets in full, from reports that contain them.
    secrets: BTreeSet<Vec<u8>>,
}

impl ImportedAcceptances {
    /// Reads a report of another scanner, such as a baseline of detect-secrets, a `.gitleaksignore`, or a baseline of
    /// kingfisher.
    pub(super) fn parse(bytes: &[u8]) -> anyhow::Result<ImportedAcceptances> {
        let mut out = ImportedAcceptances::default();
        match read_report(bytes) {
            Ok(report) => out.add_report(&report),
            Err(wrong) if serde_json::from_slice::<Value>(bytes).is_ok() => bail!("{wrong}"),
            Err(_) if is_kingfisher_baseline(bytes) => out.add_kingfisher_baseline(bytes),
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

    /// Returns the number of accepted findings that are among these, each given with its path.
    pub(super) fn count_matched<'f>(
        &self,
        findings: impl Iterator<Item = (&'f Finding, String)>,
    ) -> usize {
        let (mut places, mut secrets) = (BTreeSet::new(), BTreeSet::new());
        for (finding, path) in findings {
            secrets.extend(self.secrets.get(finding.secret.expose_the_secret()));
            let lines = finding.start.line..=finding.end.line;
            places.extend(lines.filter_map(|line| self.places.get(&(path.clone(), line))));
        }
        places.len().max(secrets.len())
    }

    fn add_report(&mut self, report: &ImportedReport) {
        // A value that the audit marks as a secret is not accepted.
        for found in report.findings.iter().filter(|f| !f.is_confirmed) {
            let finding = &found.finding;
            if finding.secret.len() >= 20 {
                let secret = finding.secret.expose_the_secret();
                self.secrets.insert(secret.to_vec());
            }
            if found.has_line {
                let path = portable_path(&finding.path).replace('\\', "/");
                self.places.insert((path, finding.start.line));
            }
        }
    }

    /// Reads the baseline of kingfisher, whose paths begin with the name of the folder that was scanned.
    fn add_kingfisher_baseline(&mut self, bytes: &[u8]) {
        let folder = std::env::current_dir().ok();
        let folder = folder.as_deref().and_then(Path::file_name);
        for (path, line) in read_accepted_places(&String::from_utf8_lossy(bytes)) {
            let path = Path::new(&path);
            let below = folder.and_then(|folder| path.strip_prefix(folder).ok());
            self.places
                .insert((portable_path(below.unwrap_or(path)), line));
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
        let own = std::env::current_dir().unwrap();
        let own = own.file_name().unwrap().to_string_lossy();
        for path in ["a/b.env", "./a/b.env", &format!("{own}/a/b.env")] {
            let text = format!(
                "ExactFindings:\n  matches:\n  - filepath: {path}\n    fingerprint: '12'\n    linenum: 7\n    \
                 lastupdated: Fri, 27 Nov 2026 08:00:00 +0000\n"
            );
            assert_eq!(places(&text), place, "{path}");
            let text = format!(
                "version: 2\nfingerprint_algorithm: kingfisher-v1\nrepositories:\n- id: local:///x\n  findings:\n  \
                 - path: {path}\n    fingerprint: '12'\n    rule_id: x\n    line: 7\n"
            );
            assert_eq!(places(&text), place, "{path}");
        }
    }

    #[test]
    fn what_is_neither_is_said() {
        for bad in ["hello", "a:b", "{}", "3", "a:b:c"] {
            assert!(ImportedAcceptances::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
