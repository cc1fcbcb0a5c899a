//! Values at the start of a line or alone on it: in blocks of text, in lists, in chats.

use std::ops::Range;

use super::reader::{Slot, SlotKind, SlotReader, is_long_hex, is_word_byte};
use crate::judge::vocabulary::{Vocabulary, WordClass, lists};
use crate::span::line_start;

impl SlotReader<'_> {
    /// Returns the start of the line if the value is a whole message in a chat's log, after the author's name.
    pub(crate) fn speaker_line(&self, at: usize, value: &Range<usize>) -> Option<usize> {
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
                b.is_ascii_digit()
                    || matches!(b, b'[' | b']' | b':' | b'-' | b' ' | b'/' | b',' | b'.')
            })
            .count();
        let nick = head[time..].trim_ascii();
        let angled = nick.strip_prefix(b"<").and_then(|n| n.strip_suffix(b">"));
        let name = match angled {
            Some(name) => name,
            None if head[..time].iter().any(u8::is_ascii_digit) => nick.strip_suffix(b":")?,
            None => return self.spoke_before(nick, line).then_some(line),
        };
        let word = |b: &u8| is_word_byte(*b) || matches!(b, b'-' | b' ' | b'@');
        let above = line - 1;
        let talk = line_start(self.text, self.floor, above);
        // The line above is a message too.
        let talks = self.text.get(talk) == self.text.get(line)
            || (time > 0 && self.text[talk].is_ascii_digit());
        (!name.is_empty() && name.iter().all(word) && talks).then_some(line)
    }

    /// Returns true if an earlier line begins with the same name, a colon and a sentence: `sam: one moment`.
    fn spoke_before(&self, nick: &[u8], line: usize) -> bool {
        const WORDS: usize = 2;
        const LONGEST: usize = 24;
        if nick.len() > LONGEST || !nick.ends_with(b":") {
            return false;
        }
        let above = &self.text[self.floor..line];
        memchr::memmem::rfind_iter(above, nick).any(|at| {
            let opens = at == 0 && self.floor == 0 || at > 0 && above[at - 1] == b'\n';
            let rest = &above[at + nick.len()..];
            let said = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
            let words = said.split(|b| *b == b' ').filter(|w| !w.is_empty());
            opens && words.count() >= WORDS
        })
    }

    pub(crate) fn ends_with_escaped_break(&self, at: usize) -> bool {
        self.ends_with(at, b"\\n") || self.ends_with(at, b"\\r")
    }

    /// Returns the name of a text block that has the value on a line of its own: `NAME = """`, `NAME=$(cat <<EOF`.
    /// Cases: `own-textblock-2`, `own-textblock-not-2`.
    pub(crate) fn text_block_name(&self, value: &Range<usize>) -> Option<Range<usize>> {
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

    /// Returns the slot at the start of a line.
    pub(crate) fn slot_at_line_start(&self, at: usize, value: &Range<usize>) -> Slot {
        let rest = &self.text[value.end..self.text.len().min(value.end + 40)];
        let rest = rest
            .iter()
            .find(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'"' | b'\'' | b'`' | b','));
        let escaped = self.text[value.end..].starts_with(b"\\n");
        match rest {
            None | Some(b'\n') => Slot::new(SlotKind::Alone, 0..0),
            _ if escaped => Slot::new(SlotKind::Alone, 0..0),
            // A remark on the value: `value  (to be renewed in May)`, `value  # of the bot`.
            _ if self.ends_in_remark(value.end) || self.is_told_behind(value.end) => {
                Slot::new(SlotKind::Alone, 0..0)
            }
            _ => self
                .slot_of_broken_sentence(at, value)
                .unwrap_or(Slot::new(SlotKind::LineHead, 0..0)),
        }
    }

    /// Returns true if the line goes on as a sentence that calls the value a credential: `value is the OAuth token of`.
    fn is_told_behind(&self, at: usize) -> bool {
        const WORDS: usize = 6;
        const REACH: usize = 80;
        let rest = &self.text[at..self.text.len().min(at + REACH)];
        let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
        let mut words = line
            .split(|b| !is_word_byte(*b))
            .filter(|w| !w.is_empty())
            .take(WORDS);
        let telling = WordClass::SECRET
            .or(WordClass::HASH)
            .or(WordClass::MAYBE_HASH);
        let sense = |word: &[u8]| Vocabulary::builtin().lexicon.sense(word);
        words
            .next()
            .is_some_and(|w| lists().copulas.contains_any_case(w))
            && words
                .map(sense)
                .find(|class| class.has(telling))
                .is_some_and(|class| class.has(WordClass::SECRET))
    }

    /// Returns true if only a comment or a remark in brackets follows on the line.
    fn ends_in_remark(&self, at: usize) -> bool {
        const REACH: usize = 200;
        let rest = &self.text[at..self.text.len().min(at + REACH)];
        let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
        let close = line.iter().take_while(|b| matches!(b, b'"' | b'\'' | b','));
        let line = &line[close.count()..];
        let remark = line.trim_ascii();
        let bracketed =
            remark.starts_with(b"(") && memchr::memchr(b')', remark) == remark.len().checked_sub(1);
        line.starts_with(b" ") && (bracketed || remark.starts_with(b"# "))
    }

    /// Returns the slot after a sentence that breaks its line right before the value: `our token is`.
    fn slot_of_broken_sentence(&self, at: usize, value: &Range<usize>) -> Option<Slot> {
        let end = self.skip_spaces(at);
        let breaks = memchr::memchr_iter(b'\n', &self.text[end..value.start]).count();
        let word = self.key(end);
        let goes_on = breaks == 1 && lists().copulas.contains_any_case(&self.text[word.clone()]);
        goes_on.then(|| {
            self.slot_of_handover(Slot::new(SlotKind::Follows, self.phrase_key(word)), value)
        })
    }

    /// Returns the slot after a mark that opens a line: a bullet, a tick, a prompt.
    pub(crate) fn slot_after_bullet(&self, at: usize, value: &Range<usize>) -> Slot {
        let line = line_start(self.text, self.floor, at);
        let mark = &self.text[line..at];
        if mark.len() <= 12 && !mark.iter().any(u8::is_ascii_alphanumeric) {
            return self.slot_at_line_start(line, value);
        }
        Slot::new(SlotKind::Other, 0..0)
    }

    /// Returns true if a quote closes the string at `at`, or behind the marks of code and emphasis there.
    fn ends_string(&self, at: usize) -> bool {
        let rest = &self.text[at..self.text.len().min(at + 4)];
        rest.iter()
            .find(|b| !matches!(b, b'`' | b'*' | b'_' | b'.'))
            == Some(&b'"')
    }

    /// Returns `true` if a value is a whole message in the log of a chat: `{"user": "ann", "text": "value"}`.
    /// Cases: `own-output-1`, `own-chat2-3`.
    pub(crate) fn is_message(&self, key: &Range<usize>, value: &Range<usize>) -> bool {
        if !lists().message_keys.contains(&self.text[key.clone()]) || !self.ends_string(value.end) {
            return false;
        }
        let from = self.floor.max(key.start.saturating_sub(160));
        let before = &self.text[from..key.start];
        let object = memchr::memrchr(b'{', before).map_or(before, |open| &before[open..]);
        lists().speaker_keys.iter().any(|who| {
            memchr::memmem::find_iter(object, who).any(|at| {
                object[..at].ends_with(b"\"") && object[at + who.len()..].starts_with(b"\"")
            })
        })
    }
}
