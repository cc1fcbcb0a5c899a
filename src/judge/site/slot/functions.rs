//! Values that a function returns, that a test makes a call return, or that a call wraps.

use std::ops::Range;

use super::fallbacks::{is_choice, is_fallback};
use super::name_kinds::{is_telling, last_member};
use super::reader::{Slot, SlotKind, SlotReader, is_word_byte};
use crate::judge::vocabulary::lists;
use crate::span::line_start;

impl SlotReader<'_> {
    /// Returns the slot outside the call that wraps a value, since that call is not its name: `token = Some("value")`.
    pub(crate) fn unwrap_slot(&self, slot: Slot, value: &Range<usize>) -> Slot {
        let called = &self.text[slot.callee.clone()];
        if is_choice(called)
            && let Some(name) = self.chosen_before(slot.callee.end + 1, value)
        {
            return Slot::new(SlotKind::Assigned, name);
        }
        let named = is_fallback(called) || lists().setters.contains(called);
        if named || lists().mock_answers.contains(last_member(called)) {
            return self.slot_of_answer(slot);
        }
        let callee = &self.text[slot.key.clone()];
        // A wrapper of a string: `aws.String("value")`.
        let wraps = lists().wrappers.contains(callee)
            || lists().wrapper_endings.suffix_of(callee).is_some();
        if !wraps || self.text.get(slot.key.end) != Some(&b'(') {
            return slot;
        }
        let at = self.skip_blanks(slot.key.start);
        if let Some(call) = self.closure_start(at) {
            let slot = self.slot_of_argument(self.key(call), call);
            let falls_back = is_fallback(&self.text[slot.callee.clone()]);
            return if falls_back {
                self.slot_of_answer(slot)
            } else {
                slot
            };
        }
        match self.byte(at) {
            Some(b'=' | b':' | b'>') => self.slot_at_operator(at, value).unwrap_or(slot),
            _ => slot,
        }
    }

    /// Returns the slot with the name of the call that a test mocks: `receive(:name).and_return("value")`.
    fn slot_of_answer(&self, slot: Slot) -> Slot {
        let at = self.skip_spaces(slot.callee.start);
        let Some(name) = self.name_in_brackets(at) else {
            return slot;
        };
        Slot::new(SlotKind::Assigned, name)
    }

    /// Returns the name in the brackets that close at `at`, or the name before them if they contain none.
    pub(crate) fn name_in_brackets(&self, at: usize) -> Option<Range<usize>> {
        if self.byte(at) != Some(b')') {
            return None;
        }
        let open = self.floor + memchr::memrchr(b'(', &self.text[self.floor..at])?;
        let quoted = |b: &u8| matches!(b, b':' | b'"' | b'\'' | b'&' | b'@');
        let first = open + 1;
        let open = memchr::memrchr(b',', &self.text[first..at - 1])
            .map_or(open, |comma| self.skip_blanks_forward(first + comma));
        let inside = &self.text[open + 1..at - 1];
        let skip = inside.iter().take_while(|b| quoted(b)).count();
        let len = inside[skip..]
            .iter()
            .take_while(|b| is_word_byte(**b) || matches!(b, b'.' | b'-' | b'?' | b'!'))
            .count();
        let name = if len > 0 {
            open + 1 + skip..open + 1 + skip + len
        } else {
            self.key(first - 1)
        };
        (!name.is_empty()).then_some(name)
    }

    /// Returns the offset of the last blank after `at`, or `at` itself.
    fn skip_blanks_forward(&self, mut at: usize) -> usize {
        while let Some(b' ' | b'\n') = self.text.get(at + 1) {
            at += 1;
        }
        at
    }

    /// Returns the name of the function whose body begins right before `at`, or the comment above it if it has none.
    pub(crate) fn function_name(&self, at: usize) -> Option<Range<usize>> {
        let mut end = self.skip_spaces(at);
        while let Some(b'{' | b';' | b':' | b'=' | b'>') = self.byte(end) {
            end = self.skip_spaces(end - 1);
        }
        let line = line_start(self.text, self.floor, end);
        let head = &self.text[line..end];
        let keyword = lists()
            .function_keywords
            .iter()
            .find_map(|k| memchr::memmem::find(head, k).map(|i| i + k.len()));
        let name = match (keyword, memchr::memchr(b'(', head)) {
            (Some(from), _) => {
                let len = head[from..]
                    .iter()
                    .take_while(|b| is_word_byte(**b) || matches!(b, b'.' | b'-' | b':'))
                    .count();
                line + from..line + from + len
            }
            (None, Some(open)) if end < self.skip_spaces(at) || head.ends_with(b")") => {
                self.key(line + open)
            }
            _ => return None,
        };
        let comment = self.comment_above(line);
        match comment {
            Some(comment) if !is_telling(&self.text[name.clone()]) => Some(comment),
            _ => (!name.is_empty()).then_some(name),
        }
    }

    pub(crate) fn comment_above(&self, line: usize) -> Option<Range<usize>> {
        let end = line.checked_sub(1).filter(|e| *e > self.floor)?;
        let start = line_start(self.text, self.floor, end);
        let body = self.text[start..end].trim_ascii_start();
        let comment = [&b"//"[..], b"#", b"/*", b"*", b"--", b";", b"'", b"\"\"\""]
            .iter()
            .any(|c| body.starts_with(c));
        comment.then_some(end - body.len()..end)
    }

    /// Returns the end of the code before the mark of a line of an example in a comment: `-- >   "value"`.
    fn before_comment_mark(&self, at: usize) -> usize {
        let line = line_start(self.text, self.floor, at);
        let mark = self.text[line..at].trim_ascii();
        if matches!(mark, b"-- >" | b"-- |" | b"--" | b">" | b">>>" | b"...") {
            return self.skip_spaces(line);
        }
        at
    }

    /// Returns the name that is applied without brackets to two strings or more and to the one that opens at `at`:
    /// `statusesFor "owner" "name" "value"`.
    /// Cases: `own-asked-not-5`.
    pub(crate) fn applied_function(&self, at: usize) -> Option<Range<usize>> {
        let (mut end, mut strings) = (self.before_comment_mark(at), 0);
        while let Some(close @ (b'"' | b')')) = self.byte(end) {
            let mark = if close == b')' { b'(' } else { b'"' };
            let open = memchr::memrchr(mark, &self.text[self.floor..end - 1])? + self.floor;
            let inside = &self.text[open + 1..end - 1];
            if inside.contains(&b'\n') || inside.is_empty() {
                return None;
            }
            end = self.before_comment_mark(self.skip_spaces(open));
            strings += usize::from(close == b'"');
        }
        let len = self.text[self.floor..end]
            .iter()
            .rev()
            .take_while(|b| is_word_byte(**b) || **b == b'.')
            .count();
        (strings >= 2 && len > 0).then(|| end - len..end)
    }
}
