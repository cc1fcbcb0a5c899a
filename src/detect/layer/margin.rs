//! Tokens cut by the end of a line where each line has a margin before its text: a time, a host, a number, a colour.
//! There may also be text after it, as in a log whose lines are JSON.
//!
//! There is no list of formats. The margin of a line is a beginning that has the same shape as the line before or
//! after it: the same signs, with words and blanks between them that may differ. Pieces are joined only if a checksum
//! or the structure proves the result, so several margins may be tried.

use std::cmp::Reverse;
use std::ops::Range;

use super::wrapped::{IS_GAP, MOST_LINES, piece_at, starts_new_token};
use crate::detect::forms;
use crate::detect::runs::{MIN_SHORTER, is_word};
use crate::steps::add_steps;

/// Maximum length of the margin of a line, and of the text examined after a piece, in bytes.
const WIDEST: usize = 512;

/// Maximum number of parts of a margin: words, blanks and signs.
const MOST_PARTS: usize = 64;

/// Maximum length of the blanks and signs after the first piece of a token in its line, in bytes.
const WIDEST_BLANK: usize = 32;

/// Maximum number of bytes before or after a line that are examined for it.
const REACH: usize = 8 * 1024;

/// Part of a line: its kind, and its end in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    kind: u8,
    end: usize,
}

/// Returns the parts that `line` begins with. All words are of one kind, and so are all colours.
fn parts_of(line: &[u8]) -> Vec<Part> {
    let mut out = Vec::new();
    let mut at = 0;
    add_steps(line.len());
    while at < line.len() {
        let same = |class: fn(u8) -> bool| line[at..].iter().take_while(|b| class(**b)).count();
        let (kind, len) = match line[at] {
            byte if is_word(byte) => (b'w', same(is_word)),
            byte if is_indent(byte) => (b' ', same(is_indent)),
            0x1b => (0x1b, color_len(&line[at..])),
            byte if byte >= 0x80 => (0x80, same(|b| b >= 0x80)),
            byte => (byte, 1),
        };
        at += len;
        out.push(Part { kind, end: at });
    }
    out
}

/// Returns the length of the terminal control sequence that `text` begins with, or 1.
fn color_len(text: &[u8]) -> usize {
    let parameters = text.iter().skip(2).take_while(|b| matches!(b, b' '..=b'?'));
    let len = 2 + parameters.count();
    let is_whole = text.get(1) == Some(&b'[') && text.len() > len;
    if is_whole { len + 1 } else { 1 }
}

/// Returns the number of parts of equal kind at the start of two lines.
fn shared_parts(one: &[Part], other: &[Part]) -> usize {
    let pairs = one.iter().zip(other).take(MOST_PARTS);
    pairs
        .take_while(|(one, other)| one.kind == other.kind)
        .count()
}

/// Returns the line from `start` on, without its line break and cut to the length that is examined.
fn line_at(text: &[u8], start: usize) -> &[u8] {
    let near = &text[start..text.len().min(start + 2 * WIDEST)];
    let len = memchr::memchr(b'\n', near).unwrap_or(near.len());
    near[..len].strip_suffix(b"\r").unwrap_or(&near[..len])
}

/// Returns the start of the line after `at`, if it is near.
fn next_line(text: &[u8], at: usize) -> Option<usize> {
    let near = &text[at..text.len().min(at + WIDEST)];
    memchr::memchr(b'\n', near).map(|n| at + n + 1)
}

/// Possible margin of a line.
#[derive(Debug, Default)]
struct Margin {
    /// Kinds of its parts.
    kinds: Vec<u8>,
    /// Number of parts up to the first sign or digit; one more than all if there is none.
    marked: usize,
}

