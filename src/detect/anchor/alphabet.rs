//! Alphabets of the runs that every match of an expression contains a part of.

use regex_syntax::hir::Class;

use crate::detect::runs::is_word;

/// Word characters, or a subset of them. Names in programs are often long runs of word characters, rarely of a subset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::detect) enum AnchorAlphabet {
    /// Hex digits in either case.
    Hex,
    /// Letters and digits.
    Alphanumeric,
    /// Letters, digits and `_`.
    Word,
}

impl AnchorAlphabet {
    /// All alphabets, each a subset of the next.
    pub(in crate::detect) const ALL: [AnchorAlphabet; 3] = [
        AnchorAlphabet::Hex,
        AnchorAlphabet::Alphanumeric,
        AnchorAlphabet::Word,
    ];

    pub(super) fn contains_byte(self, byte: u8) -> bool {
        match self {
            AnchorAlphabet::Hex => byte.is_ascii_hexdigit(),
            AnchorAlphabet::Alphanumeric => byte.is_ascii_alphanumeric(),
            AnchorAlphabet::Word => is_word(byte),
        }
    }

    /// Returns true if every character of `class` is in the alphabet.
    pub(super) fn contains_class(self, class: &Class) -> bool {
        let all = |start: u32, end: u32| {
            end < 0x80
                && (start..=end).all(|c| u8::try_from(c).is_ok_and(|b| self.contains_byte(b)))
        };
        match class {
            Class::Unicode(c) => c.iter().all(|r| all(r.start().into(), r.end().into())),
            Class::Bytes(c) => c.iter().all(|r| all(r.start().into(), r.end().into())),
        }
    }

    /// Returns true if `word`, which contains only word characters, contains `len` consecutive ones of this alphabet.
    pub(in crate::detect) fn has_run_of(self, word: &[u8], len: usize) -> bool {
        let mut start = 0usize;
        while let Some(row) = word.get(start..start.saturating_add(len)) {
            if self == AnchorAlphabet::Word {
                return true;
            }
            match row.iter().rposition(|b| !self.contains_byte(*b)) {
                Some(other) => start += other + 1,
                None => return true,
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Mint;

    #[test]
    fn a_row_is_found_wherever_it_stands() {
        let mut mint = Mint::new(13);
        for _ in 0..5000 {
            let mut word = Vec::new();
            for _ in 0..mint.random_below(4) {
                let (hex, more) = (mint.random_below(30), mint.random_below(3));
                word.extend(mint.hex(hex));
                word.extend(mint.text(b"xZ__", more));
            }
            for alphabet in AnchorAlphabet::ALL {
                let rows = word.split(|b| !alphabet.contains_byte(*b)).map(<[u8]>::len);
                let longest = rows.max().unwrap_or(0);
                for len in [20, 24, 40] {
                    assert_eq!(alphabet.has_run_of(&word, len), len <= longest, "{word:?}");
                }
            }
        }
    }
}
