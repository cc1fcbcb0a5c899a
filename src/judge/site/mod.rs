//! Parts of the text around a value: pure functions from bytes.

pub(crate) mod adjacent;
mod app_id;
mod attribution;
pub(crate) mod enclosing;
pub(crate) mod host_names;
pub(crate) mod lines;
pub(crate) mod listing;
mod prose_service;
mod records;
pub(crate) mod slot;
mod table;
mod table_layouts;
mod told;
pub(crate) mod urls;

use std::cell::OnceCell;
use std::ops::Range;

use super::evidence_location::EvidenceLocation;
use super::feature::Feature;
use super::text_cache::TextCache;
use super::vocabulary::{Vocabulary, WordClass, WordReading, without_cut_words};
use crate::span::line_start;

use host_names::is_host_byte;
use slot::{Slot, SlotKind};

/// Value in a text. Each part of its surroundings is read once, when it is needed first.
#[derive(Debug)]
pub(crate) struct Site<'l> {
    pub(crate) memory: &'l TextCache,
    pub(crate) text: &'l [u8],
    pub(crate) value: Range<usize>,
    /// All values of a judged form in the text, in order.
    pub(crate) peers: &'l [Range<usize>],
    parts: Parts<'l>,
}

/// Parts of the surroundings that were read.
#[derive(Debug, Default)]
struct Parts<'l> {
    structure: OnceCell<Option<Feature>>,
    hash_name: OnceCell<Option<Range<usize>>>,
    slot: OnceCell<Slot>,
    key_words: OnceCell<WordReading>,
    placed: OnceCell<Option<Box<Site<'l>>>>,
    brackets: OnceCell<Vec<(Range<usize>, bool)>>,
    ancestors: OnceCell<Vec<Range<usize>>>,
    client_id: OnceCell<Option<Range<usize>>>,
    told: OnceCell<Option<Range<usize>>>,
}

