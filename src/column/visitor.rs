//! Receiver of the values of columns.

use std::io;
use std::ops::Range;

use super::place::ColumnPlace;
use crate::message::describe_io_error;

/// Edit of a value: a byte range of the value, and the text that replaces it.
pub(crate) type ValueEdit = (Range<usize>, Vec<u8>);

/// Receiver of the values of the chosen columns.
pub(crate) trait ValueVisitor {
    /// Returns true if a value is to be visited with its place. Called once for a value that a file stores once for
    /// many rows.
    fn suspects_value(&mut self, value: &[u8]) -> bool;

    /// Takes a value and returns the edits of it, in order and without overlap.
    ///
    /// # Errors
    /// Returns the reason why the value cannot be edited. Nothing more is read then.
    fn visit_value(
        &mut self,
        place: &ColumnPlace<'_>,
        value: &[u8],
    ) -> Result<Vec<ValueEdit>, String>;

    /// Takes the reason why a part of the file was not read, with the place in words. A copy cannot go on then.
    fn note_unread(&mut self, reason: String);

    /// Counts a value of so many bytes.
    fn count_value(&mut self, bytes: usize);
}

/// Returns the sentence on a copy that could not be written.
pub(super) fn cannot_write(error: &io::Error) -> String {
    format!("the copy cannot be written: {}", describe_io_error(error))
}
