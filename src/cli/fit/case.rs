//! Labelled cases, one JSON object a line. Placeholders in the text keep complete tokens out of the file.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use serde::Deserialize;

use crate::judge::ObjectLookup;
use crate::token::{Mint, Shape};

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
    named: HashMap<String, String>,
}

/// Objects of a repository, by their ids.
#[derive(Debug, Default)]
pub(super) struct CaseObjects(Vec<String>);

impl ObjectLookup for CaseObjects {
    fn describe_object(&self, id: &[u8]) -> Option<String> {
        let known = self.0.iter().any(|known| known.as_bytes() == id);
        known.then(|| "it is an object of this repository".to_owned())
    }
}

/// Fills the placeholders in `text` and in the text beside: `{{HEX40}}`, `{{GHP}}` and others. `{{HEX40#1}}` is the
/// same value everywhere, `{{SHA}}` is an id in a text that also contains a credential, `{{B64:...}}` and `{{PCT:...}}`
/// encode their content, `{{J}}` is empty, and `{{PAD:n}}` is program text.
pub(super) fn fill_case(case: &LabelledCase, mint: &mut Mint) -> anyhow::Result<FilledCase> {
    let mut filled = FilledCase::default();
    let mut fill = |text: &str| {
        expand_placeholders(text, mint, &mut filled)
            .with_context(|| format!("the case {} cannot be filled", case.id))
    };
    let (text, beside) = (fill(&case.text)?, fill(&case.beside)?);
    let objects: anyhow::Result<Vec<String>> = case.objects.iter().map(|id| fill(id)).collect();
    filled.objects = CaseObjects(objects?);
    (filled.text, filled.beside) = (text, beside);
    Ok(filled)
}

fn expand_placeholders(
    text: &str,
    mint: &mut Mint,
    filled: &mut FilledCase,
) -> anyhow::Result<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        out.push_str(&rest[..open]);
        let inside = &rest[open + 2..];
        match closing_brace(inside).and_then(|end| {
            Some((
                end,
                placeholder_value(&inside[..end], mint, filled).transpose()?,
            ))
        }) {
            Some((end, value)) => {
                out.push_str(&value?);
                rest = &inside[end + 2..];
            }
            // Templates of other languages use the same brackets.
            None => {
                out.push_str("{{");
                rest = inside;
            }
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// Returns the offset of the end of a placeholder; `text` begins after the opening brackets.
fn closing_brace(text: &str) -> Option<usize> {
    let (mut depth, mut at) = (1, 0);
    loop {
        let close = at + text[at..].find("}}")?;
        let open = text[at..].find("{{").map(|o| at + o);
        match open {
            Some(open) if open < close => {
                depth += 1;
                at = open + 2;
            }
            _ if depth == 1 => return Some(close),
            _ => {
                depth -= 1;
                at = close + 2;
            }
        }
    }
}

/// Returns the value of a placeholder; `None` for the template of another language.
fn placeholder_value(
    inside: &str,
    mint: &mut Mint,
    filled: &mut FilledCase,
) -> anyhow::Result<Option<String>> {
    if let Some(inner) = inside.strip_prefix("B64:") {
        let plain = expand_placeholders(inner, mint, filled)?;
        return Ok(Some(data_encoding::BASE64.encode(plain.as_bytes())));
    }
    if let Some(inner) = inside.strip_prefix("PCT:") {
        let plain = expand_placeholders(inner, mint, filled)?;
        return Ok(Some(plain.bytes().map(percent_encode).collect()));
    }
    if let Some(size) = inside
        .strip_prefix("PAD:")
        .or_else(|| inside.strip_prefix("PADJSON:"))
    {
        let size: usize = size
            .parse()
            .map_err(|_| anyhow!("`{{{{{inside}}}}}` names no size"))?;
        let pad = |i: usize| format!("function f{i}(a,b){{return a+b*{}}}", i % 97);
        return Ok(Some((0..=size / 30).map(pad).collect()));
    }
    let kind = inside.split('#').next().unwrap_or(inside);
    let known = filled.named.get(inside).cloned();
    let bytes = match (kind, known) {
        ("J", _) => return Ok(Some(String::new())),
        (_, Some(same)) => return Ok(Some(same)),
        ("SHA", _) => {
            let sha = lossy_text(&mint.hex(40));
            if inside.contains('#') {
                filled.named.insert(inside.to_owned(), sha.clone());
            }
            return Ok(Some(sha));
        }
        ("HEX16", _) => return Ok(Some(lossy_text(&mint.hex(16)))),
        ("HEX20", _) => return Ok(Some(lossy_text(&mint.hex(20)))),
        ("HEX40", _) => mint.hex(40),
        ("HEX80", _) => mint.hex(80),
        ("GHP", _) => mint.new_token(Shape::Ghp),
        ("GHO", _) => mint.new_token(Shape::Gho),
        ("GHU", _) => mint.new_token(Shape::Ghu),
        ("GHS", _) => mint.new_token(Shape::Ghs),
        ("GHR", _) => mint.new_token(Shape::Ghr),
        ("GHS_JWT", _) => mint.new_token(Shape::GhsStateless),
        ("PAT", _) => mint.new_token(Shape::FineGrained),
        _ => return Ok(None),
    };
    let value = lossy_text(&bytes);
    if inside.contains('#') {
        filled.named.insert(inside.to_owned(), value.clone());
    }
    filled.planted.push(value.clone());
    Ok(Some(value))
}

fn lossy_text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn percent_encode(b: u8) -> String {
    if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~') {
        char::from(b).to_string()
    } else {
        format!("%{b:02X}")
    }
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
            beside: "commit {{HEX40#1}}".into(),
            objects: vec!["{{HEX40#1}}".into()],
        };
        fill_case(&case, &mut Mint::new(1)).unwrap()
    }

    #[test]
    fn placeholders_are_filled_and_other_templates_left() {
        let same = filled("{{HEX40#1}} {{HEX40#1}} {{ x }} {{J}}");
        assert_eq!(same.planted.len(), 1);
        assert_eq!(same.text, format!("{0} {0} {{{{ x }}}} ", same.planted[0]));
        assert_eq!(same.beside, format!("commit {}", same.planted[0]));
        assert!(
            same.objects
                .describe_object(same.planted[0].as_bytes())
                .is_some()
        );
        let innocent = filled("{{SHA}}");
        assert!(!innocent.planted.contains(&innocent.text));
        let coded = filled("{{B64:a:{{HEX40}}}}");
        let plain = data_encoding::BASE64.decode(coded.text.as_bytes()).unwrap();
        assert_eq!(plain, format!("a:{}", coded.planted[0]).as_bytes());
    }
}
