//! Scanner behind the interface of the redactor.

use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

use crate::cli::mask::MessageMasker;
use crate::cli::settings::Settings;
use crate::container::ContainerKind;
use crate::finding::{Finding, Outcome, SecretFragments, Skip, SkipReason};
use crate::message::portable_path;
use crate::redact::{PackedBytes, PackedScanner, TextScanner, is_placeholder};
use crate::scan::{FoundSecrets, Scanner};
use crate::source::WalkOptions;
use crate::threads::lock_mutex;

/// Scanner behind the interface of the redactor.
pub(super) struct RedactScanner {
    pub(super) scanner: Scanner,
    pub(super) settings: Settings,
    /// Secrets that were found so far.
    pub(super) found: Mutex<FoundSecrets>,
    /// Mask of what is shown.
    pub(super) mask: Mutex<ShownMask>,
}

/// Mask of the texts that a redaction shows: paths, reasons, lines of a diff.
#[derive(Default)]
pub(super) struct ShownMask {
    /// Parts of all secrets that were found so far.
    fragments: SecretFragments,
    /// Finds the secrets that occur in the text only.
    words: MessageMasker,
}

impl RedactScanner {
    pub(super) fn paths(&self, walk: &WalkOptions) -> Outcome {
        let mut outcome = self.scanner.scan_paths(walk);
        self.settings.mark_accepted(&mut outcome);
        self.note_secrets(&outcome.findings);
        outcome
    }

    /// Forgets the secrets that were found, so that the next text is redacted by itself.
    #[cfg(feature = "columns")]
    pub(super) fn forget_secrets(&self) {
        *lock_mutex(&self.found) = FoundSecrets::default();
    }

    /// Returns a path, or a sentence about one, as it may be shown.
    pub(super) fn mask_text(&self, text: &str) -> String {
        let mut mask = self.lock_mask();
        let text = mask.fragments.mask_in(text).into_owned();
        mask.words.apply(&text).into_owned()
    }

    /// Returns a line of a diff as it may be shown. All findings in it are masked already.
    pub(super) fn mask_line(&self, line: &str) -> String {
        self.lock_mask().fragments.mask_in(line).into_owned()
    }

    /// Adds the secrets of these findings to what is never shown. A placeholder, which a rule may find, is no secret.
    fn note_secrets(&self, findings: &[Finding]) {
        let secrets = findings
            .iter()
            .filter(|f| !is_placeholder(f.secret.expose_the_secret()));
        self.lock_mask().fragments.add_findings(secrets);
    }

    fn lock_mask(&self) -> MutexGuard<'_, ShownMask> {
        lock_mutex(&self.mask)
    }

    fn found(&self) -> FoundSecrets {
        let found = lock_mutex(&self.found);
        found.clone()
    }
}

impl TextScanner for RedactScanner {
    fn read(&self, text: &mut dyn Read, path: &Path) -> io::Result<Vec<Finding>> {
        let mut outcome = self.scanner.scan_stream_for(text, path, &self.found());
        self.settings.mark_accepted(&mut outcome);
        self.note_secrets(&outcome.findings);
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
        self.note_secrets(&outcome.findings);
        outcome.findings
    }

    fn partial_tokens(&self, text: &[u8]) -> Vec<Range<usize>> {
        self.scanner.partial_tokens(text)
    }

    fn remember_secrets(&self, findings: &[&Finding]) {
        let mut found = lock_mutex(&self.found);
        if let Some(more) = found.with(findings.iter().copied()) {
            *found = more;
        }
    }
}

impl PackedScanner for RedactScanner {
    fn look_at_member(&self, text: &[u8], path: &Path, member: &str) -> Vec<Finding> {
        let found = self.found();
        let findings = self.scanner.scan_member_for(text, (path, member), &found);
        let mut outcome = Outcome::from(findings);
        self.settings.mark_accepted(&mut outcome);
        self.note_secrets(&outcome.findings);
        for finding in &mut outcome.findings {
            // The places of the text are to be changed in the text.
            finding.origin.member = None;
        }
        outcome.findings
    }

    fn read_container(&self, container: PackedBytes<'_>, path: &Path) -> io::Result<Vec<Finding>> {
        let found = self.found();
        let mut outcome = match container {
            PackedBytes::Held(bytes) => self.scanner.scan_held_container(bytes, path, &found),
            PackedBytes::File(file) => self.scanner.scan_opened_container(file, path, &found),
        };
        self.settings.mark_accepted(&mut outcome);
        self.note_secrets(&outcome.findings);
        match outcome.skipped.iter().find(|skip| hides_text(&skip.reason)) {
            Some(skip) => Err(io::Error::other(describe_unread(skip))),
            None => Ok(outcome.findings),
        }
    }
}

/// Returns true if text was not read for this reason. Pixels are no text.
pub(super) fn hides_text(reason: &SkipReason) -> bool {
    match reason {
        SkipReason::UnreadMember { problem, .. } => !problem.is_image(),
        SkipReason::Unopened { form, .. } => form.kind != ContainerKind::Image,
        reason => reason.is_trouble(),
    }
}

/// Returns the way to what was not read, and the reason.
pub(super) fn describe_unread(skip: &Skip) -> String {
    format!("{}: {}", portable_path(&skip.path), skip.reason)
}
