//! Beginnings of tokens that a line end may cut. Every token with a checksum has an underscore at the end of its prefix,
//! so the search starts there: the prefix is whole before it, or its first characters are in an earlier line.

use std::ops::Range;

use super::gap::{IS_GAP, gap_before};
use super::prefix_end::{
    UnderscoreCache, WIDEST, end_of_prefix, prefix_ends, start_of_line_before, word_at,
};
use crate::detect::bytes::{WordKinds, count_in_short, has_both_cases, has_digits, is_word};
use crate::detect::forms;
use crate::detect::runs::MIN_SHORTER;
use crate::steps::add_steps;

/// Maximum number of beginnings of one token.
const MOST_BEGINNINGS: usize = 8;

/// Maximum length of a run that may be a piece of a token with an escape before it, in bytes.
const LONGEST_PIECE: usize = forms::LONGEST_CLASSIC;
const _: () = assert!(LONGEST_PIECE <= u8::MAX as usize);

/// Minimum part of a piece without digits that are capitals, and that are small letters: one in this number. Names have
/// fewer capitals, or hardly any small letters.
const LEAST_OF_CASE: usize = 4;

/// Returns true if a token may be cut near `run`, a run of at least [`MIN_SHORTER`] word characters: `run` is its first
/// piece, or the second one after a shorter first. `kinds` are those of the characters in it.
pub(super) fn may_be_piece(
    text: &[u8],
    run: &Range<usize>,
    kinds: WordKinds,
    underscores: &mut UnderscoreCache,
) -> bool {
    let may_be_head = may_begin(text, run.start) && has_mixed_characters(text, run);
    if may_be_head {
        return !find_beginnings(text, run).is_empty();
    }
    may_be_second_piece(text, run, kinds, underscores)
}

/// Returns true if a token may be cut near `run`, of which `run` is not the first piece.
pub(super) fn may_be_second_piece(
    text: &[u8],
    run: &Range<usize>,
    kinds: WordKinds,
    underscores: &mut UnderscoreCache,
) -> bool {
    is_random(&text[run.clone()], kinds)
        && underscores.has_prefix_end(text, run)
        && !find_beginnings(text, run).is_empty()
}

/// Returns the starts of the tokens that a line end may cut, and of which `run` may be the first or the second piece.
pub(super) fn find_beginnings(text: &[u8], run: &Range<usize>) -> Vec<usize> {
    let mut out = Vec::new();
    // Between zero bytes is UTF-16, which is examined when it is decoded.
    if run.start > 0 && text[run.start - 1] == 0 {
        return out;
    }
    if is_whole(text, run.start) {
        return out;
    }
    if may_begin(text, run.start)
        && text.get(run.end).is_some_and(|b| may_follow_piece(*b))
        && let Some(start) = forms::token_start(text, run)
        && is_open(text, start)
    {
        out.push(start);
    }
    let word = &text[run.clone()];
    if out.is_empty() && is_random(word, WordKinds::of(word)) {
        let from = start_of_line_before(text, run.start);
        // The prefix may end in the run.
        for head in prefix_ends(text, from..end_of_prefix(run)) {
            out.extend(beginnings_of(text, &head));
        }
        out.sort_unstable();
        out.dedup();
    }
    out
}

/// Returns true if a word at `at` may begin with a prefix, or with the end of an escape and then a prefix.
fn may_begin(text: &[u8], at: usize) -> bool {
    begins_prefix(text[at]) || at > 0 && forms::ends_escape_head(text[at - 1])
}

/// Returns true if a prefix may begin with `byte`, or an underscore of emphasis before it.
pub(super) const fn begins_prefix(byte: u8) -> bool {
    matches!(byte, b'g' | b'n' | b'_')
}

/// Returns true if `byte` may follow a piece of a token.
fn may_follow_piece(byte: u8) -> bool {
    IS_GAP[usize::from(byte)] || matches!(byte, b'<' | b']' | b'}' | b')' | 0x1b | 0x80..)
}

/// Returns true if a run is not just letters of one case, like names. All but one in a million pieces are mixed.
fn has_mixed_characters(text: &[u8], run: &Range<usize>) -> bool {
    let Some(word) = text[run.start..].first_chunk::<MIN_SHORTER>() else {
        return false;
    };
    has_digits(word) || has_both_cases(word)
}

