//! Replacements of secrets.

use super::RedactError;
use crate::finding::Finding;

/// Replacement of a secret.
///
/// ```
/// use std::path::Path;
/// use tokensweep::{RedactOptions, ReplacementStyle, Scanner};
///
/// let mut options = RedactOptions::default();
/// options.mask = ReplacementStyle::template("<{rule}>")?;
/// let text = format!("GITHUB_TOKEN=ghp_{}\n", "0123456789abcdefghijABCDEFGHIJ3mpbCX");
/// let redacted = Scanner::default().redact_text(text.as_bytes(), Path::new(".env"), &options)?;
/// assert_eq!(redacted.text, b"GITHUB_TOKEN=<github-pat>\n");
/// # Ok::<(), tokensweep::RedactError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplacementStyle {
    /// `REDACTED-<rule>-<head of the fingerprint>`: the same secret has the same placeholder everywhere.
    #[default]
    Placeholder,
    /// Such a placeholder, cut or filled up to the length in bytes of the secret.
    KeepLength,
    /// Prefix of the secret, its first and its last four characters.
    Partial,
    /// Text of the caller; made by [`ReplacementStyle::template`].
    Template(Template),
}

/// Text with `{rule}`, `{id}` (head of the fingerprint) and `{fingerprint}` in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<TemplatePart>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum TemplatePart {
    Text(String),
    Rule,
    Id,
    Fingerprint,
}

/// Names of the fields, for messages.
const FIELDS: &str = "use {rule}, {id} or {fingerprint}";

impl Template {
    /// Parses a template.
    fn parse(text: &str) -> Result<Template, RedactError> {
        if text.is_empty() || text.chars().any(char::is_control) {
            let sentence = "a template is a text on one line, such as '<{rule} {id}>'";
            return Err(RedactError::bad_template(sentence));
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let (before, field) = rest.split_at(open);
            let close = field.find('}').ok_or_else(|| {
                RedactError::bad_template(format!("`{{` without `}}` in the template; {FIELDS}"))
            })?;
            parts.push(TemplatePart::Text(before.to_owned()));
            parts.push(match &field[1..close] {
                "rule" => TemplatePart::Rule,
                "id" => TemplatePart::Id,
                "fingerprint" => TemplatePart::Fingerprint,
                other => {
                    let sentence = format!("there is no field {{{other}}}; {FIELDS}");
                    return Err(RedactError::bad_template(sentence));
                }
            });
            rest = &field[close + 1..];
        }
        parts.push(TemplatePart::Text(rest.to_owned()));
        Ok(Template(parts))
    }

    fn fill(&self, finding: &Finding) -> String {
        let fields = self.0.iter().map(|part| match part {
            TemplatePart::Text(text) => text.as_str(),
            TemplatePart::Rule => &finding.rule_id,
            TemplatePart::Id => short_fingerprint(finding),
            TemplatePart::Fingerprint => &finding.fingerprint,
        });
        fields.collect()
    }
}

/// Beginning of all placeholders of this program.
const WORD: &str = "REDACTED";

impl ReplacementStyle {
    /// Returns the style of a text with `{rule}`, `{id}` (head of the fingerprint) and `{fingerprint}` in it.
    ///
    /// # Errors
    /// Fails if the text is empty or has several lines, or if a field in it is not known or not closed.
    pub fn template(text: &str) -> Result<ReplacementStyle, RedactError> {
        Ok(ReplacementStyle::Template(Template::parse(text)?))
    }

    /// Returns the replacement of the secret of `finding`, of exactly `len` bytes if `len` is given.
    pub(super) fn text(&self, finding: &Finding, len: Option<usize>) -> String {
        let text = match self {
            ReplacementStyle::Placeholder | ReplacementStyle::KeepLength => {
                format!("{WORD}-{}-{}", finding.rule_id, short_fingerprint(finding))
            }
            ReplacementStyle::Partial => finding.secret.masked().replace('…', "..."),
            ReplacementStyle::Template(template) => template.fill(finding),
        };
        match len {
            Some(len) => fit(text, len, finding),
            None => text,
        }
    }
}

/// Returns the head of the fingerprint.
fn short_fingerprint(finding: &Finding) -> &str {
    finding.fingerprint.get(..8).unwrap_or(&finding.fingerprint)
}

/// Cuts or fills `text` to `len` bytes. The filler is a letter, because no format gives letters a meaning.
fn fit(text: String, len: usize, finding: &Finding) -> String {
    let shorter = [
        text,
        format!("{WORD}-{}", short_fingerprint(finding)),
        WORD.to_owned(),
        String::new(),
    ];
    let mut text = shorter
        .into_iter()
        .find(|t| t.len() <= len)
        .unwrap_or_default();
    let missing = len - text.len();
    text.extend(std::iter::repeat_n('x', missing));
    text
}

/// Returns a cover of `len` bytes for a part of an unknown token.
pub(super) fn cover_bytes(len: usize) -> Vec<u8> {
    let word = if len < WORD.len() { "" } else { WORD };
    let filler = std::iter::repeat_n(b'x', len - word.len());
    word.bytes().chain(filler).collect()
}

/// Returns true if `secret` is a placeholder of this program, which a broad user rule may match again.
#[must_use]
pub(crate) fn is_placeholder(secret: &[u8]) -> bool {
    secret.starts_with(WORD.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_know_their_fields() {
        assert!(ReplacementStyle::template("<{rule}:{id}>").is_ok());
        assert!(ReplacementStyle::template("***").is_ok());
        let no = |text| ReplacementStyle::template(text).unwrap_err().to_string();
        assert!(no("{secret}").contains("no field {secret}"));
        assert!(no("{rule").contains("without"));
        assert!(no("").contains("one line"));
        assert!(no("a\nb").contains("one line"));
    }
}
