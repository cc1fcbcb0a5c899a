//! What people paste into arguments, settings and reasons may be the very secret that they are about. What this
//! program says of it, or writes down, has the secret masked.

use std::borrow::Cow;
use std::path::Path;

use crate::finding::{Checksum, Confidence, Finding};
use crate::rule;
use crate::scan::{ScanOptions, Scanner};

/// No secret is shorter.
const SHORTEST: usize = 16;

/// Masks secrets in our own words.
#[derive(Default)]
pub(super) struct Mask(Option<Scanner>);

impl Mask {
    /// The text with every secret in it masked.
    pub(super) fn apply<'t>(&mut self, text: &'t str) -> Cow<'t, str> {
        if text.len() < SHORTEST {
            return Cow::Borrowed(text);
        }
        // Most runs never come here, and none needs it twice.
        let scanner = self.0.get_or_insert_with(|| {
            let min_confidence = Confidence::Low;
            Scanner::new(rule::builtin(), ScanOptions { min_confidence })
        });
        let mut findings = scanner.scan_text(text.as_bytes(), Path::new("words"));
        findings.retain(is_likely);
        findings.sort_by_key(|f| f.bytes.start);
        let mut out = String::new();
        let mut done = 0;
        for finding in &findings {
            let place = usize::try_from(finding.bytes.start).ok();
            let place = place.zip(usize::try_from(finding.bytes.end).ok());
            let Some((start, end)) = place.filter(|(start, _)| *start >= done) else {
                continue;
            };
            let (Some(before), true) = (text.get(done..start), text.is_char_boundary(end)) else {
                continue;
            };
            out.push_str(before);
            out.push_str(&finding.secret.masked());
            done = end;
        }
        if done == 0 {
            return Cow::Borrowed(text);
        }
        out.push_str(&text[done..]);
        Cow::Owned(out)
    }
}

/// A damaged token is still none to show; a 40-hex value may be a commit, which messages are full of.
fn is_likely(finding: &Finding) -> bool {
    finding.checksum != Checksum::None || finding.confidence >= Confidence::Medium
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mint::Mint;
    use crate::rule::Shape;

    #[test]
    fn every_token_in_a_text_is_masked_and_nothing_else() {
        let mut mint = Mint::new(3);
        let mut mask = Mask::default();
        let [a, b] = [Shape::Ghp, Shape::FineGrained].map(|s| mint.token(s));
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
        let commit = String::from_utf8(mint.hex(40)).unwrap();
        let plain = format!("the commit {commit} before it is not in this clone");
        assert_eq!(mask.apply(&plain), plain);
    }
}
