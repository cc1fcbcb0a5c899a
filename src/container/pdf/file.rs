//! Objects of a PDF file, found without its tables: every object in the file is read, also those that a later change
//! of the document has replaced.

use std::collections::HashMap;
use std::io::{Read, SeekFrom};
use std::rc::Rc;

use super::super::member::{ContainerInput, ContainerProblem, MemberVisitor};
use super::filter::{open_filters, read_held};
use super::object::{PdfDictionary, PdfLexer, PdfObject, is_space};

/// Number of bytes in which an object is looked for at first, and at most.
const FIRST_WINDOW: u64 = 1 << 10;
const MOST_WINDOW: u64 = 1 << 20;

/// Number of bytes that are searched at once for the starts of objects.
const SEARCHED: u64 = 64 << 10;

/// Number of bytes at the end of a window that are searched again with what follows.
const CUT: usize = 64;

/// Word before the dictionary that names the catalog.
const TRAILER: &[u8] = b"trailer";

/// Maximum number of objects.
const MOST_OBJECTS: usize = 1 << 19;

/// Maximum length in bytes of a stream that contains objects or the text of a page.
pub(super) const MOST_TEXT: u64 = 8 << 20;

/// Place of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ObjectPlace {
    /// Offset in the file.
    File(u64),
    /// Number of the entry of a stream that contains objects, and offset in it.
    Stream(usize, usize),
}

/// Object of a file: its number and its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct ObjectEntry {
    pub(super) number: u32,
    pub(super) place: ObjectPlace,
}

/// Object that was read, with the offset of the bytes behind it if they are those of a stream.
#[derive(Clone, Debug)]
pub(super) struct ReadObject {
    pub(super) object: PdfObject,
    pub(super) data: Option<u64>,
    /// Offset behind the object.
    end: u64,
}

/// File with the places of its objects.
pub(super) struct PdfFile<'f> {
    input: &'f mut dyn ContainerInput,
    pub(super) visitor: &'f mut dyn MemberVisitor,
    pub(super) entries: Vec<ObjectEntry>,
    /// Number of the last entry of each object.
    latest: HashMap<u32, usize>,
    /// Number of the document's catalog.
    pub(super) root: Option<u32>,
    pub(super) is_encrypted: bool,
    /// Content of the stream of objects that was read last.
    opened: Option<(usize, Rc<[u8]>)>,
}

impl<'f> PdfFile<'f> {
    /// Finds all objects.
    ///
    /// # Errors
    /// When the file cannot be read, has too many objects or a limit is reached.
    pub(super) fn open(
        input: &'f mut dyn ContainerInput,
        visitor: &'f mut dyn MemberVisitor,
    ) -> Result<Self, ContainerProblem> {
        let mut file = PdfFile {
            input,
            visitor,
            entries: Vec::new(),
            latest: HashMap::new(),
            root: None,
            is_encrypted: false,
            opened: None,
        };
        file.find_objects()?;
        Ok(file)
    }

    /// Counts work; fails once a limit is reached.
    pub(super) fn charge(&mut self, bytes: u64) -> Result<(), ContainerProblem> {
        if self.visitor.charge_work(bytes).is_break() {
            return Err(ContainerProblem::damaged("it takes too long to read"));
        }
        Ok(())
    }

    /// Returns up to `len` bytes from this offset of the file.
    fn read_window(&mut self, at: u64, len: u64) -> Result<Vec<u8>, ContainerProblem> {
        self.charge(len)?;
        self.input.seek(SeekFrom::Start(at))?;
        let mut window = Vec::new();
        (&mut *self.input).take(len).read_to_end(&mut window)?;
        Ok(window)
    }

    fn find_objects(&mut self) -> Result<(), ContainerProblem> {
        let mut at = 0;
        loop {
            let window = self.read_window(at, SEARCHED)?;
            let is_last = (window.len() as u64) < SEARCHED;
            let next = self.find_in_window(at, &window)?;
            if is_last && next <= at + window.len() as u64 {
                return Ok(());
            }
            at = next;
        }
    }

