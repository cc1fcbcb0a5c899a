//! Tokens that have begun at the end of a text and may continue in the text after it, for streams.

use std::ops::Range;

use super::gap::{PieceAlphabet, gap_before, is_stateless_part};
use super::{head, margin, prefix_end};
use crate::detect::bytes::is_word;
use crate::detect::candidate::LONGEST_TOKEN;
use crate::detect::forms;

/// Maximum number of bytes at the end of a text in which a token that goes on may begin.
const REACH: usize = 8 * 1024;

/// Returns the pieces of a token at the end of `text` that may continue in the text after it: after a line end, or, if
/// `text` does not end with one, right there. Empty if there is none.
#[must_use]
pub fn partial_tokens(text: &[u8]) -> Vec<Range<usize>> {
    if let Some(key) = forms::partial_key(text) {
        return vec![key];
    }
    [is_stateless_part as PieceAlphabet, is_word]
        .into_iter()
        .map(|part| partial_tokens_of(text, part))
        .find(|pieces| !pieces.is_empty())
        .unwrap_or_else(|| begun_behind_margins(text))
}

fn partial_tokens_of(text: &[u8], part: PieceAlphabet) -> Vec<Range<usize>> {
    let floor = text.len().saturating_sub(LONGEST_TOKEN);
    let mut pieces: Vec<Range<usize>> = Vec::new();
    let mut end = text.len();
    if !text.last().is_some_and(|b| part(*b)) {
        let Some(before) = gap_before(text, end) else {
            return pieces;
        };
        end = before;
    }
    while end > floor {
        let piece = word_before(text, end, part)..end;
        if piece.is_empty() {
            return Vec::new();
        }
        let begins = forms::token_start(text, &piece);
        pieces.insert(0, begins.unwrap_or(piece.start)..end);
        if begins.is_some() {
            let word: Vec<u8> = pieces
                .iter()
                .flat_map(|p| &text[p.clone()])
                .copied()
                .collect();
            let is_open = forms::missing_characters(&word).is_some_and(|left| left > 0);
            return if is_open { pieces } else { Vec::new() };
        }
        match gap_before(text, piece.start) {
            Some(before) => end = before,
            None => return Vec::new(),
        }
    }
    Vec::new()
}

/// Returns the start of the word that ends at `end`, at most [`LONGEST_TOKEN`] characters before.
fn word_before(text: &[u8], end: usize, part: PieceAlphabet) -> usize {
    let near = &text[end.saturating_sub(LONGEST_TOKEN)..end];
    let others = near.iter().rposition(|b| !part(*b));
    end - near.len() + others.map_or(0, |at| at + 1)
}

/// Returns the pieces of a token that continues over the last lines of `text`, which may have margins, and has not ended
/// there.
fn begun_behind_margins(text: &[u8]) -> Vec<Range<usize>> {
    let floor = text.len().saturating_sub(REACH);
    let heads = prefix_end::prefix_ends(text, floor..text.len());
    let starts = heads.flat_map(|head| head::beginnings_of(text, &head));
    let mut begun = starts.filter_map(|start| margin::begin_behind_margins(text, start));
    begun.next().unwrap_or_default()
}
