//! Prefilter for words that name a credential, derived from the lexicon. It may find a word that the lexicon does not
//! count, but it never misses one that the lexicon counts.

use std::ops::Range;

use super::multi_literal::{MultiLiteral, byte_set};
use super::split::lower_letters;

/// Number of bytes of a text that are put into lower case at a time.
const BLOCK: usize = 1024;

/// Ends of a pattern that must be at a border of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Border {
    /// No end: the pattern counts anywhere.
    Neither,
    /// The end of the pattern.
    Behind,
    /// Both ends: the pattern counts as a whole word.
    Both,
}

/// Search for the words that name a credential.
#[derive(Clone, Debug)]
pub(crate) struct CredentialWords {
    ascii: PatternSet,
    /// Patterns with letters of other scripts, which most texts have none of.
    wide: PatternSet,
    longest: usize,
}

/// Patterns that are searched together.
#[derive(Clone, Debug)]
struct PatternSet {
    stems: MultiLiteral,
    patterns: Vec<CredentialPattern>,
}

#[derive(Clone, Debug)]
struct CredentialPattern {
    len: usize,
    border: Border,
    /// Numbers of the shorter patterns that this one begins with, since the search returns only the longest.
    within: Vec<usize>,
}

impl CredentialWords {
    /// Compiles whole words, endings of words, and parts that count anywhere, all in lower case.
    ///
    /// # Errors
    /// Returns an error if there are too many patterns for an automaton.
    pub(crate) fn new(
        words: &[&str],
        endings: &[&str],
        parts: &[String],
    ) -> Result<CredentialWords, String> {
        let mut all: Vec<(&str, Border)> = Vec::new();
        all.extend(parts.iter().map(|p| (&**p, Border::Neither)));
        all.extend(endings.iter().map(|p| (*p, Border::Behind)));
        all.extend(words.iter().map(|p| (*p, Border::Both)));
        // A pattern that contains a shorter one is redundant if the shorter one counts there.
        all.sort_by_key(|(text, border)| (text.len(), *border));
        let mut kept: Vec<(&str, Border)> = Vec::new();
        let mut sets: Vec<u64> = Vec::new();
        for (text, border) in all {
            let own = byte_set(text);
            let is_covered = |((known, at), set): (&(&str, Border), &u64)| match at {
                _ if set & !own != 0 => false,
                Border::Neither => text.contains(known),
                Border::Behind => border != Border::Neither && text.ends_with(known),
                Border::Both => border == Border::Both && text == *known,
            };
            if !kept.iter().zip(&sets).any(is_covered) {
                kept.push((text, border));
                sets.push(own);
            }
        }
        let longest = kept.iter().map(|(text, _)| text.len()).max().unwrap_or(0);
        let (ascii, wide): (Vec<_>, Vec<_>) =
            kept.into_iter().partition(|(text, _)| text.is_ascii());
        Ok(CredentialWords {
            ascii: PatternSet::new(&ascii)?,
            wide: PatternSet::new(&wide)?,
            longest,
        })
    }

    /// Returns the range of the first word for a credential in this part of a text.
    pub(crate) fn find(
        &self,
        text: &[u8],
        part: Range<usize>,
        counts: impl Fn(Range<usize>) -> bool,
    ) -> Option<Range<usize>> {
        let mut start = part.start;
        let mut lower = Vec::new();
        while start < part.end {
            let end = part.end.min(start + BLOCK + self.longest);
            lower.clear();
            lower.extend_from_slice(&text[start..end]);
            let is_ascii = lower.is_ascii();
            lower_letters(&mut lower);
            let block = (text, start);
            let ascii = self.ascii.find_in(block, &lower, &counts);
            let wide = (!is_ascii).then(|| self.wide.find_in(block, &lower, &counts));
            let found = [ascii, wide.flatten()].into_iter().flatten();
            if let Some(word) = found.min_by_key(|word| word.start) {
                return Some(word);
            }
            start += BLOCK;
        }
        None
    }

    /// Returns the length of the longest pattern.
    #[cfg(test)]
    pub(crate) fn longest(&self) -> usize {
        self.longest
    }

    /// Returns `true` if vector instructions search for the patterns.
    #[cfg(all(test, target_arch = "x86_64"))]
    pub(crate) fn is_packed(&self) -> bool {
        self.ascii.stems.is_packed() && self.wide.stems.is_packed()
    }
}

