//! Tells word characters from others, as many bytes at a time as the processor can, and finds the long runs
//! of them. One safe function, [`word_runs`]; what it runs is chosen by the processor at hand, and
//! the portable version is what the others must agree with.
#![allow(
    unsafe_code,
    reason = "vector loads and calls by processor feature; the only file that has any"
)]

use std::ops::Range;

use super::runs::Untextual;
#[cfg(any(test, not(target_arch = "x86_64")))]
use super::runs::{is_control, is_word};

/// How many bytes are told apart at once: one bit each of a `u64`.
const BLOCK: usize = 64;

/// Appends every maximal run of at least `MIN` word characters (`[0-9A-Za-z_]`) in `text`, in order, and
/// says which bytes stand in it that no text has.
pub(super) fn word_runs<const MIN: usize>(text: &[u8], out: &mut Vec<Range<usize>>) -> Untextual {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { avx2::word_runs::<MIN>(text, out) };
    }
    #[cfg(target_arch = "x86_64")]
    return sse2::word_runs::<MIN>(text, out);
    #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
    return neon::word_runs::<MIN>(text, out);
    #[cfg(not(any(
        target_arch = "x86_64",
        all(target_arch = "aarch64", target_endian = "little")
    )))]
    portable::word_runs::<MIN>(text, out)
}

/// The search over blocks. `breaks` gives a block's bytes that are no word characters, the first in the lowest bit.
#[inline(always)]
fn sweep<const MIN: usize>(
    text: &[u8],
    out: &mut Vec<Range<usize>>,
    mut breaks: impl FnMut(&[u8; BLOCK]) -> u64,
) {
    let (blocks, rest) = text.as_chunks::<BLOCK>();
    // Where the run that reaches the end of the last block began.
    let mut open = 0;
    let mut at = 0;
    for block in blocks {
        open = step::<MIN>(breaks(block), at, open, out);
        at += BLOCK;
    }
    // What follows the text counts as a break; it must not count as a zero byte.
    let mut last = [b' '; BLOCK];
    last[..rest.len()].copy_from_slice(rest);
    step::<MIN>(breaks(&last), at, open, out);
}

/// Takes the block at `at` into account; a run that began at `open` reaches up to it. Returns where the run
/// that reaches its end began.
#[inline(always)]
fn step<const MIN: usize>(
    breaks: u64,
    at: usize,
    open: usize,
    out: &mut Vec<Range<usize>>,
) -> usize {
    if breaks == 0 {
        return open;
    }
    let first = at + breaks.trailing_zeros() as usize;
    if first - open >= MIN {
        out.push(open..first);
    }
    if holds_run::<MIN>(!breaks) {
        inner::<MIN>(breaks, at, out);
    }
    at + BLOCK - breaks.leading_zeros() as usize
}

/// Whether `MIN` consecutive bits of `words` are set, or nearly so: never a miss, perhaps a false alarm.
#[inline(always)]
fn holds_run<const MIN: usize>(words: u64) -> bool {
    const { assert!(0 < MIN && MIN < BLOCK) };
    if const { 2 * MIN >= BLOCK + 8 } {
        // So long a run covers the middle of the block.
        let middle = const { (!0 << (BLOCK - MIN)) & (!0 >> (BLOCK - MIN)) };
        return words & middle == middle;
    }
    let (mut runs, mut len) = (words, 1);
    while 2 * len <= MIN {
        runs &= runs >> len;
        len *= 2;
    }
    runs & (runs >> (MIN - len)) != 0
}

/// Appends the runs between two breaks of a block.
#[inline(never)]
fn inner<const MIN: usize>(mut breaks: u64, at: usize, out: &mut Vec<Range<usize>>) {
    while breaks != 0 {
        let before = breaks.trailing_zeros();
        breaks &= breaks - 1;
        if breaks != 0 && (breaks.trailing_zeros() - before) as usize > MIN {
            out.push(at + before as usize + 1..at + breaks.trailing_zeros() as usize);
        }
    }
}

/// By table, a byte at a time.
#[cfg(any(test, not(target_arch = "x86_64")))]
mod portable {
    use super::{BLOCK, Range, Untextual, is_control, is_word, sweep};

