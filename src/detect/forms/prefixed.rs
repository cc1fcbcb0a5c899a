//! Detection of tokens with a prefix, most of which have a checksum.

use std::ops::Range;

use super::start::{end_before_emphasis, ends_escape_head, token_starts};
use super::stateless::{JwtSpanCache, begins_stateless, find_stateless, is_cut_head, is_stateless};
use crate::detect::Candidate;
use crate::detect::runs::{is_control, is_word};
use crate::finding::Checksum;
use crate::token::{Shape, checksum};

/// Prefixes at the head of a word run, with their shape.
pub(super) static PREFIXES: [(&[u8], Shape); 8] = [
    (b"ghp_", Shape::Ghp),
    (b"gho_", Shape::Gho),
    (b"ghu_", Shape::Ghu),
    (b"ghs_", Shape::Ghs),
    (b"ghr_", Shape::Ghr),
    (b"npm_", Shape::Npm),
    (b"github_pat_", Shape::FineGrained),
    (b"secret_scanning_", Shape::TestToken),
];

/// Maximum length in characters that GitHub plans for tokens.
pub(in crate::detect) const LONGEST_CLASSIC: usize = 255;

/// Number of characters of a fine-grained token that its checksum covers, the checksum itself included.
pub(in crate::detect) const FINE_GRAINED_PROVED: usize = 85;

/// Returns the prefix that `word` begins with.
pub(super) fn find_prefix(word: &[u8]) -> Option<(&'static [u8], Shape)> {
    let head = word.first_chunk::<4>()?;
    // Most words end here.
    if !matches!(head[0], b'g' | b'n' | b's') {
        return None;
    }
    let known = PREFIXES[HEADS.iter().position(|h| h == head)?];
    (known.0.len() == head.len() || word.starts_with(known.0)).then_some(known)
}

/// First four bytes of each of [`PREFIXES`]: all different, and compared in one step.
const HEADS: [[u8; 4]; PREFIXES.len()] = {
    let mut heads = [[0; 4]; PREFIXES.len()];
    let mut at = 0;
    while at < heads.len() {
        let prefix = PREFIXES[at].0;
        heads[at] = [prefix[0], prefix[1], prefix[2], prefix[3]];
        at += 1;
    }
    heads
};

/// Returns the prefix of a token with a checksum that `word` begins with.
fn checked_prefix(word: &[u8]) -> Option<(&'static [u8], Shape)> {
    find_prefix(word).filter(|(_, shape)| shape.checksum().is_some())
}

/// Returns for each prefix of a token with a checksum that ends with `tail` the characters before it.
pub(in crate::detect) fn prefixes_with(tail: &[u8]) -> impl Iterator<Item = &'static [u8]> {
    let checked = PREFIXES
        .iter()
        .filter(|(_, shape)| shape.checksum().is_some());
    checked.filter_map(move |(prefix, _)| prefix.strip_suffix(tail))
}

/// Returns true if `word` is a whole token with a valid checksum.
pub(in crate::detect) fn is_proved(word: &[u8]) -> bool {
    checked_prefix(word).is_some_and(|(prefix, shape)| {
        verify_checksum(shape, prefix, word) == Some(Checksum::Valid)
    })
}

/// Returns the start in a run of a token with a checksum, or of the first piece of one: its prefix.
pub(in crate::detect) fn token_start(text: &[u8], run: &Range<usize>) -> Option<usize> {
    if checked_prefix(&text[run.clone()]).is_some() {
        return Some(run.start);
    }
    let escaped = run.start > 0 && ends_escape_head(text[run.start - 1]);
    if !escaped && text[run.start] != b'_' {
        return None;
    }
    token_starts(text, run).find(|start| checked_prefix(&text[*start..run.end]).is_some())
}

/// Returns true if `word` is the beginning of a token with a checksum and too short for a whole one.
pub(in crate::detect) fn is_incomplete(word: &[u8]) -> bool {
    match missing_characters(word) {
        Some(left) => left > 0,
        None => PREFIXES.iter().any(|(p, _)| p.starts_with(word)),
    }
}

/// Returns the minimum number of characters missing from the beginning of a token, whose prefix must be whole.
pub(in crate::detect) fn missing_characters(word: &[u8]) -> Option<usize> {
    let (prefix, shape) = checked_prefix(word)?;
    let body = &word[prefix.len()..];
    let whole = match shape {
        Shape::FineGrained => 82,
        Shape::Ghr => 76,
        _ => 36,
    };
    if shape == Shape::Ghs && begins_stateless(word) {
        return Some(usize::from(!is_stateless(word)));
    }
    if body.len() >= whole {
        return Some(0);
    }
    if shape == Shape::Ghs && is_cut_head(word) {
        return Some(whole - body.len());
    }
    let parted = |at: usize| shape == Shape::FineGrained && at == 22;
    let mut places = body.iter().enumerate();
    let is_part = places.all(|(at, b)| is_word(*b) && (*b == b'_') == parted(at));
    is_part.then(|| whole - body.len())
}

