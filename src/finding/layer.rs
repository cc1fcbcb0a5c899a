//! Encodings that a secret may be found under.

use serde::Serialize;

use crate::span::Charset;

/// Encoding that a secret was found under.
///
/// ```
/// use std::path::Path;
/// use tokensweep::{Scanner, parts::Layer};
///
/// let text = format!("token: ghp%5F{}\n", "0123456789abcdefghijABCDEFGHIJ3mpbCX");
/// let findings = Scanner::default().scan_text(text.as_bytes(), Path::new("log.txt"));
/// assert_eq!(findings[0].decoded_from, [Layer::Percent]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
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
    /// Number of layers.
    pub(crate) const COUNT: usize = Layer::Wrapped as usize + 1;

    /// All layers.
    #[cfg(feature = "cli")]
    pub(crate) const ALL: [Layer; Layer::COUNT] = [
        Layer::Base64,
        Layer::Utf16le,
        Layer::Utf16be,
        Layer::Utf32le,
        Layer::Utf32be,
        Layer::Percent,
        Layer::Json,
        Layer::Html,
        Layer::Ansi,
        Layer::QuotedPrintable,
        Layer::Wrapped,
    ];

    /// Returns the charset, if the layer is one: a person reads the decoded text, not its bytes.
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

    /// Returns the layer's name in reports.
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

/// Returns the charset of a text that was decoded from these layers, outermost first.
pub(crate) fn charset_under(layers: &[Layer]) -> Charset {
    let outermost = layers.first().and_then(|layer| layer.charset());
    outermost.unwrap_or_default()
}
