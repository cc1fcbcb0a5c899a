//! Masking of secrets wherever a report would quote them: in paths, reasons, details of evidence, and excerpts of other
//! places.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::fragment_set::{FragmentSet, LENGTH};
use super::outcome::Outcome;
use super::snippet::hide_places;
use super::{Acceptance, Finding, Layer, Origin, Secret, SkipReason};
use crate::span::Span;

/// Public beginning of all tokens of a form.
const PUBLIC: &[u8] = b"github_pat_11";

/// All parts, `LENGTH` bytes long, of the secrets of a scan.
#[derive(Default)]
pub struct SecretFragments(FragmentSet);

impl SecretFragments {
    /// Collects the fragments of all secrets of an outcome, reported as leaks or not.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Self {
        let mut fragments = SecretFragments::default();
        fragments.add_findings(&outcome.findings);
        fragments
    }

    /// Adds the fragments of the secrets of these findings.
    pub fn add_findings<'f>(&mut self, findings: impl IntoIterator<Item = &'f Finding>) {
        let mut encoded = Vec::new();
        let secrets = findings.into_iter().map(|finding| {
            // Copies of an encoded secret may be cut, and then no finding covers them.
            if finding.decoded_from.contains(&Layer::Base64) {
                encoded.push(&finding.secret);
            }
            &finding.secret
        });
        self.0.add(secrets.flat_map(parts_of));
        for secret in encoded {
            self.add_base64(secret.expose_the_secret());
        }
    }

    /// Adds the parts of a secret in base64, at each of the three alignments that a secret inside a text may have.
    fn add_base64(&mut self, secret: &[u8]) {
        for (before, first) in [(0, 0), (1, 2), (2, 3)] {
            let text = [&[0; 2][..before], secret].concat();
            // Characters that encode bits of other bytes differ from place to place.
            let last = text.len() * 8 / 6;
            for encoding in [data_encoding::BASE64, data_encoding::BASE64URL] {
                let encoded = encoding.encode(&text).into_bytes();
                let own = encoded.get(first..last).unwrap_or_default();
                self.0.add(own.array_windows());
            }
        }
    }

    /// Collects the fragments of these secrets.
    pub fn of_secrets<'s>(secrets: impl Iterator<Item = &'s Secret>) -> Self {
        let mut fragments = SecretFragments::default();
        fragments.0.add(secrets.flat_map(parts_of));
        fragments
    }

    /// Returns the text with an ellipsis in place of every part of a secret, and of what may be the rest of it.
    #[must_use]
    pub fn mask_in<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let parts = self.parts_in(text);
        if parts.is_empty() {
            return Cow::Borrowed(text);
        }
        Cow::Owned(hide_places(text, &parts))
    }

    /// Returns the places of parts of secrets in `text`, in order, extended to whole characters.
    fn parts_in(&self, text: &str) -> Vec<Span> {
        let is_part = |at: usize| {
            let window = text.as_bytes().get(at..).and_then(<[u8]>::first_chunk);
            window.map(|window| self.0.contains(window))
        };
        let mut parts = Vec::new();
        if self.0.is_empty() {
            return parts;
        }
        let mut at = 0;
        while let Some(begins) = is_part(at) {
            if !begins {
                at += 1;
                continue;
            }
            let mut last = at;
            while is_part(last + 1) == Some(true) {
                last += 1;
            }
            let end = text.ceil_char_boundary(last + LENGTH);
            parts.push((text.floor_char_boundary(at)..end).into());
            at = end;
        }
        parts
    }

    /// Replaces every part of a secret in `text` by an ellipsis.
    fn mask_text(&self, text: &mut String) {
        if let Cow::Owned(masked) = self.mask_in(text) {
            *text = masked;
        }
    }

    fn mask_path(&self, path: &mut PathBuf) {
        if let Some(masked) = self.path_with_mask(path) {
            *path = masked;
        }
    }

    /// Returns the path with an ellipsis in place of every part of a secret, or `None` if it contains none.
    fn path_with_mask(&self, path: &Path) -> Option<PathBuf> {
        match self.mask_in(&path.to_string_lossy()) {
            Cow::Owned(masked) => Some(PathBuf::from(masked)),
            Cow::Borrowed(_) => None,
        }
    }

    /// Returns the outcome in the form that a report may quote: mostly as it is, as excerpts are masked already.
    #[must_use]
    pub fn mask_outcome<'o>(&self, outcome: &'o Outcome) -> Cow<'o, Outcome> {
        let mut skips = outcome.skipped.iter();
        let is_masked = !outcome.findings.iter().any(|f| self.is_in_finding(f))
            && !skips.any(|s| self.is_in_path(&s.path) || self.is_in(&s.reason.to_string()))
            && !outcome.notes.iter().any(|note| self.is_in(note))
            && !outcome.repositories.iter().any(|r| self.is_in(&r.path));
        if is_masked {
            return Cow::Borrowed(outcome);
        }
        let mut out = outcome.clone();
        for finding in &mut out.findings {
            self.mask_finding(finding);
        }
        for skip in &mut out.skipped {
            self.mask_path(&mut skip.path);
            match &mut skip.reason {
                SkipReason::Unreadable(text) | SkipReason::Missing { detail: text, .. } => {
                    self.mask_text(text);
                }
                _ => {}
            }
        }
        out.notes.iter_mut().for_each(|note| self.mask_text(note));
        for repository in &mut out.repositories {
            self.mask_text(&mut repository.path);
        }
        Cow::Owned(out)
    }

    /// Returns true if a part of a secret is in `text`.
    fn is_in(&self, text: &str) -> bool {
        !self.parts_in(text).is_empty()
    }

    fn is_in_path(&self, path: &Path) -> bool {
        self.is_in(&path.to_string_lossy())
    }

    /// Returns true if a part of a secret is in a text of a finding.
    fn is_in_finding(&self, finding: &Finding) -> bool {
        let mut lines = finding.snippet.lines.iter();
        let mut evidence = finding.evidence.iter();
        self.is_in_path(&finding.path)
            || lines.any(|line| self.is_in(&line.text))
            || evidence.any(|evidence| self.is_in(&evidence.detail))
            || self.is_in_origin(&finding.origin)
            || finding.accepted.as_ref().is_some_and(|accepted| {
                let first = accepted.first_seen.iter();
                let mut said = [&accepted.reason, &accepted.source]
                    .into_iter()
                    .chain(first);
                said.any(|text| self.is_in(text))
            })
    }

    fn is_in_origin(&self, origin: &Origin) -> bool {
        let mut masked = origin.clone();
        self.mask_origin(&mut masked);
        masked != *origin
    }

    fn mask_origin(&self, origin: &mut Origin) {
        let names = origin.paths.iter_mut().chain(&mut origin.refs);
        names.for_each(|name| self.mask_text(name));
        let others = [
            &mut origin.head_path,
            &mut origin.member,
            &mut origin.author,
            &mut origin.repository,
        ];
        others
            .into_iter()
            .flatten()
            .for_each(|text| self.mask_text(text));
        if let Some(place) = &mut origin.place {
            *place = place.with_names(&|name| self.mask_in(name).into_owned());
        }
    }

    fn mask_finding(&self, finding: &mut Finding) {
        self.mask_path(&mut finding.path);
        for line in &mut finding.snippet.lines {
            let Some(marked) = line.highlight else {
                self.mask_text(&mut line.text);
                continue;
            };
            // A part of a secret may extend from the text into the mask beside it.
            let parts = self.parts_in(&line.text);
            let before = with_ellipses(&line.text, &parts, (0..marked.start).into());
            let mask = line.text[marked].to_owned();
            let behind = with_ellipses(&line.text, &parts, (marked.end..line.text.len()).into());
            line.highlight = Some((before.len()..before.len() + mask.len()).into());
            line.text = before + &mask + &behind;
        }
        for evidence in &mut finding.evidence {
            self.mask_text(&mut evidence.detail);
        }
        // Other findings may share the origin, so it is changed only if it must be.
        let mut origin = Origin::clone(&finding.origin);
        self.mask_origin(&mut origin);
        if origin != *finding.origin {
            finding.origin = origin.into();
        }
        if let Some(Acceptance {
            reason,
            source,
            first_seen,
            ..
        }) = finding.accepted.as_deref_mut()
        {
            let said = [reason, source].into_iter().chain(first_seen);
            said.for_each(|text| self.mask_text(text));
        }
    }
}

