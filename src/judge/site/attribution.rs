//! Whose words they are: of the value, of another value before it, or of the change that it is the id of.

use std::ops::Range;

use super::lines::line_above;
use super::slot::DIGITS;
use crate::judge::vocabulary::{Lexicon, WordClass, lists};
use crate::span::line_start;

/// Maximum length in bytes of a line that is read.
const LINE: usize = 200;

/// Maximum number of words of an answer that precedes its value, with the time and the speaker.
const ANSWER: usize = 4;

/// Classes of words that tell what a value is.
pub(super) const TELLING: WordClass = WordClass::SECRET.or(WordClass::HASH);

/// Returns true if a word before the value tells about another value, between the two: `the token is A, deployed B`. The
/// values of a list are all told by the word before it.
pub(crate) fn is_of_earlier(text: &[u8], word: &Range<usize>, value: &Range<usize>) -> bool {
    let is_value = |part: &[u8]| part.len() == DIGITS && part.iter().all(u8::is_ascii_hexdigit);
    let (mut at, mut other) = (word.end, None);
    for part in text[word.end..value.start].split(|b| !b.is_ascii_alphanumeric()) {
        at += part.len() + 1;
        if is_value(part) {
            other = Some(at - 1);
        }
    }
    other.is_some_and(|end| !is_same_list(text, word, end, value))
}

/// Returns true if the value that ends at `end` and the next one are members of one list: only marks separate them, each
/// has one name (`ann: A, bo: B`), or their lines begin alike.
fn is_same_list(text: &[u8], word: &Range<usize>, end: usize, value: &Range<usize>) -> bool {
    let gap = &text[end..value.start];
    let head_of = |at: usize| {
        let line = line_start(text, at.saturating_sub(LINE), at);
        let head = &text[line..at];
        let item = head.iter().rposition(|b| matches!(b, b',' | b';'));
        line + item.map_or(0, |n| n + 1)..at
    };
    let (first, own) = (head_of(end - DIGITS), head_of(value.start));
    let named = |head: &Range<usize>| {
        let name = text[head.clone()].trim_ascii_end();
        count_words(name) == 1 && matches!(name.last(), Some(b':' | b'='))
    };
    if !gap.contains(&b'\n') {
        return count_words(gap) == 0 || named(&first) && named(&own);
    }
    let rest = &text[value.end..text.len().min(value.end + LINE)];
    let is_alone = count_words(&text[own.clone()]) == 0
        && count_words(&rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())]) == 0;
    let lines = gap.split(|b| *b == b'\n').count();
    let is_adjacent =
        (gap.split(|b| *b == b'\n').skip(1).take(lines - 2)).all(|l| count_words(l) == 0);
    let digit = |b: &u8| if b.is_ascii_digit() { b'0' } else { *b };
    let alike = || {
        let (a, b) = (&text[first.clone()], &text[own.clone()]);
        a.iter().map(digit).eq(b.iter().map(digit))
    };
    is_adjacent && (is_alone || alike() || word.end <= first.start && named(&first) && named(&own))
}

/// Returns the number of words of a text; a run of a script without blanks counts as several.
fn count_words(text: &[u8]) -> usize {
    const WIDE: usize = 12;
    let words =
        text.split(|b| !(b.is_ascii_alphanumeric() || *b >= 0x80 || *b == b'_' || *b == b'-'));
    words
        .filter(|w| w.iter().any(|b| b.is_ascii_alphabetic() || *b >= 0x80))
        .map(|w| 1 + w.iter().filter(|b| **b >= 0xe3).count() * 3 / WIDE)
        .sum()
}

/// Returns true if the text before the value asks for a version: `which commit broke the token check?`. The first word for
/// an id or a credential in the question tells what it asks for.
fn answers_about_version(lexicon: &Lexicon, text: &[u8], at: usize) -> bool {
    let line = line_start(text, at.saturating_sub(LINE), at);
    let mark = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'}' | b',' | b'*' | b'`');
    let asks = |line: &Range<usize>| {
        let body = &text[line.clone()];
        let len = body.iter().rposition(|b| !mark(b)).map_or(0, |n| n + 1);
        body[..len].ends_with(b"?") || body[..len].ends_with("？".as_bytes())
    };
    // A short answer may precede the value: `this one`, then the value.
    let mut question = line_above(text, line);
    let told = |line: &Range<usize>| lexicon.sense(&text[line.clone()]).has(TELLING);
    if !asks(&question) && count_words(&text[question.clone()]) <= ANSWER && !told(&question) {
        question = line_above(text, question.start);
    }
    let asks = asks(&question);
    // In a log of JSON the words of the message follow its key.
    let question = &text[question];
    let said = memchr::memmem::rfind(question, b"\": \"").map_or(0, |at| at + 4);
    let question = &question[said..];
    let version = WordClass::HASH.or(WordClass::MAYBE_HASH);
    let mut words = question.split(|b| !(b.is_ascii_alphanumeric() || *b >= 0x80));
    let first = words.find_map(|word| {
        let class = lexicon.sense(word);
        let runs = lists().running_words.contains_any_case(word);
        (runs || class.has(version.or(WordClass::SECRET))).then_some(runs || class.has(version))
    });
    asks && first == Some(true)
}

