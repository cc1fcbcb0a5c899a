//! Keeps the secrets of reports out of what is written: reports of other programs may contain them in any field.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::mask::MessageMasker;
use crate::finding::{Finding, Outcome, Secret, SecretFragments};
use crate::import::ImportedFinding;

/// Length in bytes from which a part of a secret is masked by [`SecretFragments`].
const LONG: usize = 12;

/// Minimum length in bytes of a secret that is looked for in excerpts.
const SHORTEST: usize = 4;

/// Secrets of reports, and texts without them.
pub(super) struct SecretHider {
    fragments: SecretFragments,
    /// Secrets too short for fragments, as text.
    short: Vec<String>,
    masker: MessageMasker,
    known: HashMap<String, String>,
}

impl SecretHider {
    /// Collects the secrets that these findings contain.
    pub(super) fn new<'f>(findings: impl Iterator<Item = &'f ImportedFinding> + Clone) -> Self {
        let secrets = findings.flat_map(|one| one.further.iter().chain([&one.finding.secret]));
        let as_text = |secret: &Secret| {
            let is_short = (SHORTEST..LONG).contains(&secret.len());
            let text = String::from_utf8_lossy(secret.expose_the_secret());
            is_short.then(|| text.into_owned())
        };
        let mut short: Vec<String> = secrets.clone().filter_map(as_text).collect();
        short.sort_unstable();
        short.dedup();
        SecretHider {
            fragments: SecretFragments::of_secrets(secrets),
            short,
            masker: MessageMasker::default(),
            known: HashMap::new(),
        }
    }

    /// Returns the outcome without any part of a secret in its texts.
    pub(super) fn hide_in(&mut self, mut outcome: Outcome) -> Outcome {
        for finding in &mut outcome.findings {
            self.hide_in_finding(finding);
        }
        for note in &mut outcome.notes {
            *note = self.hide_text(note);
        }
        self.fragments.mask_outcome(&outcome).into_owned()
    }

    fn hide_in_finding(&mut self, finding: &mut Finding) {
        finding.title = Arc::from(self.hide_text(&finding.title));
        finding.rule_id = Arc::from(self.hide_text(&finding.rule_id));
        finding.remediation = Arc::from(self.hide_text(&finding.remediation));
        if let Some(path) = finding.path.to_str() {
            finding.path = PathBuf::from(self.hide_text(path));
        }
        for evidence in &mut finding.evidence {
            evidence.detail = self.hide_text(&evidence.detail);
        }
        if let Some(author) = &finding.origin.author {
            let author = self.hide_text(author);
            finding.origin.author = Some(author);
        }
        if let Some(accepted) = &mut finding.accepted {
            accepted.reason = self.hide_text(&accepted.reason);
            accepted.source = self.hide_text(&accepted.source);
        }
        let shows_short = |text: &str| self.short.iter().any(|short| text.contains(&**short));
        if shows_short(finding.snippet.text()) {
            finding.snippet.lines.clear();
        }
    }

    /// Returns a text with every secret in it masked. Most texts occur many times.
    fn hide_text(&mut self, text: &str) -> String {
        if let Some(hidden) = self.known.get(text) {
            return hidden.clone();
        }
        let hidden = self.fragments.mask_in(text);
        let hidden = self.masker.apply(&hidden).into_owned();
        self.known.insert(text.to_owned(), hidden.clone());
        hidden
    }
}
