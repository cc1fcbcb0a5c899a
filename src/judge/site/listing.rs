//! Lines of listings that begin with an id: those of `sha1sum`, of a reflog, of `git blame`.

use std::ops::Range;

use crate::judge::feature::Feature;
use crate::judge::vocabulary::lists;

/// Returns true if a value and a name after it are a line of a list of checksums, as `sha1sum` writes it. Then
/// [`super::adjacent::find_structure`] finds a line of a listing. This takes a few instructions, as there are files with millions of them.
pub(crate) fn is_checksum_line(text: &[u8], value: &Range<usize>) -> bool {
    // An arrow at the end of the line before, or at the start of the name, is a sign of a record.
    let is_first = matches!(text[..value.start], [.., b'!'..=b'=' | b'?'..=b'~', b'\n']);
    let is_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'/' | b'_');
    is_first
        && match text[value.end..] {
            [b' ', b' ', name, ..] => is_name(name),
            [b' ', b'*', ..] => true,
            _ => false,
        }
}

/// Returns the structure of a line that begins with a value, as those of `sha1sum`, a reflog and `git blame` do.
pub(super) fn listing_structure(after: &[u8]) -> Option<Feature> {
    let rest = match after.first()? {
        b' ' | b'\t' => &after[1..],
        _ => return None,
    };
    if is_remark(rest) {
        return None;
    }
    let has_id = || {
        rest.iter()
            .take(7)
            .filter(|b| b.is_ascii_hexdigit())
            .count()
            == 7
    };
    let listed = matches!(rest.first(), Some(b' ' | b'*' | b'(' | b'0'..=b'9'))
        || has_id()
        || lists().listed_refs.prefix_of(rest).is_some();
    listed.then_some(Feature::ListingLine)
}

/// Returns true if the rest of a line is a remark in brackets, not the author and date of `git blame` or the refs of
/// `git log`. Hardly any line has one, and there may be millions of lines.
fn is_remark(rest: &[u8]) -> bool {
    if !rest.trim_ascii_start().starts_with(b"(") {
        return false;
    }
    let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
    let body = line.trim_ascii();
    let whole = memchr::memchr(b')', body) == body.len().checked_sub(1);
    let of_git = |b: &u8| b.is_ascii_digit() || matches!(b, b'>' | b'/');
    body.starts_with(b"(") && whole && !body.iter().any(of_git)
}