/// Returns true if `byte` is a blank.
fn is_indent(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
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
enum Token {
    Classic(Vec<u8>),
    Stateless(forms::Assembly),
}

impl Token {
    /// Appends the piece at `at`. Returns its length, or `None` if the whole cannot become a token.
    fn add_piece(&mut self, text: &[u8], at: usize) -> Option<usize> {
        let len = match self {
            Token::Classic(word) => {
                let piece = piece_at(text, at);
                word.extend_from_slice(&text[piece.clone()]);
                (word.len() <= forms::LONGEST_CLASSIC).then_some(piece.len())?
            }
            Token::Stateless(word) => word.add_piece(&text[at..])?,
        };
        (len > 0).then_some(len)
    }

    /// Returns true if the token is whole and valid.
    fn is_proved(&self) -> bool {
        match self {
            Token::Classic(word) => forms::is_proved(word),
            Token::Stateless(word) => word.is_proved(),
        }
    }

    /// Returns true if the token may continue.
    fn is_open(&self) -> bool {
        match self {
            Token::Classic(word) => forms::missing_characters(word).is_some_and(|left| left > 0),
            Token::Stateless(_) => true,
        }
    }
}

/// Pieces of a token, and if they prove it. If they do not, the text ends where the token may continue.
struct Followed {
    pieces: Vec<Range<usize>>,
    /// Number of parts of the margin.
    margin: usize,
    is_proved: bool,
}

/// Follows the token that begins at `start` over lines with this margin.
fn follow(text: &[u8], start: usize, margin: &[u8], mut token: Token) -> Option<Followed> {
    let mut pieces: Vec<Range<usize>> = Vec::new();
    let mut at = start;
    loop {
        let piece = at..at + token.add_piece(text, at)?;
        at = piece.end;
        pieces.push(piece);
        if pieces.len() > MOST_LINES || starts_new_token(text, &pieces) {
            return None;
        }
        let is_proved = pieces.len() > 1 && token.is_proved();
        if is_proved {
            return Some(Followed {
                pieces,
                margin: margin.len(),
                is_proved,
            });
        }
        let Some(next) = next_line(text, at).filter(|next| *next < text.len()) else {
            let rest = &text[at..];
            let is_open = rest.len() < WIDEST && token.is_open() && is_blank(rest);
            return is_open.then_some(Followed {
                pieces,
                margin: margin.len(),
                is_proved,
            });
        };
        let line = line_at(text, next);
        let parts = parts_of(line);
        let rest = &text[at..next - 1];
        let fits = parts
            .iter()
            .map(|p| p.kind)
            .take(margin.len())
            .eq(margin.iter().copied());
        if !fits || !is_blank(rest) && !ends_alike(rest, &parts) {
            return None;
        }
        let text_start = margin
            .len()
            .checked_sub(1)
            .map_or(0, |last| parts[last].end);
        let blanks = line[text_start..].iter();
        at = next + text_start + blanks.take_while(|b| is_gap(**b)).count();
    }
}

/// Returns true if `byte` belongs to no piece and may be between two.
fn is_gap(byte: u8) -> bool {
    IS_GAP[usize::from(byte)] && !matches!(byte, b'-' | b'.')
}

/// Returns true if `rest`, the text after a piece in its line, contains no word.
fn is_blank(rest: &[u8]) -> bool {
    let mut at = 0;
    while at < rest.len() {
        at += match rest[at] {
            0x1b => color_len(&rest[at..]),
            byte if is_word(byte) => return false,
            _ => 1,
        };
    }
    true
}

/// Returns true if the end of a line with these parts has the shape of `rest`, the end of the line before it.
fn ends_alike(rest: &[u8], parts: &[Part]) -> bool {
    let rest = rest.strip_suffix(b"\r").unwrap_or(rest);
    let ends = parts_of(rest);
    parts.len() > ends.len() && {
        let tail = &parts[parts.len() - ends.len()..];
        shared_parts(tail, &ends) == ends.len().min(MOST_PARTS)
    }
}

/// Returns the kinds of token that may begin at `start`.
fn tokens_at(text: &[u8], start: usize) -> impl Iterator<Item = Token> {
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
            (found.pieces.len(), Reverse((shared, found.margin)))
        });
    }
    proved.into_iter().next().map(|found| found.pieces)
}

