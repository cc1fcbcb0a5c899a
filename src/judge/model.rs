//! Data of the judge from `rules/judge/`: the weights of the features, and the vocabulary.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::LazyLock;

use serde::Deserialize;

use super::credential::CredentialWords;
use super::mention::GithubPrefilter;
use super::piece::Feature;
use super::stems::MultiLiteral;
use super::words::{self, Lexicon, WordClass};

/// Built-in weights file.
pub const WEIGHTS: &str = include_str!("../../rules/judge/weights.toml");
const WORDS: &str = include_str!("../../rules/judge/words.toml");

static BUILTIN: LazyLock<Model> = LazyLock::new(|| match Model::load(WEIGHTS, WORDS) {
    Ok(model) => model,
    // A test loads both files, so a tested build never reaches this line.
    Err(error) => unreachable!("{error}"),
});

/// Mistake in a data file of the judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelError(String);

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ModelError {}

/// Prior and fitted weight of a feature, in natural log-odds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureWeight {
    /// Weight before any case is seen.
    pub prior: f64,
    /// Weight after the fit to the cases.
    pub weight: f64,
}

/// Class of a phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phrase {
    /// Creation of a token by GitHub.
    Minted,
    /// A client or a host of GitHub.
    Client,
    /// A host of another service.
    Elsewhere,
    /// The name of GitHub.
    Github,
    /// Data that is signed with a shared secret.
    Signing,
}

