//! Decoder of escapes, markup and colour codes inside a token or at its border: `\u0067hp_…`, `%67hp_…`, `&#103;hp_…`,
//! `ghp_<b>…</b>`, `ghp_ESC[31m…`, and the soft line breaks of mail.
//!
//! If a token is cut once, one piece is a run of word characters of at least
//! [`MIN_SHORTER`](crate::detect::runs::MIN_SHORTER), and the cut is at the border of that run. So only these borders
//! are examined, and text is decoded only if the word that the escapes join may contain a token.

use std::ops::Range;

use super::unit::{self, DecodedPart};
use super::{Decoded, joined};
use crate::detect::LONGEST_TOKEN;
use crate::finding::Layer;

/// Number of bytes decoded before and after a run.
const CONTEXT: usize = 1024;

/// Distance in bytes from the end of the last region at which a run is in it, with enough text after it.
const CLOSE: usize = 512;

/// Returns true if an escape may end before `run`, or begin after it.
#[inline]
pub(super) fn may_join_neighbours(text: &[u8], run: &Range<usize>) -> bool {
    let (before, behind) = beside(text, run);
    may_end_before(before)
        || may_begin_behind(behind)
        || before == b'\n' && is_soft_break(&text[..run.start - 1])
}

/// Returns true if a line break after `head` is a soft one of mail.
fn is_soft_break(head: &[u8]) -> bool {
    head.ends_with(b"=") || head.ends_with(b"=\r")
}

/// Returns the bytes before and after `run`, blanks where the text ends.
#[inline]
pub(super) fn beside(text: &[u8], run: &Range<usize>) -> (u8, u8) {
    (at(text, run.start.wrapping_sub(1)), at(text, run.end))
}

/// Appends the surroundings of runs that an escape joins with the text beside them. `shorter` are the runs of at least
/// [`MIN_SHORTER`](crate::detect::runs::MIN_SHORTER) word characters for which [`may_join_neighbours`] is true, and perhaps
/// others; `anything` is passed to [`joined::JoinedWord::is_worth_decoding`].
pub(super) fn regions(
    text: &[u8],
    shorter: &[Range<usize>],
    under: &[Layer],
    anything: bool,
    out: &mut Vec<Decoded>,
) {
    // End of the search so far for each layer.
    let mut done = [0; Layer::COUNT];
    let mut buffer = Vec::new();
    for run in shorter {
        if !may_join_neighbours(text, run) {
            continue;
        }
        let (before, behind) = beside(text, run);
        let [one, two] = layers_before(text, run, before).map(|l| l.map(|l| (l, true)));
        let other = layer_behind(behind).map(|l| (l, false));
        for (layer, is_before) in [one, two, other].into_iter().flatten() {
            let done = &mut done[layer as usize];
            if under.last() == Some(&layer) || run.end <= *done {
                continue;
            }
            let Some(word) = joined::around(layer, text, run, is_before) else {
                continue;
            };
            *done = run.end.max(word.range.end);
            if word.is_worth_decoding(layer, text, anything, &mut buffer) {
                let start = word.range.start.min(run.start.saturating_sub(CONTEXT));
                let end = word.range.end.max(text.len().min(run.end + CONTEXT));
                let end = end + word_tail_len(&text[end..]);
                let region = decode(layer, text, start..end);
                *done = (*done).max(region.range.end.saturating_sub(CLOSE));
                out.push(region);
            }
        }
    }
}

/// Returns true if `byte` may end an escape before a run, or the head of one. Line breaks are so common before a run that
/// they are checked separately.
pub(super) const fn may_end_before(byte: u8) -> bool {
    matches!(byte, b'>' | b';' | b'[' | 0x07 | b'\\' | b'}' | b'%' | b'=')
}

/// Returns true if `byte` may begin an escape after a run.
pub(super) const fn may_begin_behind(byte: u8) -> bool {
    matches!(byte, b'\x1b' | b'\\' | b'%' | b'=' | b'<' | b'&')
}

/// Returns the layers of which an escape may end with `byte`, which is before `run`, or in the head of the run.
fn layers_before(text: &[u8], run: &Range<usize>, byte: u8) -> [Option<Layer>; 2] {
    let head = &text[..run.start.saturating_sub(1)];
    let hex = text[run.start].is_ascii_hexdigit() && text[run.start + 1].is_ascii_hexdigit();
    match byte {
        b'>' if head.last() != Some(&b'-') => [Some(Layer::Html), None],
        b';' => [Some(Layer::Html), Some(Layer::Ansi)],
        b'[' if head.last() == Some(&0x1b) => [Some(Layer::Ansi), None],
        0x07 => [Some(Layer::Ansi), None],
        b'\\' => [Some(Layer::Json), Some(Layer::Ansi)],
        b'}' => [Some(Layer::Json), None],
        b'%' if hex => [Some(Layer::Percent), None],
        b'=' if hex => [Some(Layer::QuotedPrintable), None],
        b'\n' if is_soft_break(head) => [Some(Layer::QuotedPrintable), None],
        _ => [None, None],
    }
}

/// Returns the layer of which an escape may begin with `byte`, which is after a run.
fn layer_behind(byte: u8) -> Option<Layer> {
    match byte {
        b'\x1b' => Some(Layer::Ansi),
        b'\\' => Some(Layer::Json),
        b'%' => Some(Layer::Percent),
        b'=' => Some(Layer::QuotedPrintable),
        b'<' | b'&' => Some(Layer::Html),
        _ => None,
    }
}

/// Returns the number of bytes at the beginning of `text` that still belong to the word before it.
fn word_tail_len(text: &[u8]) -> usize {
    text.iter()
        .take(LONGEST_TOKEN)
        .take_while(|b| !matches!(b, b' ' | b'\t' | b'\n' | b'\r' | b'"' | b'\''))
        .count()
}

fn at(text: &[u8], place: usize) -> u8 {
    text.get(place).copied().unwrap_or(b' ')
}

/// Decodes the escapes of `layer` in `range` of `text`.
pub(super) fn decode(layer: Layer, text: &[u8], range: Range<usize>) -> Decoded {
    let mut out = Decoded::new(layer, range.clone());
    out.range.end = unit::read(layer, text, range, |part, at| match part {
        DecodedPart::Plain(text) => out.push_plain(text, at),
        DecodedPart::Escape(len, means) => means.with_bytes(|bytes| out.push_step(bytes, at, len)),
    });
    out
}
