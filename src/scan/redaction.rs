//! Redaction of a text with the scanner of the caller.

use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::engine::RunContext;
use super::{FoundSecrets, Scanner};
use crate::finding::{Finding, Origin};
use crate::redact::{self, RedactError, RedactOptions, RedactedText, TextScanner};
use crate::source::Chunk;

impl Scanner {
    /// Replaces the secrets in a text in memory, judged under `path`, and returns the edits as well. Reads nothing from
    /// the disk.
    ///
    /// ```
    /// use std::path::Path;
    /// use tokensweep::{RedactOptions, Scanner};
    ///
    /// // A token of nobody, with a valid checksum. It is in two parts, so that no scanner finds it here.
    /// let text = format!("token = ghp_{}", "0123456789abcdefghijABCDEFGHIJ3mpbCX");
    /// let redacted = Scanner::default().redact_text(
    ///     text.as_bytes(),
    ///     Path::new("config.ini"),
    ///     &RedactOptions::default(),
    /// )?;
    /// assert!(redacted.text.starts_with(b"token = REDACTED-github-pat-"));
    /// assert_eq!(redacted.edits[0].range, 8..48);
    /// # Ok::<(), tokensweep::RedactError>(())
    /// ```
    ///
    /// # Errors
    /// Fails if a secret cannot be replaced so that the text around it stays valid, as in an archive.
    pub fn redact_text(
        &self,
        text: &[u8],
        path: &Path,
        options: &RedactOptions,
    ) -> Result<RedactedText, RedactError> {
        let looker = RedactionScanner {
            scanner: self,
            found: Mutex::default(),
        };
        redact::redact_text(text, path, options, &looker)
    }
}

/// Scanner of the texts of one redaction, which keeps the secrets found so far.
struct RedactionScanner<'s> {
    scanner: &'s Scanner,
    found: Mutex<FoundSecrets>,
}

impl TextScanner for RedactionScanner<'_> {
    fn read(&self, text: &mut dyn Read, path: &Path) -> io::Result<Vec<Finding>> {
        let mut bytes = Vec::new();
        text.read_to_end(&mut bytes)?;
        Ok(self.look(&bytes, path))
    }

    fn look(&self, text: &[u8], path: &Path) -> Vec<Finding> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let found = found.clone();
        let origin = Origin::default();
        let chunk = Chunk::whole(text, path, &origin);
        let context = RunContext {
            keep_enclosures: true,
            ..self.scanner.context(self.scanner.given_objects())
        };
        let run = |sinks: &crate::source::Sinks<'_>| sinks().scan_chunk(&chunk);
        self.scanner.run_source_for(context, &found, run).findings
    }

    fn partial_tokens(&self, text: &[u8]) -> Vec<Range<usize>> {
        self.scanner.partial_tokens(text)
    }

    fn remember_secrets(&self, findings: &[&Finding]) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(more) = found.with(findings.iter().copied()) {
            *found = more;
        }
    }
}
