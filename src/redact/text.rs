//! Redaction of a text in memory.

use std::io::{Cursor, Read as _};
use std::path::Path;

use super::plan::{EditableText, plan_redaction};
use super::{Edit, Edited, RedactError, RedactOptions, TextScanner, verify};
use crate::finding::Finding;

/// Result of the redaction of a text.
///
/// ```
/// use std::path::Path;
/// use tokensweep::{RedactOptions, Scanner};
///
/// let text = format!("GITHUB_TOKEN=ghp_{}\n", "0123456789abcdefghijABCDEFGHIJ3mpbCX");
/// let options = RedactOptions::default();
/// let redacted = Scanner::default().redact_text(text.as_bytes(), Path::new(".env"), &options)?;
/// assert_eq!((redacted.findings.len(), redacted.edits.len()), (1, 1));
/// assert!(redacted.text.starts_with(b"GITHUB_TOKEN=REDACTED-"));
/// # Ok::<(), tokensweep::RedactError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RedactedText {
    /// Text with the secrets replaced.
    pub text: Vec<u8>,
    /// Edits that make it of the given text, in order and without overlap.
    pub edits: Vec<Edit>,
    /// Findings in the given text, replaced or not.
    pub findings: Vec<Finding>,
}

/// Text in memory.
struct MemoryText<'t> {
    bytes: &'t [u8],
    path: &'t Path,
    scanner: &'t dyn TextScanner,
}

impl EditableText for MemoryText<'_> {
    fn scan(&mut self, edits: &[Edit]) -> Result<Vec<Finding>, RedactError> {
        Ok(self.scanner.look(&apply(self.bytes, edits)?, self.path))
    }

    fn head(&mut self) -> Result<Vec<u8>, RedactError> {
        const HEAD: usize = 8192;
        Ok(self.bytes[..self.bytes.len().min(HEAD)].to_vec())
    }
}

/// Returns the text after the edits.
fn apply(text: &[u8], edits: &[Edit]) -> Result<Vec<u8>, RedactError> {
    let mut out = Vec::with_capacity(text.len());
    Edited::new(text, edits)
        .read_to_end(&mut out)
        .map_err(RedactError::io_error("cannot apply the edits"))?;
    Ok(out)
}

/// Replaces the secrets in a text. The result is scanned again, and searched for the bytes of every replaced secret.
///
/// # Errors
/// Fails if a secret cannot be replaced so that the text around it stays valid.
pub(crate) fn redact_text(
    text: &[u8],
    path: &Path,
    options: &RedactOptions,
    scanner: &dyn TextScanner,
) -> Result<RedactedText, RedactError> {
    let original = &mut MemoryText {
        bytes: text,
        path,
        scanner,
    };
    let plan = plan_redaction(original, path, options, scanner)?;
    let redacted = apply(text, &plan.edits)?;
    if !plan.edits.is_empty() {
        let found = scanner.look(&redacted, path);
        let reading = RedactError::io_error("cannot read the redacted text");
        let bytes = Cursor::new(&redacted);
        verify::check_result(options, &plan.secrets, &found, bytes, &reading)?;
    }
    Ok(RedactedText {
        text: redacted,
        edits: plan.edits,
        findings: plan.found,
    })
}
