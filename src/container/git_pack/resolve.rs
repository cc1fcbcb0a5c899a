//! Objects of a git pack: each delta is applied to its base, and every object is given to the visitor once.

use std::collections::HashSet;
use std::io::{Read, SeekFrom};
use std::ops::ControlFlow;
use std::rc::Rc;

use flate2::read::ZlibDecoder;
use sha1dc::Hasher;

use super::super::member::{ContainerInput, ContainerProblem, MemberName, MemberVisitor};
use super::entry::{ObjectId, PackEntry, PackEntryKind};
use crate::patch::{apply_patch, result_size};

/// Maximum length in bytes of an object that is held in memory.
const MOST_HELD: u64 = 8 << 20;

/// Maximum length in bytes of all objects that are held in memory as bases.
const MOST_BASES: usize = 24 << 20;

/// Problem of an object whose length is not the stated one. Of a longer one, as much is read as may be held.
const WRONG_LENGTH: &str =
    "an object has another length than it states, and at most 8 MiB of it were read";

/// Object of which deltas are read.
struct BaseObject {
    content: Rc<[u8]>,
    /// Word that the ids of the object and of those made from it are computed with.
    word: &'static str,
    /// Entries that are deltas on it and are still to be read.
    deltas: Vec<usize>,
}

/// Reading of the objects of a pack.
pub(super) struct PackWalk<'w> {
    input: &'w mut dyn ContainerInput,
    visitor: &'w mut dyn MemberVisitor,
    entries: Vec<PackEntry>,
    /// Entries that are deltas on the entry at an offset, or on an object with an id, in the order of these.
    deltas_at: Vec<(u64, usize)>,
    deltas_of: Vec<(ObjectId, usize)>,
    /// True for each delta whose base was found.
    has_base: Vec<bool>,
    /// Objects that were given. A pack may contain one many times, as deltas that change nothing.
    given: HashSet<ObjectId>,
}

impl<'w> PackWalk<'w> {
    pub(super) fn new(
        input: &'w mut dyn ContainerInput,
        visitor: &'w mut dyn MemberVisitor,
        entries: Vec<PackEntry>,
    ) -> Self {
        let mut walk = PackWalk {
            input,
            visitor,
            has_base: vec![false; entries.len()],
            given: HashSet::new(),
            entries,
            deltas_at: Vec::new(),
            deltas_of: Vec::new(),
        };
        for (number, entry) in walk.entries.iter().enumerate() {
            match entry.kind {
                PackEntryKind::Whole(_) => {}
                PackEntryKind::DeltaAt(at) => walk.deltas_at.push((at, number)),
                PackEntryKind::DeltaOf(id) => walk.deltas_of.push((id, number)),
            }
        }
        walk.deltas_at.sort_unstable();
        walk.deltas_of.sort_unstable();
        walk
    }

    /// Gives all objects to the visitor. Those that cannot be read are skipped.
    ///
    /// # Errors
    /// When a limit is reached.
    pub(super) fn read_objects(&mut self) -> Result<(), ContainerProblem> {
        for number in 0..self.entries.len() {
            let entry = self.entries[number];
            if let PackEntryKind::Whole(word) = entry.kind
                && entry.size <= MOST_HELD
            {
                self.read_whole(&entry, word)?;
            }
        }
        // What is left has no base here, as in a bundle for those who have the older commits.
        for number in 0..self.entries.len() {
            if self.has_base[number] || matches!(self.entries[number].kind, PackEntryKind::Whole(_))
            {
                continue;
            }
            let problem = "a difference to an object that the file does not contain";
            self.skip_entry(number, ContainerProblem::UnknownMethod(problem.to_owned()))?;
        }
        // One of these may reach a limit of the whole file, so that no other object is behind it.
        for number in 0..self.entries.len() {
            let entry = self.entries[number];
            if matches!(entry.kind, PackEntryKind::Whole(_)) && entry.size > MOST_HELD {
                self.read_stream(&entry, u64::MAX)?;
            }
        }
        Ok(())
    }

    fn skip_entry(
        &mut self,
        number: usize,
        problem: ContainerProblem,
    ) -> Result<(), ContainerProblem> {
        let name = format!("object at {}", self.entries[number].at);
        stop_on_break(self.visitor.skip_member(name.as_bytes(), problem))
    }

    /// Reads an object that is stored as a whole and may be held, and all that are made from it.
    fn read_whole(
        &mut self,
        entry: &PackEntry,
        word: &'static str,
    ) -> Result<(), ContainerProblem> {
        let content = match self.read_content(entry)? {
            Ok(content) => content,
            // What there is of it is read; of damage, the visitor is told by the content.
            Err(problem) => {
                self.read_stream(entry, MOST_HELD)?;
                if problem == ContainerProblem::damaged(WRONG_LENGTH) {
                    let name = format!("object at {}", entry.at);
                    stop_on_break(self.visitor.skip_member(name.as_bytes(), problem))?;
                }
                return Ok(());
            }
        };
        let base = self.take_object(entry.at, content, word)?;
        base.map_or(Ok(()), |base| self.read_deltas(base))
    }

