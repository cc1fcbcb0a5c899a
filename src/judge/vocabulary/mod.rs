//! Vocabulary of the judge, from `rules/judge/words.toml`: the classes of words, the phrases, the prefilters that follow
//! from them, and the lists of words that the readers of slots compare with.

mod credential_prefilter;
mod github_prefilter;
mod lexicon;
mod lists;
mod multi_literal;
mod phrases;
mod split;
mod stems;
mod word_class;
mod word_list;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

pub(crate) use lexicon::{Lexicon, WordReading};
pub(crate) use lists::Lists;
pub(crate) use phrases::Phrase;
pub(crate) use split::{is_inside_word, without_cut_words};
pub(crate) use word_class::WordClass;
pub(crate) use word_list::WordList;

use credential_prefilter::CredentialWords;
use github_prefilter::GithubPrefilter;
use phrases::PhraseSearch;
use stems::{RawStems, StemPrefilter};

const WORDS: &str = include_str!("../../../rules/judge/words.toml");

/// Built-in file. The bytes next to most values are compared with its lists only.
static WORD_FILE: LazyLock<RawVocabulary> =
    LazyLock::new(|| unwrap_builtin(RawVocabulary::parse(WORDS)));

static BUILTIN: LazyLock<Vocabulary> =
    LazyLock::new(|| unwrap_builtin(Vocabulary::new(&WORD_FILE)));

fn unwrap_builtin<T>(loaded: Result<T, String>) -> T {
    match loaded {
        Ok(loaded) => loaded,
        // A test loads the file, so a tested build never reaches this line.
        Err(error) => unreachable!("{error}"),
    }
}

/// Returns the lists of words of the built-in vocabulary.
pub(crate) fn lists() -> &'static Lists {
    &WORD_FILE.lists
}

/// Vocabulary of the judge.
#[derive(Clone, Debug)]
pub(crate) struct Vocabulary {
    pub(crate) lexicon: Lexicon,
    /// Words and parts of words that connect a value with GitHub or a credential.
    pub(crate) stems: StemPrefilter,
    /// Names and phrases of GitHub.
    pub(crate) mentions: GithubPrefilter,
    pub(crate) phrases: PhraseSearch,
    placeholders: Vec<Box<[u8]>>,
}

/// Vocabulary as written. A list is a text of words with blanks between them, or an array of words and phrases.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawVocabulary {
    words: BTreeMap<String, String>,
    endings: BTreeMap<String, String>,
    names: BTreeMap<String, String>,
    parts: BTreeMap<String, String>,
    lists: Lists,
    phrases: BTreeMap<String, Vec<String>>,
    stems: RawStems,
    placeholders: RawPlaceholders,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPlaceholders {
    values: Vec<String>,
}

impl Vocabulary {
    /// Returns the built-in vocabulary.
    pub(crate) fn builtin() -> &'static Vocabulary {
        &BUILTIN
    }

    /// Builds the vocabulary of a file of words.
    ///
    /// # Errors
    /// Returns an error if the name of a list is unknown.
    fn new(raw: &RawVocabulary) -> Result<Vocabulary, String> {
        let phrases =
            PhraseSearch::new(&raw.phrases).map_err(|e| format!("the judge's phrases: {e}"))?;
        let in_words = |e: String| format!("the judge's words: {e}");
        let credentials = raw.credential_words().map_err(in_words)?;
        let without_blanks = |v: &String| v.bytes().filter(|&b| b != b' ').collect();
        Ok(Vocabulary {
            lexicon: raw.lexicon()?,
            stems: StemPrefilter::new(&raw.stems, credentials).map_err(in_words)?,
            mentions: raw.github_prefilter(&phrases).map_err(in_words)?,
            placeholders: raw.placeholders.values.iter().map(without_blanks).collect(),
            phrases,
        })
    }

    /// Returns true if this value (40 hex digits) is a published example.
    pub(crate) fn is_placeholder(&self, value: &[u8]) -> bool {
        self.placeholders.iter().any(|p| **p == *value)
    }
}

/// Iterates over the words of a class that is written as lists, in the lists for which `take` is true.
fn words_of(
    lists: &BTreeMap<String, String>,
    take: impl Fn(WordClass) -> bool,
) -> impl Iterator<Item = &str> {
    let taken = move |(list, _): &(&String, &String)| WordClass::of_list(list).is_some_and(&take);
    lists
        .iter()
        .filter(taken)
        .flat_map(|(_, words)| words.split_whitespace())
}

impl RawVocabulary {
    /// Reads a file of words.
    ///
    /// # Errors
    /// Returns an error if the file is not valid TOML, or has an unknown key.
    fn parse(text: &str) -> Result<RawVocabulary, String> {
        toml::from_str(text).map_err(|e| format!("the judge's words: {}", e.message()))
    }

    /// Returns the lexicon.
    ///
    /// # Errors
    /// Returns an error if the name of a list is unknown.
    fn lexicon(&self) -> Result<Lexicon, String> {
        let mut lexicon = Lexicon::default();
        type Add = fn(&mut Lexicon, &[u8], WordClass);
        let tables: [(&BTreeMap<String, String>, Add); 4] = [
            (&self.words, Lexicon::add_word),
            (&self.endings, Lexicon::add_ending),
            (&self.names, Lexicon::add_name),
            (&self.parts, Lexicon::add_part),
        ];
        for (lists, add) in tables {
            for (list, words) in lists {
                let class = WordClass::of_list(list).ok_or_else(|| {
                    format!("the judge's words: there is no list of words `{list}`")
                })?;
                words
                    .split_whitespace()
                    .for_each(|word| add(&mut lexicon, word.as_bytes(), class));
            }
        }
        for pair in self.lists.credential_pairs.iter() {
            let (first, second) = Lists::split_pair(pair);
            lexicon.add_word(first, WordClass::PAIR_START);
            lexicon.add_word(second, WordClass::PAIR_END);
        }
        Ok(lexicon)
    }

