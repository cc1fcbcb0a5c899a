//! Zip archives: members with a new content are compressed again by their own method, and everything that states
//! lengths and places is brought up to date. All other bytes are copied.

use std::collections::BTreeMap;
use std::io::{self, Read, SeekFrom, Write};

use bzip2::write::BzEncoder;
use flate2::write::DeflateEncoder;
use flate2::{Compression, CrcWriter};
use lzma_rust2::CheckType;

use super::editor::{ContainerRewriter, MemberEditor};
use super::encode::{FramePacker, PackingWriter, StoredContent, encode_xz};
use super::single::{reading, writing};
use super::zip_fields::{LocalParts, NewContent, find_padding, move_directory, update_entry};
use crate::container::member::ContainerInput;
use crate::container::zip_directory::{EntryPlaces, STORED, ZipDirectory, ZipEntry, read_at};
use crate::container::zip_local::read_header;
use crate::container::zip_method::{DEFLATED, method_name, open_method};

/// Maximum number of entries of an archive that is written.
const MOST_ENTRIES: usize = 1_000_000;

/// Binary logarithm of the largest unit that the places of contents are multiples of.
const LARGEST_UNIT: u32 = 14;

/// Length in bytes of a page of memory.
const PAGE: u64 = 4096;

/// Number of stored contents whose places are no multiples of a unit by chance.
const FEWEST_PLACES: usize = 4;

/// Ends of the names of members that state checksums of the other members, in small letters.
const SIGNED: [&str; 6] = [
    ".dist-info/record",
    "meta-inf/signatures.xml",
    "meta-inf/documentsignatures.xml",
    "/origin.sigs",
    "/origin.psdor",
    ".signature.p7s",
];

/// Writer of zip archives.
pub(super) struct ZipRewriter;

impl ContainerRewriter for ZipRewriter {
    fn needs_seek(&self) -> bool {
        true
    }

    fn rewrite_members(
        &self,
        input: &mut dyn ContainerInput,
        out: &mut dyn Write,
        editor: &mut dyn MemberEditor,
    ) -> Result<(), String> {
        let len = input.seek(SeekFrom::End(0)).map_err(reading)?;
        let directory = ZipDirectory::find(input, len).map_err(reading)?;
        let directory = directory.ok_or("it has no directory, as if cut")?;
        let entries = read_entries(input, &directory)?;
        let mut copy = ZipCopy {
            input,
            out,
            directory,
            copied: 0,
            shift: 0,
            changed: BTreeMap::new(),
            unit: None,
        };
        copy.copy_members(&entries, editor)?;
        copy.copy_directory(&entries, len)
    }
}

/// Entry of the directory, and the place of its bytes.
struct PlacedEntry {
    entry: ZipEntry,
    from: u64,
    to: u64,
}

/// Reads the directory of an archive in which nothing but the entries states where members are.
fn read_entries(
    input: &mut dyn ContainerInput,
    directory: &ZipDirectory,
) -> Result<Vec<PlacedEntry>, String> {
    let mut cursor = directory.cursor();
    let mut entries = Vec::new();
    let mut places = EntryPlaces::default();
    let mut from = cursor.position();
    while let Some(entry) = cursor
        .next_entry(input)
        .map_err(|problem| problem.to_string())?
    {
        places.add(&entry);
        let to = cursor.position();
        entries.push(PlacedEntry { entry, from, to });
        from = to;
        if entries.len() > MOST_ENTRIES {
            return Err("its directory has too many entries".to_owned());
        }
    }
    if from != directory.end {
        return Err("its directory is signed".to_owned());
    }
    if places.find_overlaps().contains(&true) {
        return Err("members share their bytes".to_owned());
    }
    let before = directory.start.saturating_sub(16);
    if read_at(input, before, 16).map_err(reading)? == b"APK Sig Block 42" {
        return Err("it is signed".to_owned());
    }
    Ok(entries)
}

/// Returns an error if a member states the checksums of the others.
fn refuse_signed(entries: &[PlacedEntry]) -> Result<(), String> {
    for entry in entries {
        let name = String::from_utf8_lossy(&entry.entry.name);
        let small = name.to_lowercase();
        let is_jar_signature = small.starts_with("meta-inf/") && small.ends_with(".sf");
        if is_jar_signature || SIGNED.iter().any(|end| small.ends_with(end)) {
            return Err(format!(
                "its member {name} states checksums of the others, which a change would break"
            ));
        }
    }
    Ok(())
}