/// Returns true if the words around the value, whatever else they tell, are about a change.
pub(crate) fn is_about_change(lexicon: &Lexicon, text: &[u8], value: &Range<usize>) -> bool {
    announces_version(lexicon, &text[..value.start])
        || answers_about_version(lexicon, text, value.start)
        || opens_statement(lexicon, text, value)
        || is_cited_behind(lexicon, text, value)
}

/// Returns true if the value is the subject of a sentence that names no credential: `Thanks. value repairs the build`.
fn opens_statement(lexicon: &Lexicon, text: &[u8], value: &Range<usize>) -> bool {
    const REACH: usize = 120;
    const WORDS: usize = 2;
    let mark = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'`' | b'"' | b'\'' | b'*');
    let head = &text[value.start.saturating_sub(REACH)..value.start];
    let head = &head[..head.iter().rposition(|b| !mark(b)).map_or(0, |n| n + 1)];
    let opens =
        matches!(head.last(), Some(b'.' | b'?' | b'!' | b';')) || head.ends_with("。".as_bytes());
    let rest = &text[value.end..text.len().min(value.end + REACH)];
    let skip = rest.iter().take_while(|b| mark(b) && **b != b'\n').count();
    let ends = |b: &u8| {
        matches!(
            b,
            b'.' | b',' | b';' | b':' | b'!' | b'?' | b'(' | b')' | b'='
        )
    };
    let rest = &rest[skip..];
    let clause = &rest[..rest.iter().position(ends).unwrap_or(rest.len())];
    let words = clause
        .split(u8::is_ascii_whitespace)
        .filter(|w| !w.is_empty());
    opens
        && !clause.starts_with(b"\n")
        && words.count() >= WORDS
        && !lexicon.sense(clause).has(TELLING)
}

/// Returns true if a particle behind the value cites it as a change, and neither the word before nor one behind it is for
/// a credential: `value で変更`, `value ile düzeltildi`.
pub(crate) fn is_cited_behind(lexicon: &Lexicon, text: &[u8], value: &Range<usize>) -> bool {
    const REACH: usize = 60;
    const WIDE: usize = 12;
    let rest = &text[value.end..text.len().min(value.end + REACH)];
    let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
    let mark = |b: &&u8| matches!(b, b' ' | b'`' | b'"' | b'\'' | b'*');
    let behind = &line[line.iter().take_while(mark).count()..];
    let cited = lists().citing_behind.prefix_of(behind).is_some()
        && lists().copulas_behind.prefix_of(behind).is_none();
    let head = &text[value.start.saturating_sub(REACH)..value.start];
    let mut words = head.rsplit(u8::is_ascii_whitespace);
    let before = words.find(|w| w.iter().any(|b| b.is_ascii_alphabetic() || *b >= 0x80));
    // In scripts without blanks a word that is for a credential ends in one.
    let told = |part: &[u8]| {
        let wide = part.last().is_some_and(|b| *b >= 0x80) && part.len() > WIDE;
        let end = if wide {
            &part[part.len() - WIDE..]
        } else {
            part
        };
        lexicon.read(end).last.has(WordClass::SECRET)
    };
    let logs_in =
        lexicon.sense(behind).has(WordClass::SECRET) || lists().login_verbs.is_part_of(behind);
    cited && !before.is_some_and(told) && !logs_in
}

/// Returns true if the sentence that announces the value, with a colon or without an end, is about a version and no credential:
/// `Our token is in the vault. The version on the server:`.
fn announces_version(lexicon: &Lexicon, before: &[u8]) -> bool {
    const REACH: usize = 120;
    let near = &before[before.len().saturating_sub(REACH)..];
    let mark = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'`' | b'"' | b'*');
    let len = near.iter().rposition(|b| !mark(b)).map_or(0, |n| n + 1);
    let (body, gap) = near.split_at(len);
    let is_letter = |b: &u8| b.is_ascii_lowercase() || *b >= 0x80;
    let body = match body.strip_suffix(b":") {
        Some(body) => body,
        // A sentence that goes on to the value: `To get the last version without it, check out`.
        None if gap.contains(&b'\n') && body.last().is_some_and(is_letter) => body,
        None => return false,
    };
    let ends = |pair: &[u8]| pair[0] == b'\n' || matches!(pair, b". " | b"? " | b"! " | b"; ");
    let start = body.windows(2).rposition(ends).map_or(0, |n| n + 1);
    is_about_version(lexicon, &body[start..])
}

/// Returns true if a sentence is about a version: it has a word for one, and no word for a credential but behind a word
/// such as `for`: `The fix for the old token is`.
fn is_about_version(lexicon: &Lexicon, sentence: &[u8]) -> bool {
    let version = WordClass::MAYBE_HASH.or(WordClass::HASH);
    let mut words = sentence
        .split(|b| !(b.is_ascii_alphanumeric() || *b >= 0x80))
        .filter(|w| !w.is_empty())
        .peekable();
    let (mut named, mut joined) = (false, false);
    while let Some(word) = words.next() {
        let class = lexicon.sense(word);
        if class.has(WordClass::SECRET) {
            return named && joined;
        }
        let is_worker = words
            .peek()
            .is_some_and(|next| lists().workers.contains_any_case(next));
        if class.has(version) && !is_worker {
            named = true;
        }
        joined |= named && lists().of_words.contains_any_case(word);
    }
    named
}
