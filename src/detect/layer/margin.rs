//! Tokens cut by the end of a line where each line has a margin before its text: a time, a host, a number, a colour.
//! There may also be text after it, as in a log whose lines are JSON.
//!
//! There is no list of formats. The margin of a line is a beginning that has the same shape as the line before or
//! after it: the same signs, with words and blanks between them that may differ. Pieces are joined only if a checksum
//! or the structure proves the result, so several margins may be tried.

use std::cmp::Reverse;
use std::ops::Range;

use super::gap::{IS_GAP, MOST_LINES, piece_at, starts_new_token};
use super::line::{
    WIDEST, ends_alike, is_blank, is_indent, line_at, next_line, parts_of, shared_parts,
};
use crate::detect::bytes::is_word;
use crate::detect::forms;
use crate::steps::add_steps;

/// Maximum number of bytes before or after a line that are examined for it.
const REACH: usize = 8 * 1024;

/// Possible margin of a line.
#[derive(Debug, Default)]
struct Margin {
    /// Kinds of its parts.
    kinds: Vec<u8>,
    /// Number of parts up to the first sign or digit; one more than all if there is none.
    marked: usize,
}

/// Returns the kinds of the parts of the longest possible margin of the line after `at`: those shared with the line of
/// `at` or, unless it must be `common` to all three, with the line after it.
fn widest_margin(text: &[u8], at: usize, common: bool) -> Option<Margin> {
    let floor = at.saturating_sub(REACH);
    let start = memchr::memrchr(b'\n', &text[floor..at]).map_or(floor, |n| floor + n + 1);
    let next = next_line(text, at)?;
    let parts = parts_of(line_at(text, next));
    let behind = next_line(text, next).map_or(Vec::new(), |behind| parts_of(line_at(text, behind)));
    let shared = shared_parts(&parts, &parts_of(line_at(text, start)));
    let count = if !common {
        shared.max(shared_parts(&parts, &behind))
    } else if behind.is_empty() {
        shared
    } else {
        shared.min(shared_parts(&parts, &behind))
    };
    let line = line_at(text, next);
    let mut from = 0;
    let marked = parts[..count].iter().position(|part| {
        let part = &line[std::mem::replace(&mut from, part.end)..part.end];
        part.iter()
            .any(|b| b.is_ascii_digit() || !is_word(*b) && !is_indent(*b))
    });
    Some(Margin {
        kinds: parts[..count].iter().map(|part| part.kind).collect(),
        marked: marked.map_or(count + 1, |at| at + 1),
    })
}

/// Token that pieces are joined to.
enum Token<'v> {
    Classic(Vec<u8>),
    Stateless(forms::Assembly),
    /// Value that is known already, and the number of its bytes found so far.
    Known(KnownBytes<'v>, usize),
}

/// Bytes of a secret that is known already.
#[derive(Clone, Copy, Debug)]
pub(in crate::detect) struct KnownBytes<'v> {
    pub(in crate::detect) bytes: &'v [u8],
    /// True if letters mean the same in either case.
    pub(in crate::detect) ignores_case: bool,
}

impl KnownBytes<'_> {
    /// Returns true if the byte of the secret at `at` is `byte`.
    fn has_byte(&self, at: usize, byte: u8) -> bool {
        let own = self.bytes.get(at);
        own.is_some_and(|own| *own == byte || self.ignores_case && own.eq_ignore_ascii_case(&byte))
    }

    /// Returns the number of bytes at the start of `text` that are those of the secret from `at` on.
    fn shared_after(&self, at: usize, text: &[u8]) -> usize {
        let pairs = (at..)
            .zip(text)
            .take_while(|(at, b)| self.has_byte(*at, **b));
        pairs.count()
    }

    /// Returns the number of bytes at the end of `text` that are those of the secret before `at`.
    pub(in crate::detect) fn shared_before(&self, at: usize, text: &[u8]) -> usize {
        let pairs = (0..at).rev().zip(text.iter().rev());
        pairs.take_while(|(at, b)| self.has_byte(*at, **b)).count()
    }
}

