//! Decoders of encodings that hide a token from a plain search. A decoder finds the regions of a text that may be
//! encoded, decodes them, and keeps the origin of each decoded byte; the detector then examines the decoded text
//! like any other. A new layer is one file here and one line in [`regions`].

mod base64;
mod begun;
mod dense;
mod escapes;
mod gap;
mod head;
mod joined;
mod line;
pub(super) mod margin;
mod prefix_end;
mod unit;
mod utf16;
mod utf32;
mod wrapped;

use std::ops::Range;

use super::bytes::WordKinds;
use super::forms;
use super::runs::ControlBytes;
pub use crate::finding::Decoded;
use crate::finding::{Base64Line, Layer};
use crate::span::Span;
pub use begun::partial_tokens;
pub(super) use gap::decode_pieces;
pub(super) use prefix_end::UnderscoreCache;

/// Way to decode a text as if all of it were in one layer.
#[derive(Clone, Copy, Debug)]
pub struct LayerReading {
    /// The layer.
    pub layer: Layer,
    /// True if a line end may have signs around it that belong to no text, such as those of a comment.
    signs: bool,
    /// Place of a character of base64 in the text, and its place in its group of four.
    group: (usize, usize),
}

impl LayerReading {
    /// Ways to decode a text in which one piece of a secret is plain and the rest is not.
    pub const OF_PLAIN_PIECES: [LayerReading; 7] = [
        LayerReading::of(Layer::Percent),
        LayerReading::of(Layer::Json),
        LayerReading::of(Layer::Html),
        LayerReading::of(Layer::Ansi),
        LayerReading::of(Layer::QuotedPrintable),
        LayerReading::of(Layer::Wrapped),
        LayerReading {
            signs: true,
            ..LayerReading::of(Layer::Wrapped)
        },
    ];

    /// Creates the default way to decode a layer.
    #[must_use]
    pub const fn of(layer: Layer) -> Self {
        LayerReading {
            layer,
            signs: false,
            group: (0, 0),
        }
    }

    /// Creates a way to decode base64 in which the character at `at` has this place in a group of four.
    #[must_use]
    pub const fn base64(place: usize, at: usize) -> Self {
        LayerReading {
            group: (at, place),
            ..LayerReading::of(Layer::Base64)
        }
    }

    /// Returns a number that is different for each alignment of a layer with the bytes of a text.
    #[must_use]
    pub fn alignment(&self, at: usize) -> usize {
        match self.layer {
            Layer::Base64 => (at + 4 - self.group.1 % 4) % 4,
            Layer::Utf16le | Layer::Utf16be => at % 2,
            _ => usize::from(self.signs),
        }
    }
}

/// Decodes `window` of `text`. In base64 and UTF-16 the window is aligned with the character of the reading or with
/// its middle.
#[must_use]
pub fn read_as(reading: LayerReading, text: &[u8], window: Range<usize>) -> Decoded {
    match reading.layer {
        Layer::Utf16le | Layer::Utf16be => {
            utf16::decode(text, window, reading.layer == Layer::Utf16le)
        }
        Layer::Base64 => base64::read_lines(text, window, reading.group),
        Layer::Wrapped => wrapped::unwrap_lines(text, window, reading.signs),
        layer => escapes::decode(layer, text, window),
    }
}

/// Ways in which a run may be a part of something longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RunUses {
    /// True if something at a border of the run, or a line end near it, may join it with the text beside it.
    pub may_join: bool,
    /// True if the run, though short, may be a part of base64.
    pub is_base64_fragment: bool,
}

/// Bits of [`BORDER_BYTES`]: the byte has a meaning before a run, as its first byte, or behind it.
const BEFORE: u8 = 1;
const FIRST: u8 = 2;
const BEHIND: u8 = 4;

/// Places in which a byte at a border of a run has a meaning for a layer. Hardly any run has such a byte.
static BORDER_BYTES: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0u8;
    while byte < 128 {
        let is_before = escapes::may_end_before(byte) || forms::ends_escape_head(byte);
        let is_sign = base64::is_sign(byte);
        let mut places = 0;
        if is_before || is_sign || byte == b'\n' {
            places |= BEFORE;
        }
        if head::begins_prefix(byte) {
            places |= FIRST;
        }
        if escapes::may_begin_behind(byte) || is_sign {
            places |= BEHIND;
        }
        table[byte as usize] = places;
        byte += 1;
    }
    table
};

/// Returns true if nothing beside `run`, which is hex digits, gives it a use.
#[inline]
pub(crate) fn is_apart(text: &[u8], run: &Range<usize>) -> bool {
    !escapes::may_join_neighbours(text, run) && !base64::is_base64_fragment(text, run)
}

