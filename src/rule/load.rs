//! Rule files: TOML to rules, with errors that name file, line and column.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;

use super::{Example, Pattern, Rule, Shape};
use crate::finding::{Confidence, Severity};

/// What is wrong with a rule file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    /// The file.
    pub file: String,
    /// Line and column, from 1, where known.
    pub at: Option<(usize, usize)>,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some((line, column)) => write!(f, "{}:{line}:{column}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

impl std::error::Error for LoadError {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawFile {
    #[serde(default)]
    rule: Vec<RawRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawRule {
    id: String,
    title: String,
    severity: Severity,
    #[serde(default)]
    why: String,
    #[serde(default)]
    revoke: String,
    shapes: Option<Vec<String>>,
    regex: Option<String>,
    #[serde(default)]
    judged: bool,
    #[serde(default)]
    keywords: Vec<String>,
    confidence: Option<Confidence>,
    checksum: Option<String>,
    #[serde(default)]
    example: Vec<RawExample>,
    #[serde(default)]
    counterexample: Vec<RawExample>,
    #[serde(default)]
    references: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawExample {
    text: String,
    path: Option<String>,
    reason: Option<String>,
}

/// The rules in a file's text.
///
/// # Errors
/// When the text is no TOML or not of the form that `rules/README.md` describes.
pub fn parse(file: &str, text: &str) -> Result<Vec<Rule>, LoadError> {
    let raw: RawFile = toml::from_str(text).map_err(|e| LoadError {
        file: file.to_owned(),
        at: None,
        message: e.message().to_owned(),
    })?;
    raw.rule.into_iter().map(|r| convert(file, r)).collect()
}

fn convert(file: &str, raw: RawRule) -> Result<Rule, LoadError> {
    let pattern = match (raw.shapes, raw.regex) {
        (Some(shapes), None) => {
            Pattern::Shapes(shapes.iter().filter_map(|s| Shape::from_name(s)).collect())
        }
        (None, Some(source)) => Pattern::Regex {
            source,
            keywords: raw.keywords,
            confidence: raw.confidence.unwrap_or(Confidence::Medium),
        },
        (None, None) if raw.judged => Pattern::Judged,
        _ => {
            return Err(LoadError {
                file: file.to_owned(),
                at: None,
                message: format!("rule `{}` needs one of `shapes` and `regex`", raw.id),
            });
        }
    };
    let examples = |list: Vec<RawExample>| {
        list.into_iter()
            .map(|e| Example {
                text: e.text,
                path: e.path,
                reason: e.reason,
            })
            .collect()
    };
    Ok(Rule {
        id: Arc::from(raw.id),
        title: Arc::from(raw.title),
        severity: raw.severity,
        why: raw.why,
        revoke: Arc::from(raw.revoke),
        pattern,
        checksum: raw.checksum,
        examples: examples(raw.example),
        counterexamples: examples(raw.counterexample),
        references: raw.references,
    })
}
