//! Encodings that hide a token from a plain search. A layer finds the regions of a text that may be
//! encoded, decodes them, and remembers where each decoded byte came from; the detector then looks into
//! the decoded text as into any other. A new layer is one file here and one line in [`regions`].

mod base64;
mod escapes;
mod joined;
mod unit;
mod utf16;
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
    escapes::is_at_seam(text, run) || base64::is_part(text, run) || wrapped::is_piece(text, run)
}

/// The regions of `text` worth decoding; `runs` are its long runs, `shorter` all of at least
/// [`super::runs::MIN_SHORTER`] that stand at a seam, others being no harm, `seen` is what else stands in it, `under`
/// the layers it was found under itself. With `anything`, user rules may find something in what is decoded.
#[must_use]
pub fn regions(
    text: &[u8],
    runs: &[Range<usize>],
    shorter: &[Range<usize>],
    seen: Untextual,
    under: &[Layer],
    anything: bool,
) -> Vec<Decoded> {
    let mut out = Vec::new();
    base64::regions(text, runs, &mut out);
    base64::broken_regions(text, runs, shorter, &mut out);
    escapes::regions(text, shorter, under, anything, &mut out);
    wrapped::regions(text, shorter, &mut out);
    if under.is_empty() && seen.zeros {
        utf16::regions(text, &mut out);
    }
    out
}
