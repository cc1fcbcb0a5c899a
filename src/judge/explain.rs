//! Descriptions of evidence, with quotations from which all possible secrets are removed.

use std::ops::Range;

use super::context::CandidateContext;
use super::evidence_location::EvidenceLocation;
use super::feature::Feature;

/// Maximum length of a quotation in characters.
const QUOTE: usize = 60;

/// Returns the description of a feature with its place.
pub(super) fn describe_feature(
    context: &CandidateContext<'_>,
    feature: Feature,
    place: &EvidenceLocation,
) -> String {
    let says = feature.sentence();
    match place {
        EvidenceLocation::Nowhere => says.to_owned(),
        EvidenceLocation::Path => format!("{says}: `{}`", quote_masked(context.path)),
        EvidenceLocation::Text(range) => {
            let (start, end) = context.range;
            at(says, context.text, range, &(start..end))
        }
        EvidenceLocation::Outer(range) => {
            let own = (context.text, context.range);
            let (text, (start, end)) = context.outer.map_or(own, |o| (o.text, o.range));
            at(says, text, range, &(start..end))
        }
    }
}

fn at(says: &str, text: &[u8], range: &Range<usize>, value: &Range<usize>) -> String {
    let around = range.start <= value.start && range.end >= value.end;
    if range.is_empty() || (around && range.len() <= value.len()) {
        return says.to_owned();
    }
    let quoted = quote_masked(&text[range.clone()]);
    if around {
        return format!("{says}: `{quoted}`");
    }
    let (between, side) = if range.end <= value.start {
        (range.end..value.start, "above")
    } else {
        (value.end.min(range.start)..range.start, "below")
    };
    match memchr::memchr_iter(b'\n', &text[between]).count() {
        0 => format!("{says}: `{quoted}`"),
        1 => format!("{says}: `{quoted}`, one line {side}"),
        n => format!("{says}: `{quoted}`, {n} lines {side}"),
    }
}

/// Returns a quotation on one line; words that could be secrets are cut to their first characters.
fn quote_masked(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(8 * QUOTE)]);
    let mut out = String::new();
    let joint = |c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-');
    for word in text.split_whitespace() {
        for part in word.split_inclusive(joint) {
            let digits = part.bytes().filter(u8::is_ascii_digit).count();
            if part.len() >= 16 && digits >= 3 {
                out.extend(part.chars().take(4));
                out.push('…');
            } else {
                out.push_str(part);
            }
        }
        out.push(' ');
    }
    let out = out.trim_end();
    match out.char_indices().nth(QUOTE) {
        Some((cut, _)) => format!("{}…", &out[..cut]),
        None => out.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{Mint, Shape};

    #[test]
    fn quotations_are_short_and_hold_no_secret() {
        let mut mint = Mint::new(5);
        for shape in Shape::ALL {
            let token = String::from_utf8(mint.new_token(shape)).unwrap();
            let quoted = quote_masked(format!("a key = '{token}'; more\n  text").as_bytes());
            assert!(!quoted.contains(&token[8..]), "{quoted}");
            assert!(quoted.starts_with("a key = "), "{quoted}");
        }
        assert_eq!(
            quote_masked("é".repeat(90).as_bytes()).chars().count(),
            QUOTE + 1
        );
    }

    #[test]
    fn places_are_told_from_the_value() {
        let text = b"one\ntwo\nVALUE\nthree";
        assert_eq!(at("x", text, &(0..3), &(8..13)), "x: `one`, 2 lines above");
        assert_eq!(
            at("x", text, &(14..19), &(8..13)),
            "x: `three`, one line below"
        );
        assert_eq!(at("x", text, &(8..13), &(8..13)), "x");
    }
}