    /// Adds the objects that start in a window, and returns the offset to go on from.
    fn find_in_window(&mut self, start: u64, window: &[u8]) -> Result<u64, ContainerProblem> {
        let mut passed = 0;
        let words = [&b"obj"[..], TRAILER].map(memchr::memmem::Finder::new);
        let mut trailer = words[1].find(window);
        while let Some(found) = window.get(passed..).and_then(|rest| words[0].find(rest)) {
            if let Some(at) = trailer.filter(|at| *at < passed + found) {
                // One that is passed over is part of a stream.
                if at >= passed {
                    self.read_trailer(start + at as u64)?;
                }
                let behind = passed.max(at + TRAILER.len());
                trailer = words[1].find(&window[behind..]).map(|next| behind + next);
                continue;
            }
            let word = passed + found;
            passed = word + 3;
            let Some((number, header)) = find_header(&window[..word]) else {
                continue;
            };
            let place = ObjectPlace::File(start + header as u64);
            let Some(read) = self.read_at(start + passed as u64)? else {
                continue;
            };
            self.add_entry(number, place)?;
            let end = self.take_object(&read)?.unwrap_or(read.end);
            let within = usize::try_from(end - start).unwrap_or(usize::MAX);
            if within >= window.len() {
                return Ok(end);
            }
            passed = within.max(passed);
        }
        if let Some(at) = trailer.filter(|at| *at >= passed) {
            self.read_trailer(start + at as u64)?;
        }
        // A header, or the word for the end, may be cut.
        Ok(start + passed.max(window.len().saturating_sub(CUT)) as u64)
    }

    fn add_entry(&mut self, number: u32, place: ObjectPlace) -> Result<(), ContainerProblem> {
        if self.entries.len() >= MOST_OBJECTS {
            return Err(ContainerProblem::damaged(format!(
                "it has more than {MOST_OBJECTS} objects, and the rest was not read"
            )));
        }
        self.latest.insert(number, self.entries.len());
        self.entries.push(ObjectEntry { number, place });
        Ok(())
    }

    /// Adds what a new object contains, and returns the offset behind its stream if that is known.
    fn take_object(&mut self, read: &ReadObject) -> Result<Option<u64>, ContainerProblem> {
        let (Some(data), Some(dictionary)) = (read.data, read.object.as_dictionary()) else {
            return Ok(None);
        };
        if dictionary.has_name(b"Type", b"XRef") {
            self.take_trailer(dictionary);
        }
        let length = dictionary.get(b"Length").and_then(PdfObject::as_index);
        let mut end = None;
        if let Some(length) = length {
            let behind = data + u64::from(length);
            let window = self.read_window(behind, 32)?;
            if memchr::memmem::find(&window, b"endstream").is_some() {
                end = Some(behind);
            }
        }
        if dictionary.has_name(b"Type", b"ObjStm") {
            self.take_object_stream(dictionary)?;
        }
        Ok(end)
    }

    /// Reads the dictionary that follows the word for the end of a document.
    fn read_trailer(&mut self, at: u64) -> Result<(), ContainerProblem> {
        let read = self.read_at(at + TRAILER.len() as u64)?;
        if let Some(trailer) = read.as_ref().and_then(|read| read.object.as_dictionary()) {
            self.take_trailer(trailer);
        }
        Ok(())
    }

    fn take_trailer(&mut self, trailer: &PdfDictionary) {
        self.root = trailer.reference(b"Root").or(self.root);
        self.is_encrypted |= trailer.get(b"Encrypt").is_some();
    }

    /// Adds the objects in the stream that is the last entry.
    fn take_object_stream(&mut self, dictionary: &PdfDictionary) -> Result<(), ContainerProblem> {
        let stream = self.entries.len() - 1;
        let Some(content) = self.open_objects(stream)? else {
            return Ok(());
        };
        let count = dictionary.get(b"N").and_then(PdfObject::as_index);
        let first = dictionary.get(b"First").and_then(PdfObject::as_index);
        let first = first.unwrap_or_default() as usize;
        let mut lexer = PdfLexer::new(&content[..first.min(content.len())]);
        for _ in 0..count.unwrap_or_default() {
            let mut next = || lexer.next_object().and_then(|item| item.as_index());
            let (Some(number), Some(offset)) = (next(), next()) else {
                break;
            };
            let at = first.saturating_add(offset as usize);
            self.add_entry(number, ObjectPlace::Stream(stream, at))?;
        }
        Ok(())
    }

