//! Words that consist of encoded text, whatever it decodes to. Only for the search of known secrets: a secret under
//! several encodings has nothing of itself in the outer text, so nothing else shows where to decode.

use std::ops::Range;

use super::{Decoded, base64, escapes};
use crate::finding::Layer;
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

/// Appends the words of `text` that are full of escapes, or are base64 of a text.
pub(super) fn find_dense(text: &[u8], out: &mut Vec<Decoded>) {
    add_steps(text.len());
    let mut at = 0;
    while at < text.len() {
        let len = text[at..].iter().take_while(|b| is_inside(**b)).count();
        if len >= SHORTEST {
            find_in_word(text, at..at + len, out);
        }
        at += len + 1;
    }
}

/// Returns true if encoded text may contain this byte.
fn is_inside(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'<' | b'>' | b',')
}

fn find_in_word(text: &[u8], word: Range<usize>, out: &mut Vec<Decoded>) {
    for (opener, layer) in OPENERS {
        if memchr::memchr_iter(opener, &text[word.clone()])
            .nth(FEWEST - 1)
            .is_some()
        {
            out.push(escapes::decode(layer, text, word.clone()));
        }
    }
    let mut at = word.start;
    while at < word.end {
        let run = text[at..word.end].iter().take_while(|b| is_base64(**b));
        let len = run.count();
        if len >= SHORTEST && encodes_text(&text[at..at + SHORTEST]) {
            out.push(base64::read_lines(text, at..at + len, (at, 0)));
        }
        at += len + 1;
    }
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
