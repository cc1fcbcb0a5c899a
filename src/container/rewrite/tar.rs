//! Tar archives: the header of a member with a new content gets its length and a new checksum. All other headers, contents
//! and records are copied.

use std::io::{self, Read, Write};

use super::editor::{ContainerRewriter, MemberEditor};
use super::single::{reading, writing};
use crate::container::limits::ContainerLimit;
use crate::container::member::{ContainerInput, ContainerProblem};
use crate::container::tar::{
    BLOCK, Block, MOST_RECORD, MemberRecords, fill_block, header_name, parse_number, until_nul,
};
use crate::container::tar_head::is_tar_header;

/// Length in bytes that the length of most archives is a multiple of.
const RECORD: u64 = 20 * BLOCK as u64;

/// Writer of tar archives.
pub(super) struct TarRewriter;

impl ContainerRewriter for TarRewriter {
    fn rewrite_members(
        &self,
        input: &mut dyn ContainerInput,
        out: &mut dyn Write,
        editor: &mut dyn MemberEditor,
    ) -> Result<(), String> {
        let mut copy = TarCopy {
            input,
            out,
            read: 0,
            written: 0,
            empty: 0,
            next: MemberRecords::default(),
            has_changed: false,
            seal: None,
        };
        while copy.copy_next(editor)? {}
        copy.finish()
    }
}

/// Copy of an archive, as far as it is written.
struct TarCopy<'c> {
    input: &'c mut dyn ContainerInput,
    out: &'c mut dyn Write,
    /// Number of bytes read.
    read: u64,
    /// Number of bytes written.
    written: u64,
    /// Number of empty blocks that were read last and are not written.
    empty: u64,
    next: MemberRecords,
    has_changed: bool,
    /// Name of a member that states checksums of others.
    seal: Option<String>,
}

