//! Zip, and what is made of it. Members are read by the directory, and by their local headers where the directory does
//! not name them. Members that share bytes are read once.

use std::collections::HashSet;
use std::io::{Read, SeekFrom};
use std::ops::ControlFlow;

#[cfg(feature = "documents")]
use super::document::OfficeVisitor;
use super::member::{ContainerInput, ContainerProblem, ContainerReader, MemberVisitor};
use super::zip_directory::{EntryPlaces, ZipDirectory, ZipEntry};
use super::zip_local::{read_header, read_range};
use super::zip_method::open_method;

/// Maximum number of entries of a directory that are compared with each other. More are not read.
const MOST_ENTRIES: usize = 1_000_000;

/// Maximum number of members that are read before the others.
const MOST_EARLY: usize = 10_000;

/// Maximum length in bytes of the name of such a member.
const MOST_NAME: usize = 500;

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
        #[cfg(feature = "documents")]
        {
            let mut office = OfficeVisitor::new(visitor);
            let read = read_archive(input, &mut office);
            office.finish();
            read
        }
        #[cfg(not(feature = "documents"))]
        read_archive(input, visitor)
    }
}

/// Reads an archive by its directory, or without one by the headers of its members.
fn read_archive(
    input: &mut dyn ContainerInput,
    visitor: &mut dyn MemberVisitor,
) -> Result<(), ContainerProblem> {
    let mut len = input.seek(SeekFrom::End(0))?;
    let Some(mut directory) = ZipDirectory::find(input, len)? else {
        let flow = read_range(input, 0..len, visitor)?;
        return match flow {
            ControlFlow::Break(()) => Ok(()),
            ControlFlow::Continue(()) => Err(ContainerProblem::damaged(
                "it has no directory, as if cut; its members were read by their own headers",
            )),
        };
    };
    loop {
        read_by_directory(input, &directory, visitor)?;
        // What precedes an archive may be another one. A comment, too, may contain the end of an empty archive.
        let before = directory.shift.min(len.saturating_sub(1));
        if visitor.charge_work(1 << 16).is_break() {
            return Ok(());
        }
        len = before;
        directory = match ZipDirectory::find(input, len)? {
            Some(found) if len > 0 => found,
            _ if directory.is_empty() => {
                let _ = read_range(input, 0..len, visitor)?;
                return Ok(());
            }
            _ => return Ok(()),
        };
    }
}

/// Returns the rank of a member that is read before the others; `None` for the others.
fn find_early_rank(entry: &ZipEntry) -> Option<u8> {
    if entry.name.len() + entry.comment.len() > MOST_NAME {
        return None;
    }
    #[cfg(feature = "documents")]
    return super::document::find_early_rank(&entry.name);
    #[cfg(not(feature = "documents"))]
    None
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
    let mut early: Vec<(u8, usize, ZipEntry)> = Vec::new();
    while count < MOST_ENTRIES {
        match cursor.next_entry(input) {
            Ok(Some(entry)) => {
                places.add(&entry);
                if let Some(rank) = find_early_rank(&entry).filter(|_| early.len() < MOST_EARLY) {
                    early.push((rank, count, entry));
                }
            }
            Ok(None) => break,
            Err(problem) => {
                damage = Some(problem);
                break;
            }
        }
        count += 1;
    }
    let overlaps = places.find_overlaps();
    early.sort_by_key(|(rank, ..)| *rank);
    for (_, number, entry) in &early {
        if visit_entry(input, directory.shift, entry, overlaps[*number], visitor)?.is_break() {
            return Ok(());
        }
    }
    let done: HashSet<usize> = early.iter().map(|(_, number, _)| *number).collect();
    let mut cursor = directory.cursor();
    for (number, is_overlapping) in overlaps.into_iter().enumerate() {
        let Some(entry) = cursor.next_entry(input)? else {
            break;
        };
        if !done.contains(&number)
            && visit_entry(input, directory.shift, &entry, is_overlapping, visitor)?.is_break()
        {
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

/// Gives an entry of the directory to the visitor.
fn visit_entry(
    input: &mut dyn ContainerInput,
    shift: u64,
    entry: &ZipEntry,
    is_overlapping: bool,
    visitor: &mut dyn MemberVisitor,
) -> Result<ControlFlow<()>, ContainerProblem> {
    visitor.note_text(&entry.name);
    visitor.note_text(&entry.comment);
    if is_overlapping {
        return Ok(visitor.skip_member(&entry.name, ContainerProblem::Overlapping));
    }
    read_entry(input, shift, entry, visitor)
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
