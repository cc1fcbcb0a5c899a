//! OLE compound files, which doc, xls, ppt, msg and msi are: small file systems, whose streams are the members.

mod records;
mod sectors;
mod sheets;

use std::io::Read;
use std::ops::ControlFlow;

use super::member::{ContainerInput, ContainerProblem, ContainerReader, MemberName, MemberVisitor};
use crate::span::PlaceList;
use sectors::{CompoundFile, NO_ENTRY, StreamContent, number_at};
use sheets::WorkbookText;

/// Length in bytes of an entry of the directory.
const ENTRY: usize = 128;

/// Maximum number of entries of the directory.
const MOST_ENTRIES: usize = 1 << 17;

/// Maximum number of storages around a stream that its name shows.
const MOST_DEPTH: usize = 16;

/// Reader of OLE compound files.
pub(super) struct OleReader;

impl ContainerReader for OleReader {
    fn needs_seek(&self) -> bool {
        true
    }

    fn read_members(
        &self,
        input: &mut dyn ContainerInput,
        visitor: &mut dyn MemberVisitor,
    ) -> Result<(), ContainerProblem> {
        let mut file = CompoundFile::open(input, visitor)?;
        let entries = read_directory(&mut file, visitor)?;
        let root = entries
            .iter()
            .find(|entry| entry.kind == OleEntryKind::Root);
        file.mini_sectors = root.map_or(Ok(Vec::new()), |root| file.chain(root.start, visitor))?;
        let parents = find_parents(&entries);
        for (number, entry) in entries.iter().enumerate() {
            if entry.kind != OleEntryKind::Stream {
                continue;
            }
            let name = full_name(number, &entries, &parents);
            if read_stream(&mut file, entry, &name, visitor).is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// Gives a stream to the visitor.
fn read_stream(
    file: &mut CompoundFile<'_>,
    entry: &DirectoryEntry,
    name: &str,
    visitor: &mut dyn MemberVisitor,
) -> ControlFlow<()> {
    visitor.note_text(name.as_bytes());
    if visitor.charge_work(1 << 10).is_break() {
        return ControlFlow::Break(());
    }
    if entry.name == "EncryptedPackage" {
        return visitor.skip_member(name.as_bytes(), ContainerProblem::Encrypted);
    }
    let mut content = StreamContent::new(file, (entry.start, entry.size));
    let mut head = Vec::new();
    // What is wrong with the stream is seen again when it is read.
    let _ = content.by_ref().take(64).read_to_end(&mut head);
    if is_encrypted(&entry.name, &head) {
        return visitor.skip_member(name.as_bytes(), ContainerProblem::Encrypted);
    }
    let member = MemberName::plain(name.as_bytes());
    let mut content = StreamContent::new(file, (entry.start, entry.size));
    let flow = visitor.visit_member(member, &mut content);
    if entry.name != "Workbook" || flow.is_break() {
        return flow;
    }
    let places = PlaceList::default();
    let content = StreamContent::new(file, (entry.start, entry.size));
    let mut text = WorkbookText::new(content, &places);
    // Many cells may show one string.
    visitor.visit_text(MemberName::packed(name.as_bytes()), &mut text, &places)
}

/// Returns true if a stream of Word or Excel states at its start that it is encrypted.
fn is_encrypted(name: &str, head: &[u8]) -> bool {
    match name {
        "WordDocument" => head.get(11).is_some_and(|flags| flags & 1 == 1),
        "Workbook" | "Book" => {
            let mut rest = head;
            while let [low, high, len_low, len_high, behind @ ..] = rest {
                if u16::from_le_bytes([*low, *high]) == 0x2f {
                    return true;
                }
                let len = usize::from(u16::from_le_bytes([*len_low, *len_high]));
                rest = behind.get(len..).unwrap_or_default();
            }
            false
        }
        _ => false,
    }
}

/// Kind of an entry of the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OleEntryKind {
    Storage,
    Stream,
    Root,
    Unused,
}

/// Entry of the directory.
#[derive(Debug)]
struct DirectoryEntry {
    name: String,
    kind: OleEntryKind,
    /// Numbers of the entries beside this one, and of the first one in it.
    beside: [u32; 2],
    child: u32,
    /// First sector.
    start: u32,
    /// Length in bytes.
    size: u64,
}

/// Returns the entries of the directory.
fn read_directory(
    file: &mut CompoundFile<'_>,
    visitor: &mut dyn MemberVisitor,
) -> Result<Vec<DirectoryEntry>, ContainerProblem> {
    let mut entries = Vec::new();
    for sector in file.chain(file.directory, visitor)? {
        let sector = file.read_sector(sector, visitor)?;
        entries.extend(sector.as_chunks::<ENTRY>().0.iter().map(parse_entry));
        if entries.len() > MOST_ENTRIES {
            return Err(ContainerProblem::damaged("it has too many streams"));
        }
    }
    if entries.is_empty() {
        return Err(ContainerProblem::damaged("it has no directory"));
    }
    Ok(entries)
}

fn parse_entry(bytes: &[u8; ENTRY]) -> DirectoryEntry {
    let len = usize::from(u16::from_le_bytes([bytes[64], bytes[65]])).min(64);
    let units = bytes[..len].as_chunks::<2>().0.iter();
    let units = units.map(|pair| u16::from_le_bytes(*pair));
    let name = char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}'));
    let number = |at: usize| number_at(bytes, at);
    DirectoryEntry {
        // Names begin with control characters by which programs know their own.
        name: name.filter(|c| !c.is_control()).collect(),
        kind: match bytes[66] {
            1 => OleEntryKind::Storage,
            2 => OleEntryKind::Stream,
            5 => OleEntryKind::Root,
            _ => OleEntryKind::Unused,
        },
        beside: [number(68), number(72)],
        child: number(76),
        start: number(116),
        // The upper half is not used in files of small sectors, and some programs leave anything there.
        size: u64::from(number(120)),
    }
}

/// Returns the number of the storage around each entry; [`NO_ENTRY`] for those in none.
fn find_parents(entries: &[DirectoryEntry]) -> Vec<u32> {
    let mut parents = vec![NO_ENTRY; entries.len()];
    let mut seen = vec![false; entries.len()];
    let root = entries
        .iter()
        .find(|entry| entry.kind == OleEntryKind::Root);
    let mut pending: Vec<(u32, u32)> = root
        .map(|root| (root.child, NO_ENTRY))
        .into_iter()
        .collect();
    while let Some((number, parent)) = pending.pop() {
        let at = number as usize;
        if seen.get(at).is_none_or(|seen| *seen) {
            continue;
        }
        seen[at] = true;
        parents[at] = parent;
        let entry = &entries[at];
        if entry.kind == OleEntryKind::Storage {
            pending.push((entry.child, number));
        }
        pending.extend(entry.beside.map(|beside| (beside, parent)));
    }
    parents
}

/// Returns the name of an entry behind those of the storages around it.
fn full_name(number: usize, entries: &[DirectoryEntry], parents: &[u32]) -> String {
    let mut name = entries[number].name.clone();
    let mut at = parents[number];
    for _ in 0..MOST_DEPTH {
        let Some(entry) = entries.get(at as usize) else {
            break;
        };
        name = format!("{}/{name}", entry.name);
        at = parents[at as usize];
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::mutation::check_damaged;

    /// File with a storage that contains a small stream, and a large stream.
    fn sample() -> Vec<u8> {
        let mut file = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
        file.resize(512, 0);
        let put = |file: &mut Vec<u8>, at: usize, number: u32| {
            file[at..at + 4].copy_from_slice(&number.to_le_bytes());
        };
        file[30] = 9;
        file[32] = 6;
        for (at, number) in [
            (44, 1),
            (48, 1),
            (56, 4096),
            (60, 2),
            (64, 1),
            (68, NO_ENTRY - 1),
        ] {
            put(&mut file, at, number);
        }
        file[76..512].fill(0xff);
        put(&mut file, 76, 0);
        // Sectors: table, directory, small table, small sectors, and eight of the large stream.
        let end = NO_ENTRY - 1;
        let next = [NO_ENTRY - 2, end, end, end, 5, 6, 7, 8, 9, 10, 11, end];
        file.extend(next.iter().flat_map(|n: &u32| n.to_le_bytes()));
        file.resize(1024, 0xff);
        for (name, kind, child, start, size) in [
            ("Root Entry", 5, 1, 3, 64),
            ("Macros", 1, 2, 0, 0),
            ("dir", 2, NO_ENTRY, 0, 40),
            ("Data", 2, NO_ENTRY, 4, 4096),
        ] {
            let mut entry = [0; ENTRY];
            for (at, unit) in name.encode_utf16().enumerate() {
                entry[2 * at..2 * at + 2].copy_from_slice(&unit.to_le_bytes());
            }
            entry[64] = u8::try_from(2 * name.len() + 2).unwrap();
            entry[66] = kind;
            entry[68..76].fill(0xff);
            if name == "Macros" {
                entry[72..76].copy_from_slice(&3u32.to_le_bytes());
            }
            entry[76..80].copy_from_slice(&child.to_le_bytes());
            entry[116..120].copy_from_slice(&u32::to_le_bytes(start));
            entry[120..124].copy_from_slice(&u32::to_le_bytes(size));
            file.extend(entry);
        }
        file.extend(end.to_le_bytes());
        file.resize(512 * 4, 0xff);
        file.extend([b's'; 512]);
        file.extend([b'l'; 512 * 8]);
        file
    }

    #[test]
    fn damaged_files_are_read_in_bounded_work() {
        check_damaged(&OleReader, &sample());
    }
}
