//! Scanner behind the interface of the redactor.

use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::cli::settings::Settings;
use crate::finding::{Finding, Outcome};
use crate::redact::TextScanner;
use crate::scan::{FoundSecrets, Scanner};
use crate::source::WalkOptions;

/// Scanner behind the interface of the redactor.
pub(super) struct RedactScanner {
    pub(super) scanner: Scanner,
    pub(super) settings: Settings,
    /// Secrets that were found so far.
    pub(super) found: Mutex<FoundSecrets>,
}

impl RedactScanner {
    pub(super) fn paths(&self, walk: &WalkOptions) -> Outcome {
        let mut outcome = self.scanner.scan_paths(walk);
        self.settings.mark_accepted(&mut outcome);
        outcome
    }

    fn found(&self) -> FoundSecrets {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.clone()
    }
}

impl TextScanner for RedactScanner {
    fn read(&self, text: &mut dyn Read, path: &Path) -> io::Result<Vec<Finding>> {
        let mut outcome = self.scanner.scan_stream_for(text, path, &self.found());
        self.settings.mark_accepted(&mut outcome);
        let trouble = outcome.skipped.into_iter().find(|s| s.reason.is_trouble());
        match trouble {
            Some(skip) => Err(io::Error::other(skip.reason.to_string())),
            None => Ok(outcome.findings),
        }
    }

    fn look(&self, text: &[u8], path: &Path) -> Vec<Finding> {
        let mut outcome = Outcome {
            findings: self.scanner.scan_text_for(text, path, &self.found()),
            ..Outcome::default()
        };
        self.settings.mark_accepted(&mut outcome);
        outcome.findings
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
