//! Decoder of base64, standard or URL-safe, also wrapped over lines: `Authorization: basic …`, the `extraheader` of
//! actions/checkout, Kubernetes secrets, mail attachments.
//!
//! A region is decoded for one of two reasons: it contains a piece of a token's prefix in one of its three base64
//! forms, or it begins like the base64 of plain text.

mod lines;
mod sextets;

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, MatchKind};

use super::Decoded;
use crate::steps::add_steps;
pub(super) use lines::read_lines;
use lines::{Accepted, WrappedLines, decode_pieces, following_line};
use sextets::{decode_four, is_text_byte, leading_base64_len, sextet_value};

/// Length in characters of the shortest region that can contain a 40-byte token.
const SHORTEST: usize = 54;

/// Number of characters decoded before and after the piece of a prefix in a long region.
const BEFORE: usize = 4096;
const BEHIND: usize = 8192;

/// Searcher for [`pieces_of_prefixes`], with the place of each piece in its group of four.
static PIECES_OF_PREFIXES: LazyLock<(AhoCorasick, Vec<usize>)> = LazyLock::new(|| {
    let (pieces, phases): (Vec<String>, Vec<usize>) = pieces_of_prefixes().into_iter().unzip();
    // The patterns are constants of this file. A failed build would find nothing, and a test would fail.
    // Leftmost matching, unlike overlapping, has a vectorised search before it, which finds whole matches. So the
    // automaton is hardly used, and the kind that is built quickest serves.
    let automaton = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostFirst)
        .kind(Some(AhoCorasickKind::NoncontiguousNFA))
        .build(&pieces);
    (automaton.unwrap_or_else(|_| empty_searcher()), phases)
});

/// Returns the piece of each prefix that is the same in every base64 of it, with the place of that piece in its group of
/// four.
fn pieces_of_prefixes() -> Vec<(String, usize)> {
    let prefixes = [
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "ghr_",
        "npm_",
        "github_pat_",
    ];
    let mut pieces = Vec::new();
    for prefix in prefixes {
        for offset in 0..3usize {
            let padded = [&b"\0\0"[..offset], prefix.as_bytes(), b"\0\0"].concat();
            let encoded = data_encoding::BASE64.encode(&padded);
            let from = (offset * 8).div_ceil(6);
            let to = (offset + prefix.len()) * 8 / 6;
            pieces.push((encoded[from..to].to_owned(), from));
        }
    }
    pieces
}

fn empty_searcher() -> AhoCorasick {
    AhoCorasick::new([] as [&str; 0])
        .unwrap_or_else(|_| unreachable!("an automaton without patterns"))
}

/// Maximum distance in bytes of regions that are searched for prefixes together, as each search has a fixed cost.
const NEAR: usize = 512;

/// Appends the decodable regions of `text` around its long runs and around `parts`, the shorter ones for which
/// [`is_base64_fragment`] returns true. The base64 of a token has no signs, but that of a token with, say, tags in it may.
pub(super) fn find_base64(
    text: &[u8],
    runs: &[Range<usize>],
    parts: &[Range<usize>],
    out: &mut Vec<Decoded>,
) {
    let mut done = 0;
    // Regions that are not plain text, the last ones near each other.
    let mut near: Vec<Range<usize>> = Vec::new();
    let mut lists = [runs, parts];
    while let Some(run) = next_run(&mut lists, done) {
        if run.len() < SHORTEST && !is_base64_fragment(text, run) {
            continue;
        }
        let region = widen_region(text, run, done);
        done = region.end;
        if region.len() < SHORTEST {
            continue;
        }
        let decoded = decode_plain_text(text, region.clone());
        let apart = near.last().is_some_and(|r| r.end + NEAR < region.start);
        if decoded.is_some() || apart {
            decode_around_prefixes(text, &near, out);
            near.clear();
        }
        if let Some(decoded) = decoded {
            done = done.max(decoded.range.end);
            out.push(decoded);
        } else {
            near.push(region);
        }
    }
    decode_around_prefixes(text, &near, out);
}

/// Returns true if `word` contains enough base64 for a token and is worth decoding.
pub(super) fn may_hold_token(word: &[u8]) -> bool {
    // A full stop separates the parts of a JWT.
    let stops = memchr::memchr_iter(b'.', word).map(|stop| stop + 1);
    let mut starts = std::iter::once(0).chain(stops);
    word.len() >= SHORTEST
        && (starts.any(|start| word.len() - start >= SHORTEST && begins_as_text(&word[start..]))
            || holds_prefix(word))
}

