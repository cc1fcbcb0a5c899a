//! List of words that a fixed place of a text is compared with.

use std::fmt;
use std::ops::Range;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Words of one list.
#[derive(Clone, Debug, Default)]
pub(crate) struct WordList {
    text: Box<[u8]>,
    /// Ranges of the words in `text`, in the order of the file.
    words: Box<[Range<usize>]>,
    /// The same ranges with the shortest first, so that a comparison reads only words of the right length.
    by_length: Box<[Range<usize>]>,
    /// For each length, the number of words that are shorter.
    shorter: Box<[usize]>,
    /// First bytes of the words, in any case; most texts end the comparison there.
    first_bytes: ByteSet,
    /// Last bytes of the words, in any case.
    last_bytes: ByteSet,
}

/// Set of bytes.
#[derive(Clone, Copy, Debug, Default)]
struct ByteSet([u64; 4]);

impl ByteSet {
    /// Creates the set of these bytes, each in both cases.
    fn of<'b>(bytes: impl Iterator<Item = Option<&'b u8>>) -> ByteSet {
        let mut set = ByteSet::default();
        for b in bytes.flatten() {
            for b in [b.to_ascii_lowercase(), b.to_ascii_uppercase()] {
                set.0[usize::from(b >> 6)] |= 1 << (b & 63);
            }
        }
        set
    }

    fn has(&self, byte: Option<&u8>) -> bool {
        byte.is_some_and(|b| self.0[usize::from(b >> 6)] >> (b & 63) & 1 == 1)
    }
}

impl WordList {
    /// Creates a list of these words.
    pub(crate) fn new<'w>(words: impl IntoIterator<Item = &'w str>) -> WordList {
        let (mut text, mut ranges) = (Vec::new(), Vec::new());
        for word in words {
            ranges.push(text.len()..text.len() + word.len());
            text.extend_from_slice(word.as_bytes());
        }
        let mut by_length = ranges.clone();
        by_length.sort_by_key(ExactSizeIterator::len);
        let longest = by_length.last().map_or(0, ExactSizeIterator::len);
        let end_of = |end: fn(&[u8]) -> Option<&u8>| {
            ByteSet::of(ranges.iter().map(|word| end(&text[word.clone()])))
        };
        let (first_bytes, last_bytes) = (end_of(<[u8]>::first), end_of(<[u8]>::last));
        let shorter = |len| by_length.partition_point(|word| word.len() < len);
        WordList {
            text: text.into(),
            words: ranges.into(),
            shorter: (0..longest + 2).map(shorter).collect(),
            by_length: by_length.into(),
            first_bytes,
            last_bytes,
        }
    }

    /// Iterates over the words, in the order of the file.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.words.iter().map(|word| &self.text[word.clone()])
    }

    fn of_length(&self, len: usize) -> impl Iterator<Item = &[u8]> {
        let words = match (self.shorter.get(len), self.shorter.get(len + 1)) {
            (Some(&from), Some(&to)) => &self.by_length[from..to],
            _ => &[],
        };
        words.iter().map(|word| &self.text[word.clone()])
    }

    /// Returns true if `word` is in the list.
    pub(crate) fn contains(&self, word: &[u8]) -> bool {
        // Most words differ in a byte that is quick to compare.
        let is_equal = |known: &[u8]| known.last() == word.last() && known == word;
        self.first_bytes.has(word.first()) && self.of_length(word.len()).any(is_equal)
    }

    /// Returns true if `word` is in the list, in any case of its ASCII letters.
    pub(crate) fn contains_any_case(&self, word: &[u8]) -> bool {
        let is_equal = |known: &[u8]| known.eq_ignore_ascii_case(word);
        self.first_bytes.has(word.first()) && self.of_length(word.len()).any(is_equal)
    }

    /// Returns the first word of the list that `text` begins with.
    pub(crate) fn prefix_of(&self, text: &[u8]) -> Option<&[u8]> {
        let begins = |word: &&[u8]| word.first() == text.first() && text.starts_with(word);
        let may_begin = self.first_bytes.has(text.first());
        may_begin.then(|| self.iter().find(begins))?
    }

    /// Returns the first word of the list that `text` ends with.
    pub(crate) fn suffix_of(&self, text: &[u8]) -> Option<&[u8]> {
        let ends = |word: &&[u8]| word.last() == text.last() && text.ends_with(word);
        let may_end = self.last_bytes.has(text.last());
        may_end.then(|| self.iter().find(ends))?
    }

    /// Returns true if `text` ends with a word of the list and is longer than that word.
    pub(crate) fn ends_longer(&self, text: &[u8]) -> bool {
        let ends = |word: &[u8]| {
            word.last() == text.last() && text.len() > word.len() && text.ends_with(word)
        };
        self.last_bytes.has(text.last()) && self.iter().any(ends)
    }

    /// Returns true if `text` ends with a word of the list, in any case of its ASCII letters.
    pub(crate) fn ends_any_case(&self, text: &[u8]) -> bool {
        let ends = |word: &[u8]| {
            let tail = &text[text.len().saturating_sub(word.len())..];
            tail.eq_ignore_ascii_case(word)
        };
        self.last_bytes.has(text.last()) && self.iter().any(ends)
    }

    /// Returns true if a word of the list is in `text`, as a word or a part of one.
    pub(crate) fn is_part_of(&self, text: &[u8]) -> bool {
        self.iter()
            .any(|word| memchr::memmem::find(text, word).is_some())
    }
}

