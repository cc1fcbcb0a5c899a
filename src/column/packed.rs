//! JSON lines in a compressed file.

use std::io::{BufReader, Read, Write};
use std::ops::ControlFlow;

use super::choice::ColumnChoice;
use super::lines::LineCopier;
use super::packing::LinePacker;
use super::visitor::{ValueVisitor, cannot_write};
use crate::container::{
    ContainerForm, ContainerLimits, ContainerProblem, ContainerReader, MemberName, MemberVisitor,
    ReadPicture, StreamInput, find_reader,
};
use crate::span::PlaceList;

/// Reads the lines of a compressed file of this form.
pub(super) fn read_packed<'c>(
    form: ContainerForm,
    input: impl Read,
    columns: &'c ColumnChoice,
    visitor: &'c mut dyn ValueVisitor,
    copy: Option<&'c mut dyn Write>,
) -> Result<(), String> {
    // Compressed texts have a reader within any limits.
    let reader = find_reader(form.format, &ContainerLimits::default());
    let Some(reader) = reader.filter(|reader| reader.is_single()) else {
        return Err(format!(
            "it is {}, which has no columns; --column is for JSON lines, plain or compressed",
            form.name
        ));
    };
    let Some(copy) = copy else {
        return read_members(reader, input, LineCopier::new(columns, visitor, None));
    };
    let mut packer = LinePacker::open(&form, copy)?;
    let lines = LineCopier::new(columns, visitor, Some(&mut packer));
    read_members(reader, input, lines)?;
    packer.finish().map_err(|error| cannot_write(&error))
}

fn read_members(
    reader: &dyn ContainerReader,
    input: impl Read,
    lines: LineCopier<'_>,
) -> Result<(), String> {
    let mut visitor = PackedLines {
        lines,
        done: Ok(()),
        is_read: false,
    };
    let read = reader.read_members(&mut StreamInput(input), &mut visitor);
    visitor.done?;
    read.map_err(|problem| problem.to_string())?;
    visitor.lines.finish()
}

/// Visitor of the one member of a compressed file.
struct PackedLines<'c> {
    lines: LineCopier<'c>,
    done: Result<(), String>,
    is_read: bool,
}

impl MemberVisitor for PackedLines<'_> {
    fn visit_member(&mut self, _: MemberName<'_>, content: &mut dyn Read) -> ControlFlow<()> {
        self.done = if std::mem::replace(&mut self.is_read, true) {
            Err("something else follows the compressed rows, and was not read".to_owned())
        } else {
            let mut content = BufReader::with_capacity(1 << 18, content);
            self.lines.read_lines(&mut content)
        };
        if self.done.is_err() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn visit_text(
        &mut self,
        name: MemberName<'_>,
        text: &mut dyn Read,
        _: &PlaceList,
    ) -> ControlFlow<()> {
        self.visit_member(name, text)
    }

    fn visit_picture(&mut self, _: &mut ReadPicture<'_>) -> Result<(), ContainerProblem> {
        Ok(())
    }

    fn note_path(&mut self, _: &[u8]) {}

    fn note_text(&mut self, _: &[u8]) {}

    fn charge_work(&mut self, _: u64) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn skip_member(&mut self, _: &[u8], problem: ContainerProblem) -> ControlFlow<()> {
        self.done = Err(problem.to_string());
        ControlFlow::Break(())
    }
}
