//! Exported data of GitHub: places such as `issue 12, comment 3` in JSON of issues, comments, pull requests and events,
//! and the job and step of a log of Actions. The bytes are scanned as they are; only the places come from here.

mod actions_log;
mod address;
mod facts;
mod json;
mod wide;

pub(crate) use actions_log::find_log_place;
pub(crate) use json::ExportPlaces;

use facts::ItemField;
use wide::narrow_head;

/// Number of first bytes that exports are recognised by.
const HEAD: usize = 4096;

/// Parts of the addresses of items, one of which is near the start of most exports.
const MARKS: [&[u8]; 6] = [
    b"/issues/",
    b"/pull/",
    b"/pulls/",
    b"#commitcomment-",
    b"/releases/tag/",
    b"/wiki/",
];

/// Returns true if a text begins like an export: JSON with the address of an item, an event, or a list of objects that
/// begin with a field of `gh issue list --json` or `gh pr list --json`.
#[must_use]
pub(crate) fn is_export(text: &[u8]) -> bool {
    if !begins_json(text) {
        return false;
    }
    let text = narrow_head(text, HEAD);
    let text = text.trim_ascii_start();
    if !matches!(text.first(), Some(b'[' | b'{')) {
        return false;
    }
    let contains = |mark: &[u8]| memchr::memmem::find(text, mark).is_some();
    if MARKS.iter().any(|mark| contains(mark)) {
        return true;
    }
    if text.starts_with(b"{") {
        return contains(b"Event\"");
    }
    let is_opening = |byte: &u8| matches!(byte, b'[' | b'{') || byte.is_ascii_whitespace();
    let first = text.iter().position(|byte| !is_opening(byte));
    let key = first.and_then(|at| text[at..].strip_prefix(b"\""));
    let key = key.and_then(|rest| rest.split(|byte| *byte == b'"').next());
    key.is_some_and(|key| ItemField::from_key(key).is_of_gh())
}

/// Returns true if the first bytes of a text may begin JSON. Most texts end here, without a copy.
fn begins_json(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    match text.first() {
        Some(first) => matches!(first, b'[' | b'{' | 0xff | 0xfe) || first.is_ascii_whitespace(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exports_are_told_from_other_json() {
        for text in [
            "[\n  {\n    \"url\": \"https://api.github.com/repos/o/r/issues/12\",",
            "[{\"type\":\"issue_comment\",\"url\":\"https://ghe.example/o/r/pull/7#issuecomment-1\"",
            "{\"id\":\"1\",\"type\":\"PushEvent\",\"actor\":{",
            "[{\"body\":\"a long text",
            "[{\"assignees\":[],\"body\":\"",
            "[[{\"number\": 3",
            "\u{feff}[{\"title\":\"x\"",
        ] {
            assert!(is_export(text.as_bytes()), "{text}");
            let units =
                std::iter::once(0xfeff).chain(text.trim_start_matches('\u{feff}').encode_utf16());
            let wide: Vec<u8> = units.flat_map(u16::to_le_bytes).collect();
            assert!(is_export(&wide), "{text}");
        }
        for text in [
            "",
            "[",
            "[]",
            "{}",
            "[{\"name\": \"x\", \"bugs\": \"https://github.com/o/r/issues\"}]",
            "{\"body\": \"x\"}",
            "{\"name\": \"x\", \"type\": \"module\"}",
            "see https://github.com/o/r/issues/12",
        ] {
            assert!(!is_export(text.as_bytes()), "{text}");
        }
    }
}
