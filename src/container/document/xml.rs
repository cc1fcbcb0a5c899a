//! Text of an XML document: a stream of events, from which a dialect takes the text. Entities of a document type are
//! not expanded, nothing is resolved, and the memory is bounded.

use std::io::{self, BufRead, BufReader, Read};
use std::ops::ControlFlow;

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::output::TextOutput;
use crate::container::member::ContainerProblem;
use crate::span::PlaceList;

/// Maximum length in bytes of a tag, a comment or a text between two tags.
const MOST_EVENT: usize = 8 << 20;

/// Maximum number of elements inside each other.
const MOST_DEPTH: u64 = 1000;

/// Start of an element.
pub(super) struct XmlElement<'e> {
    /// Name without the prefix of its namespace.
    pub(super) name: &'e [u8],
    start: &'e BytesStart<'e>,
}

impl XmlElement<'_> {
    /// Returns the value of the attribute with this local name.
    pub(super) fn attribute(&self, name: &[u8]) -> Option<String> {
        let mut attributes = self.start.attributes();
        let mut named = attributes
            .with_checks(false)
            .flatten()
            .filter(|a| a.key.local_name().as_ref().as_bytes() == name);
        let value = named.next()?.value;
        Some(match quick_xml::escape::unescape(&value) {
            Ok(text) => text.into_owned(),
            Err(_) => value.into_owned(),
        })
    }

    /// Returns the value of the attribute with this local name and any prefix.
    pub(super) fn prefixed_attribute(&self, name: &[u8]) -> Option<String> {
        let mut attributes = self.start.attributes();
        let mut prefixed = attributes
            .with_checks(false)
            .flatten()
            .filter(|a| a.key.prefix().is_some() && a.key.local_name().as_ref().as_bytes() == name);
        Some(prefixed.next()?.value.into_owned())
    }

    /// Returns the number in the attribute with this local name.
    pub(super) fn number(&self, name: &[u8]) -> Option<u64> {
        self.attribute(name)?.trim().parse().ok()
    }
}

/// Meaning of the elements of one family of documents.
pub(super) trait XmlDialect {
    /// Takes the start of an element. Called before its tag is added to the markup.
    fn open_element(&mut self, element: &XmlElement<'_>, out: &mut TextOutput<'_>);

