//! Search for many short patterns at once, ASCII letters in either case.
//!
//! Every pattern begins with a head of eight bytes. One look at the eight bytes at a place of the text, in a set of
//! bits, excludes nearly all places; the others are compared. An automaton that reports overlapping matches has no such
//! look, and takes more than ten times as long.

use std::ops::Range;

/// Length in bytes of the beginning of a pattern that is looked up.
pub(super) const HEAD: usize = 8;

/// Number of bits in the set for each pattern.
const BITS_PER_PATTERN: usize = 16;

/// Minimum and maximum number of bits in the set, as powers of two.
const FEWEST_BITS: u32 = 10;
const MOST_BITS: u32 = 24;

/// Patterns that are searched for together.
#[derive(Debug)]
pub(super) struct PieceSearch {
    /// True for each byte, in either case, that a head contains.
    in_heads: [bool; 256],
    /// Bits of the heads: the bit at the number that the first bits of a head's hash are.
    bits: Vec<u64>,
    /// Number of bits of a hash that are not used for [`Self::bits`].
    bit_shift: u32,
    /// Index of the first entry of each bucket, and the number of entries. A bucket is the first bits of a hash.
    buckets: Vec<u32>,
    bucket_shift: u32,
    /// Heads with their patterns, in the order of their hashes.
    entries: Vec<PieceEntry>,
    /// All patterns one behind the other, and the end of each.
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

/// Head of a pattern.
#[derive(Clone, Copy, Debug)]
struct PieceEntry {
    head: u64,
    pattern: u32,
}

impl PieceSearch {
    /// Prepares the search for these patterns. One that is shorter than a head is never found.
    pub(super) fn new<'p>(patterns: impl IntoIterator<Item = &'p [u8]>) -> PieceSearch {
        let mut in_heads = [false; 256];
        let mut bytes = Vec::new();
        let mut ends = Vec::new();
        let mut entries = Vec::new();
        for (pattern, index) in patterns.into_iter().zip(0u32..) {
            bytes.extend_from_slice(pattern);
            ends.push(bytes.len());
            if let Some(head) = pattern.first_chunk() {
                for byte in head {
                    in_heads[usize::from(byte.to_ascii_lowercase())] = true;
                    in_heads[usize::from(byte.to_ascii_uppercase())] = true;
                }
                entries.push(PieceEntry {
                    head: fold(head),
                    pattern: index,
                });
            }
        }
        entries.sort_by_key(|entry| (hash(entry.head), entry.pattern));
        let bit_count = (entries.len() * BITS_PER_PATTERN)
            .next_power_of_two()
            .ilog2();
        let bit_count = bit_count.clamp(FEWEST_BITS, MOST_BITS);
        let bit_shift = u64::BITS - bit_count;
        let mut bits = vec![0; 1 << (bit_count - u64::BITS.ilog2())];
        for entry in &entries {
            let (word, bit) = place_of_bit(first_bits(hash(entry.head), bit_shift));
            bits[word] |= bit;
        }
        let bucket_count = entries.len().next_power_of_two().ilog2().max(1);
        let bucket_shift = u64::BITS - bucket_count;
        let mut buckets = vec![0; (1 << bucket_count) + 1];
        for entry in &entries {
            buckets[first_bits(hash(entry.head), bucket_shift) + 1] += 1;
        }
        for i in 1..buckets.len() {
            buckets[i] += buckets[i - 1];
        }
        PieceSearch {
            in_heads,
            bits,
            bit_shift,
            buckets,
            bucket_shift,
            entries,
            bytes,
            ends,
        }
    }

    /// Calls `found` with the index of the pattern and the place of each match, in the order of their starts.
    pub(super) fn for_each_match(&self, text: &[u8], mut found: impl FnMut(usize, Range<usize>)) {
        let is_outside = |byte: &u8| !self.in_heads[usize::from(*byte)];
        let mut at = 0;
        while let Some(here) = text.get(at..at + HEAD) {
            if let Some(outside) = here.iter().rposition(is_outside) {
                at += outside + 1;
                continue;
            }
            // Heads may begin at every place until the next byte that is in none.
            let rest = &text[at + HEAD..];
            let more = rest.iter().position(is_outside).unwrap_or(rest.len());
            let run = &text[at..at + HEAD + more];
            for (start, head) in (at..).zip(run.array_windows()) {
                self.match_at(text, start, fold(head), &mut found);
            }
            at += run.len() + 1;
        }
    }

