//! What a rule is: its pattern, its words for the user, its examples. The data is in `rules/*.toml`.

mod builtin;
mod set;

pub mod example;
pub mod expression;
pub mod load;

use std::sync::Arc;

use crate::checksum::{crc32_holds, fine_grained_holds};
use crate::finding::{Checksum, Confidence, Severity};

pub use builtin::builtin;
pub use set::RuleSet;

/// A form of token that the engine knows by its structure, faster and stricter than a regular expression.
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
    /// Every shape, in the order in which they are listed to users.
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

    /// The shape's name in rule files.
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

    /// The shape with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Shape> {
        Shape::ALL.into_iter().find(|s| s.name() == name)
    }

    /// The checksum that tokens of this shape carry.
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

    /// The shapes that are known by how they begin.
    pub fn prefixed() -> impl Iterator<Item = Shape> {
        let told_by_more = |shape: &Shape| shape.is_judged() || *shape == Shape::TestToken;
        Shape::ALL.into_iter().filter(move |s| !told_by_more(s))
    }

    /// The shapes whose tokens carry a checksum.
    pub fn checked() -> impl Iterator<Item = Shape> {
        Shape::ALL.into_iter().filter(|s| s.checksum().is_some())
    }

    /// Whether nothing but its surroundings tells this shape from a SHA.
    #[must_use]
    pub fn is_judged(self) -> bool {
        matches!(self, Shape::Hex40 | Shape::V1Hex | Shape::R1Hex)
    }
}

/// A checksum inside a token that can be checked offline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChecksumKind {
    /// The last six characters are the CRC-32, in base62, of what stands between the last `_` and them.
    Crc32Base62,
    /// As in `github_pat_` tokens: eight characters of base32(SHA-256) of all that stands before them.
    Sha256Base32,
}

impl ChecksumKind {
    /// Both kinds, under the names that rule files use.
    pub const ALL: [(&'static str, ChecksumKind); 2] = [
        ("crc32-base62", ChecksumKind::Crc32Base62),
        ("sha256-base32", ChecksumKind::Sha256Base32),
    ];

    /// The kind's name in rule files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ChecksumKind::Crc32Base62 => "crc32-base62",
            ChecksumKind::Sha256Base32 => "sha256-base32",
        }
    }

    /// What the checksum of a whole token says.
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

/// How a rule finds its secrets.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// Forms that the engine knows.
    Shapes(Vec<Shape>),
    /// A regular expression; the secret is its group `secret`, else its first group, else the whole match.
    Regex {
        /// The expression as written, already checked to be valid.
        source: String,
        /// Literals (ASCII, any case) one of which stands in every match; empty if none is known.
        keywords: Vec<String>,
        /// How sure a match is.
        confidence: Confidence,
    },
    /// Decided by the judge over candidates of other rules; the rule gives only the words.
    Judged,
}

/// An example in a rule, written with placeholders so that no whole token stands in a file.
#[derive(Clone, Debug)]
pub struct Example {
    /// The text, `{{shape}}` standing for a fresh token.
    pub text: String,
    /// The path it is scanned under.
    pub path: Option<String>,
    /// Why a counter-example is none; where an example was seen.
    pub reason: Option<String>,
    /// The line of the rule file that it starts on.
    pub line: u64,
}

/// One kind of secret.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The file that it stands in.
    pub file: Arc<str>,
    /// Its id, in lower-case words joined by hyphens.
    pub id: Arc<str>,
    /// What kind of secret it is, in a few words.
    pub title: Arc<str>,
    /// How bad a leak is.
    pub severity: Severity,
    /// Why it matters.
    pub why: String,
    /// What to do first: how to revoke it.
    pub revoke: Arc<str>,
    /// How it is found.
    pub pattern: Pattern,
    /// The checksum that its secrets carry. For a rule of shapes, each shape has its own.
    pub checksum: Option<ChecksumKind>,
    /// Texts in which it must be found.
    pub examples: Vec<Example>,
    /// Texts in which it must not be found at the default confidence.
    pub counterexamples: Vec<Example>,
    /// Where the facts come from.
    pub references: Vec<String>,
}