impl Token<'_> {
    /// Appends the piece at `at`. Returns its length, or `None` if the whole cannot become a token.
    fn add_piece(&mut self, text: &[u8], at: usize) -> Option<usize> {
        let len = match self {
            Token::Classic(word) => {
                let piece = piece_at(text, at);
                word.extend_from_slice(&text[piece.clone()]);
                (word.len() <= forms::LONGEST_CLASSIC).then_some(piece.len())?
            }
            Token::Stateless(word) => word.add_piece(&text[at..])?,
            Token::Known(value, found) => {
                let len = value.shared_after(*found, &text[at..]);
                *found += len;
                // Where the secret does not end, its piece is a whole word.
                let is_cut =
                    *found == value.bytes.len() || text.get(at + len).is_none_or(|b| !is_word(*b));
                is_cut.then_some(len)?
            }
        };
        add_steps(len);
        (len > 0).then_some(len)
    }

    /// Returns true if the token is whole and valid.
    fn is_proved(&self) -> bool {
        match self {
            Token::Classic(word) => forms::is_proved(word),
            Token::Stateless(word) => word.is_proved(),
            Token::Known(value, found) => *found == value.bytes.len(),
        }
    }

    /// Returns true if the token may continue.
    fn is_open(&self) -> bool {
        match self {
            Token::Classic(word) => forms::missing_characters(word).is_some_and(|left| left > 0),
            Token::Stateless(_) | Token::Known(..) => true,
        }
    }

    /// Returns true if `byte` before a piece belongs to the gap.
    fn skips(&self, byte: u8) -> bool {
        let begins_piece = matches!(self, Token::Known(value, at) if value.has_byte(*at, byte));
        is_gap(byte) && !begins_piece
    }
}

/// Pieces of a token, and if they prove it. If they do not, the text ends where the token may continue.
struct Followed {
    pieces: Vec<Range<usize>>,
    /// Number of parts of the margin.
    margin: usize,
    is_proved: bool,
}

/// Place of the next piece of a token.
enum NextPiece {
    /// It begins at this offset.
    At(usize),
    /// The text ends before it.
    Unread,
    /// There is none.
    Nowhere,
}

/// Follows the token that begins at `start` over lines with this margin.
fn follow(text: &[u8], start: usize, margin: &[u8], mut token: Token<'_>) -> Option<Followed> {
    let mut pieces: Vec<Range<usize>> = Vec::new();
    let mut at = start;
    loop {
        let piece = at..at + token.add_piece(text, at)?;
        pieces.push(piece);
        if pieces.len() > MOST_LINES || starts_new_token(text, &pieces) {
            return None;
        }
        let is_proved = pieces.len() > 1 && token.is_proved();
        let next = if is_proved {
            NextPiece::Unread
        } else {
            find_next_piece(text, &pieces, margin, &token)
        };
        match next {
            NextPiece::At(next) => at = next,
            NextPiece::Unread if is_proved || token.is_open() => {
                return Some(Followed {
                    pieces,
                    margin: margin.len(),
                    is_proved,
                });
            }
            NextPiece::Unread | NextPiece::Nowhere => return None,
        }
    }
}

/// Returns the place of the piece after `pieces` in the next line, if that has this margin.
fn find_next_piece(
    text: &[u8],
    pieces: &[Range<usize>],
    margin: &[u8],
    token: &Token<'_>,
) -> NextPiece {
    let at = pieces.last().map_or(0, |piece| piece.end);
    let Some(next) = next_line(text, at).filter(|next| *next < text.len()) else {
        let rest = &text[at..];
        let is_end = rest.len() < WIDEST && may_end_piece(text, pieces, rest);
        return if is_end {
            NextPiece::Unread
        } else {
            NextPiece::Nowhere
        };
    };
    let line = line_at(text, next);
    let parts = parts_of(line);
    let rest = &text[at..next - 1];
    let fitting = parts
        .iter()
        .zip(margin)
        .take_while(|(p, kind)| p.kind == **kind);
    let count = fitting.count();
    let is_unfinished = next + line.len() == text.len() && count + 1 >= parts.len();
    if count < margin.len() && is_unfinished && is_blank(rest) {
        return NextPiece::Unread;
    }
    if count < margin.len() || !is_blank(rest) && !ends_alike(rest, &parts) {
        return NextPiece::Nowhere;
    }
    let start = count.checked_sub(1).map_or(0, |last| parts[last].end);
    let blanks = line[start..].iter().take_while(|b| token.skips(**b));
    NextPiece::At(next + start + blanks.count())
}

