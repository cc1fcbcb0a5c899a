//! Text of a document that is itself a text: each byte keeps its offset in the file, so that a finding in the text and
//! the same finding in the bytes of the file are one.

use std::io::{self, BufRead, BufReader, Read};

use crate::container::member::{ContainerInput, MemberName, MemberVisitor};
use crate::span::{DocumentPlace, PlaceList};

/// Gives the text of a whole document to the visitor, with the places that the parser finds.
pub(super) fn visit_whole_text(
    input: &mut dyn ContainerInput,
    parser: impl ByteParser,
    visitor: &mut dyn MemberVisitor,
) {
    let places = PlaceList::default();
    let mut text = TrackedText::new(input as &mut dyn Read, parser, &places);
    // There is nothing after the text that a visitor could do without.
    let _ = visitor.visit_text(MemberName::plain(b""), &mut text, &places);
}

/// Parser of such a document, which is given one byte after the other.
pub(super) trait ByteParser {
    /// Takes the byte at the offset `at`.
    fn take_byte(&mut self, byte: u8, at: u64, out: &mut TrackedOutput<'_>);
}

/// Text with the offsets in the file.
#[derive(Debug)]
pub(super) struct TrackedOutput<'p> {
    places: &'p PlaceList,
    place: Option<DocumentPlace>,
    ready: Vec<u8>,
    taken: usize,
    /// Number of bytes of the text before `ready`.
    passed: u64,
    /// Offset in the file that the next byte has if it follows the last one there.
    next: Option<u64>,
}

impl<'p> TrackedOutput<'p> {
    fn new(places: &'p PlaceList) -> Self {
        TrackedOutput {
            places,
            place: None,
            ready: Vec::new(),
            taken: 0,
            passed: 0,
            next: None,
        }
    }

    /// Sets the place of the text from here on.
    pub(super) fn set_place(&mut self, place: Option<DocumentPlace>) {
        self.place = place;
        self.next = None;
    }

    /// Adds a byte that is at `at` in the file.
    pub(super) fn push_byte(&mut self, byte: u8, at: u64) {
        if self.next != Some(at) {
            let start = self.passed + self.ready.len() as u64;
            self.places.start_tracked(start, self.place.clone(), at);
        }
        self.next = Some(at + 1);
        self.ready.push(byte);
    }

    /// Adds a character that an escape at `at` in the file stands for.
    pub(super) fn push_char(&mut self, character: char, at: u64) {
        let start = self.passed + self.ready.len() as u64;
        self.places.start_tracked(start, self.place.clone(), at);
        let mut bytes = [0; 4];
        let bytes = character.encode_utf8(&mut bytes).as_bytes();
        self.ready.extend_from_slice(bytes);
        self.next = None;
    }

    fn take_text(&mut self, out: &mut [u8]) -> usize {
        let rest = &self.ready[self.taken..];
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        self.taken += count;
        if self.taken == self.ready.len() {
            self.passed += self.ready.len() as u64;
            self.ready.clear();
            self.taken = 0;
        }
        count
    }
}

/// Text of a document, read while the document is read.
pub(super) struct TrackedText<'p, R, P> {
    input: BufReader<R>,
    /// Offset of the next byte of the input.
    at: u64,
    parser: P,
    out: TrackedOutput<'p>,
}

impl<'p, R: Read, P: ByteParser> TrackedText<'p, R, P> {
    pub(super) fn new(input: R, parser: P, places: &'p PlaceList) -> Self {
        TrackedText {
            input: BufReader::with_capacity(1 << 15, input),
            at: 0,
            parser,
            out: TrackedOutput::new(places),
        }
    }
}

impl<R: Read, P: ByteParser> Read for TrackedText<'_, R, P> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.out.ready.is_empty() {
            let bytes = self.input.fill_buf()?;
            if bytes.is_empty() {
                return Ok(0);
            }
            for byte in bytes {
                self.parser.take_byte(*byte, self.at, &mut self.out);
                self.at += 1;
            }
            let count = bytes.len();
            self.input.consume(count);
        }
        Ok(self.out.take_text(out))
    }
}
