//! Values in a sequence of values, whose first one has the name, and pairs of serialized data.

use std::ops::Range;

use super::reader::{DIGITS, SlotReader, is_word_byte};

/// Maximum number of values before one in a sequence.
const MOST: usize = 64;

/// Maximum length in bytes of the marks between two values.
const GAP: usize = 32;

/// Returns the first of the values that are listed right before this one: `TOKENS=value,value,value`. Values on lines of
/// their own are a list only if a comma or a quote ends each.
pub(crate) fn first_listed(text: &[u8], value: &Range<usize>) -> Option<Range<usize>> {
    let mut first = None;
    let mut start = value.start;
    for _ in 0..MOST {
        let Some(before) = value_before(text, start) else {
            break;
        };
        start = before.start;
        first = Some(before);
    }
    first
}

/// Returns the value that only the marks of a list separate from `at`.
fn value_before(text: &[u8], at: usize) -> Option<Range<usize>> {
    let gap = text[at.saturating_sub(GAP)..at]
        .iter()
        .rev()
        .take_while(|b| {
            b.is_ascii_whitespace() || matches!(b, b',' | b';' | b':' | b'|' | b'"' | b'\'' | b'\\')
        })
        .count();
    let end = at - gap;
    let marks = &text[end..at];
    let separated = marks.iter().any(|b| matches!(b, b',' | b';' | b':' | b'|'));
    let breaks = marks.contains(&b'\n');
    // A list of words: `POOL=(value value)`, `%w[value value]`.
    let in_words = || {
        let head = &text[at.saturating_sub(MOST * (DIGITS + 1))..at];
        let open = head
            .iter()
            .rposition(|b| !(b.is_ascii_hexdigit() || *b == b' '));
        open.is_some_and(|n| matches!(head[n], b'(' | b'['))
    };
    if marks.is_empty() || !separated && (breaks || !in_words()) || end < DIGITS {
        return None;
    }
    let start = end - DIGITS;
    let whole = text[start..end].iter().all(u8::is_ascii_hexdigit)
        && !text[..start].last().is_some_and(|b| is_word_byte(*b));
    whole.then_some(start..end)
}

impl SlotReader<'_> {
    /// Returns the end of the text before the type of a value in PHP's dumps: `["token"]=> string(40) "value"`.
    pub(crate) fn before_dumped_type(&self, at: usize) -> usize {
        const TYPE: &[u8] = b"string(40)";
        let end = self.skip_blanks(at);
        if end < at && self.ends_with(end, TYPE) {
            self.skip_spaces(end - TYPE.len())
        } else {
            at
        }
    }

    /// Returns the key of a value in PHP's serialized form, of which `at` is the end before the last colon:
    /// `s:8:"gh_token";s:40:"value"`.
    pub(crate) fn serialized_key(&self, at: usize) -> Option<Range<usize>> {
        let digits = self.text[self.floor..at].iter().rev();
        let digits = digits.take_while(|b| b.is_ascii_digit()).count();
        let start = at - digits;
        if digits == 0 || !self.ends_with(start, b";s:") {
            return None;
        }
        let end = start - ";s:".len();
        let key = self.key(end);
        (matches!(self.byte(end), Some(b'"' | b'\'')) && !key.is_empty()).then_some(key)
    }
}