/// Returns true if `word` may be the base64 of a text with a token.
#[inline]
pub(super) fn begins_long_text(word: &[u8]) -> bool {
    word.len() >= SHORTEST && begins_as_text(word)
}

/// Returns true if `text` contains a piece of a token's prefix in base64.
fn holds_prefix(text: &[u8]) -> bool {
    PIECES_OF_PREFIXES.0.is_match(text)
}

/// Removes the next run from `from` on from two sorted lists, and returns it.
fn next_run<'r>(lists: &mut [&'r [Range<usize>]; 2], from: usize) -> Option<&'r Range<usize>> {
    for list in lists.iter_mut() {
        // One region may contain very many runs.
        if list.first().is_some_and(|run| run.start < from) {
            *list = &list[list.partition_point(|run| run.start < from)..];
        }
    }
    let [one, other] = lists;
    let is_first = |run: &Range<usize>| other.first().is_none_or(|o| run.start < o.start);
    let list = if one.first().is_some_and(is_first) {
        one
    } else {
        other
    };
    list.split_off_first()
}

/// Returns true if `run`, too short for a region of its own, may be a part of one: a sign of the alphabet is beside it.
#[inline]
pub(super) fn is_base64_fragment(text: &[u8], run: &Range<usize>) -> bool {
    let is_sign = |b: Option<&u8>| b.is_some_and(|b| is_sign(*b));
    is_sign(text.get(run.end)) || run.start > 0 && is_sign(text.get(run.start - 1))
}

/// Returns true if `byte` is a sign of the alphabet, and no word character.
pub(super) const fn is_sign(byte: u8) -> bool {
    matches!(byte, b'+' | b'/' | b'-')
}

/// Returns the run of base64 characters around `run`, which contains nothing else. It begins at `floor` or later.
fn widen_region(text: &[u8], run: &Range<usize>, floor: usize) -> Range<usize> {
    let before = text[floor..run.start].iter().rev();
    let left = before.take_while(|b| sextet_value(**b).is_some()).count();
    let right = leading_base64_len(&text[run.end..]);
    add_steps(left + right);
    run.start - left..run.end + right
}

/// Decodes a region that is the base64 of plain text from its first character on, over line breaks where it is wrapped.
fn decode_plain_text(text: &[u8], region: Range<usize>) -> Option<Decoded> {
    if !begins_as_text(&text[region.clone()]) {
        return None;
    }
    // Text may be followed by something else in the same alphabet, such as a path. The decoder stops there, and
    // reads line by line, so that it does not read further than it decodes.
    let decoded = decode_pieces(text, WrappedLines::from(text, region), Accepted::Text);
    (decoded.bytes.len() >= 40).then_some(decoded)
}

/// Returns true if the beginning of `encoded` is the base64 of text.
fn begins_as_text(encoded: &[u8]) -> bool {
    const PROBE: usize = 16;
    let (probe, _) = encoded[..encoded.len().min(PROBE)].as_chunks::<4>();
    let is_plain =
        |q: &[u8; 4]| decode_four(*q).is_some_and(|bytes| bytes.into_iter().all(is_text_byte));
    probe.iter().all(is_plain)
}

/// Decodes the surroundings of prefixes in regions that are not plain text, in order.
fn decode_around_prefixes(text: &[u8], regions: &[Range<usize>], out: &mut Vec<Decoded>) {
    let (Some(first), Some(last)) = (regions.first(), regions.last()) else {
        return;
    };
    let automaton = &PIECES_OF_PREFIXES.0;
    let mut from = first.start;
    while let Some(hit) = automaton.find(Input::new(text).range(from..last.end)) {
        let Some(region) = regions.get(regions.partition_point(|r| r.end <= hit.start())) else {
            return;
        };
        from = region.start;
        if region.start <= hit.start() {
            decode_around_prefixes_in(text, region.clone(), out);
            from = region.end;
        }
    }
}

