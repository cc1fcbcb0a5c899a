//! Text decoded from a region of another text, with the origin of each byte: the detector makes it, a
//! finding's place is computed from it, and the redactor writes back through it.

use super::layer::Layer;
use crate::span::Span;
use crate::steps::add_steps;

/// Decoded region of a text.
#[derive(Clone, PartialEq, Eq)]
pub struct Decoded {
    /// Encoding of the region.
    pub layer: Layer,
    /// Byte range of the region in the outer text.
    pub range: Span,
    /// Decoded bytes.
    pub bytes: Vec<u8>,
    /// Parts in which decoded and encoded bytes advance in step, by decoded offset. Base64 has lines instead.
    pub(crate) pieces: Vec<DecodedSegment>,
    /// Additional data to write base64 back.
    pub(crate) base64: Base64Source,
}

/// Details of an encoded base64 text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Base64Source {
    /// Encoded characters, without line breaks and indentation.
    pub(crate) lines: Vec<Base64Line>,
    /// True if the text contains characters of the URL-safe alphabet.
    pub(crate) url_safe: bool,
    /// Bits after the last decoded byte, and their number.
    pub(crate) tail: (u32, u32),
}

/// Base64 characters that are adjacent in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Base64Line {
    /// Number of characters in the lines before.
    pub(crate) first: usize,
    /// Place in the text.
    pub(crate) range: Span,
}

/// Mapping from `decoded` on: every `step.0` decoded bytes take `step.1` encoded ones, starting at `encoded`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DecodedSegment {
    pub(crate) decoded: usize,
    pub(crate) encoded: usize,
    pub(crate) step: (usize, usize),
}

impl std::fmt::Debug for Decoded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The decoded bytes may contain a secret, so they are not printed.
        write!(
            f,
            "Decoded({} at {:?}, {} bytes)",
            self.layer.name(),
            self.range,
            self.bytes.len()
        )
    }
}

impl Decoded {
    /// Creates a region without any decoded bytes.
    #[must_use]
    pub(crate) fn new(layer: Layer, range: impl Into<Span>) -> Self {
        Decoded {
            layer,
            range: range.into(),
            bytes: Vec::new(),
            pieces: Vec::new(),
            base64: Base64Source::default(),
        }
    }

    /// Appends `bytes`, which are at `encoded` without encoding.
    pub(crate) fn push_plain(&mut self, bytes: &[u8], encoded: usize) {
        self.push((1, 1), bytes, encoded);
    }

    /// Appends `bytes`, decoded as one step from the `len` bytes at `encoded`.
    pub(crate) fn push_step(&mut self, bytes: &[u8], encoded: usize, len: usize) {
        self.push((bytes.len(), len), bytes, encoded);
    }

