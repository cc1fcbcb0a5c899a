//! Values with a name: assignments in every syntax, calls, elements of markup, lists.

use std::ops::Range;

use super::name_kinds::{is_generic, is_own_header};
use super::reader::{Slot, SlotKind, SlotReader, is_word_byte};
use super::url::is_marker_user;
use crate::judge::vocabulary::{Vocabulary, WordClass, lists};
use crate::span::line_start;

impl SlotReader<'_> {
    /// Returns the slot if an operator or a bracket ends at `at`.
    pub(crate) fn slot_at_operator(&self, at: usize, value: &Range<usize>) -> Option<Slot> {
        if let Some(len) = self.coded_operator(at) {
            // A soft line break of quoted-printable may stand before the operator.
            let end = at - len;
            let end = end - 2 * usize::from(self.ends_with(end, b"=\n"));
            return Some(self.slot_of_assigned(end, value));
        }
        if self.ends_with(at, "：".as_bytes()) || self.ends_with(at, "＝".as_bytes()) {
            let mut slot = self.slot_of_assigned(at - 3, value);
            slot.key = self.phrase_key(slot.key);
            return Some(slot);
        }
        match self.byte(at)? {
            b'=' => Some(self.slot_at_equals(at - 1, value)),
            b':' => Some(self.slot_at_colon(at - 1, value)),
            b'>' => Some(self.slot_at_angle(at, value)),
            b'<' => Some(self.slot_left_of(self.skip_blanks(at - 1), value)),
            b',' => Some(self.listed(at - 1)),
            b'|' => Some(Slot::new(SlotKind::Cell, 0..0)),
            b'(' | b'[' | b'{' => Some(self.slot_at_bracket(at, value)),
            _ => self.slot_at_joint(at, value),
        }
    }

    /// Returns the length of an encoded `=` or `:` that ends at `at`.
    fn coded_operator(&self, at: usize) -> Option<usize> {
        const CODES: [&[u8]; 8] = [
            b"%3D", b"%3d", b"\\u003d", b"\\u003D", b"&#61;", b"=3D", b"%3A", b"%3a",
        ];
        let may_end = matches!(self.byte(at), Some(b'D' | b'd' | b'A' | b'a' | b';'));
        let code = || CODES.iter().find(|code| self.ends_with(at, code));
        may_end.then(code).flatten().map(|code| code.len())
    }

    /// Returns the slot after `>`: an arrow, a quotation or the tag of an element.
    fn slot_at_angle(&self, at: usize, value: &Range<usize>) -> Slot {
        if self.ends_with(at, b"<>")
            && let Some(inside) = self.inner_of_joined_string(at)
        {
            self.slot_left_of(inside, value)
        } else if self.ends_with(at, b"=>") || self.ends_with(at, b"->") {
            self.slot_of_assigned(at - 2, value)
        } else if self.is_quotation(at) {
            self.slot_after_bullet(at, value)
        } else {
            self.slot_of_element(at, value)
        }
    }

    /// Returns the slot after an opening bracket.
    fn slot_at_bracket(&self, at: usize, value: &Range<usize>) -> Slot {
        match self.byte(at) {
            Some(b'(' | b'[') if self.is_remark_in_prose(at, value) => {
                Slot::new(SlotKind::Follows, 0..0)
            }
            // `POOL=(value value)`.
            Some(b'(') if self.byte(self.skip_blanks(at - 1)) == Some(b'=') => {
                self.slot_of_list(at - 1, value)
            }
            Some(b'(') => self.slot_of_argument(self.key(at - 1), at - 1),
            // A part of a string: `token ${"value"}`.
            Some(b'{') if self.byte(at - 1) == Some(b'$') => self.slot_left_of(at - 2, value),
            _ => self.slot_of_list(at - 1, value),
        }
    }

    /// Returns true for a value in brackets of its own inside a sentence: `the decrypted key (value) is for GitHub`.
    fn is_remark_in_prose(&self, at: usize, value: &Range<usize>) -> bool {
        let open = at == value.start && self.byte(at - 1) == Some(b' ');
        let after = &self.text[value.end..self.text.len().min(value.end + 3)];
        let goes_on = matches!(after, [b')' | b']', b' ', next] if next.is_ascii_alphabetic() || *next >= 0x80);
        let mut line = &self.text[line_start(self.text, self.floor, at)..at];
        if line.trim_ascii() == b"(" {
            // The sentence begins on the line above.
            let above = self.skip_spaces(at - 1);
            line = &self.text[line_start(self.text, self.floor, above)..above];
        }
        let words = line
            .split(|b| *b == b' ')
            .filter(|w| w.iter().any(u8::is_ascii_lowercase));
        open && goes_on && words.count() > 1
    }

    /// Returns the slot after a mark that joins the value to a string, a coordinate or a word.
    fn slot_at_joint(&self, at: usize, value: &Range<usize>) -> Option<Slot> {
        match self.byte(at)? {
            b'+' | b'.' | b'&' | b'^' if let Some(inside) = self.inner_of_joined_string(at) => {
                Some(self.slot_left_of(inside, value))
            }
            // `"group" % "artifact" % "value"`.
            b'%' if self.open(self.skip_blanks(at - 1), at) < self.skip_blanks(at - 1) => {
                Some(Slot::new(SlotKind::Coordinate, 0..0))
            }
            b'-' | b'_' | b'.' if at == value.start && self.is_glued(at) => {
                Some(Slot::new(SlotKind::Glued, 0..0))
            }
            _ => None,
        }
    }

    /// Returns `true` if only `>` and blanks precede `at` on its line: `> value`.
    fn is_quotation(&self, at: usize) -> bool {
        let line = &self.text[line_start(self.text, self.floor, at)..at];
        line.iter().all(|b| matches!(b, b'>' | b' '))
    }

    pub(crate) fn slot_at_equals(&self, at: usize, value: &Range<usize>) -> Slot {
        let mut at = at;
        let mut compared = false;
        while let Some(b @ (b'=' | b'!' | b':' | b'?' | b'+' | b'~' | b'|')) = self.byte(at) {
            compared |= matches!(b, b'=' | b'!' | b'~');
            at -= 1;
        }
        if compared {
            return Slot::new(SlotKind::Compared, self.key(self.skip_blanks(at)));
        }
        // `SHA1 (file.tar.gz) = value`.
        let named = self.before_remark(at);
        let is_sum = named < at && lists().hash_names.contains(&self.text[self.key(named)]);
        let mut slot = self.slot_of_assigned(if is_sum { named } else { at }, value);
        // `using the token of user ann = value`.
        let before = self.key(self.skip_blanks(slot.key.start));
        if lists().owner_joints.contains(&self.text[before]) {
            slot.key = self.phrase_key(slot.key);
        }
        slot
    }

    pub(crate) fn slot_at_colon(&self, at: usize, value: &Range<usize>) -> Slot {
        if let Some(name) = self.serialized_key(at) {
            return Slot::new(SlotKind::Assigned, name);
        }
        // A login without a user: `":value"`.
        if at + 1 == value.start
            && let Some(quote @ (b'"' | b'\'')) = self.byte(at)
            && self.text.get(value.end) == Some(&quote)
            && self.login_taker(at - 1).is_some()
        {
            return Slot::new(SlotKind::BasicUser, 0..0);
        }
        let mut slot = self.slot_of_assigned(self.before_remark(at), value);
        // `-u user:value` without a blank.
        let joined = self.joined_before(value.start) == Some(at + 1);
        // `user:value` in a template: `${'value'}`.
        if at + 1 == value.start
            || joined
            || self.text[at + 1..value.start].starts_with(b"${")
            || self.open(value.start, value.end) == at + 1
        {
            let user = slot.key.start.max(self.floor);
            let before = self.open(self.skip_blanks(user), user);
            let flag = self.skip_blanks(before);
            let flagged = self.ends_with_any(flag, &lists().login_flags);
            let filled = matches!(
                &self.text[at + 1..value.start],
                b"${'" | b"${\"" | b"#{'" | b"#{\""
            );
            let direct = at + 1 == value.start || joined || filled;
            if let Some(name) = self.login_taker(before).filter(|_| direct) {
                slot.kind = SlotKind::BasicUser;
                slot.marker = is_marker_user(&self.text[slot.key.clone()]);
                slot.key = name;
            } else if flagged {
                slot.kind = SlotKind::BasicUser;
            } else if let Some(name) = self.pool_name(before).filter(|_| direct) {
                slot = Slot::new(SlotKind::BasicUser, name);
            }
            // A decoded login: the whole text is `user:value`.
            let is_whole = user == 0 && self.text[value.end..].trim_ascii().is_empty();
            if is_whole && direct {
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
        } else if prose && self.goes_on_from_above(&slot.key) {
            return Slot::new(SlotKind::Follows, 0..0);
        }
        self.slot_of_handover(slot, value)
    }

    /// Returns true if a word with a colon ends a sentence that began on the line above: `the token is in this`, then
    /// `file: value`.
    fn goes_on_from_above(&self, key: &Range<usize>) -> bool {
        const WORDS: usize = 4;
        let Some(b'\n') = self.byte(key.start) else {
            return false;
        };
        let end = key.start - 1;
        let line = &self.text[line_start(self.text, self.floor, end)..end];
        let words = line.split(|b| *b == b' ').filter(|w| !w.is_empty());
        let is_letter = |b: &u8| b.is_ascii_lowercase() || *b >= 0x80;
        let is_code = line.iter().any(|b| matches!(b, b'=' | b'{' | b'}' | b'"'));
        let word = &self.text[key.clone()];
        let known = Vocabulary::builtin().lexicon.sense(word);
        words.count() >= WORDS
            && !is_code
            && line.last().is_some_and(is_letter)
            && word.iter().all(is_letter)
            && known == WordClass::NONE
    }

    /// Returns GitHub's name for a list of logins that the user at `at` belongs to: `GITHUB_POOL=ann:value,bo:value`.
    fn pool_name(&self, at: usize) -> Option<Range<usize>> {
        let mut at = self.open(self.skip_blanks(at), at);
        while let Some(b',' | b';' | b'|') = self.byte(at) {
            let login = self.skip_blanks(at - 1);
            let digits = self.text[self.floor..login].iter().rev();
            let len = digits.take_while(|b| b.is_ascii_hexdigit()).count();
            let user = self.text[self.floor..login - len].strip_suffix(b":")?;
            let letters = user
                .iter()
                .rev()
                .take_while(|b| is_word_byte(**b) || **b == b'-');
            at = self.skip_blanks(self.floor + user.len() - letters.count());
        }
        let end = self.open(at, at);
        let name = match self.byte(end)? {
            b'=' => self.key(self.skip_blanks(end - 1)),
            _ => return None,
        };
        let class = Vocabulary::builtin()
            .lexicon
            .sense(&self.text[name.clone()]);
        let other = WordClass::HASH
            .or(WordClass::MAYBE_HASH)
            .or(WordClass::THING)
            .or(WordClass::PIN);
        let is_own = class.has(WordClass::GITHUB) && !class.has(other);
        is_own.then_some(name)
    }

    /// Returns the end of a string's content, if `at` ends an operator that joins the next one: `"token " + "value"`.
    pub(crate) fn inner_of_joined_string(&self, at: usize) -> Option<usize> {
        let mut mark = at;
        while let Some(b'+' | b'.' | b'&' | b'^' | b'<' | b'>') = self.byte(mark) {
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

    /// Returns the name to which `user:password` is given before a string: `CURLOPT_USERPWD, 'user:value'`,
    /// `-a user:value`, `GITHUB_CREDENTIALS: "user:value"`, `btoa('user:value')`.
    pub(crate) fn login_taker(&self, at: usize) -> Option<Range<usize>> {
        let at = self.skip_blanks(at);
        let before = match self.byte(at) {
            Some(b',') => self.key(self.skip_blanks(at - 1)),
            Some(b'=' | b':' | b'(') => self.key(self.skip_blanks(at - 1)),
            _ => self.key(at),
        };
        let name = self.text[before.clone()].to_ascii_lowercase();
        // The name of a call that encodes the login says nothing of it.
        if lists()
            .encoders
            .suffix_of(&self.text[before.clone()])
            .is_some()
        {
            return Some(before.end..before.end);
        }
        let named = lists().login_takers.is_part_of(&name);
        // `bundle config github.com user:value`.
        let bundled = lists().github_host.suffix_of(&name).is_some()
            && lists()
                .host_settings
                .is_part_of(&self.text[self.floor..before.start]);
        (lists().login_options.contains(&name) || named || bundled).then_some(before)
    }

    /// Returns `true` if `group:artifact` ends at `at` and the group is a reversed host name.
    pub(crate) fn is_coordinate(&self, at: usize) -> bool {
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
        // A list of plugins: `name:1.2:value`.
        let version = &self.text[artifact..at];
        if !name.is_empty()
            && version.first().is_some_and(u8::is_ascii_digit)
            && version.contains(&b'.')
        {
            return true;
        }
        memchr::memchr(b'.', name).is_some_and(|dot| dot > 0)
            && lists().host_endings.suffix_of(name).is_none()
    }

    /// Returns the slot of the value of a key that ends at `at`.
    pub(crate) fn slot_of_assigned(&self, at: usize, value: &Range<usize>) -> Slot {
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
}
