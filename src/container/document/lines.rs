//! Paragraphs that are being read. Paragraphs can be inside each other, as in a text box, a note or a comment.

use super::output::TextOutput;
use crate::span::DocumentPlace;

/// Number of bytes of open paragraphs that are held before they are written.
const HELD: usize = 1 << 20;

/// Stack of the paragraphs that are open.
#[derive(Debug, Default)]
pub(super) struct OpenLines {
    /// `None` for an element in a paragraph whose text is no part of the paragraph.
    open: Vec<Option<OpenLine>>,
    /// True if the line goes on behind the paragraph: the next cell of a table stands on it.
    pub(super) is_in_row: bool,
    /// Number of bytes that the open paragraphs hold.
    held: usize,
}

/// Paragraph that is open.
#[derive(Debug, Default)]
struct OpenLine {
    text: String,
    /// Text that is not shown: instructions of fields, deleted text.
    hidden: String,
    place: Option<DocumentPlace>,
}

impl OpenLines {
    /// Begins a paragraph.
    pub(super) fn begin_line(&mut self, place: Option<DocumentPlace>) {
        self.open.push(Some(OpenLine {
            place,
            ..OpenLine::default()
        }));
    }

    /// Begins an element in a paragraph whose text is no part of the paragraph.
    pub(super) fn begin_other(&mut self) {
        self.open.push(None);
    }

    /// Ends such an element.
    pub(super) fn end_other(&mut self) {
        if let Some(None) = self.open.last() {
            self.open.pop();
        }
    }

    /// Returns true if a text here is a part of a paragraph.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.open.last(), Some(Some(_)))
    }

    /// Returns true if no paragraph is open.
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Returns the place of the innermost paragraph.
    pub(super) fn place(&self) -> Option<&DocumentPlace> {
        let innermost = self.open.iter().rev().flatten().next();
        innermost.and_then(|line| line.place.as_ref())
    }

    /// Adds text to the innermost paragraph; false if there is none.
    pub(super) fn add_text(&mut self, text: &str, out: &mut TextOutput<'_>) -> bool {
        let Some(Some(line)) = self.open.last_mut() else {
            return false;
        };
        line.text.push_str(text);
        self.held += text.len();
        if self.held > HELD {
            out.push_text(line.text.as_bytes(), line.place.as_ref());
            self.held -= line.text.len();
            line.text.clear();
        }
        true
    }

    /// Adds text that is not shown to the innermost paragraph; false if there is none.
    pub(super) fn add_hidden(&mut self, text: &str, out: &mut TextOutput<'_>) -> bool {
        let Some(Some(line)) = self.open.last_mut() else {
            return false;
        };
        line.hidden.push_str(text);
        self.held += text.len();
        if self.held > HELD {
            out.push_line(line.hidden.as_bytes(), line.place.as_ref());
            self.held -= line.hidden.len();
            line.hidden.clear();
        }
        true
    }

    /// Ends the innermost paragraph, and writes it unless `is_known` returns true for its text.
    pub(super) fn end_line(
        &mut self,
        out: &mut TextOutput<'_>,
        is_known: impl FnOnce(&str) -> bool,
    ) {
        self.end_other();
        let Some(Some(line)) = self.open.pop() else {
            return;
        };
        self.held -= line.text.len() + line.hidden.len();
        if !line.text.is_empty() && !is_known(&line.text) {
            let end: &[u8] = if self.is_in_row { b"\t" } else { b"\n" };
            out.push_text(line.text.as_bytes(), line.place.as_ref());
            out.push_text(end, line.place.as_ref());
        }
        if !line.hidden.is_empty() {
            out.push_line(line.hidden.as_bytes(), line.place.as_ref());
        }
    }

    /// Ends and writes all paragraphs.
    pub(super) fn end_all(&mut self, out: &mut TextOutput<'_>) {
        while !self.open.is_empty() {
            self.end_line(out, |_| false);
        }
    }
}
