//! Elements of markup, and names and values that are two fields: `<add key="X" value="...">`, `"name": "X", "value": ...`.

use std::ops::Range;

use super::name_kinds::is_generic;
use super::reader::{Slot, SlotKind, SlotReader, is_word_byte};
use crate::judge::site::table_layouts;
use crate::judge::vocabulary::lists;

impl SlotReader<'_> {
    /// Returns the value of `key` or `name` in the element or object around `value="..."` or a similar attribute.
    pub(crate) fn sibling_name(&self, at: usize, end: usize) -> Option<Range<usize>> {
        let from = self.floor.max(at.saturating_sub(160));
        let before = &self.text[from..at];
        let object = memchr::memrchr3(b'<', b'{', b';', before).map_or(0, |o| o + 1);
        let object = object.max(last_item(before).unwrap_or(0));
        let found = name_attribute(&before[object..])
            .map(|r| from + object + r.start..from + object + r.end);
        found.or_else(|| {
            let to = self.text.len().min(end + 100);
            let after = &self.text[end..to];
            let close = memchr::memchr2(b'>', b'}', after).unwrap_or(after.len());
            let close = next_item(&after[..close]).unwrap_or(close);
            name_attribute(&after[..close]).map(|r| end + r.start..end + r.end)
        })
    }

    /// Returns the slot of the text of an XML or HTML element whose opening tag ends at `at`.
    pub(crate) fn slot_of_element(&self, at: usize, value: &Range<usize>) -> Slot {
        let Some(open) = memchr::memrchr(b'<', &self.text[self.floor..at]) else {
            return Slot::new(SlotKind::Other, 0..0);
        };
        let tag = self.floor + open + 1..at - 1;
        let body = &self.text[tag.clone()];
        if body.first() == Some(&b'/') || body.is_empty() {
            return Slot::new(SlotKind::Follows, 0..0);
        }
        let name = body
            .iter()
            .position(|b| b.is_ascii_whitespace())
            .unwrap_or(body.len());
        if matches!(&body[..name], b"td" | b"th")
            && let Some(cell) = table_layouts::html_cell(self.text, tag.start - 1)
        {
            return Slot::new(SlotKind::Assigned, cell);
        }
        if is_generic(&body[..name])
            && let Some(sibling) = self.named_element(tag.start - 1)
        {
            return Slot::new(SlotKind::Assigned, sibling);
        }
        // `<variable name="X"><value>`.
        if is_generic(&body[..name])
            && let Some(outer) = self.name_of_parent(tag.start - 1)
        {
            return Slot::new(SlotKind::Assigned, outer);
        }
        let is_named = name < body.len() && name_attribute(&body[name..]).is_some();
        if !is_generic(&body[..name]) || is_named {
            return Slot::new(SlotKind::Assigned, tag);
        }
        if let Some(name) = self.highlighted_name(tag.start - 1) {
            return Slot::new(SlotKind::Assigned, name);
        }
        // `<key>Name</key><string>`, `<td>Name</td><td>`: the content of the element before is the name.
        let outside = self.skip_spaces(tag.start - 1);
        if self.byte(outside) == Some(b'>')
            && let Some(close) = memchr::memrchr(b'<', &self.text[self.floor..outside])
            && self.text.get(self.floor + close + 1) == Some(&b'/')
        {
            let to = self.floor + close;
            let from = memchr::memrchr(b'>', &self.text[self.floor..to])
                .map_or(self.floor, |g| self.floor + g + 1);
            return Slot::new(SlotKind::Assigned, from..to);
        }
        self.slot_left_of(tag.start - 1, value)
    }

    /// Returns the name before `at` in code that markup highlights, with an operator between the two:
    /// `<span>"name"</span>: <span>`, `<span>name</span><span>=</span><span>`.
    fn highlighted_name(&self, at: usize) -> Option<Range<usize>> {
        const MARKS: [&[u8]; 4] = [b"&quot;", b"&#34;", b"&#39;", b"&gt;"];
        let (mut at, mut joined) = (at, false);
        loop {
            at = self.skip_spaces(at);
            if let Some(mark) = MARKS.iter().find(|mark| joined && self.ends_with(at, mark)) {
                at -= mark.len();
                continue;
            }
            match self.byte(at)? {
                b'>' => at = self.floor + memchr::memrchr(b'<', &self.text[self.floor..at])?,
                b':' | b'=' => (at, joined) = (at - 1, true),
                b'"' | b'\'' if joined => at -= 1,
                _ => break,
            }
        }
        let name = self.key(at);
        (joined && !name.is_empty()).then_some(name)
    }

    /// Returns the name attribute of the element that opens right before `at`.
    fn name_of_parent(&self, at: usize) -> Option<Range<usize>> {
        let close = self.skip_spaces(at);
        let body = &self.text[self.floor..close.max(self.floor)];
        let inside = body.strip_suffix(b">")?;
        let open = memchr::memrchr2(b'<', b'>', inside).filter(|open| inside[*open] == b'<')?;
        let opens = inside.get(open + 1).is_some_and(u8::is_ascii_alphabetic);
        let found = name_attribute(&inside[open + 1..]).filter(|_| opens)?;
        let from = self.floor + open + 1;
        Some(from + found.start..from + found.end)
    }

    /// Returns the text of the nearest `<name>X</name>` or similar element above, if it does not name another value.
    fn named_element(&self, at: usize) -> Option<Range<usize>> {
        let before = &self.text[self.floor..at];
        lists()
            .name_elements
            .iter()
            .filter_map(|tag| memchr::memmem::rfind(before, tag).map(|open| open + tag.len()))
            .max()
            .and_then(|from| {
                let len = memchr::memchr(b'<', &before[from..])?;
                // A value between the two has this name already.
                let rest = before[from + len..].to_ascii_lowercase();
                let taken = memchr::memmem::find(&rest, b"value>").is_some();
                (len > 0 && !taken).then_some(self.floor + from..self.floor + from + len)
            })
    }
}

