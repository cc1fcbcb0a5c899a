//! Words that consist of encoded text, whatever it decodes to. Only for the search of known secrets: a secret under
//! several encodings has nothing of itself in the outer text, so nothing else shows where to decode.

use std::ops::Range;

use super::{Decoded, base64, escapes};
use crate::detect::bytes::leading_len;
use crate::finding::Layer;
use crate::span::Span;
use crate::steps::add_steps;

/// Minimum length in bytes of a word that is decoded.
const SHORTEST: usize = 48;

/// Minimum number of escapes in a word.
const FEWEST: usize = 12;

/// Byte that begins the escapes of a layer.
const OPENERS: [(u8, Layer); 4] = [
    (b'%', Layer::Percent),
    (b'\\', Layer::Json),
    (b'&', Layer::Html),
    (b'=', Layer::QuotedPrintable),
];

/// Appends the words of `text` that are full of escapes, or are base64 of a text, apart from base64 in the regions that
/// are `done`, which are sorted and do not overlap.
pub(super) fn find_dense(text: &[u8], done: &[Span], out: &mut Vec<Decoded>) {
    add_steps(text.len());
    let mut at = 0;
    // From the end of what a word must have, most texts show within a few bytes that there is no word.
    while let Some(shortest) = text.get(at..at + SHORTEST) {
        if let Some(outside) = shortest.iter().rposition(|b| !is_inside(*b)) {
            at += outside + 1;
            continue;
        }
        let end = at + SHORTEST + leading_len(&text[at + SHORTEST..], is_inside);
        find_escapes_in(text, at..end, out);
        find_base64_in(text, at..end, done, out);
        at = end + 1;
    }
}

/// Returns true if encoded text may contain this byte.
fn is_inside(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b',')
}

fn find_escapes_in(text: &[u8], word: Range<usize>, out: &mut Vec<Decoded>) {
    for (opener, layer) in OPENERS {
        if memchr::memchr_iter(opener, &text[word.clone()])
            .nth(FEWEST - 1)
            .is_some()
        {
            out.push(escapes::decode(layer, text, word.clone()));
        }
    }
}

fn find_base64_in(text: &[u8], word: Range<usize>, done: &[Span], out: &mut Vec<Decoded>) {
    let mut at = word.start;
    while at < word.end {
        let run = at..at + leading_len(&text[at..word.end], is_base64);
        at = run.end + 1;
        if run.len() >= SHORTEST
            && !is_covered(&run, done)
            && encodes_text(&text[run.start..run.start + SHORTEST])
        {
            let group = (run.start, 0);
            out.push(base64::read_lines(text, run, group));
        }
    }
}

/// Returns true if one of these sorted regions contains the run. It was decoded from its first character then, as the
/// run was.
fn is_covered(run: &Range<usize>, done: &[Span]) -> bool {
    let before = done.partition_point(|region| region.start <= run.start);
    let region = before.checked_sub(1).and_then(|index| done.get(index));
    region.is_some_and(|region| run.end <= region.end)
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// Returns true if whole groups of base64 decode to ASCII text, as no other encoding of a secret does.
fn encodes_text(groups: &[u8]) -> bool {
    let standard = data_encoding::BASE64.decode(groups);
    let decoded = standard.or_else(|_| data_encoding::BASE64URL.decode(groups));
    // A few bytes of something else may come first.
    decoded.is_ok_and(|text| text[4..].iter().all(|b| b.is_ascii_graphic() || *b == b' '))
}
