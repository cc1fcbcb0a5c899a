//! Parts of the secrets that a scan found, wherever a report would quote them: in paths, reasons, details of evidence,
//! and excerpts of other places.

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::outcome::Outcome;
use super::{Acceptance, Finding, Secret, SkipReason};

/// The number of consecutive characters of a secret that no report shows.
const LENGTH: usize = 12;

/// What every token of a form begins with, which is no secret.
const PUBLIC: &[u8] = b"github_pat_11";

/// Every part, [`LENGTH`] bytes long, of the secrets that a scan found.
#[derive(Default)]
pub struct Fragments(HashSet<[u8; LENGTH]>);

impl Fragments {
    /// The fragments of all secrets of an outcome, reported as leaks or not.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Self {
        Fragments::of_secrets(outcome.findings.iter().map(|f| &f.secret))
    }

    /// The fragments of these secrets.
    pub fn of_secrets<'s>(secrets: impl Iterator<Item = &'s Secret>) -> Self {
        let parts = secrets.flat_map(|s| s.expose_the_secret().array_windows());
        let is_public = |part: &&[u8; LENGTH]| PUBLIC.array_windows().any(|p| p == *part);
        Fragments(parts.filter(|part| !is_public(part)).copied().collect())
    }

    /// The text with an ellipsis in place of every part of a secret.
    #[must_use]
    pub fn mask_in<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut out = String::new();
        let (mut shown, mut at) = (0, 0);
        while let Some(part) = text.as_bytes()[at..].first_chunk() {
            if !self.0.contains(part) {
                at += 1;
                continue;
            }
            let mut end = at + LENGTH;
            while text.as_bytes()[end - LENGTH + 1..]
                .first_chunk()
                .is_some_and(|part| self.0.contains(part))
            {
                end += 1;
            }
            let from = text.floor_char_boundary(at);
            let to = text.ceil_char_boundary(end);
            out.push_str(&text[shown..from.max(shown)]);
            out.push('…');
            (shown, at) = (to, to);
        }
        if shown == 0 {
            return Cow::Borrowed(text);
        }
        out.push_str(&text[shown..]);
        Cow::Owned(out)
    }

    /// The same in place.
    fn mask(&self, text: &mut String) {
        if let Cow::Owned(masked) = self.mask_in(text) {
            *text = masked;
        }
    }

    fn mask_path(&self, path: &mut PathBuf) {
        if let Some(masked) = self.path_with_mask(path) {
            *path = masked;
        }
    }

    /// The path with an ellipsis in place of every part of a secret, if it holds any.
    fn path_with_mask(&self, path: &Path) -> Option<PathBuf> {
        match self.mask_in(&path.to_string_lossy()) {
            Cow::Owned(masked) => Some(PathBuf::from(masked)),
            Cow::Borrowed(_) => None,
        }
    }

    /// The outcome as a report may quote it.
    #[must_use]
    pub fn mask_outcome(&self, outcome: &Outcome) -> Outcome {
        let mut out = outcome.clone();
        for finding in &mut out.findings {
            self.mask_finding(finding);
        }
        for skip in &mut out.skipped {
            self.mask_path(&mut skip.path);
            match &mut skip.reason {
                SkipReason::Unreadable(text) | SkipReason::Missing { detail: text, .. } => {
                    self.mask(text);
                }
                _ => {}
            }
        }
        out.notes.iter_mut().for_each(|note| self.mask(note));
        out
    }

    fn mask_finding(&self, finding: &mut Finding) {
        self.mask_path(&mut finding.path);
        for line in &mut finding.snippet.lines {
            let Some(marked) = line.highlight.clone() else {
                self.mask(&mut line.text);
                continue;
            };
            let before = self.mask_in(&line.text[..marked.start]).into_owned();
            let mask = line.text[marked.clone()].to_owned();
            let behind = self.mask_in(&line.text[marked.end..]).into_owned();
            line.highlight = Some(before.len()..before.len() + mask.len());
            line.text = before + &mask + &behind;
        }
        for evidence in &mut finding.evidence {
            self.mask(&mut evidence.detail);
        }
        let origin = &mut finding.origin;
        let names = origin.paths.iter_mut().chain(&mut origin.refs);
        names.for_each(|name| self.mask(name));
        let others = [&mut origin.head_path, &mut origin.member];
        others
            .into_iter()
            .flatten()
            .for_each(|text| self.mask(text));
        if let Some(Acceptance {
            reason,
            source,
            first_seen,
            ..
        }) = &mut finding.accepted
        {
            let said = [reason, source].into_iter().chain(first_seen);
            said.for_each(|text| self.mask(text));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mint::Mint;
    use crate::rule::Shape;

    fn fragments(secrets: &[&[u8]]) -> Fragments {
        let parts = secrets.iter().flat_map(|s| s.array_windows());
        Fragments(parts.copied().collect())
    }

    #[test]
    fn parts_of_any_length_from_twelve_on_are_masked_and_shorter_ones_stay() {
        let secret = b"0123456789abcdefghij";
        let fragments = fragments(&[secret]);
        for (text, masked) in [
            ("x 0123456789abcdefghij y", "x … y"),
            ("x3456789abcdx", "x3456789abcdx"),
            ("x3456789abcdex", "x…x"),
            ("é23456789abcdé", "é…é"),
            ("0123456789ab0123456789ab", "……"),
            ("0123456789a", "0123456789a"),
            ("", ""),
        ] {
            assert_eq!(fragments.mask_in(text), masked);
        }
    }

    #[test]
    fn masks_and_public_beginnings_are_no_fragments() {
        let mut mint = Mint::new(4);
        let token = mint.token(Shape::FineGrained);
        let masked = Secret::new(&token).masked();
        let fragments = fragments(&[&token]);
        assert_eq!(fragments.mask_in(&masked), masked);
    }
}
