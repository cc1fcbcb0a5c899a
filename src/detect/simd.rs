//! Classification of bytes as word characters (`[0-9A-Za-z_]`) or others, as many at a time as the processor can.
//! Base64 is decoded in [`sextet_blocks`], the characters of words are in [`word_kinds`], pairs of bytes in
//! [`pair_search`].
//! The only safe functions are [`find_breaks`], [`mark_long_runs`], [`decode_blocks`], [`find_kinds`] and
//! [`may_have_pair`]. They select the fastest version
//! for the processor at run time, and all versions must agree with the portable one.
#![allow(
    unsafe_code,
    reason = "vector loads and calls by processor feature; the only folder that has any"
)]

mod pair_search;
mod sextet_blocks;
mod word_kinds;

use super::bytes::ControlBytes;
#[cfg(any(
    test,
    feature = "choose-vectors",
    target_arch = "x86_64",
    not(all(target_arch = "aarch64", target_endian = "little"))
))]
use super::bytes::{is_control, is_word};
pub(super) use pair_search::may_have_pair;
pub(super) use sextet_blocks::decode_blocks;
pub(super) use word_kinds::find_kinds;

/// Number of bytes that are classified at once: one bit each of a `u64`.
pub(super) const BLOCK: usize = 64;

/// Writes for each of `blocks` which of its bytes are no word characters, the first in the lowest bit. Returns
/// the kinds of bytes in them that no text contains.
///
/// # Panics
/// Panics if `out` is not as long as `blocks`.
pub(super) fn find_breaks(blocks: &[[u8; BLOCK]], out: &mut [u64]) -> ControlBytes {
    assert_eq!(blocks.len(), out.len());
    #[cfg(feature = "choose-vectors")]
    if let Some((_, version)) = *versions::CHOSEN {
        return version(blocks, out);
    }
    #[cfg(target_arch = "x86_64")]
    if avx512::is_supported() {
        // SAFETY: the processor has the features that the function is compiled for.
        return unsafe { avx512::find_breaks(blocks, out) };
    } else if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { avx2::find_breaks(blocks, out) };
    }
    #[cfg(target_arch = "x86_64")]
    return sse2::find_breaks(blocks, out);
    #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
    return neon::find_breaks(blocks, out);
    #[cfg(not(any(
        target_arch = "x86_64",
        all(target_arch = "aarch64", target_endian = "little")
    )))]
    portable::find_breaks(blocks, out)
}

/// Writes for each block after the first of `breaks` at which of its bytes a run becomes `SHORTEST` bytes long. `breaks`
/// has the bits of the bytes that are in no run. Returns the blocks with such a byte, the first in the lowest bit; there
/// may be as many as a `u64` has bits.
pub(super) fn mark_long_runs<const SHORTEST: usize>(breaks: &[u64], out: &mut [u64]) -> u64 {
    #[cfg(target_arch = "x86_64")]
    if may_use_avx2() {
        // SAFETY: the processor has AVX2.
        return unsafe { avx2::mark_long_runs::<SHORTEST>(breaks, out) };
    }
    mark_each_block::<SHORTEST>(breaks, out)
}

/// Returns true if the processor has AVX2, and no older version was chosen.
#[cfg(target_arch = "x86_64")]
#[inline]
fn may_use_avx2() -> bool {
    #[cfg(feature = "choose-vectors")]
    if let Some((name, _)) = *versions::CHOSEN
        && !name.starts_with("avx")
    {
        return false;
    }
    std::arch::is_x86_feature_detected!("avx2")
}

/// Portable version of [`mark_long_runs`]. The compiler makes vectors of it, of the instructions of its caller.
#[inline(always)]
fn mark_each_block<const SHORTEST: usize>(breaks: &[u64], out: &mut [u64]) -> u64 {
    const { assert!(0 < SHORTEST && SHORTEST < BLOCK) };
    let mut marked = 0;
    for (block, (breaks, out)) in breaks.array_windows().zip(out).enumerate() {
        // Bytes up to which `len` bytes are in a run, in the block before and in this one.
        let [mut before, mut here] = breaks.map(|bits: u64| !bits);
        let mut len = 1;
        while len < SHORTEST {
            let more = if 2 * len <= SHORTEST {
                len
            } else {
                SHORTEST - len
            };
            here &= here << more | before >> (BLOCK - more);
            before &= before << more;
            len += more;
        }
        *out = here & !(here << 1 | before >> (BLOCK - 1));
        marked |= u64::from(*out != 0) << (block % BLOCK);
    }
    marked
}