    /// Returns the content of a stream of objects; `None` if it cannot be read, which is recorded.
    fn open_objects(&mut self, entry: usize) -> Result<Option<Rc<[u8]>>, ContainerProblem> {
        if let Some((_, content)) = self.opened.as_ref().filter(|(own, _)| *own == entry) {
            return Ok(Some(Rc::clone(content)));
        }
        let number = self.entries[entry].number;
        let content = match self.read_entry(entry)? {
            Some(read) => self.read_stream(&read, number)?,
            None => return Ok(None),
        };
        let content: Rc<[u8]> = content.into();
        self.opened = Some((entry, Rc::clone(&content)));
        Ok(Some(content))
    }

    /// Returns the object behind the header at this offset of the file; `None` if there is none.
    fn read_at(&mut self, at: u64) -> Result<Option<ReadObject>, ContainerProblem> {
        let mut len = FIRST_WINDOW;
        loop {
            let window = self.read_window(at, len)?;
            let is_end = (window.len() as u64) < len;
            let mut lexer = PdfLexer::new(&window);
            let object = lexer.next_object();
            lexer.skip_space();
            let rest = &window[lexer.at.min(window.len())..];
            // The word `stream` and its line end must be in the window.
            let is_cut = lexer.is_cut || rest.len() < 16;
            if is_cut && !is_end && len < MOST_WINDOW {
                len *= 8;
                continue;
            }
            let Some(object) = object else {
                return Ok(None);
            };
            let data = rest.strip_prefix(b"stream").map(|behind| {
                let line_end = match behind {
                    [b'\r', b'\n', ..] => 2,
                    [b'\r' | b'\n', ..] => 1,
                    _ => 0,
                };
                at + (lexer.at + 6 + line_end) as u64
            });
            let end = data.unwrap_or(at + lexer.at as u64);
            return Ok(Some(ReadObject { object, data, end }));
        }
    }

    /// Returns the object of an entry.
    pub(super) fn read_entry(
        &mut self,
        entry: usize,
    ) -> Result<Option<ReadObject>, ContainerProblem> {
        match self.entries[entry].place {
            ObjectPlace::File(at) => {
                // The header has two numbers of ten digits at most, with any space between.
                let window = self.read_window(at, 64)?;
                let header = memchr::memmem::find(&window, b"obj");
                header.map_or(Ok(None), |header| self.read_at(at + header as u64 + 3))
            }
            ObjectPlace::Stream(stream, at) => {
                let Some(content) = self.open_objects(stream)? else {
                    return Ok(None);
                };
                let mut lexer = PdfLexer::new(content.get(at..).unwrap_or_default());
                let object = lexer.next_object();
                self.charge(lexer.at as u64 + 16)?;
                Ok(object.map(|object| ReadObject {
                    object,
                    data: None,
                    end: 0,
                }))
            }
        }
    }

    /// Returns the entry of the current object with a number.
    pub(super) fn entry_of(&self, number: u32) -> Option<usize> {
        self.latest.get(&number).copied()
    }

    /// Returns the current object with a number.
    pub(super) fn read_number(
        &mut self,
        number: u32,
    ) -> Result<Option<ReadObject>, ContainerProblem> {
        let entry = self.entry_of(number);
        entry.map_or(Ok(None), |entry| self.read_entry(entry))
    }

    /// Returns the object that a value is or refers to.
    pub(super) fn resolve(
        &mut self,
        value: Option<&PdfObject>,
    ) -> Result<Option<PdfObject>, ContainerProblem> {
        match value {
            Some(PdfObject::Reference(number)) => {
                Ok(self.read_number(*number)?.map(|read| read.object))
            }
            value => Ok(value.cloned()),
        }
    }

    /// Returns the dictionary that a value is or refers to; an empty one if it is none.
    pub(super) fn resolve_dictionary(
        &mut self,
        value: Option<&PdfObject>,
    ) -> Result<PdfDictionary, ContainerProblem> {
        Ok(match self.resolve(value)? {
            Some(PdfObject::Dictionary(dictionary)) => dictionary,
            _ => PdfDictionary::default(),
        })
    }