impl TarCopy<'_> {
    /// Copies a header with what belongs to it, or an empty block; false at the end.
    fn copy_next(&mut self, editor: &mut dyn MemberEditor) -> Result<bool, String> {
        let mut block = [0; BLOCK];
        let filled = fill_block(self.input, &mut block).map_err(reading)?;
        self.read += filled as u64;
        if block[..filled].iter().all(|b| *b == 0) {
            self.empty += u64::from(filled == BLOCK);
            return Ok(filled == BLOCK);
        }
        if filled < BLOCK || !is_tar_header(&block) {
            return Err("a header is damaged".to_owned());
        }
        for _ in 0..std::mem::take(&mut self.empty) {
            self.write(&[0; BLOCK])?;
        }
        let size = parse_number(&block[124..136]).unwrap_or(0);
        match block[156] {
            b'L' | b'x' | b'X' | b'K' | b'g' => self.copy_record(&block, size)?,
            _ => self.copy_member(block, size, editor)?,
        }
        Ok(true)
    }

    /// Copies a record about the next member, or about all.
    fn copy_record(&mut self, header: &Block, size: u64) -> Result<(), String> {
        if size > MOST_RECORD {
            return Err("a record about a member is too long".to_owned());
        }
        let record = self.read_content(size)?;
        match header[156] {
            b'L' => self.next.name = Some(until_nul(&record).to_vec()),
            b'x' | b'X' => self.next.take_pax(&record),
            _ => {}
        }
        self.write(header)?;
        self.write(&record)?;
        self.pass_padding(size)
    }

    /// Copies a member, with its new content if it gets one.
    fn copy_member(
        &mut self,
        mut header: Block,
        stated: u64,
        editor: &mut dyn MemberEditor,
    ) -> Result<(), String> {
        let next = std::mem::take(&mut self.next);
        let name = next.name.unwrap_or_else(|| header_name(&header));
        let size = next.size.unwrap_or(stated);
        let shown = String::from_utf8_lossy(&name).into_owned();
        let named = |reason: &str| format!("{shown}: {reason}");
        if is_seal(&shown) {
            self.seal = Some(shown.clone());
        }
        if header[156] == b'1' && size > 0 {
            return Err(named("a link that states a length"));
        }
        if header[156] == b'S' && header[482] != 0 {
            return Err(named("a file with many holes"));
        }
        if size == 0 || !editor.wants_member(&name) {
            self.write(&header)?;
            self.copy_bytes(size)?;
            return self.pass_padding(size);
        }
        if next.size.is_some() || header[156] == b'S' || is_sparse(&header) {
            return Err(named("its header does not state its length alone"));
        }
        if is_checksum_name(&shown) {
            return Err(named("its name is the checksum of its content"));
        }
        let mut content = HeldContent {
            input: (&mut *self.input).take(size),
            held: Vec::new(),
            most: editor.memory(),
        };
        let mut new = Vec::new();
        let is_changed = editor.edit_member(&name, &mut content, &mut new)?;
        io::copy(&mut content, &mut io::sink()).map_err(reading)?;
        let old = content.held;
        self.read += old.len() as u64;
        if (old.len() as u64) < size {
            return Err("it ends too early".to_owned());
        }
        if is_changed {
            self.has_changed = true;
            state_size(&mut header, new.len() as u64).map_err(|reason| named(&reason))?;
            self.write(&header)?;
            self.write(&new)?;
            self.skip_padding(size)?;
            return self.pad(new.len() as u64);
        }
        self.write(&header)?;
        self.write(&old)?;
        self.pass_padding(size)
    }

    fn read_content(&mut self, size: u64) -> Result<Vec<u8>, String> {
        let mut content = Vec::new();
        let read = (&mut *self.input).take(size).read_to_end(&mut content);
        read.map_err(reading)?;
        self.read += content.len() as u64;
        if (content.len() as u64) < size {
            return Err("it ends too early".to_owned());
        }
        Ok(content)
    }

    fn copy_bytes(&mut self, size: u64) -> Result<(), String> {
        let mut content = (&mut *self.input).take(size);
        let count = io::copy(&mut content, &mut self.out).map_err(writing)?;
        self.read += count;
        self.written += count;
        if count < size {
            return Err("it ends too early".to_owned());
        }
        Ok(())
    }

    /// Copies the bytes behind a content up to the next block.
    fn pass_padding(&mut self, size: u64) -> Result<(), String> {
        let padding = self.read_padding(size)?;
        self.write(&padding)
    }

    fn skip_padding(&mut self, size: u64) -> Result<(), String> {
        self.read_padding(size).map(|_| ())
    }

    /// Reads the bytes behind a content up to the next block. An archive may end without them.
    fn read_padding(&mut self, size: u64) -> Result<Vec<u8>, String> {
        let mut padding = Vec::new();
        let over = size.next_multiple_of(BLOCK as u64) - size;
        let read = (&mut *self.input).take(over).read_to_end(&mut padding);
        read.map_err(reading)?;
        self.read += padding.len() as u64;
        Ok(padding)
    }

    /// Fills the block of a content of this length with zeros.
    fn pad(&mut self, size: u64) -> Result<(), String> {
        let over = size.next_multiple_of(BLOCK as u64) - size;
        self.write(&[0; BLOCK][..usize::try_from(over).unwrap_or(0)])
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.written += bytes.len() as u64;
        self.out.write_all(bytes).map_err(writing)
    }

    /// Writes the empty blocks at the end: as many as there were, but so that the length stays a multiple of a record.
    fn finish(mut self) -> Result<(), String> {
        if self.has_changed
            && let Some(name) = self.seal
        {
            return Err(format!(
                "its member {name} states checksums of the others, which a change would break"
            ));
        }
        let (record, block) = (RECORD, BLOCK as u64);
        let mut count = self.empty;
        if self.read.is_multiple_of(record) {
            let end = self.written + count * block;
            count += (end.next_multiple_of(record) - end) / block;
            if self.has_changed && self.empty < record / block + 2 && count >= record / block + 2 {
                count -= record / block;
            }
        } else {
            // The last block may be cut.
            let cut = self.read % block;
            let rest = vec![0; usize::try_from(cut).unwrap_or(0)];
            for _ in 0..count {
                self.write(&[0; BLOCK])?;
            }
            return if self.written.is_multiple_of(block) {
                self.write(&rest)
            } else {
                Ok(())
            };
        }
        for _ in 0..count {
            self.write(&[0; BLOCK])?;
        }
        Ok(())
    }
}

