//! Tokens cut by the end of a line: at the edge of a terminal, by a mail program, in a comment, or in a string
//! that continues on the next line.
//!
//! Words at the end of one line and the start of the next are beside each other everywhere, so a proof is needed:
//! pieces are joined only from a prefix on, and only if the checksum of the whole is valid (or, for a
//! stateless token, its form and its header). A token is found if one of its first two pieces is a run of at
//! least [`runs::MIN_SHORTER`] word characters.

use std::ops::Range;

use super::{Decoded, margin};
use crate::detect::runs::{self, MIN_SHORTER, is_word};
use crate::detect::{LONGEST_TOKEN, forms};
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

/// Maximum length in bytes of a line that counts as full or not.
const WIDEST_LINE: usize = 512;

/// Predicate for the characters of a piece.
type PieceAlphabet = fn(u8) -> bool;

/// Appends the tokens that a line end cuts. `shorter` are the runs of at least [`MIN_SHORTER`] word characters
/// for which [`may_be_piece`] returns true, and perhaps others.
pub(super) fn regions(text: &[u8], shorter: &[Range<usize>], out: &mut Vec<Decoded>) {
    let mut done = 0;
    for run in shorter {
        if run.start >= done
            && let Some(start) = token_head(text, run)
            && let Some(pieces) = join_pieces(text, start)
        {
            let region = decode_pieces(text, &pieces);
            done = region.range.end;
            out.push(region);
        }
    }
}

/// Returns true if `run` may be the first or the second piece of a token.
#[inline]
pub(super) fn may_be_piece(text: &[u8], run: &Range<usize>) -> bool {
    let is_near = may_begin(text, run.start) || may_continue_at(text, run.start);
    (is_near && has_mixed_characters(text, run) || is_random(text, run))
        && token_head(text, run).is_some()
}

/// Returns true if there may be a line break in the gap before `at`. This discards nearly every word, of which there
/// are millions.
fn may_continue_at(text: &[u8], at: usize) -> bool {
    let gap = |at: usize| at > 0 && IS_GAP[usize::from(text[at - 1])];
    gap(at) && (text[at - 1] == b'\n' || gap(at - 1) || at > 1 && is_escaped(text, at - 2))
}

/// Returns true if a run is not just letters of one case, like names. All but one in a million pieces are mixed.
fn has_mixed_characters(text: &[u8], run: &Range<usize>) -> bool {
    let Some(word) = text[run.start..].first_chunk::<MIN_SHORTER>() else {
        return false;
    };
    let all = |wanted: fn(u8) -> bool| word.iter().fold(true, |all, b| all & wanted(*b));
    !all(|b| b.is_ascii_lowercase() | (b == b'_')) && !all(|b| b.is_ascii_uppercase() | (b == b'_'))
}

/// Returns true if a run is as long and as mixed as the larger piece of a token that is cut after a few characters.
/// Names with capitals, small letters and digits are rarely so long.
#[inline]
fn is_random(text: &[u8], run: &Range<usize>) -> bool {
    if run.len() > forms::LONGEST_CLASSIC {
        return false;
    }
    let word = &text[run.clone()];
    let any = |wanted: fn(u8) -> bool| word.iter().fold(false, |any, b| any | wanted(*b));
    any(|b| b.is_ascii_digit())
        && any(|b| b.is_ascii_uppercase())
        && any(|b| b.is_ascii_lowercase())
}

/// Returns the start of the token of which `run` may be the first or the second piece.
fn token_head(text: &[u8], run: &Range<usize>) -> Option<usize> {
    // Both checks are made for every run, so the one that discards most runs comes first.
    if may_begin(text, run.start)
        && text
            .get(run.end)
            .is_some_and(|b| IS_GAP[usize::from(*b)] || *b == 0x1b || *b >= 0x80)
        && let Some(start) = forms::token_start(text, run)
    {
        // A whole token, or text that is no token, needs no joining.
        let is_open = forms::may_become_stateless(&text[start..])
            || forms::is_incomplete(&text[start..run.end]);
        return is_open.then_some(start);
    }
    head_behind_gap(text, run).or_else(|| {
        let above = is_random(text, run).then(|| margin::head_above(text, run));
        above.flatten()
    })
}

