//! Values with a name: assignments in every syntax, calls, elements of markup, lists.

use std::ops::Range;

use super::lexis::{
    is_generic, is_key_byte, is_long_hex, is_own_header, is_type, is_word_byte, name_attribute,
};
use super::url::is_marker_user;
use super::{LONGEST_KEY, Slot, SlotKind, SlotReader};
use crate::judge::grid;
use crate::span::line_start;

/// Maximum number of words of prose before a value that are read as its name.
const LONGEST_PHRASE: usize = 12;

impl SlotReader<'_> {
    /// Returns the slot if an operator or a bracket ends at `at`.
    pub(super) fn slot_at_operator(&self, at: usize, value: &Range<usize>) -> Option<Slot> {
        let coded = [
            &b"%3D"[..],
            b"%3d",
            b"\\u003d",
            b"\\u003D",
            b"&#61;",
            b"=3D",
            b"%3A",
            b"%3a",
        ];
        let may_end = matches!(self.byte(at), Some(b'D' | b'd' | b'A' | b'a' | b';'));
        let code = || coded.iter().find(|c| self.ends_with(at, c));
        if let Some(code) = may_end.then(code).flatten() {
            return Some(self.slot_of_assigned(at - code.len(), value));
        }
        if self.ends_with(at, "：".as_bytes()) || self.ends_with(at, "＝".as_bytes()) {
            let mut slot = self.slot_of_assigned(at - 3, value);
            slot.key = self.phrase_key(slot.key);
            return Some(slot);
        }
        Some(match self.byte(at)? {
            b'=' => self.slot_at_equals(at - 1, value),
            b':' => self.slot_at_colon(at - 1, value),
            b'>' if self.ends_with(at, b"=>") || self.ends_with(at, b"->") => {
                self.slot_of_assigned(at - 2, value)
            }
            b'>' if self.is_quotation(at) => self.slot_after_bullet(at, value),
            b'>' => self.slot_of_element(at, value),
            b'(' => self.slot_of_argument(self.key(at - 1), at - 1),
            b',' => self.listed(at - 1),
            // A part of a string: `token ${"value"}`.
            b'{' if self.byte(at - 1) == Some(b'$') => self.slot_left_of(at - 2, value),
            b'+' | b'.' | b'&' if let Some(inside) = self.inner_of_joined_string(at) => {
                self.slot_left_of(inside, value)
            }
            b'[' | b'{' => self.slot_of_list(at - 1, value),
            b'|' => Slot::new(SlotKind::Cell, 0..0),
            // `"group" % "artifact" % "value"`.
            b'%' if self.open(self.skip_blanks(at - 1), at) < self.skip_blanks(at - 1) => {
                Slot::new(SlotKind::Coordinate, 0..0)
            }
            b'-' | b'_' | b'.' if at == value.start && self.is_glued(at) => {
                Slot::new(SlotKind::Glued, 0..0)
            }
            b'<' => self.slot_left_of(self.skip_blanks(at - 1), value),
            _ => return None,
        })
    }

    /// Returns `true` if only `>` and blanks precede `at` on its line: `> value`.
    fn is_quotation(&self, at: usize) -> bool {
        let line = &self.text[line_start(self.text, self.floor, at)..at];
        line.iter().all(|b| matches!(b, b'>' | b' '))
    }

    pub(super) fn slot_at_equals(&self, at: usize, value: &Range<usize>) -> Slot {
        let mut at = at;
        let mut compared = false;
        while let Some(b @ (b'=' | b'!' | b':' | b'?' | b'+' | b'~' | b'|')) = self.byte(at) {
            compared |= matches!(b, b'=' | b'!' | b'~');
            at -= 1;
        }
        if compared {
            return Slot::new(SlotKind::Compared, self.key(self.skip_blanks(at)));
        }
        self.slot_of_assigned(at, value)
    }

    pub(super) fn slot_at_colon(&self, at: usize, value: &Range<usize>) -> Slot {
        let mut slot = self.slot_of_assigned(self.before_remark(at), value);
        // `-u user:value` without a blank.
        let joined = self.joined_before(value.start) == Some(at + 1);
        if at + 1 == value.start || joined || self.open(value.start, value.end) == at + 1 {
            let user = slot.key.start.max(self.floor);
            let before = self.open(self.skip_blanks(user), user);
            let flag = self.skip_blanks(before);
            let flags = [&b"-u"[..], b"--user", b"--userpwd", b"--proxy-user"];
            let flagged = flags.iter().any(|f| self.ends_with(flag, f));
            let direct = at + 1 == value.start || joined;
            if let Some(name) = self.login_taker(before).filter(|_| direct) {
                slot.kind = SlotKind::BasicUser;
                slot.marker = is_marker_user(&self.text[slot.key.clone()]);
                slot.key = name;
            } else if flagged {
                slot.kind = SlotKind::BasicUser;
            }
            if self.is_coordinate(at) {
                return Slot::new(SlotKind::Coordinate, 0..0);
            }
        }
        slot.marker |= is_marker_user(&self.text[slot.key.clone()]);
        let wide = self.text[slot.key.clone()].iter().any(|b| *b >= 0x80);
        let prose = slot.kind == SlotKind::Assigned && (wide || at + 1 < value.start);
        if prose && matches!(self.byte(slot.key.start), Some(b' ' | b'\'')) {
            slot.key = self.phrase_key(slot.key);
        }
        self.slot_of_handover(slot, value)
    }

    /// Returns the end of a string's content, if `at` ends an operator that joins the next one: `"token " + "value"`.
    pub(super) fn inner_of_joined_string(&self, at: usize) -> Option<usize> {
        let mut mark = at;
        while let Some(b'+' | b'.' | b'&') = self.byte(mark) {
            mark -= 1;
        }
        let end = self.skip_blanks(mark);
        let inside = self.open(end, end);
        (mark < at && inside < end).then_some(inside)
    }

    /// Returns `true` if dashes or dots right before `at` join a word to it.
    fn is_glued(&self, at: usize) -> bool {
        let mut word = at;
        while let Some(b'-' | b'_' | b'.') = self.byte(word) {
            word -= 1;
        }
        at - word <= 2 && self.byte(word).is_some_and(is_word_byte)
    }

    /// Returns the end of the text before a remark in brackets: `GitHub token (the bot's): value`.
    fn before_remark(&self, at: usize) -> usize {
        let end = self.skip_blanks(at);
        if self.byte(end) != Some(b')') {
            return at;
        }
        let from = self.floor.max(end.saturating_sub(40));
        match memchr::memrchr2(b'(', b'\n', &self.text[from..end]) {
            Some(open) if self.text[from + open] == b'(' => self.skip_blanks(from + open),
            _ => at,
        }
    }

    /// Returns the slot of an argument of the call whose bracket opens at `open`.
    pub(super) fn slot_of_argument(&self, key: Range<usize>, open: usize) -> Slot {
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
                b'[' | b'{' => return None,
                _ => {}
            }
        }
        None
    }

    /// Returns the slot of an argument that follows another one. The other one may be its name.
    fn argument_after(&self, name: Range<usize>) -> Slot {
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

    /// Returns the name to which `user:password` is given before a string: `CURLOPT_USERPWD, 'user:value'`,
    /// `-a user:value`, `GITHUB_CREDENTIALS: "user:value"`, `btoa('user:value')`.
    pub(super) fn login_taker(&self, at: usize) -> Option<Range<usize>> {
        let at = self.skip_blanks(at);
        let before = match self.byte(at) {
            Some(b',') => self.key(self.skip_blanks(at - 1)),
            Some(b'=' | b':' | b'(') => self.key(self.skip_blanks(at - 1)),
            _ => self.key(at),
        };
        let name = self.text[before.clone()].to_ascii_lowercase();
        const NAMES: [&[u8]; 8] = [
            b"userpwd",
            b"auth",
            b"basic",
            b"cred",
            b"login",
            b"btoa",
            b"b64",
            b"github__com",
        ];
        let named = NAMES
            .iter()
            .any(|w| memchr::memmem::find(&name, w).is_some());
        // `bundle config github.com user:value`.
        let bundled = name.ends_with(b"github.com")
            && memchr::memmem::find(&self.text[self.floor..before.start], b"bundle config")
                .is_some();
        (name == b"-a" || named || bundled).then_some(before)
    }

    /// Returns `true` if `group:artifact` ends at `at` and the group is a reversed host name.
    pub(super) fn is_coordinate(&self, at: usize) -> bool {
        let part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
        let mut artifact = at;
        while self.byte(artifact).is_some_and(part) {
            artifact -= 1;
        }
        if artifact == at || self.byte(artifact) != Some(b':') {
            return false;
        }
        let mut group = artifact - 1;
        while self.byte(group).is_some_and(part) {
            group -= 1;
        }
        let name = &self.text[group..artifact - 1];
        let host = [&b".com"[..], b".org", b".net", b".io"];
        memchr::memchr(b'.', name).is_some_and(|dot| dot > 0)
            && !host.iter().any(|h| name.ends_with(h))
    }

    /// Returns the slot of the value of a key that ends at `at`.
    pub(super) fn slot_of_assigned(&self, at: usize, value: &Range<usize>) -> Slot {
        let key = self.key(self.skip_blanks(at));
        let kind = match self.byte(key.start) {
            Some(b'?' | b'&') => SlotKind::Query,
            Some(b';') if self.ends_with(key.start, b"&amp;") => SlotKind::Query,
            _ if is_own_header(&self.text[key.clone()]) => SlotKind::Header,
            _ => SlotKind::Assigned,
        };
        let mut slot = Slot::new(kind, key);
        // The return value of a function: `fun token() = "value"`.
        if slot.key.is_empty() && self.ends_with(self.skip_blanks(at), b"()") {
            slot.key = self.key(self.skip_blanks(at) - 2);
        }
        if self.is_message(&slot.key, value) {
            return Slot::new(SlotKind::Alone, 0..0);
        }
        if is_generic(&self.text[slot.key.clone()]) {
            let named = self.sibling_name(slot.key.start, value.end);
            if let Some(name) = named.or_else(|| self.first_string(slot.key.start)) {
                slot.key = name;
            }
        }
        slot
    }

    /// Returns the first string in the call around `at`: `add_argument("--token", default=...)`.
    pub(super) fn first_string(&self, at: usize) -> Option<Range<usize>> {
        let open = memchr::memrchr(b'(', &self.text[self.floor..at])? + self.floor + 1;
        let quote = *self.text.get(open)?;
        if !matches!(quote, b'"' | b'\'') {
            return None;
        }
        let len = memchr::memchr(quote, &self.text[open + 1..at])?;
        Some(open + 1..open + 1 + len)
    }

    /// Extends a key of prose by the words before it: `my GitHub token for CI`, `jeton GitHub`.
    pub(super) fn phrase_key(&self, key: Range<usize>) -> Range<usize> {
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
    pub(super) fn key(&self, at: usize) -> Range<usize> {
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
        if is_type(&self.text[start..end]) {
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
    pub(super) fn typed_name(&self, at: usize) -> Option<Range<usize>> {
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
        if kind.is_empty() || !letters || prose || !kind.iter().all(plain) {
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
    pub(super) fn opens_string(&self, at: usize, end: usize) -> bool {
        matches!(self.text[at], b'"' | b'\'')
            && self.byte(at) != Some(b'[')
            && !(at + 1 < end && self.text[at + 1] == b']')
    }

    /// Returns the value of `key` or `name` in the element or object around `value="..."` or a similar attribute.
    pub(super) fn sibling_name(&self, at: usize, end: usize) -> Option<Range<usize>> {
        let from = self.floor.max(at.saturating_sub(160));
        let before = &self.text[from..at];
        let object = memchr::memrchr3(b'<', b'{', b';', before).map_or(0, |o| o + 1);
        let found = name_attribute(&before[object..])
            .map(|r| from + object + r.start..from + object + r.end);
        found.or_else(|| {
            let to = self.text.len().min(end + 100);
            let after = &self.text[end..to];
            let close = memchr::memchr2(b'>', b'}', after).unwrap_or(after.len());
            name_attribute(&after[..close]).map(|r| end + r.start..end + r.end)
        })
    }

    /// Returns the slot of the text of an XML or HTML element whose opening tag ends at `at`.
    pub(super) fn slot_of_element(&self, at: usize, value: &Range<usize>) -> Slot {
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
            && let Some(cell) = grid::html_cell(self.text, tag.start - 1)
        {
            return Slot::new(SlotKind::Assigned, cell);
        }
        if is_generic(&body[..name])
            && let Some(sibling) = self.named_element(tag.start - 1)
        {
            return Slot::new(SlotKind::Assigned, sibling);
        }
        if !is_generic(&body[..name]) || name < body.len() {
            return Slot::new(SlotKind::Assigned, tag);
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

    /// Returns the text of the nearest `<name>X</name>` or similar element above, if it does not name another value.
    fn named_element(&self, at: usize) -> Option<Range<usize>> {
        let before = &self.text[self.floor..at];
        [&b"<name>"[..], b"<key>", b"<label>", b"<title>"]
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

    /// Returns the slot after a comma, with the name of the argument or pair before it, or with the callee.
    pub(super) fn listed(&self, at: usize) -> Slot {
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
    pub(super) fn is_source(&self, name: &Range<usize>) -> bool {
        let before = self.skip_spaces(self.open(name.start, name.start));
        self.byte(before) == Some(b',')
            && [&b"{:git"[..], b"{git", b"{hg", b"{:hg"]
                .iter()
                .any(|g| self.ends_with(self.skip_spaces(before - 1), g))
    }
}
