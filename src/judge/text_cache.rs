//! Text cache: results of reading a text that all its values share, so that no part is read twice.
//! The cache only saves time. Every answer is the same as without it.

use std::cell::{Cell, OnceCell, RefCell};
use std::ops::Range;

use super::site::enclosing::LineCache;
use super::vocabulary::{Phrase, Vocabulary, WordClass, WordReading};

/// Size in bytes of a block of the search for phrases, counted from the beginning of the text.
const BLOCK: usize = 4096;
/// Maximum length of a phrase in bytes.
pub(super) const LONGEST_PHRASE: usize = 64;

/// Number of bytes after a part that are searched together with it for words that name a credential.
const AHEAD: usize = 2048;

/// Size in bytes of a block of the search for names of GitHub.
const MENTION_BLOCK: usize = 1024;

/// Number of places for readings of parts of a text. Parts with the same remainder share a place.
const READINGS: usize = 128;

/// Part of the text and its reading.
type CachedReading = Option<(Range<usize>, WordReading)>;

/// Phrase and its range.
type PhraseHit = (Phrase, Range<usize>);

/// Part of a text that was searched without a gap for words that name GitHub or a credential.
#[derive(Clone, Copy, Debug, Default)]
struct SearchedPart {
    from: usize,
    to: usize,
    /// Only place in the part that the prefilter matches.
    hit: Option<usize>,
}

impl SearchedPart {
    fn starting_at(from: usize) -> SearchedPart {
        SearchedPart {
            from,
            to: from,
            hit: None,
        }
    }

    /// Continues a search without a hit up to `end` and further, or to the first hit. Values are often close to each
    /// other, and each search has a fixed cost.
    fn search_on(self, vocabulary: &Vocabulary, text: &[u8], end: usize) -> SearchedPart {
        let end = text.len().min(end + AHEAD);
        // The end may cut a word there.
        let whole = if end < text.len() {
            end - LONGEST_STEM
        } else {
            end
        };
        let found = vocabulary.stems.find(text, self.to..end);
        let hit = found.filter(|at| *at < whole);
        SearchedPart {
            to: hit.map_or(whole, |at| at + 1),
            hit,
            ..self
        }
    }
}

/// Text cache of one text and its path.
#[derive(Debug, Default)]
pub(crate) struct TextCache {
    searched: Cell<SearchedPart>,
    /// True if the prefilter matches in the path.
    path: OnceCell<bool>,
    /// Word classes of the path.
    path_sense: OnceCell<WordClass>,
    blocks: RefCell<Vec<Option<Box<[PhraseHit]>>>>,
    /// For each block that was searched, true if it may name GitHub.
    mentions: RefCell<Vec<Option<bool>>>,
    /// Parts of the text with their readings.
    readings: RefCell<Vec<CachedReading>>,
    /// Lines of the text read so far.
    pub(super) lines: LineCache,
}

impl TextCache {
    /// Returns `true` if this part of the text may name GitHub or a credential. Fast if the parts of successive calls
    /// move forwards.
    pub(super) fn may_mention_credential(
        &self,
        vocabulary: &Vocabulary,
        text: &[u8],
        part: Range<usize>,
    ) -> bool {
        let known = self.searched.get();
        let is_joined = (known.from..=known.to).contains(&part.start);
        let mut first = known.hit.filter(|at| is_joined && *at >= part.start);
        if first.is_none() && !(is_joined && known.to >= part.end) {
            let known = match (is_joined, known.hit) {
                (false, _) => SearchedPart::starting_at(part.start),
                (true, Some(hit)) => SearchedPart::starting_at(hit + 1),
                (true, None) => known,
            };
            let known = known.search_on(vocabulary, text, part.end);
            self.searched.set(known);
            first = known.hit;
        }
        // The end of the part may cut the word there.
        first.is_some_and(|at| {
            let is_whole = || vocabulary.stems.find(text, at..part.end).is_some();
            at < part.end && (at + LONGEST_STEM <= part.end || is_whole())
        })
    }

    /// Returns `true` if the path may name GitHub or a credential.
    pub(super) fn path_may_mention(&self, vocabulary: &Vocabulary, path: &[u8]) -> bool {
        *self
            .path
            .get_or_init(|| vocabulary.stems.find(path, 0..path.len()).is_some())
    }

    /// Returns the word classes in the end of the path.
    pub(super) fn path_word_classes(&self, vocabulary: &Vocabulary, tail: &[u8]) -> WordClass {
        *self
            .path_sense
            .get_or_init(|| vocabulary.lexicon.sense(tail))
    }