/// Returns true if `rest`, the end of the text, may follow a piece of a token that goes on: signs alone, the escaped
/// line break of a string, or the end that the line of the piece before has.
fn may_end_piece(text: &[u8], pieces: &[Range<usize>], rest: &[u8]) -> bool {
    let rest = rest.strip_suffix(b"\n").unwrap_or(rest);
    if is_blank(rest) || rest.starts_with(b"\\n") || rest.starts_with(b"\\r") {
        return true;
    }
    let [.., before, _] = pieces else {
        return false;
    };
    ends_alike(rest, &parts_of(line_at(text, before.start)))
}

/// Returns true if `byte` belongs to no piece and may be between two.
fn is_gap(byte: u8) -> bool {
    IS_GAP[usize::from(byte)] && !matches!(byte, b'-' | b'.')
}

/// Returns the kinds of token that may begin at `start`.
fn tokens_at(text: &[u8], start: usize) -> impl Iterator<Item = Token<'static>> {
    let stateless = forms::may_become_stateless(&text[start..]);
    let stateless = stateless.then(|| Token::Stateless(forms::Assembly::default()));
    std::iter::once(Token::Classic(Vec::new())).chain(stateless)
}

/// Returns the pieces of the token that begins at `start`, if several prove it. No checksum covers the end of a
/// fine-grained token, so with too narrow a margin the starts of further lines would become its end. With `marked`, a
/// margin must have signs or digits and be common to all lines around.
pub(super) fn join_behind_margins(
    text: &[u8],
    start: usize,
    marked: bool,
) -> Option<Vec<Range<usize>>> {
    let margin = widest_margin(text, start, marked)?;
    let narrowest = if marked { margin.marked } else { 0 };
    let all = follow_all(text, start, &margin.kinds).into_iter();
    let proved = all.filter(|found| found.is_proved && found.margin >= narrowest);
    let mut proved: Vec<Followed> = proved.collect();
    if proved.len() > 1 {
        proved.sort_by_cached_key(|found| {
            let shared = lines_with(text, start, found.margin);
            let repeated = found.pieces[1..].iter();
            let repeated = repeated.filter(|piece| is_repeated(text, piece)).count();
            (
                found.pieces.len(),
                repeated,
                Reverse((shared, found.margin)),
            )
        });
    }
    proved.into_iter().next().map(|found| found.pieces)
}

/// Returns true if the line before or after contains `piece` at the same column, so that it belongs to the margin or to
/// the end of the lines.
fn is_repeated(text: &[u8], piece: &Range<usize>) -> bool {
    let floor = piece.start.saturating_sub(WIDEST);
    let start = memchr::memrchr(b'\n', &text[floor..piece.start]).map_or(floor, |n| floor + n + 1);
    let floor = start.saturating_sub(WIDEST);
    let before = start.checked_sub(1).map(|end| {
        let start = memchr::memrchr(b'\n', &text[floor..end]);
        start.map_or(floor, |n| floor + n + 1)
    });
    let column = piece.start - start;
    let other = [before, next_line(text, piece.end)].into_iter().flatten();
    let mut same = other.map(|line| line_at(text, line).get(column..column + piece.len()));
    piece.len() > 1 && same.any(|same| same == Some(&text[piece.clone()]))
}