/// Returns the start of the last item of a YAML list that begins in these lines.
fn last_item(lines: &[u8]) -> Option<usize> {
    memchr::memrchr_iter(b'\n', lines).find(|at| begins_item(&lines[at + 1..]))
}

/// Returns the start of the first item of a YAML list that begins in these lines.
fn next_item(lines: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'\n', lines).find(|at| begins_item(&lines[at + 1..]))
}

/// Returns true if a line begins with the dash of a list.
fn begins_item(line: &[u8]) -> bool {
    let depth = line.iter().take_while(|b| **b == b' ').count();
    line[depth..].starts_with(b"- ")
}

/// Returns the value of `key`, `name`, `id`, `label` or `field`, or of a name that ends in one of them
/// (`ParameterKey`, `option_name`), in the content of an element or object.
pub(crate) fn name_attribute(inside: &[u8]) -> Option<Range<usize>> {
    let lower = inside.to_ascii_lowercase();
    lists().name_attributes.iter().find_map(|name| {
        let begins = |at: usize| {
            let before = at.checked_sub(1).map(|i| inside[i]);
            before.is_none_or(|b| !is_word_byte(b) || b == b'_') || inside[at].is_ascii_uppercase()
        };
        memchr::memmem::rfind_iter(&lower, name)
            .filter(|at| begins(*at))
            .find_map(|at| field_value(inside, at + name.len()))
    })
}

/// Returns the value of the field whose name ends at `at`, without a call around it: `Name: aws.String("X")`.
fn field_value(inside: &[u8], at: usize) -> Option<Range<usize>> {
    let quote = |b: &&u8| matches!(b, b'"' | b'\'' | b' ' | b'\\');
    let joint = at + inside[at..].iter().take_while(quote).count();
    if !matches!(inside.get(joint), Some(b'=' | b':')) {
        return None;
    }
    let opens = |b: &&u8| quote(b) || **b == b'>';
    let start = joint + 1 + inside[joint + 1..].iter().take_while(opens).count();
    let part = |b: &&u8| is_word_byte(**b) || matches!(b, b'-' | b'.' | b' ' | b':' | b'/');
    let len = |from: usize| inside[from..].iter().take_while(part).count();
    let end = start + len(start);
    let wrapped = inside[end..].starts_with(b"(\"") || inside[end..].starts_with(b"('");
    let start = if wrapped { end + 2 } else { start };
    (len(start) > 0).then(|| start..start + len(start))
}