impl PatternSet {
    fn new(kept: &[(&str, Border)]) -> Result<PatternSet, String> {
        let texts: Vec<&str> = kept.iter().map(|(text, _)| *text).collect();
        let within = |text: &str| {
            let shorter = |(_, other): &(usize, &&str)| other.len() < text.len();
            let begins = |(_, other): &(usize, &&str)| text.starts_with(**other);
            let all = texts.iter().enumerate().filter(shorter).filter(begins);
            all.map(|(i, _)| i).collect()
        };
        let pattern = |(text, border): &(&str, Border)| CredentialPattern {
            len: text.len(),
            border: *border,
            within: within(text),
        };
        Ok(PatternSet {
            stems: MultiLiteral::new(&texts)?,
            patterns: kept.iter().map(pattern).collect(),
        })
    }

    /// Returns the first pattern that counts in the first [`BLOCK`] bytes of a block, `lower` in lower case.
    fn find_in(
        &self,
        (text, start): (&[u8], usize),
        lower: &[u8],
        counts: impl Fn(Range<usize>) -> bool,
    ) -> Option<Range<usize>> {
        let mut at = 0;
        while let Some((number, from, _)) = self.stems.find(lower, at, lower.len()) {
            if from >= BLOCK {
                break;
            }
            let found = self.word_at(text, start + from, number);
            if let Some(word) = found.filter(|word| counts(word.clone())) {
                return Some(word);
            }
            at = from + 1;
        }
        None
    }

    /// Returns the pattern at `start`, or a shorter one that it begins with, if its ends are at borders of words.
    fn word_at(&self, text: &[u8], start: usize, number: usize) -> Option<Range<usize>> {
        let whole = |number: &usize| {
            let pattern = &self.patterns[*number];
            let end = start + pattern.len;
            let begins = pattern.border != Border::Both || may_begin(text, start);
            let ends = pattern.border == Border::Neither || may_begin(text, end);
            (begins && ends).then_some(start..end)
        };
        let shorter = || self.patterns[number].within.iter().find_map(whole);
        whole(&number).or_else(shorter)
    }
}

/// Returns `false` if a word surely continues from the byte before `at` to the one at `at`. Identifiers are cut
/// where a capital follows a small letter, and before the last of several capitals if a small letter follows that.
fn may_begin(text: &[u8], at: usize) -> bool {
    let Some((before, here)) = at
        .checked_sub(1)
        .map(|i| text[i])
        .zip(text.get(at).copied())
    else {
        return true;
    };
    if !before.is_ascii_alphabetic() || !here.is_ascii_alphabetic() {
        return true;
    }
    let small = |b: &u8| b.is_ascii_lowercase() || *b >= 0x80;
    match (before.is_ascii_lowercase(), here.is_ascii_lowercase()) {
        (true, small_here) => !small_here,
        (false, true) => false,
        (false, false) => text.get(at + 1).is_some_and(small),
    }
}

#[cfg(test)]
mod tests {
    use crate::judge::vocabulary::{Vocabulary, WordClass};
    use crate::token::Mint;

    #[test]
    fn where_no_word_for_a_credential_is_found_the_lexicon_reads_none() {
        const PARTS: [&str; 30] = [
            "token", "Token", "TOKEN", "pat", "PAT", "Pat", "h", "H", "tok", "pass", "Pass",
            "Word", "word", "wd", "auth", "OAuth", "or", "s", "2", "_", " ", "-", "é", "cl", "密",
            "钥", "ключ", "а", "令牌", "api key",
        ];
        let vocabulary = Vocabulary::builtin();
        let mut mint = Mint::new(59);
        let mut silent = 0;
        for round in 0..20_000 {
            let mut text = String::new();
            for _ in 0..1 + round % 6 {
                text.push_str(PARTS[mint.random_below(PARTS.len())]);
            }
            let bytes = text.as_bytes();
            if vocabulary
                .stems
                .credentials()
                .find(bytes, 0..bytes.len(), |_| true)
                .is_none()
            {
                silent += 1;
                assert!(
                    !vocabulary.lexicon.sense(bytes).has(WordClass::SECRET),
                    "{text}"
                );
            }
        }
        assert!(silent > 2000, "{silent}");
    }

    #[test]
    fn words_that_only_begin_or_end_like_one_are_passed_over() {
        let vocabulary = Vocabulary::builtin();
        let finds = |text: &str| {
            let bytes = text.as_bytes();
            vocabulary
                .stems
                .credentials()
                .find(bytes, 0..bytes.len(), |_| true)
                .is_some()
        };
        for text in [
            "PATH=x path patch",
            "the author",
            "credit",
            "tokenizer",
            "stock took",
        ] {
            assert!(!finds(text), "{text}");
        }
        for text in [
            "my-pat:",
            "GH_PAT",
            "githubPat",
            "pwd=",
            "github.tok",
            "mytoken",
            "HTTPToken",
            "clave:",
            "apiKey",
        ] {
            assert!(finds(text), "{text}");
        }
    }
}
