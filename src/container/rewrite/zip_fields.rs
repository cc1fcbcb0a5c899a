//! Fields of a zip archive that state the lengths, checksums and places of members, and their new values.

use super::single::reading;
use crate::container::member::ContainerInput;
use crate::container::zip_directory::{ENTRY, LOCAL, ZipEntry, read_at, u16_at, u32_at, u64_at};
use crate::container::zip_local::SIZES_FOLLOW;

/// Value of a field whose number is in the 64-bit extra field.
const ELSEWHERE: u32 = u32::MAX;

/// Number of the extra field of 64-bit values.
const LARGE_FIELD: u16 = 1;

/// Number of the extra field that programs for Android fill up with, so that the contents behind stay at even places.
const PADDING_FIELD: u16 = 0xd935;

/// Length in bytes of its fixed part.
const PADDING: usize = 6;

/// Fields of a member with a new content.
#[derive(Clone, Copy)]
pub(super) struct NewContent {
    /// Length of the content in the archive, in bytes.
    pub(super) packed: u64,
    /// Length of the content, in bytes.
    pub(super) size: u64,
    pub(super) checksum: u32,
}

/// Local header of a member, and what follows the content.
pub(super) struct LocalParts {
    /// Bytes of the header.
    pub(super) header: Vec<u8>,
    /// Bytes behind the content that repeat its lengths; empty if there are none.
    pub(super) behind: Vec<u8>,
}

impl LocalParts {
    /// Reads the header at `at` and what follows the content at `content`.
    pub(super) fn read(
        input: &mut dyn ContainerInput,
        entry: &ZipEntry,
        at: u64,
        content: u64,
    ) -> Result<Self, String> {
        let len = usize::try_from(content - at).map_err(|e| e.to_string())?;
        let header = read_at(input, at, len).map_err(reading)?;
        let mut behind = Vec::new();
        if entry.flags & SIZES_FOLLOW != 0 {
            behind = read_at(input, content + entry.packed, 24).map_err(reading)?;
            let len = [16, 24, 12, 20].into_iter().find(|len| {
                let stated = behind.get(..*len).and_then(read_descriptor);
                stated == Some((entry.checksum, entry.packed, entry.size))
            });
            let len = len.ok_or("what follows its content does not state its lengths")?;
            behind.truncate(len);
        }
        Ok(LocalParts { header, behind })
    }

    /// Puts the lengths and the checksum of a content in place of the old ones.
    pub(super) fn state_content(&mut self, new: &NewContent) -> Result<(), String> {
        let fixed_sum = u32_at(&self.header, 14);
        let follows = !self.behind.is_empty();
        // The fields are zero if the values follow the content, but some programs state both.
        if !follows || fixed_sum != 0 {
            let places = [(22, new.size), (18, new.packed)];
            let name = usize::from(u16_at(&self.header, 26));
            let (fixed, rest) = self.header.split_at_mut(LOCAL);
            fixed[14..18].copy_from_slice(&new.checksum.to_le_bytes());
            write_numbers(fixed, &mut rest[name..], &places)?;
        }
        if follows {
            write_descriptor(&mut self.behind, new)?;
        }
        Ok(())
    }

    /// Makes the header longer by `count` bytes, by a field that programs skip.
    pub(super) fn pad(&mut self, count: usize) -> Result<(), String> {
        let too_long = |_| "its header has no room for more".to_owned();
        let extra = usize::from(u16_at(&self.header, 28)) + count;
        let extra = u16::try_from(extra).map_err(too_long)?;
        let filled = u16::try_from(count - 4).map_err(too_long)?;
        self.header[28..30].copy_from_slice(&extra.to_le_bytes());
        self.header.extend(PADDING_FIELD.to_le_bytes());
        self.header.extend(filled.to_le_bytes());
        let len = self.header.len() + count - 4;
        self.header.resize(len, 0);
        Ok(())
    }
}

/// Returns the number of bytes that [`LocalParts::pad`] must add so that `len` becomes a multiple of `unit`.
pub(super) fn find_padding(len: u64, unit: u64) -> Result<usize, String> {
    let unit = unit.max(1);
    let mut count = (unit - len % unit) % unit;
    while count > 0 && count < PADDING as u64 {
        count += unit;
    }
    usize::try_from(count).map_err(|e| e.to_string())
}