/// Returns the parts of a secret, without those that are in all tokens of its form.
fn parts_of(secret: &Secret) -> impl Iterator<Item = &[u8; LENGTH]> {
    let parts = secret.expose_the_secret().array_windows();
    parts.filter(|part| !PUBLIC.array_windows().any(|public| public == *part))
}

/// Returns `range` of the text, with an ellipsis for each of `parts` that overlaps it.
fn with_ellipses(text: &str, parts: &[Span], range: Span) -> String {
    let mut out = String::new();
    let mut at = range.start;
    for part in parts {
        if part.end <= at || part.start >= range.end {
            continue;
        }
        out.push_str(&text[at..part.start.max(at)]);
        out.push('…');
        at = part.end.min(range.end);
    }
    out.push_str(&text[at..range.end]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{Mint, Shape};

    fn fragments(secrets: &[&[u8]]) -> SecretFragments {
        let mut set = FragmentSet::default();
        set.add(secrets.iter().flat_map(|s| s.array_windows()));
        SecretFragments(set)
    }

    #[test]
    fn parts_of_any_length_from_twelve_on_are_masked_and_shorter_ones_stay() {
        let secret = b"0123456789abcdefghij";
        let fragments = fragments(&[secret]);
        for (text, masked) in [
            ("x 0123456789abcdefghij y", "x … y"),
            ("x3456789abcdx", "x3456789abcdx"),
            ("x3456789abcdex", "x…"),
            ("longer0123456789ab.env", "….env"),
            ("to/0123456789ab-0123456789xyz/x", "to/…/x"),
            ("é23456789abcdé", "é…é"),
            ("0123456789ab0123456789ab", "…"),
            ("0123456789a", "0123456789a"),
            ("", ""),
        ] {
            assert_eq!(fragments.mask_in(text), masked);
        }
    }

    #[test]
    fn a_part_that_goes_on_into_a_mask_is_hidden_as_far_as_the_text_shows_it() {
        let text = "x secret=ghu_abcd…wxyz tail";
        let fragments = fragments(&[b"..secret=ghu_a...wxyz tail", b"wxyz tail and"]);
        let parts = fragments.parts_in(text);
        assert_eq!(parts, [Span::from(2..14)]);
        assert_eq!(with_ellipses(text, &parts, (0..9).into()), "x …");
        assert_eq!(
            with_ellipses(text, &parts, (9..text.len()).into()),
            "…bcd…wxyz tail"
        );
    }

    #[test]
    fn a_cut_copy_of_an_encoded_secret_is_hidden_too() {
        let token = Mint::new(5).new_token(Shape::Ghp);
        let mut fragments = SecretFragments::default();
        fragments.add_base64(&token);
        for before in ["", "a", "ab", "abc", "login:"] {
            let text = data_encoding::BASE64.encode(&[before.as_bytes(), &token, b" and"].concat());
            let masked = fragments.mask_in(&text[before.len() + 4..]).into_owned();
            assert!(masked.contains('…'), "{masked}");
            let kept = masked.split('…').all(|part| part.len() < LENGTH);
            assert!(kept, "{masked}");
        }
    }

    #[test]
    fn masks_and_public_beginnings_are_no_fragments() {
        let mut mint = Mint::new(4);
        let token = mint.new_token(Shape::FineGrained);
        let masked = Secret::new(&token).masked();
        let fragments = fragments(&[&token]);
        assert_eq!(fragments.mask_in(&masked), masked);
    }
}
