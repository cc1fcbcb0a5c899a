//! Masks secrets in messages and written settings. Users may paste into arguments, settings and reasons the secret
//! that these are about.

use std::borrow::Cow;
use std::path::Path;

use crate::finding::{Checksum, Confidence, Finding, mask_places};
use crate::scan::Scanner;
use crate::source::git::RepositoryLookup;
use crate::span::Span;

/// Minimum length in bytes of a secret.
const SHORTEST: usize = 16;

/// Masks secrets in the messages of this program.
#[derive(Default)]
pub(super) struct MessageMasker(Option<Scanner>);

impl MessageMasker {
    /// Returns the text with every secret in it masked.
    pub(super) fn apply<'t>(&mut self, text: &'t str) -> Cow<'t, str> {
        if text.len() < SHORTEST {
            return Cow::Borrowed(text);
        }
        // Most runs never need the scanner, and none needs it twice.
        let scanner = self.0.get_or_insert_with(|| {
            Scanner::builder()
                .min_confidence(Confidence::Low)
                .object_lookup(RepositoryLookup::default())
                .build()
        });
        let mut findings = scanner.scan_text(text.as_bytes(), Path::new("words"));
        findings.retain(is_likely_secret);
        let at = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        let places = findings.iter().map(|f| Span {
            start: at(f.bytes.start),
            end: at(f.bytes.end),
        });
        let places: Vec<Span> = places.collect();
        if places.is_empty() {
            return Cow::Borrowed(text);
        }
        Cow::Owned(mask_places(text, &places))
    }
}

/// Returns true for a likely secret. A damaged token counts; a 40-hex value may be a commit, common in messages.
fn is_likely_secret(finding: &Finding) -> bool {
    finding.checksum != Checksum::None || finding.confidence >= Confidence::Medium
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{Mint, Shape};

    #[test]
    fn every_token_in_a_text_is_masked_and_nothing_else() {
        let mut mint = Mint::new(3);
        let mut mask = MessageMasker::default();
        let [a, b] = [Shape::Ghp, Shape::FineGrained].map(|s| mint.new_token(s));
        let [a, b] = [a, b].map(|t| String::from_utf8(t).unwrap());
        let said = mask.apply(&format!("é `{a}` and {b}, {a}")).into_owned();
        assert!(
            !said.contains(&a[..12]) && !said.contains(&b[13..25]),
            "{said}"
        );
        assert!(
            said.starts_with("é `ghp_") && said.matches('…').count() == 3,
            "{said}"
        );
        // A classic token after a stateless one, with nothing, two letters or a separator between the two.
        for joint in ["", "ab", "=", ", "] {
            let both = [Shape::GhsStateless, Shape::Ghp].map(|s| mint.new_token(s));
            let both = both.map(|t| String::from_utf8(t).unwrap());
            let said = mask.apply(&both.join(joint)).into_owned();
            let shows = |token: &String| {
                token
                    .as_bytes()
                    .windows(12)
                    .any(|w| memchr::memmem::find(said.as_bytes(), w).is_some())
            };
            assert!(!both.iter().any(shows), "{said}");
        }
        let commit = String::from_utf8(mint.hex(40)).unwrap();
        let plain = format!("the commit {commit} before it is not in this clone");
        assert_eq!(mask.apply(&plain), plain);
    }
}