/// Returns checksum and both lengths of what follows a content, which has one of four forms.
fn read_descriptor(bytes: &[u8]) -> Option<(u32, u64, u64)> {
    let rest = match bytes.len() {
        16 | 24 => bytes.strip_prefix(b"PK\x07\x08")?,
        _ => bytes,
    };
    let sum = u32_at(rest, 0);
    Some(match rest.len() {
        12 => (sum, u32_at(rest, 4).into(), u32_at(rest, 8).into()),
        _ => (sum, u64_at(rest, 4), u64_at(rest, 12)),
    })
}

/// Writes them in the same form.
fn write_descriptor(bytes: &mut [u8], new: &NewContent) -> Result<(), String> {
    let from = match bytes.len() {
        16 | 24 => 4,
        _ => 0,
    };
    let is_large = bytes.len() - from == 20;
    bytes[from..from + 4].copy_from_slice(&new.checksum.to_le_bytes());
    let mut at = from + 4;
    for number in [new.packed, new.size] {
        if is_large {
            bytes[at..at + 8].copy_from_slice(&number.to_le_bytes());
            at += 8;
        } else {
            bytes[at..at + 4].copy_from_slice(&small(number)?.to_le_bytes());
            at += 4;
        }
    }
    Ok(())
}

/// Writes numbers into their fields, which are at these offsets of `fixed`, or into the 64-bit extra field in the order
/// given. A number stays in the kind of field that it was in.
fn write_numbers(
    fixed: &mut [u8],
    extra: &mut [u8],
    numbers: &[(usize, u64)],
) -> Result<(), String> {
    let mut large = find_large_field(extra);
    for (at, number) in numbers {
        if u32_at(fixed, *at) != ELSEWHERE {
            fixed[*at..*at + 4].copy_from_slice(&small(*number)?.to_le_bytes());
            continue;
        }
        let Some((field, rest)) = large.take().and_then(|field| field.split_at_mut_checked(8))
        else {
            return Err("its 64-bit lengths are missing".to_owned());
        };
        field.copy_from_slice(&number.to_le_bytes());
        large = Some(rest);
    }
    Ok(())
}

/// Returns the values of the 64-bit extra field.
fn find_large_field(mut extra: &mut [u8]) -> Option<&mut [u8]> {
    loop {
        if extra.len() < 4 {
            return None;
        }
        let (head, rest) = extra.split_at_mut(4);
        let (field, rest) = rest.split_at_mut_checked(usize::from(u16_at(head, 2)))?;
        if u16_at(head, 0) == LARGE_FIELD {
            return Some(field);
        }
        extra = rest;
    }
}

fn small(number: u64) -> Result<u32, String> {
    let number = u32::try_from(number).ok().filter(|n| *n != ELSEWHERE);
    number.ok_or_else(|| "it becomes too large for the fields of its archive".to_owned())
}

/// Writes the place of a member, and with `new` its lengths and checksum, into its entry of the directory.
pub(super) fn update_entry(
    bytes: &mut [u8],
    offset: u64,
    new: Option<NewContent>,
    old: &ZipEntry,
) -> Result<(), String> {
    let name = usize::from(u16_at(bytes, 28));
    let extra = usize::from(u16_at(bytes, 30));
    let (fixed, rest) = bytes.split_at_mut(ENTRY);
    let (size, packed, sum) = match new {
        Some(new) => (new.size, new.packed, new.checksum),
        None => (old.size, old.packed, old.checksum),
    };
    fixed[16..20].copy_from_slice(&sum.to_le_bytes());
    let places = [(24, size), (20, packed), (42, offset)];
    write_numbers(fixed, &mut rest[name..name + extra], &places)
}

/// Moves the place of the directory by `shift` in the records behind it, of which the last begins at `last`.
pub(super) fn move_directory(records: &mut [u8], last: usize, shift: i64) -> Result<(), String> {
    let moved = |place: u64| {
        let place = place.checked_add_signed(shift);
        place.ok_or_else(|| "its directory has a wrong place".to_owned())
    };
    if records.starts_with(b"PK\x06\x06") {
        let place = moved(u64_at(records, 48))?;
        records[48..56].copy_from_slice(&place.to_le_bytes());
        let locator = last
            .checked_sub(20)
            .filter(|at| records[*at..].starts_with(b"PK\x06\x07"));
        let locator = locator.ok_or("its 64-bit directory has no locator")?;
        let place = moved(u64_at(records, locator + 8))?;
        records[locator + 8..locator + 16].copy_from_slice(&place.to_le_bytes());
    }
    let place = u32_at(records, last + 16);
    if place != ELSEWHERE {
        let place = small(moved(place.into())?)?;
        records[last + 16..last + 20].copy_from_slice(&place.to_le_bytes());
    }
    Ok(())
}
