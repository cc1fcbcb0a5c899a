//! Entries of a git pack, in the order of the file.

use std::io::{self, BufRead, BufReader, Read, SeekFrom};

use flate2::bufread::ZlibDecoder;

use super::super::member::{ContainerInput, ContainerProblem, MemberVisitor};

/// Maximum number of entries.
const MOST_ENTRIES: usize = 1 << 18;

/// Id of an object.
pub(super) type ObjectId = [u8; 20];

/// Kind of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PackEntryKind {
    /// Object as a whole, with the word that its id is computed with.
    Whole(&'static str),
    /// Difference to the entry at this offset of the file.
    DeltaAt(u64),
    /// Difference to the object with this id.
    DeltaOf(ObjectId),
}

/// Entry of a pack.
#[derive(Clone, Copy, Debug)]
pub(super) struct PackEntry {
    pub(super) kind: PackEntryKind,
    /// Offset in the file.
    pub(super) at: u64,
    /// Offset of the compressed content.
    pub(super) data: u64,
    /// Length in bytes of the content, or of the delta.
    pub(super) size: u64,
}

/// Lists the entries of the pack at this offset, and returns the problem that ended the list early.
///
/// # Errors
/// When the pack has no header, or a limit is reached.
pub(super) fn list_entries(
    input: &mut dyn ContainerInput,
    visitor: &mut dyn MemberVisitor,
    start: u64,
) -> Result<(Vec<PackEntry>, Option<ContainerProblem>), ContainerProblem> {
    input.seek(SeekFrom::Start(start))?;
    let mut reader = CountingReader {
        inner: BufReader::with_capacity(1 << 16, input),
        at: start,
    };
    let mut header = [0; 12];
    reader.read_exact(&mut header)?;
    let [.., a, b, c, d] = header;
    let count = u32::from_be_bytes([a, b, c, d]);
    let mut entries = Vec::new();
    for _ in 0..count {
        if entries.len() >= MOST_ENTRIES {
            let problem =
                format!("it has more than {MOST_ENTRIES} objects, and the rest was not read");
            return Ok((entries, Some(ContainerProblem::damaged(problem))));
        }
        match read_entry(&mut reader) {
            Ok(entry) => entries.push(entry),
            Err(error) => return Ok((entries, Some(ContainerProblem::from_error(&error)))),
        }
        if visitor
            .charge_work(reader.at - entries[entries.len() - 1].at)
            .is_break()
        {
            return Err(ContainerProblem::damaged("it takes too long to read"));
        }
        if let Err(error) = pass_content(&mut reader, visitor) {
            return Ok((entries, Some(ContainerProblem::from_error(&error))));
        }
    }
    Ok((entries, None))
}

/// Reads the header of an entry.
fn read_entry(reader: &mut CountingReader<'_>) -> io::Result<PackEntry> {
    let at = reader.at;
    let first = reader.read_byte()?;
    let mut size = u64::from(first & 15);
    let mut shift = 4;
    let mut byte = first;
    while byte & 0x80 != 0 {
        byte = reader.read_byte()?;
        if shift > 56 {
            return Err(ContainerProblem::damaged("an object has an impossible length").into());
        }
        size |= u64::from(byte & 0x7f) << shift;
        shift += 7;
    }
    let kind = match first >> 4 & 7 {
        1 => PackEntryKind::Whole("commit"),
        2 => PackEntryKind::Whole("tree"),
        3 => PackEntryKind::Whole("blob"),
        4 => PackEntryKind::Whole("tag"),
        6 => {
            let mut back = 0u64;
            loop {
                let byte = reader.read_byte()?;
                back = back.wrapping_mul(128).wrapping_add(u64::from(byte & 0x7f));
                if byte & 0x80 == 0 {
                    break;
                }
                back = back.wrapping_add(1);
            }
            PackEntryKind::DeltaAt(at.wrapping_sub(back))
        }
        7 => {
            let mut id = ObjectId::default();
            reader.read_exact(&mut id)?;
            PackEntryKind::DeltaOf(id)
        }
        _ => return Err(ContainerProblem::damaged("an object has an unknown kind").into()),
    };
    Ok(PackEntry {
        kind,
        at,
        data: reader.at,
        size,
    })
}

/// Passes over the compressed content of an entry, whose length only its end tells.
fn pass_content(
    reader: &mut CountingReader<'_>,
    visitor: &mut dyn MemberVisitor,
) -> io::Result<()> {
    let mut content = ZlibDecoder::new(reader);
    let mut buffer = [0; 1 << 14];
    loop {
        let count = content.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        if visitor.charge_work(count as u64).is_break() {
            return Err(ContainerProblem::damaged("it takes too long to read").into());
        }
    }
}

/// Reader that knows its offset in the file.
struct CountingReader<'r> {
    inner: BufReader<&'r mut dyn ContainerInput>,
    at: u64,
}

impl CountingReader<'_> {
    fn read_byte(&mut self) -> io::Result<u8> {
        let mut byte = [0];
        self.read_exact(&mut byte)?;
        Ok(byte[0])
    }
}

impl Read for CountingReader<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(out)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl BufRead for CountingReader<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.at += count as u64;
        self.inner.consume(count);
    }
}
