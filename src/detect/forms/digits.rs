//! Detection of 40 hex digits, with or without the prefix of the legacy tokens of apps.

use std::ops::Range;

use super::start::{end_before_emphasis, leading_underscores, starts_behind_escapes};
use crate::detect::Candidate;
use crate::detect::runs::is_word;
use crate::finding::Checksum;
use crate::token::Shape;

/// Returns true if `word` has as many hex digits as a token without a prefix, with or without underscores around it.
pub(in crate::detect) fn is_digits(word: &[u8]) -> bool {
    let start = leading_underscores(word);
    let trail = word.iter().rev().take_while(|b| **b == b'_').count();
    let digits = word.get(start..word.len() - trail).unwrap_or_default();
    is_token_hex(digits)
}

/// Returns true if a run is 40 lower-case hex digits and no part of another form, which most ids are.
#[inline]
pub(in crate::detect) fn is_lone_hex(text: &[u8], run: &Range<usize>) -> bool {
    let is_stop = |at: usize| text.get(at) == Some(&b'.');
    run.len() == 40
        && matches!(text[run.start], b'0'..=b'9' | b'a'..=b'f')
        && !is_stop(run.start.wrapping_sub(1))
        && !is_stop(run.end)
        && is_token_hex(&text[run.clone()])
}

/// Finds 40 lower-case hex digits that fill all of a run but its head, where the end of an escape may be.
pub(super) fn find_hex(text: &[u8], run: &Range<usize>, out: &mut Vec<Candidate>) {
    // The first start with a candidate is the only one.
    _ = starts_behind_escapes(text, run).any(|start| find_hex_from(text, start, run.end, out));
}

/// Finds 40 lower-case hex digits from `start` on, with or without the prefix of the legacy app tokens. Returns true if
/// there are some.
pub(super) fn find_hex_from(
    text: &[u8],
    start: usize,
    end: usize,
    out: &mut Vec<Candidate>,
) -> bool {
    let Some(end) = end_before_emphasis(text, start, end) else {
        return false;
    };
    let digits = end - start;
    if !is_token_hex(&text[start..end]) {
        return false;
    }
    let bordered = |p: usize| p == 0 || !(is_word(text[p - 1]) || text[p - 1] == b'.');
    let prefix = start.checked_sub(3).filter(|p| bordered(*p));
    let (shape, from) = match (digits, prefix.map(|p| (p, &text[p..start]))) {
        (40, Some((p, b"v1."))) => (Shape::V1Hex, p),
        (_, Some((p, b"r1."))) => (Shape::R1Hex, p),
        (40, _) => (Shape::Hex40, start),
        _ => return false,
    };
    out.push(Candidate::of_shape(shape, Checksum::None, from..end));
    true
}

/// Returns true if `word` is 40 or 80 lower-case hex digits.
fn is_token_hex(word: &[u8]) -> bool {
    if !matches!(word.len(), 40 | 80) {
        return false;
    }
    // Sixteen are examined at a time without an early exit, which the compiler vectorises.
    let are_hex = |digits: &[u8; 16]| {
        let is_hex = |b: &u8| b.is_ascii_digit() | matches!(b, b'a'..=b'f');
        digits.iter().fold(true, |all, b| all & is_hex(b))
    };
    word.as_chunks().0.iter().all(are_hex) && word.last_chunk().is_some_and(are_hex)
}
