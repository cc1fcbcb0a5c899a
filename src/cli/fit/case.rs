//! Labelled cases, one JSON object a line. Placeholders in the text keep complete tokens out of the file.

use std::path::Path;

use anyhow::{Context as _, anyhow};
use serde::Deserialize;

use crate::judge::IdLookup;
use crate::rule::example::ExampleFiller;
use crate::token::Mint;

/// Case as written in the file.
#[derive(Debug, Deserialize)]
pub(super) struct LabelledCase {
    pub(super) id: String,
    /// Label: `legacy` or `client_secret` for a text with a credential, `benign` or `other_secret` for one without.
    #[serde(alias = "label")]
    pub(super) kind: String,
    pub(super) path: String,
    pub(super) text: String,
    pub(super) source: String,
    /// Text of another file of the same scan.
    #[serde(default)]
    pub(super) beside: String,
    /// Ids of objects of the repository around.
    #[serde(default)]
    pub(super) objects: Vec<String>,
}

impl LabelledCase {
    /// Returns `Some(true)` if the placeholders of 40 digits are credentials of GitHub; `None` for prefixed tokens.
    pub(super) fn is_leak(&self) -> Option<bool> {
        match self.kind.as_str() {
            "legacy" | "client_secret" => Some(true),
            "benign" | "other_secret" => Some(false),
            _ => None,
        }
    }
}

/// Reads the cases of a file.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<LabelledCase>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the cases {}", path.display()))?;
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, l)| !l.trim().is_empty());
    lines
        .map(|(i, line)| {
            serde_json::from_str(line).with_context(|| format!("{}:{}", path.display(), i + 1))
        })
        .collect()
}

/// Text of a case with its placeholders filled, and the values that are credentials.
#[derive(Debug, Default)]
pub(super) struct FilledCase {
    pub(super) text: String,
    pub(super) beside: String,
    pub(super) objects: CaseObjects,
    pub(super) planted: Vec<String>,
}

/// Objects of a repository, by their ids.
#[derive(Debug, Default)]
pub(super) struct CaseObjects(Vec<String>);

impl IdLookup for CaseObjects {
    fn describe_object(&self, id: &[u8]) -> Option<String> {
        let known = self.0.iter().any(|known| known.as_bytes() == id);
        known.then(|| "it is an object of this repository".to_owned())
    }
}

/// Fills the placeholders in the text, in the text beside it and in the ids of objects, as those of examples.
pub(super) fn fill_case(case: &LabelledCase, mint: &mut Mint) -> anyhow::Result<FilledCase> {
    let mut filler = ExampleFiller::new(mint);
    let mut fill = |text: &str| {
        let filled = filler.fill_text(text);
        let filled = filled
            .map_err(|bad| anyhow!("the case {} cannot be filled: {}", case.id, bad.message))?;
        Ok(lossy_text(&filled))
    };
    let (text, beside) = (fill(&case.text)?, fill(&case.beside)?);
    let objects: anyhow::Result<Vec<String>> = case.objects.iter().map(|id| fill(id)).collect();
    Ok(FilledCase {
        text,
        beside,
        objects: CaseObjects(objects?),
        planted: filler
            .tokens
            .iter()
            .map(|token| lossy_text(token))
            .collect(),
    })
}

fn lossy_text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> FilledCase {
        let case = LabelledCase {
            id: "x".into(),
            kind: "legacy".into(),
            path: "x".into(),
            text: text.into(),
            source: "x".into(),
            beside: "commit {{hex40#1}}".into(),
            objects: vec!["{{hex40#1}}".into()],
        };
        fill_case(&case, &mut Mint::new(1)).unwrap()
    }

    #[test]
    fn placeholders_are_filled_and_other_templates_left() {
        let same = filled("{{hex40#1}} {{hex40#1}} {{ x }}");
        assert_eq!(same.planted.len(), 1);
        assert_eq!(same.text, format!("{0} {0} {{{{ x }}}}", same.planted[0]));
        assert_eq!(same.beside, format!("commit {}", same.planted[0]));
        assert!(
            same.objects
                .describe_object(same.planted[0].as_bytes())
                .is_some()
        );
        let innocent = filled("{{hex:40}}");
        assert!(!innocent.planted.contains(&innocent.text));
    }
}
