//! Classes of bytes: word characters, and control characters that no text contains.

/// Returns true if `byte` is a word character.
#[must_use]
#[inline]
pub(crate) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Returns true if `byte` is a control character that no text contains: all but tab, line breaks, form feed and escape.
#[must_use]
#[inline]
pub(crate) const fn is_control(byte: u8) -> bool {
    matches!(byte, 0..=8 | 14..=26 | 28..=31)
}

/// Kinds of bytes found that are not part of any text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ControlBytes {
    /// A zero byte, as in binary data and in UTF-16.
    pub zeros: bool,
    /// A byte for which [`is_control`] returns true, zero included.
    pub controls: bool,
}

impl ControlBytes {
    pub(super) fn add(&mut self, more: ControlBytes) {
        self.zeros |= more.zeros;
        self.controls |= more.controls;
    }
}
