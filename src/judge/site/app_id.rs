//! Id of an OAuth app beside a value: 20 hex digits, or one of the newer forms.

use std::ops::Range;

use super::lines::{is_pair, line_above, line_around_within, line_below};
use crate::judge::vocabulary::{Vocabulary, WordClass, lists};

/// Returns the range of the id of an OAuth app close by.
pub(crate) fn find_client_id(
    vocabulary: &Vocabulary,
    text: &[u8],
    value: &Range<usize>,
) -> Option<Range<usize>> {
    let from = value.start.saturating_sub(200);
    let to = text.len().min(value.end + 160);
    [from..value.start, value.end..to]
        .into_iter()
        .find_map(|part| {
            long_words(text, part)
                .find(|w| is_client_id(vocabulary, &text[..w.start], &text[w.clone()]))
        })
}

/// Returns the range of the id of an app, on the line above a secret or below it, that has not the form of GitHub's:
/// `client_id: value` of 40 digits.
pub(crate) fn find_other_app_id(
    vocabulary: &Vocabulary,
    text: &[u8],
    value: &Range<usize>,
) -> Option<Range<usize>> {
    let own = line_around_within(text, value);
    let below = line_below(text, own.end);
    [line_above(text, own.start), below]
        .into_iter()
        .filter(|line| line.start < line.end && is_pair(&text[line.clone()]))
        .find_map(|line| other_id_on(vocabulary, text, line))
}

/// Returns the id of an app on a line, if its name is one's and its form is not that of GitHub's.
fn other_id_on(vocabulary: &Vocabulary, text: &[u8], line: Range<usize>) -> Option<Range<usize>> {
    let mark = line.start + memchr::memchr2(b'=', b':', &text[line.clone()])?;
    let name = text[line.start..mark].to_ascii_lowercase();
    let letters = name.iter().rposition(u8::is_ascii_alphanumeric)? + 1;
    let is_id = name[..letters].ends_with(b"id") || name[..letters].ends_with(b"key");
    let named = is_id
        && vocabulary
            .lexicon
            .sense(&text[line.start..mark])
            .has(WordClass::CLIENT);
    let start = mark
        + text[mark..line.end]
            .iter()
            .position(u8::is_ascii_alphanumeric)?;
    let in_id = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let len = text[start..line.end].iter().take_while(in_id).count();
    let id = &text[start..start + len];
    let count = |is: fn(&u8) -> bool| id.iter().filter(|b| is(b)).count();
    let is_random = count(u8::is_ascii_digit) > 3 && count(u8::is_ascii_alphabetic) > 3;
    let of_github = len <= LONGEST_ID
        || lists().app_id_prefixes.prefix_of(id).is_some()
        || lists().app_id_starts.prefix_of(id).is_some();
    (named && is_random && !of_github).then_some(start..start + len)
}

/// Minimum and maximum length of the id of an app in bytes, without its prefix.
const SHORTEST_ID: usize = 16;
const LONGEST_ID: usize = 20;

/// Returns the whole words of this part of a text that are as long as an id. Only every 16th byte is checked, which
/// finds every word of that length.
fn long_words(text: &[u8], part: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let in_word = |at: usize| text[at].is_ascii_alphanumeric();
    let mut at = part.start + SHORTEST_ID - 1;
    std::iter::from_fn(move || {
        while at < part.end {
            let here = at;
            at += SHORTEST_ID;
            if !in_word(here) {
                continue;
            }
            let (mut start, mut end) = (here, here + 1);
            // A word with one byte more than the longest id is not an id.
            let (floor, ceiling) = (here.saturating_sub(LONGEST_ID), text.len());
            while start > floor && in_word(start - 1) {
                start -= 1;
            }
            while end < ceiling && end - start <= LONGEST_ID && in_word(end) {
                end += 1;
            }
            let whole = start >= part.start && end <= part.end;
            if whole && (SHORTEST_ID..=LONGEST_ID).contains(&(end - start)) {
                return Some(start..end);
            }
        }
        None
    })
}

fn is_client_id(vocabulary: &Vocabulary, before: &[u8], word: &[u8]) -> bool {
    let hex = word.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let letters = word.iter().any(|b| matches!(b, b'a'..=b'f'));
    match word.len() {
        16 => hex && lists().app_id_prefixes.suffix_of(before).is_some(),
        20 if lists().app_id_starts.prefix_of(word).is_some() => true,
        20 => hex && letters && may_name_app_id(vocabulary, before),
        _ => false,
    }
}

/// Returns true if the text before 20 hex digits may introduce the id of an app: a quote, or a name that fits.
fn may_name_app_id(vocabulary: &Vocabulary, before: &[u8]) -> bool {
    const REACH: usize = 100;
    let name = before.trim_ascii_end();
    let Some((mark, name)) = name.split_last() else {
        return true;
    };
    // An id passed to a function for gists is not the id of an app: `gists.get("...")`.
    let line = memchr::memrchr(b'\n', name).map_or(name, |n| &name[n + 1..]);
    let line = line[line.len().saturating_sub(REACH)..].to_ascii_lowercase();
    if lists().other_id_words.is_part_of(&line) && !lists().app_words.is_part_of(&line) {
        return false;
    }
    if !matches!(mark, b'=' | b':') {
        // A part of a path is the id of another object.
        return *mark != b'/';
    }
    let name = &name[name.len().saturating_sub(40)..];
    let line = memchr::memrchr(b'\n', name).map_or(name, |n| &name[n + 1..]);
    let says = vocabulary.lexicon.read(line).all;
    let id = line.trim_ascii_end().to_ascii_lowercase();
    let id = lists().id_endings.suffix_of(&id).is_some();
    id || says.has(WordClass::CLIENT.or(WordClass::WEAK).or(WordClass::GITHUB))
}
