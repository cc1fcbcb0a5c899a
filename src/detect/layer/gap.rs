//! Gaps between the pieces of a token that a line end cuts, and the pieces on either side.

use std::ops::Range;

use super::Decoded;
use crate::detect::bytes::is_word;
use crate::detect::forms;
use crate::finding::Layer;
use crate::steps::add_steps;

/// Maximum length of the gap between two pieces, in bytes.
const WIDEST_GAP: usize = 160;

/// Maximum number of line breaks in a gap; in a notebook each string has one, and one is between the strings.
const MOST_BREAKS: usize = 2;

/// Bytes that a gap may contain beside the line break: indentation, and the signs of a quoted mail, of a comment,
/// of a change, of the end and the start of a string, of a continued line.
pub(super) static IS_GAP: [bool; 256] = {
    let signs = b" \t\r\n\\\"'`,>|#/*;-+!%&.^";
    let mut table = [false; 256];
    let mut at = 0;
    while at < signs.len() {
        table[signs[at] as usize] = true;
        at += 1;
    }
    table
};

/// Maximum number of lines of a token.
pub(super) const MOST_LINES: usize = 64;

/// Predicate for the characters of a piece.
pub(super) type PieceAlphabet = fn(u8) -> bool;

/// Returns true if the character at `at` is the second one of an escaped line break or tab.
pub(super) fn is_escaped(text: &[u8], at: usize) -> bool {
    at > 0 && text[at - 1] == b'\\' && matches!(text[at], b'n' | b'r' | b't')
}

/// Returns the start of the gap that ends at `end`, if it contains a line break.
pub(super) fn gap_before(text: &[u8], end: usize) -> Option<usize> {
    let floor = end.saturating_sub(WIDEST_GAP);
    let mut breaks = 0;
    let mut at = end;
    while at > floor {
        if IS_GAP[usize::from(text[at - 1])] {
            at -= 1;
            breaks += usize::from(text[at] == b'\n');
        } else if is_escaped(text, at - 1) {
            at -= 2;
            breaks += usize::from(text[at + 1] == b'n');
        } else {
            break;
        }
    }
    add_steps(end - at);
    (at > floor && (1..=MOST_BREAKS).contains(&breaks)).then_some(at)
}

/// Returns the end of the gap that begins at `start`, if it contains a line break and a piece follows.
pub(super) fn gap_behind(text: &[u8], start: usize, part: PieceAlphabet) -> Option<usize> {
    let ceiling = text.len().min(start + WIDEST_GAP);
    let mut breaks = 0;
    let mut at = start;
    while at < ceiling {
        if text[at] == b'\\' && at + 1 < ceiling && is_escaped(text, at + 1) {
            breaks += usize::from(text[at + 1] == b'n');
            at += 2;
        } else if IS_GAP[usize::from(text[at])] && (!part(text[at]) || is_line_leader(&text[at..]))
        {
            breaks += usize::from(text[at] == b'\n');
            at += 1;
        } else {
            break;
        }
    }
    add_steps(at - start);
    let goes_on = at < ceiling && part(text[at]);
    (goes_on && (1..=MOST_BREAKS).contains(&breaks)).then_some(at)
}

/// Returns true if `text` begins with signs and then a space, so that the signs belong to no token.
fn is_line_leader(text: &[u8]) -> bool {
    let signs = text.iter().take(WIDEST_GAP);
    let count = signs.take_while(|b| matches!(b, b'-' | b'.')).count();
    matches!(text.get(count), Some(b' ' | b'\t'))
}

/// Returns the word characters from `start` on, at most one more than in the longest token.
pub(super) fn piece_at(text: &[u8], start: usize) -> Range<usize> {
    let near = text[start..].iter().take(forms::LONGEST_CLASSIC + 1);
    let len = near.take_while(|b| is_word(**b)).count();
    add_steps(len);
    start..start + len
}

/// Returns true if stateless tokens may contain this byte.
pub(super) fn is_stateless_part(byte: u8) -> bool {
    is_word(byte) || matches!(byte, b'-' | b'.')
}

/// Returns true if the last of several pieces is the first of another token. This also bounds the work.
pub(super) fn starts_new_token(text: &[u8], pieces: &[Range<usize>]) -> bool {
    matches!(pieces, [_, .., last] if forms::token_start(text, last).is_some())
}

/// Returns the region of these pieces of `text`.
pub(in crate::detect) fn decode_pieces(text: &[u8], pieces: &[Range<usize>]) -> Decoded {
    let start = pieces.first().map_or(0, |p| p.start);
    let end = pieces.last().map_or(0, |p| p.end);
    let mut out = Decoded::new(Layer::Wrapped, start..end);
    for piece in pieces {
        out.push_plain(&text[piece.clone()], piece.start);
    }
    out
}