/// Returns true if a run is as long and as mixed as the larger piece of a token that is cut after a few characters: it
/// has capitals and small letters, and digits or many of both. Names are rarely so long.
fn is_random(word: &[u8], kinds: WordKinds) -> bool {
    let is_balanced = || {
        let capitals = count_in_short(word, |b| b.is_ascii_uppercase());
        let small = count_in_short(word, |b| b.is_ascii_lowercase());
        capitals.min(small) * LEAST_OF_CASE >= word.len()
    };
    word.len() <= LONGEST_PIECE && kinds.has_both_cases() && (kinds.has_digits() || is_balanced())
}

/// Returns the starts of the tokens whose prefix ends with the underscore after `head`, and which are not whole in their
/// line. There may be several, as the first characters of a prefix may be in several places of an earlier line.
pub(super) fn beginnings_of(text: &[u8], head: &Range<usize>) -> Vec<usize> {
    let mut out = Vec::new();
    let run = head.start..head.end + 1;
    for word in forms::token_starts(text, &run).filter(|word| *word < run.end) {
        let tail = &text[word..run.end];
        for missing in forms::prefixes_with(tail) {
            if missing.is_empty() {
                if is_open(text, word) {
                    out.push(word);
                }
            } else if may_continue(text, run.end, missing) {
                find_above(text, word, missing, &mut out);
            }
        }
    }
    out
}

/// Returns true if a token of the common forms is whole at `start`, whatever its checksum: it has as many letters and
/// digits after its prefix as it needs. This is so for nearly all tokens, of which there may be millions.
fn is_whole(text: &[u8], start: usize) -> bool {
    let body = start + 4;
    match text[start..] {
        [b'g', b'h', b'r', b'_', ..] => has_body::<76>(text, body),
        [b'g', b'i', ..] => is_whole_fine_grained(&text[start..]),
        [b'g', b'h', b'p' | b'o' | b'u' | b's', b'_', ..] | [b'n', b'p', b'm', b'_', ..] => {
            has_body::<36>(text, body)
        }
        _ => false,
    }
}

/// Returns true if a fine-grained token is whole at the start of `text`: 22 characters, an underscore and 59 characters
/// follow its prefix.
fn is_whole_fine_grained(text: &[u8]) -> bool {
    const PREFIX: &[u8] = b"github_pat_";
    let joint = PREFIX.len() + 22;
    text.starts_with(PREFIX)
        && text.get(joint) == Some(&b'_')
        && has_body::<22>(text, PREFIX.len())
        && has_body::<59>(text, joint + 1)
}

/// Returns true if `N` letters or digits are at `at`. There is no early exit, so that the compiler vectorises this.
fn has_body<const N: usize>(text: &[u8], at: usize) -> bool {
    let body = text.get(at..).and_then(<[u8]>::first_chunk::<N>);
    let is_part = |b: &u8| (b | 0x20).wrapping_sub(b'a') < 26 || b.wrapping_sub(b'0') < 10;
    body.is_some_and(|body| body.iter().fold(true, |all, b| all & is_part(b)))
}

/// Returns true if the token that starts at `start` with a whole prefix may continue in the next line.
fn is_open(text: &[u8], start: usize) -> bool {
    if is_whole(text, start) {
        return false;
    }
    if forms::may_become_stateless(&text[start..]) {
        let mut token = forms::Assembly::default();
        let is_piece = token.add_piece(&text[start..]).is_some();
        return is_piece && !token.is_proved();
    }
    let near = text[start..].iter().take(forms::LONGEST_CLASSIC + 1);
    let len = near.take_while(|b| is_word(**b)).count();
    add_steps(len);
    forms::is_incomplete(&text[start..start + len])
}

/// Returns true if the text at `body` may follow the prefix of a token that begins with `missing`. This discards most
/// names that begin with an underscore.
fn may_continue(text: &[u8], body: usize, missing: &[u8]) -> bool {
    let near = text[body..].iter().take(forms::LONGEST_CLASSIC);
    let len = near.take_while(|b| is_word(**b)).count();
    add_steps(len);
    let (word, behind) = (&text[body..body + len], &text[body + len..]);
    let is_parted = memchr::memchr(b'_', word).is_some();
    let may_be_parted = missing.starts_with(b"gi") || word.first().is_some_and(u8::is_ascii_digit);
    if is_parted && !may_be_parted {
        return false;
    }
    // A short piece is followed by the next line end, or by a sign that ends a text.
    let next = behind.iter().find(|b| !matches!(b, b' ' | b'\t'));
    len >= MIN_SHORTER || next.is_none_or(|b| matches!(b, b'\r' | b'\n') || may_follow_piece(*b))
}

