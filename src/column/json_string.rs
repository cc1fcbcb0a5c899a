//! Strings of JSON: their decoded text, and edits of it in the encoded one.

use std::borrow::Cow;
use std::ops::Range;

use super::visitor::ValueEdit;

/// Piece of an encoded string that stands for one character, or for one byte of a character.
struct StringPiece {
    /// Offset behind the piece, in bytes.
    end: usize,
    /// Character of an escape; `None` for a byte that stands for itself.
    escaped: Option<char>,
}

/// Returns the text of a string without its quotes.
pub(super) fn decode_string(raw: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr::memchr(b'\\', raw) else {
        return Cow::Borrowed(raw);
    };
    let mut text = Vec::with_capacity(raw.len());
    text.extend_from_slice(&raw[..first]);
    let mut at = first;
    while at < raw.len() {
        let piece = read_piece(raw, at);
        match piece.escaped {
            Some(character) => {
                let mut buffer = [0; 4];
                text.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
                at = piece.end;
            }
            None => {
                let end = memchr::memchr(b'\\', &raw[at..]).map_or(raw.len(), |more| at + more);
                text.extend_from_slice(&raw[at..end]);
                at = end;
            }
        }
    }
    Cow::Owned(text)
}

/// Returns the piece that starts at `at`.
fn read_piece(raw: &[u8], at: usize) -> StringPiece {
    let whole = StringPiece {
        end: at + 1,
        escaped: None,
    };
    if raw[at] != b'\\' {
        return whole;
    }
    let Some(letter) = raw.get(at + 1) else {
        return whole;
    };
    let simple = |character| StringPiece {
        end: at + 2,
        escaped: Some(character),
    };
    match letter {
        b'n' => simple('\n'),
        b't' => simple('\t'),
        b'r' => simple('\r'),
        b'b' => simple('\u{8}'),
        b'f' => simple('\u{c}'),
        b'u' => read_unicode(raw, at),
        other => simple(char::from(*other)),
    }
}

/// Returns the piece of an escape `\uXXXX`, or of two that stand for one character.
fn read_unicode(raw: &[u8], at: usize) -> StringPiece {
    let Some(code) = read_unit(raw, at) else {
        return StringPiece {
            end: at + 2,
            escaped: Some('\u{fffd}'),
        };
    };
    if (0xd800..0xdc00).contains(&code)
        && let Some(low) = read_unit(raw, at + 6)
        && (0xdc00..0xe000).contains(&low)
    {
        let joined = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        return StringPiece {
            end: at + 12,
            escaped: char::from_u32(joined),
        };
    }
    StringPiece {
        end: at + 6,
        escaped: Some(char::from_u32(code).unwrap_or('\u{fffd}')),
    }
}

/// Returns the number of an escape `\uXXXX` that starts at `at`.
fn read_unit(raw: &[u8], at: usize) -> Option<u32> {
    let digits = raw.get(at..at + 6)?.strip_prefix(b"\\u")?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// Returns the edits of an encoded string that make these edits of its text. All other bytes stay as they are.
pub(super) fn encode_edits(raw: &[u8], edits: &[ValueEdit]) -> Vec<(Range<usize>, Vec<u8>)> {
    let mut out = Vec::with_capacity(edits.len());
    let (mut at, mut decoded) = (0, 0);
    for (range, text) in edits {
        // An edit that ends inside a character covers all of it.
        let start = find_offset(raw, range.start, (&mut at, &mut decoded));
        let mut end = find_offset(raw, range.end, (&mut at, &mut decoded));
        if decoded < range.end && end < raw.len() {
            end = read_piece(raw, end).end;
        }
        out.push((start..end, encode_string(text)));
    }
    out
}

/// Moves to the last piece that starts at or before the offset `wanted` of the text, and returns its offset in the
/// string.
fn find_offset(raw: &[u8], wanted: usize, (at, decoded): (&mut usize, &mut usize)) -> usize {
    while *decoded < wanted && *at < raw.len() {
        let piece = read_piece(raw, *at);
        let len = piece.escaped.map_or(1, char::len_utf8);
        if *decoded + len > wanted {
            break;
        }
        *decoded += len;
        *at = piece.end;
    }
    *at
}

/// Returns a text as it stands in a string.
fn encode_string(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_decoded_as_by_serde() {
        for raw in [
            "plain",
            r"a\nb\tc\r\b\f\/\\\u0041",
            r"\ud83d\ude00 and \u00e9",
            "é😀",
            "",
            r"\\u0041",
        ] {
            let wanted: String = serde_json::from_str(&format!("\"{raw}\"")).unwrap();
            assert_eq!(decode_string(raw.as_bytes()), wanted.as_bytes(), "{raw}");
        }
    }

    #[test]
    fn halves_of_characters_and_broken_escapes_are_replaced() {
        for (raw, wanted) in [
            (r"\ud83d!", "\u{fffd}!"),
            (r"\ud83d\u0041", "\u{fffd}A"),
            (r"\udc00", "\u{fffd}"),
            (r"\u12", "\u{fffd}12"),
        ] {
            assert_eq!(decode_string(raw.as_bytes()), wanted.as_bytes(), "{raw}");
        }
    }

    #[test]
    fn an_edit_changes_the_encoded_bytes_of_its_range_only() {
        let raw = r#"a\u0062\n\"ghp_x\u0031y\" \ud83d\ude00\/end"#;
        let text: String = serde_json::from_str(&format!("\"{raw}\"")).unwrap();
        let from = text.find("ghp").unwrap();
        let emoji = text.find('😀').unwrap();
        let edits = [
            (from..from + 7, b"R\"E\\D\n\x01".to_vec()),
            (emoji..emoji + 4, b":)".to_vec()),
        ];
        let mut out = raw.to_owned();
        for (range, new) in encode_edits(raw.as_bytes(), &edits).into_iter().rev() {
            out.replace_range(range, std::str::from_utf8(&new).unwrap());
        }
        assert_eq!(out, "a\\u0062\\n\\\"R\\\"E\\\\D\\n\\u0001\\\" :)\\/end");
        let back: String = serde_json::from_str(&format!("\"{out}\"")).unwrap();
        assert_eq!(back, "ab\n\"R\"E\\D\n\u{1}\" :)/end");
    }
}
