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

/// Whether `byte` is a control character that stands in no text: all but tab, line breaks, form feed and escape.
#[must_use]
#[inline]
pub const fn is_control(byte: u8) -> bool {
    matches!(byte, 0..=8 | 14..=26 | 28..=31)
}

/// What a text holds that text does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Untextual {
    /// A zero byte, as in binary data and in UTF-16.
    pub zeros: bool,
    /// A byte for which [`is_control`] holds, zero included.
    pub controls: bool,
}

/// Appends every maximal run of at least [`MIN`] word characters in `text`, in order.
pub fn find(text: &[u8], out: &mut Vec<Range<usize>>) -> Untextual {
    simd::word_runs::<MIN>(text, out)
}

/// As [`find`], with the runs of at least [`MIN_SHORTER`].
pub fn find_shorter(text: &[u8], out: &mut Vec<Range<usize>>) -> Untextual {
    simd::word_runs::<MIN_SHORTER>(text, out)
}