/// Returns the number of lines around `at` whose margin has the first `count` parts of the line after it. Its words
/// are the same in all of them, or numbers, or equally long; the words of the text are not.
fn lines_with(text: &[u8], at: usize, count: usize) -> usize {
    let line = next_line(text, at).map_or(&[][..], |next| line_at(text, next));
    let margin = words_of(line, count);
    let near = at.saturating_sub(REACH)..text.len().min(at + REACH);
    let lines = text[near]
        .split(|b| *b == b'\n')
        .filter(|line| !line.is_empty());
    let is_alike = |(one, other): (&&[u8], &&[u8])| {
        let is_number = |word: &[u8]| word.iter().all(u8::is_ascii_digit);
        one == other
            || one.len() == other.len() && is_word(one[0]) && is_word(other[0])
            || is_number(one) && is_number(other)
    };
    let has_margin = |line: &&[u8]| {
        let words = words_of(&line[..line.len().min(WIDEST)], count);
        words.len() == margin.len() && words.iter().zip(&margin).all(is_alike)
    };
    lines.filter(has_margin).count()
}

/// Returns the first `count` parts of a line, without blanks.
fn words_of(line: &[u8], count: usize) -> Vec<&[u8]> {
    let mut from = line.iter().take_while(|b| is_indent(**b)).count();
    let parts = parts_of(line).into_iter().take(count);
    let words = parts.map(|part| &line[std::mem::replace(&mut from, part.end)..part.end]);
    words.filter(|word| !is_indent(word[0])).collect()
}

/// Returns the result of following the token at `start` with each part of `margin`, the narrowest first.
fn follow_all(text: &[u8], start: usize, margin: &[u8]) -> Vec<Followed> {
    let mut all = Vec::new();
    for count in 0..=margin.len() {
        let margin = &margin[..count];
        all.extend(tokens_at(text, start).filter_map(|token| follow(text, start, margin, token)));
    }
    all
}

/// Returns the pieces of a token that begins at `start`, continues to the end of `text`, and has not ended there.
pub(super) fn begin_behind_margins(text: &[u8], start: usize) -> Option<Vec<Range<usize>>> {
    let margin = widest_margin(text, start, false).unwrap_or_default();
    let open = follow_all(text, start, &margin.kinds).into_iter();
    let is_begun = |found: &Followed| {
        !found.is_proved && (found.pieces.len() == 1 || found.margin >= margin.marked)
    };
    let longest = open.filter(is_begun).max_by_key(|found| found.pieces.len());
    longest.map(|found| found.pieces)
}

/// Returns the pieces of a known secret that begins at `start` and goes on in the next lines.
pub(in crate::detect) fn join_known(
    text: &[u8],
    start: usize,
    value: KnownBytes<'_>,
) -> Option<Vec<Range<usize>>> {
    let margin = widest_margin(text, start, false)?;
    let mut margins = (0..=margin.kinds.len()).map(|count| &margin.kinds[..count]);
    margins.find_map(|margin| {
        let found = follow(text, start, margin, Token::Known(value, 0))?;
        found.is_proved.then_some(found.pieces)
    })
}

/// Returns the possible starts of a known secret whose piece from its byte `index` on is at `at` of `text`.
pub(in crate::detect) fn find_known_starts(
    text: &[u8],
    mut at: usize,
    mut index: usize,
    value: KnownBytes<'_>,
) -> Vec<usize> {
    for _ in 0..MOST_LINES {
        let floor = at.saturating_sub(2 * WIDEST);
        let Some(line_end) = memchr::memrchr(b'\n', &text[floor..at]).map(|n| floor + n) else {
            return Vec::new();
        };
        let floor = line_end.saturating_sub(2 * WIDEST);
        let line = memchr::memrchr(b'\n', &text[floor..line_end]).map_or(floor, |n| floor + n + 1);
        let ends = (line..=line_end).rev().filter(|end| !is_word(text[*end]));
        let pieces = ends.map(|end| (end, value.shared_before(index, &text[line..end])));
        let pieces: Vec<_> = pieces.filter(|(_, len)| *len > 0).collect();
        add_steps(at - line + pieces.iter().map(|(_, len)| len).sum::<usize>());
        let whole = pieces.iter().filter(|(_, len)| *len == index);
        let starts: Vec<usize> = whole.map(|(end, len)| end - len).collect();
        // The longest of the pieces is a middle one if none is the first.
        let longest = pieces.iter().max_by_key(|(_, len)| *len);
        match longest {
            Some((end, len)) if starts.is_empty() => (at, index) = (end - len, index - len),
            _ => return starts,
        }
    }
    Vec::new()
}
