//! Border between what a filter of a stream can pass on and what waits for more: no secret may begin before and end after
//! it.

use std::ops::Range;

use super::TextScanner;
use super::wide::WideTail;

/// Number of bytes of an unfinished line that are held back. Longer than any token in any encoding.
const AHEAD: usize = 16 * 1024;

/// Length in characters from which a word may be encoded text or the first half of a token.
const LONG: usize = 24;

/// State of the rest of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Upcoming {
    /// More may come at once.
    Perhaps,
    /// Nothing has come for a while, or the waiting line has been unfinished for too long.
    NotNow,
    /// The input has ended.
    End,
}

/// Search for the border in the bytes of a stream that are in memory.
pub(super) struct StreamBorder<'s> {
    /// Context, then the bytes that have not been passed on.
    pub(super) window: &'s [u8],
    /// Number of bytes of context in the window.
    pub(super) passed: usize,
    /// Maximum number of bytes of the window.
    pub(super) room: usize,
    /// Scanner that knows the parts of tokens.
    pub(super) look: &'s dyn TextScanner,
}

impl StreamBorder<'_> {
    /// Returns the end of what can be passed on: no secret may begin before and end after it.
    pub(super) fn end(&self, more: Upcoming) -> usize {
        let len = self.window.len();
        if more == Upcoming::End {
            return len;
        }
        let text = &self.window[self.passed..];
        let lines = self.passed + memchr::memrchr(b'\n', text).map_or(0, |n| n + 1);
        let settled = if more == Upcoming::Perhaps {
            self.border_before_wrapped(lines)
        } else {
            self.border_before_unfinished(lines)
        };
        // A line without end is passed on before it fills the memory.
        let most = text.len().saturating_sub(AHEAD.max(self.room / 4));
        settled.max(self.passed + most)
    }

    /// Moves `end`, a line's end, back before lines that may continue in the next one: wrapped base64, soft line
    /// breaks, and words cut at the margin.
    fn border_before_wrapped(&self, mut end: usize) -> usize {
        let begun = self.partial_tokens(&self.window[..end]);
        if let Some(first) = begun.first() {
            let before = &self.window[..first.start];
            end = memchr::memrchr(b'\n', before).map_or(0, |n| n + 1);
        }
        let floor = end.saturating_sub(AHEAD).max(self.passed);
        while end > floor {
            let line = &self.window[..end];
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let word = line.iter().rev().take_while(|b| is_part(**b)).count();
            if word < LONG && line.last() != Some(&b'=') {
                break;
            }
            end = memchr::memrchr(b'\n', line).map_or(0, |n| n + 1);
        }
        end.max(self.passed)
    }

    /// Returns the start of a possible beginning of a secret in the unfinished line from `start` on.
    fn border_before_unfinished(&self, start: usize) -> usize {
        let len = self.window.len();
        let line = &self.window[start..];
        if line.is_empty() {
            return len;
        }
        let held = match WideTail::read(line) {
            Some(wide) => {
                let word = encoded_word_len(&wide.text);
                let place = wide.wide_range(&(wide.text.len() - word..wide.text.len()));
                if word > 0 { start + place.start } else { len }
            }
            None => len - encoded_word_len(line),
        };
        let begun = self.partial_tokens(self.window);
        let begins = begun.last().map_or(len, |piece| piece.start);
        held.min(begins.max(start))
    }

    /// Returns the parts of a token at the end of `text`, which may be wide, that may continue after it.
    fn partial_tokens(&self, text: &[u8]) -> Vec<Range<usize>> {
        let Some(wide) = WideTail::read(text) else {
            return self.look.partial_tokens(text);
        };
        let pieces = self.look.partial_tokens(&wide.text);
        pieces.iter().map(|piece| wide.wide_range(piece)).collect()
    }
}

/// Returns the length of a word at the end of a line that may be encoded text or the first half of a token; 0 if there
/// is none.
fn encoded_word_len(line: &[u8]) -> usize {
    let word = line.iter().rev().take_while(|b| is_part(**b)).count();
    let tail = &line[line.len() - word..];
    // Addresses that people are asked to open contain full stops or no digits.
    let is_encoded = word >= LONG && !tail.contains(&b'.') && tail.iter().any(u8::is_ascii_digit);
    if is_encoded { word } else { 0 }
}

/// Returns true if tokens, or encodings of tokens, may contain this byte.
fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'_' | b'-' | b'.' | b'+' | b'/' | b'%' | b'\\' | b'=')
}
