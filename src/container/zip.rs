//! Zip, and what is made of it. Members are read by the directory, and by their local headers where the directory does
//! not name them. Members that share bytes are read once.

use std::io::{Read, SeekFrom};
use std::ops::ControlFlow;

use super::member::{ContainerInput, ContainerProblem, ContainerReader, MemberVisitor};
use super::zip_directory::{EntryPlaces, ZipDirectory, ZipEntry};
use super::zip_local::{read_header, read_range};
use super::zip_method::open_method;

/// Maximum number of entries of a directory that are compared with each other. More are not read.
const MOST_ENTRIES: usize = 1_000_000;

/// Reader of zip archives.
pub(super) struct ZipReader;

impl ContainerReader for ZipReader {
    fn needs_seek(&self) -> bool {
        true
    }

    fn read_members(
        &self,
        input: &mut dyn ContainerInput,
        visitor: &mut dyn MemberVisitor,
    ) -> Result<(), ContainerProblem> {
        let len = input.seek(SeekFrom::End(0))?;
        let Some(directory) = ZipDirectory::find(input, len)? else {
            let flow = read_range(input, 0..len, visitor)?;
            return match flow {
                ControlFlow::Break(()) => Ok(()),
                ControlFlow::Continue(()) => Err(ContainerProblem::damaged(
                    "it has no directory, as if cut; its members were read by their own headers",
                )),
            };
        };
        read_by_directory(input, &directory, visitor)
    }
}

fn read_by_directory(
    input: &mut dyn ContainerInput,
    directory: &ZipDirectory,
    visitor: &mut dyn MemberVisitor,
) -> Result<(), ContainerProblem> {
    let mut places = EntryPlaces::default();
    let mut cursor = directory.cursor();
    let mut count = 0;
    let mut damage = None;
    while count < MOST_ENTRIES {
        match cursor.next_entry(input) {
            Ok(Some(entry)) => places.add(&entry),
            Ok(None) => break,
            Err(problem) => {
                damage = Some(problem);
                break;
            }
        }
        count += 1;
    }
    let overlaps = places.find_overlaps();
    let mut cursor = directory.cursor();
    for is_overlapping in overlaps {
        let Some(entry) = cursor.next_entry(input)? else {
            break;
        };
        visitor.note_text(&entry.name);
        visitor.note_text(&entry.comment);
        let flow = if is_overlapping {
            visitor.skip_member(&entry.name, ContainerProblem::Overlapping)
        } else {
            read_entry(input, directory.shift, &entry, visitor)?
        };
        if flow.is_break() {
            return Ok(());
        }
    }
    if count == MOST_ENTRIES && cursor.next_entry(input)?.is_some() {
        damage = Some(ContainerProblem::damaged(
            "its directory has too many entries",
        ));
    }
    for (from, to) in places.gaps(directory.offset_in_archive()) {
        let range = from.saturating_add(directory.shift)..to.saturating_add(directory.shift);
        if read_range(input, range, visitor)?.is_break() {
            return Ok(());
        }
    }
    damage.map_or(Ok(()), Err)
}

/// Reads the member of an entry of the directory.
fn read_entry(
    input: &mut dyn ContainerInput,
    shift: u64,
    entry: &ZipEntry,
    visitor: &mut dyn MemberVisitor,
) -> Result<ControlFlow<()>, ContainerProblem> {
    if entry.is_encrypted() {
        return Ok(visitor.skip_member(&entry.name, ContainerProblem::Encrypted));
    }
    let at = entry.offset.saturating_add(shift);
    let Some((_, content)) = read_header(input, at)? else {
        let text = "its header is not where the directory says";
        return Ok(visitor.skip_member(&entry.name, ContainerProblem::damaged(text)));
    };
    if entry.packed == 0 && entry.size == 0 {
        return Ok(ControlFlow::Continue(()));
    }
    input.seek(SeekFrom::Start(content))?;
    let mut content = match open_method(entry, input.take(entry.packed)) {
        Ok(content) => content,
        Err(problem) => return Ok(visitor.skip_member(&entry.name, problem)),
    };
    Ok(visitor.visit_member(entry.member_name(), &mut *content))
}
