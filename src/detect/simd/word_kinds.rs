//! Kinds of the characters in words, by vectors. The only safe function is [`find_kinds`].

use std::ops::Range;

use crate::detect::bytes::WordKinds;

/// Writes the kinds of the characters in each of `words`, which are places of at least sixteen word characters in `text`;
/// for a word of more than [`LONGEST`], only of its beginning. There are millions, so the version for the processor is
/// chosen for several at once.
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
        *out = WordKinds::of(head_of(text, word));
    }
}

/// Maximum number of characters of a word that are examined. No question about the kinds is asked of longer words, which
/// may be the whole text.
const LONGEST: usize = 256;

/// Returns the part of a text that is examined for a word.
#[inline(always)]
fn head_of<'t>(text: &'t [u8], word: &Range<usize>) -> &'t [u8] {
    &text[word.start..word.end.min(word.start + LONGEST)]
}

/// Version for 32 characters at a time.
#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m128i, __m256i, _mm_cvtsi128_si32, _mm_loadu_si128, _mm_or_si128, _mm_srli_epi64,
        _mm_srli_si128, _mm256_and_si256, _mm256_castsi256_si128, _mm256_cmpeq_epi8,
        _mm256_extracti128_si256, _mm256_loadu_si256, _mm256_or_si256, _mm256_set_m128i,
        _mm256_set1_epi8, _mm256_setr_epi8, _mm256_shuffle_epi8, _mm256_srli_epi16,
        _mm256_xor_si256,
    };
    use std::ops::Range;

    use super::{WordKinds, head_of};

    const WHOLE: usize = 32;
    const HALF: usize = WHOLE / 2;

    #[target_feature(enable = "avx2")]
    pub(super) fn find_kinds(text: &[u8], words: &[Range<usize>], out: &mut [WordKinds]) {
        for (word, out) in words.iter().zip(out) {
            let word = head_of(text, word);
            let (start, len) = (word.as_ptr(), word.len());
            let mut seen;
            if len < HALF {
                *out = WordKinds::of(word);
                continue;
            } else if len <= WHOLE {
                // SAFETY: the loads read the first 16 bytes of the word and the last 16, and need no alignment.
                let (first, last) = unsafe {
                    let last = start.add(len - HALF).cast::<__m128i>();
                    (
                        _mm_loadu_si128(start.cast::<__m128i>()),
                        _mm_loadu_si128(last),
                    )
                };
                seen = classify(_mm256_set_m128i(last, first));
            } else {
                // SAFETY: reads the last 32 bytes of the word, and needs no alignment.
                let last = unsafe { _mm256_loadu_si256(start.add(len - WHOLE).cast::<__m256i>()) };
                seen = classify(last);
                for at in (0..len - WHOLE).step_by(WHOLE) {
                    // SAFETY: reads 32 bytes before the last 32 or among them, and needs no alignment.
                    let block = unsafe { _mm256_loadu_si256(start.add(at).cast::<__m256i>()) };
                    seen = _mm256_or_si256(seen, classify(block));
                }
            }
            *out = WordKinds::from_bits(join_bytes(seen));
        }
    }

    /// Returns the kind of each byte, all of which are word characters.
    #[target_feature(enable = "avx2")]
    fn classify(bytes: __m256i) -> __m256i {
        const D: i8 = WordKinds::DIGITS.cast_signed();
        const C: i8 = WordKinds::CAPITALS.cast_signed();
        const S: i8 = WordKinds::SMALL.cast_signed();
        const U: i8 = WordKinds::UNDERSCORES.cast_signed();
        // Kinds by the upper half (nibble), in which the underscore is like a capital.
        let by_upper = _mm256_setr_epi8(
            0, 0, 0, D, C, C, S, S, 0, 0, 0, 0, 0, 0, 0, 0, //
            0, 0, 0, D, C, C, S, S, 0, 0, 0, 0, 0, 0, 0, 0,
        );
        let upper = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), _mm256_set1_epi8(15));
        let underscores = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(b'_'.cast_signed()));
        let change = _mm256_and_si256(underscores, _mm256_set1_epi8(C ^ U));
        _mm256_xor_si256(_mm256_shuffle_epi8(by_upper, upper), change)
    }

    /// Returns the bits that any byte has.
    #[target_feature(enable = "avx2")]
    fn join_bytes(bytes: __m256i) -> u8 {
        let upper = _mm256_extracti128_si256::<1>(bytes);
        let joined = _mm_or_si128(_mm256_castsi256_si128(bytes), upper);
        let joined = _mm_or_si128(joined, _mm_srli_si128::<8>(joined));
        let joined = _mm_or_si128(joined, _mm_srli_epi64::<32>(joined));
        let joined = _mm_or_si128(joined, _mm_srli_epi64::<16>(joined));
        let joined = _mm_or_si128(joined, _mm_srli_epi64::<8>(joined));
        _mm_cvtsi128_si32(joined).to_le_bytes()[0]
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