/// All versions by name, and the one that the environment variable `BENCH_VECTORS` names: `portable`, `sse2`,
/// `avx2`, `avx512` or `neon`. It counts only in builds with the feature `choose-vectors`, which are for measurements, so
/// that one machine measures the versions for others too.
#[cfg(any(test, feature = "choose-vectors"))]
mod versions {
    use super::{BLOCK, ControlBytes, portable};

    pub(super) type Version = fn(&[[u8; BLOCK]], &mut [u64]) -> ControlBytes;

    /// Version that was chosen; `None` if none was, or if the processor lacks its instructions.
    #[cfg(feature = "choose-vectors")]
    pub(super) static CHOSEN: std::sync::LazyLock<Option<(&'static str, Version)>> =
        std::sync::LazyLock::new(|| {
            let name = std::env::var("BENCH_VECTORS").ok()?;
            supported()
                .into_iter()
                .find(|(its_name, _)| *its_name == name)
        });

    /// Returns every version that this machine can run.
    pub(super) fn supported() -> Vec<(&'static str, Version)> {
        #[cfg_attr(
            not(any(target_arch = "x86_64", target_arch = "aarch64")),
            expect(unused_mut, reason = "elsewhere one version is all there is")
        )]
        let mut all: Vec<(&'static str, Version)> = vec![("portable", portable::find_breaks)];
        #[cfg(target_arch = "x86_64")]
        {
            all.push(("sse2", super::sse2::find_breaks));
            if std::arch::is_x86_feature_detected!("avx2") {
                // SAFETY: the processor has AVX2.
                all.push(("avx2", |blocks, out| unsafe {
                    super::avx2::find_breaks(blocks, out)
                }));
            }
            if super::avx512::is_supported() {
                // SAFETY: the processor has the features that the function is compiled for.
                all.push(("avx512", |blocks, out| unsafe {
                    super::avx512::find_breaks(blocks, out)
                }));
            }
        }
        #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
        all.push(("neon", super::neon::find_breaks));
        all
    }
}

/// Classes of the bytes, each a bit of its own, so that those of many bytes can be combined.
#[cfg(any(
    test,
    feature = "choose-vectors",
    target_arch = "x86_64",
    not(all(target_arch = "aarch64", target_endian = "little"))
))]
mod class {
    pub(super) const WORD: u8 = 1;
    pub(super) const CONTROL: u8 = 2;
    pub(super) const ZERO: u8 = 4;

    /// Classes of every byte below 128; bytes above have none.
    pub(super) static OF: [u8; 128] = {
        let mut table = [0; 128];
        let mut byte = 0u8;
        while byte < 128 {
            if super::is_word(byte) {
                table[byte as usize] = WORD;
            } else if super::is_control(byte) {
                table[byte as usize] = CONTROL;
            }
            byte += 1;
        }
        table[0] |= ZERO;
        table
    };
}

/// Portable version: by table, one byte at a time.
#[cfg(any(
    test,
    feature = "choose-vectors",
    not(any(
        target_arch = "x86_64",
        all(target_arch = "aarch64", target_endian = "little")
    ))
))]
mod portable {
    use super::{BLOCK, ControlBytes, class};

    pub(super) fn find_breaks(blocks: &[[u8; BLOCK]], out: &mut [u64]) -> ControlBytes {
        let mut seen = 0;
        for (block, out) in blocks.iter().zip(out) {
            *out = block.iter().rev().fold(0, |bits, &byte| {
                let class = class::OF.get(usize::from(byte)).copied().unwrap_or(0);
                seen |= class;
                bits << 1 | u64::from(class & class::WORD == 0)
            });
        }
        ControlBytes {
            zeros: seen & class::ZERO != 0,
            controls: seen & class::CONTROL != 0,
        }
    }
}

