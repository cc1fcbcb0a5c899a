//! Tokens cut by the end of a line: at the edge of a terminal, by a mail program, in a comment, or in a string
//! that continues on the next line.
//!
//! Words at the end of one line and the start of the next are beside each other everywhere, so a proof is needed:
//! pieces are joined only from a prefix on, and only if the checksum of the whole is valid (or, for a
//! stateless token, its form and its header). A token is found if one of its first two pieces is a run of at least
//! [`MIN_SHORTER`](crate::detect::runs::MIN_SHORTER) word characters.

use std::ops::Range;

use super::gap::{
    IS_GAP, MOST_LINES, decode_pieces, gap_behind, is_escaped, is_stateless_part, piece_at,
    starts_new_token,
};
use super::{Decoded, head, margin};
use crate::detect::bytes::is_word;
use crate::detect::forms;
use crate::finding::Layer;
use crate::steps::add_steps;

/// Maximum length in bytes of a line that counts as full or not.
const WIDEST_LINE: usize = 512;

/// Appends the tokens that a line end cuts. `runs` are those for which [`head::may_be_piece`] returns true, and perhaps
/// others.
pub(super) fn regions(text: &[u8], runs: &[Range<usize>], out: &mut Vec<Decoded>) {
    let mut done = 0;
    for run in runs {
        for start in head::find_beginnings(text, run) {
            if start >= done
                && let Some(pieces) = join_pieces(text, start)
            {
                let region = decode_pieces(text, &pieces);
                done = region.range.end;
                out.push(region);
            }
        }
    }
}

/// Returns the pieces of the token that begins at `start`, with any margin.
fn join_pieces(text: &[u8], start: usize) -> Option<Vec<Range<usize>>> {
    let mut whole = None;
    let Some(pieces) = join_proved_pieces(text, start, &mut whole) else {
        return margin::join_behind_margins(text, start, false).or(whole);
    };
    // The checksum may be valid already at the start of the last piece.
    let proved: usize = pieces[..pieces.len() - 1].iter().map(Range::len).sum();
    if proved < forms::FINE_GRAINED_PROVED {
        return Some(pieces);
    }
    let other = margin::join_behind_margins(text, start, true);
    other
        .filter(|other| other.len() <= pieces.len())
        .or(Some(pieces))
}

/// Returns the pieces of the token that begins at `start`, if there are several and together they are one. Sets `whole`
/// to the pieces of a stateless token without a proof.
fn join_proved_pieces(
    text: &[u8],
    start: usize,
    whole: &mut Option<Vec<Range<usize>>>,
) -> Option<Vec<Range<usize>>> {
    if forms::may_become_stateless(&text[start..])
        && let Some(pieces) = join_stateless_pieces(text, start, whole)
    {
        return Some(pieces);
    }
    let mut word = Vec::new();
    let mut pieces = Vec::new();
    let mut at = start;
    loop {
        let piece = piece_at(text, at);
        word.extend_from_slice(&text[piece.clone()]);
        pieces.push(piece.clone());
        if word.len() > forms::LONGEST_CLASSIC || starts_new_token(text, &pieces) {
            return None;
        }
        if forms::is_proved(&word) {
            return Some(pieces);
        }
        at = gap_behind(text, piece.end, is_word)?;
    }
}

/// Returns the pieces of a stateless token with a valid structure. Without one, it continues as long as the lines are
/// full; then sets `whole` to its pieces.
fn join_stateless_pieces(
    text: &[u8],
    start: usize,
    whole: &mut Option<Vec<Range<usize>>>,
) -> Option<Vec<Range<usize>>> {
    let mut token = forms::Assembly::default();
    let mut pieces: Vec<Range<usize>> = Vec::new();
    let mut at = start;
    loop {
        let piece = at..at + token.add_piece(&text[at..])?;
        let is_full = pieces.last().is_none_or(|last| {
            last.len() == piece.len() || column_of(text, last.end) == column_of(text, piece.end)
        });
        pieces.push(piece.clone());
        if pieces.len() > MOST_LINES || starts_new_token(text, &pieces) {
            return None;
        }
        if pieces.len() > 1 && token.is_proved() {
            return Some(pieces);
        }
        let next = gap_behind(text, piece.end, is_stateless_part);
        let ends_here = token.is_whole() && (next.is_none() || !is_full);
        if ends_here && pieces.len() > 1 && whole.is_none() {
            *whole = Some(pieces.clone());
        }
        at = next?;
    }
}

/// Returns the distance in bytes of `at` from the start of its line.
fn column_of(text: &[u8], at: usize) -> usize {
    let near = &text[at.saturating_sub(WIDEST_LINE)..at];
    add_steps(near.len());
    memchr::memrchr(b'\n', near).map_or(near.len(), |n| near.len() - n)
}

/// Decodes `window` of `text` without its line ends and the blanks around them, or, with `signs`, without all bytes of
/// a gap.
pub(super) fn unwrap_lines(text: &[u8], window: Range<usize>, signs: bool) -> Decoded {
    let is_gap = |b: u8| {
        if signs {
            IS_GAP[usize::from(b)]
        } else {
            b.is_ascii_whitespace()
        }
    };
    let is_escape =
        |at: usize| text[at] == b'\\' && at + 1 < window.end && is_escaped(text, at + 1);
    let mut out = Decoded::new(Layer::Wrapped, window.clone());
    let (mut plain, mut at) = (window.start, window.start);
    while at < window.end {
        if text[at] != b'\n' && !is_escape(at) {
            at += 1;
            continue;
        }
        let kept = &text[plain..at];
        let tail = kept.iter().rev().take_while(|b| is_gap(**b)).count();
        out.push_plain(&kept[..kept.len() - tail], plain);
        loop {
            at += match text[..window.end].get(at) {
                Some(_) if is_escape(at) => 2,
                Some(b) if is_gap(*b) => 1,
                _ => break,
            };
        }
        plain = at;
    }
    out.push_plain(&text[plain..window.end.max(plain)], plain);
    out
}
