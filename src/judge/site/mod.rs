//! What stands where around a value: pure functions from bytes to the parts of a text.

pub(crate) mod adjacent;
pub(crate) mod enclosing;
pub(crate) mod slot;
mod table;
mod table_layouts;

use std::ops::Range;

use super::evidence_location::EvidenceLocation;
use super::text_cache::TextCache;
use super::vocabulary::{Vocabulary, WordClass, WordReading, without_cut_words};
use crate::span::line_start;

/// Value in a text, with what is read around it.
#[derive(Clone, Copy)]
pub(crate) struct Site<'l> {
    pub(crate) vocabulary: &'static Vocabulary,
    pub(crate) memory: &'l TextCache,
    pub(crate) text: &'l [u8],
    pub(crate) value: &'l Range<usize>,
    /// All values of a judged form in the text, in order.
    pub(crate) peers: &'l [Range<usize>],
}

impl Site<'_> {
    /// Returns the classes of the words of a name.
    pub(crate) fn classes_of(&self, name: &[u8]) -> WordClass {
        self.vocabulary.lexicon.sense(name)
    }

    /// Reads the words of a name.
    pub(crate) fn read_name(&self, name: &[u8]) -> WordReading {
        self.vocabulary.lexicon.read(name)
    }

    /// Returns the word classes of this part of the text.
    pub(crate) fn word_classes(&self, part: &Range<usize>) -> WordClass {
        self.vocabulary.lexicon.sense(&self.text[part.clone()])
    }

    /// Returns the word classes of the whole words in this part of the text, which may begin or end inside a word.
    pub(crate) fn whole_word_classes(&self, part: &Range<usize>) -> WordClass {
        self.read(part).all
    }

    /// Reads the whole words in this part of the text.
    pub(crate) fn read(&self, part: &Range<usize>) -> WordReading {
        let part = without_cut_words(self.text, part);
        if part.is_empty() {
            return WordReading::default();
        }
        self.memory.read(self.vocabulary, self.text, part)
    }

    /// Returns the word classes of the line before `at`, cut to the bytes near it.
    pub(crate) fn line_before(&self, at: usize) -> WordClass {
        const REACH: usize = 120;
        let start = line_start(self.text, at.saturating_sub(REACH), at);
        self.whole_word_classes(&(start..at))
    }

    /// Returns the word classes of the lines in this part of the text. Words of two lines do not form a pair.
    pub(crate) fn line_word_classes(&self, part: &Range<usize>) -> WordClass {
        let (mut start, mut all) = (part.start, WordClass::NONE);
        while start < part.end {
            let len = memchr::memchr(b'\n', &self.text[start..part.end]);
            let end = len.map_or(part.end, |n| start + n);
            all = all.or(self.whole_word_classes(&(start..end)));
            start = end + 1;
        }
        all
    }

    /// Returns the place of the value itself.
    pub(crate) fn own_location(&self) -> EvidenceLocation {
        EvidenceLocation::Text(self.value.clone())
    }
}
