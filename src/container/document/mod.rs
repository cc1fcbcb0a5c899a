//! Documents: their text as a person reads it, with the places that a person knows, and apart from it everything else
//! that they contain. No code here finds secrets.

mod lines;
mod notebook;
mod office;
mod open_document;
mod output;
mod paragraphs;
mod parts;
mod rtf;
mod sheet;
mod tracked;
mod xml;

use super::member::ContainerReader;

pub(super) use office::{OfficeVisitor, find_early_rank};
pub(super) use output::TextOutput;
pub(super) use sheet::SharedStrings;

/// Returns the reader of a document that is a text itself, so that its bytes are scanned as well.
pub(super) fn find_text_reader(head: &[u8]) -> Option<&'static dyn ContainerReader> {
    if head.starts_with(b"{\\rtf") {
        Some(&rtf::RtfReader)
    } else if notebook::is_notebook(head) {
        Some(&notebook::NotebookReader)
    } else {
        None
    }
}