    #[cfg_attr(
        target_arch = "aarch64",
        allow(dead_code, reason = "the oracle of the tests")
    )]
    pub(super) fn word_runs<const MIN: usize>(
        text: &[u8],
        out: &mut Vec<Range<usize>>,
    ) -> Untextual {
        const BREAK: u8 = 1;
        const CONTROL: u8 = 2;
        const ZERO: u8 = 4;
        static CLASSES: [u8; 256] = {
            let mut table = [BREAK; 256];
            let mut byte = 0u8;
            while byte < 128 {
                if is_word(byte) {
                    table[byte as usize] = 0;
                } else if is_control(byte) {
                    table[byte as usize] = BREAK | CONTROL;
                }
                byte += 1;
            }
            table[0] |= ZERO;
            table
        };
        let mut seen = 0;
        sweep::<MIN>(text, out, |block: &[u8; BLOCK]| {
            block.iter().rev().fold(0, |bits, &byte| {
                let class = CLASSES[usize::from(byte)];
                seen |= class;
                bits << 1 | u64::from(class & BREAK)
            })
        });
        Untextual {
            zeros: seen & ZERO != 0,
            controls: seen & CONTROL != 0,
        }
    }
}

/// 32 bytes at a time. A word character is one whose two halves (nibbles) have a class in common: bit 0 for
/// the digits, 1 for `@` to `O` and their lower case, 2 for `P` to `_`, 3 for `p` to DEL. The further bits are
/// for what no text has: 4 and 5 for control characters below and from 16, 6 for zero.
#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m256i, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8,
        _mm256_or_si256, _mm256_set1_epi8, _mm256_setr_epi8, _mm256_setzero_si256,
        _mm256_shuffle_epi8, _mm256_srli_epi16,
    };

    use super::{BLOCK, Range, Untextual, sweep};

    #[target_feature(enable = "avx2")]
    pub(super) fn word_runs<const MIN: usize>(
        text: &[u8],
        out: &mut Vec<Range<usize>>,
    ) -> Untextual {
        // By the lower half; the upper bit of a byte makes the shuffle give 0.
        let low = _mm256_setr_epi8(
            125, 63, 63, 63, 63, 63, 63, 63, 63, 47, 46, 2, 34, 34, 50, 54, //
            125, 63, 63, 63, 63, 63, 63, 63, 63, 47, 46, 2, 34, 34, 50, 54,
        );
        // By the upper half.
        let high = _mm256_setr_epi8(
            80, 32, 0, 1, 2, 4, 2, 8, 0, 0, 0, 0, 0, 0, 0, 0, //
            80, 32, 0, 1, 2, 4, 2, 8, 0, 0, 0, 0, 0, 0, 0, 0,
        );
        let nibble = _mm256_set1_epi8(15);
        let zero = _mm256_setzero_si256();
        let mut seen = zero;
        let mut breaks = |bytes: __m256i| {
            let upper = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), nibble);
            let common = _mm256_and_si256(
                _mm256_shuffle_epi8(low, bytes),
                _mm256_shuffle_epi8(high, upper),
            );
            seen = _mm256_or_si256(seen, common);
            let word = _mm256_and_si256(common, nibble);
            _mm256_movemask_epi8(_mm256_cmpeq_epi8(word, zero)).cast_unsigned()
        };
        sweep::<MIN>(text, out, |block: &[u8; BLOCK]| {
            // SAFETY: both loads read 32 of the block's 64 bytes, and need no alignment.
            let (a, b) = unsafe {
                let start = block.as_ptr().cast::<__m256i>();
                (_mm256_loadu_si256(start), _mm256_loadu_si256(start.add(1)))
            };
            u64::from(breaks(b)) << 32 | u64::from(breaks(a))
        });
        let has = |bits: i8| {
            let these = _mm256_and_si256(seen, _mm256_set1_epi8(bits));
            _mm256_movemask_epi8(_mm256_cmpeq_epi8(these, zero)) != -1
        };
        Untextual {
            zeros: has(64),
            controls: has(48),
        }
    }
}

/// 16 bytes at a time, with what every x86-64 has: comparisons only.
#[cfg(target_arch = "x86_64")]
mod sse2 {
    use std::arch::x86_64::{
        __m128i, _mm_add_epi8, _mm_cmpeq_epi8, _mm_cmplt_epi8, _mm_loadu_si128, _mm_min_epu8,
        _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8, _mm_setzero_si128,
    };

