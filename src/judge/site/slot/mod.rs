//! Detection of the slot, the syntactic place of a value. Reads text of any language outwards from the value.
//!
//! Every search is bounded, so that a value on a line of a megabyte costs no more than one on a short line.

mod assignments;
mod calls;
mod commands;
mod data_flow;
mod fallbacks;
mod functions;
mod headers;
mod keys;
mod lines;
mod markup;
mod name_kinds;
mod parallel;
mod parameters;
mod positional;
mod prose;
mod reader;
mod sequences;
mod titles;
mod url;

use std::ops::Range;

use super::table;
use crate::span::line_start;
pub(crate) use data_flow::{find_placeholder, for_each_use, with_interpolation_marks};
use name_kinds::is_generic;
pub(crate) use name_kinds::is_handover_phrase;
pub(crate) use parameters::parameter_name;
use reader::SlotReader;
pub(crate) use reader::{DIGITS, Slot, SlotKind};
pub(crate) use url::is_login;

/// Maximum distance in bytes before a value at which its slot is read.
const REACH: usize = 200;

/// Reads the slot of the value at `value`. A value in a sequence has the name of the sequence.
pub(crate) fn read(text: &[u8], value: &Range<usize>) -> Slot {
    let first = sequences::first_listed(text, value).map(|first| read_alone(text, &first));
    first
        .filter(|slot| slot.kind == SlotKind::Assigned)
        .unwrap_or_else(|| read_alone(text, value))
}

/// Reads the slot of a value as if no value preceded it in a sequence.
fn read_alone(text: &[u8], value: &Range<usize>) -> Slot {
    let floor = value.start.saturating_sub(REACH);
    let reader = SlotReader { text, floor };
    if let Some(slot) = reader
        .slot_of_user_info(value)
        .or_else(|| reader.slot_of_netrc(value))
    {
        return slot;
    }
    if reader.is_conflict(value.start)
        || reader.is_remark(value)
        || reader.is_titled(value)
        || reader.changes_something(value)
    {
        return Slot::new(SlotKind::Cited, 0..0);
    }
    if let Some(name) = reader
        .parallel_name(value)
        .or_else(|| reader.redirect_target(value))
    {
        return Slot::new(SlotKind::Assigned, name);
    }
    let open = reader.open(value.start, value.end);
    let slot = reader.slot_left_of(open, value);
    let (slot, is_settled) = reader.prefer_outer_name(slot, open, value);
    if is_settled || slot.kind == SlotKind::Assigned {
        return slot;
    }
    reader.slot_of_unnamed(slot, open, value)
}

impl SlotReader<'_> {
    /// Returns the slot of a value with the name of the store, pipe or setting that it is for, which decides before a
    /// name that says nothing; and true if it has a name that decides.
    fn prefer_outer_name(&self, mut slot: Slot, open: usize, value: &Range<usize>) -> (Slot, bool) {
        if slot.kind == SlotKind::Assigned
            && let Some(name) = self.piped_command(value)
        {
            slot.key = name;
        }
        let is_unnamed = slot.kind == SlotKind::Alone
            || matches!(slot.kind, SlotKind::Follows | SlotKind::Assigned)
                && is_generic(&self.text[slot.key.clone()]);
        if is_unnamed && let Some(name) = self.store_path(value.start) {
            return (Slot::new(SlotKind::Assigned, name), true);
        }
        let is_settled = match slot.kind {
            SlotKind::Query | SlotKind::AuthHeader | SlotKind::Header => true,
            SlotKind::Assigned => {
                let key = &self.text[slot.key.clone()];
                !is_generic(key) && !self.ends_with(self.skip_blanks(open), b"->")
            }
            _ => false,
        };
        let setting = (!is_settled)
            .then(|| self.setting_read_before(value))
            .flatten();
        match setting {
            Some(name) => (Slot::new(SlotKind::Assigned, name), true),
            None => (slot, is_settled),
        }
    }

    /// Returns the slot of a value that no operator gives a name.
    fn slot_of_unnamed(&self, slot: Slot, open: usize, value: &Range<usize>) -> Slot {
        let typed = match slot.kind {
            SlotKind::Argument => slot.callee.clone(),
            SlotKind::Follows | SlotKind::Other => self.key(self.skip_blanks(open)),
            _ => 0..0,
        };
        if let Some(name) = self.expected_prompt(&typed) {
            return Slot::new(SlotKind::Assigned, name);
        }
        if let Some(name) = table::column(self.text, value) {
            return Slot::new(SlotKind::Cell, name);
        }
        match slot.kind {
            SlotKind::Alone | SlotKind::LineHead | SlotKind::Other | SlotKind::Follows => {
                self.slot_from_context(slot, open, value)
            }
            SlotKind::Argument => self.unwrap_slot(slot, value),
            _ => slot,
        }
    }

    /// Returns the end of the code before a comment that ends its line at `at`: `"a", // first`.
    fn before_comment(&self, at: usize) -> usize {
        const MARKS: [&[u8]; 4] = [b" //", b" # ", b" -- ", b" /*"];
        let line = line_start(self.text, self.floor, at);
        let found = MARKS
            .iter()
            .filter_map(|mark| memchr::memmem::rfind(&self.text[line..at], mark))
            .min();
        found.map_or(at, |mark| self.skip_blanks(line + mark))
    }

    /// Returns the slot of a string opened at `at` that continues an expression of the line before offset `line`.
    fn continued_string(&self, at: usize, line: usize, value: &Range<usize>) -> Option<Slot> {
        let above = self.before_comment(self.skip_spaces(line));
        let open = matches!(self.byte(above), Some(b'(' | b',' | b'=' | b'['));
        if at < value.start && open {
            self.slot_at_operator(above, value)
        } else {
            None
        }
    }

    /// Returns the slot of a value whose opening is at `at`.
    fn slot_left_of(&self, at: usize, value: &Range<usize>) -> Slot {
        let at = self.before_dumped_type(at);
        if let Some(name) = self.default_of(at) {
            return Slot::new(SlotKind::Assigned, name);
        }
        if let Some(slot) = self.slot_at_operator(at, value) {
            return slot;
        }
        let mut blank = self.skip_blanks(at);
        if self.ends_with(blank, b"*/")
            && let Some(open) = memchr::memmem::rfind(&self.text[self.floor..blank], b"/*")
        {
            blank = self.skip_blanks(self.floor + open);
        }
        if let Some(line) = self.speaker_line(blank, value) {
            return self.slot_at_line_start(line, value);
        }
        match self.byte(blank) {
            None if blank == 0 => return self.slot_at_line_start(blank, value),
            Some(b'\n' | b'\r') => {
                return self
                    .continued_string(at, blank, value)
                    .unwrap_or_else(|| self.slot_at_line_start(blank, value));
            }
            _ if self.ends_with_escaped_break(blank) => {
                return self.slot_at_line_start(blank, value);
            }
            _ => {}
        }
        if blank < at
            && let Some(slot) = self.slot_at_operator(blank, value)
        {
            return slot;
        }
        // The value may be in a comment.
        let mut mark = blank;
        while let Some(b'#' | b'/' | b'*') = self.byte(mark) {
            mark -= 1;
        }
        let line = self.skip_blanks(mark);
        if mark < blank
            && self.byte(line) == Some(b'\n')
            && let Some(slot) = self.continued_string(at, line, value)
        {
            return slot;
        }
        self.slot_after_word(blank, value)
    }
}

#[cfg(test)]
mod tests;
