//! Names that end at a place: identifiers, quoted keys, names before a type, phrases of prose.

use std::ops::Range;

use super::reader::{LONGEST_KEY, SlotReader, is_key_byte, is_word_byte};
use crate::judge::vocabulary::lists;
use crate::span::line_start;

/// Maximum number of words of prose before a value that are read as its name.
const LONGEST_PHRASE: usize = 12;

impl SlotReader<'_> {
    /// Extends a key of prose by the words before it: `my GitHub token for CI`, `jeton GitHub`.
    pub(crate) fn phrase_key(&self, key: Range<usize>) -> Range<usize> {
        let mut start = key.start;
        while let Some(b) = self.byte(start)
            && (is_word_byte(b) || b == b'\'')
        {
            start -= 1;
        }
        for _ in 0..LONGEST_PHRASE {
            let end = self.skip_blanks(start);
            if end == start || start - end > 1 {
                break;
            }
            // Skips code marks, quotes and emphasis around a word of prose.
            let mut from = end;
            while let Some(b'`' | b'"' | b'*') = self.byte(from) {
                from -= 1;
            }
            let end = from;
            while self.byte(from).is_some_and(|b| {
                is_word_byte(b)
                    || matches!(b, b'-' | b'\'' | b'/')
                    || self.is_in_address(b, from, end)
            }) {
                from -= 1;
            }
            if from == end || key.end - from > LONGEST_KEY {
                break;
            }
            while let Some(b'`' | b'"' | b'*') = self.byte(from) {
                from -= 1;
            }
            start = from;
        }
        start..key.end
    }

    /// Returns `true` if the mark `b` before `at` is inside a host address that ends at `end`: `https://github.com`.
    fn is_in_address(&self, b: u8, at: usize, end: usize) -> bool {
        let next = self.text[at..end].first();
        let goes_on = next.is_some_and(|b| is_word_byte(*b) || *b == b'/');
        goes_on && matches!(b, b'.' | b':' | b'@')
    }

    /// Returns the identifier that ends at `at`, with the dots, brackets and quotes of member access.
    pub(crate) fn key(&self, at: usize) -> Range<usize> {
        let floor = self.floor.max(at.saturating_sub(LONGEST_KEY));
        let mut end = at;
        let mut start = end;
        // A quoted key may contain blanks: it begins at its opening quote.
        let quote_end = self.open(at, at);
        if quote_end < at {
            end = quote_end;
            start = end;
            while start > floor
                && !matches!(self.text[start - 1], b'"' | b'\'' | b'`' | b'\n' | b';')
            {
                start -= 1;
            }
            while end > start && self.text[end - 1] == b'\\' {
                end -= 1;
            }
            return start..end;
        }
        while start > floor
            && is_key_byte(self.text[start - 1])
            && !self.opens_string(start - 1, end)
        {
            start -= 1;
        }
        if let Some(name) = self.typed_name(at) {
            return name;
        }
        // A type may be between name and value: `token: str = `, `final String token = `.
        if lists().types.contains(&self.text[start..end]) {
            let mut name = start;
            while name > floor && matches!(self.text[name - 1], b' ' | b':' | b'\t' | b'&') {
                name -= 1;
            }
            while name > floor && is_key_byte(self.text[name - 1]) {
                name -= 1;
            }
            start = name;
        }
        start..end
    }

    /// Returns the name of a declaration whose type ends at `at`: `token: Option[String]`, `token As String`.
    pub(crate) fn typed_name(&self, at: usize) -> Option<Range<usize>> {
        // A callee is not a type: `Value: aws.String("value")`.
        if self.text.get(at) == Some(&b'(') {
            return None;
        }
        let from = self.floor.max(at.saturating_sub(LONGEST_KEY));
        let line = line_start(self.text, from, at);
        let before = &self.text[line..at];
        let (stop, skip) = memchr::memmem::rfind(before, b" As ")
            .map(|i| (i, 4))
            .or_else(|| {
                let colon = memchr::memrchr(b':', before)?;
                (before.get(colon + 1) == Some(&b' ')).then_some((colon, 2))
            })?;
        let kind = &before[stop + skip..];
        // `web: TOKEN=value` contains no type.
        let letters = (kind.iter().any(u8::is_ascii_uppercase)
            && kind.iter().any(u8::is_ascii_lowercase))
            || kind.contains(&b'|');
        let plain = |b: &u8| {
            is_word_byte(*b)
                || matches!(
                    b,
                    b'<' | b'>' | b'[' | b']' | b'?' | b'.' | b'|' | b' ' | b'&' | b'!'
                )
        };
        // Two words without a bar between them are prose, not a type.
        let prose = memchr::memchr(b' ', kind).is_some() && !kind.contains(&b'|');
        let known = lists().whole_types.contains(kind);
        if !known && (kind.is_empty() || !letters || prose || !kind.iter().all(plain)) {
            return None;
        }
        let end = self.skip_blanks(line + stop);
        let mut start = end;
        while start > line && is_word_byte(self.text[start - 1]) {
            start -= 1;
        }
        (start < end).then_some(start..end)
    }

    /// Returns `true` if the quote at `at` opens a string, not the name of a member in brackets.
    pub(crate) fn opens_string(&self, at: usize, end: usize) -> bool {
        matches!(self.text[at], b'"' | b'\'')
            && self.byte(at) != Some(b'[')
            && !(at + 1 < end && self.text[at + 1] == b']')
    }
}