    /// Returns the prefilter of names and phrases of GitHub.
    fn github_prefilter(&self, phrases: &PhraseSearch) -> Result<GithubPrefilter, String> {
        let is_github = |class: WordClass| class.has(WordClass::GITHUB);
        let names: Vec<&str> = words_of(&self.words, is_github).collect();
        let mut anywhere: Vec<&str> = words_of(&self.names, is_github).collect();
        anywhere.extend(words_of(&self.parts, is_github));
        // Other phrases have no names of GitHub. With them, the patterns would be too many for one vector search.
        anywhere.extend(
            phrases
                .of_github()
                .iter()
                .map(|phrase| match phrase.split_once(' ') {
                    // In text with many words for tokens, the words after `token` are rarer.
                    Some(("token" | "tokens", tail)) => tail,
                    _ => phrase,
                }),
        );
        GithubPrefilter::new(&names, &anywhere)
    }

    /// Returns the words for a credential, as the lexicon reads them.
    fn credential_words(&self) -> Result<CredentialWords, String> {
        const JOINTS: [&str; 5] = ["", "_", "-", " ", "."];
        let is_secret = |class: WordClass| class.has(WordClass::SECRET);
        let words: Vec<&str> = words_of(&self.words, is_secret).collect();
        let endings: Vec<&str> = words_of(&self.endings, is_secret).collect();
        let mut parts: Vec<String> = words_of(&self.parts, is_secret)
            .map(str::to_owned)
            .collect();
        let pairs = self.lists.credential_pairs.iter();
        for pair in pairs.chain(self.lists.credential_name_pairs.iter()) {
            let (first, second) = Lists::split_pair(pair);
            let (first, second) = (
                String::from_utf8_lossy(first),
                String::from_utf8_lossy(second),
            );
            parts.extend(JOINTS.iter().map(|joint| format!("{first}{joint}{second}")));
        }
        CredentialWords::new(&words, &endings, &parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Vocabulary, String> {
        Vocabulary::new(&RawVocabulary::parse(text)?)
    }

    #[test]
    fn the_compiled_in_file_is_sound() {
        load(WORDS).unwrap();
    }

    #[test]
    fn an_unknown_list_is_named() {
        for (table, word) in [
            ("[words]", "x = \"a\""),
            ("[phrases]", "x = [\"a b\"]"),
            ("[lists]", "x = \"a\""),
        ] {
            let text = WORDS.replacen(table, &format!("{table}\n{word}"), 1);
            let error = load(&text).unwrap_err();
            assert!(error.contains("`x`"), "{error}");
        }
    }

    /// The text cache searches further than it was asked to, which must not change what it finds before.
    #[test]
    fn a_stem_that_counts_where_its_word_is_cut_counts_in_the_whole_word() {
        let raw: RawVocabulary = toml::from_str(WORDS).unwrap();
        let is_secret = |class: WordClass| class.has(WordClass::SECRET);
        let mut words: Vec<&str> = words_of(&raw.words, is_secret).collect();
        words.extend(words_of(&raw.endings, is_secret));
        words.extend(words_of(&raw.parts, is_secret));
        words.extend(raw.stems.values.iter().map(String::as_str));
        let stems = &Vocabulary::builtin().stems;
        let mut found = 0;
        for word in &words {
            for (before, behind) in [("", ""), (" ", " x"), ("a", "s"), ("_", "_"), (" ", ";\n")] {
                for word in [word.to_string(), word.to_uppercase()] {
                    let text = [before, &word, behind].concat().into_bytes();
                    for end in 1..=text.len() {
                        let Some(at) = stems.find(&text, 0..end) else {
                            continue;
                        };
                        found += 1;
                        let whole = stems.find(&text, at..text.len());
                        assert_eq!(whole, Some(at), "{before}{word}{behind} cut at {end}");
                    }
                }
            }
        }
        assert!(found > words.len(), "{found}");
    }

    #[test]
    fn no_stem_and_no_phrase_is_longer_than_the_text_cache_allows() {
        use crate::judge::text_cache::{LONGEST_PHRASE, LONGEST_STEM};
        let raw: RawVocabulary = toml::from_str(WORDS).unwrap();
        let stem = raw.stems.values.iter().map(String::len).max().unwrap_or(0);
        let stem = stem.max(Vocabulary::builtin().stems.credentials().longest());
        let phrase = raw
            .phrases
            .values()
            .flatten()
            .map(String::len)
            .max()
            .unwrap_or(0);
        assert!(
            stem <= LONGEST_STEM && phrase <= LONGEST_PHRASE,
            "{stem} {phrase}"
        );
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn no_search_has_more_patterns_than_vector_instructions_take() {
        // Without these instructions, the search reads single bytes.
        if std::arch::is_x86_feature_detected!("avx2") {
            let vocabulary = Vocabulary::builtin();
            assert!(vocabulary.stems.is_packed());
            assert!(vocabulary.phrases.is_packed());
            assert!(vocabulary.mentions.is_packed());
        }
    }
}
