//! Lexicon: the word class of each word, of a name, and of a line.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::split::for_each_word;
use super::word_class::WordClass;

/// Minimum length in bytes of a word that gets its class from its parts.
const SHORTEST_OF_PARTS: usize = 6;

/// Maximum number of words from GitHub to a credential in one phrase.
const PHRASE: usize = 4;

/// Word classes of a name or of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WordReading {
    /// Classes of all words together.
    pub(crate) all: WordClass,
    /// Classes of the last word that describes the value.
    pub(crate) last: WordClass,
    /// Classes of the last word.
    pub(crate) end: WordClass,
}

/// Text that gives a class to the words that it is in, with that class.
type ClassifiedPart = (Box<[u8]>, WordClass);

/// Lexicon of the known words.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lexicon {
    /// The keys are the program's own, so nobody can choose them to collide.
    words: HashMap<Box<[u8]>, WordClass, FixedState>,
    glance: BloomBits,
    /// Ends of words.
    endings: Vec<ClassifiedPart>,
    /// Names that are in words, in ASCII.
    names: Vec<ClassifiedPart>,
    /// Names in other scripts.
    parts: Vec<ClassifiedPart>,
    /// Last bytes of the endings.
    last_bytes: AsciiSet,
    /// First bytes of the names.
    first_bytes: AsciiSet,
}

/// Set of bytes below 128, one bit each.
#[derive(Clone, Copy, Debug, Default)]
struct AsciiSet(u128);

impl AsciiSet {
    fn insert(&mut self, byte: Option<&u8>) {
        self.0 |= byte.filter(|b| b.is_ascii()).map_or(0, |b| 1 << b);
    }

    fn contains(self, byte: u8) -> bool {
        byte.is_ascii() && self.0 >> byte & 1 == 1
    }
}

/// Filter that rejects most unknown words without a lookup: one bit for each length, beginning and end of a known word.
#[derive(Clone, Debug)]
struct BloomBits([u64; 64]);

impl Default for BloomBits {
    fn default() -> Self {
        BloomBits([0; 64])
    }
}

impl BloomBits {
    /// Returns the place of a word's bit. Words of one byte are never looked up.
    fn bit_of(word: &[u8]) -> Option<(usize, u64)> {
        let seen = [word.first()?, word.get(1)?, word.last()?];
        let mix = |sum: usize, &&b: &&u8| sum * 37 + usize::from(b);
        let mixed = seen.iter().fold(word.len(), mix);
        Some((mixed >> 6 & 63, 1 << (mixed & 63)))
    }

    fn learn(&mut self, word: &[u8]) {
        if let Some((at, bit)) = BloomBits::bit_of(word) {
            self.0[at] |= bit;
        }
    }

    fn may_contain(&self, word: &[u8]) -> bool {
        BloomBits::bit_of(word).is_some_and(|(at, bit)| self.0[at] & bit != 0)
    }
}

impl Lexicon {
    /// Adds a class to a word.
    pub(crate) fn add_word(&mut self, word: &[u8], sense: WordClass) {
        self.glance.learn(word);
        let known = self.words.entry(word.into()).or_default();
        *known = known.or(sense);
    }

    /// Adds an end of words that are in no list.
    pub(crate) fn add_ending(&mut self, ending: &[u8], sense: WordClass) {
        self.last_bytes.insert(ending.last());
        self.endings.push((ending.into(), sense));
    }

    /// Adds a name in ASCII that counts in any place of a word that is in no list.
    pub(crate) fn add_name(&mut self, name: &[u8], sense: WordClass) {
        self.first_bytes.insert(name.first());
        self.names.push((name.into(), sense));
    }

    /// Adds a name in another script that counts in any place of a word that is in no list.
    pub(crate) fn add_part(&mut self, part: &[u8], sense: WordClass) {
        self.parts.push((part.into(), sense));
    }

    /// Returns the classes of a word that is in a list.
    fn known(&self, word: &[u8]) -> Option<WordClass> {
        let known = self.glance.may_contain(word).then(|| self.words.get(word));
        known.flatten().copied()
    }

    /// Returns the classes of one word in lower case.
    fn word_class(&self, word: &[u8]) -> WordClass {
        if let Some(sense) = self.known(word) {
            return sense;
        }
        let digits = word.iter().rev().take_while(|b| b.is_ascii_digit()).count();
        if digits > 0
            && let Some(sense) = self.known(&word[..word.len() - digits])
        {
            return sense.without(WordClass::WHOLE);
        }
        if word.len() < SHORTEST_OF_PARTS {
            return WordClass::NONE;
        }
        self.class_by_parts(word)
    }

    /// Returns true if a word is in no list and has its classes from names inside it: `getsentry`.
    pub(crate) fn is_named_inside(&self, word: &[u8]) -> bool {
        let word = word.to_ascii_lowercase();
        word.iter().all(u8::is_ascii_alphanumeric) && self.known(&word).is_none()
    }

