//! Detection of the forms of tokens in a run of word characters: whole tokens only, borders included.

mod digits;
mod glued;
mod prefixed;
mod private_key;
mod start;
mod stateless;

use std::ops::Range;

use super::runs::{self, ControlBytes};
use super::{Candidate, CandidateKind};
use crate::token::Shape;

use digits::{find_hex, find_hex_from};
pub(super) use digits::{is_digits, is_lone_hex};
use glued::{find_behind_stateless, find_chain, may_begin_with_hex};
pub(super) use prefixed::{
    FINE_GRAINED_PROVED, LONGEST_CLASSIC, has_prefix, is_incomplete, is_proved, missing_characters,
    prefixes_with, token_start,
};
use prefixed::{find_glued, find_prefixed};
use private_key::SHORTEST_UNBROKEN;
pub(super) use private_key::{find_private_keys, partial_key};
use start::starts_behind_escapes;
pub(super) use start::{ends_escape_head, token_starts};
pub(crate) use stateless::JwtSpanCache;
use stateless::find_stateless_by_claims;
pub(super) use stateless::{Assembly, may_become_stateless};

/// Minimum length in bytes of a run that two glued tokens fill, or one and the beginning of a stateless one.
const SHORTEST_CHAIN: usize = 46;

/// Appends the candidates of one maximal run of word characters; `seen` has the kinds of non-text bytes in `text`.
/// `stretch` is a cache for `text`, and is empty for its first run.
pub(crate) fn find_in_run(
    text: &[u8],
    run: Range<usize>,
    seen: ControlBytes,
    stretch: &mut JwtSpanCache,
    out: &mut Vec<Candidate>,
) {
    let mut next = out.len();
    find_forms(text, run, seen, stretch, out);
    while let Some(found) = out.get(next) {
        let is_stateless = matches!(found.kind, CandidateKind::Shape(Shape::GhsStateless, _));
        let end = found.range.end;
        if is_stateless && text.get(end).is_some_and(|b| runs::is_word(*b)) {
            find_behind_stateless(text, end, stretch, out);
        }
        next += 1;
    }
}

/// Appends the candidates of a run, without those that are glued to a stateless token.
fn find_forms(
    text: &[u8],
    run: Range<usize>,
    seen: ControlBytes,
    stretch: &mut JwtSpanCache,
    out: &mut Vec<Candidate>,
) {
    let word = &text[run.clone()];
    if is_plain_word(text, &run) {
        if seen.controls {
            find_glued(text, &run, out);
        }
        return;
    }
    let before = out.len();
    // If there are many tokens, they are mostly at the head of their runs.
    if find_prefixed(text, run.start, run.end, stretch, out)
        || run.len() >= SHORTEST_CHAIN && find_chain(text, run.start, run.end, stretch, out)
    {
        return;
    }
    if find_hex_from(text, run.start, run.end, out) {
        return find_stateless_by_claims(text, &run, stretch, out);
    }
    if memchr::memchr(b'_', word).is_none() {
        find_hex(text, &run, out);
        return find_stateless_by_claims(text, &run, stretch, out);
    }
    for start in starts_behind_escapes(text, &run) {
        if find_prefixed(text, start, run.end, stretch, out)
            || find_chain(text, start, run.end, stretch, out)
        {
            return;
        }
    }
    if seen.controls {
        find_glued(text, &run, out);
    }
    if out.len() == before {
        find_hex(text, &run, out);
        find_stateless_by_claims(text, &run, stretch, out);
    }
}

/// Returns true if no candidate is in a run of capitals, digits and at least one underscore that begins with no
/// underscore and has no sign of an escape before it: prefixes have small letters, and it is no line of a private key.
#[inline]
pub(super) fn is_constant_name(text: &[u8], run: &Range<usize>) -> bool {
    let claims = run.start > 0 && text[run.start - 1] == b'.';
    !claims && run.len() < SHORTEST_UNBROKEN && !matches!(run.len(), 40 | 80)
}

