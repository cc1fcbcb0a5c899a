//! Arguments of calls, and elements of lists.

use std::ops::Range;

use super::name_kinds::{is_own_header, last_member};
use super::reader::{Slot, SlotKind, SlotReader, is_long_hex, is_word_byte};
use crate::judge::vocabulary::lists;

impl SlotReader<'_> {
    /// Returns the slot of an argument of the call whose bracket opens at `open`.
    pub(crate) fn slot_of_argument(&self, key: Range<usize>, open: usize) -> Slot {
        Slot {
            callee: self.key(open),
            ..Slot::new(SlotKind::Argument, key)
        }
    }

    /// Returns the offset of the opening bracket of the innermost call around `at`.
    fn call_around(&self, at: usize) -> Option<usize> {
        let mut depth = 0usize;
        for i in (self.floor..at).rev() {
            match self.text[i] {
                b')' | b']' | b'}' => depth += 1,
                b'(' | b'[' | b'{' if depth > 0 => depth -= 1,
                b'(' => return Some(i),
                b'{' if self.is_constructor(i) => return Some(i),
                b'[' | b'{' => return None,
                _ => {}
            }
        }
        None
    }

    /// Returns `true` if the bracket at `open` opens the fields of a type that is made: `&http.BasicAuth{"ann", "value"}`.
    fn is_constructor(&self, open: usize) -> bool {
        let name = self.key(open);
        let is_type = last_member(&self.text[name.clone()])
            .first()
            .is_some_and(u8::is_ascii_uppercase);
        is_type && name.end == open
    }

    /// Returns the slot of an argument that follows another one. The other one may be its name, or the user of a login:
    /// `auth=("ann", "value")`.
    fn argument_after(&self, name: Range<usize>) -> Slot {
        let open = self.skip_spaces(self.open(name.start, name.start));
        if matches!(self.byte(open), Some(b'(' | b'['))
            && let joint = self.skip_blanks(open - 1)
            && matches!(self.byte(joint), Some(b'=' | b':'))
        {
            let taker = self.key(self.skip_blanks(joint - 1));
            if lists()
                .login_tuples
                .contains_any_case(last_member(&self.text[taker.clone()]))
            {
                return Slot::new(SlotKind::BasicUser, taker);
            }
        }
        let slot = match self.call_around(name.start) {
            Some(open) => self.slot_of_argument(name, open),
            None => Slot::new(SlotKind::Argument, name),
        };
        if is_own_header(&self.text[slot.key.clone()]) {
            return Slot {
                kind: SlotKind::Header,
                ..slot
            };
        }
        slot
    }

    /// Returns the first string in the call around `at`: `add_argument("--token", default=...)`.
    pub(crate) fn first_string(&self, at: usize) -> Option<Range<usize>> {
        let open = memchr::memrchr(b'(', &self.text[self.floor..at])? + self.floor + 1;
        let quote = *self.text.get(open)?;
        if !matches!(quote, b'"' | b'\'') {
            return None;
        }
        let first = memchr::memchr(quote, &self.text[open + 1..at])?;
        // `get("github", "token", fallback="value")`.
        let len = memchr::memrchr(quote, &self.text[open + 1..at]).unwrap_or(first);
        let all = &self.text[open + 1..open + 1 + len];
        let plain =
            |b: &u8| is_word_byte(*b) || matches!(b, b'"' | b'\'' | b',' | b' ' | b'-' | b'.');
        let len = if all.iter().all(plain) { len } else { first };
        Some(open + 1..open + 1 + len)
    }

    /// Returns the slot after a comma, with the name of the argument or pair before it, or with the callee.
    pub(crate) fn listed(&self, at: usize) -> Slot {
        let mut at = self.skip_spaces(at);
        let quoted = self.open(at, at);
        if quoted < at {
            let name = self.key(at);
            if self.is_source(&name) {
                return Slot::new(SlotKind::Coordinate, 0..0);
            }
            if !name.is_empty() && !is_long_hex(&self.text[name.clone()]) {
                return self.argument_after(name);
            }
            at = name.start;
        } else {
            let name = self.key(at);
            if !name.is_empty() && !is_long_hex(&self.text[name.clone()]) {
                if self.byte(name.start) == Some(b'{') {
                    return Slot::new(SlotKind::Assigned, name);
                }
                return self.argument_after(name);
            }
        }
        let mut depth = 0usize;
        for i in (self.floor..at).rev() {
            match self.text[i] {
                b')' | b']' | b'}' => depth += 1,
                b'(' | b'[' | b'{' if depth > 0 => depth -= 1,
                b'(' => return self.slot_of_argument(self.key(i), i),
                b'{' if self.is_constructor(i) => return self.slot_of_argument(self.key(i), i),
                b'[' | b'{' => {
                    let name = self.skip_blanks(i);
                    return match self.byte(name) {
                        Some(b'=' | b':') => {
                            Slot::new(SlotKind::Listed, self.key(self.skip_blanks(name - 1)))
                        }
                        _ => Slot::new(SlotKind::Listed, 0..0),
                    };
                }
                _ => {}
            }
        }
        Slot::new(SlotKind::Listed, 0..0)
    }

    /// Returns `true` if a string is the address of a dependency: `{:git, "url", ...}`, `{git, "url", {ref, ...}}`.
    pub(crate) fn is_source(&self, name: &Range<usize>) -> bool {
        let before = self.skip_spaces(self.open(name.start, name.start));
        self.byte(before) == Some(b',')
            && self.ends_with_any(self.skip_spaces(before - 1), &lists().source_marks)
    }

    /// Returns the slot after `[` or `{`, with the name of the list as key.
    pub(crate) fn slot_of_list(&self, at: usize, value: &Range<usize>) -> Slot {
        let name = self.skip_blanks(at);
        match self.byte(name) {
            Some(b'=') => self.slot_at_equals(name - 1, value),
            Some(b':') => self.slot_of_assigned(name - 1, value),
            Some(b'(') => self.slot_of_argument(self.key(name - 1), name - 1),
            // A block: `let(:name) { "value" }`.
            Some(b')') => match self.name_in_brackets(name) {
                Some(inside) => Slot::new(SlotKind::Assigned, inside),
                None => Slot::new(SlotKind::Listed, 0..0),
            },
            _ => {
                // `pool = []string{"value"}`, `pool = new String[] {"value"}`.
                let kind = self.key(name);
                let before = self.skip_blanks(kind.start);
                let made = self.ends_with(before, b" new") || self.ends_with(before, b"=new");
                let before = if made {
                    self.skip_blanks(before - 3)
                } else {
                    before
                };
                match self.byte(before) {
                    Some(b'=') if !kind.is_empty() => self.slot_at_equals(before - 1, value),
                    _ => Slot::new(SlotKind::Listed, self.key(at)),
                }
            }
        }
    }
}