/// Content of a member, of which what was read is held so that it can be written again.
struct HeldContent<R> {
    input: io::Take<R>,
    held: Vec<u8>,
    /// Maximum number of bytes.
    most: u64,
}

impl<R: Read> Read for HeldContent<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(out)?;
        self.held.extend_from_slice(&out[..count]);
        if self.held.len() as u64 > self.most {
            return Err(ContainerProblem::Limit(ContainerLimit::Memory(self.most)).into());
        }
        Ok(count)
    }
}

/// Returns true if a content begins with a map of its holes, in which offsets are stated.
fn is_sparse(header: &Block) -> bool {
    memchr::memmem::find(&header_name(header), b"GNUSparseFile").is_some()
}

/// Returns true if a member of this name states checksums of the others.
fn is_seal(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    name.starts_with(".SIGN.") || last == "oci-layout"
}

/// Returns true if a file is named by the checksum of its content, as the layers of an image are.
fn is_checksum_name(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    let stem = last.split('.').next().unwrap_or(last);
    last == "layer.tar" || stem.len() == 64 && stem.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Writes a length and the new checksum into a header, in the form that its numbers have.
fn state_size(header: &mut Block, size: u64) -> Result<(), String> {
    let signed = sum_header(header, |b| i64::from(b.cast_signed()));
    let was_signed = parse_number(&header[148..156]).map(u64::cast_signed) == Some(signed);
    write_number(&mut header[124..136], size)?;
    let sum = if was_signed {
        signed_or_plain(header)
    } else {
        sum_header(header, i64::from)
    };
    write_number(&mut header[148..156], sum.cast_unsigned())
}

/// Returns the sum of a header whose writer added signed bytes. Without bytes over 127 both sums are equal.
fn signed_or_plain(header: &Block) -> i64 {
    let is_plain = header.is_ascii();
    sum_header(header, |b| {
        if is_plain {
            i64::from(b)
        } else {
            i64::from(b.cast_signed())
        }
    })
}

/// Returns the sum of the bytes of a header, as if its checksum were blanks.
fn sum_header(header: &Block, value: impl Fn(u8) -> i64) -> i64 {
    let byte = |(at, b): (usize, &u8)| if (148..156).contains(&at) { b' ' } else { *b };
    header.iter().enumerate().map(|b| value(byte(b))).sum()
}

/// Writes a number with as many digits as the field has.
fn write_number(field: &mut [u8], number: u64) -> Result<(), String> {
    let too_large = || "it becomes too large for its header".to_owned();
    if field[0] & 0x80 != 0 {
        let bytes = number.to_be_bytes();
        let start = field.len().checked_sub(bytes.len()).filter(|at| *at > 0);
        field[start.ok_or_else(too_large)?..].copy_from_slice(&bytes);
        return Ok(());
    }
    let is_digit = |b: &u8| (b'0'..=b'7').contains(b);
    let end = field
        .iter()
        .rposition(is_digit)
        .map_or(field.len() - 1, |at| at + 1);
    let fill = if field[0] == b' ' { ' ' } else { '0' };
    let mut text = format!("{number:o}");
    while text.len() < end {
        text.insert(0, fill);
    }
    if text.len() > end {
        return Err(too_large());
    }
    field[..end].copy_from_slice(text.as_bytes());
    Ok(())
}