/// Version for 64 bytes at a time: one instruction looks all of them up in a table of 128.
#[cfg(target_arch = "x86_64")]
mod avx512 {
    use std::arch::x86_64::{
        __m512i, _mm512_loadu_si512, _mm512_maskz_permutex2var_epi8, _mm512_movepi8_mask,
        _mm512_or_si512, _mm512_set1_epi8, _mm512_setzero_si512, _mm512_test_epi8_mask,
    };

    use super::{BLOCK, ControlBytes, class};

    /// Returns true if the processor has the features that [`find_breaks`] is compiled for.
    #[inline]
    pub(super) fn is_supported() -> bool {
        std::arch::is_x86_feature_detected!("avx512bw")
            && std::arch::is_x86_feature_detected!("avx512vbmi")
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    pub(super) fn find_breaks(blocks: &[[u8; BLOCK]], out: &mut [u64]) -> ControlBytes {
        // SAFETY: the two loads read the 128 bytes of the table.
        let (lower, upper) = unsafe {
            let table = class::OF.as_ptr();
            let upper = table.add(BLOCK).cast::<__m512i>();
            (
                _mm512_loadu_si512(table.cast::<__m512i>()),
                _mm512_loadu_si512(upper),
            )
        };
        let splat = |class: u8| _mm512_set1_epi8(class.cast_signed());
        let mut seen = _mm512_setzero_si512();
        for (block, out) in blocks.iter().zip(out) {
            // SAFETY: reads the block's 64 bytes, and needs no alignment.
            let bytes = unsafe { _mm512_loadu_si512(block.as_ptr().cast::<__m512i>()) };
            // The lower seven bits are the index into the table.
            let known = !_mm512_movepi8_mask(bytes);
            let classes = _mm512_maskz_permutex2var_epi8(known, lower, bytes, upper);
            seen = _mm512_or_si512(seen, classes);
            *out = !_mm512_test_epi8_mask(classes, splat(class::WORD));
        }
        ControlBytes {
            zeros: _mm512_test_epi8_mask(seen, splat(class::ZERO)) != 0,
            controls: _mm512_test_epi8_mask(seen, splat(class::CONTROL)) != 0,
        }
    }
}

/// Version for 32 bytes at a time. In a word character both halves (nibbles) have a class in common: bit 3 for
/// the digits, 4 for `@` to `O` and their lower case, 5 for `P` to `_`, 6 for `p` to DEL. The lower bits are
/// for bytes that no text contains: 0 and 1 for control characters below and from 16, 2 for zero.
#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m256i, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_cmpgt_epi8, _mm256_loadu_si256,
        _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8, _mm256_setr_epi8,
        _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_srli_epi16,
    };

    use super::{BLOCK, ControlBytes};

    #[target_feature(enable = "avx2")]
    pub(super) fn mark_long_runs<const SHORTEST: usize>(breaks: &[u64], out: &mut [u64]) -> u64 {
        super::mark_each_block::<SHORTEST>(breaks, out)
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn find_breaks(blocks: &[[u8; BLOCK]], out: &mut [u64]) -> ControlBytes {
        // Classes by the lower half; the upper bit of a byte makes the shuffle return 0.
        let low = _mm256_setr_epi8(
            111, 123, 123, 123, 123, 123, 123, 123, 123, 122, 114, 16, 18, 18, 19, 51, //
            111, 123, 123, 123, 123, 123, 123, 123, 123, 122, 114, 16, 18, 18, 19, 51,
        );
        // Classes by the upper half.
        let high = _mm256_setr_epi8(
            5, 2, 0, 8, 16, 32, 16, 64, 0, 0, 0, 0, 0, 0, 0, 0, //
            5, 2, 0, 8, 16, 32, 16, 64, 0, 0, 0, 0, 0, 0, 0, 0,
        );
        let nibble = _mm256_set1_epi8(15);
        let least_word = _mm256_set1_epi8(8);
        let zero = _mm256_setzero_si256();
        let mut seen = zero;
        let mut breaks = |bytes: __m256i| {
            let upper = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), nibble);
            let common = _mm256_and_si256(
                _mm256_shuffle_epi8(low, bytes),
                _mm256_shuffle_epi8(high, upper),
            );
            seen = _mm256_or_si256(seen, common);
            // No byte has classes of both kinds, so those of words are the larger numbers.
            _mm256_movemask_epi8(_mm256_cmpgt_epi8(least_word, common)).cast_unsigned()
        };
        for (block, out) in blocks.iter().zip(out) {
            // SAFETY: both loads read 32 of the block's 64 bytes, and need no alignment.
            let (a, b) = unsafe {
                let start = block.as_ptr().cast::<__m256i>();
                (_mm256_loadu_si256(start), _mm256_loadu_si256(start.add(1)))
            };
            *out = u64::from(breaks(b)) << 32 | u64::from(breaks(a));
        }
        let has = |bits: i8| {
            let these = _mm256_and_si256(seen, _mm256_set1_epi8(bits));
            _mm256_movemask_epi8(_mm256_cmpeq_epi8(these, zero)) != -1
        };
        ControlBytes {
            zeros: has(4),
            controls: has(3),
        }
    }
}

