//! Long runs of word characters (`[0-9A-Za-z_]`): the only places where a token can be.

use std::ops::Range;

use super::simd;

/// The shortest run that can hold a token or the encoded form of one.
pub const MIN: usize = 40;

/// The shortest run that [`find_shorter`] finds.
pub const MIN_SHORTER: usize = 20;

/// Whether `byte` is a word character.
#[must_use]
#[inline]
pub const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Appends every maximal run of at least [`MIN`] word characters in `text`, in order. Says whether there is
/// a zero byte in `text`.
pub fn find(text: &[u8], out: &mut Vec<Range<usize>>) -> bool {
    simd::word_runs::<MIN>(text, out)
}

/// As [`find`], with the runs of at least [`MIN_SHORTER`].
pub fn find_shorter(text: &[u8], out: &mut Vec<Range<usize>>) -> bool {
    simd::word_runs::<MIN_SHORTER>(text, out)
}
