//! Writing back through a layer: edits of a decoded region become edits of the text that it was decoded
//! from, such that what stands there is valid in its layer again and all else is the same, byte for byte.

use std::ops::Range;

use super::Refusal;
use crate::finding::{Decoded, Layer};

/// An edit of a text in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Local {
    pub(super) range: Range<usize>,
    pub(super) text: Vec<u8>,
    /// Whether what it becomes in the outer text must be as long as what was there.
    pub(super) rigid: bool,
}

/// How many bytes a text must have that replaces `place`, a stretch of ASCII, and keeps the length of what encodes it.
pub(super) fn room(region: &Decoded, place: &Range<usize>) -> usize {
    let encoded: usize = region.spans(place).iter().map(Range::len).sum();
    match region.layer {
        Layer::Base64 => place.len(),
        Layer::Utf16le | Layer::Utf16be => encoded / 2,
        Layer::Utf32le | Layer::Utf32be => encoded / 4,
        _ => encoded,
    }
}

/// The edits of the text around `region` that do what `edits` do in it. `edits` are in order.
pub(super) fn write_back(
    region: &Decoded,
    edits: Vec<Local>,
    out: &mut Vec<Local>,
) -> Result<(), Refusal> {
    if region.layer == Layer::Base64 {
        return base64(region, edits, out);
    }
    for edit in edits {
        let text = escape(region.layer, &edit.text)?;
        let spans = region.spans(&edit.range);
        let old: usize = spans.iter().map(Range::len).sum();
        if edit.rigid && text.len() != old {
            return Err(Refusal::Unsafe(format!(
                "a secret under {} cannot be replaced by something of the same length",
                region.layer.name()
            )));
        }
        let mut rest = &text[..];
        let last = spans.len().saturating_sub(1);
        for (index, span) in spans.into_iter().enumerate() {
            // Either everything goes to the first stretch, or each keeps its length.
            let take = match (edit.rigid, index == last) {
                (true, false) => span.len().min(rest.len()),
                _ => rest.len(),
            };
            let (here, more) = rest.split_at(take);
            rest = more;
            out.push(Local {
                range: span,
                text: here.to_vec(),
                rigid: edit.rigid,
            });
        }
    }
    Ok(())
}

/// `text` as it is written in `layer`.
fn escape(layer: Layer, text: &[u8]) -> Result<Vec<u8>, Refusal> {
    let unicode = || {
        std::str::from_utf8(text)
            .map_err(|_| Refusal::Unsafe("what replaces a secret is no text".to_owned()))
    };
    Ok(match layer {
        Layer::Utf16le => unicode()?
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect(),
        Layer::Utf16be => unicode()?
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect(),
        Layer::Utf32le => unicode()?
            .chars()
            .flat_map(|c| u32::from(c).to_le_bytes())
            .collect(),
        Layer::Utf32be => unicode()?
            .chars()
            .flat_map(|c| u32::from(c).to_be_bytes())
            .collect(),
        Layer::Percent => each(text, is_unreserved, |b| format!("%{b:02X}")),
        Layer::QuotedPrintable => each(
            text,
            |b| matches!(b, b'!'..=b'<' | b'>'..=b'~' | b' ' | b'\t' | b'\r' | b'\n'),
            |b| format!("={b:02X}"),
        ),
        Layer::Html => each(
            text,
            |b| !matches!(b, b'<' | b'>' | b'&' | b'"' | b'\''),
            |b| format!("&#{b};"),
        ),
        Layer::Json => each(
            text,
            |b| b >= b' ' && !matches!(b, b'"' | b'\\'),
            |b| format!("\\u{b:04x}"),
        ),
        Layer::Ansi | Layer::Base64 | Layer::Wrapped => text.to_vec(),
    })
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// `text` with every byte that is not `plain` written otherwise.
fn each(text: &[u8], plain: impl Fn(u8) -> bool, escape: impl Fn(u8) -> String) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        if plain(byte) {
            out.push(byte);
        } else {
            out.extend(escape(byte).into_bytes());
        }
    }
    out
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Base64: the characters that carry a bit of what changes are written anew, each in its place, so that
/// padding, line wrapping and every other character stay. Neighbours share characters, so all edits of a
/// region go together.
fn base64(region: &Decoded, edits: Vec<Local>, out: &mut Vec<Local>) -> Result<(), Refusal> {
    let mut bytes = region.bytes.clone();
    let mut changed: Vec<Range<usize>> = Vec::new();
    for edit in edits {
        let Some(place) = bytes.get_mut(edit.range.clone()) else {
            continue;
        };
        if place.len() != edit.text.len() {
            return Err(Refusal::Unsafe(
                "a secret under base64 cannot be replaced by something of another length"
                    .to_owned(),
            ));
        }
        place.copy_from_slice(&edit.text);
        let characters = edit.range.start * 8 / 6..(edit.range.end * 8).div_ceil(6);
        match changed.last_mut() {
            Some(last) if last.end >= characters.start => last.end = last.end.max(characters.end),
            _ => changed.push(characters),
        }
    }
    let places: Vec<usize> = region.base64.lines.iter().flat_map(Clone::clone).collect();
    let alphabet = if region.base64.url_safe {
        URL_SAFE
    } else {
        STANDARD
    };
    for index in changed.into_iter().flatten() {
        let Some(&at) = places.get(index) else {
            return Err(Refusal::Unsafe("the base64 ends too early".to_owned()));
        };
        let character = alphabet[sextet(&bytes, region.base64.tail, index)];
        match out.last_mut() {
            Some(last) if last.range.end == at && last.rigid => {
                last.range.end = at + 1;
                last.text.push(character);
            }
            _ => out.push(Local {
                range: at..at + 1,
                text: vec![character],
                rigid: true,
            }),
        }
    }
    Ok(())
}

/// The six bits of the character at `index`: of `bytes`, and of the bits `tail` behind them.
fn sextet(bytes: &[u8], tail: (u32, u32), index: usize) -> usize {
    (index * 6..index * 6 + 6).fold(0, |value, bit| {
        let set = match bytes.get(bit / 8) {
            Some(byte) => byte >> (7 - bit % 8) & 1 == 1,
            None => u32::try_from(bit - bytes.len() * 8)
                .ok()
                .and_then(|n| tail.1.checked_sub(n + 1))
                .is_some_and(|shift| tail.0 >> shift & 1 == 1),
        };
        value << 1 | usize::from(set)
    })
}
