//! Lines around a value: its own, the nearest one above, and those around both.

use std::ops::Range;

use super::slot::is_handover_phrase;
use crate::judge::vocabulary::lists;
use crate::span::{line_around, line_start};

/// Maximum number of bytes of a line that are read on either side of a value.
const LINE_BEFORE: usize = 200;
const LINE_AFTER: usize = 120;

/// Returns true if a line has a name of one or two words and a value: `declare -x NAME="value"`, `"name": "value",`.
pub(crate) fn is_pair(line: &[u8]) -> bool {
    let Some(at) = memchr::memchr2(b'=', b':', line) else {
        return false;
    };
    let head = line[..at].trim_ascii();
    let words = head
        .split(u8::is_ascii_whitespace)
        .filter(|w| !w.is_empty());
    let name = head
        .last()
        .is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'"' | b'\'' | b']' | b'_'));
    name && words.count() <= 3 && at + 1 < line.len()
}

/// Returns the value's line, cut to the bytes near the value.
pub(crate) fn line_around_within(text: &[u8], value: &Range<usize>) -> Range<usize> {
    let from = value.start.saturating_sub(LINE_BEFORE);
    let to = text.len().min(value.end + LINE_AFTER);
    let line = line_around(&text[from..to], value.start - from);
    let end = from + line.end;
    from + line.start..end.max(value.end)
}

/// Returns the nearest line above that contains more than an id.
pub(crate) fn line_above(text: &[u8], line: usize) -> Range<usize> {
    let mut end = line;
    let floor = line.saturating_sub(2000);
    for _ in 0..40 {
        if end <= floor || end == 0 {
            break;
        }
        let stop = end - 1;
        let start = line_start(text, floor, stop);
        let body = text[start..stop].trim_ascii();
        let id = |b: &u8| {
            b.is_ascii_hexdigit() || matches!(b, b'"' | b'\'' | b',' | b'`' | b'-' | b' ' | b'#')
        };
        let is_fence = body.starts_with(b"```") || body.starts_with(b"~~~");
        if !body.iter().all(id) && !is_handover_phrase(body) && !is_fence {
            return start.max(stop.saturating_sub(300))..stop;
        }
        end = start;
    }
    line..line
}

/// Returns true if a line is a comment.
pub(crate) fn is_comment(line: &[u8]) -> bool {
    lists().comment_marks.prefix_of(line.trim_ascii()).is_some()
}

/// Returns the line below the one that ends at `end`, cut to the bytes near it.
pub(crate) fn line_below(text: &[u8], end: usize) -> Range<usize> {
    const REACH: usize = 200;
    let start = text.len().min(end + 1);
    let rest = &text[start..text.len().min(end + REACH)];
    start..start + memchr::memchr(b'\n', rest).unwrap_or(rest.len())
}

/// Returns the range of five lines before and three lines after, cut to the bytes near the value.
pub(crate) fn lines_around(text: &[u8], line: &Range<usize>) -> Range<usize> {
    let floor = line.start.saturating_sub(500);
    let start = memchr::memrchr_iter(b'\n', &text[floor..line.start])
        .nth(5)
        .map_or(floor, |n| floor + n + 1);
    let ceiling = text.len().min(line.end + 300);
    let end = memchr::memchr_iter(b'\n', &text[line.end..ceiling])
        .nth(3)
        .map_or(ceiling, |n| line.end + n);
    // Text in another section is not related to the value.
    let next = section_starts(&text[line.end..end]).next();
    let own = section_starts(&text[start..line.start]).last();
    own.map_or(start, |at| start + at)..next.map_or(end, |at| line.end + at)
}

/// Returns the offsets of section headers such as `[name]` in these lines.
pub(crate) fn section_starts(lines: &[u8]) -> impl Iterator<Item = usize> {
    memchr::memchr_iter(b'[', lines)
        .filter(|&at| at > 0 && lines[at - 1] == b'\n')
        .filter(|&at| {
            let line = &lines[at + 1..];
            let len = line
                .iter()
                .take_while(|b| {
                    b.is_ascii_alphanumeric()
                        || matches!(b, b'.' | b'_' | b'-' | b'"' | b' ' | b':' | b'/')
                })
                .count();
            len > 0
                && line.get(len) == Some(&b']')
                && matches!(line.get(len + 1), None | Some(b'\n' | b'\r'))
        })
}
