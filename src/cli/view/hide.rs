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
    /// Secrets too short for fragments, as text, by the path and the line that reports name for them.
    short: HashMap<(PathBuf, u64), Vec<String>>,
    masker: MessageMasker,
    known: HashMap<String, String>,
}

impl SecretHider {
    /// Collects the secrets that these findings contain.
    pub(super) fn new<'f>(findings: impl Iterator<Item = &'f ImportedFinding> + Clone) -> Self {
        let mut short: HashMap<_, Vec<String>> = HashMap::new();
        for one in findings.clone() {
            let secrets = secrets_of(one).filter(|s| (SHORTEST..LONG).contains(&s.len()));
            for secret in secrets {
                let text = String::from_utf8_lossy(secret.expose_the_secret());
                let place = (one.finding.path.clone(), one.finding.start.line);
                short.entry(place).or_default().push(text.into_owned());
            }
        }
        SecretHider {
            fragments: SecretFragments::of_secrets(findings.flat_map(secrets_of)),
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
        let place = (finding.full_path().into_owned(), finding.start.line);
        if let Some(short) = self.short.get(&place) {
            let excerpt = finding.snippet.text();
            if short.iter().any(|secret| excerpt.contains(&**secret)) {
                finding.snippet.lines.clear();
            }
        }
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

/// Iterates over the secrets of a finding.
fn secrets_of(one: &ImportedFinding) -> impl Iterator<Item = &Secret> {
    one.further.iter().chain([&one.finding.secret])
}
