//! Encodings that hide a token from a plain search. A layer finds the regions of a text that may be
//! encoded, decodes them, and remembers where each decoded byte came from; the detector then looks into
//! the decoded text as into any other. A new layer is one file here and one line in [`regions`].

mod base64;
mod escapes;
mod joined;
mod margin;
mod unit;
mod utf16;
mod utf32;
mod wrapped;

use std::ops::Range;

use super::runs::Untextual;
pub use crate::finding::Decoded;
use crate::finding::{Layer, Piece};
pub use wrapped::begun;

/// A way to read a text as if all of it stood in one layer.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// The layer.
    pub layer: Layer,
    /// Whether a line end may have signs around it that belong to no text, such as those of a comment.
    signs: bool,
    /// For base64: the place of a character, and its place in the group of four that it belongs to.
    group: (usize, usize),
}

impl Reading {
    /// The ways to read a text in which a piece of a secret stands as it is and the rest does not.
    pub const OF_PLAIN_PIECES: [Reading; 7] = [
        Reading::of(Layer::Percent),
        Reading::of(Layer::Json),
        Reading::of(Layer::Html),
        Reading::of(Layer::Ansi),
        Reading::of(Layer::QuotedPrintable),
        Reading::of(Layer::Wrapped),
        Reading {
            signs: true,
            ..Reading::of(Layer::Wrapped)
        },
    ];

    /// The plain way to read a layer.
    #[must_use]
    pub const fn of(layer: Layer) -> Self {
        Reading {
            layer,
            signs: false,
            group: (0, 0),
        }
    }

    /// Reads base64 in which the character at `at` is at this place in a group of four.
    #[must_use]
    pub const fn base64(place: usize, at: usize) -> Self {
        Reading {
            group: (at, place),
            ..Reading::of(Layer::Base64)
        }
    }

    /// A number that tells apart the ways to align a layer with the bytes of a text.
    #[must_use]
    pub fn alignment(&self, at: usize) -> usize {
        match self.layer {
            Layer::Base64 => (at + 4 - self.group.1 % 4) % 4,
            Layer::Utf16le | Layer::Utf16be => at % 2,
            _ => usize::from(self.signs),
        }
    }
}

/// Decodes `window` of `text`. In base64 and UTF-16 the window is aligned with the character that the reading names
/// or with its middle.
#[must_use]
pub fn read_as(reading: Reading, text: &[u8], window: Range<usize>) -> Decoded {
    match reading.layer {
        Layer::Utf16le | Layer::Utf16be => {
            utf16::decode(text, window, reading.layer == Layer::Utf16le)
        }
        Layer::Base64 => base64::read_lines(text, window, reading.group),
        Layer::Wrapped => wrapped::unwrap_lines(text, window, reading.signs),
        layer => escapes::decode(layer, text, window),
    }
}

/// Whether something at a border of `run`, or a line end near it, may join it with what is beside it.
#[must_use]
#[inline]
pub fn is_at_seam(text: &[u8], run: &Range<usize>) -> bool {
    escapes::is_at_seam(text, run) || wrapped::is_piece(text, run)
}

/// Whether `run`, though short, may be a part of base64.
#[must_use]
#[inline]
pub fn is_part(text: &[u8], run: &Range<usize>) -> bool {
    base64::is_part(text, run)
}

/// The runs of a text.
#[derive(Clone, Copy, Debug)]
pub struct Runs<'r> {
    /// The long ones.
    pub long: &'r [Range<usize>],
    /// All of at least [`super::runs::MIN_SHORTER`] for which [`is_at_seam`] holds; others are no harm.
    pub at_seams: &'r [Range<usize>],
    /// All of at least as many for which [`is_part`] holds.
    pub parts: &'r [Range<usize>],
}

/// The regions of `text` worth decoding; `seen` is what stands in it beside runs, `under` the layers it was found
/// under itself. With `anything`, user rules may find something in what is decoded.
#[must_use]
pub fn regions(
    text: &[u8],
    runs: Runs<'_>,
    seen: Untextual,
    under: &[Layer],
    anything: bool,
) -> Vec<Decoded> {
    let mut out = Vec::new();
    base64::regions(text, runs.long, runs.parts, &mut out);
    escapes::regions(text, runs.at_seams, under, anything, &mut out);
    wrapped::regions(text, runs.at_seams, &mut out);
    if under.is_empty() && seen.zeros {
        utf16::regions(text, &mut out);
        utf32::regions(text, &mut out);
    }
    out
}