/// Version for 16 bytes at a time with SSE2, which every x86-64 has: comparisons only.
#[cfg(target_arch = "x86_64")]
mod sse2 {
    use std::arch::x86_64::{
        __m128i, _mm_add_epi8, _mm_cmpeq_epi8, _mm_cmplt_epi8, _mm_loadu_si128, _mm_min_epu8,
        _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8, _mm_setzero_si128,
    };

    use super::{BLOCK, ControlBytes};

    pub(super) fn find_breaks(blocks: &[[u8; BLOCK]], out: &mut [u64]) -> ControlBytes {
        // SAFETY: every x86-64 has SSE2.
        unsafe { find_breaks_sse2(blocks, out) }
    }

    #[target_feature(enable = "sse2")]
    fn find_breaks_sse2(blocks: &[[u8; BLOCK]], out: &mut [u64]) -> ControlBytes {
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
        for (block, out) in blocks.iter().zip(out) {
            let mut bits = 0;
            for part in (0..4).rev() {
                // SAFETY: reads 16 of the block's 64 bytes, and needs no alignment.
                let bytes = unsafe { _mm_loadu_si128(block.as_ptr().cast::<__m128i>().add(part)) };
                bits = bits << 16 | words(bytes);
            }
            *out = !bits;
        }
        ControlBytes {
            zeros: _mm_movemask_epi8(_mm_cmpeq_epi8(least, _mm_setzero_si128())) != 0,
            controls: _mm_movemask_epi8(controls) != 0,
        }
    }
}

/// Version for 16 bytes at a time; the bits are gathered by adding neighbours.
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
mod neon {
    use std::arch::aarch64::{
        uint8x16_t, vandq_u8, vceqq_u8, vcltq_u8, vdupq_n_u8, vgetq_lane_u64, vld1q_u8, vmaxvq_u8,
        vminq_u8, vminvq_u8, vorrq_u8, vpaddq_u8, vreinterpretq_u64_u8, vsubq_u8,
    };

    use super::{BLOCK, ControlBytes};

    pub(super) fn find_breaks(blocks: &[[u8; BLOCK]], out: &mut [u64]) -> ControlBytes {
        // SAFETY: the Rust targets of this architecture all have NEON.
        unsafe { find_breaks_neon(blocks, out) }
    }

    #[target_feature(enable = "neon")]
    fn find_breaks_neon(blocks: &[[u8; BLOCK]], out: &mut [u64]) -> ControlBytes {
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
        for (block, out) in blocks.iter().zip(out) {
            // SAFETY: each load reads 16 of the block's 64 bytes.
            let [a, b, c, d] =
                [0, 16, 32, 48].map(|at| unsafe { vld1q_u8(block.as_ptr().add(at)) });
            let ab = vpaddq_u8(words(a), words(b));
            let cd = vpaddq_u8(words(c), words(d));
            let all = vpaddq_u8(ab, cd);
            let all = vpaddq_u8(all, all);
            *out = !vgetq_lane_u64::<0>(vreinterpretq_u64_u8(all));
        }
        ControlBytes {
            zeros: vminvq_u8(least) == 0,
            controls: vmaxvq_u8(controls) != 0,
        }
    }
}

#[cfg(test)]
mod tests;
