//! Reading of a file with columns, whatever its format.

use std::io::{BufReader, Cursor, Read as _, Write};

use super::choice::ColumnChoice;
use super::lines::LineCopier;
use super::visitor::ValueVisitor;
use super::{packed, parquet};
use crate::container::{ContainerInput, ContainerKind, HEAD, recognise_container};
use crate::message::describe_io_error;

/// Reads the values of the chosen columns of a file, and writes the file with the edits of the values to `copy`.
///
/// # Errors
/// Returns the reason why the file, or the rest of it, was not read or not written.
pub(crate) fn read_columns<'c>(
    input: &mut dyn ContainerInput,
    columns: &'c ColumnChoice,
    visitor: &'c mut dyn ValueVisitor,
    copy: Option<&'c mut dyn Write>,
) -> Result<(), String> {
    let mut head = Vec::with_capacity(HEAD);
    let read = (&mut *input).take(HEAD as u64).read_to_end(&mut head);
    read.map_err(|error| describe_io_error(&error))?;
    if parquet::is_parquet(&head) {
        return parquet::read_parquet(input, columns, visitor, copy);
    }
    let form = recognise_container(&head).filter(|form| form.kind == ContainerKind::Archive);
    let whole = Cursor::new(head).chain(input);
    match form {
        Some(form) => packed::read_packed(form, whole, columns, visitor, copy),
        None => {
            let mut lines = LineCopier::new(columns, visitor, copy);
            lines.read_lines(&mut BufReader::with_capacity(1 << 18, whole))?;
            lines.finish()
        }
    }
}
