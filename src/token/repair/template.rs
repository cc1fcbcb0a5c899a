//! Templates of tokens with a checksum: which characters may stand at each place.

use crate::token::{ChecksumKind, Shape};

/// Characters that a place of a token may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenSlot {
    /// Exactly this one.
    Fixed(u8),
    /// A digit or a letter.
    Base62,
    /// A capital letter or a digit from 2 to 7.
    Base32,
    /// The first digit of a CRC-32 in base62.
    SumHead,
    /// A digit or a letter that no checksum covers.
    Uncovered,
}

impl TokenSlot {
    /// Returns true if the place may have this character.
    pub(super) fn allows(self, byte: u8) -> bool {
        match self {
            TokenSlot::Fixed(fixed) => byte == fixed,
            TokenSlot::Base62 | TokenSlot::Uncovered => byte.is_ascii_alphanumeric(),
            TokenSlot::Base32 => matches!(byte, b'A'..=b'Z' | b'2'..=b'7'),
            TokenSlot::SumHead => matches!(byte, b'0'..=b'4'),
        }
    }
}

/// Template of the tokens of one shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TokenTemplate {
    prefix: &'static str,
    shape: Shape,
}

/// Shapes that have a template, with their prefixes.
const TEMPLATES: [(&str, Shape); 7] = [
    ("ghp_", Shape::Ghp),
    ("gho_", Shape::Gho),
    ("ghu_", Shape::Ghu),
    ("ghs_", Shape::Ghs),
    ("ghr_", Shape::Ghr),
    ("npm_", Shape::Npm),
    ("github_pat_", Shape::FineGrained),
];

impl TokenTemplate {
    /// Iterates over all templates.
    pub(super) fn all() -> impl Iterator<Item = TokenTemplate> {
        let of = |(prefix, shape)| TokenTemplate { prefix, shape };
        TEMPLATES.into_iter().map(of)
    }

    /// Returns the checksum of the tokens.
    pub(super) fn checksum(&self) -> ChecksumKind {
        match self.shape {
            Shape::FineGrained => ChecksumKind::Sha256Base32,
            _ => ChecksumKind::Crc32Base62,
        }
    }

    /// Returns the places of a token, in their order.
    pub(super) fn slots(&self) -> Vec<TokenSlot> {
        let prefix = self.prefix.bytes().map(TokenSlot::Fixed);
        let rest = match self.shape {
            Shape::FineGrained => [
                &[TokenSlot::Fixed(b'1'); 2][..],
                &[TokenSlot::Base32; 7],
                &[TokenSlot::Fixed(b'0')],
                &[TokenSlot::Base62; 12],
                &[TokenSlot::Fixed(b'_')],
                &[TokenSlot::Base62; 43],
                &[TokenSlot::Base32; 8],
                &[TokenSlot::Uncovered; 8],
            ]
            .concat(),
            shape => {
                let random = if shape == Shape::Ghr { 70 } else { 30 };
                let mut rest = vec![TokenSlot::Base62; random];
                rest.push(TokenSlot::SumHead);
                rest.extend([TokenSlot::Base62; 5]);
                rest
            }
        };
        prefix.chain(rest).collect()
    }

    /// Returns true if a text begins like a token, with at most one character of the prefix read as another one. The
    /// letter that tells the kinds apart is exact.
    pub(super) fn begins(&self, text: &[char]) -> bool {
        let mut wrong = 0;
        let mut at = 0;
        for expected in self.prefix.chars() {
            let Some(read) = text.get(at) else {
                return false;
            };
            at += 1;
            if *read == expected {
                continue;
            }
            let is_alike = match expected {
                'g' => matches!(read, 'q' | '9' | 'G' | 'Q' | '8'),
                'h' => matches!(read, 'b' | 'n' | 'H'),
                'o' => matches!(read, '0' | 'O'),
                's' => matches!(read, 'S' | '5'),
                'u' => matches!(read, 'U' | 'v'),
                'p' => matches!(read, 'P'),
                'i' => matches!(read, 'l' | '1' | 'I' | '|'),
                't' => matches!(read, 'f' | '+'),
                // Marks on the base line are often lost.
                '_' if read.is_alphanumeric() => {
                    at -= 1;
                    true
                }
                '_' => true,
                _ => false,
            };
            wrong += 1;
            if !is_alike || wrong > 2 {
                return false;
            }
        }
        // A mark that was lost tells nothing, so that what follows must look like a token.
        let next = text.iter().skip(at).take(20);
        let is_word = |c: &char| !c.is_whitespace();
        wrong == 0 || next.filter(|c| is_word(c)).count() >= 18
    }
}
