//! Kinds of the characters in words, by vectors. The only safe function is [`find_kinds`].

use std::ops::Range;

use crate::detect::bytes::WordKinds;

/// Writes the kinds of the characters in each of `words`, which are places of at least sixteen word characters in `text`.
/// There are millions, so the version for the processor is chosen for several at once.
///
/// # Panics
/// Panics if a word is not in the text.
pub(in crate::detect) fn find_kinds(text: &[u8], words: &[Range<usize>], out: &mut [WordKinds]) {
    #[cfg(target_arch = "x86_64")]
    if super::may_use_avx2() {
        // SAFETY: the processor has AVX2.
        return unsafe { avx2::find_kinds(text, words, out) };
    }
    for (word, out) in words.iter().zip(out) {
        *out = WordKinds::of(&text[word.clone()]);
    }
}

/// Version for 32 characters at a time.
#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m128i, __m256i, _mm_loadu_si128, _mm256_cmpgt_epi8, _mm256_loadu_si256,
        _mm256_movemask_epi8, _mm256_set_m128i, _mm256_set1_epi8,
    };
    use std::ops::Range;

    use super::WordKinds;

    #[target_feature(enable = "avx2")]
    pub(super) fn find_kinds(text: &[u8], words: &[Range<usize>], out: &mut [WordKinds]) {
        for (word, out) in words.iter().zip(out) {
            let word = &text[word.clone()];
            let mut seen = CharacterMasks::default();
            if let (Some(first), Some(last)) = (word.first_chunk(), word.last_chunk()) {
                seen.add_two_halves(first, last);
            }
            if word.len() > 32 {
                // The two halves were only the ends of the word.
                let (blocks, _) = word.as_chunks::<32>();
                let last = word.last_chunk::<32>();
                blocks
                    .iter()
                    .chain(last)
                    .for_each(|block| seen.add_block(block));
            }
            *out = seen.to_kinds();
        }
    }

    /// Bits of the characters of each kind in the blocks of a word, all blocks in the same bits.
    #[derive(Clone, Copy, Default)]
    struct CharacterMasks {
        digits: u32,
        capitals: u32,
        small: u32,
        underscores: u32,
    }

    impl CharacterMasks {
        #[target_feature(enable = "avx2")]
        fn add_two_halves(&mut self, first: &[u8; 16], last: &[u8; 16]) {
            // SAFETY: each load reads 16 bytes, and needs no alignment.
            let (first, last) = unsafe {
                (
                    _mm_loadu_si128(first.as_ptr().cast::<__m128i>()),
                    _mm_loadu_si128(last.as_ptr().cast::<__m128i>()),
                )
            };
            self.add(_mm256_set_m128i(last, first));
        }

        #[target_feature(enable = "avx2")]
        fn add_block(&mut self, block: &[u8; 32]) {
            // SAFETY: reads the block's 32 bytes, and needs no alignment.
            self.add(unsafe { _mm256_loadu_si256(block.as_ptr().cast::<__m256i>()) });
        }

        /// Adds 32 word characters. By their codes they are, in this order, digits, capitals, underscores, small letters.
        #[target_feature(enable = "avx2")]
        fn add(&mut self, bytes: __m256i) {
            let below = |limit: u8| {
                let is_below = _mm256_cmpgt_epi8(_mm256_set1_epi8(limit.cast_signed()), bytes);
                _mm256_movemask_epi8(is_below).cast_unsigned()
            };
            let (digits, to_capitals, to_underscores) =
                (below(b'9' + 1), below(b'Z' + 1), below(b'_' + 1));
            self.digits |= digits;
            self.capitals |= to_capitals & !digits;
            self.underscores |= to_underscores & !to_capitals;
            self.small |= !to_underscores;
        }

        fn to_kinds(self) -> WordKinds {
            WordKinds::new(
                self.digits != 0,
                self.capitals != 0,
                self.small != 0,
                self.underscores != 0,
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Mint;

    /// Finds the kinds in the simplest way, one byte at a time.
    fn naive(word: &[u8]) -> WordKinds {
        let any = |kind: fn(&u8) -> bool| word.iter().any(kind);
        WordKinds::new(
            any(u8::is_ascii_digit),
            any(u8::is_ascii_uppercase),
            any(u8::is_ascii_lowercase),
            any(|b| *b == b'_'),
        )
    }

    #[test]
    fn the_kinds_of_characters_in_words_are_those_of_each() {
        let mut mint = Mint::new(82);
        let alphabets = [&b"_"[..], b"azm", b"AZM", b"059"];
        for _ in 0..super::super::tests::ROUNDS {
            let (mut text, mut words) = (Vec::new(), Vec::new());
            for _ in 0..mint.random_below(20) {
                let start = text.len();
                let len = 16 + mint.random_below(120);
                let alphabet = alphabets[mint.random_below(4)];
                text.extend(mint.text(alphabet, len));
                // Characters of another kind, at any place.
                for _ in 0..mint.random_below(4) {
                    let other = alphabets[mint.random_below(4)];
                    text[start + mint.random_below(len)] = other[mint.random_below(other.len())];
                }
                words.push(start..text.len());
                let len = mint.random_below(3);
                text.extend(mint.text(b"\x00 \xff", len));
            }
            let expected: Vec<WordKinds> = words.iter().map(|w| naive(&text[w.clone()])).collect();
            let portable = words.iter().map(|w| WordKinds::of(&text[w.clone()]));
            assert!(portable.eq(expected.iter().copied()), "{words:?} {text:?}");
            let mut found = vec![WordKinds::default(); words.len()];
            find_kinds(&text, &words, &mut found);
            assert_eq!(found, expected, "{words:?} {text:?}");
        }
    }
}
