//! Titles of changes before the id of the change: subjects of commits, items of changelogs, comments in lists of ids.

use std::ops::Range;

use super::reader::{SlotReader, is_word_byte};
use crate::judge::vocabulary::{Vocabulary, WordClass, lists};
use crate::span::line_start;

/// Minimum number of words of a title.
const WORDS: usize = 3;

impl SlotReader<'_> {
    /// Returns true if the title of a change precedes the value: `"store the token in the keyring" - value`,
    /// `* fix: do not print the token value`, or the comment `# move the tokens` on the line above.
    pub(crate) fn is_titled(&self, value: &Range<usize>) -> bool {
        let line = line_start(self.text, self.floor, value.start);
        let head = &self.text[line..value.start];
        match head.last() {
            None => self.is_under_title(line, value),
            Some(b' ' | b'(' | b'[') => ends_in_quoted_title(head) || self.is_item(head, value),
            _ => false,
        }
    }

    /// Returns true if the item of a list before the value describes a change, and the value ends the item.
    fn is_item(&self, head: &[u8], value: &Range<usize>) -> bool {
        let rest = &self.text[value.end..self.text.len().min(value.end + 4)];
        let mark = |b: &&u8| matches!(b, b')' | b']' | b'.' | b',' | b'\r');
        let close = rest.iter().take_while(mark).count();
        if !matches!(rest.get(close), None | Some(b'\n')) {
            return false;
        }
        let item = head.trim_ascii();
        let listed = matches!(item.first(), Some(b'*' | b'-' | b'+'));
        let bullet = |b: &&u8| matches!(b, b'*' | b'-' | b'+' | b' ');
        let item = &item[item.iter().take_while(bullet).count()..];
        let mut words = item.split(u8::is_ascii_whitespace);
        let first = words.next().unwrap_or_default();
        let last = item
            .rsplit(u8::is_ascii_whitespace)
            .next()
            .unwrap_or_default();
        let count = words.filter(|w| w.iter().any(|b| is_word_byte(*b))).count();
        if count + 1 < WORDS || matches!(last.last(), Some(b':' | b'=' | b'>')) {
            return false;
        }
        // `fix:` and `fix(cli):` mark the kind of a change.
        let kind = first.strip_suffix(b":").map(|kind| {
            let scope = memchr::memchr(b'(', kind).unwrap_or(kind.len());
            &kind[..scope]
        });
        if kind.is_some_and(|kind| lists().title_words.contains_any_case(kind)) {
            return true;
        }
        let is_named = Vocabulary::builtin()
            .lexicon
            .sense(last)
            .has(WordClass::SECRET.or(WordClass::GITHUB));
        listed && !is_named && lists().title_words.contains_any_case(first)
    }

    /// Returns true if the value is alone on its line and the comment above it describes a change.
    fn is_under_title(&self, line: usize, value: &Range<usize>) -> bool {
        let ends = matches!(self.text.get(value.end), None | Some(b'\n' | b'\r'));
        let Some(above) = line.checked_sub(1).filter(|_| ends) else {
            return false;
        };
        let start = line_start(self.text, self.floor, above);
        let body = self.text[start..above].trim_ascii();
        let marked = body.starts_with(b"#") || body.starts_with(b"//") || body.starts_with(b";");
        if !marked || matches!(body.last(), Some(b':' | b'=')) {
            return false;
        }
        let mut words = body
            .split(|b| !is_word_byte(*b) && *b != b'-')
            .filter(|w| !w.is_empty());
        let is_title = |word: Option<&[u8]>| {
            word.is_some_and(|word| lists().title_words.contains_any_case(word))
        };
        let count = words.clone().count();
        count >= WORDS && (is_title(words.next()) || is_title(words.next_back()))
    }
}

/// Returns true if a word of a change precedes the quoted phrase at the end of `head`.
fn is_titled_quote(head: &[u8]) -> bool {
    let Some(open) = memchr::memrchr(b'"', &head[..head.len() - 1]) else {
        return false;
    };
    let word = head[..open].trim_ascii_end();
    let letters = word.iter().rev().take_while(|b| is_word_byte(**b)).count();
    lists()
        .title_words
        .contains_any_case(&word[word.len() - letters..])
}

/// Returns true if a quoted phrase of several words ends `head`, with nothing but blanks, dashes and brackets behind it.
fn ends_in_quoted_title(head: &[u8]) -> bool {
    let gap = |b: &&u8| matches!(b, b' ' | b'-' | b'(' | b'[');
    let end = head.len() - head.iter().rev().take_while(gap).count();
    // `Revert "store the token":`.
    let end = end - usize::from(head[..end].ends_with(b"\":") && is_titled_quote(&head[..end - 1]));
    let Some((quote @ (b'"' | b'\'' | b'`'), phrase)) = head[..end].split_last() else {
        return false;
    };
    let Some(open) = memchr::memrchr(*quote, phrase) else {
        return false;
    };
    let inside = &phrase[open + 1..];
    let words = inside.split(|b| *b == b' ').filter(|w| !w.is_empty());
    let last = words.clone().next_back().unwrap_or_default();
    let announces = matches!(last.last(), Some(b':' | b'=' | b'{' | b'/'))
        || lists().copulas.contains_any_case(last);
    words.count() >= WORDS && !announces
}