    use super::{BLOCK, Range, Untextual, sweep};

    pub(super) fn word_runs<const MIN: usize>(
        text: &[u8],
        out: &mut Vec<Range<usize>>,
    ) -> Untextual {
        // SAFETY: every x86-64 has SSE2.
        unsafe { with_sse2::<MIN>(text, out) }
    }

    #[target_feature(enable = "sse2")]
    fn with_sse2<const MIN: usize>(text: &[u8], out: &mut Vec<Range<usize>>) -> Untextual {
        let splat = |byte: u8| _mm_set1_epi8(byte.cast_signed());
        // There is only a signed comparison, so the range is moved to the bottom of the signed ones.
        let within = |bytes: __m128i, first: u8, count: u8| {
            let moved = _mm_add_epi8(bytes, splat(0x80u8.wrapping_sub(first)));
            _mm_cmplt_epi8(moved, splat(0x80 + count))
        };
        let mut least = splat(0xff);
        let mut controls = _mm_setzero_si128();
        let mut words = |bytes: __m128i| {
            least = _mm_min_epu8(least, bytes);
            let control = _mm_or_si128(within(bytes, 14, 13), within(bytes, 28, 4));
            controls = _mm_or_si128(controls, _mm_or_si128(within(bytes, 0, 9), control));
            let letters = within(_mm_or_si128(bytes, splat(0x20)), b'a', 26);
            let digits = within(bytes, b'0', 10);
            let line = _mm_cmpeq_epi8(bytes, splat(b'_'));
            let any = _mm_or_si128(_mm_or_si128(letters, digits), line);
            u64::from(_mm_movemask_epi8(any).cast_unsigned())
        };
        sweep::<MIN>(text, out, |block: &[u8; BLOCK]| {
            let mut bits = 0;
            for part in (0..4).rev() {
                // SAFETY: reads 16 of the block's 64 bytes, and needs no alignment.
                let bytes = unsafe { _mm_loadu_si128(block.as_ptr().cast::<__m128i>().add(part)) };
                bits = bits << 16 | words(bytes);
            }
            !bits
        });
        Untextual {
            zeros: _mm_movemask_epi8(_mm_cmpeq_epi8(least, _mm_setzero_si128())) != 0,
            controls: _mm_movemask_epi8(controls) != 0,
        }
    }
}

/// 16 bytes at a time; the bits are gathered by adding neighbours.
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
mod neon {
    use std::arch::aarch64::{
        uint8x16_t, vandq_u8, vceqq_u8, vcltq_u8, vdupq_n_u8, vgetq_lane_u64, vld1q_u8, vmaxvq_u8,
        vminq_u8, vminvq_u8, vorrq_u8, vpaddq_u8, vreinterpretq_u64_u8, vsubq_u8,
    };

    use super::{BLOCK, Range, Untextual, sweep};

    pub(super) fn word_runs<const MIN: usize>(
        text: &[u8],
        out: &mut Vec<Range<usize>>,
    ) -> Untextual {
        // SAFETY: the Rust targets of this architecture all have NEON.
        unsafe { with_neon::<MIN>(text, out) }
    }