/// A list is written as a text of words with blanks between them, or as an array if its words contain blanks.
impl<'de> Deserialize<'de> for WordList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<WordList, D::Error> {
        deserializer.deserialize_any(WordListVisitor)
    }
}

struct WordListVisitor;

impl<'de> Visitor<'de> for WordListVisitor {
    type Value = WordList;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("words, as a text or as an array")
    }

    fn visit_str<E>(self, text: &str) -> Result<WordList, E> {
        Ok(WordList::new(text.split_whitespace()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<WordList, A::Error> {
        let mut words: Vec<String> = Vec::new();
        while let Some(word) = seq.next_element()? {
            words.push(word);
        }
        Ok(WordList::new(words.iter().map(|word| &**word)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Mint;

    #[test]
    fn a_list_answers_as_a_search_of_all_its_words_does() {
        let mut mint = Mint::new(31);
        for round in 0..300 {
            let words: Vec<String> = (0..round % 40)
                .map(|n| String::from_utf8(mint.text(b"abAB", 1 + n % 5)).unwrap())
                .collect();
            let list = WordList::new(words.iter().map(|word| &**word));
            for len in 0..8 {
                let text = mint.text(b"abAB", len);
                let any = |test: fn(&str, &[u8]) -> bool| words.iter().any(|w| test(w, &text));
                assert_eq!(list.contains(&text), any(|w, t| w.as_bytes() == t));
                let same = |w: &str, t: &[u8]| w.as_bytes().eq_ignore_ascii_case(t);
                assert_eq!(list.contains_any_case(&text), any(same));
                let begins = any(|w, t| t.starts_with(w.as_bytes()));
                assert_eq!(list.prefix_of(&text).is_some(), begins);
                let ends = any(|w, t| t.ends_with(w.as_bytes()));
                assert_eq!(list.suffix_of(&text).is_some(), ends);
                let longer = any(|w, t| t.len() > w.len() && t.ends_with(w.as_bytes()));
                assert_eq!(list.ends_longer(&text), longer);
                let lower = |w: &str, t: &[u8]| {
                    t.to_ascii_lowercase()
                        .ends_with(w.to_ascii_lowercase().as_bytes())
                };
                assert_eq!(list.ends_any_case(&text), any(lower));
                let held = any(|w, t| String::from_utf8_lossy(t).contains(w));
                assert_eq!(list.is_part_of(&text), held);
            }
        }
    }

    #[test]
    fn a_list_is_written_as_a_text_or_as_an_array() {
        #[derive(Deserialize)]
        struct Lists {
            text: WordList,
            array: WordList,
        }
        let lists: Lists =
            toml::from_str("text = '''a bb\n  ccc'''\narray = ['x y', 'z']").unwrap();
        assert_eq!(
            lists.text.iter().collect::<Vec<_>>(),
            [&b"a"[..], b"bb", b"ccc"]
        );
        assert_eq!(lists.array.iter().collect::<Vec<_>>(), [&b"x y"[..], b"z"]);
    }
}
