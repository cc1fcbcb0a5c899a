//! Text of a file, with the mistakes that were found in it so far.

use std::cell::RefCell;

use super::diagnostic::Diagnostic;
use crate::span::Position;

/// Text of a file. Mistakes are noted through shared references, since tables and strings borrow the text.
#[derive(Debug)]
pub(super) struct DocumentText<'t> {
    file: &'t str,
    pub(super) text: &'t str,
    mistakes: RefCell<Vec<Diagnostic>>,
}

impl<'t> DocumentText<'t> {
    pub(super) fn new(file: &'t str, text: &'t str) -> Self {
        DocumentText {
            file,
            text,
            mistakes: RefCell::default(),
        }
    }

    /// Notes a mistake at a byte offset.
    pub(super) fn report_mistake(&self, at: usize, message: impl Into<String>) {
        self.mistakes.borrow_mut().push(Diagnostic {
            file: self.file.to_owned(),
            at: Some(self.position_at(at)),
            message: message.into(),
        });
    }

    /// Returns line and column of a byte of the file, 1-based.
    pub(super) fn position_at(&self, at: usize) -> Position {
        position_in(self.text, at)
    }

    /// Returns the mistakes, in the order in which they were noted.
    pub(super) fn into_mistakes(self) -> Vec<Diagnostic> {
        self.mistakes.into_inner()
    }
}

/// Returns line and column of a byte of a text, 1-based.
pub(super) fn position_in(text: &str, at: usize) -> Position {
    Position::START.after(&text.as_bytes()[..at.min(text.len())])
}