/// Decodes the surroundings of prefixes in one region.
fn decode_around_prefixes_in(text: &[u8], region: Range<usize>, out: &mut Vec<Decoded>) {
    let (automaton, phases) = &*PIECES_OF_PREFIXES;
    let mut done = region.start;
    let mut from = done;
    while let Some(hit) = automaton.find(Input::new(text).range(from..region.end)) {
        from = hit.start() + 1;
        let Some(group) = hit.start().checked_sub(phases[hit.pattern().as_usize()]) else {
            continue;
        };
        if group < done {
            continue;
        }
        let back = (group - done).min(BEFORE) / 4 * 4;
        let end = region.end.min(group + BEHIND);
        let part = group - back..end;
        // A token may continue after the end of a wrapped line.
        let tail = if end == region.end {
            following_line(text, end, region.len().min(BEHIND))
        } else {
            None
        };
        out.push(decode_pieces(
            text,
            std::iter::once(part).chain(tail),
            Accepted::AllBytes,
        ));
        done = end;
        from = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::runs;
    use crate::token::{Mint, Shape};

    fn decoded(text: &[u8]) -> Vec<Decoded> {
        let mut found = Vec::new();
        runs::find(text, &mut found);
        let mut out = Vec::new();
        find_base64(text, &found, &[], &mut out);
        out
    }

    #[test]
    fn every_prefix_has_three_forms_and_the_automaton_knows_them() {
        let (automaton, phases) = &*PIECES_OF_PREFIXES;
        assert_eq!(automaton.patterns_len(), 21);
        assert_eq!(phases.len(), 21);
        // A word without small letters contains none of them, which `begins_encoded_text` depends on.
        let has_small = |piece: &str| piece.contains(|c: char| c.is_ascii_lowercase());
        assert!(pieces_of_prefixes().iter().all(|p| has_small(&p.0)));
        assert!(automaton.is_match("Z2hwX") && automaton.is_match("naXRodWJfcGF0X"));
    }

    #[test]
    fn regions_searched_together_give_what_each_gives_alone() {
        let mut mint = Mint::new(12);
        let mut total = 0;
        for _ in 0..300 {
            let (mut text, mut all) = (Vec::new(), Vec::new());
            for _ in 0..mint.random_below(12) {
                let start = text.len();
                if mint.random_below(3) > 0 {
                    let len = mint.random_below(120);
                    let mut data = mint.random_bytes(len);
                    data.extend(mint.new_token(Shape::Ghp));
                    data.truncate(len + mint.random_below(60));
                    text.extend(data_encoding::BASE64.encode(&data).into_bytes());
                    if mint.random_below(4) > 0 {
                        all.push(start..text.len());
                    }
                }
                let len = mint.random_below(20);
                text.extend(mint.text(b" .\n", len));
            }
            let (mut together, mut alone) = (Vec::new(), Vec::new());
            decode_around_prefixes(&text, &all, &mut together);
            for region in all {
                decode_around_prefixes_in(&text, region, &mut alone);
            }
            let places = |d: &[Decoded]| -> Vec<_> { d.iter().map(|d| d.range).collect() };
            assert_eq!(places(&together), places(&alone));
            total += together.len();
        }
        assert!(total > 300, "{total}");
    }

    #[test]
    fn a_token_is_found_at_every_offset_in_binary_data_and_its_place_is_right() {
        let mut mint = Mint::new(11);
        for lead in 0..40usize {
            let token = mint.new_token(Shape::Ghu);
            let mut data: Vec<u8> = mint.random_bytes(lead).iter().map(|b| b | 128).collect();
            data.extend(&token);
            data.extend([0xff; 9]);
            let text = format!("<{}>", data_encoding::BASE64.encode(&data));
            let (region, at) = decoded(text.as_bytes())
                .into_iter()
                .find_map(|r| memchr::memmem::find(&r.bytes, &token).map(|at| (r, at)))
                .unwrap_or_else(|| panic!("lead {lead}"));
            let outer = region.outer_range((at..at + token.len()).into());
            assert_eq!(
                outer,
                1 + lead * 4 / 3..1 + ((lead + 40) * 4).div_ceil(3),
                "lead {lead}"
            );
        }
    }

    #[test]
    fn plain_text_is_decoded_whole_also_when_wrapped() {
        let plain = format!(
            "user: jane\nnote: {}\nhex: {}\n",
            "x".repeat(70),
            "0f".repeat(20)
        );
        let encoded = data_encoding::BASE64.encode(plain.as_bytes());
        for (width, gap) in [(1000, ""), (76, "\n"), (64, "\r\n    "), (76, "\\n")] {
            let lines: Vec<&str> = encoded
                .as_bytes()
                .chunks(width)
                .map(|c| std::str::from_utf8(c).unwrap())
                .collect();
            let text = format!("data: {}\n", lines.join(gap));
            let found = decoded(text.as_bytes());
            assert_eq!(found.len(), 1, "{width} {gap:?}");
            assert_eq!(
                found[0].bytes,
                plain.trim_end_matches('=').as_bytes(),
                "{width} {gap:?}"
            );
        }
    }

    #[test]
    fn hex_digests_and_paths_are_not_decoded() {
        let text = format!(
            "{}\n/usr/share/doc/some-package/examples/of/a/long/path/here\n",
            "0a1b".repeat(16)
        );
        assert!(decoded(text.as_bytes()).is_empty());
    }
}