    /// Takes the end of an element with this local name.
    fn close_element(&mut self, name: &[u8], out: &mut TextOutput<'_>);

    /// Takes a piece of text; false if it is no text of the document, so that it stays in the markup.
    fn take_text(&mut self, text: &str, out: &mut TextOutput<'_>) -> bool;

    /// Adds markup at the current place.
    fn push_markup(&mut self, markup: &[u8], out: &mut TextOutput<'_>);

    /// Adds the text that is held, because the document ends here or is damaged.
    fn finish_text(&mut self, out: &mut TextOutput<'_>);

    /// Returns true if no line of text is begun.
    fn is_between_lines(&self) -> bool;
}

/// Text of an XML document, read while the document is read.
pub(super) struct XmlText<'p, R, D> {
    reader: Reader<EventInput<R>>,
    dialect: D,
    out: TextOutput<'p>,
    buffer: Vec<u8>,
    depth: u64,
    state: XmlState,
}

enum XmlState {
    Reading,
    /// The rest is read as bytes, and the problem reported behind it.
    Rest(ContainerProblem),
    Done(Option<ContainerProblem>),
}

impl<'p, R: Read, D: XmlDialect> XmlText<'p, R, D> {
    pub(super) fn new(content: R, dialect: D, places: &'p PlaceList) -> Self {
        let mut reader = Reader::from_reader(EventInput {
            inner: BufReader::with_capacity(1 << 15, content),
            raw: Vec::new(),
            problem: None,
        });
        let config = reader.config_mut();
        config.allow_dangling_amp = true;
        XmlText {
            reader,
            dialect,
            out: TextOutput::new(places),
            buffer: Vec::new(),
            depth: 0,
            state: XmlState::Reading,
        }
    }

    /// Writes all that is held, because the document ends here or is damaged.
    fn end_text(&mut self) {
        self.dialect.finish_text(&mut self.out);
        self.out.flush_markup();
    }

    /// Reads one event. At the end or at damage, the state changes.
    fn step(&mut self) {
        self.buffer.clear();
        self.reader.get_mut().raw.clear();
        let event = self.reader.read_event_into(&mut self.buffer);
        let raw = &self.reader.get_ref().raw;
        let step = match event {
            Ok(event) => {
                let (dialect, out) = (&mut self.dialect, &mut self.out);
                take_event(&event, raw, &mut self.depth, dialect, out)
            }
            Err(error) => Err(describe_error(&error)),
        };
        match step {
            Ok(ControlFlow::Continue(())) => {}
            Ok(ControlFlow::Break(())) => {
                self.end_text();
                let problem = (self.depth > 0).then(ContainerProblem::truncated);
                self.state = XmlState::Done(problem);
            }
            Err(problem) => {
                self.end_text();
                let input = self.reader.get_mut();
                self.out.push_text(&input.raw, None);
                let problem = input.problem.take().unwrap_or(problem);
                self.state = XmlState::Rest(problem);
            }
        }
        let is_due = self.out.is_markup_due() && self.dialect.is_between_lines();
        if is_due || self.out.is_markup_overdue() {
            self.out.flush_markup();
        }
    }
}

/// Gives an event, whose bytes are `raw`, to the dialect. Breaks at the end of the document.
fn take_event(
    event: &Event<'_>,
    raw: &[u8],
    depth: &mut u64,
    dialect: &mut impl XmlDialect,
    out: &mut TextOutput<'_>,
) -> Result<ControlFlow<()>, ContainerProblem> {
    let is_text = match event {
        Event::Start(start) => {
            open_start(start, dialect, out);
            *depth += 1;
            if *depth > MOST_DEPTH {
                let text = "its XML has too many elements inside each other";
                return Err(ContainerProblem::damaged(text));
            }
            false
        }
        Event::Empty(start) => {
            open_start(start, dialect, out);
            dialect.push_markup(raw, out);
            dialect.close_element(start.local_name().as_ref().as_bytes(), out);
            return Ok(ControlFlow::Continue(()));
        }
        Event::End(end) => {
            *depth = depth.saturating_sub(1);
            dialect.close_element(end.local_name().as_ref().as_bytes(), out);
            false
        }
        Event::Text(text) => dialect.take_text(text, out),
        Event::CData(text) => dialect.take_text(text, out),
        Event::GeneralRef(reference) => resolve_reference(reference)
            .is_some_and(|c| dialect.take_text(c.encode_utf8(&mut [0; 4]), out)),
        Event::Eof => return Ok(ControlFlow::Break(())),
        _ => false,
    };
    if is_text {
        out.mark_gap();
    } else {
        dialect.push_markup(raw, out);
    }
    Ok(ControlFlow::Continue(()))
}

fn open_start(start: &BytesStart<'_>, dialect: &mut impl XmlDialect, out: &mut TextOutput<'_>) {
    let name = start.local_name();
    let element = XmlElement {
        name: name.as_ref().as_bytes(),
        start,
    };
    dialect.open_element(&element, out);
}

/// Returns the character that a reference stands for; `None` for an entity of a document type.
fn resolve_reference(reference: &BytesRef<'_>) -> Option<char> {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => Some(character),
        _ => resolve_predefined_entity(reference)?.chars().next(),
    }
}

fn describe_error(error: &quick_xml::Error) -> ContainerProblem {
    let text = match error {
        quick_xml::Error::Encoding(_) => "its XML is not in UTF-8",
        quick_xml::Error::IllFormed(_) => "the tags of its XML do not match",
        quick_xml::Error::Io(_) | quick_xml::Error::Syntax(_) => "its XML ends too early",
        _ => "its XML is broken",
    };
    ContainerProblem::damaged(format!("{text}; the rest was read as bytes"))
}

impl<R: Read, D: XmlDialect> Read for XmlText<'_, R, D> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.out.is_empty() && matches!(self.state, XmlState::Reading) {
            self.step();
        }
        if !self.out.is_empty() {
            return Ok(self.out.take_text(out));
        }
        if let XmlState::Rest(problem) = &self.state {
            let problem = problem.clone();
            // What is left of damaged content may be readable all the same.
            let count = self.reader.get_mut().inner.read(out).unwrap_or_default();
            if count > 0 {
                return Ok(count);
            }
            self.state = XmlState::Done(Some(problem));
        }
        match &self.state {
            XmlState::Done(Some(problem)) => Err(problem.clone().into()),
            _ => Ok(0),
        }
    }
}

/// Bytes of a document, with a copy of those of the current event.
struct EventInput<R> {
    inner: BufReader<R>,
    /// Bytes of the event that is read.
    raw: Vec<u8>,
    /// Reason why no more can be read.
    problem: Option<ContainerProblem>,
}

impl<R: Read> EventInput<R> {
    fn fail<T>(&mut self, problem: ContainerProblem) -> io::Result<T> {
        self.problem = Some(problem.clone());
        Err(problem.into())
    }
}

impl<R: Read> Read for EventInput<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(out)?;
        self.raw.extend_from_slice(&out[..count]);
        Ok(count)
    }
}

impl<R: Read> BufRead for EventInput<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.raw.len() > MOST_EVENT {
            let text = "a piece of its XML is longer than 8 MiB; the rest was read as bytes";
            return self.fail(ContainerProblem::damaged(text));
        }
        if self.inner.buffer().is_empty()
            && let Err(error) = self.inner.fill_buf()
            && error.kind() != io::ErrorKind::Interrupted
        {
            return self.fail(ContainerProblem::from_error(&error));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        let buffer = self.inner.buffer();
        self.raw
            .extend_from_slice(&buffer[..count.min(buffer.len())]);
        self.inner.consume(count);
    }
}
