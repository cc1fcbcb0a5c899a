//! Findings of reports, with what each program says about them.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use super::kinds::our_rule_ids;
use crate::finding::{
    Acceptance, Checksum, Confidence, Finding, Origin, OriginKind, Secret, Severity, Snippet,
};
use crate::rule::builtin_rules;
use crate::span::Position;

/// Report of a program.
#[derive(Debug, Default)]
pub(crate) struct ImportedReport {
    /// Name of the program.
    pub(crate) tool: String,
    /// Findings, in the order of the report.
    pub(crate) findings: Vec<ImportedFinding>,
    /// Sentences on what the program was asked for and did not scan.
    pub(crate) gaps: Vec<String>,
}

/// Statement of a program that a secret is in a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ToolClaim {
    /// Name of the program.
    pub(crate) tool: String,
    /// Kind of secret, in the program's own words.
    pub(crate) kind: String,
    /// True if the program has used the secret with success.
    pub(crate) is_live: bool,
}

/// Finding of a report.
#[derive(Clone, Debug)]
pub(crate) struct ImportedFinding {
    /// The finding, as far as the report describes it.
    pub(crate) finding: Finding,
    /// Statement of the program.
    pub(crate) claim: ToolClaim,
    /// True if this program decided about the finding.
    pub(crate) is_ours: bool,
    /// True if the report names the line.
    pub(crate) has_line: bool,
    /// Columns of the secret, 1-based, the last one included, if the report names them.
    pub(crate) columns: Option<(u64, u64)>,
    /// SHA-1 of the secret in hex, if the report contains it.
    pub(crate) digest: Option<String>,
    /// Secrets of the report that belong to the finding and must not be shown.
    pub(crate) further: Vec<Secret>,
    /// True if the report says that somebody has looked at it and found a secret.
    pub(crate) is_confirmed: bool,
}

/// Finding of another program, before it is brought into our form.
#[derive(Debug, Default)]
pub(super) struct ForeignFinding {
    pub(super) kind: String,
    pub(super) title: String,
    pub(super) path: String,
    pub(super) line: Option<u64>,
    pub(super) end_line: Option<u64>,
    pub(super) columns: Option<(u64, u64)>,
    pub(super) secret: Option<Secret>,
    pub(super) further: Vec<Secret>,
    pub(super) digest: Option<String>,
    /// True if the program itself has little confidence in it.
    pub(super) is_doubtful: bool,
    pub(super) is_live: bool,
    pub(super) is_confirmed: bool,
    pub(super) severity: Option<Severity>,
    pub(super) commit: Option<String>,
    pub(super) author: Option<String>,
    pub(super) date: Option<String>,
    pub(super) accepted: Option<Acceptance>,
}

/// Maximum length in bytes of the title of a kind.
const LONGEST_TITLE: usize = 50;

/// Advice for a kind of secret that no rule of ours describes.
const REVOKE: &str =
    "Revoke it at the service that issued it. Then look there for what was done with it.";

impl ForeignFinding {
    /// Returns the finding of the program `tool` in our form. Its fingerprint is empty: it depends on other findings.
    pub(super) fn into_imported(self, tool: &str) -> ImportedFinding {
        ImportedFinding {
            finding: self.to_finding(tool),
            claim: ToolClaim {
                tool: tool.to_owned(),
                kind: self.kind,
                is_live: self.is_live,
            },
            is_ours: false,
            has_line: self.line.is_some_and(|line| line > 0),
            columns: self.columns,
            digest: self.digest,
            further: self.further,
            is_confirmed: self.is_confirmed,
        }
    }

    fn to_finding(&self, tool: &str) -> Finding {
        let rules = builtin_rules();
        let rule = match &our_rule_ids(&self.kind, &rules)[..] {
            [one] => rules.get(one),
            _ => None,
        };
        let (rule_id, title, remediation) = match rule {
            Some(rule) => (rule.id.clone(), rule.title.clone(), rule.revoke.clone()),
            None => (
                Arc::from(format!("{tool}:{}", self.kind)),
                Arc::from(self.short_title()),
                Arc::from(REVOKE),
            ),
        };
        let (first, end) = self
            .columns
            .map_or((1, 1), |(first, last)| (first, last + 1));
        let line = self.line.unwrap_or_default().max(1);
        Finding {
            fingerprint: String::new(),
            rule_id,
            title,
            severity: self.severity.unwrap_or(Severity::Error),
            confidence: match (self.is_live, self.is_doubtful) {
                (true, _) => Confidence::High,
                (false, true) => Confidence::Low,
                (false, false) => Confidence::Medium,
            },
            checksum: Checksum::None,
            path: PathBuf::from(&self.path),
            start: Position {
                line,
                column: first.max(1),
            },
            end: Position {
                line: self.end_line.unwrap_or(line).max(line),
                column: end,
            },
            bytes: 0..0,
            secret: self
                .secret
                .clone()
                .unwrap_or_else(|| Secret::from_mask("…")),
            decoded_from: Vec::new(),
            origin: self.to_origin().into(),
            evidence: Vec::new(),
            remediation,
            snippet: Snippet::default(),
            accepted: self.accepted.clone().map(Box::new),
            enclosure: None,
        }
    }

    /// Returns the title, or the words of the kind if the title is a whole sentence.
    fn short_title(&self) -> String {
        if self.title.len() <= LONGEST_TITLE {
            return self.title.clone();
        }
        let kind = self.kind.rsplit('.').next().unwrap_or(&self.kind);
        kind.replace(['-', '_'], " ")
    }

    fn to_origin(&self) -> Origin {
        Origin {
            kind: match self.commit {
                Some(_) => OriginKind::Blob,
                None => OriginKind::File,
            },
            commit: self.commit.clone(),
            author: self.author.clone(),
            author_date: self.date.clone(),
            ..Origin::default()
        }
    }
}

/// Returns the text of a field, unless it is missing or empty.
pub(super) fn text_field(value: &Value, key: &str) -> Option<String> {
    let text = value.get(key)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// Returns the number of a field.
pub(super) fn number_field(value: &Value, key: &str) -> Option<u64> {
    value.get(key)?.as_u64()
}

/// Returns the secret of a field, unless the program has redacted it.
pub(super) fn secret_field(value: &Value, key: &str) -> Option<Secret> {
    let text = text_field(value, key)?;
    let is_redacted = text.contains("REDACTED")
        || text.contains("***")
        || text.ends_with("...")
        || text.contains('…');
    (!is_redacted).then(|| Secret::new(text.as_bytes()))
}

/// Returns an author as git writes it, from its name and its address.
pub(super) fn join_author(name: Option<String>, address: Option<String>) -> Option<String> {
    match (name, address) {
        (Some(name), Some(address)) => Some(format!("{name} <{address}>")),
        (name, address) => name.or(address),
    }
}
