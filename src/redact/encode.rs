//! Encoding of edits through a layer: edits of a decoded region become edits of the text that contains
//! it. The result is valid in the layer, and all other bytes are unchanged.

use super::RedactError;
use crate::finding::{Decoded, Layer};
use crate::span::Span;

/// Edit of a text in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LocalEdit {
    pub(super) range: Span,
    pub(super) text: Vec<u8>,
    /// True if the replacement must have the same length in the outer text.
    pub(super) rigid: bool,
}

/// Returns the length in bytes of a replacement of `place`, which is ASCII, that keeps the length of the encoded text.
pub(super) fn room_for(region: &Decoded, place: Span) -> usize {
    let encoded: usize = region
        .outer_spans(place)
        .iter()
        .map(|span| span.len())
        .sum();
    match region.layer {
        Layer::Base64 => place.len(),
        Layer::Utf16le | Layer::Utf16be => encoded / 2,
        Layer::Utf32le | Layer::Utf32be => encoded / 4,
        _ => encoded,
    }
}

/// Returns the edits of the text around `region` that correspond to `edits` in it. `edits` are in order.
pub(super) fn write_back(
    region: &Decoded,
    edits: Vec<LocalEdit>,
    out: &mut Vec<LocalEdit>,
) -> Result<(), RedactError> {
    if region.layer == Layer::Base64 {
        return write_base64(region, edits, out);
    }
    for edit in edits {
        let text = escape_text(region.layer, &edit.text)?;
        let spans = region.outer_spans(edit.range);
        let old: usize = spans.iter().map(|span| span.len()).sum();
        if edit.rigid && text.len() != old {
            return Err(RedactError::refusal(format!(
                "a secret under {} cannot be replaced by something of the same length",
                region.layer.name()
            )));
        }
        let mut rest = &text[..];
        let last = spans.len().saturating_sub(1);
        for (index, span) in spans.into_iter().enumerate() {
            // Either everything goes to the first range, or each range keeps its length.
            let take = match (edit.rigid, index == last) {
                (true, false) => span.len().min(rest.len()),
                _ => rest.len(),
            };
            let (here, more) = rest.split_at(take);
            rest = more;
            out.push(LocalEdit {
                range: span,
                text: here.to_vec(),
                rigid: edit.rigid,
            });
        }
    }
    Ok(())
}