/// Returns true if only [`find_glued`] can find something in a run, which is so for nearly all runs.
fn is_plain_word(text: &[u8], run: &Range<usize>) -> bool {
    let escaped = run.start > 0 && ends_escape_head(text[run.start - 1]);
    let claims = run.start > 0 && text[run.start - 1] == b'.';
    let prefixed = matches!(text[run.start], b'g' | b'n' | b's' | b'P' | b'_');
    let hex = matches!(run.len(), 40 | 80);
    !(escaped || claims || prefixed || hex || may_begin_with_hex(text, run))
}

#[cfg(test)]
mod tests {
    use super::prefixed::PREFIXES;
    use super::*;
    use crate::detect::{CandidateKind, runs};
    use crate::finding::Checksum;
    use crate::token::{Mint, Shape, checksum};

    #[test]
    fn no_text_makes_it_panic() {
        let mut mint = Mint::new(5);
        let words: [&[u8]; 12] = [
            b".", b"\\", b"%", b"=", b"[", b"\0", b"_", b"ghs_1_", b"ghp_", b"v1.", b"P", b"\\u",
        ];
        for _ in 0..20_000 {
            let mut text = Vec::new();
            for _ in 0..1 + mint.random_below(6) {
                text.extend(words[mint.random_below(words.len())]);
                let len = mint.random_below(50);
                text.extend(mint.hex(len));
            }
            let mut found = Vec::new();
            let seen = runs::find(&text, &mut found);
            let mut out = Vec::new();
            let mut stretch = JwtSpanCache::default();
            found
                .into_iter()
                .for_each(|run| find_in_run(&text, run, seen, &mut stretch, &mut out));
            assert!(out.iter().all(|c| c.range.end <= text.len()));
        }
    }

    fn seen(text: &[u8]) -> Vec<(Shape, Checksum, Range<usize>)> {
        let mut found = Vec::new();
        let mut long = Vec::new();
        let seen = runs::find(text, &mut long);
        let mut stretch = JwtSpanCache::default();
        for run in long {
            find_in_run(text, run, seen, &mut stretch, &mut found);
        }
        let shape = |c: Candidate| match c.kind {
            CandidateKind::Shape(shape, checksum) => (shape, checksum, c.range.offsets()),
            _ => unreachable!("no other kinds here"),
        };
        found.into_iter().map(shape).collect()
    }

    /// Returns the shape of the candidate in `token` between `before` and `after`, if it is all of `token`.
    fn between(before: &str, token: &[u8], after: &str) -> Option<Shape> {
        let text = [before.as_bytes(), token, after.as_bytes()].concat();
        let found = seen(&text);
        let whole = before.len()..before.len() + token.len();
        assert!(
            found.iter().all(|f| f.2 == whole),
            "{found:?} in {}",
            String::from_utf8_lossy(&text)
        );
        found.first().map(|f| f.0)
    }

    #[test]
    fn underscores_alone_and_prefixes_among_them_are_nothing() {
        let words = PREFIXES.iter().map(|(prefix, _)| *prefix);
        for word in words.chain([&b""[..], b"a", b"Pghr_"]) {
            for before in [0, 1, 2, 3, 38, 39, 40, 80] {
                for after in [0, 1, 2, 3, 36, 40] {
                    let text = [&b"_".repeat(before), word, &b"_".repeat(after)].concat();
                    for lead in [" ", "\\", "%", "=", "\x1b[", "\0", "."] {
                        assert_eq!(seen(&[lead.as_bytes(), &text, b"\0"].concat()), []);
                    }
                }
            }
        }
    }

    #[test]
    fn every_form_is_seen_whole_between_ordinary_borders() {
        let mut mint = Mint::new(1);
        for shape in Shape::ALL {
            for (before, after) in [
                ("", ""),
                ("\"", "\""),
                ("=", "\n"),
                ("://", "@"),
                (" ", "."),
                ("<", ">"),
            ] {
                let token = mint.new_token(shape);
                assert_eq!(
                    between(before, &token, after),
                    Some(shape),
                    "{before} {shape:?} {after}"
                );
            }
        }
    }

