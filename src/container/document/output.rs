//! Output of the reader of a document: its text with the places, and between long pieces of text the markup around it.

use crate::span::{DocumentPlace, PlaceList};

/// Number of bytes of markup that are held before they are written between two lines of text.
const MARKUP: usize = 256 * 1024;

/// Text that was taken from a document. All bytes of the document go into it: words without the tags between them, and
/// apart from them the tags, so that what is in attributes and comments is scanned too.
#[derive(Debug)]
pub(in crate::container) struct TextOutput<'p> {
    places: &'p PlaceList,
    ready: Vec<u8>,
    /// Number of bytes of `ready` that were read.
    taken: usize,
    /// Number of bytes of the text before `ready`.
    passed: u64,
    markup: Vec<u8>,
    /// Places in the markup.
    markup_starts: Vec<(usize, Option<DocumentPlace>)>,
    /// True if text was taken out behind the last markup.
    is_gap: bool,
}

impl<'p> TextOutput<'p> {
    pub(in crate::container) fn new(places: &'p PlaceList) -> Self {
        TextOutput {
            places,
            ready: Vec::new(),
            taken: 0,
            passed: 0,
            markup: Vec::new(),
            markup_starts: Vec::new(),
            is_gap: false,
        }
    }

    /// Adds text at a place.
    pub(in crate::container) fn push_text(&mut self, text: &[u8], place: Option<&DocumentPlace>) {
        let at = self.passed + self.ready.len() as u64;
        self.places.start_place(at, place.cloned());
        self.ready.extend_from_slice(text);
    }

    /// Adds the text and an end of the line.
    pub(in crate::container) fn push_line(&mut self, text: &[u8], place: Option<&DocumentPlace>) {
        self.push_text(text, place);
        self.ready.push(b'\n');
    }

    /// Notes that text was taken out of the markup.
    pub(in crate::container) fn mark_gap(&mut self) {
        self.is_gap = true;
    }

    /// Adds markup, which is written later.
    pub(in crate::container) fn push_markup(
        &mut self,
        markup: &[u8],
        place: Option<&DocumentPlace>,
    ) {
        if self.is_gap {
            self.markup.push(b'\n');
            self.is_gap = false;
        }
        let last = self.markup_starts.last();
        if last.is_none_or(|(_, last)| last.as_ref() != place) {
            self.markup_starts.push((self.markup.len(), place.cloned()));
        }
        self.markup.extend_from_slice(markup);
    }

    /// Returns true if so much markup is held that it should be written at the next end of a line.
    pub(in crate::container) fn is_markup_due(&self) -> bool {
        self.markup.len() >= MARKUP
    }

    /// Returns true if so much markup is held that it must be written.
    pub(in crate::container) fn is_markup_overdue(&self) -> bool {
        self.markup.len() >= 4 * MARKUP
    }

    /// Writes the markup that is held, in lines of its own.
    pub(in crate::container) fn flush_markup(&mut self) {
        if self.markup.is_empty() {
            return;
        }
        self.ready.push(b'\n');
        let base = self.passed + self.ready.len() as u64;
        for (at, place) in self.markup_starts.drain(..) {
            self.places.start_place(base + at as u64, place);
        }
        self.ready.append(&mut self.markup);
        self.ready.push(b'\n');
        self.is_gap = false;
    }

    /// Returns true if nothing can be read.
    pub(in crate::container) fn is_empty(&self) -> bool {
        self.taken == self.ready.len()
    }

    /// Moves text to `out`, and returns the number of bytes.
    pub(in crate::container) fn take_text(&mut self, out: &mut [u8]) -> usize {
        let rest = &self.ready[self.taken..];
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        self.taken += count;
        if self.is_empty() {
            self.passed += self.ready.len() as u64;
            self.ready.clear();
            self.taken = 0;
        }
        count
    }
}