/// Encodes `text` in `layer`.
fn escape_text(layer: Layer, text: &[u8]) -> Result<Vec<u8>, RedactError> {
    let unicode = || {
        std::str::from_utf8(text)
            .map_err(|_| RedactError::refusal("what replaces a secret is no text"))
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

/// Escapes every byte of `text` that is not `plain`.
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

/// Rewrites base64: only the characters that carry a changed bit are written again, each in its place.
/// Padding, line wrapping and all other characters stay. Neighbouring bytes share characters, so all edits of
/// a region are made together.
fn write_base64(
    region: &Decoded,
    edits: Vec<LocalEdit>,
    out: &mut Vec<LocalEdit>,
) -> Result<(), RedactError> {
    let mut bytes = region.bytes.clone();
    let mut changed: Vec<Span> = Vec::new();
    for edit in edits {
        let Some(place) = bytes.get_mut(edit.range.offsets()) else {
            continue;
        };
        if place.len() != edit.text.len() {
            return Err(RedactError::refusal(
                "a secret under base64 cannot be replaced by something of another length",
            ));
        }
        place.copy_from_slice(&edit.text);
        let characters = Span::from(edit.range.start * 8 / 6..(edit.range.end * 8).div_ceil(6));
        match changed.last_mut() {
            Some(last) if last.end >= characters.start => last.end = last.end.max(characters.end),
            _ => changed.push(characters),
        }
    }
    let lines = region.base64.lines.iter();
    let places: Vec<usize> = lines.flat_map(|line| line.range.offsets()).collect();
    let alphabet = if region.base64.url_safe {
        URL_SAFE
    } else {
        STANDARD
    };
    for index in changed.into_iter().flat_map(Span::offsets) {
        let Some(&at) = places.get(index) else {
            return Err(RedactError::refusal("the base64 ends too early"));
        };
        let character = alphabet[sextet(&bytes, region.base64.tail, index)];
        match out.last_mut() {
            Some(last) if last.range.end == at && last.rigid => {
                last.range.end = at + 1;
                last.text.push(character);
            }
            _ => out.push(LocalEdit {
                range: (at..at + 1).into(),
                text: vec![character],
                rigid: true,
            }),
        }
    }
    Ok(())
}

/// Returns the six bits of the character at `index`, taken from `bytes` and from the bits `tail` after them.
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

#[cfg(test)]
mod tests {
    use proptest::prelude::{
        Just, ProptestConfig, Strategy, any, prop, prop_assert_eq, prop_oneof, proptest,
    };

    use super::*;
    use crate::finding::Base64Line;

    const ESCAPES: [Layer; 4] = [
        Layer::Percent,
        Layer::QuotedPrintable,
        Layer::Html,
        Layer::Json,
    ];

    const WIDE: [Layer; 4] = [
        Layer::Utf16le,
        Layer::Utf16be,
        Layer::Utf32le,
        Layer::Utf32be,
    ];

    /// Returns an escape, written as a document would, with other digits than the encoder's where both are right.
    fn escape(layer: Layer, byte: u8) -> String {
        match layer {
            Layer::Percent => format!("%{byte:02x}"),
            Layer::QuotedPrintable => format!("={byte:02X}"),
            Layer::Html => format!("&#{byte:03};"),
            _ => format!("\\u{byte:04X}"),
        }
    }

    fn widen(layer: Layer, byte: u8) -> Vec<u8> {
        match layer {
            Layer::Utf16le => vec![byte, 0],
            Layer::Utf16be => vec![0, byte],
            Layer::Utf32le => vec![byte, 0, 0, 0],
            _ => vec![0, 0, 0, byte],
        }
    }

    /// Returns a text in a layer with the region that decodes it; `characters` are bytes, and true for those that are
    /// escaped.
    fn encode(layer: Layer, characters: &[(u8, bool)]) -> (Vec<u8>, Decoded) {
        let mut text = b"before ".to_vec();
        let mut region = Decoded::new(layer, 0..0);
        for &(byte, is_escaped) in characters {
            let at = text.len();
            if WIDE.contains(&layer) {
                text.extend(widen(layer, byte));
            } else if is_escaped || !(is_unreserved(byte) || byte == b' ') {
                text.extend(escape(layer, byte).into_bytes());
            } else {
                text.push(byte);
            }
            region.push_step(&[byte], at, text.len() - at);
        }
        region.range = (7..text.len()).into();
        text.extend(b" behind");
        (text, region)
    }

    /// Decodes what is between the words around a text.
    fn decode(layer: Layer, text: &[u8]) -> Vec<u8> {
        let text = text.strip_prefix(b"before ").unwrap();
        let text = text.strip_suffix(b" behind").unwrap();
        if WIDE.contains(&layer) {
            let len = widen(layer, b'x').len();
            let narrow = |unit: &[u8]| *unit.iter().find(|b| **b != 0).unwrap();
            assert!(
                text.chunks(len)
                    .all(|unit| unit == widen(layer, narrow(unit)))
            );
            return text.chunks(len).map(narrow).collect();
        }
        let (open, radix, close) = match layer {
            Layer::Percent => ("%", 16, ""),
            Layer::QuotedPrintable => ("=", 16, ""),
            Layer::Html => ("&#", 10, ";"),
            _ => ("\\u", 16, ""),
        };
        let text = std::str::from_utf8(text).unwrap();
        let mut parts = text.split(open);
        let mut out = parts.next().unwrap().as_bytes().to_vec();
        for part in parts {
            let len = match layer {
                Layer::Html => part.find(close).unwrap(),
                Layer::Json => 4,
                _ => 2,
            };
            let (digits, rest) = part.split_at(len);
            out.push(u8::from_str_radix(digits, radix).unwrap());
            out.extend(rest[close.len()..].bytes());
        }
        out
    }

    fn apply(text: &[u8], edits: &[LocalEdit]) -> Vec<u8> {
        let mut out = text.to_vec();
        for edit in edits.iter().rev() {
            out.splice(edit.range.offsets(), edit.text.iter().copied());
        }
        out
    }

    fn ascii() -> impl Strategy<Value = u8> {
        prop_oneof![3 => prop_oneof![b'a'..=b'z', b'0'..=b'9'], 1 => b' '..=b'~']
    }

    fn layers() -> impl Strategy<Value = Layer> {
        prop::sample::select([ESCAPES, WIDE].concat())
    }

    /// Returns two numbers below `len`, in order and different.
    fn range_within(len: usize, (a, b): (usize, usize)) -> Span {
        let (a, b) = (a % len, b % len);
        Span {
            start: a.min(b),
            end: a.max(b) + 1,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn a_layer_decodes_to_the_edited_text(
            layer in layers(),
            characters in prop::collection::vec((ascii(), any::<bool>()), 1..40),
            place in any::<(usize, usize)>(),
            new in prop::collection::vec(ascii(), 0..30),
        ) {
            let (text, region) = encode(layer, &characters);
            prop_assert_eq!(&decode(layer, &text), &region.bytes);
            let range = range_within(region.bytes.len(), place);
            let edit = LocalEdit { range, text: new, rigid: false };
            let wanted = apply(&region.bytes, std::slice::from_ref(&edit));
            let mut out = Vec::new();
            write_back(&region, vec![edit], &mut out).unwrap();
            prop_assert_eq!(decode(layer, &apply(&text, &out)), wanted);
        }

        #[test]
        fn what_has_room_keeps_the_length(
            layer in layers(),
            characters in prop::collection::vec((ascii(), any::<bool>()), 1..40),
            place in any::<(usize, usize)>(),
        ) {
            let (text, region) = encode(layer, &characters);
            let range = range_within(region.bytes.len(), place);
            let new = b"x".repeat(room_for(&region, range));
            let edit = LocalEdit { range, text: new, rigid: true };
            let mut out = Vec::new();
            write_back(&region, vec![edit], &mut out).unwrap();
            prop_assert_eq!(apply(&text, &out).len(), text.len());
        }

        #[test]
        fn base64_decodes_to_the_edited_bytes_and_keeps_its_lines(
            bytes in prop::collection::vec(any::<u8>(), 1..90),
            width in 1..30usize,
            url_safe in any::<bool>(),
            place in any::<(usize, usize)>(),
            new in any::<u8>(),
            gap in prop_oneof![Just("\n"), Just("\r\n  "), Just("\" +\n \"")],
        ) {
            let base64 = if url_safe { data_encoding::BASE64URL } else { data_encoding::BASE64 };
            let encoded = base64.encode(&bytes);
            let mut region = Decoded::new(Layer::Base64, 0..0);
            region.bytes = bytes.clone();
            region.base64.url_safe = url_safe;
            let (mut text, mut first) = (String::new(), 0);
            for line in encoded.trim_end_matches('=').as_bytes().chunks(width) {
                let start = text.len();
                text.push_str(std::str::from_utf8(line).unwrap());
                let range = start..text.len();
                region.base64.lines.push(Base64Line { first, range: range.into() });
                first += line.len();
                text.push_str(gap);
            }
            let tail = first * 6 - bytes.len() * 8;
            region.base64.tail = (0, u32::try_from(tail).unwrap());
            let range = range_within(bytes.len(), place);
            let edit = LocalEdit { text: vec![new; range.len()], range, rigid: true };
            let wanted = apply(&bytes, std::slice::from_ref(&edit));
            let mut out = Vec::new();
            write_back(&region, vec![edit], &mut out).unwrap();
            let after = String::from_utf8(apply(text.as_bytes(), &out)).unwrap();
            prop_assert_eq!(after.len(), text.len());
            let padding = &encoded[encoded.trim_end_matches('=').len()..];
            let joined = after.split(gap).collect::<String>() + padding;
            prop_assert_eq!(base64.decode(joined.as_bytes()).unwrap(), wanted);
        }
    }
}