/// Examines a token with a prefix that starts at `start` in a run that ends at `end`. Returns true if there is one.
pub(super) fn find_prefixed(
    text: &[u8],
    start: usize,
    end: usize,
    stretch: &mut JwtSpanCache,
    out: &mut Vec<Candidate>,
) -> bool {
    let word = &text[start..end];
    let Some((prefix, shape)) = find_prefix(word) else {
        return false;
    };
    if shape == Shape::Ghs && find_stateless(text, start, stretch, out) {
        return true;
    }
    let Some(end) = end_before_emphasis(text, start, end) else {
        return false;
    };
    let token = &text[start..end];
    let Some(checksum) = verify_checksum(shape, prefix, token) else {
        return false;
    };
    out.push(Candidate::of_shape(
        shape,
        checksum,
        start..start + token.len(),
    ));
    true
}

/// Returns the result of the checksum of a whole token of this shape; `None` if `token` does not have the shape.
pub(super) fn verify_checksum(shape: Shape, prefix: &[u8], token: &[u8]) -> Option<Checksum> {
    let body = token.get(prefix.len()..)?;
    let of = |valid| {
        Some(if valid {
            Checksum::Valid
        } else {
            Checksum::Invalid
        })
    };
    match shape {
        Shape::FineGrained => {
            let parts = body.len() == 82
                && body[22] == b'_'
                && !body[..22].contains(&b'_')
                && !body[23..].contains(&b'_');
            if parts {
                of(checksum::fine_grained_holds(token))
            } else {
                None
            }
        }
        Shape::TestToken => {
            let tail = body.strip_prefix(b"ab85fc6f8d7638cf1c11da812da308d43_")?;
            (tail.len() == 5 && !tail.contains(&b'_')).then_some(Checksum::None)
        }
        _ => {
            let exact = if shape == Shape::Ghr { 76 } else { 36 };
            if body.len() < 36
                || token.len() > LONGEST_CLASSIC
                || memchr::memchr(b'_', body).is_some()
            {
                return None;
            }
            let valid = checksum::crc32_holds(body);
            // GitHub has announced longer tokens; they need a valid checksum, others must fit the form.
            if valid || body.len() == exact {
                of(valid)
            } else {
                None
            }
        }
    }
}

/// Finds tokens that are glued to their neighbours, as strings in compiled files have no border between them.
/// Only those with a valid checksum are found.
pub(super) fn find_glued(text: &[u8], run: &Range<usize>, out: &mut Vec<Candidate>) {
    let word = &text[run.clone()];
    if !has_prefix(word) || !is_binary(text, run) {
        return;
    }
    for end in prefix_ends(word) {
        for &(prefix, shape) in &PREFIXES[..7] {
            if !word[..end].ends_with(prefix) {
                continue;
            }
            let start = end - prefix.len();
            let len = match shape {
                Shape::Ghr => 80,
                Shape::FineGrained => 93,
                _ => 40,
            };
            if let Some(token) = word.get(start..start + len)
                && verify_checksum(shape, prefix, token) == Some(Checksum::Valid)
            {
                let start = run.start + start;
                out.push(Candidate::of_shape(
                    shape,
                    Checksum::Valid,
                    start..start + len,
                ));
            }
        }
    }
}

/// Returns the ends of all texts in `word` that may be one of the first seven [`PREFIXES`].
fn prefix_ends(word: &[u8]) -> impl Iterator<Item = usize> {
    memchr::memchr_iter(b'_', word)
        .filter(|at| {
            matches!(
                word[..*at],
                [.., b'g', b'h', _] | [.., b'n', b'p', b'm'] | [.., b'p', b'a', b't']
            )
        })
        .map(|at| at + 1)
}

/// Returns true if `word` contains the prefix of a token.
pub(in crate::detect) fn has_prefix(word: &[u8]) -> bool {
    prefix_ends(word).any(|_| true)
}

/// Returns true if the bytes around a run are not text: control characters that no text contains are near it.
fn is_binary(text: &[u8], run: &Range<usize>) -> bool {
    const AROUND: usize = 64;
    let near = |bytes: &[u8]| bytes.iter().any(|b| is_control(*b));
    near(&text[run.start.saturating_sub(AROUND)..run.start])
        || near(&text[run.end..text.len().min(run.end + AROUND)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Mint;

    #[test]
    fn a_prefix_is_the_one_that_a_word_begins_with() {
        let mut mint = Mint::new(11);
        for _ in 0..20_000 {
            let (prefix, _) = PREFIXES[mint.random_below(PREFIXES.len())];
            let mut word = prefix[..mint.random_below(prefix.len() + 1)].to_vec();
            let more = mint.random_below(4);
            word.extend(mint.text(b"ghps_t", more));
            let plain = PREFIXES.iter().find(|(p, _)| word.starts_with(p));
            assert_eq!(find_prefix(&word), plain.copied());
        }
    }
}
