//! Every version gives what the portable one does.

#![cfg(test)]

use super::*;
use crate::token::Mint;

/// Classifies in the simplest way, one byte at a time.
fn naive(block: &[u8; BLOCK]) -> u64 {
    (0..)
        .zip(block)
        .filter(|(_, byte)| !is_word(**byte))
        .map(|(place, _)| 1 << place)
        .sum()
}

/// Checks all whole blocks in `text`.
fn check(text: &[u8]) {
    let blocks = text.as_chunks::<BLOCK>().0;
    let expected: Vec<u64> = blocks.iter().map(naive).collect();
    let bytes = blocks.as_flattened();
    let untextual = ControlBytes {
        zeros: bytes.contains(&0),
        controls: bytes.iter().any(|b| is_control(*b)),
    };
    let chosen: versions::Version = find_breaks;
    for (name, search) in versions::supported()
        .into_iter()
        .chain([("chosen", chosen)])
    {
        let mut out = vec![0; blocks.len()];
        let seen = search(blocks, &mut out);
        assert_eq!((&out, seen), (&expected, untextual), "{name}: {text:?}");
    }
}

/// Number of rounds. Miri runs the same tests, some hundred times slower.
pub(super) const ROUNDS: usize = if cfg!(miri) { 8 } else { 2000 };

fn check_marks<const SHORTEST: usize>(breaks: &[u64]) {
    let mut out = vec![0; breaks.len() - 1];
    let marked = mark_long_runs::<SHORTEST>(breaks, &mut out);
    let expected = (0..).zip(&out).filter(|(_, bits)| **bits != 0);
    let expected: u64 = expected.map(|(block, _)| 1 << block).sum();
    assert_eq!(marked, expected, "{SHORTEST} {breaks:x?}");
    let is_inside = |at: usize| breaks[at / BLOCK] >> (at % BLOCK) & 1 == 0;
    for at in BLOCK..breaks.len() * BLOCK {
        let before = (0..at).rev().take_while(|at| is_inside(*at)).take(SHORTEST);
        let is_marked = is_inside(at) && before.count() == SHORTEST - 1;
        let mark = out[at / BLOCK - 1] >> (at % BLOCK) & 1;
        assert_eq!(mark == 1, is_marked, "{SHORTEST} {at} {breaks:x?}");
    }
}

#[test]
fn a_run_is_marked_once_where_it_becomes_long() {
    let mut mint = Mint::new(3);
    for round in 0..ROUNDS {
        let odds = 1 + round % 100;
        let mut breaks = vec![0u64; 1 + mint.random_below(9)];
        for bit in 0..breaks.len() * BLOCK {
            breaks[bit / BLOCK] |= u64::from(mint.random_below(odds) == 0) << (bit % BLOCK);
        }
        check_marks::<1>(&breaks);
        check_marks::<20>(&breaks);
        check_marks::<40>(&breaks);
        check_marks::<63>(&breaks);
    }
}

#[test]
fn every_byte_is_told_apart_wherever_it_stands() {
    for byte in 0..=255u8 {
        for at in (0..BLOCK).step_by(if cfg!(miri) { 31 } else { 1 }) {
            for others in [b'x', b'.'] {
                let mut text = [others; BLOCK];
                text[at] = byte;
                check(&text);
            }
        }
    }
}

#[test]
fn random_texts_are_the_same_for_all_at_every_alignment() {
    let mut mint = Mint::new(1);
    for round in 0..ROUNDS {
        let len = mint.random_below(600);
        // From breaks everywhere to hardly any.
        let odds = 1 + round % 150;
        let text: Vec<u8> = (0..len)
            .map(|_| match mint.random_below(odds) {
                0 => mint.random_bytes(1)[0],
                _ => b"aZ_09"[mint.random_below(5)],
            })
            .collect();
        check(&text[mint.random_below(65).min(len)..]);
        check(&mint.random_bytes(len));
    }
}
