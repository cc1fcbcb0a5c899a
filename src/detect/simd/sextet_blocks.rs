//! Decoding of base64 by vectors, 64 characters at a time. The only safe function is [`decode_blocks`].

use super::BLOCK;

/// Number of bytes that a block of base64 characters encodes.
#[cfg(any(test, target_arch = "x86_64"))]
const DECODED: usize = BLOCK / 4 * 3;

/// Decodes the `blocks` of base64, of either alphabet, before the first one with another character; with `only_text`,
/// before the first one that encodes a byte which is not plain text. Appends the bytes to `out` and returns the number
/// of blocks; `None` if there is no version for the processor.
#[cfg_attr(
    not(target_arch = "x86_64"),
    expect(
        unused_variables,
        clippy::missing_const_for_fn,
        clippy::ptr_arg,
        reason = "x86-64 has the only version"
    )
)]
pub(in crate::detect) fn decode_blocks(
    blocks: &[[u8; BLOCK]],
    only_text: bool,
    out: &mut Vec<u8>,
) -> Option<usize> {
    #[cfg(target_arch = "x86_64")]
    if super::may_use_avx2() {
        // SAFETY: the processor has AVX2.
        return Some(unsafe { avx2::decode_blocks(blocks, only_text, out) });
    }
    None
}