    #[target_feature(enable = "neon")]
    fn with_neon<const MIN: usize>(text: &[u8], out: &mut Vec<Range<usize>>) -> Untextual {
        const BITS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];
        // SAFETY: reads the 16 bytes of the table.
        let bits = unsafe { vld1q_u8(BITS.as_ptr()) };
        let mut least = vdupq_n_u8(0xff);
        let mut controls = vdupq_n_u8(0);
        let within = |bytes, first: u8, count: u8| {
            vcltq_u8(vsubq_u8(bytes, vdupq_n_u8(first)), vdupq_n_u8(count))
        };
        let mut words = |bytes: uint8x16_t| {
            least = vminq_u8(least, bytes);
            let control = vorrq_u8(within(bytes, 14, 13), within(bytes, 28, 4));
            controls = vorrq_u8(controls, vorrq_u8(within(bytes, 0, 9), control));
            let letters = within(vorrq_u8(bytes, vdupq_n_u8(0x20)), b'a', 26);
            let digits = within(bytes, b'0', 10);
            let line = vceqq_u8(bytes, vdupq_n_u8(b'_'));
            vandq_u8(vorrq_u8(vorrq_u8(letters, digits), line), bits)
        };
        sweep::<MIN>(text, out, |block: &[u8; BLOCK]| {
            // SAFETY: each load reads 16 of the block's 64 bytes.
            let [a, b, c, d] =
                [0, 16, 32, 48].map(|at| unsafe { vld1q_u8(block.as_ptr().add(at)) });
            let ab = vpaddq_u8(words(a), words(b));
            let cd = vpaddq_u8(words(c), words(d));
            let all = vpaddq_u8(ab, cd);
            let all = vpaddq_u8(all, all);
            !vgetq_lane_u64::<0>(vreinterpretq_u64_u8(all))
        });
        Untextual {
            zeros: vminvq_u8(least) == 0,
            controls: vmaxvq_u8(controls) != 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mint::Mint;

    type Search = fn(&[u8], &mut Vec<Range<usize>>) -> Untextual;

    /// Every version that this machine can run.
    fn versions<const MIN: usize>() -> Vec<(&'static str, Search)> {
        vec![
            ("portable", portable::word_runs::<MIN>),
            ("chosen", word_runs::<MIN>),
            #[cfg(target_arch = "x86_64")]
            ("sse2", sse2::word_runs::<MIN>),
        ]
    }

    /// A byte at a time, with nothing clever about it.
    fn naive(text: &[u8], min: usize) -> (Vec<Range<usize>>, Untextual) {
        let mut out = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let len = text[at..].iter().take_while(|&&b| is_word(b)).count();
            if len >= min {
                out.push(at..at + len);
            }
            at += len + 1;
        }
        let seen = Untextual {
            zeros: text.contains(&0),
            controls: text.iter().any(|b| is_control(*b)),
        };
        (out, seen)
    }

    fn check_one<const MIN: usize>(text: &[u8]) {
        let expected = naive(text, MIN);
        for (name, search) in versions::<MIN>() {
            let mut out = Vec::new();
            let seen = search(text, &mut out);
            assert_eq!((out, seen), expected, "{name}, at least {MIN}: {text:?}");
        }
    }

    fn check(text: &[u8]) {
        check_one::<20>(text);
        check_one::<40>(text);
        check_one::<63>(text);
    }

    /// Miri runs the same tests, some hundred times slower.
    const ROUNDS: usize = if cfg!(miri) { 20 } else { 1000 };

    #[test]
    fn every_byte_is_told_apart() {
        for byte in 0..=255u8 {
            let mut text = [b'x'; 96];
            text[47] = byte;
            check(&text);
        }
    }

    #[test]
    fn runs_of_every_length_are_found_at_every_place() {
        let step = if cfg!(miri) { 17 } else { 1 };
        for lead in (0..130).step_by(step) {
            for len in (0..140).step_by(step).chain([19, 20, 39, 40, 41, 63, 64]) {
                for tail in [0, 1, 63, 64, 65] {
                    let mut text = vec![b' '; lead];
                    text.extend(vec![b'a'; len]);
                    text.extend(vec![b'-'; tail]);
                    check(&text);
                }
            }
        }
    }

    #[test]
    fn random_texts_have_the_same_runs_for_all_at_every_alignment() {
        let mut mint = Mint::new(1);
        for round in 0..ROUNDS {
            let len = mint.below(600);
            // From breaks everywhere to hardly any, so that runs around the minimum are common.
            let odds = 1 + round % 150;
            let text: Vec<u8> = (0..len)
                .map(|_| match mint.below(odds) {
                    0 => mint.bytes(1)[0],
                    _ => b"aZ_09"[mint.below(5)],
                })
                .collect();
            check(&text[mint.below(65).min(len)..]);
            check(&mint.bytes(len));
        }
    }

    #[test]
    fn what_no_text_has_is_seen_wherever_it_stands() {
        for len in [1, 63, 64, 65, 200] {
            for at in (0..len).step_by(if cfg!(miri) { 9 } else { 1 }) {
                for byte in [0, 8, 14, 31] {
                    let mut text = vec![b'.'; len];
                    text[at] = byte;
                    check(&text);
                }
            }
        }
    }
}