/// Copy of an archive, as far as it is written.
struct ZipCopy<'c> {
    input: &'c mut dyn ContainerInput,
    out: &'c mut dyn Write,
    directory: ZipDirectory,
    /// Offset in the input of the first byte that is not copied.
    copied: u64,
    /// Number of bytes by which the copy is longer so far.
    shift: i64,
    /// Members with a new content, by the offset of their local header, each with the shift of what is behind it.
    changed: BTreeMap<u64, (NewContent, i64)>,
    /// Unit that the places of stored contents are multiples of, once that is known.
    unit: Option<u64>,
}

impl ZipCopy<'_> {
    /// Copies everything in front of the directory, with the new contents.
    fn copy_members(
        &mut self,
        entries: &[PlacedEntry],
        editor: &mut dyn MemberEditor,
    ) -> Result<(), String> {
        let mut order: Vec<&ZipEntry> = entries.iter().map(|e| &e.entry).collect();
        order.sort_by_key(|entry| entry.offset);
        for (number, entry) in order.iter().enumerate() {
            if entry.size == 0 || !editor.wants_member(&entry.name) {
                continue;
            }
            let name = String::from_utf8_lossy(&entry.name);
            let named = |reason: String| format!("{name}: {reason}");
            let mut packed = Vec::new();
            let Some(new) = self.edit_member(entry, editor, &mut packed)? else {
                continue;
            };
            refuse_signed(entries)?;
            let written = self.write_member(entry, (new, &packed), &order[number + 1..]);
            written.map_err(named)?;
        }
        self.copy_up_to(self.directory.start)
    }

    /// Writes the new content of a member into `packed`; `None` if it stays.
    fn edit_member(
        &mut self,
        entry: &ZipEntry,
        editor: &mut dyn MemberEditor,
        packed: &mut Vec<u8>,
    ) -> Result<Option<NewContent>, String> {
        let named = |reason: String| format!("{}: {reason}", String::from_utf8_lossy(&entry.name));
        if entry.is_encrypted() {
            return Err(named("it is encrypted".to_owned()));
        }
        let (_, at) = self.find_content(entry).map_err(named)?;
        self.input.seek(SeekFrom::Start(at)).map_err(reading)?;
        let content = open_method(entry, (&mut *self.input).take(entry.packed));
        let mut content = content.map_err(|problem| named(problem.to_string()))?;
        let mut packer = CrcWriter::new(CountedWriter {
            out: open_packer(entry, packed).map_err(named)?,
            count: 0,
        });
        if !editor.edit_member(&entry.name, &mut *content, &mut packer)? {
            return Ok(None);
        }
        let checksum = packer.crc().sum();
        let CountedWriter { out, count } = packer.into_inner();
        out.finish_packing().map_err(writing)?;
        Ok(Some(NewContent {
            packed: packed.len() as u64,
            size: count,
            checksum,
        }))
    }

    /// Returns the offsets in the input of the local header of a member, and of its content.
    fn find_content(&mut self, entry: &ZipEntry) -> Result<(u64, u64), String> {
        let at = entry.offset.saturating_add(self.directory.shift);
        let header = read_header(self.input, at).map_err(reading)?;
        let (_, content) = header.ok_or("its header is not where the directory says")?;
        Ok((at, content))
    }

    /// Writes a member with its new content, and all that is in front of it.
    fn write_member(
        &mut self,
        entry: &ZipEntry,
        (new, packed): (NewContent, &[u8]),
        behind: &[&ZipEntry],
    ) -> Result<(), String> {
        let (at, content) = self.find_content(entry)?;
        let mut parts = LocalParts::read(self.input, entry, at, content)?;
        parts.state_content(&new)?;
        let old = entry.packed;
        let grown = new.packed.cast_signed() - old.cast_signed();
        let unit = self.find_unit(behind)?.cast_signed();
        let moved = (self.shift + grown).rem_euclid(unit).cast_unsigned();
        let padding = find_padding(moved, unit.cast_unsigned())?;
        if padding > 0 {
            parts.pad(padding)?;
        }
        self.copy_up_to(at)?;
        for bytes in [&parts.header[..], packed, &parts.behind] {
            self.out.write_all(bytes).map_err(writing)?;
        }
        self.copied = content + old + parts.behind.len() as u64;
        self.shift += grown + i64::try_from(padding).map_err(|e| e.to_string())?;
        self.changed.insert(entry.offset, (new, self.shift));
        Ok(())
    }

    /// Returns the unit that the places of all stored contents behind the first change are multiples of; 1 if there
    /// is none, or if the archive was not made with regard to that.
    fn find_unit(&mut self, behind: &[&ZipEntry]) -> Result<u64, String> {
        if let Some(unit) = self.unit {
            return Ok(unit);
        }
        let (mut places, mut pages, mut count) = (0, 0, 0);
        for entry in behind.iter().filter(|e| e.method == STORED && e.size > 0) {
            let (_, content) = self.find_content(entry)?;
            let place = content - self.directory.shift;
            places |= place;
            if place.is_multiple_of(PAGE) {
                pages |= place;
            }
            count += 1;
        }
        let unit_of = |places: u64| 1 << places.trailing_zeros().min(LARGEST_UNIT);
        let unit = match unit_of(places) {
            unit if unit >= 4 && count >= FEWEST_PLACES => unit,
            _ => 1,
        };
        // Libraries of an Android package begin at pages, everything else at multiples of four.
        let unit = if unit > 1 && pages > 0 {
            unit_of(pages)
        } else {
            unit
        };
        self.unit = Some(unit);
        Ok(unit)
    }

    /// Copies the input up to this offset.
    fn copy_up_to(&mut self, end: u64) -> Result<(), String> {
        self.input
            .seek(SeekFrom::Start(self.copied))
            .map_err(reading)?;
        let mut range = (&mut *self.input).take(end.saturating_sub(self.copied));
        let count = io::copy(&mut range, &mut self.out).map_err(writing)?;
        if self.copied + count != end {
            return Err("it ends too early, or members share their bytes".to_owned());
        }
        self.copied = end;
        Ok(())
    }

    /// Writes the directory and the records behind it.
    fn copy_directory(&mut self, entries: &[PlacedEntry], len: u64) -> Result<(), String> {
        for placed in entries {
            let entry = &placed.entry;
            let size = usize::try_from(placed.to - placed.from).map_err(|e| e.to_string())?;
            let mut bytes = read_at(self.input, placed.from, size).map_err(reading)?;
            let before = self.changed.range(..entry.offset).next_back();
            let shift = before.map_or(0, |(_, (_, shift))| *shift);
            let new = self.changed.get(&entry.offset).map(|(new, _)| *new);
            if shift != 0 || new.is_some() {
                let offset = entry.offset.checked_add_signed(shift);
                let offset = offset.ok_or("its directory has a wrong place")?;
                update_entry(&mut bytes, offset, new, entry)?;
            }
            self.out.write_all(&bytes).map_err(writing)?;
        }
        let end = self.directory.end;
        let size = usize::try_from(len - end).map_err(|e| e.to_string())?;
        let mut records = read_at(self.input, end, size).map_err(reading)?;
        let last = usize::try_from(self.directory.record - end).map_err(|e| e.to_string())?;
        if self.shift != 0 {
            move_directory(&mut records, last, self.shift)?;
        }
        self.out.write_all(&records).map_err(writing)
    }
}

/// Writer that counts its bytes.
struct CountedWriter<W> {
    out: W,
    count: u64,
}

impl<W: Write> Write for CountedWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.out.write(bytes)?;
        self.count += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Returns an encoder for the method of a member.
fn open_packer<'o>(
    entry: &ZipEntry,
    out: &'o mut Vec<u8>,
) -> Result<Box<dyn PackingWriter + 'o>, String> {
    Ok(match entry.method {
        STORED => Box::new(StoredContent(out)),
        // Two bits say how hard the content was compressed.
        DEFLATED => Box::new(DeflateEncoder::new(
            out,
            match entry.flags >> 1 & 3 {
                0 => Compression::default(),
                1 => Compression::best(),
                _ => Compression::fast(),
            },
        )),
        12 => Box::new(BzEncoder::new(out, bzip2::Compression::best())),
        93 => Box::new(FramePacker::new(out)),
        95 => Box::new(encode_xz(out, CheckType::Crc64).map_err(writing)?),
        method => {
            return Err(format!(
                "it is compressed by {}, which is never written",
                method_name(method)
            ));
        }
    })
}