    #[test]
    fn a_token_may_stand_right_behind_an_escape() {
        let mut mint = Mint::new(2);
        let escapes = [
            "\\n",
            "\\t",
            "\\u003d",
            "\\u0022",
            "\\x3d",
            "\\033",
            "%3D",
            "%20",
            "%3a",
            "=3D",
            "\x1b[31m",
            "\x1b[1;32m",
            "\x1b[0m",
            "\\x1b[31m",
            "\\u001b[1;4;31m",
            "\\033[31m",
            "\\e[0m",
            "^[[31m",
        ];
        for escape in escapes {
            for shape in [
                Shape::Ghp,
                Shape::FineGrained,
                Shape::Ghr,
                Shape::Hex40,
                Shape::GhsStateless,
            ] {
                let token = mint.new_token(shape);
                assert_eq!(
                    between(escape, &token, "\x1b[0m"),
                    Some(shape),
                    "{escape:?} {shape:?}"
                );
            }
        }
    }

    #[test]
    fn a_token_may_be_emphasised() {
        let mut mint = Mint::new(3);
        for shape in [Shape::Ghp, Shape::FineGrained, Shape::Hex40] {
            for marks in ["_", "__", "*", "**", "`"] {
                let token = mint.new_token(shape);
                assert_eq!(
                    between(marks, &token, marks),
                    Some(shape),
                    "{marks} {shape:?}"
                );
            }
        }
    }

    #[test]
    fn a_longer_run_is_not_cut_to_fit() {
        let mut mint = Mint::new(4);
        for shape in Shape::ALL {
            for (before, after) in [
                ("", "x"),
                ("x", ""),
                ("", "0"),
                ("a", "b"),
                ("", "_1"),
                ("_", ""),
            ] {
                let token = mint.new_token(shape);
                // A stateless token ends with any number of base64url characters, so one more is not detected.
                if shape == Shape::GhsStateless && before.is_empty() {
                    continue;
                }
                let text = [before.as_bytes(), &token, after.as_bytes()].concat();
                // The prefix of a legacy app token precedes 40 hex digits, which are still judged.
                let found = seen(&text)
                    .into_iter()
                    .find(|f| f.0 != Shape::Hex40 || shape == f.0);
                assert_eq!(found, None, "{before}{shape:?}{after}");
            }
        }
    }

    #[test]
    fn tokens_that_are_glued_to_each_other_are_all_seen() {
        let mut mint = Mint::new(12);
        let shapes: Vec<Shape> = Shape::checked_shapes()
            .chain([Shape::Hex40, Shape::TestToken, Shape::GhsStateless])
            .collect();
        for round in 0..2000 {
            let count = 2 + mint.random_below(3);
            let mut text = b" ".to_vec();
            let mut wanted = Vec::new();
            let mut was = Shape::Hex40;
            for _ in 0..count {
                let shape = shapes[mint.random_below(shapes.len())];
                // Nothing shows where 40 hex digits begin between other digits, or behind base64.
                if shape == Shape::Hex40 && matches!(was, Shape::Hex40 | Shape::GhsStateless) {
                    continue;
                }
                was = shape;
                let token = mint.new_token(shape);
                wanted.push((shape, text.len()..text.len() + token.len()));
                text.extend(token);
            }
            let proved = |(shape, _): &(Shape, Range<usize>)| {
                !matches!(shape, Shape::Hex40 | Shape::TestToken)
            };
            if wanted.len() < 2 || !wanted.iter().any(proved) {
                continue;
            }
            text.extend(["\n", "\"", ""][round % 3].as_bytes());
            let mut found: Vec<_> = seen(&text).into_iter().map(|f| (f.0, f.2)).collect();
            found.sort_by_key(|f| f.1.start);
            assert_eq!(found, wanted, "{}", String::from_utf8_lossy(&text));
        }
    }

