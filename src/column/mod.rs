//! Values of chosen columns: fields of JSON lines, and columns of Parquet. A reader gives every value to a visitor, with
//! its row, and can write the file again with the edits that the visitor returns. No code here finds secrets.

mod choice;
mod json;
mod json_string;
mod lines;
#[cfg(feature = "cli")]
mod listing;
mod packed;
mod packing;
mod parquet;
mod place;
mod read;
mod visitor;

#[cfg(feature = "cli")]
pub use listing::list_values;

pub(crate) use choice::ColumnChoice;
pub(crate) use place::ColumnPlace;
pub(crate) use read::read_columns;
pub(crate) use visitor::{ValueEdit, ValueVisitor};
