//! Records and paths that contain nothing but ids: fingerprints of scanners, ids that another one replaces, folders.

use std::ops::Range;

use crate::judge::vocabulary::{Vocabulary, WordClass};

/// Returns true if the bytes beside a value make it a part of a record of ids.
pub(crate) fn is_record(text: &[u8], value: &Range<usize>, before: &[u8]) -> bool {
    const REACH: usize = 240;
    let after = &text[value.end..text.len().min(value.end + REACH)];
    let opens_line = matches!(before.last(), None | Some(b'\n'));
    if before.ends_with(b":") {
        return is_tuple(before, after);
    }
    if is_card(before, after) {
        return true;
    }
    match after.first() {
        Some(b':') => opens_line && is_fingerprint(after),
        Some(b' ') => is_replaced(before, after),
        _ => before.ends_with(b" ") && is_replaced(before, after),
    }
}

/// Returns `true` if backslashes, escaped or not, make the value a folder: `files-2.1\\group\\value\\name.jar`.
pub(crate) fn is_path_part(before: &[u8], after: &[u8]) -> bool {
    let name = before.iter().rev().find(|b| **b != b'\\');
    let next = after.iter().find(|b| **b != b'\\');
    after.first() == Some(&b'\\')
        && name.is_some_and(u8::is_ascii_alphanumeric)
        && next.is_some_and(u8::is_ascii_alphanumeric)
        && (after.starts_with(b"\\\\") == before.ends_with(b"\\\\"))
}

/// Returns true if the value is all of a line behind one capital letter, as in the manifests of Fossil: `P value`.
fn is_card(before: &[u8], after: &[u8]) -> bool {
    let ends = matches!(after.first(), None | Some(b'\n' | b'\r'));
    match before {
        [.., b'\n', letter, b' '] => ends && letter.is_ascii_uppercase(),
        _ => false,
    }
}

/// Returns true if the value is the version in a tuple of names, as in the ports of FreeBSD: `owner:name:value:group`.
fn is_tuple(before: &[u8], after: &[u8]) -> bool {
    let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':');
    let len = before.iter().rev().take_while(|b| part(b)).count();
    let mut names = before[before.len() - len..].split(|b| *b == b':');
    let (Some(owner), Some(name), Some([]), None) =
        (names.next(), names.next(), names.next(), names.next())
    else {
        return false;
    };
    let group = after.strip_prefix(b":").unwrap_or_default();
    let letters = |name: &[u8]| name.iter().any(u8::is_ascii_alphabetic);
    let services = WordClass::GITHUB.or(WordClass::SECRET);
    let told = Vocabulary::builtin().lexicon.sense(owner).has(services);
    let before = before[..before.len() - len].last();
    letters(owner)
        && letters(name)
        && group.first().is_some_and(u8::is_ascii_alphabetic)
        && !told
        && matches!(before, None | Some(b' ' | b'\t' | b'=' | b'\n'))
}

/// Returns true if the rest of a line makes the id before it a scanner's fingerprint of a finding:
/// `id:path/to/file:rule:12`.
fn is_fingerprint(after: &[u8]) -> bool {
    let Some(rest) = after.strip_prefix(b":") else {
        return false;
    };
    let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
    let mut parts = line.trim_ascii().rsplit(|b| *b == b':');
    let (Some(number), Some(rule), Some(path)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let is_rule = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let counted = !number.is_empty() && number.iter().all(u8::is_ascii_digit);
    let named = rule.iter().any(u8::is_ascii_alphabetic) && rule.iter().all(is_rule);
    counted && named && path.iter().any(|b| matches!(b, b'.' | b'/'))
}

/// Returns true if an arrow joins a value to another id: `id -> value`, `value => id`.
fn is_replaced(before: &[u8], after: &[u8]) -> bool {
    const ARROWS: [&[u8]; 4] = [b"->", b"=>", "→".as_bytes(), "⇒".as_bytes()];
    const SHORTEST: usize = 7;
    let is_id = |len: usize| (SHORTEST..=64).contains(&len);
    let next = after.trim_ascii_start();
    // The first and the last bytes of the arrows: hardly any line has one.
    let follows = matches!(next.first(), Some(b'-' | b'=' | 0xe2))
        && next.len() < after.len()
        && ARROWS.iter().any(|arrow| {
            let id = next.strip_prefix(*arrow).map(<[u8]>::trim_ascii_start);
            id.is_some_and(|id| is_id(id.iter().take_while(|b| b.is_ascii_hexdigit()).count()))
        });
    let head = before.trim_ascii_end();
    let precedes = matches!(head.last(), Some(b'>' | 0x92))
        && head.len() < before.len()
        && ARROWS.iter().any(|arrow| {
            let id = head.strip_suffix(*arrow).map(<[u8]>::trim_ascii_end);
            let digits = |id: &[u8]| {
                let digits = id.iter().rev();
                digits.take_while(|b| b.is_ascii_hexdigit()).count()
            };
            id.is_some_and(|id| is_id(digits(id)))
        });
    follows || precedes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_have_a_path_a_rule_and_a_line() {
        for (after, want) in [
            (&b":docs/a.md:github-pat:14\n"[..], true),
            (b":a.json:generic-api-key:3", true),
            (b":x-oauth-basic@github.com", false),
            (b":docs/a.md:14", false),
            (b":bot:a:b", false),
            (b"", false),
        ] {
            assert_eq!(is_fingerprint(after), want);
        }
    }

    #[test]
    fn arrows_join_ids() {
        let id = &b"0123456789abcdef0123456789abcdef01234567"[..];
        assert!(is_replaced(&[id, b" -> "].concat(), b"\n"));
        assert!(is_replaced(b"", &[b" => ", id].concat()));
        assert!(!is_replaced(b"token -> ", b"\n"));
        assert!(!is_replaced(b"\"token\" => ", b", 'sha' => 1"));
    }
}
