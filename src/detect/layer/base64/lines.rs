//! Decoder of base64 that is wrapped over lines.

use std::ops::Range;

use super::sextets::{decode_blocks, decode_four, is_text_byte, sextet_value};
use crate::detect::layer::{Base64Line, Decoded};
use crate::finding::Layer;
use crate::steps::add_steps;

/// Maximum number of characters decoded of a region that begins as plain text.
const TEXT_LIMIT: usize = 1 << 20;

/// Lines of wrapped base64: all but the last have one length.
pub(super) struct WrappedLines<'a> {
    text: &'a [u8],
    last: Option<Range<usize>>,
    next: Option<Range<usize>>,
    total: usize,
}

impl<'a> WrappedLines<'a> {
    /// Creates the lines of `text` from `first` on.
    pub(super) fn from(text: &'a [u8], first: Range<usize>) -> Self {
        WrappedLines {
            text,
            last: None,
            next: Some(first),
            total: 0,
        }
    }
}

impl Iterator for WrappedLines<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let line = self.next.take()?;
        let width = self.last.as_ref().map_or(line.len(), Range::len);
        self.total += line.len();
        if width.is_multiple_of(4) && line.len() == width && self.total < TEXT_LIMIT {
            self.next = following_line(self.text, line.end, width);
        }
        self.last = Some(line.clone());
        Some(line)
    }
}

/// Returns the base64 on the line after `end`, at most `width` characters of it.
pub(super) fn following_line(text: &[u8], end: usize, width: usize) -> Option<Range<usize>> {
    let start = end + line_break_len(&text[end..])?;
    let len = text[start..]
        .iter()
        .take(width)
        .take_while(|b| sextet_value(**b).is_some())
        .count();
    (len > 0).then_some(start..start + len)
}

/// Returns the length of a line break and the indentation after it; also as it is written inside a JSON string.
fn line_break_len(text: &[u8]) -> Option<usize> {
    let escaped: [&[u8]; 2] = [b"\\r\\n", b"\\n"];
    if let Some(mark) = escaped.iter().find(|e| text.starts_with(e)) {
        return Some(mark.len());
    }
    let cr = usize::from(text.first() == Some(&b'\r'));
    if text.get(cr) != Some(&b'\n') {
        return None;
    }
    let indent = text[cr + 1..]
        .iter()
        .take_while(|b| matches!(b, b' ' | b'\t'))
        .count();
    Some(cr + 1 + indent)
}

/// Decodes the base64 around a character of `window`, over line ends on either side; `group` is the place of that
/// character in the text, and its place in its group of four.
pub(in crate::detect::layer) fn read_lines(
    text: &[u8],
    window: Range<usize>,
    group: (usize, usize),
) -> Decoded {
    let (at, place) = group;
    let is_inside = |b: &u8| sextet_value(*b).is_some();
    let start = |end: usize| {
        let before = text[window.start..end].iter().rev();
        end - before.take_while(|b| is_inside(b)).count()
    };
    let mut lines: Vec<Range<usize>> = std::iter::once(start(at)..at).collect();
    while let Some(first) = lines.first().cloned()
        && let Some(end) = line_break_before(text, window.start, first.start)
        && start(end) < end
    {
        lines.insert(0, start(end)..end);
    }
    let mut skip = (lines.iter().map(Range::len).sum::<usize>() + 4 - place % 4) % 4;
    for line in &mut lines {
        let here = skip.min(line.len());
        line.start += here;
        skip -= here;
    }
    let end = |start: usize| {
        start
            + text[start..window.end]
                .iter()
                .take_while(|b| is_inside(b))
                .count()
    };
    if let Some(last) = lines.last_mut() {
        last.end = end(at);
    }
    while let Some(last) = lines.last()
        && let Some(len) = line_break_len(&text[last.end..window.end])
        && end(last.end + len) > last.end + len
    {
        let start = last.end + len;
        lines.push(start..end(start));
    }
    lines.retain(|line| !line.is_empty());
    decode_pieces(text, lines, Accepted::AllBytes)
}

/// Returns the end of the previous line, if only indentation is between its line break and `at`.
fn line_break_before(text: &[u8], floor: usize, at: usize) -> Option<usize> {
    let before = &text[floor..at];
    let blanks = before
        .iter()
        .rev()
        .take_while(|b| matches!(b, b' ' | b'\t'));
    let before = &before[..before.len() - blanks.count()];
    let marks: [&[u8]; 4] = [b"\r\n", b"\n", b"\\r\\n", b"\\n"];
    let mark = marks.iter().find(|m| before.ends_with(m))?;
    Some(floor + before.len() - mark.len())
}

/// Bytes that a decoder goes on at.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Accepted {
    AllBytes,
    /// Only those of plain text.
    Text,
}

impl Accepted {
    fn has(self, byte: u8) -> bool {
        self == Accepted::AllBytes || is_text_byte(byte)
    }
}

/// Decodes these pieces of `text`, which contain base64 characters only, one after the other, as long as the decoded
/// bytes are accepted.
pub(super) fn decode_pieces(
    text: &[u8],
    lines: impl IntoIterator<Item = Range<usize>>,
    accepted: Accepted,
) -> Decoded {
    let mut out = Decoded::new(Layer::Base64, 0..0);
    let (mut bits, mut held) = (0u32, 0u32);
    let mut characters = 0usize;
    'lines: for line in lines {
        add_steps(line.len());
        if characters == 0 {
            out.range = (line.start..line.start).into();
        }
        let first = characters;
        let mut end = line.start;
        if bits == 0 {
            end += decode_groups(&text[line.clone()], accepted, &mut out.bytes);
            characters += end - line.start;
        }
        let slow = end..line.end;
        out.base64.lines.push(Base64Line {
            first,
            range: (line.start..end).into(),
        });
        out.range.end = out.range.end.max(end);
        for at in slow {
            if let Some(line) = out.base64.lines.last_mut() {
                line.range.end = at + 1;
            }
            held = held << 6 | u32::from(sextet_value(text[at]).unwrap_or(0));
            bits += 6;
            characters += 1;
            out.range.end = at + 1;
            if bits >= 8 {
                bits -= 8;
                let [.., byte] = (held >> bits).to_be_bytes();
                if !accepted.has(byte) {
                    bits += 8;
                    break 'lines;
                }
                out.bytes.push(byte);
                held &= (1 << bits) - 1;
            }
        }
    }
    let lines = &out.base64.lines;
    out.base64.url_safe = lines
        .iter()
        .any(|l| memchr::memchr2(b'-', b'_', &text[l.range]).is_some());
    out.base64.tail = (held & ((1 << bits) - 1), bits);
    out
}

/// Decodes the valid groups that `line` begins with, sixteen and then one at a time, as long as their bytes are
/// accepted. Returns the number of characters decoded.
fn decode_groups(line: &[u8], accepted: Accepted, out: &mut Vec<u8>) -> usize {
    out.reserve(line.len() / 4 * 3);
    let only_text = accepted == Accepted::Text;
    let mut end = 64 * decode_blocks(line.as_chunks().0, only_text, out);
    for quad in line[end..].as_chunks::<4>().0 {
        let Some(bytes) = decode_four(*quad).filter(|b| b.iter().all(|b| accepted.has(*b))) else {
            break;
        };
        out.extend_from_slice(&bytes);
        end += 4;
    }
    end
}
