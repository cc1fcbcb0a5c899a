//! Containers that the first bytes of a file do not tell: zip archives behind something else, such as a program that
//! unpacks itself, a script or a picture; other archives in programs; disk images of macOS.

use std::io::{self, Read, Seek, SeekFrom};

use memchr::memmem;

use super::edges::{DISK, DISK_END, DISK_MARK, ZIP_END, ZIP_MARK};
use super::form::{ContainerForm, ContainerFormat, ContainerKind, HEAD, recognise_container};
use super::gzip::GzipReader;
use super::member::{ContainerInput, ContainerProblem, ContainerReader, MemberVisitor};
use super::seven_zip::SevenZipReader;
use super::single;
use super::zip::ZipReader;
use super::zip_directory::{ZipDirectory, read_at};

/// Reader of the archive behind something else, if there is one.
struct BehindReader;

impl ContainerReader for BehindReader {
    fn needs_seek(&self) -> bool {
        true
    }

    fn read_members(
        &self,
        input: &mut dyn ContainerInput,
        visitor: &mut dyn MemberVisitor,
    ) -> Result<(), ContainerProblem> {
        let len = input.seek(SeekFrom::End(0))?;
        let directory = ZipDirectory::find(input, len)?;
        if directory.is_some_and(|directory| !directory.is_empty()) {
            return ZipReader.read_members(input, visitor);
        }
        let record = len.saturating_sub(DISK_END as u64);
        if read_at(input, record, DISK_MARK.len())? == DISK_MARK {
            return Err(ContainerProblem::Unopened(DISK));
        }
        let stub = read_at(input, 0, STUB)?;
        let Some((at, form)) = find_archive(&stub) else {
            return Ok(());
        };
        let reader: &dyn ContainerReader = match form.format {
            ContainerFormat::SevenZip => &SevenZipReader,
            ContainerFormat::Gzip => &GzipReader,
            ContainerFormat::Bzip2 => &single::BZIP2,
            ContainerFormat::Xz => &single::XZ,
            ContainerFormat::Zstd => &single::ZSTD,
            _ => return Err(ContainerProblem::Unopened(form)),
        };
        let start = at as u64;
        let mut rest = RestInput { input, start };
        rest.seek(SeekFrom::Start(0))?;
        reader.read_members(&mut rest, visitor)
    }
}

/// Number of first bytes of a program in which an archive other than zip is looked for.
const STUB: usize = 1 << 20;

/// First bytes of archives that are put behind programs.
const BEHIND_PROGRAMS: [&[u8]; 2] = [b"7z\xbc\xaf\x27\x1c\0", b"Rar!\x1a\x07"];

/// First bytes of compressed archives that are put behind the last line of scripts.
const BEHIND_SCRIPTS: [&[u8]; 4] = [
    b"\n\x1f\x8b\x08",
    b"\nBZh91AY&SY",
    b"\n\xfd7zXZ\0",
    b"\n\x28\xb5\x2f\xfd",
];

/// Finds the first archive behind what a program or a script begins with. The marks of archives are also in programs that
/// read them, so that what follows a mark is looked at as well.
fn find_archive(stub: &[u8]) -> Option<(usize, ContainerForm)> {
    if stub.starts_with(b"#!") {
        let found = BEHIND_SCRIPTS
            .iter()
            .filter_map(|mark| memmem::find(stub, mark));
        let at = found.min()? + 1;
        return Some((at, recognise_container(&stub[at..])?));
    }
    if !is_program(stub) {
        return None;
    }
    let found = BEHIND_PROGRAMS.iter().filter_map(|mark| {
        let mut places = memmem::find_iter(stub, mark);
        places.find(|at| begins_archive(&stub[*at..]))
    });
    let at = found.min()?;
    Some((at, recognise_container(&stub[at..])?))
}

/// Returns true if what follows the mark of a 7z or rar archive is the rest of its header.
fn begins_archive(bytes: &[u8]) -> bool {
    match bytes {
        [b'7', ..] => bytes
            .get(12..32)
            .is_some_and(|header| bytes[8..12] == crc32fast::hash(header).to_le_bytes()),
        // The type of the first block, and in the older form its length.
        [_, _, _, _, _, _, 0, _, _, kind, _, _, 13, 0, ..] => *kind == 0x73,
        [_, _, _, _, _, _, 1, 0, _, _, _, _, _, kind, ..] => matches!(kind, 1 | 4),
        _ => false,
    }
}

/// Rest of an input from an offset on, as an input of its own.
struct RestInput<'i> {
    input: &'i mut dyn ContainerInput,
    start: u64,
}

impl Read for RestInput<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.input.read(out)
    }
}

impl Seek for RestInput<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(at) => SeekFrom::Start(at.saturating_add(self.start)),
            other => other,
        };
        let at = self.input.seek(to)?;
        let before = || io::Error::from(io::ErrorKind::InvalidInput);
        at.checked_sub(self.start).ok_or_else(before)
    }
}

/// First bytes of programs and scripts, which may unpack themselves.
const PROGRAMS: [&[u8]; 7] = [
    b"#!",
    b"MZ",
    b"\x7fELF",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe\0\0\0\x02",
    b"\xca\xfe\xba\xbe\0\0\0\x03",
];

/// Returns the reader of an archive that may be behind what a file of this form begins with. `bytes` is the whole file or
/// its first bytes. Of a text, a few bytes are looked at.
#[must_use]
pub(super) fn find_reader_behind(
    bytes: &[u8],
    is_whole: bool,
    form: Option<ContainerForm>,
) -> Option<&'static dyn ContainerReader> {
    let is_archive = |form: ContainerForm| {
        form.kind == ContainerKind::Archive || form.format == ContainerFormat::Zip
    };
    if form.is_some_and(is_archive) {
        return None;
    }
    // The record of most archives has no comment, so that its place is known.
    let may_be_behind = || {
        if is_whole {
            let ends = [(ZIP_END, ZIP_MARK), (DISK_END, DISK_MARK)];
            ends.iter().any(|(len, mark)| {
                let record = bytes.len().checked_sub(*len);
                record.is_some_and(|at| bytes[at..].starts_with(mark))
            })
        } else {
            memchr::memchr(0, &bytes[..bytes.len().min(HEAD)]).is_some()
        }
    };
    (is_program(bytes) || may_be_behind()).then_some(&BehindReader)
}

/// Returns the reader of an archive that may be behind what a member begins with. Few members are held in memory for it.
#[must_use]
pub(super) fn find_member_reader_behind(head: &[u8]) -> Option<&'static dyn ContainerReader> {
    is_program(head).then_some(&BehindReader)
}

fn is_program(head: &[u8]) -> bool {
    PROGRAMS.iter().any(|mark| head.starts_with(mark))
}