/// Appends the places of `missing`, the first characters of a prefix whose rest is at `word`, in the line before it.
fn find_above(text: &[u8], word: usize, missing: &[u8], out: &mut Vec<usize>) {
    if let Some(end) = gap_before(text, word) {
        add_beginning(text, word_at(text, 0, end), missing, false, out);
    }
    let floor = word.saturating_sub(WIDEST);
    let Some(line_end) = memchr::memrchr(b'\n', &text[floor..word]).map(|n| floor + n) else {
        return;
    };
    let floor = line_end.saturating_sub(WIDEST);
    let line = memchr::memrchr(b'\n', &text[floor..line_end]).map_or(floor, |n| floor + n + 1);
    add_steps(word - line);
    // Only the last word may be a middle piece, so that the work does not grow with the power of the lines.
    let mut end = line_end;
    let mut is_last = true;
    while end > line && out.len() < MOST_BEGINNINGS {
        let others = text[line..end].iter().rev().take_while(|b| !is_word(**b));
        let run = word_at(text, line, end - others.count());
        end = run.start;
        is_last &= !add_beginning(text, run, missing, is_last, out);
    }
}

/// Appends the start of `missing` if the word at `run` ends with it. If the word is only the end of it and `may_be_middle`,
/// searches for the rest in the line before. Returns true if the word is the end of `missing`.
fn add_beginning(
    text: &[u8],
    run: Range<usize>,
    missing: &[u8],
    may_be_middle: bool,
    out: &mut Vec<usize>,
) -> bool {
    if run.is_empty() || missing.last() != text[run.clone()].last() {
        return false;
    }
    let mut is_end = false;
    for start in forms::token_starts(text, &run).filter(|start| *start < run.end) {
        let rest = missing.strip_suffix(&text[start..run.end]);
        is_end |= rest.is_some();
        match rest {
            Some([]) => out.push(start),
            Some(rest) if may_be_middle => find_above(text, start, rest, out),
            _ => {}
        }
    }
    is_end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::runs;
    use crate::token::{Mint, Shape};

    #[test]
    fn only_runs_without_a_prefix_near_are_passed_over() {
        let mut mint = Mint::new(91);
        let (mut pieces, mut random) = (0, 0);
        for _ in 0..2000 {
            let mut text = Vec::new();
            for _ in 0..1 + mint.random_below(40) {
                let len = mint.random_below(60);
                const PARTS: [&[u8]; 14] = [
                    b"ghp_",
                    b"github_pat_",
                    b"gh",
                    b"p_",
                    b"\n",
                    b"\n_",
                    b"Pghr_",
                    b"__",
                    b"X_",
                    b"%3D_",
                    b"\\u000a_",
                    b"\x1b[31m_",
                    b"\\n_",
                    b"1_",
                ];
                text.extend(match mint.random_below(20) {
                    n @ 0..14 => PARTS[n].to_vec(),
                    14 => b" - ".repeat(len * 8),
                    _ => mint.random_base62(len),
                });
                text.extend([&b" "[..], b"\n", b"", b"\\"][mint.random_below(4)]);
            }
            let mut underscores = UnderscoreCache::default();
            runs::for_each_shorter(&text, |run| {
                let begins = may_begin(&text, run.start) && has_mixed_characters(&text, &run);
                let kinds = WordKinds::of(&text[run.clone()]);
                let is_random = is_random(&text[run.clone()], kinds);
                let wanted = (begins || is_random) && !find_beginnings(&text, &run).is_empty();
                assert_eq!(may_be_piece(&text, &run, kinds, &mut underscores), wanted);
                pieces += usize::from(wanted);
                random += usize::from(!begins && is_random);
            });
        }
        assert!(pieces > 1000 && random > 1000, "{pieces} {random}");
    }

    #[test]
    fn a_token_is_whole_with_its_last_character() {
        let mut mint = Mint::new(92);
        for shape in [Shape::Ghp, Shape::Ghr, Shape::Npm, Shape::FineGrained] {
            let token = mint.new_token(shape);
            assert!(is_whole(&token, 0), "{shape:?}");
            for at in 0..token.len() {
                assert!(!is_whole(&token[..at], 0), "{shape:?} {at}");
                let mut parted = token.clone();
                parted[at] = b'-';
                assert!(!is_whole(&parted, 0), "{shape:?} {at}");
            }
        }
    }
}
