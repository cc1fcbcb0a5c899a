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

/// Kinds of characters in a word. They are computed eight at a time, as every third line of code has a long word.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CharacterKinds {
    digits: u64,
    capitals: u64,
    small: u64,
}

impl CharacterKinds {
    /// Returns the kinds in `word`, which contains only word characters, at least eight.
    #[inline]
    pub(super) fn of_word(word: &[u8]) -> CharacterKinds {
        let (eights, rest) = word.as_chunks::<8>();
        let mut kinds = CharacterKinds::default();
        for eight in eights {
            kinds.add(*eight);
        }
        if let Some(last) = word.last_chunk()
            && !rest.is_empty()
        {
            kinds.add(*last);
        }
        kinds
    }

    /// Adds the kinds of eight word characters. Digits lack the bit of letters, small letters have the bit of the case,
    /// and only the underscore has all bits below these.
    #[inline]
    fn add(&mut self, eight: [u8; 8]) {
        const LETTER: u64 = u64::from_ne_bytes([0x40; 8]);
        const BELOW: u64 = u64::from_ne_bytes([0x1f; 8]);
        const ONES: u64 = u64::from_ne_bytes([1; 8]);
        let word = u64::from_le_bytes(eight);
        let (letters, small) = (word & LETTER, word << 1);
        let underscores = ((word & BELOW) + ONES) << 1;
        self.digits |= letters ^ LETTER;
        self.small |= letters & small;
        self.capitals |= letters & !small & !underscores;
    }

    /// Returns true if there is a digit.
    pub(super) fn has_digits(self) -> bool {
        self.digits != 0
    }

    /// Returns true if there are capitals and small letters.
    pub(super) fn has_both_cases(self) -> bool {
        self.capitals != 0 && self.small != 0
    }
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
            let len = 8 + mint.random_below(60);
            let word = mint.text(alphabets[round % alphabets.len()], len);
            let any = |kind: fn(&u8) -> bool| word.iter().any(kind);
            let kinds = CharacterKinds::of_word(&word);
            assert_eq!(kinds.has_digits(), any(u8::is_ascii_digit), "{word:?}");
            let both = any(u8::is_ascii_uppercase) && any(u8::is_ascii_lowercase);
            assert_eq!(kinds.has_both_cases(), both, "{word:?}");
        }
    }
}
