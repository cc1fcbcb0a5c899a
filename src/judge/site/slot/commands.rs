//! Values in commands: typed by a script, piped on, given by name to a store, marked by git as one side of a conflict.

use std::ops::Range;

use super::name_kinds::last_member;
use super::reader::{SlotReader, is_word_byte};
use crate::judge::vocabulary::lists;
use crate::span::line_start;

impl SlotReader<'_> {
    /// Returns the prompt that a script expects before it types the value: `expect "Password:"`, then `send "value\r"`.
    /// Cases: `own-askpass-2`, `own-askpass-3`, `own-askpass-not-2`.
    pub(crate) fn expected_prompt(&self, typed: &Range<usize>) -> Option<Range<usize>> {
        let word = |range: &Range<usize>| last_member(&self.text[range.clone()]);
        let option = self.text[typed.clone()].starts_with(b"-");
        let before = || self.key(self.skip_blanks(typed.start));
        let typed = if option { before() } else { typed.clone() };
        if !lists().sending_words.contains(word(&typed)) {
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
        (lists().waiting_words.contains(word(&waits)) && !inside.is_empty()).then_some(inside)
    }

    /// Returns `true` if a conflict mark of git precedes `at`: `>>>>>>> value`.
    /// Cases: `own-conflict-1`, `own-conflict-not-1`.
    pub(crate) fn is_conflict(&self, at: usize) -> bool {
        let Some(b' ') = self.byte(at) else {
            return false;
        };
        [&b"<<<<<<<"[..], b"|||||||", b">>>>>>>"]
            .iter()
            .any(|mark| self.ends_with(at - 1, mark))
    }

    /// Returns the PowerShell command that receives a string: `"value" | ConvertTo-SecureString`.
    /// Cases: `own-powershell-1`, `own-powershell-2`.
    pub(crate) fn piped_command(&self, value: &Range<usize>) -> Option<Range<usize>> {
        let close = matches!(self.text.get(value.end), Some(b'"' | b'\''));
        let from = value.end + usize::from(close);
        let skip = 3 * usize::from(self.text[from..].starts_with(b" | "));
        let len = self.text[from + skip..]
            .iter()
            .take_while(|b| is_word_byte(**b) || **b == b'-')
            .count();
        (close && skip > 0 && len > 0).then(|| from + skip..from + skip + len)
    }

    /// Returns the value of `--name` in the command before `at`: `put --name ci/token --value "value"`.
    pub(crate) fn flag_before(&self, at: usize) -> Option<Range<usize>> {
        let line = line_start(self.text, self.floor, at);
        let command = &self.text[line..at];
        // `gh secret set NAME --body "value"`.
        let placed = lists()
            .store_commands
            .iter()
            .find_map(|verb| memchr::memmem::rfind(command, verb).map(|i| i + verb.len() - 1));
        let named = lists()
            .name_flags
            .iter()
            .find_map(|flag| memchr::memmem::rfind(command, flag).map(|i| i + flag.len()));
        let flag = line + named.or(placed)?;
        let skip = self.text[flag..at]
            .iter()
            .take_while(|b| matches!(b, b' ' | b'=' | b'"' | b'\''))
            .count();
        let from = flag + skip;
        let len = self.text[from..at]
            .iter()
            .take_while(|b| is_word_byte(**b) || matches!(b, b'-' | b'/' | b'.'))
            .count();
        (skip > 0 && len > 0).then_some(from..from + len)
    }
}
