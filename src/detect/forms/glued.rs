//! Detection of tokens that are glued to each other: `<token><token>`, without a border between them.
//!
//! In text a longer word is not cut to fit a form. Here the forms fill the whole word, and at least one of them is
//! proved by its checksum, so the borders are certain.

use std::ops::Range;

use super::digits::is_digits;
use super::prefixed::{find_prefix, verify_checksum};
use super::stateless::{JwtSpanCache, find_stateless};
use crate::detect::runs::is_word;
use crate::detect::{Candidate, LONGEST_TOKEN};
use crate::finding::Checksum;
use crate::token::Shape;

/// Length of a token of 40 hex digits.
const HEX: usize = 40;

/// Tokens that follow each other without a border.
struct Chain {
    links: Vec<Candidate>,
    /// Offset of the end of the last one.
    end: usize,
    /// True if one of them is proved by its checksum.
    is_proved: bool,
}

impl Chain {
    /// Reads tokens from `start` to at most `end`.
    fn read(text: &[u8], start: usize, end: usize) -> Chain {
        let mut chain = Chain {
            links: Vec::new(),
            end: start,
            is_proved: false,
        };
        let mut was_hex = false;
        while let Some((shape, checksum, len)) = read_link(&text[chain.end..end]) {
            // 80 hex digits may be one value.
            if was_hex && shape == Shape::Hex40 {
                break;
            }
            was_hex = shape == Shape::Hex40;
            chain.is_proved |= checksum == Checksum::Valid;
            let place = chain.end..chain.end + len;
            chain
                .links
                .push(Candidate::of_shape(shape, checksum, place));
            chain.end += len;
        }
        chain
    }
}

/// Appends the tokens that fill the run from `start` on, if there are at least two. Returns true if there are.
pub(super) fn find_chain(
    text: &[u8],
    start: usize,
    end: usize,
    stretch: &mut JwtSpanCache,
    out: &mut Vec<Candidate>,
) -> bool {
    let mut chain = Chain::read(text, start, end);
    if chain.links.is_empty() {
        return false;
    }
    if chain.end == end {
        if chain.links.len() < 2 || !chain.is_proved {
            return false;
        }
    } else if !find_stateless(text, chain.end, stretch, out) {
        // A stateless token goes on behind the run.
        return false;
    }
    out.append(&mut chain.links);
    true
}

/// Appends the tokens that follow a stateless token that ends at `at`.
pub(super) fn find_behind_stateless(
    text: &[u8],
    at: usize,
    stretch: &mut JwtSpanCache,
    out: &mut Vec<Candidate>,
) {
    let near = text[at..].iter().take(LONGEST_TOKEN);
    let end = at + near.take_while(|b| is_word(**b)).count();
    let mut chain = Chain::read(text, at, end);
    if chain.end == end || find_stateless(text, chain.end, stretch, out) {
        out.append(&mut chain.links);
    }
}

/// Returns the form of the token that `word` begins with, if another token or nothing may follow it.
fn read_link(word: &[u8]) -> Option<(Shape, Checksum, usize)> {
    if let Some((prefix, shape)) = find_prefix(word) {
        let len = shape_len(shape)?;
        let checksum = verify_checksum(shape, prefix, word.get(..len)?)?;
        return (checksum != Checksum::Invalid).then_some((shape, checksum, len));
    }
    let digits = word.get(..HEX)?;
    is_digits(digits).then_some((Shape::Hex40, Checksum::None, HEX))
}

/// Returns the length in bytes of the tokens of a form with a prefix.
fn shape_len(shape: Shape) -> Option<usize> {
    Some(match shape {
        Shape::Ghr => 80,
        Shape::FineGrained => 93,
        Shape::TestToken => 55,
        _ => 40,
    })
}

/// Returns true if the run may begin with 40 hex digits and a token behind them. Cheap: most runs are something else.
pub(super) fn may_begin_with_hex(text: &[u8], run: &Range<usize>) -> bool {
    let behind = text[run.clone()].get(HEX..HEX + 4);
    behind.is_some_and(|head| find_prefix(head).is_some() || head == b"gith" || head == b"secr")
}