    #[test]
    fn what_is_glued_to_anything_else_is_still_one_word() {
        let mut mint = Mint::new(13);
        let [a, b] = [Shape::Ghp, Shape::Gho].map(|shape| mint.new_token(shape));
        let [c, d] = [&a, &b].map(|token| mint.damage_token(token, 20));
        let hex = mint.hex(40);
        for parts in [
            [&a[..], &b, b"x"],
            [b"x", &a, &b],
            [&a, b"_", &b],
            [&c, &d, b""],
            [&a, &d, b""],
            [&hex, &hex, b"0"],
            [&a, &hex, &hex[..39]],
        ] {
            assert_eq!(
                seen(&parts.concat()),
                [],
                "{}",
                String::from_utf8_lossy(&parts.concat())
            );
        }
    }

    #[test]
    fn upper_case_hex_and_other_lengths_are_nothing() {
        let mut mint = Mint::new(5);
        for len in [39, 41, 42, 44, 64, 80] {
            assert_eq!(between(" ", &mint.hex(len), " "), None, "{len}");
        }
        let upper = mint.hex(40).to_ascii_uppercase();
        assert_eq!(between(" ", &upper, " "), None);
    }

    #[test]
    fn in_compiled_files_a_checksum_outweighs_the_borders() {
        let mut mint = Mint::new(6);
        for shape in Shape::checked_shapes() {
            let token = mint.new_token(shape);
            assert_eq!(
                between("\0\u{1}invalid ", &token, "unexpected\0"),
                Some(shape)
            );
            assert_eq!(
                between("\0name", &token, "next\0"),
                Some(shape),
                "{shape:?}"
            );
            let damaged = mint.damage_token(&token, 20);
            assert_eq!(between("\0name", &damaged, "next\0"), None, "{shape:?}");
        }
        // The marshal format of Python puts the length, a `P`, before a string of 80 bytes.
        let token = mint.new_token(Shape::Ghr);
        assert_eq!(between("\u{1}P", &token, "\0"), Some(Shape::Ghr));
    }

    #[test]
    fn a_longer_token_is_taken_if_it_proves_itself() {
        let mut mint = Mint::new(7);
        let body = mint.random_base62(120);
        let token = [b"ghp_", &body[..], &checksum::crc32_base62(&body)].concat();
        assert_eq!(between(" ", &token, " "), Some(Shape::Ghp));
        assert_eq!(between(" ", &mint.damage_token(&token, 30), " "), None);
    }

    #[test]
    fn a_stateless_token_goes_to_its_true_end() {
        let mut mint = Mint::new(8);
        let token = mint.new_token(Shape::GhsStateless);
        for after in ["", "\n", ". Next", "\"", "@github.com", "...", "</"] {
            assert_eq!(
                between("token: ", &token, after),
                Some(Shape::GhsStateless),
                "{after}"
            );
        }
        // Four parts, or two, are something else, unless the structure of three is valid.
        assert_eq!(between(" ", &token, ".log"), Some(Shape::GhsStateless));
        let token = mint.opaque_stateless();
        assert_eq!(between(" ", &token, ".abcdefghijklmnop"), None);
        let cut = token.iter().rposition(|b| *b == b'.').unwrap();
        assert_eq!(between(" ", &token[..cut], " "), None);
    }

    #[test]
    fn a_stateless_token_with_a_short_header_is_found_by_its_claims() {
        let token = [
            "ghs_7_eyJhbGciOiJIUzI1NiJ9",
            &"eyJpc3MiOiJnaXRodWIi".repeat(3),
            &"c2lnbmF0dXJl".repeat(5),
        ];
        assert_eq!(
            between("=", token.join(".").as_bytes(), "\n"),
            Some(Shape::GhsStateless)
        );
    }

    #[test]
    fn a_damaged_token_is_seen_with_a_checksum_that_does_not_hold() {
        let mut mint = Mint::new(9);
        let token = mint.new_token(Shape::Gho);
        let damaged = mint.damage_token(&token, 10);
        assert_eq!(seen(&damaged), [(Shape::Gho, Checksum::Invalid, 0..40)]);
        let owner = mint.new_token(Shape::FineGrained);
        let damaged = mint.damage_token(&owner, 80);
        assert_eq!(
            seen(&damaged),
            [(Shape::FineGrained, Checksum::Invalid, 0..93)]
        );
    }
}