impl<'l> Site<'l> {
    /// Creates the site of a value.
    pub(crate) fn new(
        text: &'l [u8],
        value: Range<usize>,
        peers: &'l [Range<usize>],
        memory: &'l TextCache,
    ) -> Site<'l> {
        Site {
            memory,
            text,
            value,
            peers,
            parts: Parts::default(),
        }
    }

    /// Returns the vocabulary. Most values are decided without it, and loading it takes a while.
    pub(crate) fn vocabulary(&self) -> &'static Vocabulary {
        Vocabulary::builtin()
    }

    /// Returns the structure that the value is part of, if the bytes beside it determine it.
    pub(crate) fn structure(&self) -> Option<Feature> {
        let read = || adjacent::find_structure(self.text, &self.value);
        *self.parts.structure.get_or_init(read)
    }

    /// Returns the name of an id or checksum right before the value.
    pub(crate) fn hash_name(&self) -> Option<&Range<usize>> {
        let read = || adjacent::hash_name_before(self.text, &self.value);
        self.parts.hash_name.get_or_init(read).as_ref()
    }

    /// Returns the slot of the value.
    pub(crate) fn slot(&self) -> &Slot {
        let read = || {
            let slot = slot::read(self.text, &self.value);
            match slot::parameter_name(self.text, &self.value, &slot) {
                Some(name) => Slot::new(SlotKind::Assigned, name),
                None => slot,
            }
        };
        self.parts.slot.get_or_init(read)
    }

    /// Returns the reading of the words of the slot's key.
    pub(crate) fn key_words(&self) -> WordReading {
        let read = || self.read_name(&self.text[self.slot().key.clone()]);
        *self.parts.key_words.get_or_init(read)
    }

    /// Returns the site whose slot and name are those of the value: the site of the placeholder that it fills, or of
    /// the string of user and password that it is in if that is named after a host of GitHub, or its own.
    pub(crate) fn placed(&self) -> &Site<'l> {
        let placed = self.parts.placed.get_or_init(|| self.read_placed());
        placed.as_deref().unwrap_or(self)
    }

    fn read_placed(&self) -> Option<Box<Site<'l>>> {
        let at = |value| Box::new(Site::new(self.text, value, self.peers, self.memory));
        let filled = slot::find_placeholder(self.text, &self.value).map(at);
        // `printf '%s %s\n' path value` says nothing about the value.
        let tells =
            |site: &Site<'_>| !matches!(site.slot().kind, SlotKind::Alone | SlotKind::Other);
        let filled = filled.filter(|site| tells(site));
        let site = filled.as_deref().unwrap_or(self);
        let login = whole_login(site.text, &site.value, site.slot()).map(at);
        let is_of_github = |login: &Site<'_>| {
            let name = &login.text[login.slot().key.clone()];
            host_names::host_kind(self.vocabulary(), name) == Some(true)
        };
        login.filter(|login| is_of_github(login)).or(filled)
    }

    /// Returns the words before the brackets that are open at the value, innermost first, and `true` for a call's.
    pub(crate) fn brackets(&self) -> &[(Range<usize>, bool)] {
        self.parts.brackets.get_or_init(|| {
            let mut names = Vec::new();
            enclosing::brackets(self.text, &self.value, |name, is_call| {
                names.push((name, is_call));
            });
            names
        })
    }

    /// Returns the lines above that are indented less, innermost first, and the header of the section.
    pub(crate) fn ancestors(&self) -> &[Range<usize>] {
        self.parts.ancestors.get_or_init(|| {
            let mut lines = Vec::new();
            let index = &self.memory.lines;
            enclosing::for_each_ancestor(self.text, index, &self.value, |line| lines.push(line));
            lines
        })
    }

    /// Returns the name of the innermost list or section that encloses the value.
    pub(crate) fn heading(&self) -> Option<Range<usize>> {
        let list = self.brackets().iter().find(|(_, is_call)| !is_call);
        let name = list.map(|(name, _)| name);
        name.or_else(|| self.ancestors().first()).cloned()
    }

    /// Returns true if the value is in a map or a list that is named after credentials of GitHub: `github_tokens: {..}`.
    pub(crate) fn is_in_map_of_tokens(&self) -> bool {
        let heading = self.heading().map(|name| self.read(&name));
        heading.is_some_and(|h| h.end.has(WordClass::CREDENTIAL) && h.all.has(WordClass::GITHUB))
    }

    /// Returns the id of an OAuth app close by.
    pub(crate) fn client_id(&self) -> Option<&Range<usize>> {
        let read = || app_id::find_client_id(self.vocabulary(), self.text, &self.value);
        self.parts.client_id.get_or_init(read).as_ref()
    }

    /// Returns the id of an app close by that is not one of GitHub's.
    pub(crate) fn other_app_id(&self) -> Option<Range<usize>> {
        app_id::find_other_app_id(self.vocabulary(), self.text, &self.value)
    }

    /// Returns the word for a credential of GitHub that the prose around the value has nearest to it.
    pub(crate) fn told(&self) -> Option<&Range<usize>> {
        let read =
            || told::find_credential_word(self.vocabulary(), self.memory, self.text, &self.value);
        self.parts.told.get_or_init(read).as_ref()
    }

    /// Returns true if the value ends a sentence in a comment and `place` is outside that comment.
    pub(crate) fn is_outside_remark(&self, place: &Range<usize>) -> bool {
        told::remark_start(self.text, self.value.start).is_some_and(|start| place.end <= start)
    }

    /// Returns true if a particle behind the value cites it as a change, in a language that writes it there.
    pub(crate) fn is_cited_behind(&self) -> bool {
        attribution::is_cited_behind(&self.vocabulary().lexicon, self.text, &self.value)
    }

    /// Returns true if another value follows the words at `place` and precedes this one, so that they tell about that one.
    pub(crate) fn is_of_earlier(&self, place: &Range<usize>) -> bool {
        place.end <= self.value.start && attribution::is_of_earlier(self.text, place, &self.value)
    }

    /// Returns the name of another service in the prose before the value, if that service and not GitHub is the one
    /// that the prose is about.
    pub(crate) fn other_service_in_prose(&self) -> Option<Range<usize>> {
        prose_service::find_other_service(&self.vocabulary().lexicon, self.text, &self.value)
    }

    /// Returns the classes of the words of a name.
    pub(crate) fn classes_of(&self, name: &[u8]) -> WordClass {
        self.vocabulary().lexicon.sense(name)
    }

    /// Reads the words of a name.
    pub(crate) fn read_name(&self, name: &[u8]) -> WordReading {
        self.vocabulary().lexicon.read(name)
    }

    /// Returns the word classes of this part of the text.
    pub(crate) fn word_classes(&self, part: &Range<usize>) -> WordClass {
        self.vocabulary().lexicon.sense(&self.text[part.clone()])
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
        self.memory.read(self.vocabulary(), self.text, part)
    }

    /// Returns the word classes of the line before `at`, cut to the bytes near it.
    pub(crate) fn line_before(&self, at: usize) -> WordClass {
        const REACH: usize = 120;
        let start = line_start(self.text, at.saturating_sub(REACH), at);
        self.whole_word_classes(&(start..at))
    }

    /// Returns the number of words of prose on the line before `at`; 0 if the line has code.
    pub(crate) fn count_words_before(&self, at: usize) -> usize {
        const REACH: usize = 200;
        let line = &self.text[line_start(self.text, at.saturating_sub(REACH), at)..at];
        if line.iter().any(|b| matches!(b, b'=' | b'{' | b'}' | b';')) {
            return 0;
        }
        let letters =
            |w: &&[u8]| w.len() > 1 && w.iter().any(|b| b.is_ascii_lowercase() || *b >= 0x80);
        line.split(u8::is_ascii_whitespace).filter(letters).count()
    }

    /// Returns the word classes of the lines in this part of the text. Words of two lines do not form a pair, and a word
    /// for an id is about the value on its own line if there is one.
    pub(crate) fn line_word_classes(&self, part: &Range<usize>) -> WordClass {
        let (mut start, mut all) = (part.start, WordClass::NONE);
        while start < part.end {
            let len = memchr::memchr(b'\n', &self.text[start..part.end]);
            let end = len.map_or(part.end, |n| start + n);
            let classes = self.whole_word_classes(&(start..end));
            // Nor is it about any value if the line names a credential of GitHub: `token for commit statuses`.
            let other = classes.has(WordClass::HASH)
                && (classes.has(WordClass::PAIR) || self.count_values_in(&(start..end)) > 0);
            let excluded = if other {
                WordClass::HASH
            } else {
                WordClass::NONE
            };
            all = all.or(classes.without(excluded));
            start = end + 1;
        }
        all
    }

    /// Returns the number of values of a judged form that begin in this part of the text.
    pub(crate) fn count_values_in(&self, part: &Range<usize>) -> usize {
        let first = self.peers.partition_point(|p| p.start < part.start);
        let within = |p: &&Range<usize>| p.start < part.end;
        self.peers[first..].iter().take_while(within).count()
    }

    /// Returns the number of the value among all values of a judged form in the text.
    pub(crate) fn rank(&self) -> usize {
        self.peers.partition_point(|p| p.end < self.value.end)
    }

    /// Returns the place of the value itself.
    pub(crate) fn own_location(&self) -> EvidenceLocation {
        EvidenceLocation::Text(self.value.clone())
    }
}

/// Returns the range of the string of user and password that a value with this slot is in: `who = "user:value"`.
pub(crate) fn whole_login(text: &[u8], value: &Range<usize>, slot: &Slot) -> Option<Range<usize>> {
    let user = &slot.key;
    let quote = text.get(user.start.checked_sub(1)?)?;
    let whole = slot.kind == SlotKind::Assigned
        && matches!(quote, b'"' | b'\'')
        && text.get(value.end) == Some(quote)
        && text.get(user.end..value.start) == Some(b":")
        && text[user.clone()]
            .iter()
            .all(|b| is_host_byte(*b) || *b == b'_');
    whole.then_some(user.start..value.end)
}
