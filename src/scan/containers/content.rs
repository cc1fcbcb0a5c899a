//! Parts of the reading of a container: its clocked input, the way to a member, its metered content, and the sink of its
//! windows.

use std::cell::Cell;
use std::io::{self, Cursor, Read, Seek, SeekFrom};

use super::exports::WindowPlaces;
use crate::container::{
    ContainerBudget, ContainerInput, ContainerLimit, ContainerProblem, find_log_place,
};
use crate::finding::{ReadCounts, Skip};
use crate::source::{Chunk, Sink};
use crate::span::{DocumentPlace, PlaceList};

/// Way to a member of a file.
#[derive(Clone, Debug, Default)]
pub(super) struct MemberWay {
    /// Names of the containers inside the file and of the member, each after a `!`.
    pub(super) names: String,
    /// Place of the member in the documents around it.
    pub(super) place: Option<DocumentPlace>,
}

impl MemberWay {
    /// Returns this way, to a member of the container on the way `outer`, with its place if it is a log of a job or a
    /// step.
    pub(super) fn in_log_of(&self, outer: &MemberWay, head: &[u8]) -> Option<MemberWay> {
        let name = self.names.strip_prefix(&outer.names)?.strip_prefix('!')?;
        let log = find_log_place(name, head)?;
        let outer = self.place.as_ref();
        Some(MemberWay {
            names: self.names.clone(),
            place: Some(outer.map_or_else(|| log.clone(), |outer| log.inside(outer))),
        })
    }
}

/// Sink that counts members, not files, and adds the places of a text to its windows.
pub(super) struct MemberSink<'m> {
    pub(super) inner: &'m mut dyn Sink,
    /// Places of a text that was taken from a document; `None` for the bytes of a member.
    pub(super) places: Option<&'m PlaceList>,
    /// Places in the bytes of a member.
    pub(super) windows: WindowPlaces,
}

impl Sink for MemberSink<'_> {
    fn scan_chunk(&mut self, chunk: &Chunk<'_>) {
        let Some(places) = self.places else {
            let scan = |chunk: &Chunk<'_>| self.inner.scan_chunk(chunk);
            return self.windows.scan_window(chunk, scan);
        };
        places.with_starts(|places| self.inner.scan_chunk(&Chunk { places, ..*chunk }));
        places.forget_before(chunk.offset + chunk.own.end as u64);
    }

    fn file(&mut self, bytes: u64) {
        self.inner.count(&ReadCounts {
            members: 1,
            bytes,
            ..ReadCounts::default()
        });
        self.inner.passed(0, bytes);
    }

    fn skip(&mut self, skip: Skip) {
        self.inner.skip(skip);
    }
}

/// Input of a reader, which fails once the file has taken too long. A container may keep its reader busy without any
/// content: by a million empty streams, or headers that lead nowhere.
pub(super) struct ClockedInput<'c> {
    pub(super) input: &'c mut dyn ContainerInput,
    pub(super) budget: &'c ContainerBudget<'c>,
}

impl Read for ClockedInput<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if let Some(limit) = self.budget.exceeded() {
            return Err(ContainerProblem::Limit(limit).into());
        }
        let count = self.input.read(out)?;
        self.budget.add_input(count as u64);
        Ok(count)
    }
}

impl Seek for ClockedInput<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.input.seek(to)
    }
}

/// Content of a member behind its first bytes.
pub(super) type HeadedContent<'c> = io::Chain<Cursor<Vec<u8>>, MeteredContent<'c>>;

/// Content of a member, whose bytes are counted.
pub(super) struct MeteredContent<'c> {
    pub(super) content: &'c mut dyn Read,
    pub(super) budget: &'c ContainerBudget<'c>,
    pub(super) is_packed: bool,
    /// Number of bytes that an inflated member may still have.
    pub(super) left: u64,
    /// Limit of the member that was exceeded.
    pub(super) cut: &'c Cell<Option<ContainerLimit>>,
}

impl Read for MeteredContent<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if let Some(limit) = self.budget.exceeded() {
            return Err(ContainerProblem::Limit(limit).into());
        }
        let count = self.content.read(out)?;
        self.budget.add_bytes(count as u64, self.is_packed);
        if self.is_packed {
            let Some(left) = self.left.checked_sub(count as u64) else {
                let limit = ContainerLimit::MemberBytes(self.budget.limits().member_bytes);
                self.cut.set(Some(limit));
                return Err(ContainerProblem::Limit(limit).into());
            };
            self.left = left;
        }
        Ok(count)
    }
}
