//! Prose around a value without a name: the nearest word that tells what the value is.

use std::ops::Range;

use super::attribution::{TELLING, is_about_change, is_of_earlier};
use super::host_names::is_host;
use super::lines::is_comment;
use crate::judge::text_cache::TextCache;
use crate::judge::vocabulary::{Lexicon, Vocabulary, WordClass, is_inside_word, lists};
use crate::span::line_start;

/// Maximum distance in bytes, and number of lines with text, before a value at which prose is read.
const BEFORE: usize = 480;
const LINES: usize = 6;

/// Maximum distance in bytes after a value, and number of lines, at which prose is read.
const AFTER: usize = 240;
const LINES_AFTER: usize = 3;

/// Minimum number of words of a sentence before a value in a comment.
const SENTENCE: usize = 3;

/// Number of words in which the verb of a sentence follows its subject.
const VERB: usize = 3;

/// Prose before or after a value.
#[derive(Default)]
struct Prose {
    /// Classes of all words.
    all: WordClass,
    /// The first and the last word that is for a credential or for an id.
    first: Option<(WordClass, Range<usize>)>,
    last: Option<(WordClass, Range<usize>)>,
    /// True if one of the first words is a verb of a change.
    changes: bool,
}

/// Returns the range of the word for a credential, if that is the nearest word for a credential or an id: before the
/// value, or else after it on its line. GitHub must be named too.
pub(crate) fn find_credential_word(
    vocabulary: &Vocabulary,
    memory: &TextCache,
    text: &[u8],
    value: &Range<usize>,
) -> Option<Range<usize>> {
    let start = prose_start(text, value.start);
    let (line, end) = prose_end(text, value.end);
    // The search does not read a word that the start cuts as the lexicon does.
    let may_name =
        is_inside_word(text, start) || memory.may_name_github(vocabulary, text, start..end);
    if !may_name {
        return None;
    }
    let lexicon = &vocabulary.lexicon;
    let before = read_prose(lexicon, text, start..value.start);
    let after = read_prose(lexicon, text, value.end..line);
    let below = read_prose(lexicon, text, line..end);
    if after.changes || is_about_change(lexicon, text, value) {
        return None;
    }
    let all = before.all.or(after.all).or(below.all);
    let own = before
        .last
        .filter(|(_, word)| !is_of_earlier(text, word, value));
    let (class, word) = own.or(after.first)?;
    let is_told = all.has(WordClass::GITHUB) && class.has(WordClass::SECRET);
    is_told.then_some(word)
}

/// Returns the start of the prose before `at`.
fn prose_start(text: &[u8], at: usize) -> usize {
    let floor = at.saturating_sub(BEFORE);
    let mut start = line_start(text, floor, at);
    let own = &text[start..at];
    // The result of an expression is told by that expression alone: `; => "value"`.
    let is_result = memchr::memmem::find(own, b"=>").is_some()
        && !own.iter().any(|b| b.is_ascii_alphanumeric());
    let lines = if is_result { 2 } else { LINES };
    let is_remark = is_remark(own);
    for _ in 1..lines {
        let mut end = start;
        while end > floor && matches!(text[end - 1], b'\n' | b'\r' | b' ') {
            end -= 1;
        }
        let above = line_start(text, floor, end);
        if is_remark && !is_comment(&text[above..end]) {
            break;
        }
        start = above;
    }
    start
}

/// Returns true if the text before a value on its line is a sentence in a comment, which that comment tells about and not
/// the code above.
fn is_remark(own: &[u8]) -> bool {
    let words = own.split(u8::is_ascii_whitespace).filter(|w| w.len() > 1);
    is_comment(own) && words.count() >= SENTENCE
}

/// Returns the start of the comment in which the value ends a sentence.
pub(super) fn remark_start(text: &[u8], at: usize) -> Option<usize> {
    let own = line_start(text, at.saturating_sub(BEFORE), at);
    is_remark(&text[own..at]).then(|| prose_start(text, at))
}

/// Returns the end of the value's line and that of the prose after `at`.
fn prose_end(text: &[u8], at: usize) -> (usize, usize) {
    let ceiling = text.len().min(at + AFTER);
    let breaks = |n: usize| memchr::memchr_iter(b'\n', &text[at..ceiling]).nth(n);
    let end = |n: usize| breaks(n).map_or(ceiling, |len| at + len);
    (end(0), end(LINES_AFTER - 1))
}

/// Returns a word without the punctuation at its start and its end.
pub(super) fn trim_marks(word: &[u8]) -> &[u8] {
    let is_inside = |b: &u8| !b.is_ascii_punctuation();
    let Some(start) = word.iter().position(is_inside) else {
        return &[];
    };
    let end = word.iter().rposition(is_inside).map_or(start, |n| n + 1);
    &word[start..end]
}

/// Reads the words of a part of a text. An address has no words for credentials, only the names of services.
fn read_prose(lexicon: &Lexicon, text: &[u8], part: Range<usize>) -> Prose {
    let mut prose = Prose::default();
    let (mut opened, mut words) = (false, 0);
    let mut at = part.start;
    for word in text[part].split(u8::is_ascii_whitespace) {
        let range = at..at + word.len();
        at = range.end + 1;
        if word.len() < 2 {
            continue;
        }
        words += 1;
        prose.changes |= words <= VERB && lists().change_verbs.contains_any_case(word);
        let reading = lexicon.read(word);
        if is_address(word) {
            prose.all = prose.all.or(reading.all.only(WordClass::SERVICE));
            continue;
        }
        prose.all = prose.all.or(reading.all);
        // `api key`.
        let closes = opened && reading.all.has(WordClass::PAIR_END);
        opened = reading.end.has(WordClass::PAIR_START);
        let class = if closes {
            WordClass::SECRET
        } else if lists().change_words.contains_any_case(trim_marks(word)) {
            WordClass::HASH
        } else {
            reading.last.only(TELLING)
        };
        if class.has(TELLING) {
            prose.first.get_or_insert((class, range.clone()));
            prose.last = Some((class, range));
        }
    }
    prose
}

/// Returns true for a URL, a path, a file name or a host name.
fn is_address(word: &[u8]) -> bool {
    let ends = |dot: usize| lists().file_endings.contains(&word[dot + 1..]);
    if memchr::memrchr(b'.', word).is_some_and(|dot| dot > 0 && ends(dot)) {
        return true;
    }
    let mark = |b: &u8| !(b.is_ascii_alphanumeric() || *b == b'/' || *b == b'.');
    let skip = word.iter().take_while(|b| mark(b)).count();
    let word = &word[skip..];
    let host = word.split(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-')));
    memchr::memmem::find(word, b"://").is_some()
        || memchr::memchr_iter(b'/', word).nth(1).is_some()
        || host.map(|h| h.strip_suffix(b".").unwrap_or(h)).any(is_host)
}
