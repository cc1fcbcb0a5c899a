//! Encodings that hide a token from a plain search. A layer finds the regions of a text that may be
//! encoded, decodes them, and remembers where each decoded byte came from; the detector then looks into
//! the decoded text as into any other. A new layer is one file here and one line in [`regions`].

mod base64;
mod utf16;

use std::ops::Range;

use crate::finding::Layer;

/// A region of a text, decoded.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// How it was encoded.
    pub layer: Layer,
    /// Where it stands in the text it was decoded from.
    pub range: Range<usize>,
    /// What it decodes to.
    pub bytes: Vec<u8>,
    /// Pieces in which decoded and encoded bytes advance in step, by decoded offset.
    pieces: Vec<Piece>,
}

/// From `decoded` on, every `step.0` decoded bytes take `step.1` encoded ones, starting at `encoded`.
#[derive(Clone, Copy, Debug)]
struct Piece {
    decoded: usize,
    encoded: usize,
    step: (usize, usize),
}

impl Decoded {
    /// The bytes of the outer text that encode `inner`, whole steps of the encoding included where a
    /// border falls into one (for base64, the characters that carry any bit of it).
    #[must_use]
    pub fn outer(&self, inner: &Range<usize>) -> Range<usize> {
        let start = self.place(inner.start, false);
        if inner.is_empty() {
            return start..start;
        }
        start..self.place(inner.end - 1, true)
    }

    /// Where the decoded byte at `at` begins in the outer text, or, if `end`, where it ends.
    fn place(&self, at: usize, end: bool) -> usize {
        let index = self
            .pieces
            .partition_point(|p| p.decoded <= at)
            .saturating_sub(1);
        let Some(&Piece {
            decoded,
            encoded,
            step: (dec, enc),
        }) = self.pieces.get(index)
        else {
            return self.range.start;
        };
        let bytes = at.saturating_sub(decoded);
        if self.layer == Layer::Base64 {
            return encoded
                + if end {
                    ((bytes + 1) * enc).div_ceil(dec)
                } else {
                    bytes * enc / dec
                };
        }
        encoded + (bytes / dec + usize::from(end)) * enc
    }
}

/// The regions of `text` worth decoding; `runs` are its long runs, `under` the layers it was found under itself.
#[must_use]
pub fn regions(text: &[u8], runs: &[Range<usize>], under: &[Layer]) -> Vec<Decoded> {
    let mut out = Vec::new();
    base64::regions(text, runs, &mut out);
    if under.is_empty() {
        utf16::regions(text, &mut out);
    }
    out
}