/// Returns true if a byte at a border of `run` has a meaning for a layer. Called for every run, of which there are
/// millions.
#[inline]
pub(super) fn has_neighbours(text: &[u8], run: &Range<usize>) -> bool {
    let (before, behind) = escapes::beside(text, run);
    let places = |byte: u8| BORDER_BYTES[usize::from(byte)];
    places(before) & BEFORE | places(text[run.start]) & FIRST | places(behind) & BEHIND != 0
}

/// Returns true if a run without small letters, with no sign of base64 beside it, is base64 that is decoded. A piece of
/// a prefix has small letters.
#[inline]
pub(super) fn begins_encoded_text(text: &[u8], run: &Range<usize>) -> bool {
    base64::begins_long_text(&text[run.clone()])
}

/// Returns the uses of a run of at least [`super::runs::MIN_SHORTER`], which contains characters of these `kinds`. The
/// runs of a text are passed in order, with one `underscores` for all.
#[must_use]
pub(super) fn uses_of_run(
    text: &[u8],
    run: &Range<usize>,
    kinds: WordKinds,
    underscores: &mut UnderscoreCache,
) -> RunUses {
    if !has_neighbours(text, run) {
        return RunUses {
            may_join: head::may_be_second_piece(text, run, kinds, underscores),
            is_base64_fragment: false,
        };
    }
    RunUses {
        may_join: escapes::may_join_neighbours(text, run)
            || head::may_be_piece(text, run, kinds, underscores),
        is_base64_fragment: base64::is_base64_fragment(text, run),
    }
}

/// Returns the words of `text` that are encoded, whatever they decode to, apart from those in the other regions of the
/// text. Expensive, and cut at any place, so only for known secrets.
#[must_use]
pub(crate) fn dense_regions(text: &[u8], regions: &[Decoded]) -> Vec<Decoded> {
    let is_base64 = |region: &&Decoded| region.layer == Layer::Base64;
    let mut done: Vec<Span> = regions.iter().filter(is_base64).map(|r| r.range).collect();
    done.sort_unstable_by_key(|range| range.start);
    let mut out = Vec::new();
    dense::find_dense(text, &done, &mut out);
    out
}

/// Runs of a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TextRuns<'r> {
    /// Long runs.
    pub long: &'r [Range<usize>],
    /// All runs of at least [`super::runs::MIN_SHORTER`] that may join their neighbours; others do no harm.
    pub at_seams: &'r [Range<usize>],
    /// All runs of that length that may be parts of base64.
    pub parts: &'r [Range<usize>],
}

/// Returns the regions of `text` worth decoding; `seen` has the kinds of non-text bytes in it, `under` the layers that
/// it was decoded from. With `anything`, user rules may match in the decoded text.
#[must_use]
pub(crate) fn regions(
    text: &[u8],
    runs: TextRuns<'_>,
    seen: ControlBytes,
    under: &[Layer],
    anything: bool,
) -> Vec<Decoded> {
    let mut out = Vec::new();
    base64::find_base64(text, runs.long, runs.parts, &mut out);
    escapes::regions(text, runs.at_seams, under, anything, &mut out);
    wrapped::regions(text, runs.at_seams, &mut out);
    if under.is_empty() && seen.zeros {
        utf16::regions(text, &mut out);
        utf32::regions(text, &mut out);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::runs;
    use crate::token::Mint;

    #[test]
    fn a_run_between_bytes_without_a_meaning_has_the_uses_that_each_layer_finds() {
        let mut mint = Mint::new(94);
        let all: Vec<u8> = (0..=255).collect();
        let mut plain = 0;
        for _ in 0..2000 {
            let mut text = Vec::new();
            for _ in 0..mint.random_below(20) {
                let len = mint.random_below(3);
                text.extend(mint.text(&all, len));
                text.extend([&b""[..], b" ", b"gh", b"p_", b"\n"][mint.random_below(5)]);
                let len = 15 + mint.random_below(30);
                text.extend(mint.random_base62(len));
            }
            let (mut one, mut other) = (UnderscoreCache::default(), UnderscoreCache::default());
            runs::for_each_shorter(&text, |run| {
                let kinds = WordKinds::of(&text[run.clone()]);
                let uses = uses_of_run(&text, &run, kinds, &mut one);
                let each = RunUses {
                    may_join: escapes::may_join_neighbours(&text, &run)
                        || head::may_be_piece(&text, &run, kinds, &mut other),
                    is_base64_fragment: base64::is_base64_fragment(&text, &run),
                };
                assert_eq!(uses, each, "{run:?} {text:?}");
                plain += usize::from(!uses.may_join);
            });
        }
        assert!(plain > 1000, "{plain}");
    }
}