/// Weights and vocabulary.
#[derive(Clone, Debug)]
pub struct Model {
    weights: Vec<FeatureWeight>,
    /// Features with a positive weight, one bit each.
    hopeful: u128,
    pub(super) lexicon: Lexicon,
    /// Parts of words that connect a value with GitHub or a credential.
    stems: MultiLiteral,
    /// Words for a credential.
    pub(super) credentials: CredentialWords,
    /// Phrases, to be searched in lower-case text.
    finder: MultiLiteral,
    /// Names and phrases of GitHub.
    pub(super) mentions: GithubPrefilter,
    phrases: Vec<Phrase>,
    placeholders: Vec<Box<[u8]>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWeights {
    piece: BTreeMap<String, FeatureWeight>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWords {
    words: BTreeMap<String, Vec<String>>,
    phrases: BTreeMap<String, Vec<String>>,
    stems: RawPlaceholders,
    placeholders: RawPlaceholders,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPlaceholders {
    values: Vec<String>,
}

impl Model {
    /// Returns the built-in model.
    #[must_use]
    pub fn builtin() -> &'static Model {
        &BUILTIN
    }

    /// Creates a model with the built-in words and these weights, in the order of [`Feature::ALL`].
    #[must_use]
    pub fn with_weights(weights: &[f64]) -> Model {
        let mut model = Model::builtin().clone();
        for (slot, &weight) in model.weights.iter_mut().zip(weights) {
            slot.weight = weight;
        }
        model.hopeful = positive_mask(&model.weights);
        model
    }

    /// Reads the two data files.
    ///
    /// # Errors
    /// Fails if a file is not valid TOML, a feature has no weight, or a name is unknown.
    pub fn load(weights: &str, words: &str) -> Result<Model, ModelError> {
        let weights = read_weights(weights)?;
        let raw: RawWords = toml::from_str(words)
            .map_err(|e| ModelError(format!("the judge's words: {}", e.message())))?;
        let mut lexicon = Lexicon::default();
        for (list, words) in &raw.words {
            let sense = match list.as_str() {
                "github" => WordClass::GITHUB,
                "secret" => WordClass::CREDENTIAL,
                "shared" => WordClass::SECRET,
                "signing" => WordClass::SIGNING,
                "hook" => WordClass::HOOK.or(WordClass::SIGNING),
                "weak" => WordClass::WEAK,
                "client" => WordClass::CLIENT,
                "hash" => WordClass::HASH,
                "maybe_hash" => WordClass::MAYBE_HASH,
                "vendor" => WordClass::VENDOR,
                "opens" => WordClass::OPENS,
                "asks" => WordClass::ASKS,
                "makes" => WordClass::MAKES,
                "owner" => WordClass::OWNER,
                "repository" => WordClass::REPOSITORY,
                "thing" => WordClass::THING,
                "store" => WordClass::STORE,
                "sums" => WordClass::SUMS.or(WordClass::HASH),
                "derived" => WordClass::DERIVED.or(WordClass::HASH),
                other => return Err(ModelError(format!("there is no list of words `{other}`"))),
            };
            for word in words {
                lexicon.add_word(word, sense);
            }
        }
        let mut patterns = Vec::new();
        let mut phrases = Vec::new();
        for (list, texts) in &raw.phrases {
            let phrase = match list.as_str() {
                "minted" => Phrase::Minted,
                "client" => Phrase::Client,
                "elsewhere" => Phrase::Elsewhere,
                "github" => Phrase::Github,
                "signing" => Phrase::Signing,
                other => return Err(ModelError(format!("there is no list of phrases `{other}`"))),
            };
            phrases.extend(texts.iter().map(|_| phrase));
            patterns.extend(texts.iter().map(|text| text.to_ascii_lowercase()));
        }
        let finder = MultiLiteral::new(&patterns)
            .map_err(|e| ModelError(format!("the judge's phrases: {e}")))?;
        let stems = MultiLiteral::new(&raw.stems.values)
            .map_err(|e| ModelError(format!("the judge's stems: {e}")))?;
        let mentions = build_github_prefilter(&raw)?;
        let credentials = build_credential_words(&raw)?;
        let placeholders = raw
            .placeholders
            .values
            .iter()
            .map(|v| v.bytes().filter(|&b| b != b' ').collect())
            .collect();
        Ok(Model {
            hopeful: positive_mask(&weights),
            weights,
            lexicon,
            finder,
            stems,
            credentials,
            mentions,
            phrases,
            placeholders,
        })
    }

    /// Returns the fitted weight of a feature.
    #[must_use]
    pub fn weight(&self, piece: Feature) -> f64 {
        self.weights[piece as usize].weight
    }

    /// Returns the maximum that these features, one bit each, can add to a score.
    pub(super) fn max_gain(&self, pieces: u128) -> f64 {
        let mut left = pieces & self.hopeful;
        let mut sum = 0.0;
        while left != 0 {
            sum += self.weights[left.trailing_zeros() as usize].weight;
            left &= left - 1;
        }
        sum
    }

    /// Returns the weight of a feature before any case is seen.
    #[must_use]
    pub fn prior(&self, piece: Feature) -> f64 {
        self.weights[piece as usize].prior
    }

    /// Finds the first place in this part of a text that may have a word for GitHub or a credential.
    pub(super) fn find_stem(&self, text: &[u8], part: Range<usize>) -> Option<usize> {
        let stem = self.first_stem(text, part.clone());
        let before = part.start..stem.unwrap_or(part.end);
        let counts =
            |word: Range<usize>| text[word.clone()] != *b"pass" || !is_statement(text, &word);
        let word = self.credentials.find(text, before, counts);
        word.map(|word| word.start).or(stem)
    }

    /// Finds the first stem in this part of a text that is not in one of the excluded words.
    fn first_stem(&self, text: &[u8], part: Range<usize>) -> Option<usize> {
        let Range { mut start, end } = part;
        while start < end {
            let (_, from, to) = self.stems.find(text, start, end)?;
            if is_credential_stem(text, from..to) {
                return Some(from);
            }
            start = from + 1;
        }
        None
    }

    /// Returns the lengths of the longest stem and of the longest phrase in bytes.
    #[cfg(test)]
    pub(super) fn longest(&self) -> (usize, usize) {
        let raw: RawWords = toml::from_str(WORDS).unwrap();
        let stem = raw.stems.values.iter().map(String::len).max();
        let phrase = raw.phrases.values().flatten().map(String::len).max();
        let stem = stem.unwrap_or(0).max(self.credentials.longest());
        (stem, phrase.unwrap_or(0))
    }

    /// Returns true if this value (40 hex digits) is a published example.
    pub(super) fn is_placeholder(&self, value: &[u8]) -> bool {
        self.placeholders.iter().any(|p| **p == *value)
    }

    /// Calls `then` with each phrase in `text` and its range in bytes.
    pub(super) fn for_each_phrase(
        &self,
        text: &[u8],
        mut then: impl FnMut(Phrase, (usize, usize)),
    ) {
        let lower = text.to_ascii_lowercase();
        let mut at = 0;
        while let Some((phrase, from, to)) = self.finder.find(&lower, at, lower.len()) {
            then(self.phrases[phrase], (from, to));
            at = to;
        }
    }
}

/// Returns true if a stem counts in its word; it does not in `registry`, `October` and `SOURCE_PATH`.
fn is_credential_stem(text: &[u8], stem: Range<usize>) -> bool {
    let before = stem.start.checked_sub(1).map(|i| text[i]);
    let rest = &text[stem.end..text.len().min(stem.end + 16)];
    let goes_on = |end: &[u8]| {
        rest.get(..end.len())
            .is_some_and(|r| r.eq_ignore_ascii_case(end))
    };
    match &text[stem.clone()] {
        b"@github" => !text[..stem.start].ends_with(b"git"),
        b"octo" | b"Octo" => !goes_on(b"ber") && !goes_on(b"r"),
        // Excludes `gists_url`, a field of a user in a response of GitHub's API.
        b"gist" => !before.is_some_and(|b| b.is_ascii_lowercase()) && !goes_on(b"s_url"),
        _ => true,
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

/// Returns the features with a positive weight, one bit each.
fn positive_mask(weights: &[FeatureWeight]) -> u128 {
    let bits = weights.iter().enumerate().filter(|(_, w)| w.weight > 0.0);
    bits.fold(0, |all, (i, _)| all | 1 << i)
}

/// Returns the prefilter of names and phrases of GitHub.
fn build_github_prefilter(raw: &RawWords) -> Result<GithubPrefilter, ModelError> {
    let listed = raw.words.iter().filter(|(list, _)| *list == "github");
    let names: Vec<&str> = listed.flat_map(|(_, words)| words).map(|w| &**w).collect();
    // Other lists have no names of GitHub. With them, the patterns would be too many for one vector search.
    let lists = ["minted", "client", "github"];
    let phrases = raw
        .phrases
        .iter()
        .filter(|(list, _)| lists.contains(&&***list));
    let phrases = phrases.flat_map(|(_, texts)| texts);
    let phrases: Vec<String> = phrases.map(|t| t.to_ascii_lowercase()).collect();
    let mut anywhere: Vec<&str> = words::github_names().collect();
    anywhere.extend(phrases.iter().map(|phrase| match phrase.split_once(' ') {
        // In text with many words for tokens, the words after `token` are rarer.
        Some(("token" | "tokens", tail)) => tail,
        _ => phrase,
    }));
    GithubPrefilter::new(&names, &anywhere)
        .map_err(|e| ModelError(format!("the judge's phrases: {e}")))
}

/// Returns the words for a credential, as the lexicon reads them.
fn build_credential_words(raw: &RawWords) -> Result<CredentialWords, ModelError> {
    let named = raw
        .words
        .iter()
        .filter(|(list, _)| matches!(&***list, "secret" | "shared"));
    let words: Vec<&str> = named.flat_map(|(_, words)| words).map(|w| &**w).collect();
    let endings: Vec<&str> = words::endings_of_credentials().collect();
    let parts: Vec<String> = words::parts_of_credentials().collect();
    CredentialWords::new(&words, &endings, &parts)
        .map_err(|e| ModelError(format!("the judge's words: {e}")))
}

fn read_weights(text: &str) -> Result<Vec<FeatureWeight>, ModelError> {
    let mut raw: RawWeights = toml::from_str(text)
        .map_err(|e| ModelError(format!("the judge's weights: {}", e.message())))?;
    let mut weights = Vec::with_capacity(Feature::ALL.len());
    for piece in Feature::ALL {
        let weight = raw
            .piece
            .remove(piece.name())
            .ok_or_else(|| ModelError(format!("the piece `{}` has no weight", piece.name())))?;
        weights.push(weight);
    }
    match raw.piece.keys().next() {
        Some(name) => Err(ModelError(format!("there is no piece `{name}`"))),
        None => Ok(weights),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiled_in_files_are_sound() {
        Model::load(WEIGHTS, WORDS).unwrap();
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn no_more_is_looked_for_than_vector_instructions_can() {
        // Without these instructions, the search reads single bytes.
        if std::arch::is_x86_feature_detected!("avx2") {
            assert!(Model::builtin().stems.is_packed());
            assert!(Model::builtin().credentials.is_packed());
            assert!(Model::builtin().finder.is_packed());
            assert!(Model::builtin().mentions.is_packed());
        }
    }

    #[test]
    fn an_id_elsewhere_is_evidence_against_a_value() {
        let weight = Model::builtin().weight(Feature::HashElsewhere);
        assert!(weight < 0.0, "{weight}");
    }

    #[test]
    fn a_missing_and_an_unknown_piece_are_named() {
        let missing = Model::load("[piece]\n", WORDS).unwrap_err().to_string();
        assert!(missing.contains("`prior` has no weight"), "{missing}");
        let extra = format!("{WEIGHTS}\nnonsense = {{ prior = 0.0, weight = 0.0 }}\n");
        let unknown = Model::load(&extra, WORDS).unwrap_err().to_string();
        assert!(unknown.contains("`nonsense`"), "{unknown}");
    }

    #[test]
    fn words_that_only_look_like_credentials_do_not_speak() {
        let speaks = |text: &str| {
            let bytes = text.as_bytes();
            Model::builtin().find_stem(bytes, 0..bytes.len()).is_some()
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
            assert!(!speaks(text), "{text}");
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
            assert!(speaks(text), "{text}");
        }
    }
}