    /// Reads all objects that are made from this one. A base is held until the last delta on it is taken, so that a
    /// chain of deltas holds one.
    fn read_deltas(&mut self, base: BaseObject) -> Result<(), ContainerProblem> {
        let mut held = base.content.len();
        let mut bases = vec![base];
        while let Some(base) = bases.last_mut() {
            let next = base.deltas.pop();
            let (content, word) = (Rc::clone(&base.content), base.word);
            if base.deltas.is_empty() {
                held -= base.content.len();
                bases.pop();
            }
            let Some(number) = next else {
                continue;
            };
            if held + content.len() > MOST_BASES {
                let method = "differences that take more than 24 MiB";
                self.skip_entry(number, ContainerProblem::UnknownMethod(method.to_owned()))?;
                continue;
            }
            match self.read_delta(number, &content)? {
                Ok(made) => {
                    let made = self.take_object(self.entries[number].at, made, word)?;
                    held += made.as_ref().map_or(0, |made| made.content.len());
                    bases.extend(made);
                }
                Err(problem) => self.skip_entry(number, problem)?,
            }
        }
        Ok(())
    }

    /// Gives the first `most` bytes of an object that cannot be held in memory, or has another length than it states, to
    /// the visitor.
    fn read_stream(&mut self, entry: &PackEntry, most: u64) -> Result<(), ContainerProblem> {
        let name = format!("object at {}", entry.at);
        self.input.seek(SeekFrom::Start(entry.data))?;
        let mut content = ZlibDecoder::new(&mut *self.input).take(most);
        let member = MemberName::packed(name.as_bytes());
        stop_on_break(self.visitor.visit_member(member, &mut content))
    }

    /// Returns the content of an entry, or its problem.
    fn read_content(
        &mut self,
        entry: &PackEntry,
    ) -> Result<Result<Vec<u8>, ContainerProblem>, ContainerProblem> {
        self.input.seek(SeekFrom::Start(entry.data))?;
        let mut content = Vec::new();
        let inflated = ZlibDecoder::new(&mut *self.input);
        let read = inflated.take(entry.size + 1).read_to_end(&mut content);
        stop_on_break(self.visitor.charge_work(content.len() as u64 + 64))?;
        Ok(match read {
            Err(error) => Err(ContainerProblem::from_error(&error)),
            Ok(_) if content.len() as u64 != entry.size => {
                Err(ContainerProblem::damaged(WRONG_LENGTH))
            }
            Ok(_) => Ok(content),
        })
    }

    fn read_delta(
        &mut self,
        number: usize,
        base: &[u8],
    ) -> Result<Result<Vec<u8>, ContainerProblem>, ContainerProblem> {
        let entry = self.entries[number];
        let too_large = || {
            let method = "differences of more than 8 MiB";
            Ok(Err(ContainerProblem::UnknownMethod(method.to_owned())))
        };
        if entry.size > MOST_HELD {
            return too_large();
        }
        let delta = match self.read_content(&entry)? {
            Ok(delta) => delta,
            Err(problem) => return Ok(Err(problem)),
        };
        if result_size(&delta).is_some_and(|size| size > MOST_HELD) {
            return too_large();
        }
        let mut made = Vec::new();
        let done = apply_patch(base, &delta, &mut made);
        stop_on_break(self.visitor.charge_work(made.len() as u64))?;
        Ok(done.map_or_else(
            || Err(ContainerProblem::damaged("a delta does not fit its object")),
            |()| Ok(made),
        ))
    }

    /// Gives an object to the visitor, and returns it as a base if there are deltas on it.
    fn take_object(
        &mut self,
        at: u64,
        content: Vec<u8>,
        word: &'static str,
    ) -> Result<Option<BaseObject>, ContainerProblem> {
        let id = object_id(word, &content);
        let name = id.map_or_else(
            || format!("object at {at}"),
            |id| data_encoding::HEXLOWER.encode(&id),
        );
        let packed = MemberName::packed(name.as_bytes());
        let member = MemberName {
            is_rest: word != "blob",
            ..packed
        };
        if id.is_none_or(|id| self.given.insert(id)) {
            stop_on_break(self.visitor.visit_member(member, &mut &content[..]))?;
        }
        let mut deltas = deltas_on(&self.deltas_at, &at);
        if let Some(id) = id {
            deltas.extend(deltas_on(&self.deltas_of, &id));
        }
        deltas.retain(|number| !std::mem::replace(&mut self.has_base[*number], true));
        let is_base = !deltas.is_empty();
        Ok(is_base.then(|| BaseObject {
            content: content.into(),
            word,
            deltas,
        }))
    }
}

/// Returns the entries that are deltas on a base.
fn deltas_on<B: Ord>(deltas: &[(B, usize)], base: &B) -> Vec<usize> {
    let start = deltas.partition_point(|(own, _)| own < base);
    let same = deltas[start..].iter().take_while(|(own, _)| own == base);
    same.map(|(_, number)| *number).collect()
}

/// Returns the id of an object; `None` for one that is made to have the id of another one.
fn object_id(word: &str, content: &[u8]) -> Option<ObjectId> {
    let mut hasher = Hasher::new();
    hasher.update(format!("{word} {}\0", content.len()).as_bytes());
    hasher.update(content);
    let digest = hasher.finalize().ok()?;
    digest.as_ref().try_into().ok()
}

fn stop_on_break(flow: ControlFlow<()>) -> Result<(), ContainerProblem> {
    if flow.is_break() {
        return Err(ContainerProblem::damaged("it takes too long to read"));
    }
    Ok(())
}