    /// Returns the length in bytes of a stream, up to its end mark if the stated length is wrong.
    fn stream_length(
        &mut self,
        dictionary: &PdfDictionary,
        data: u64,
    ) -> Result<u64, ContainerProblem> {
        let length = self.resolve(dictionary.get(b"Length"))?;
        if let Some(length) = length.as_ref().and_then(PdfObject::as_index) {
            let window = self.read_window(data + u64::from(length), 32)?;
            if memchr::memmem::find(&window, b"endstream").is_some() {
                return Ok(u64::from(length));
            }
        }
        let mut at = data;
        loop {
            let window = self.read_window(at, SEARCHED)?;
            if let Some(end) = memchr::memmem::find(&window, b"endstream") {
                return Ok(at + end as u64 - data);
            }
            if (window.len() as u64) < SEARCHED {
                return Ok(at + window.len() as u64 - data);
            }
            at += SEARCHED - 9;
        }
    }

    /// Calls `read` with the content of a stream without its filters.
    ///
    /// # Errors
    /// The problem of the stream, or of the file.
    pub(super) fn with_stream<R>(
        &mut self,
        dictionary: &PdfDictionary,
        data: u64,
        read: impl FnOnce(&mut dyn MemberVisitor, &mut dyn Read) -> R,
    ) -> Result<Result<R, ContainerProblem>, ContainerProblem> {
        let length = self.stream_length(dictionary, data)?;
        let mut dictionary = dictionary.clone();
        for (key, value) in &mut dictionary.0 {
            if key == b"Filter"
                && let Some(filter) = self.resolve(Some(value))?
            {
                *value = filter;
            }
        }
        self.input.seek(SeekFrom::Start(data))?;
        let bytes = Box::new((&mut *self.input).take(length));
        let content = open_filters(&dictionary, bytes);
        Ok(content.map(|mut content| read(&mut *self.visitor, &mut *content)))
    }

    /// Returns the content of a stream that is text for this program. What cannot be read of it is recorded.
    pub(super) fn read_stream(
        &mut self,
        read: &ReadObject,
        number: u32,
    ) -> Result<Vec<u8>, ContainerProblem> {
        let (Some(data), Some(dictionary)) = (read.data, read.object.as_dictionary()) else {
            return Ok(Vec::new());
        };
        let content =
            self.with_stream(dictionary, data, |_, content| read_held(content, MOST_TEXT));
        let (content, problem) = match content? {
            Ok((content, problem)) => (content, problem),
            Err(problem) => (Vec::new(), Some(problem)),
        };
        self.charge(content.len() as u64)?;
        if let Some(problem) = problem {
            self.skip_object(number, problem)?;
        }
        Ok(content)
    }

    /// Records an object that cannot be read.
    pub(super) fn skip_object(
        &mut self,
        number: u32,
        problem: ContainerProblem,
    ) -> Result<(), ContainerProblem> {
        let name = format!("object {number}");
        let flow = self.visitor.skip_member(name.as_bytes(), problem);
        if flow.is_break() {
            return Err(ContainerProblem::damaged("it takes too long to read"));
        }
        Ok(())
    }
}

/// Returns the number of the object whose header ends with these bytes and `obj`, and the offset of the header.
fn find_header(before: &[u8]) -> Option<(u32, usize)> {
    let start = before.len().saturating_sub(48);
    let text = &before[start..];
    let digits = |text: &[u8]| text.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let spaces = |text: &[u8]| text.iter().rev().take_while(|b| is_space(**b)).count();
    let text = &text[..text.len() - spaces(text)];
    let text = &text[..text.len() - digits(text)];
    let gap = spaces(text);
    let text = &text[..text.len() - gap];
    let number = &text[text.len() - digits(text)..];
    let at = start + text.len() - number.len();
    let number = std::str::from_utf8(number).ok()?.parse().ok()?;
    let is_apart = before.last().is_some_and(|b| is_space(*b));
    (gap > 0 && is_apart).then_some((number, at))
}
