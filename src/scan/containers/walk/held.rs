//! Members that are held in memory: containers whose readers seek, documents that are texts themselves, and what an
//! archive may be behind.

use std::io::{self, Cursor, Read};

use super::super::content::{HeadedContent, MemberWay};
use super::ContainerWalk;
use crate::container::{
    ContainerForm, ContainerLimit, ContainerProblem, ContainerReader, EdgeReader, StreamInput,
    find_reader_behind, may_end_archive,
};

impl ContainerWalk<'_, '_> {
    /// Opens a member that is a container. Its own bytes are scanned only if it cannot be opened, or may contain text
    /// that its members do not repeat.
    pub(super) fn open_member(
        &self,
        (form, reader): (ContainerForm, &'static dyn ContainerReader),
        way: MemberWay,
        mut content: HeadedContent<'_>,
    ) -> io::Result<()> {
        let limits = self.file.budget.limits();
        // A compressed archive is one container for whoever made it.
        let depth = self.depth + u64::from(!self.is_single || reader.is_single());
        if depth > limits.depth {
            let scanned = self.file.scan(content, &way);
            self.skip_for(&way, ContainerLimit::Depth(limits.depth));
            return scanned;
        }
        if !reader.needs_seek() {
            let walk = self.walk_into(way, depth, reader);
            walk.run(reader, &mut StreamInput(content));
            return Ok(());
        }
        let most = self.file.budget.free_memory();
        let mut held = Vec::new();
        // Of a damaged container, what there is can be read all the same.
        let read = content.by_ref().take(most + 1).read_to_end(&mut held);
        let len = held.len() as u64;
        if len > most || !self.file.budget.take_memory(len) {
            let scanned = self.file.scan(Cursor::new(held).chain(content), &way);
            self.skip_for(&way, self.file.budget.memory_limit());
            return scanned;
        }
        if form.has_own_text() {
            self.file.scan(&held[..], &way)?;
        }
        let walk = self.walk_into(way.clone(), depth, reader);
        walk.run(reader, &mut Cursor::new(&held));
        self.open_behind(&held, Some(form), None, &way);
        self.file.budget.give_memory(len);
        read.map(|_| ())
    }

    /// Opens the archive that a held member may end with. `reader` is the one to open it with, if that is known.
    fn open_behind(
        &self,
        held: &[u8],
        form: Option<ContainerForm>,
        reader: Option<&'static dyn ContainerReader>,
        way: &MemberWay,
    ) {
        let Some(reader) = reader.or_else(|| find_reader_behind(held, true, form)) else {
            return;
        };
        let limits = self.file.budget.limits();
        let depth = self.depth + u64::from(!reader.is_single());
        if depth <= limits.depth {
            self.walk_into(way.clone(), depth, reader)
                .run(reader, &mut Cursor::new(held));
        } else if may_end_archive(held) {
            self.skip_for(way, ContainerLimit::Depth(limits.depth));
        }
    }

    /// Reads a member whose own bytes are scanned, and if it can be held in memory also what `reader` takes from it, or
    /// the archive behind it: a document that is a text itself, a program, a picture.
    pub(super) fn read_held_member(
        &self,
        form: Option<ContainerForm>,
        reader: Option<&'static dyn ContainerReader>,
        way: &MemberWay,
        mut content: HeadedContent<'_>,
    ) -> io::Result<()> {
        let most = self.file.budget.free_memory();
        let mut held = Vec::new();
        let read = content.by_ref().take(most + 1).read_to_end(&mut held);
        let len = held.len() as u64;
        if read.is_err() || len > most || !self.file.budget.take_memory(len) {
            let scanned = self.scan_unopened(Cursor::new(held).chain(content), way);
            if read.is_ok() && reader.is_some_and(ContainerReader::is_single) {
                self.skip_for(way, self.file.budget.memory_limit());
            }
            return scanned.and(read.map(|_| ()));
        }
        self.file.scan(&held[..], way)?;
        self.open_behind(&held, form, reader, way);
        self.file.budget.give_memory(len);
        Ok(())
    }

    /// Scans a member that is too large to be held, or has no form. An archive that it ends with is not read.
    pub(super) fn scan_unopened(&self, content: impl Read, way: &MemberWay) -> io::Result<()> {
        let mut content = EdgeReader::new(content);
        self.file.scan(&mut content, way)?;
        if let Some(form) = content.find_form() {
            self.file.skip(&way.names, ContainerProblem::Unopened(form));
        }
        Ok(())
    }
}
