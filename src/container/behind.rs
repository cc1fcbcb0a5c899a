//! Containers that only the end of a file tells: zip archives behind something else, such as a program that unpacks
//! itself, a script or a picture, and disk images of macOS.

use std::io::SeekFrom;

use super::form::{ContainerForm, ContainerFormat, ContainerKind, HEAD};
use super::member::{ContainerInput, ContainerProblem, ContainerReader, MemberVisitor};
use super::zip::ZipReader;
use super::zip_directory::{END, END_MARK, ZipDirectory, read_at};

/// Form of disk images of macOS.
const DISK_IMAGE: ContainerForm = ContainerForm {
    name: "a disk image of macOS",
    format: ContainerFormat::Other,
    kind: ContainerKind::Archive,
    is_sealed: true,
};

/// Length in bytes of the record at the end of such an image, and its first bytes.
const IMAGE_END: usize = 512;
const IMAGE_MARK: &[u8] = b"koly\0\0\0\x04";

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
        let record = len.saturating_sub(IMAGE_END as u64);
        if read_at(input, record, IMAGE_MARK.len())? == IMAGE_MARK {
            return Err(ContainerProblem::Unopened(DISK_IMAGE));
        }
        Ok(())
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
            let ends = [(END, END_MARK), (IMAGE_END, IMAGE_MARK)];
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
