//! Prefilter for words that connect a value with GitHub or with a credential.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;

use super::credential_prefilter::CredentialWords;
use super::multi_literal::MultiLiteral;
use super::word_list::WordList;

/// Stems as written in `rules/judge/words.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawStems {
    pub(crate) values: Vec<String>,
    not_before: BTreeMap<String, WordList>,
    not_after: BTreeMap<String, WordList>,
    at_start: WordList,
    statements: WordList,
}

/// Search for the stems and for the words that name a credential.
#[derive(Clone, Debug)]
pub(crate) struct StemPrefilter {
    stems: MultiLiteral,
    credentials: CredentialWords,
    exceptions: Vec<StemException>,
    /// Words for a credential that are also statements.
    statements: WordList,
}

/// Places in which a stem does not count.
#[derive(Clone, Debug)]
struct StemException {
    stem: Box<[u8]>,
    /// Texts behind the stem, in any case.
    not_before: WordList,
    /// Texts before the stem.
    not_after: WordList,
    /// True if a small letter before the stem excludes it.
    at_start: bool,
}

impl StemPrefilter {
    /// Compiles the stems and the words for a credential.
    ///
    /// # Errors
    /// Returns an error if there are too many stems.
    pub(crate) fn new(
        raw: &RawStems,
        credentials: CredentialWords,
    ) -> Result<StemPrefilter, String> {
        let listed = |lists: &BTreeMap<String, WordList>, stem: &str| {
            lists.get(stem).cloned().unwrap_or_default()
        };
        let exception = |stem: &String| StemException {
            stem: stem.as_bytes().into(),
            not_before: listed(&raw.not_before, stem),
            not_after: listed(&raw.not_after, stem),
            at_start: raw.at_start.contains(stem.as_bytes()),
        };
        let is_excepted = |stem: &&String| {
            raw.not_before.contains_key(*stem)
                || raw.not_after.contains_key(*stem)
                || raw.at_start.contains(stem.as_bytes())
        };
        Ok(StemPrefilter {
            stems: MultiLiteral::new(&raw.values)?,
            credentials,
            exceptions: raw
                .values
                .iter()
                .filter(is_excepted)
                .map(exception)
                .collect(),
            statements: raw.statements.clone(),
        })
    }

    /// Finds the first place in this part of a text that may have a word for GitHub or a credential.
    pub(crate) fn find(&self, text: &[u8], part: Range<usize>) -> Option<usize> {
        let stem = self.first_stem(text, part.clone());
        let before = part.start..stem.unwrap_or(part.end);
        let counts = |word: Range<usize>| {
            !self.statements.contains(&text[word.clone()]) || !is_statement(text, &word)
        };
        let word = self.credentials.find(text, before, counts);
        word.map(|word| word.start).or(stem)
    }

    /// Finds the first stem in this part of a text that is not in one of the excluded words.
    fn first_stem(&self, text: &[u8], part: Range<usize>) -> Option<usize> {
        let Range { mut start, end } = part;
        while start < end {
            let (_, from, to) = self.stems.find(text, start, end)?;
            if self.counts(text, from..to) {
                return Some(from);
            }
            start = from + 1;
        }
        None
    }

    /// Returns true if a stem counts in its word; it does not in `registry`, `October` and `SOURCE_PATH`.
    fn counts(&self, text: &[u8], stem: Range<usize>) -> bool {
        let word = &text[stem.clone()];
        let Some(exception) = self.exceptions.iter().find(|e| *e.stem == *word) else {
            return true;
        };
        let (before, rest) = (&text[..stem.start], &text[stem.end..]);
        let is_inside = exception.at_start && before.last().is_some_and(u8::is_ascii_lowercase);
        let goes_on = |end: &[u8]| {
            rest.get(..end.len())
                .is_some_and(|r| r.eq_ignore_ascii_case(end))
        };
        !is_inside
            && exception.not_after.suffix_of(before).is_none()
            && !exception.not_before.iter().any(goes_on)
    }

    /// Returns the words for a credential.
    #[cfg(test)]
    pub(crate) fn credentials(&self) -> &CredentialWords {
        &self.credentials
    }

    /// Returns true if vector instructions search for the stems and the words.
    #[cfg(all(test, target_arch = "x86_64"))]
    pub(crate) fn is_packed(&self) -> bool {
        self.stems.is_packed() && self.credentials.is_packed()
    }
}

/// Returns true if the word `pass` is not for a password: in a sentence, as a statement, or as a variable in a call.
fn is_statement(text: &[u8], word: &Range<usize>) -> bool {
    let rest = &text[word.end..text.len().min(word.end + 16)];
    starts_prose(rest) || is_pass_statement(&text[..word.start], rest)
}

/// Returns true if `pass` is a whole statement, or a variable that is called or whose member is accessed.
fn is_pass_statement(before: &[u8], rest: &[u8]) -> bool {
    let indent = before
        .iter()
        .rev()
        .take_while(|b| matches!(b, b' ' | b'\t'));
    let opens = before.iter().rev().nth(indent.count());
    match rest.first() {
        Some(b';' | b'(') => true,
        Some(b'.') => rest.get(1).is_some_and(u8::is_ascii_alphabetic),
        Some(b'-') => rest.get(1) == Some(&b'>'),
        Some(b'\n' | b'\r') => matches!(opens, None | Some(b'\n' | b'\r')),
        _ => false,
    }
}

/// Returns true if a space and a plain word follow, as in a sentence. A word of hex digits may be a value.
fn starts_prose(rest: &[u8]) -> bool {
    let Some(rest) = rest.strip_prefix(b" ") else {
        return false;
    };
    let word = rest.iter().take_while(|b| b.is_ascii_lowercase()).count();
    let whole = matches!(rest.get(word), Some(b' ' | b',' | b'.'));
    whole && rest[..word].iter().any(|b| *b > b'f')
}

#[cfg(test)]
mod tests {
    use crate::judge::vocabulary::Vocabulary;

    #[test]
    fn words_that_only_look_like_credentials_are_passed_over() {
        let finds = |text: &str| {
            let bytes = text.as_bytes();
            Vocabulary::builtin()
                .stems
                .find(bytes, 0..bytes.len())
                .is_some()
        };
        for text in [
            "the author of a broken registry in October",
            "\"author\": \"south\"",
            "-DSOURCE_PATH=a _patch",
            "for x in y:\n    pass\n",
            "another pass over it",
            "pass->run(pass.name); return pass;",
            "\"gists_url\": \"x\"",
        ] {
            assert!(!finds(text), "{text}");
        }
        for text in [
            "author: x\nauth: y",
            "Authorization",
            "OAUTH",
            "my token",
            "GH_PAT=",
            "pass = ",
            "'pass'",
            "user,pass\n",
            "password",
            "my gist",
        ] {
            assert!(finds(text), "{text}");
        }
    }
}
