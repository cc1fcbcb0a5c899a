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

/// Returns the number of bytes at the start of `text` for which `is_inside` returns true. The compiler vectorises the
/// check of a block, as there may be millions.
#[inline]
pub(super) fn leading_len(text: &[u8], is_inside: impl Fn(u8) -> bool) -> usize {
    let (blocks, _) = text.as_chunks::<32>();
    let is_whole = |block: &&[u8; 32]| block.iter().fold(true, |all, b| all & is_inside(*b));
    let whole = 32 * blocks.iter().take_while(is_whole).count();
    let rest = text[whole..].iter();
    whole + rest.take_while(|b| is_inside(**b)).count()
}

/// Returns the number of bytes in `word` for which `is_kind` is true; `word` is not longer than the largest `u8`. Numbers
/// as small as the bytes make the most of vectors.
#[inline]
pub(super) fn count_in_short(word: &[u8], is_kind: impl Fn(u8) -> bool) -> usize {
    let ones = word.iter().map(|b| u8::from(is_kind(*b)));
    usize::from(ones.fold(0, u8::wrapping_add))
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

/// Kinds of word characters that are in a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct WordKinds(u8);

impl WordKinds {
    pub(super) const DIGITS: u8 = 1;
    pub(super) const CAPITALS: u8 = 2;
    pub(super) const SMALL: u8 = 4;
    pub(super) const UNDERSCORES: u8 = 8;

    /// Returns the kinds that have these bits.
    #[inline]
    #[cfg_attr(
        not(target_arch = "x86_64"),
        allow(dead_code, reason = "only the vectors make them from bits")
    )]
    pub(super) const fn from_bits(bits: u8) -> Self {
        WordKinds(bits)
    }

    #[inline]
    pub(super) const fn new(digits: bool, capitals: bool, small: bool, underscores: bool) -> Self {
        WordKinds(
            (digits as u8 * Self::DIGITS)
                | (capitals as u8 * Self::CAPITALS)
                | (small as u8 * Self::SMALL)
                | (underscores as u8 * Self::UNDERSCORES),
        )
    }

    /// Returns the kinds of the characters in `word`, which contains only word characters, at least sixteen.
    #[inline]
    pub(super) fn of(word: &[u8]) -> WordKinds {
        WordKinds::new(
            has_digits(word),
            has_any(word, |b| b.is_ascii_uppercase()),
            has_any(word, |b| b.cast_signed() >= SMALL),
            has_any(word, |b| b == b'_'),
        )
    }

    #[inline]
    pub(super) const fn has_digits(self) -> bool {
        self.0 & Self::DIGITS != 0
    }

    #[inline]
    pub(super) const fn has_small(self) -> bool {
        self.0 & Self::SMALL != 0
    }

    #[inline]
    pub(super) const fn has_both_cases(self) -> bool {
        self.0 & (Self::CAPITALS | Self::SMALL) == Self::CAPITALS | Self::SMALL
    }

    #[inline]
    pub(super) const fn has_underscores(self) -> bool {
        self.0 & Self::UNDERSCORES != 0
    }
}

/// First small letter. Signed numbers are compared in one instruction.
const SMALL: i8 = b'a'.cast_signed();

/// Returns true if there is a digit in `word`, which contains only word characters, at least sixteen.
#[inline]
pub(super) fn has_digits(word: &[u8]) -> bool {
    const NINE: i8 = b'9'.cast_signed();
    has_any(word, |b| b.cast_signed() <= NINE)
}

/// Returns true if there are capitals and small letters in `word`, which contains only word characters, at least sixteen.
#[inline]
pub(super) fn has_both_cases(word: &[u8]) -> bool {
    has_any(word, |b| b.is_ascii_uppercase()) && has_any(word, |b| b.cast_signed() >= SMALL)
}

/// Returns true if `is_kind` is true for a byte in `word`, which has at least sixteen. They are examined sixteen at a time
/// without an early exit, which the compiler vectorises, as every third line of code has a long word.
#[inline]
fn has_any(word: &[u8], is_kind: impl Fn(u8) -> bool) -> bool {
    let is_in = |block: &[u8; 16]| block.iter().fold(false, |any, b| any | is_kind(*b));
    let (blocks, rest) = word.as_chunks();
    blocks.iter().any(is_in) || !rest.is_empty() && word.last_chunk().is_some_and(is_in)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Mint;

    #[test]
    fn the_kinds_of_characters_in_a_word_are_those_of_each() {
        let mut mint = Mint::new(81);
        let all: Vec<u8> = (0..=255).filter(|b| is_word(*b)).collect();
        let alphabets = [&b"_"[..], b"az_", b"AZ_", b"09_", b"aZ", b"a9", b"Z9", &all];
        for round in 0..20_000 {
            let len = 16 + mint.random_below(60);
            let word = mint.text(alphabets[round % alphabets.len()], len);
            let any = |kind: fn(&u8) -> bool| word.iter().any(kind);
            assert_eq!(has_digits(&word), any(u8::is_ascii_digit), "{word:?}");
            let both = any(u8::is_ascii_uppercase) && any(u8::is_ascii_lowercase);
            assert_eq!(has_both_cases(&word), both, "{word:?}");
        }
    }
}
