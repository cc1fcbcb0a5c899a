//! Forms of tokens and the kinds of their checksums.

use super::checksum::{crc32_holds, fine_grained_holds};
use crate::finding::Checksum;

/// Form of a token that the engine recognises by its structure, faster and stricter than a regular expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Shape {
    /// `ghp_` + 36, classic personal access token.
    Ghp,
    /// `gho_` + 36, OAuth app token.
    Gho,
    /// `ghu_` + 36, app user-to-server token.
    Ghu,
    /// `ghs_` + 36, app installation token.
    Ghs,
    /// `ghs_<app id>_<JWT>`, stateless app installation token.
    GhsStateless,
    /// `ghr_` + 76, app refresh token.
    Ghr,
    /// `github_pat_` + 22 + `_` + 59, fine-grained personal access token.
    FineGrained,
    /// `v1.` + 40 hex digits, legacy app installation token.
    V1Hex,
    /// `r1.` + 40 or 80 hex digits, legacy app refresh token.
    R1Hex,
    /// 40 lower-case hex digits: a legacy token, a client secret, or a SHA.
    Hex40,
    /// `npm_` + 36, npm access token (npm is GitHub's, the checksum is the same).
    Npm,
    /// `secret_scanning_…`, GitHub's own token for testing scanners.
    TestToken,
}

impl Shape {
    /// All shapes, in the order in which they are listed to users.
    pub const ALL: [Shape; 12] = [
        Shape::Ghp,
        Shape::Gho,
        Shape::Ghu,
        Shape::Ghs,
        Shape::GhsStateless,
        Shape::Ghr,
        Shape::FineGrained,
        Shape::V1Hex,
        Shape::R1Hex,
        Shape::Hex40,
        Shape::Npm,
        Shape::TestToken,
    ];

    /// Returns the shape's name in rule files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Shape::Ghp => "ghp",
            Shape::Gho => "gho",
            Shape::Ghu => "ghu",
            Shape::Ghs => "ghs",
            Shape::GhsStateless => "ghs-stateless",
            Shape::Ghr => "ghr",
            Shape::FineGrained => "github-pat",
            Shape::V1Hex => "v1-hex",
            Shape::R1Hex => "r1-hex",
            Shape::Hex40 => "hex40",
            Shape::Npm => "npm",
            Shape::TestToken => "github-test-token",
        }
    }

    /// Returns the shape with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Shape> {
        Shape::ALL.into_iter().find(|s| s.name() == name)
    }

    /// Returns the checksum that tokens of this shape contain.
    #[must_use]
    pub fn checksum(self) -> Option<ChecksumKind> {
        match self {
            Shape::Ghp | Shape::Gho | Shape::Ghu | Shape::Ghs | Shape::Ghr | Shape::Npm => {
                Some(ChecksumKind::Crc32Base62)
            }
            Shape::FineGrained => Some(ChecksumKind::Sha256Base32),
            Shape::GhsStateless | Shape::V1Hex | Shape::R1Hex | Shape::Hex40 | Shape::TestToken => {
                None
            }
        }
    }

    /// Iterates over the shapes that have a prefix.
    pub fn prefixed() -> impl Iterator<Item = Shape> {
        let told_by_more = |shape: &Shape| shape.is_judged() || *shape == Shape::TestToken;
        Shape::ALL.into_iter().filter(move |s| !told_by_more(s))
    }

    /// Iterates over the shapes whose tokens contain a checksum.
    pub fn checked_shapes() -> impl Iterator<Item = Shape> {
        Shape::ALL.into_iter().filter(|s| s.checksum().is_some())
    }

    /// Returns true if only the surrounding text distinguishes this shape from a SHA.
    #[must_use]
    pub fn is_judged(self) -> bool {
        matches!(self, Shape::Hex40 | Shape::V1Hex | Shape::R1Hex)
    }
}

/// Checksum inside a token that can be checked offline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChecksumKind {
    /// The last six characters are the CRC-32, in base62, of the characters between the last `_` and them.
    Crc32Base62,
    /// As in `github_pat_` tokens: eight characters of base32(SHA-256) of all characters before them.
    Sha256Base32,
}

impl ChecksumKind {
    /// Both kinds, with their names in rule files.
    pub const ALL: [(&'static str, ChecksumKind); 2] = [
        ("crc32-base62", ChecksumKind::Crc32Base62),
        ("sha256-base32", ChecksumKind::Sha256Base32),
    ];

    /// Returns the kind's name in rule files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ChecksumKind::Crc32Base62 => "crc32-base62",
            ChecksumKind::Sha256Base32 => "sha256-base32",
        }
    }

    /// Returns the result of checking the checksum of a whole token.
    #[must_use]
    pub fn check(self, token: &[u8]) -> Checksum {
        let holds = match self {
            ChecksumKind::Crc32Base62 => {
                let body = memchr::memrchr(b'_', token).map_or(0, |at| at + 1);
                crc32_holds(&token[body..])
            }
            ChecksumKind::Sha256Base32 => fine_grained_holds(token),
        };
        if holds {
            Checksum::Valid
        } else {
            Checksum::Invalid
        }
    }
}