    fn push(&mut self, step: (usize, usize), bytes: &[u8], encoded: usize) {
        let goes_on = self.pieces.last().is_some_and(|p| {
            p.step == step
                && p.encoded + (self.bytes.len() - p.decoded) / step.0 * step.1 == encoded
        });
        if !goes_on {
            self.pieces.push(DecodedSegment {
                decoded: self.bytes.len(),
                encoded,
                step,
            });
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Returns the bytes of the outer text that encode `inner`, extended to whole steps of the encoding (for base64, to
    /// all characters that carry any bit of it).
    #[must_use]
    pub fn outer_range(&self, inner: Span) -> Span {
        let start = self.place(inner.start, false);
        if inner.is_empty() {
            return (start..start).into();
        }
        (start..self.place(inner.end - 1, true)).into()
    }

    /// Returns the decoded bytes that carry any of the outer text's bytes `outer`. Not for base64, where bytes share
    /// characters.
    #[must_use]
    pub fn inner_range(&self, outer: Span) -> Span {
        let start = self.step_at(outer.start).start;
        if outer.is_empty() {
            return (start..start).into();
        }
        (start..self.step_at(outer.end - 1).end).into()
    }

    /// Returns the decoded bytes of the step that contains the encoded byte at `at`, or of the last step before it.
    fn step_at(&self, at: usize) -> Span {
        let behind = self.pieces.partition_point(|p| p.encoded <= at);
        let Some(piece) = behind
            .checked_sub(1)
            .and_then(|index| self.pieces.get(index))
        else {
            return Span::default();
        };
        let end = self
            .pieces
            .get(behind)
            .map_or(self.bytes.len(), |next| next.decoded);
        let (decoded, encoded) = piece.step;
        let from = end.min(piece.decoded + (at - piece.encoded) / encoded * decoded);
        (from..end.min(from + decoded)).into()
    }

    /// Returns the offset in the outer text at which the decoded byte at `at` begins, or, if `end`, ends.
    fn place(&self, at: usize, end: bool) -> usize {
        if self.layer == Layer::Base64 {
            return self.base64_place(at, end);
        }
        let index = self
            .pieces
            .partition_point(|p| p.decoded <= at)
            .saturating_sub(1);
        let Some(&DecodedSegment {
            decoded,
            encoded,
            step: (dec, enc),
        }) = self.pieces.get(index)
        else {
            return self.range.start;
        };
        encoded + (at.saturating_sub(decoded) / dec + usize::from(end)) * enc
    }

    /// Returns the offset of the first character that carries a bit of the decoded byte at `at`, or, if `end`, the end of
    /// the last one. A line end may be between the two.
    fn base64_place(&self, at: usize, end: bool) -> usize {
        let character = if end {
            ((at + 1) * 8).div_ceil(6) - 1
        } else {
            at * 8 / 6
        };
        let lines = &self.base64.lines;
        let behind = lines.partition_point(|line| line.first <= character);
        let Some(line) = behind.checked_sub(1).and_then(|index| lines.get(index)) else {
            return self.range.start;
        };
        let place = line.range.start + character - line.first + usize::from(end);
        place.min(line.range.end)
    }

    /// Returns the ranges of the outer text that encode `inner`, in order. Bytes between two of them (a line
    /// break, markup, a colour code) do not encode any of it. Not for base64, where bytes share characters.
    #[must_use]
    pub fn outer_spans(&self, inner: Span) -> Vec<Span> {
        let mut out: Vec<Span> = Vec::new();
        // A long text may have one part for every character.
        let first = self.pieces.partition_point(|p| p.decoded <= inner.start);
        let first = first.saturating_sub(1);
        let reached = self.pieces.iter().enumerate().skip(first);
        for (index, piece) in reached.take_while(|(_, piece)| piece.decoded < inner.end) {
            add_steps(1);
            let end = self
                .pieces
                .get(index + 1)
                .map_or(self.bytes.len(), |next| next.decoded);
            let from = inner.start.max(piece.decoded);
            let to = inner.end.min(end);
            if from >= to {
                continue;
            }
            let (dec, enc) = piece.step;
            let start = piece.encoded + (from - piece.decoded) / dec * enc;
            let end = piece.encoded + (to - piece.decoded).div_ceil(dec) * enc;
            match out.last_mut() {
                Some(last) if last.end == start => last.end = end,
                _ => out.push((start..end).into()),
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_leave_out_what_was_skipped_and_take_whole_steps() {
        let mut text = Decoded::new(Layer::Json, 10..40);
        text.push_step(b"a", 10, 1);
        text.push_step(b"b", 11, 1);
        text.push_step(b"c", 12, 6);
        text.push_step(b"d", 25, 1);
        assert_eq!(text.bytes, b"abcd");
        assert_eq!(text.pieces.len(), 3);
        assert_eq!(text.outer_spans((0..4).into()), [10..18, 25..26]);
        assert_eq!(text.outer_spans((2..4).into()), [12..18, 25..26]);
        assert_eq!(text.outer_range((1..4).into()), 11..26);
        assert!(text.outer_spans((2..2).into()).is_empty());
    }

    #[test]
    fn a_byte_of_base64_is_where_its_characters_are_also_over_a_line_end() {
        let mut text = Decoded::new(Layer::Base64, 10..40);
        text.bytes = b"abcdef".to_vec();
        // Five characters, one, and two, with line ends between them.
        let lines = [(0, 10..15), (5, 20..21), (6, 30..32)];
        text.base64.lines = lines
            .map(|(first, range)| Base64Line {
                first,
                range: range.into(),
            })
            .to_vec();
        for (inner, outer) in [
            (0..1, 10..12),
            (2..3, 12..14),
            (3..4, 14..21),
            (4..5, 20..31),
            (5..6, 30..32),
            (3..6, 14..32),
            (6..6, 32..32),
        ] {
            assert_eq!(text.outer_range(inner.clone().into()), outer, "{inner:?}");
        }
    }

    #[test]
    fn a_place_in_the_outer_text_is_found_in_the_decoded_one() {
        let mut text = Decoded::new(Layer::Utf16le, 10..30);
        text.push_step(b"a", 10, 2);
        text.push_step(b"b", 12, 2);
        text.push_step("\u{1f511}".as_bytes(), 14, 4);
        text.push_step(b"c", 18, 2);
        for (outer, inner) in [
            (0..5, 0..0),
            (0..11, 0..1),
            (10..12, 0..1),
            (13..16, 1..6),
            (18..20, 6..7),
            (19..50, 6..7),
            (12..12, 1..1),
        ] {
            assert_eq!(text.inner_range(outer.clone().into()), inner, "{outer:?}");
        }
    }
}