/// Version for 32 characters at a time. In a base64 character both halves (nibbles) have one class in common: bit 0 for
/// the digits, 1 for `A` to `O` and their lower case, 2 for `P` to `Z` and their lower case, 5 for `+`, `-` and `/`,
/// 6 for `_`.
#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m128i, __m256i, _mm_loadu_si128, _mm_storel_epi64, _mm_storeu_si128, _mm256_add_epi8,
        _mm256_and_si256, _mm256_andnot_si256, _mm256_blendv_epi8, _mm256_broadcastsi128_si256,
        _mm256_castsi256_si128, _mm256_cmpeq_epi8, _mm256_cmpgt_epi8, _mm256_extracti128_si256,
        _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_movemask_epi8,
        _mm256_or_si256, _mm256_permutevar8x32_epi32, _mm256_set1_epi8, _mm256_set1_epi16,
        _mm256_set1_epi32, _mm256_setr_epi32, _mm256_setzero_si256, _mm256_shuffle_epi8,
        _mm256_srli_epi16, _mm256_storeu_si256,
    };

    use super::{BLOCK, DECODED};

    /// Classes by the lower half; the upper bit of a byte makes the shuffle return 0.
    const LOW: [u8; 16] = [5, 7, 7, 7, 7, 7, 7, 7, 7, 7, 6, 34, 2, 34, 2, 98];
    /// Classes by the upper half.
    const HIGH: [u8; 16] = [0, 0, 32, 1, 2, 68, 2, 4, 0, 0, 0, 0, 0, 0, 0, 0];
    /// Number to add to a letter or digit, by the upper half: the value of the character less its code.
    const TO_VALUE: [u8; 16] = [0, 0, 0, 4, 191, 191, 185, 185, 0, 0, 0, 0, 0, 0, 0, 0];
    /// Values of the signs, by the lower half.
    const OF_SIGN: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 62, 0, 62, 0, 63];
    /// Order of the three bytes of each group of four characters. The upper bit makes the shuffle return 0.
    const BYTES: [u8; 16] = [2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 128, 128, 128, 128];
    /// The control characters of plain text, by their lower half; elsewhere a byte that this shuffle does not return
    /// for itself.
    const BLANKS: [u8; 16] = {
        let mut table = [255; 16];
        table[9] = b'\t';
        table[10] = b'\n';
        table[13] = b'\r';
        table
    };

    /// Returns `table` in both halves of a vector.
    #[target_feature(enable = "avx2")]
    fn load_table(table: &[u8; 16]) -> __m256i {
        // SAFETY: reads the 16 bytes of the table, and needs no alignment.
        let half = unsafe { _mm_loadu_si128(table.as_ptr().cast::<__m128i>()) };
        _mm256_broadcastsi128_si256(half)
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn decode_blocks(
        blocks: &[[u8; BLOCK]],
        only_text: bool,
        out: &mut Vec<u8>,
    ) -> usize {
        for (done, block) in blocks.iter().enumerate() {
            // SAFETY: both loads read 32 of the block's 64 bytes, and need no alignment.
            let (a, b) = unsafe {
                let start = block.as_ptr().cast::<__m256i>();
                (_mm256_loadu_si256(start), _mm256_loadu_si256(start.add(1)))
            };
            let (a_classes, b_classes) = (find_classes(a), find_classes(b));
            let zero = _mm256_setzero_si256();
            let outside = _mm256_or_si256(
                _mm256_cmpeq_epi8(a_classes, zero),
                _mm256_cmpeq_epi8(b_classes, zero),
            );
            let a = join_values(find_values(a, a_classes));
            let b = join_values(find_values(b, b_classes));
            // The zeros behind the bytes are not looked at.
            if _mm256_movemask_epi8(outside) != 0
                || only_text && (mark_text(a) & mark_text(b)) << 8 != u32::MAX << 8
            {
                return done;
            }
            let mut decoded = [0; DECODED];
            // SAFETY: the three write bytes 0 to 31, 24 to 39 and 40 to 47 of 48, and need no alignment.
            unsafe {
                let start = decoded.as_mut_ptr();
                _mm256_storeu_si256(start.cast::<__m256i>(), a);
                let start = start.add(DECODED / 2);
                _mm_storeu_si128(start.cast::<__m128i>(), _mm256_castsi256_si128(b));
                let rest = _mm256_extracti128_si256::<1>(b);
                _mm_storel_epi64(start.add(16).cast::<__m128i>(), rest);
            }
            out.extend_from_slice(&decoded);
        }
        blocks.len()
    }

    /// Returns the upper half of each byte.
    #[target_feature(enable = "avx2")]
    fn upper_halves(bytes: __m256i) -> __m256i {
        _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), _mm256_set1_epi8(15))
    }

    /// Returns the class of each character, 0 for one that is not of base64.
    #[target_feature(enable = "avx2")]
    fn find_classes(characters: __m256i) -> __m256i {
        let upper = upper_halves(characters);
        _mm256_and_si256(
            _mm256_shuffle_epi8(load_table(&LOW), characters),
            _mm256_shuffle_epi8(load_table(&HIGH), upper),
        )
    }

    /// Returns the value of each character.
    #[target_feature(enable = "avx2")]
    fn find_values(characters: __m256i, classes: __m256i) -> __m256i {
        let offsets = _mm256_shuffle_epi8(load_table(&TO_VALUE), upper_halves(characters));
        let signs = _mm256_shuffle_epi8(load_table(&OF_SIGN), characters);
        // Makes the upper bit, which selects, that of the two classes of signs.
        let is_sign = _mm256_add_epi8(classes, _mm256_set1_epi8(0x60));
        _mm256_blendv_epi8(_mm256_add_epi8(characters, offsets), signs, is_sign)
    }

    /// Returns the 24 bytes that 32 values encode, and zeros behind them.
    #[target_feature(enable = "avx2")]
    fn join_values(values: __m256i) -> __m256i {
        let pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi16(0x0140));
        let fours = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x0001_1000));
        let bytes = _mm256_shuffle_epi8(fours, load_table(&BYTES));
        _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7))
    }

    /// Returns which bytes are plain text, the first in the lowest bit.
    #[target_feature(enable = "avx2")]
    fn mark_text(bytes: __m256i) -> u32 {
        // Signed, so that those from 128 on are below.
        let above = _mm256_cmpgt_epi8(bytes, _mm256_set1_epi8(0x1f));
        let delete = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(0x7f));
        let blank = _mm256_cmpeq_epi8(bytes, _mm256_shuffle_epi8(load_table(&BLANKS), bytes));
        let is_text = _mm256_or_si256(_mm256_andnot_si256(delete, above), blank);
        _mm256_movemask_epi8(is_text).cast_unsigned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Mint;

    /// Decodes in the simplest way, by another library.
    fn naive(blocks: &[[u8; BLOCK]], only_text: bool) -> (usize, Vec<u8>) {
        let decode = |block: &[u8; BLOCK]| {
            let standard = block.map(|b| match b {
                b'-' => b'+',
                b'_' => b'/',
                b => b,
            });
            let bytes = data_encoding::BASE64_NOPAD.decode(&standard).ok()?;
            let is_text = |b: &u8| matches!(b, b'\t' | b'\n' | b'\r' | b' '..=b'~');
            (!only_text || bytes.iter().all(is_text)).then_some(bytes)
        };
        let decoded: Vec<Vec<u8>> = blocks.iter().map_while(decode).collect();
        (decoded.len(), decoded.concat())
    }

    fn check(text: &[u8]) {
        let blocks = text.as_chunks().0;
        for only_text in [false, true] {
            let mut out = b"before".to_vec();
            let Some(done) = decode_blocks(blocks, only_text, &mut out) else {
                return;
            };
            let (expected, bytes) = naive(blocks, only_text);
            assert_eq!(done, expected, "{only_text} {text:?}");
            assert_eq!(out, [b"before", &bytes[..]].concat(), "{only_text}");
        }
    }

    #[test]
    fn every_character_at_every_place_is_decoded_or_stops() {
        for byte in 0..=255u8 {
            for at in (0..BLOCK).step_by(if cfg!(miri) { 31 } else { 1 }) {
                let mut text = *b"QUJD".repeat(16).first_chunk::<BLOCK>().unwrap();
                text[at] = byte;
                check(&text);
            }
        }
    }

    #[test]
    fn every_encoded_byte_at_every_place_is_text_or_stops() {
        for byte in 0..=255u8 {
            for at in (0..DECODED).step_by(if cfg!(miri) { 23 } else { 1 }) {
                let mut bytes = [b'a'; DECODED];
                bytes[at] = byte;
                check(data_encoding::BASE64URL.encode(&bytes).as_bytes());
            }
        }
    }

    #[test]
    fn random_and_damaged_blocks_are_the_same_at_every_alignment() {
        let mut mint = Mint::new(17);
        for round in 0..super::super::tests::ROUNDS {
            let len = mint.random_below(6) * DECODED;
            let bytes = match round % 2 {
                0 => mint.random_bytes(len),
                _ => mint.text(b"name: value\t\r\n~", len),
            };
            let mut text = match mint.random_below(2) {
                0 => data_encoding::BASE64.encode(&bytes),
                _ => data_encoding::BASE64URL.encode(&bytes),
            }
            .into_bytes();
            let damages = mint.random_below(3).min(text.len());
            for _ in 0..damages {
                let at = mint.random_below(text.len());
                text[at] = mint.random_bytes(1)[0];
            }
            check(&text[mint.random_below(65).min(text.len())..]);
            check(&mint.random_bytes(len));
        }
    }
}
