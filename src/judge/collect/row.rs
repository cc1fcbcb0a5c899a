//! Detection of the service that a row of a table names beside a credential: `| Sentry | value |`.

use std::ops::Range;

use crate::judge::site::Site;
use crate::judge::site::slot::{Slot, SlotKind};
use crate::judge::vocabulary::WordClass;
use crate::span::line_start;

/// Maximum number of bytes of a row on either side of a value.
const REACH: usize = 400;

/// Maximum length in bytes of a cell that names a service; a longer one is a remark.
const LONGEST: usize = 60;

/// Returns the first cell of the value's row that names a service, and true if that is GitHub.
pub(crate) fn service_of_row(site: &Site<'_>, slot: &Slot) -> Option<(Range<usize>, bool)> {
    let row = match slot.kind {
        SlotKind::Cell => delimited_row(site.text, &site.value),
        SlotKind::Assigned => html_row(site.text, &site.value)?,
        _ => return None,
    };
    let ruled = site.text[..site.value.start].ends_with(b"  ");
    let mark =
        |b: &u8| matches!(b, b',' | b';' | b'\t' | b'|' | b'<' | b'>') || ruled && *b == b' ';
    let mut at = row.start;
    for cell in site.text[row].split(mark) {
        let range = at..at + cell.len();
        at = range.end + 1;
        let named = cell.len() <= LONGEST && !range.contains(&site.value.start);
        let service = if named {
            site.word_classes(&range).only(WordClass::SERVICE)
        } else {
            WordClass::NONE
        };
        if service.has(WordClass::SERVICE) {
            return Some((range, service.has(WordClass::GITHUB)));
        }
    }
    None
}

/// Returns the row around a value with marks between its cells: its line, or its tuple in SQL.
fn delimited_row(text: &[u8], value: &Range<usize>) -> Range<usize> {
    let start = line_start(text, value.start.saturating_sub(REACH), value.start);
    let to = text.len().min(value.end + REACH);
    let end = memchr::memchr(b'\n', &text[value.end..to]).map_or(to, |n| value.end + n);
    // Cells on lines of their own: a row begins behind an empty line.
    if matches!(text[start..value.start].trim_ascii(), b"|" | b"|`") {
        let from = start.saturating_sub(REACH);
        let row = memchr::memmem::rfind(&text[from..start], b"\n\n");
        return row.map_or(from, |at| from + at + 2)..end;
    }
    if !matches!(text[..value.start].last(), Some(b'\'' | b'"')) {
        return start..end;
    }
    let open = memchr::memrchr(b'(', &text[start..value.start]).map(|at| start + at + 1);
    let close = memchr::memchr(b')', &text[value.end..end]).map(|at| value.end + at);
    match (open, close) {
        (Some(open), Some(close)) => open..close,
        _ => start..end,
    }
}

/// Returns the row of an HTML table around a value that is the text of a cell.
fn html_row(text: &[u8], value: &Range<usize>) -> Option<Range<usize>> {
    if text[..value.start].last() != Some(&b'>') {
        return None;
    }
    let from = value.start.saturating_sub(REACH);
    let open = from + memchr::memmem::rfind(&text[from..value.start], b"<tr")?;
    let to = text.len().min(value.end + REACH);
    let close = value.end + memchr::memmem::find(&text[value.end..to], b"</tr")?;
    let is_other = memchr::memmem::find(&text[open..value.start], b"</tr").is_some();
    (!is_other).then_some(open..close)
}
