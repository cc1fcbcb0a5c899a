//! Detection of slots in prose, in chats, in what a function returns and on a line of their own.

use std::ops::Range;

use super::fallback::is_fallback;
use super::lexis::{
    CITING, CITING_AFTER_VERB, KEYWORDS, MOVING, SEARCHING, VERBS, is_answer, is_copula,
    is_emitter, is_generic, is_handover_phrase, is_long_hex, is_setter, is_symbol, is_telling,
    is_word_byte,
};
use super::{LONGEST_KEY, Slot, SlotKind, SlotReader};
use crate::span::line_start;

impl SlotReader<'_> {
    /// Returns the start of the line if the value is a whole message in a chat's log, after the author's name.
    pub(super) fn speaker_line(&self, at: usize, value: &Range<usize>) -> Option<usize> {
        let from = self.floor.max(at.saturating_sub(64));
        let line = from + memchr::memrchr(b'\n', &self.text[from..at])? + 1;
        let rest = &self.text[value.end..self.text.len().min(value.end + 2)];
        if !rest.is_empty() && !matches!(rest[0], b'\n' | b'\r') {
            return None;
        }
        let head = &self.text[line..at];
        let time = head
            .iter()
            .take_while(|b| {
                b.is_ascii_digit() || matches!(b, b'[' | b']' | b':' | b'-' | b' ' | b'/')
            })
            .count();
        let nick = head[time..].trim_ascii();
        let angled = nick.strip_prefix(b"<").and_then(|n| n.strip_suffix(b">"));
        let name = match angled {
            Some(name) => name,
            None if head[..time].iter().any(u8::is_ascii_digit) => nick.strip_suffix(b":")?,
            None => return None,
        };
        let word = |b: &u8| is_word_byte(*b) || matches!(b, b'-' | b' ' | b'@');
        let above = line - 1;
        let talk = line_start(self.text, self.floor, above);
        // The line above is a message too.
        let talks = self.text.get(talk) == self.text.get(line)
            || (time > 0 && self.text[talk].is_ascii_digit());
        (!name.is_empty() && name.iter().all(word) && talks).then_some(line)
    }

    pub(super) fn ends_with_escaped_break(&self, at: usize) -> bool {
        self.ends_with(at, b"\\n") || self.ends_with(at, b"\\r")
    }

    /// Returns the slot outside the call that wraps a value, since that call is not its name: `token = Some("value")`.
    pub(super) fn unwrap_slot(&self, slot: Slot, value: &Range<usize>) -> Slot {
        const WRAPPERS: [&[u8]; 22] = [
            b"Seq",
            b"List",
            b"listOf",
            b"arrayOf",
            b"setOf",
            b"List.of",
            b"Set.of",
            b"Arrays.asList",
            b"Some",
            b"Just",
            b"Ok",
            b"String",
            b"str",
            b"string",
            b"std::string",
            b"Secret",
            b"SecretString",
            b"Optional.of",
            b"String::from",
            b"quote",
            b"Array",
            b"array",
        ];
        let called = &self.text[slot.callee.clone()];
        let named = is_fallback(called) || is_setter(called);
        if named || is_answer(called) {
            return self.slot_of_answer(slot);
        }
        let callee = &self.text[slot.key.clone()];
        // A wrapper of a string: `aws.String("value")`.
        let wraps = WRAPPERS.contains(&callee) || callee.ends_with(b".String");
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
    pub(super) fn name_in_brackets(&self, at: usize) -> Option<Range<usize>> {
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

    /// Removes a key such as `here you go`, which names nothing.
    pub(super) fn slot_of_handover(&self, slot: Slot, value: &Range<usize>) -> Slot {
        if slot.kind == SlotKind::BasicUser
            || slot.key.is_empty()
            || !is_handover_phrase(&self.text[slot.key.clone()])
        {
            return slot;
        }
        let rest = &self.text[value.end..self.text.len().min(value.end + 8)];
        let mark = |b: &u8| matches!(b, b'"' | b'\'' | b'`' | b'.' | b'*' | b' ' | b'\r');
        let kind = match rest.iter().find(|b| !mark(b)) {
            None | Some(b'\n') => SlotKind::Alone,
            _ => SlotKind::Follows,
        };
        Slot::new(kind, 0..0)
    }

    /// Returns the name of a text block that has the value on a line of its own: `NAME = """`, `NAME=$(cat <<EOF`.
    fn text_block_name(&self, value: &Range<usize>) -> Option<Range<usize>> {
        const QUOTES: [&[u8]; 3] = [b"\"\"\"", b"\x27\x27\x27", b"`"];
        let mut end = memchr::memrchr(b'\n', &self.text[self.floor..value.start])? + self.floor;
        for _ in 0..4 {
            let line = line_start(self.text, self.floor, end);
            let body = self.text[line..end].trim_ascii_end();
            if is_long_hex(body.trim_ascii()) && line > self.floor {
                end = line - 1;
                continue;
            }
            let quote = QUOTES.iter().find(|q| body.ends_with(q));
            let to = memchr::memmem::rfind(body, b"<<")
                .or_else(|| quote.map(|q| body.len() - q.len()))?;
            let mut at = line + to;
            while let Some(b' ' | b'=' | b':' | b'(' | b'$' | b'r' | b'f' | b'\t') = self.byte(at) {
                at -= 1;
            }
            if self.ends_with(at, b"$(cat") {
                at = at.saturating_sub(6).max(self.floor);
            }
            let name = self.key(at);
            return (!name.is_empty() && name.start >= line).then_some(name);
        }
        None
    }

    /// Returns the slot that prose and code around a value without a name imply: a citation, a name after
    /// `as`, a block of text, a call or a function that returns the value.
    pub(super) fn slot_from_context(&self, slot: Slot, open: usize, value: &Range<usize>) -> Slot {
        let end = self.skip_spaces(open);
        let word = self.key(end);
        if self.cites_change(&word) {
            return Slot::new(SlotKind::Cited, word);
        }
        if let Some(name) = self.name_after_as(value) {
            return Slot::new(SlotKind::Assigned, name);
        }
        if slot.kind == SlotKind::Alone
            && let Some(name) = self.text_block_name(value)
        {
            return Slot::new(SlotKind::Assigned, name);
        }
        let quoted = open < value.start;
        if quoted
            && self.text[word.clone()] == *b"do"
            && let Some(name) = self.name_in_brackets(self.skip_blanks(word.start))
        {
            return Slot::new(SlotKind::Assigned, name);
        }
        if quoted && let Some(callee) = self.applied_function(end) {
            return Slot {
                callee: callee.clone(),
                ..Slot::new(SlotKind::Argument, callee)
            };
        }
        let emits = is_emitter(&self.text[word.clone()]);
        if (emits || quoted)
            && let Some(name) = self.function_name(if emits { word.start } else { end })
        {
            return Slot::new(SlotKind::Assigned, name);
        }
        slot
    }

    /// Returns `true` if the value is alone in brackets after the sentence of a list item, as changelogs cite commits:
    /// `- Read the token from the keyring (value)`.
    pub(super) fn is_remark(&self, value: &Range<usize>) -> bool {
        const WORDS: usize = 4;
        let open = matches!(self.byte(value.start), Some(b'(' | b'['));
        let closed = matches!(self.text.get(value.end), Some(b')' | b']'));
        if !open || !closed || self.byte(value.start - 1) != Some(b' ') {
            return false;
        }
        let line = &self.text[line_start(self.text, self.floor, value.start)..value.start - 1];
        let item = line.trim_ascii_start();
        let listed = matches!(item.first(), Some(b'-' | b'*' | b'+')) && item.get(1) == Some(&b' ');
        let words = item.split(|b| *b == b' ').filter(|w| !w.is_empty());
        listed && words.count() > WORDS
    }

    /// Returns `true` if these words cite a change.
    pub(super) fn cites_change(&self, word: &Range<usize>) -> bool {
        let text = &self.text[word.clone()];
        let any = |list: &[&str], text: &[u8]| {
            list.iter().any(|w| text.eq_ignore_ascii_case(w.as_bytes()))
        };
        if any(CITING, text) {
            return true;
        }
        if !any(CITING_AFTER_VERB, text) {
            return false;
        }
        let verb = self.key(self.skip_spaces(word.start));
        let words = self.phrase_key(verb.clone());
        any(VERBS, &self.text[verb])
            || self.text[words]
                .split(|b| *b == b' ')
                .any(|w| any(SEARCHING, w) || (text == b"to" && any(MOVING, w)))
    }

    /// Returns the name in `value as name`.
    pub(super) fn name_after_as(&self, value: &Range<usize>) -> Option<Range<usize>> {
        let mark = |b: &u8| matches!(b, b'`' | b'"' | b'\'' | b'*');
        let rest = &self.text[value.end..self.text.len().min(value.end + LONGEST_KEY)];
        let closed = rest.iter().take_while(|b| mark(b)).count();
        let after = rest[closed..].strip_prefix(b" as ")?;
        let skip = after.iter().take_while(|b| mark(b)).count();
        // `value as my GitHub token`.
        let articles = [&b"my "[..], b"our ", b"the ", b"your ", b"a "];
        if articles.iter().any(|a| after.starts_with(a)) {
            let start = value.end + closed + 4;
            let word = |b: &u8| is_word_byte(*b) || matches!(b, b' ' | b'-' | b'\'');
            let len = after.iter().take_while(|b| word(b)).count();
            return Some(start..start + len);
        }
        let len = after[skip..]
            .iter()
            .take_while(|b| is_word_byte(**b) || matches!(b, b'-' | b'.'))
            .count();
        let start = value.end + closed + 4 + skip;
        (skip > 0 && len > 0).then_some(start..start + len)
    }

    /// Returns the name of the function whose body begins right before `at`, or the comment above it if it has none.
    pub(super) fn function_name(&self, at: usize) -> Option<Range<usize>> {
        let mut end = self.skip_spaces(at);
        while let Some(b'{' | b';' | b':' | b'=' | b'>') = self.byte(end) {
            end = self.skip_spaces(end - 1);
        }
        let line = line_start(self.text, self.floor, end);
        let head = &self.text[line..end];
        let keyword = KEYWORDS
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

    pub(super) fn comment_above(&self, line: usize) -> Option<Range<usize>> {
        let end = line.checked_sub(1).filter(|e| *e > self.floor)?;
        let start = line_start(self.text, self.floor, end);
        let body = self.text[start..end].trim_ascii_start();
        let comment = [&b"//"[..], b"#", b"/*", b"*", b"--", b";", b"'", b"\"\"\""]
            .iter()
            .any(|c| body.starts_with(c));
        comment.then_some(end - body.len()..end)
    }

    /// Returns the slot after `[` or `{`, with the name of the list as key.
    pub(super) fn slot_of_list(&self, at: usize, value: &Range<usize>) -> Slot {
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
            _ => Slot::new(SlotKind::Listed, self.key(at)),
        }
    }

    /// Returns the slot at the start of a line.
    pub(super) fn slot_at_line_start(&self, at: usize, value: &Range<usize>) -> Slot {
        let rest = &self.text[value.end..self.text.len().min(value.end + 40)];
        let rest = rest
            .iter()
            .find(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'"' | b'\'' | b'`' | b','));
        let escaped = self.text[value.end..].starts_with(b"\\n");
        match rest {
            None | Some(b'\n') => Slot::new(SlotKind::Alone, 0..0),
            _ if escaped => Slot::new(SlotKind::Alone, 0..0),
            _ => self
                .slot_of_broken_sentence(at, value)
                .unwrap_or(Slot::new(SlotKind::LineHead, 0..0)),
        }
    }

    /// Returns the slot after a sentence that breaks its line right before the value: `our token is`.
    fn slot_of_broken_sentence(&self, at: usize, value: &Range<usize>) -> Option<Slot> {
        let end = self.skip_spaces(at);
        let breaks = memchr::memchr_iter(b'\n', &self.text[end..value.start]).count();
        let word = self.key(end);
        let goes_on = breaks == 1 && is_copula(&self.text[word.clone()]);
        goes_on.then(|| {
            self.slot_of_handover(Slot::new(SlotKind::Follows, self.phrase_key(word)), value)
        })
    }

    /// Returns the slot after a word, with or without blanks between them.
    pub(super) fn slot_after_word(&self, at: usize, value: &Range<usize>) -> Slot {
        if let Some(slot) = self.slot_after_scheme(at) {
            return slot;
        }
        let mut word = self.key(at);
        let flag = &self.text[word.clone()];
        if (is_generic(flag) || matches!(flag, b"-b" | b"--body"))
            && let Some(name) = self.flag_before(word.start)
        {
            word = name;
        }
        // `ConvertTo-SecureString -String "value"`: the command is a better name than its parameter.
        if self.text[word.clone()] == *b"-String" {
            word = self.key(self.skip_blanks(word.start));
        }
        let text = &self.text[word.clone()];
        if !text.iter().any(|b| is_word_byte(*b)) || is_symbol(text) {
            return self.slot_after_bullet(at, value);
        }
        // Textile marks a block of code with a word.
        let opens_line = word.start == 0 || self.byte(word.start) == Some(b'\n');
        if opens_line && matches!(text, b"bc." | b"bc.." | b"pre." | b"p.") {
            return self.slot_at_line_start(word.start, value);
        }
        if is_emitter(text) {
            return Slot::new(SlotKind::Follows, 0..0);
        }
        if is_copula(text) {
            return self
                .slot_of_handover(Slot::new(SlotKind::Follows, self.phrase_key(word)), value);
        }
        Slot::new(SlotKind::Follows, word)
    }

    /// Returns the value of `--name` in the command before `at`: `put --name ci/token --value "value"`.
    fn flag_before(&self, at: usize) -> Option<Range<usize>> {
        let line = line_start(self.text, self.floor, at);
        let command = &self.text[line..at];
        // `gh secret set NAME --body "value"`.
        let placed = [&b"secret set "[..], b"variable set "]
            .iter()
            .find_map(|verb| memchr::memmem::rfind(command, verb).map(|i| i + verb.len() - 1));
        let named = memchr::memmem::rfind(command, b"--name").map(|i| i + 6);
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

    /// Returns the slot after the scheme of an authorization header: `Authorization: Bearer value`.
    fn slot_after_scheme(&self, at: usize) -> Option<Slot> {
        const FORMATS: [&[u8]; 4] = [b"printf", b"ormat", b"GString", b"concat"];
        const SCHEMES: [&[u8]; 3] = [b"token", b"bearer", b"basic"];
        let line = &self.text[self.floor..at];
        let len = line.iter().rev().take_while(|b| is_word_byte(**b)).count();
        let word = at - len..at;
        let scheme = SCHEMES
            .iter()
            .any(|s| self.text[word.clone()].eq_ignore_ascii_case(s));
        if !scheme {
            return None;
        }
        let joint = |mut at: usize| {
            while let Some(
                b' ' | b'\t' | b'"' | b'\'' | b'`' | b'\\' | b'=' | b'>' | b':' | b',' | b'('
                | b'-' | b']',
            ) = self.byte(at)
            {
                let quote = matches!(self.byte(at), Some(b'"' | b'\'' | b'`'));
                at -= 1;
                // Prefix of a string literal: f"", $"".
                if quote
                    && matches!(self.byte(at), Some(b'f' | b'r' | b'$' | b'@'))
                    && !self.byte(at - 1).is_some_and(is_word_byte)
                {
                    at -= 1;
                }
            }
            at
        };
        let mut header = joint(word.start);
        let mut key = self.key(header);
        // A format function between the two is not the name: `Add("Authorization", string.Format("token {0}",`.
        if FORMATS.iter().any(|f| self.text[key.clone()].ends_with(f)) {
            header = joint(key.start);
            key = self.key(header);
        }
        // `"name": "authorization", "value": "basic ..."`.
        if is_generic(&self.text[key.clone()])
            && let Some(name) = self.sibling_name(key.start, at)
        {
            key = name;
        }
        let named = self.text[key.clone()]
            .to_ascii_lowercase()
            .ends_with(b"authorization");
        (header < word.start && named).then(|| Slot::new(SlotKind::AuthHeader, key))
    }

    /// Returns the slot after a mark that opens a line: a bullet, a tick, a prompt.
    pub(super) fn slot_after_bullet(&self, at: usize, value: &Range<usize>) -> Slot {
        let line = line_start(self.text, self.floor, at);
        let mark = &self.text[line..at];
        if mark.len() <= 12 && !mark.iter().any(u8::is_ascii_alphanumeric) {
            return self.slot_at_line_start(line, value);
        }
        Slot::new(SlotKind::Other, 0..0)
    }
}