    /// Returns the classes of a word in no list, by its ending and its parts.
    fn class_by_parts(&self, word: &[u8]) -> WordClass {
        let mut sense = WordClass::NONE;
        let mut add = |part: &ClassifiedPart| sense = sense.or(part.1);
        if word.last().is_some_and(|b| self.last_bytes.contains(*b)) {
            let ended = self.endings.iter();
            ended
                .filter(|(end, _)| word.ends_with(end))
                .for_each(&mut add);
        }
        for (i, b) in word.iter().enumerate() {
            if self.first_bytes.contains(*b) {
                let named = self.names.iter();
                named
                    .filter(|(name, _)| word[i..].starts_with(name))
                    .for_each(&mut add);
            }
        }
        if !word.is_ascii() {
            let holds = |part: &[u8]| memchr::memmem::find(word, part).is_some();
            let held = self.parts.iter();
            held.filter(|(part, _)| holds(part)).for_each(&mut add);
        }
        sense
    }

    /// Returns the reading of the words in `text`.
    pub(crate) fn read(&self, text: &[u8]) -> WordReading {
        let (mut all, mut last, mut end) = (WordClass::NONE, WordClass::NONE, WordClass::NONE);
        let (mut at, mut github, mut secret, mut opened) = (0usize, None, None, None);
        let is_vendor = |name: &[u8]| self.known(name).is_some_and(|c| c.has(WordClass::VENDOR));
        for_each_word(text, is_vendor, |word| {
            let sense = match self.word_class(word) {
                sense if sense.has(WordClass::SUFFIX) && !is_own_name(text, word) => {
                    WordClass::NONE
                }
                sense => sense,
            };
            at += 1;
            all = all.or(sense);
            end = sense;
            if sense.has(WordClass::ANY) {
                last = sense;
            }
            if sense.has(WordClass::GITHUB) {
                github = Some(at);
            }
            let closes = sense.has(WordClass::PAIR_END) && opened == Some(at - 1);
            if sense.has(WordClass::PAIR_START) {
                opened = Some(at);
            }
            if sense.has(WordClass::SECRET) || closes {
                secret = Some(at);
            }
            if let (Some(a), Some(b)) = (github, secret)
                && a.abs_diff(b) <= PHRASE
            {
                all = all.or(WordClass::PAIR);
            }
        });
        WordReading { all, last, end }
    }

    /// Returns the classes of all words in `text` together.
    pub(crate) fn sense(&self, text: &[u8]) -> WordClass {
        self.read(text).all
    }
}

/// Returns true if a word in this text is a name of its own or the end of GitHub's, not the end of another name: the
/// `hub` of `HUB_TOKEN` and `git-hub`, not of `DockerHub`.
fn is_own_name(text: &[u8], word: &[u8]) -> bool {
    let named = |at: &usize| text[*at..*at + word.len()].eq_ignore_ascii_case(word);
    let places = 0..(text.len() + 1).saturating_sub(word.len());
    places.into_iter().filter(named).any(|at| {
        let joint = matches!(text[..at].last(), Some(b'_' | b'-'));
        let head = &text[..at - usize::from(joint)];
        let len = head
            .iter()
            .rev()
            .take_while(|b| b.is_ascii_alphanumeric())
            .count();
        let name = &head[head.len() - len..];
        let tail = &name[len - len.min(3)..];
        len == 0 || tail.eq_ignore_ascii_case(b"git")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Mint;

    #[test]
    fn a_hub_at_the_end_of_another_name_is_not_githubs() {
        let mut lexicon = Lexicon::default();
        lexicon.add_word(b"hub", WordClass::GITHUB.or(WordClass::SUFFIX));
        for (text, named) in [
            ("HUB_TOKEN", true),
            ("hub.oauth", true),
            ("git-hub", true),
            ("EVENT_HUB and the hub", true),
            ("EVENT_HUB_NAME", false),
            ("SomeHub", false),
            ("docker-hub", false),
        ] {
            assert_eq!(
                lexicon.sense(text.as_bytes()).has(WordClass::GITHUB),
                named,
                "{text}"
            );
        }
    }

    #[test]
    fn a_glance_misses_no_word_that_is_known() {
        let mut mint = Mint::new(29);
        let mut lexicon = Lexicon::default();
        let words: Vec<_> = (0..800)
            .map(|n| mint.text(b"abcdefghijklmnopqrstuvwxyz", 2 + n % 9))
            .collect();
        for word in &words {
            lexicon.add_word(word, WordClass::HASH);
        }
        assert!(
            words
                .iter()
                .all(|w| lexicon.word_class(w) == WordClass::HASH)
        );
    }
}