    /// Calls `found` with the patterns at `start`, where this head is.
    #[inline]
    fn match_at(
        &self,
        text: &[u8],
        start: usize,
        head: u64,
        found: &mut impl FnMut(usize, Range<usize>),
    ) {
        let hash = hash(head);
        let (word, bit) = place_of_bit(first_bits(hash, self.bit_shift));
        if self.bits[word] & bit == 0 {
            return;
        }
        for entry in self.bucket_of(hash) {
            let pattern = self.pattern_at(entry.pattern as usize);
            let end = start + pattern.len();
            let there = text.get(start..end);
            if entry.head == head && there.is_some_and(|t| t.eq_ignore_ascii_case(pattern)) {
                found(entry.pattern as usize, start..end);
            }
        }
    }

    fn bucket_of(&self, hash: u64) -> &[PieceEntry] {
        let bucket = first_bits(hash, self.bucket_shift);
        let (first, end) = (self.buckets[bucket], self.buckets[bucket + 1]);
        &self.entries[first as usize..end as usize]
    }

    fn pattern_at(&self, index: usize) -> &[u8] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[index]]
    }
}

/// Returns a head in which the cases of a letter are equal. Some other bytes become equal too.
#[inline]
fn fold(head: &[u8; HEAD]) -> u64 {
    u64::from_le_bytes(*head) | u64::from_le_bytes([0x20; HEAD])
}

/// Returns a hash whose first bits depend on all bytes of the head.
#[inline]
fn hash(head: u64) -> u64 {
    head.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Returns the bits of a hash above the last `shift`.
#[inline]
fn first_bits(hash: u64, shift: u32) -> usize {
    // As many as a table has entries, so they fit.
    usize::try_from(hash >> shift).unwrap_or_default()
}

/// Returns the index of the word that a bit is in, and the bit in it.
#[inline]
fn place_of_bit(number: usize) -> (usize, u64) {
    (number / 64, 1 << (number % 64))
}

#[cfg(test)]
mod tests {
    use aho_corasick::AhoCorasick;

    use super::*;
    use crate::token::Mint;

    /// Returns a text of few different bytes, in which patterns overlap, begin alike and occur in either case.
    fn random_text(mint: &mut Mint, len: usize) -> Vec<u8> {
        mint.text(b"aAbB%@`\0=1", len)
    }

    #[test]
    fn every_match_of_an_automaton_is_found_and_no_other() {
        let mut mint = Mint::new(31);
        let mut total = 0;
        for round in 0..300 {
            let mut text = random_text(&mut mint, 400);
            let patterns: Vec<Vec<u8>> = (0..1 + mint.random_below(40))
                .map(|_| {
                    let len = HEAD + mint.random_below(6);
                    if mint.random_below(3) == 0 {
                        return random_text(&mut mint, len);
                    }
                    let at = mint.random_below(text.len() - len);
                    text[at..at + len].to_ascii_lowercase()
                })
                .collect();
            if round % 3 == 0 {
                text.truncate(mint.random_below(20));
            }
            let automaton = AhoCorasick::builder()
                .ascii_case_insensitive(true)
                .build(&patterns)
                .unwrap();
            let hits = automaton.find_overlapping_iter(&text);
            let mut expected: Vec<_> = hits
                .map(|hit| (hit.start(), hit.pattern().as_usize(), hit.end()))
                .collect();
            expected.sort_unstable();
            let mut found = Vec::new();
            let search = PieceSearch::new(patterns.iter().map(Vec::as_slice));
            search.for_each_match(&text, |pattern, place| {
                found.push((place.start, pattern, place.end));
            });
            assert!(found.is_sorted_by_key(|hit| hit.0));
            found.sort_unstable();
            assert_eq!(found, expected);
            total += found.len();
        }
        assert!(total > 2000, "{total}");
    }

    #[test]
    fn no_patterns_and_short_patterns_are_never_found() {
        for patterns in [&[][..], &[&b"abc"[..]]] {
            let search = PieceSearch::new(patterns.iter().copied());
            search.for_each_match(b"abcabcabcabc", |_, _| panic!("found"));
        }
    }
}
