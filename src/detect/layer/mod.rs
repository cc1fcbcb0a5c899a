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
