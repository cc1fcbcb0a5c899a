//! Service that the prose before a value names: by the nearest sentence about a credential, or by a short answer.

use std::ops::Range;

use super::told::trim_marks;
use crate::judge::vocabulary::{Lexicon, WordClass, lists};
use crate::span::line_start;

/// Maximum distance in bytes, and number of lines, before a value at which sentences are read.
const BEFORE: usize = 480;
const LINES: usize = 7;

/// Maximum number of words of an answer, with the time and the speaker.
const ANSWER: usize = 6;

/// Maximum number of words from a negation to the service that it excludes.
const NEGATED: usize = 3;

/// Sentence before a value.
#[derive(Default)]
struct Sentence {
    words: usize,
    has_secret: bool,
    /// True if the sentence names GitHub and does not exclude it.
    github: bool,
    /// Range of the name of another service.
    other: Option<Range<usize>>,
}

/// Returns the name of another service in the nearest sentence that names a service with a credential or in answer to a
/// question, or in a heading, if that sentence does not name GitHub: `Token for Gitea:`, `no, the one of Gitea`.
pub(crate) fn find_other_service(
    lexicon: &Lexicon,
    text: &[u8],
    value: &Range<usize>,
) -> Option<Range<usize>> {
    let floor = value.start.saturating_sub(BEFORE);
    let mut end = value.start;
    let mark = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'`' | b'"' | b'*' | b'<' | b'>');
    let mut lines = 0;
    while lines < LINES {
        let start = line_start(text, floor, end);
        lines += usize::from(!text[start..end].trim_ascii().is_empty());
        for sentence in split_sentences(text, start..end).rev() {
            let is_line = sentence.start == start;
            // `no, GitHub's is in the vault. This one is for Sonar:`.
            let body = &text[sentence.clone()];
            let len = body.iter().rposition(|b| !mark(b)).map_or(0, |n| n + 1);
            let announces = body[..len].ends_with(b":") || body.starts_with(b"#");
            let sentence = read_sentence(lexicon, text, sentence);
            let named = sentence.github || sentence.other.is_some();
            if named && (sentence.has_secret || announces || is_line && sentence.words <= ANSWER) {
                return sentence.other.filter(|_| !sentence.github);
            }
        }
        if start <= floor {
            return None;
        }
        end = start - 1;
    }
    None
}

/// Returns the sentences of a line, in order.
fn split_sentences(text: &[u8], line: Range<usize>) -> std::vec::IntoIter<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = line.start;
    for at in memchr::memchr3_iter(b'.', b'?', b'!', &text[line.clone()]).map(|n| line.start + n) {
        if text.get(at + 1).is_some_and(u8::is_ascii_whitespace) {
            parts.push(start..at);
            start = at + 1;
        }
    }
    parts.push(start..line.end);
    parts.into_iter()
}

/// Reads the words of a sentence.
fn read_sentence(lexicon: &Lexicon, text: &[u8], part: Range<usize>) -> Sentence {
    let mut sentence = Sentence::default();
    let mut at = part.start;
    let mut since_negation = usize::MAX;
    let mut ci_service = None;
    for word in text[part].split(u8::is_ascii_whitespace) {
        let range = at..at + word.len();
        at = range.end + 1;
        let bare = trim_marks(word);
        if bare.is_empty() {
            continue;
        }
        sentence.words += 1;
        since_negation = since_negation.saturating_add(1);
        if lists().negations.contains_any_case(bare) {
            since_negation = 0;
        }
        let class = lexicon.sense(bare);
        sentence.has_secret |= class.has(WordClass::SECRET);
        // `the Buildkite agent token` is that service's own.
        if let Some(service) = ci_service.take()
            && lists().agent_words.contains_any_case(bare)
        {
            sentence.other = Some(service);
        }
        if lists().ci_services.contains_any_case(bare) {
            ci_service = Some(range.clone());
        }
        sentence.github |= class.has(WordClass::GITHUB) && since_negation > NEGATED;
        let is_common = || {
            let lower = bare.to_ascii_lowercase();
            lists().common_names.is_part_of(&lower) || lists().ci_services.is_part_of(&lower)
        };
        if class.is_of_another_service() && !is_common() {
            sentence.other = Some(range);
        }
        // A negation does not go on behind a comma: `no, the one of GitHub`.
        if word.ends_with(b",") {
            since_negation = usize::MAX;
        }
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::vocabulary::Vocabulary;

    fn other(text: &str) -> Option<&str> {
        let at = text.find("<H>").unwrap();
        let lexicon = &Vocabulary::builtin().lexicon;
        find_other_service(lexicon, text.as_bytes(), &(at..at + 3)).map(|r| &text[r])
    }

    #[test]
    fn the_nearest_sentence_about_a_credential_names_the_service() {
        for (text, want) in [
            (
                "GitHub needs none. The token for Gitea:\n<H>",
                Some("Gitea:"),
            ),
            ("Gitea needs none. The token for GitHub:\n<H>", None),
            (
                "ann: the github token?\nbob: no, gitea\nbob: <H>",
                Some("gitea"),
            ),
            ("ann: the gitea token?\nbob: no, github\nbob: <H>", None),
            ("It is for Grafana, not GitHub:\n<H>", Some("Grafana,")),
            (
                "The token of our Sentry. GitHub only mirrors the sources of the site here.\n<H>",
                Some("Sentry"),
            ),
            ("Our GitHub token, until we have Vault:\n<H>", None),
            (
                "The Gitea here mirrors all that the people push.\nThe token:\n<H>",
                None,
            ),
        ] {
            assert_eq!(other(text), want, "{text}");
        }
    }
}
