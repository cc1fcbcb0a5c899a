//! Detection of slots by the use of the value: applied without brackets, typed by a script, piped on, sent in a chat,
//! marked by git as one side of a conflict.

use std::ops::Range;

use super::SlotReader;
use super::lexis::is_word_byte;
use crate::span::line_start;

impl SlotReader<'_> {
    /// Returns the name that is applied without brackets to two strings or more and to the one that opens at `at`:
    /// `statusesFor "owner" "name" "value"`.
    pub(super) fn applied_function(&self, at: usize) -> Option<Range<usize>> {
        let (mut end, mut strings) = (at, 0);
        while let Some(b'"') = self.byte(end) {
            let open = memchr::memrchr(b'"', &self.text[self.floor..end - 1])? + self.floor;
            let inside = &self.text[open + 1..end - 1];
            if inside.contains(&b'\n') || inside.is_empty() {
                return None;
            }
            end = self.skip_spaces(open);
            strings += 1;
        }
        let len = self.text[self.floor..end]
            .iter()
            .rev()
            .take_while(|b| is_word_byte(**b) || **b == b'.')
            .count();
        (strings >= 2 && len > 0).then(|| end - len..end)
    }

    /// Returns the prompt that a script expects before it types the value: `expect "Password:"`, then `send "value\r"`.
    pub(super) fn expected_prompt(&self, typed: &Range<usize>) -> Option<Range<usize>> {
        const TYPES: [&[u8]; 3] = [b"send", b"sendline", b"Send"];
        const WAITS: [&[u8]; 2] = [b"expect", b"Expect"];
        let word = |range: &Range<usize>| {
            let text = &self.text[range.clone()];
            let from = memchr::memrchr(b'.', text).map_or(0, |i| i + 1);
            &text[from..]
        };
        let option = self.text[typed.clone()].starts_with(b"-");
        let before = || self.key(self.skip_blanks(typed.start));
        let typed = if option { before() } else { typed.clone() };
        if !TYPES.contains(&word(&typed)) {
            return None;
        }
        let line = memchr::memrchr(b'\n', &self.text[self.floor..typed.start])? + self.floor;
        let above = line_start(self.text, self.floor, line);
        let body = &self.text[above..line];
        let quote = memchr::memchr2(b'"', b'\'', body)?;
        let waits =
            self.key(self.skip_blanks(above + quote - usize::from(body[..quote].ends_with(b"("))));
        let end = memchr::memrchr(body[quote], body)?;
        let inside = above + quote + 1..above + end;
        (WAITS.contains(&word(&waits)) && !inside.is_empty()).then_some(inside)
    }

    /// Returns `true` if a value is a whole message in the log of a chat: `{"user": "ann", "text": "value"}`.
    pub(super) fn is_message(&self, key: &Range<usize>, value: &Range<usize>) -> bool {
        const SAYS: [&[u8]; 5] = [b"text", b"body", b"message", b"msg", b"line"];
        const WHO: [&[u8]; 6] = [b"user", b"from", b"author", b"nick", b"sender", b"username"];
        if !SAYS.contains(&&self.text[key.clone()]) || self.text.get(value.end) != Some(&b'"') {
            return false;
        }
        let from = self.floor.max(key.start.saturating_sub(160));
        let before = &self.text[from..key.start];
        let object = memchr::memrchr(b'{', before).map_or(before, |open| &before[open..]);
        WHO.iter().any(|who| {
            memchr::memmem::find_iter(object, who).any(|at| {
                object[..at].ends_with(b"\"") && object[at + who.len()..].starts_with(b"\"")
            })
        })
    }

    /// Returns `true` if a conflict mark of git precedes `at`: `>>>>>>> value`.
    pub(super) fn is_conflict(&self, at: usize) -> bool {
        let Some(b' ') = self.byte(at) else {
            return false;
        };
        [&b"<<<<<<<"[..], b"|||||||", b">>>>>>>"]
            .iter()
            .any(|mark| self.ends_with(at - 1, mark))
    }

    /// Returns the PowerShell command that receives a string: `"value" | ConvertTo-SecureString`.
    pub(super) fn piped_command(&self, value: &Range<usize>) -> Option<Range<usize>> {
        let close = matches!(self.text.get(value.end), Some(b'"' | b'\''));
        let from = value.end + usize::from(close);
        let skip = 3 * usize::from(self.text[from..].starts_with(b" | "));
        let len = self.text[from + skip..]
            .iter()
            .take_while(|b| is_word_byte(**b) || **b == b'-')
            .count();
        (close && skip > 0 && len > 0).then(|| from + skip..from + skip + len)
    }
}
