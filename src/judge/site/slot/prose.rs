//! Values in prose and after a word: citations of changes, sentences, answers.

use std::ops::Range;

use super::name_kinds::{is_generic, is_handover_phrase, is_symbol};
use super::reader::{LONGEST_KEY, Slot, SlotKind, SlotReader, is_long_hex, is_word_byte};
use crate::judge::vocabulary::{Vocabulary, WordClass, lists};
use crate::span::line_start;

/// Minimum length in bytes of a token of the present forms.
const SHORTEST_TOKEN: usize = 36;

impl SlotReader<'_> {
    /// Removes a key such as `here you go`, which names nothing.
    pub(crate) fn slot_of_handover(&self, slot: Slot, value: &Range<usize>) -> Slot {
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

    /// Returns the slot that prose and code around a value without a name imply: a citation, a name after
    /// `as`, a block of text, a call or a function that returns the value.
    pub(crate) fn slot_from_context(&self, slot: Slot, open: usize, value: &Range<usize>) -> Slot {
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
        let emits = lists().emitters.contains(&self.text[word.clone()]);
        if (emits || quoted)
            && let Some(name) = self.function_name(if emits { word.start } else { end })
        {
            return Slot::new(SlotKind::Assigned, name);
        }
        slot
    }

    /// Returns `true` if the value is alone in brackets after the sentence of a list item, as changelogs cite commits:
    /// `- Read the token from the keyring (value)`.
    pub(crate) fn is_remark(&self, value: &Range<usize>) -> bool {
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
        let wide = item.iter().filter(|b| **b >= 0xe3).count();
        listed && words.count() + wide / 3 > WORDS
    }

    /// Returns true if the value is the subject of a verb for a change: `- token: value masks it in the log`.
    pub(crate) fn changes_something(&self, value: &Range<usize>) -> bool {
        const REACH: usize = 40;
        let rest = &self.text[value.end..self.text.len().min(value.end + REACH)];
        let mark = |b: &&u8| matches!(b, b'`' | b'*');
        let rest = &rest[rest.iter().take_while(mark).count()..];
        let mut words = rest.split(|b| *b == b' ');
        let joined = words.next().is_some_and(<[u8]>::is_empty);
        joined
            && words
                .next()
                .is_some_and(|w| lists().changing.contains_any_case(w))
    }

    /// Returns `true` if these words cite a change, or join the value to one that is cited before.
    pub(crate) fn cites_change(&self, word: &Range<usize>) -> bool {
        let text = &self.text[word.clone()];
        // A pair of Kotlin: `"name" to "value"`.
        let is_pair = text == b"to"
            && matches!(self.byte(self.skip_blanks(word.start)), Some(b'"' | b')'))
            && self.text.get(word.end..word.end + 2) == Some(b" \"");
        if is_pair {
            return false;
        }
        let joins = lists().conjunctions.contains_any_case(text)
            || lists().citing_after_verb.contains_any_case(text);
        self.cites_directly(word)
            || joins && self.is_after_cited_value(word.start)
            || lists().prepositions.contains_any_case(text) && !self.tells_credential(word.start)
    }

    /// Returns true if the sentence before `at` has a word for a credential.
    fn tells_credential(&self, at: usize) -> bool {
        let line = line_start(self.text, self.floor, at);
        let before = &self.text[line..at];
        let start = memchr::memmem::rfind(before, b". ").map_or(0, |n| n + 2);
        let sentence = &before[start..];
        let class = Vocabulary::builtin().lexicon.sense(sentence);
        class.has(WordClass::SECRET.or(WordClass::GITHUB))
    }

    /// Returns true if a word is GitHub's name and words for a credential precede it on its line.
    fn is_service_in_prose(&self, word: &Range<usize>) -> bool {
        let lexicon = &Vocabulary::builtin().lexicon;
        let class = lexicon.sense(&self.text[word.clone()]);
        let plain = self.text[word.clone()]
            .iter()
            .all(|b| is_word_byte(*b) || *b == b'-');
        plain
            && class.has(WordClass::GITHUB)
            && !class.has(WordClass::SECRET)
            && self.tells_credential(word.start)
    }

    /// Returns true if these words cite the change right behind them.
    fn cites_directly(&self, word: &Range<usize>) -> bool {
        let text = &self.text[word.clone()];
        if lists().citing.contains_any_case(text) {
            return true;
        }
        if !lists().citing_after_verb.contains_any_case(text) {
            return false;
        }
        let verb = self.key(self.skip_spaces(word.start));
        let words = self.phrase_key(verb.clone());
        let moves = lists().citing_after_move.contains(text);
        lists().citing_verbs.contains_any_case(&self.text[verb])
            || self.text[words].split(|b| *b == b' ').any(|w| {
                lists().searching.contains_any_case(w)
                    || (moves && lists().moving.contains_any_case(w))
            })
    }

    /// Returns true if an earlier value of the sentence before `at` is a cited change: `by value on main and by value`.
    fn is_after_cited_value(&self, at: usize) -> bool {
        const REACH: usize = 160;
        let from = self.floor.max(at.saturating_sub(REACH));
        let before = &self.text[from..at];
        let end = [&b". "[..], b".\n"].map(|mark| memchr::memmem::rfind(before, mark));
        let start = from + end.into_iter().flatten().max().map_or(0, |n| n + 2);
        let mut place = start;
        for word in self.text[start..at].split(|b| !b.is_ascii_alphanumeric()) {
            let value = place..place + word.len();
            place = value.end + 1;
            if word.len() == 40 && is_long_hex(word) {
                let open = self.open(value.start, value.end);
                if self.cites_directly(&self.key(self.skip_spaces(open))) {
                    return true;
                }
            }
        }
        false
    }

    /// Returns the name in `value as name`.
    /// Cases: `own-marks-3`, `own-marks-5`.
    pub(crate) fn name_after_as(&self, value: &Range<usize>) -> Option<Range<usize>> {
        let mark = |b: &u8| matches!(b, b'`' | b'"' | b'\'' | b'*');
        let rest = &self.text[value.end..self.text.len().min(value.end + LONGEST_KEY)];
        let closed = rest.iter().take_while(|b| mark(b)).count();
        let after = rest[closed..].strip_prefix(b" as ")?;
        let skip = after.iter().take_while(|b| mark(b)).count();
        // `value as my GitHub token`.
        if lists().articles.prefix_of(after).is_some() {
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

    /// Returns the name of a declaration with a type behind it: `CONSTANTS pat TYPE string VALUE 'value'`.
    fn declared_before(&self, at: usize) -> Option<Range<usize>> {
        let line = line_start(self.text, self.floor, at);
        let upper = self.text[line..at].to_ascii_uppercase();
        let types = lists().declared_types.iter();
        let end = types
            .filter_map(|word| memchr::memmem::rfind(&upper, word))
            .max()?;
        let name = self.key(self.skip_blanks(line + end));
        (!name.is_empty() && name.start >= line).then_some(name)
    }

    /// Returns the first element of a pair of Kotlin whose second is the value: `"name" to "value"`.
    fn first_of_pair(&self, at: usize, value: &Range<usize>) -> Option<Range<usize>> {
        let head = self.text[self.floor..at].strip_suffix(b" to")?;
        let end = self.floor + head.len();
        let is_pair = matches!(self.byte(end), Some(b'"'))
            && matches!(self.text[..value.start].last(), Some(b'"'));
        is_pair.then(|| self.key(end))
    }

    /// Returns the slot after a word, with or without blanks between them.
    pub(crate) fn slot_after_word(&self, at: usize, value: &Range<usize>) -> Slot {
        if let Some(slot) = self.slot_after_scheme(at) {
            return slot;
        }
        let mut word = self.key(at);
        if let Some(name) = self.first_of_pair(at, value) {
            return Slot::new(SlotKind::Assigned, name);
        }
        let flag = &self.text[word.clone()];
        // A value that is glued to a token has the name of both: `TOKEN=ghp_..value`.
        let is_token = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
        if at == value.start && flag.len() >= SHORTEST_TOKEN && flag.iter().all(is_token) {
            return self.slot_left_of(word.start, value);
        }
        if (is_generic(flag) || lists().body_flags.contains(flag))
            && let Some(name) = self
                .flag_before(word.start)
                .or_else(|| self.flag_after(value.end))
        {
            word = name;
        }
        if is_generic(&self.text[word.clone()])
            && let Some(name) = self.declared_before(word.start)
        {
            return Slot::new(SlotKind::Assigned, name);
        }
        // `ConvertTo-SecureString -String "value"`: the command is a better name than its parameter.
        if lists().silent_parameters.contains(&self.text[word.clone()]) {
            word = self.key(self.skip_blanks(word.start));
        }
        let text = &self.text[word.clone()];
        if !text.iter().any(|b| is_word_byte(*b)) || is_symbol(text) {
            return self.slot_after_bullet(at, value);
        }
        // Textile marks a block of code with a word.
        let opens_line = word.start == 0 || self.byte(word.start) == Some(b'\n');
        if opens_line && lists().block_marks.contains(text) {
            return self.slot_at_line_start(word.start, value);
        }
        if lists().emitters.contains(text) {
            return Slot::new(SlotKind::Follows, 0..0);
        }
        if lists().copulas.contains_any_case(text) {
            return self
                .slot_of_handover(Slot::new(SlotKind::Follows, self.phrase_key(word)), value);
        }
        // `use the key for GitHub value`.
        if self.is_service_in_prose(&word) {
            return Slot::new(SlotKind::Follows, self.phrase_key(word));
        }
        // A keyword of Clojure: `{:oauth-token "value"}`.
        let quoted = matches!(self.text[..value.start].last(), Some(b'"'));
        if quoted && text.len() > 2 && text.starts_with(b":") {
            return Slot::new(SlotKind::Assigned, word);
        }
        Slot::new(SlotKind::Follows, word)
    }
}