/// Returns the start of the token of which `run` may be the second piece, with only signs between the pieces.
fn head_behind_gap(text: &[u8], run: &Range<usize>) -> Option<usize> {
    let start = run.start + usize::from(is_escaped(text, run.start));
    if start == 0 || start == run.start && !IS_GAP[usize::from(text[start - 1])] {
        return None;
    }
    let end = gap_before(text, start)?;
    let first = end - runs::word_len_before(text, end);
    // A longer word is a run itself and was examined as such.
    if first == end || end - first >= MIN_SHORTER || !may_begin(text, first) {
        return None;
    }
    // The text before the first piece is included, as an escape in it may end inside the piece.
    let from = first.saturating_sub(MIN_SHORTER);
    add_steps(run.len());
    let joined = [&text[from..end], &text[start..run.end]].concat();
    let begins = from + forms::token_start(&joined, &(first - from..joined.len()))?;
    (begins < end).then_some(begins)
}

/// Returns true if a word at `at` may begin with a prefix, or with the end of an escape and then a prefix.
fn may_begin(text: &[u8], at: usize) -> bool {
    matches!(text[at], b'g' | b'n' | b'_') || at > 0 && forms::ends_escape_head(text[at - 1])
}

/// Returns true if the character at `at` is the second one of an escaped line break or tab.
fn is_escaped(text: &[u8], at: usize) -> bool {
    at > 0 && text[at - 1] == b'\\' && matches!(text[at], b'n' | b'r' | b't')
}

/// Returns the start of the gap that ends at `end`, if it contains a line break.
fn gap_before(text: &[u8], end: usize) -> Option<usize> {
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
fn gap_behind(text: &[u8], start: usize, part: PieceAlphabet) -> Option<usize> {
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

/// Returns the start of the word that ends at `end`, at most [`LONGEST_TOKEN`] characters before.
fn word_before(text: &[u8], end: usize, part: PieceAlphabet) -> usize {
    let near = &text[end.saturating_sub(LONGEST_TOKEN)..end];
    let others = near.iter().rposition(|b| !part(*b));
    end - near.len() + others.map_or(0, |at| at + 1)
}

/// Returns the word characters from `start` on, at most one more than in the longest token.
pub(super) fn piece_at(text: &[u8], start: usize) -> Range<usize> {
    let near = text[start..].iter().take(forms::LONGEST_CLASSIC + 1);
    let len = near.take_while(|b| is_word(**b)).count();
    add_steps(len);
    start..start + len
}

/// Returns the pieces of the token that begins at `start`, with any margin.
fn join_pieces(text: &[u8], start: usize) -> Option<Vec<Range<usize>>> {
    let Some(pieces) = join_proved_pieces(text, start) else {
        return margin::join_behind_margins(text, start, false);
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

/// Returns the pieces of the token that begins at `start`, if there are several and together they are one.
fn join_proved_pieces(text: &[u8], start: usize) -> Option<Vec<Range<usize>>> {
    if forms::may_become_stateless(&text[start..])
        && let Some(pieces) = join_stateless_pieces(text, start)
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

/// Joins a stateless token, whose end has no proof: it continues as long as the lines are full.
fn join_stateless_pieces(text: &[u8], start: usize) -> Option<Vec<Range<usize>>> {
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
        let is_whole = token.is_whole();
        match next {
            _ if is_whole && pieces.len() == 1 => return None,
            Some(next) if !is_whole || is_full => at = next,
            _ => return is_whole.then_some(pieces),
        }
    }
}

/// Returns true if stateless tokens may contain this byte.
fn is_stateless_part(byte: u8) -> bool {
    is_word(byte) || matches!(byte, b'-' | b'.')
}

/// Returns true if the last of several pieces is the first of another token. This also bounds the work.
pub(super) fn starts_new_token(text: &[u8], pieces: &[Range<usize>]) -> bool {
    matches!(pieces, [_, .., last] if forms::token_start(text, last).is_some())
}

/// Returns the distance in bytes of `at` from the start of its line.
fn column_of(text: &[u8], at: usize) -> usize {
    let near = &text[at.saturating_sub(WIDEST_LINE)..at];
    add_steps(near.len());
    memchr::memrchr(b'\n', near).map_or(near.len(), |n| near.len() - n)
}

fn decode_pieces(text: &[u8], pieces: &[Range<usize>]) -> Decoded {
    let start = pieces.first().map_or(0, |p| p.start);
    let end = pieces.last().map_or(0, |p| p.end);
    let mut out = Decoded::new(Layer::Wrapped, start..end);
    for piece in pieces {
        out.push_plain(&text[piece.clone()], piece.start);
    }
    out
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
        .unwrap_or_else(|| margin::begun_behind_margins(text))
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
