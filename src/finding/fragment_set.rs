//! Set of the parts of secrets, in 10 bytes for each: a scan may find very many secrets.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;

/// Number of consecutive characters of a secret that no report shows.
pub(super) const LENGTH: usize = 12;

/// Number of bits of a filter for each hash.
const FILTER_BITS: usize = 8;

/// Texts of [`LENGTH`] bytes, each as a hash of 64 bits.
#[derive(Default)]
pub(super) struct FragmentSet {
    /// Hashes that were added, each part more than twice as large as the next one. So a hash is seldom sorted again.
    parts: Vec<SortedHashes>,
}

impl FragmentSet {
    /// Adds several texts at once.
    pub(super) fn add<'t>(&mut self, texts: impl Iterator<Item = &'t [u8; LENGTH]>) {
        let mut hashes: Vec<u64> = texts.map(hash_of).collect();
        if hashes.is_empty() {
            return;
        }
        while let Some(last) = self
            .parts
            .pop_if(|last| last.hashes.len() <= 2 * hashes.len())
        {
            hashes.extend(last.hashes);
        }
        self.parts.push(SortedHashes::new(hashes));
    }

    /// Returns true if the set contains nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Returns true if a text was added.
    pub(super) fn contains(&self, text: &[u8; LENGTH]) -> bool {
        let hash = hash_of(text);
        self.parts.iter().any(|part| part.contains(hash))
    }
}

fn hash_of(text: &[u8; LENGTH]) -> u64 {
    FixedState::default().hash_one(text)
}

/// Sorted hashes, with a bit for the last bits of each. Most other hashes are rejected without a search.
struct SortedHashes {
    hashes: Vec<u64>,
    filter: Vec<u64>,
}

impl SortedHashes {
    fn new(mut hashes: Vec<u64>) -> Self {
        hashes.sort_unstable();
        hashes.dedup();
        hashes.shrink_to_fit();
        let words = (hashes.len() * FILTER_BITS).div_ceil(64);
        let mut sorted = SortedHashes {
            hashes,
            filter: vec![0; words.next_power_of_two()],
        };
        for at in 0..sorted.hashes.len() {
            let (word, bit) = sorted.bit_of(sorted.hashes[at]);
            sorted.filter[word] |= bit;
        }
        sorted
    }

    /// Returns the place of a hash in the filter.
    fn bit_of(&self, hash: u64) -> (usize, u64) {
        let word = (hash >> 6) & (self.filter.len() as u64 - 1);
        (usize::try_from(word).unwrap_or_default(), 1 << (hash & 63))
    }

    fn contains(&self, hash: u64) -> bool {
        let (word, bit) = self.bit_of(hash);
        self.filter[word] & bit != 0 && self.hashes.binary_search(&hash).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Mint;

    #[test]
    fn a_set_contains_what_was_added_in_parts_of_any_size_and_nothing_else() {
        let mut mint = Mint::new(91);
        let mut set = FragmentSet::default();
        let mut texts: Vec<[u8; LENGTH]> = Vec::new();
        for _ in 0..200 {
            let len = mint.random_below(LENGTH + 40);
            let secret = mint.random_base62(len);
            set.add(secret.array_windows());
            texts.extend(secret.array_windows());
            assert_eq!(set.is_empty(), texts.is_empty());
        }
        assert!(texts.iter().all(|text| set.contains(text)));
        for _ in 0..2000 {
            let other = mint.random_base62(LENGTH);
            let other = other.first_chunk().unwrap();
            assert!(!set.contains(other));
        }
    }
}