    /// Returns the reading of the words in this part of the text. Values close together need the same lines.
    pub(super) fn read(
        &self,
        vocabulary: &Vocabulary,
        text: &[u8],
        part: Range<usize>,
    ) -> WordReading {
        let mut readings = self.readings.borrow_mut();
        if readings.is_empty() {
            readings.resize(READINGS, None);
        }
        let slot = &mut readings[part.start % READINGS];
        match slot {
            Some((known, reading)) if *known == part => *reading,
            _ => {
                let reading = vocabulary.lexicon.read(&text[part.clone()]);
                *slot = Some((part, reading));
                reading
            }
        }
    }

    /// Returns `true` if this part of the text, or the text close to it, may name GitHub.
    pub(super) fn may_name_github(
        &self,
        vocabulary: &Vocabulary,
        text: &[u8],
        part: Range<usize>,
    ) -> bool {
        if part.is_empty() {
            return false;
        }
        let mut mentions = self.mentions.borrow_mut();
        let last = (part.end - 1) / MENTION_BLOCK;
        if mentions.len() <= last {
            mentions.resize(last + 1, None);
        }
        let mut blocks =
            (part.start / MENTION_BLOCK..).zip(&mut mentions[part.start / MENTION_BLOCK..=last]);
        blocks.any(|(i, seen)| {
            let (len, longest) = (MENTION_BLOCK, LONGEST_PHRASE);
            let look = || {
                vocabulary
                    .mentions
                    .any_starts_in(text, i * len, len, longest)
            };
            *seen.get_or_insert_with(look)
        })
    }

    /// Calls `then` with every phrase in this part of the text.
    pub(super) fn for_each_phrase(
        &self,
        vocabulary: &Vocabulary,
        text: &[u8],
        part: Range<usize>,
        mut then: impl FnMut(Phrase, Range<usize>),
    ) {
        if part.is_empty() {
            return;
        }
        let mut blocks = self.blocks.borrow_mut();
        let last = (part.end - 1) / BLOCK;
        if blocks.len() <= last {
            blocks.resize(last + 1, None);
        }
        for (i, slot) in blocks.iter_mut().enumerate().skip(part.start / BLOCK) {
            if i > last {
                break;
            }
            let hits = slot.get_or_insert_with(|| read_block(vocabulary, text, i * BLOCK));
            for (phrase, place) in hits.iter() {
                if place.start >= part.start && place.end <= part.end {
                    then(*phrase, place.clone());
                }
            }
        }
    }
}

/// Maximum length of a stem in bytes.
pub(super) const LONGEST_STEM: usize = 32;

/// Returns the phrases that begin in the block at `start`.
fn read_block(vocabulary: &Vocabulary, text: &[u8], start: usize) -> Box<[PhraseHit]> {
    let end = text.len().min(start + BLOCK + LONGEST_PHRASE);
    let mut hits = Vec::new();
    vocabulary
        .phrases
        .for_each(&text[start..end], |phrase, (from, to)| {
            if from < BLOCK {
                hits.push((phrase, start + from..start + to));
            }
        });
    hits.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Mint;

    /// Returns a text of words, some of which the prefilter matches.
    fn text(mint: &mut Mint, words: usize) -> String {
        const WORDS: [&str; 14] = [
            "lorem ",
            "ipsum\n",
            "author ",
            "broken ",
            "credit ",
            "October ",
            "registry ",
            "pass over ",
            "dolor ",
            "sit ",
            "amet ",
            "consectetur ",
            "my_token ",
            "import github ",
        ];
        let mut out = String::new();
        for _ in 0..words {
            let n = usize::from(mint.hex(2)[0]) * 7 + usize::from(mint.hex(2)[1]);
            // The last two, which the prefilter matches, are rare.
            let n = if n % 40 == 0 { 12 + n % 2 } else { n % 12 };
            out.push_str(WORDS[n]);
        }
        out
    }

    #[test]
    fn what_is_remembered_is_what_the_text_says() {
        let vocabulary = Vocabulary::builtin();
        let mut mint = Mint::new(5);
        for round in 0..60 {
            let text = text(&mut mint, 200 + round * 20);
            let text = text.as_bytes();
            let memory = TextCache::default();
            let step = 1 + round * 13;
            let forwards = (0..text.len()).step_by(step);
            let back = (0..text.len()).step_by(997).rev();
            for at in forwards.chain(back) {
                let part = at.saturating_sub(300 + round * 5)..text.len().min(at + 40 + step % 90);
                let obvious = vocabulary.stems.find(text, part.clone()).is_some();
                assert_eq!(
                    memory.may_mention_credential(vocabulary, text, part.clone()),
                    obvious,
                    "{part:?}"
                );
                let (mut kept, mut fresh) = (Vec::new(), Vec::new());
                memory.for_each_phrase(vocabulary, text, part.clone(), |_, p| kept.push(p));
                TextCache::default().for_each_phrase(vocabulary, text, part, |_, p| fresh.push(p));
                assert_eq!(kept, fresh);
            }
        }
    }
}
