//! What a scan says: a finding, where it stands, how sure we are and why. The words that all stages share.

mod acceptance;
mod decoded;
mod fragments;
mod origin;
mod outcome;
mod secret;
mod snippet;

use std::borrow::Cow;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use acceptance::{Acceptance, AcceptedBy};
pub use decoded::Decoded;
pub(crate) use decoded::Piece;
pub use fragments::Fragments;
pub use origin::{Origin, OriginKind};
pub use outcome::{Counts, Outcome, Skip, SkipReason, UnreadCounts};
pub use secret::Secret;
pub use snippet::{Snippet, SnippetLine, mask_places};

use crate::span::{Charset, Position};

/// How sure a finding is. `Certain` means that a checksum proves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Less likely than not.
    Low,
    /// More likely than not.
    Medium,
    /// At least 19 in 20.
    High,
    /// Proved by a checksum.
    Certain,
}

impl Confidence {
    /// All levels, lowest first.
    pub const ALL: [Confidence; 4] = [
        Confidence::Low,
        Confidence::Medium,
        Confidence::High,
        Confidence::Certain,
    ];

    /// The level's name in options and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
            Confidence::Certain => "certain",
        }
    }
}

/// How bad it is if the finding is real.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know, never a leak by itself.
    Note,
    /// Worth a look.
    Warning,
    /// A credential that somebody else may use.
    Error,
}

impl Severity {
    /// The severity's name in rules and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// What the token's own checksum says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Checksum {
    /// The form has a checksum and it holds.
    Valid,
    /// The form has a checksum and it does not hold.
    Invalid,
    /// The form has no checksum that can be checked offline.
    None,
}

impl Checksum {
    /// The word in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Checksum::Valid => "valid",
            Checksum::Invalid => "invalid",
            Checksum::None => "none",
        }
    }
}

/// An encoding that a secret was found under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// Base64, standard or URL-safe alphabet, possibly wrapped over lines.
    Base64,
    /// UTF-16, little endian.
    Utf16le,
    /// UTF-16, big endian.
    Utf16be,
    /// UTF-32, little endian.
    Utf32le,
    /// UTF-32, big endian.
    Utf32be,
    /// Percent-encoding, as in URLs.
    Percent,
    /// The escapes of JSON and JavaScript strings.
    Json,
    /// HTML or XML: character references, and tags inside the text.
    Html,
    /// Terminal control sequences inside the text.
    Ansi,
    /// Quoted-printable, as in mail.
    QuotedPrintable,
    /// Plain text that a line end cuts.
    Wrapped,
}

impl Layer {
    /// How many there are.
    pub(crate) const COUNT: usize = Layer::Wrapped as usize + 1;

    /// The charset that the layer is, if it is one: a person reads what stands under it, not its bytes.
    #[must_use]
    pub fn charset(self) -> Option<Charset> {
        match self {
            Layer::Utf16le => Some(Charset::Utf16le),
            Layer::Utf16be => Some(Charset::Utf16be),
            Layer::Utf32le => Some(Charset::Utf32le),
            Layer::Utf32be => Some(Charset::Utf32be),
            _ => None,
        }
    }

    /// The layer's name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Layer::Base64 => "base64",
            Layer::Utf16le => "utf-16le",
            Layer::Utf16be => "utf-16be",
            Layer::Utf32le => "utf-32le",
            Layer::Utf32be => "utf-32be",
            Layer::Percent => "percent",
            Layer::Json => "json",
            Layer::Html => "html",
            Layer::Ansi => "ansi",
            Layer::QuotedPrintable => "quoted-printable",
            Layer::Wrapped => "wrapped",
        }
    }
}

/// One reason for or against a finding.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evidence {
    /// The piece's name, as in the weights file.
    pub name: Cow<'static, str>,
    /// What it adds to the log-odds: natural logarithm, positive speaks for a leak.
    pub weight: f64,
    /// What was seen, in words. Never holds the secret.
    pub detail: String,
}

impl Evidence {
    /// A piece of evidence.
    pub fn new(name: impl Into<Cow<'static, str>>, weight: f64, detail: impl Into<String>) -> Self {
        Evidence {
            name: name.into(),
            weight,
            detail: detail.into(),
        }
    }
}

/// A leak, or something that looks like one.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Stable name: the same secret under the same rule has the same one, wherever it stands.
    pub fingerprint: String,
    /// The rule that found it.
    pub rule_id: Arc<str>,
    /// What kind of secret it is, in a few words.
    pub title: Arc<str>,
    /// How bad it is if real.
    pub severity: Severity,
    /// How sure we are.
    pub confidence: Confidence,
    /// What the checksum says.
    pub checksum: Checksum,
    /// The file it stands in, as the user gave it joined with what was found below it.
    pub path: PathBuf,
    /// First character.
    pub start: Position,
    /// One past the last character.
    pub end: Position,
    /// Offsets in the original bytes of the file or blob.
    pub bytes: Range<u64>,
    /// The secret, decoded.
    pub secret: Secret,
    /// The layers it was found under, outermost first.
    pub decoded_from: Vec<Layer>,
    /// Where the bytes came from.
    pub origin: Origin,
    /// Why we think so.
    pub evidence: Vec<Evidence>,
    /// What to do first.
    pub remediation: Arc<str>,
    /// The line it stands on, with every secret in it masked.
    pub snippet: Snippet,
    /// Why it is no news, if somebody has said that it may stay.
    pub accepted: Option<Acceptance>,
    /// How to write it back; only where the scan was asked to keep it.
    pub enclosure: Option<Box<Enclosure>>,
}

impl Finding {
    /// The charset of the text that it stands in.
    #[must_use]
    pub fn charset(&self) -> Charset {
        charset_under(&self.decoded_from)
    }

    /// Whether it is a leak to act on: the scanned change brought it in, and nobody has accepted it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.accepted.is_none() && !self.origin.pre_existing
    }
}

/// The charset of a text that was decoded from these layers, the outermost first.
pub(crate) fn charset_under(layers: &[Layer]) -> Charset {
    let outermost = layers.first().and_then(|layer| layer.charset());
    outermost.unwrap_or_default()
}

/// What the redactor needs to replace a secret so that all around it stays as it was.
#[derive(Clone, Debug)]
pub struct Enclosure {
    /// Where the outermost text, a window of the file, starts in the file.
    pub offset: u64,
    /// The regions that the secret was decoded out of, outermost first, each standing in the one before it.
    pub regions: Vec<Arc<Decoded>>,
    /// Where the secret stands in the innermost region, or in the window if there is none.
    pub place: Range<usize>,
    /// Whether what is around it is no text, so that no byte may move.
    pub binary: bool,
}
