//! Members of a zip archive by their local headers: for an archive without a directory, and for members that the
//! directory does not name.

use std::io::{self, BufReader, Read, SeekFrom};
use std::ops::{ControlFlow, Range};

use flate2::bufread::DeflateDecoder;

use super::member::{ContainerInput, ContainerProblem, MemberVisitor};
use super::zip_directory::{LOCAL, ZipEntry, read_at, u16_at, u32_at};
use super::zip_method::{DEFLATED, open_method};

/// Flag of an entry whose sizes follow its content.
pub(super) const SIZES_FOLLOW: u16 = 1 << 3;

/// Number of bytes that are searched for a header at first, and at most at once. Headers may follow each other.
const FIRST_PIECE: usize = 1 << 8;
const PIECE: usize = 1 << 16;

/// Reads the members whose local headers are in `range`.
pub(super) fn read_range(
    input: &mut dyn ContainerInput,
    mut range: Range<u64>,
    visitor: &mut dyn MemberVisitor,
) -> io::Result<ControlFlow<()>> {
    while let Some(at) = find_header(input, range.clone())? {
        range.start = at + 4;
        let Some((entry, content)) = read_header(input, at)? else {
            continue;
        };
        if content > range.end {
            break;
        }
        visitor.note_text(&entry.name);
        if entry.is_encrypted() {
            if visitor
                .skip_member(&entry.name, ContainerProblem::Encrypted)
                .is_break()
            {
                return Ok(ControlFlow::Break(()));
            }
            range.start = content + entry.packed.min(range.end - content);
            continue;
        }
        let (flow, end) = if entry.flags & SIZES_FOLLOW == 0 {
            read_sized(input, &entry, content, range.end, visitor)?
        } else {
            read_unsized(input, &entry, content, visitor)?
        };
        if flow.is_break() {
            return Ok(flow);
        }
        range.start = range.start.max(end);
    }
    Ok(ControlFlow::Continue(()))
}

/// Reads a member whose header states its length. Returns the offset behind it.
fn read_sized(
    input: &mut dyn ContainerInput,
    entry: &ZipEntry,
    at: u64,
    end: u64,
    visitor: &mut dyn MemberVisitor,
) -> io::Result<(ControlFlow<()>, u64)> {
    let packed = entry.packed.min(end - at);
    let behind = at + packed;
    if packed == 0 {
        return Ok((ControlFlow::Continue(()), behind));
    }
    input.seek(SeekFrom::Start(at))?;
    let flow = match open_method(entry, input.take(packed)) {
        Ok(mut content) => visitor.visit_member(entry.member_name(), &mut *content),
        Err(problem) => visitor.skip_member(&entry.name, problem),
    };
    Ok((flow, behind))
}

/// Reads a member whose length follows it, which only a compressed form shows. Returns the offset behind it.
fn read_unsized(
    input: &mut dyn ContainerInput,
    entry: &ZipEntry,
    at: u64,
    visitor: &mut dyn MemberVisitor,
) -> io::Result<(ControlFlow<()>, u64)> {
    if entry.method != DEFLATED {
        let text = "its length is unknown without the directory of the archive";
        let flow = visitor.skip_member(&entry.name, ContainerProblem::damaged(text));
        return Ok((flow, at));
    }
    input.seek(SeekFrom::Start(at))?;
    let mut content = DeflateDecoder::new(BufReader::new(input));
    let flow = visitor.visit_member(entry.member_name(), &mut content);
    Ok((flow, at + content.total_in()))
}

/// Returns the offset of the first local header in `range`.
fn find_header(input: &mut dyn ContainerInput, range: Range<u64>) -> io::Result<Option<u64>> {
    let mut at = range.start;
    let mut most = FIRST_PIECE;
    while at < range.end {
        let len = usize::try_from(range.end - at).map_or(most, |len| len.min(most));
        let piece = read_at(input, at, len)?;
        if let Some(found) = memchr::memmem::find(&piece, b"PK\x03\x04") {
            return Ok(Some(at + found as u64));
        }
        // A header may begin at the end of a piece.
        most = PIECE.min(most * 8);
        match piece.len().checked_sub(3) {
            Some(step) if piece.len() == len && step > 0 => at += step as u64,
            _ => return Ok(None),
        }
    }
    Ok(None)
}

/// Reads the local header at `at`, and returns the offset of its content; `None` if the input ends before.
pub(super) fn read_header(
    input: &mut dyn ContainerInput,
    at: u64,
) -> io::Result<Option<(ZipEntry, u64)>> {
    let fixed = read_at(input, at, LOCAL)?;
    if fixed.len() < LOCAL || !fixed.starts_with(b"PK\x03\x04") {
        return Ok(None);
    }
    let name_len = usize::from(u16_at(&fixed, 26));
    let extra_len = usize::from(u16_at(&fixed, 28));
    let rest = read_at(input, at + LOCAL as u64, name_len + extra_len)?;
    let Some((name, extra)) = rest.split_at_checked(name_len) else {
        return Ok(None);
    };
    let mut entry = ZipEntry {
        name: name.to_vec(),
        comment: Vec::new(),
        flags: u16_at(&fixed, 6),
        method: u16_at(&fixed, 8),
        checksum: u32_at(&fixed, 14),
        packed: u64::from(u32_at(&fixed, 18)),
        size: u64::from(u32_at(&fixed, 22)),
        offset: at,
    };
    entry.take_large_fields(extra);
    Ok(Some((entry, at + (LOCAL + name_len + extra_len) as u64)))
}
