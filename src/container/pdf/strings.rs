//! Strings outside the content of pages: titles, links, comments, fields, scripts.

use super::object::PdfObject;

/// Adds the strings of an object to a text, a line for each.
pub(super) fn collect_strings(object: &PdfObject, out: &mut String) {
    match object {
        PdfObject::Text(text) => {
            let text = decode_string(text);
            if !text.trim().is_empty() {
                out.push_str(&text);
                out.push('\n');
            }
        }
        PdfObject::Array(items) => items.iter().for_each(|item| collect_strings(item, out)),
        PdfObject::Dictionary(dictionary) => {
            // The names of fields stand before their values.
            let is_name = |key: &[u8]| key == b"T";
            let entries = &dictionary.0;
            for (_, value) in entries.iter().filter(|(key, _)| is_name(key)) {
                collect_strings(value, out);
            }
            for (_, value) in entries.iter().filter(|(key, _)| !is_name(key)) {
                collect_strings(value, out);
            }
        }
        _ => {}
    }
}

/// Returns a string that is in UTF-16, in UTF-8 or in one byte a character.
pub(super) fn decode_string(text: &[u8]) -> String {
    let wide = |pairs: &[u8], unit: fn([u8; 2]) -> u16| -> String {
        let units = pairs.as_chunks::<2>().0.iter().map(|pair| unit(*pair));
        char::decode_utf16(units)
            .map(|c| c.unwrap_or('\u{fffd}'))
            .collect()
    };
    match text {
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        _ => String::from_utf8_lossy(text).into_owned(),
    }
}
