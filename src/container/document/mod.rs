//! Documents: their text as a person reads it, with the places that a person knows, and apart from it everything else
//! that they contain. No code here finds secrets.

mod lines;
mod office;
mod open_document;
mod output;
mod paragraphs;
mod parts;
mod sheet;
mod xml;

pub(super) use office::{OfficeVisitor, find_early_rank};