/// Returns the number of lines around `at` whose margin has the first `count` parts of the line after it. Its words
/// are the same in all of them, or numbers, or equally long; the words of the text are not.
fn lines_with(text: &[u8], at: usize, count: usize) -> usize {
    let line = next_line(text, at).map_or(&[][..], |next| line_at(text, next));
    let margin = words_of(line, count);
    let near = at.saturating_sub(REACH)..text.len().min(at + REACH);
    let lines = text[near].split(|b| *b == b'\n');
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
    let mut from = 0;
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

/// Returns the pieces of a token that continues over the last lines of `text` and has not ended there.
pub(super) fn begun_behind_margins(text: &[u8]) -> Vec<Range<usize>> {
    let floor = text.len().saturating_sub(REACH);
    let mut end = text.len();
    for _ in 0..MOST_LINES {
        let Some(line_end) = memchr::memrchr(b'\n', &text[floor..end]).map(|n| floor + n) else {
            break;
        };
        end = line_end;
        let Some(start) = head_before(text, floor, line_end) else {
            continue;
        };
        let margin = widest_margin(text, start, false).unwrap_or_default();
        let open = follow_all(text, start, &margin.kinds).into_iter();
        let is_begun = |found: &Followed| {
            !found.is_proved && found.pieces.len() > 1 && found.margin >= margin.marked
        };
        let longest = open.filter(is_begun);
        let longest = longest.max_by_key(|found| found.pieces.len());
        return longest.map_or(Vec::new(), |found| found.pieces);
    }
    Vec::new()
}

/// Returns the start of a token that is cut by the line end at `line_end`.
fn head_before(text: &[u8], floor: usize, line_end: usize) -> Option<usize> {
    let word = word_before(text, floor, line_end);
    let start = forms::token_start(text, &word)?;
    let is_open =
        forms::may_become_stateless(&text[start..]) || forms::is_incomplete(&text[start..word.end]);
    is_open.then_some(start)
}

/// Returns the last word of a line that ends at `line_end`, without blanks, signs and colours after it.
fn word_before(text: &[u8], floor: usize, line_end: usize) -> Range<usize> {
    let nearest = floor.max(line_end.saturating_sub(WIDEST_BLANK));
    let mut places = nearest..line_end;
    let end = places
        .find(|at| is_blank(&text[*at..line_end]))
        .unwrap_or(line_end);
    let part = |b: &&u8| is_word(**b) || matches!(**b, b'-' | b'.');
    let len = text[floor..end].iter().rev().take_while(part).count();
    add_steps(line_end - end + len);
    end - len..end
}

/// Returns the start of a short first piece at the end of the line before `run`, if `run` may be the second piece.
pub(super) fn head_above(text: &[u8], run: &Range<usize>) -> Option<usize> {
    let floor = run.start.saturating_sub(WIDEST);
    let line_end = floor + memchr::memrchr(b'\n', &text[floor..run.start])?;
    let word = word_before(
        text,
        line_end.saturating_sub(WIDEST_BLANK + MIN_SHORTER),
        line_end,
    );
    // A longer word is a run itself and was examined as such.
    if word.is_empty() || word.len() >= MIN_SHORTER {
        return None;
    }
    // A colour before the second piece may end inside its run.
    let begins = forms::token_starts(text, run).find_map(|second| {
        let joined = [&text[word.clone()], &text[second..run.end]].concat();
        forms::token_start(&joined, &(0..joined.len()))
    })?;
    (begins < word.len()).then_some(word.start + begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(line: &str) -> String {
        parts_of(line.as_bytes())
            .iter()
            .map(|p| char::from(p.kind))
            .collect()
    }

    #[test]
    fn lines_of_a_log_begin_with_the_same_parts() {
        for (one, other) in [
            (
                "2026-11-27T03:12:33.1234567Z a b",
                "2026-11-27T03:13:01.7654321Z c",
            ),
            ("#12 34.5 a", "#9 0.123 b"),
            ("web_1  | a", "db_12 | b"),
            ("    99\ta", "   100\tb"),
            (
                "Nov 27 03:12:33 host app[12]: a",
                "Nov 27 03:12:34 host app[4567]: b",
            ),
            ("\u{1b}[32mapp\u{1b}[0m a", "\u{1b}[1;31mweb\u{1b}[0m b"),
            ("│ a", "│ b"),
        ] {
            assert_eq!(
                shared_parts(&parts_of(one.as_bytes()), &parts_of(other.as_bytes())),
                parts_of(other.as_bytes()).len()
            );
        }
        assert_eq!(kinds("12:30 x\t y"), "w:w w w");
        assert_eq!(kinds("\u{1b}"), "\u{1b}");
    }
}
