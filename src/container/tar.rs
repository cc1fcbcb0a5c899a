//! Tar in all its dialects. Every byte of the archive is given to the visitor or is part of a header: where a header
//! is damaged, the rest is read as text of the archive itself.

use std::io::{self, Read};
use std::ops::ControlFlow;

use super::member::{ContainerInput, ContainerProblem, ContainerReader, MemberName, MemberVisitor};
use super::tar_head::is_tar_header;

/// Length of a header, and the unit of all lengths.
pub(super) const BLOCK: usize = 512;

/// Maximum length in bytes of a name or a PAX record that is kept.
pub(super) const MOST_RECORD: u64 = 1 << 20;

/// Header, or a part of a content.
pub(super) type Block = [u8; BLOCK];

/// Reader of tar archives.
pub(super) struct TarReader;

impl ContainerReader for TarReader {
    fn read_members(
        &self,
        input: &mut dyn ContainerInput,
        visitor: &mut dyn MemberVisitor,
    ) -> Result<(), ContainerProblem> {
        let mut walk = TarWalk {
            input,
            visitor,
            ahead: None,
            next: MemberRecords::default(),
        };
        while let Some(header) = walk.next_header()? {
            if walk.read_member(&header)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// State of the reading of one archive.
struct TarWalk<'w> {
    input: &'w mut dyn ContainerInput,
    visitor: &'w mut dyn MemberVisitor,
    /// Block that was read before its turn.
    ahead: Option<Block>,
    next: MemberRecords,
}

/// Facts about the next member that records before its header state.
#[derive(Default)]
pub(super) struct MemberRecords {
    pub(super) name: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
}

impl TarWalk<'_> {
    /// Returns the next header that is not empty. Empty blocks end an archive, but another one may follow.
    fn next_header(&mut self) -> Result<Option<Block>, ContainerProblem> {
        loop {
            let Some(block) = self.next_block()? else {
                return Ok(None);
            };
            if block.iter().any(|b| *b != 0) {
                return Ok(Some(block));
            }
        }
    }

    /// Returns the next block; `None` at the end.
    fn next_block(&mut self) -> Result<Option<Block>, ContainerProblem> {
        if let Some(block) = self.ahead.take() {
            return Ok(Some(block));
        }
        let mut block = [0; BLOCK];
        match fill_block(self.input, &mut block)? {
            BLOCK => Ok(Some(block)),
            // The last block of some archives is cut.
            filled if block[..filled].iter().all(|b| *b == 0) => Ok(None),
            _ => Err(ContainerProblem::truncated()),
        }
    }

    /// Reads the member of a header, or the record for the next one.
    fn read_member(&mut self, header: &Block) -> Result<ControlFlow<()>, ContainerProblem> {
        let Some(stated) = checked_size(header) else {
            return self.read_rest(header);
        };
        match header[156] {
            b'L' => {
                let name = until_nul(&self.read_record(stated)?).to_vec();
                self.visitor.note_text(&name);
                self.next.name = Some(name);
                return Ok(ControlFlow::Continue(()));
            }
            b'x' | b'X' => {
                let record = self.read_record(stated)?;
                self.visitor.note_text(&record);
                self.next.take_pax(&record);
                return Ok(ControlFlow::Continue(()));
            }
            // The target of a link, and records for all members, which name none.
            b'K' | b'g' => {
                let record = self.read_record(stated)?;
                self.visitor.note_text(&record);
                return Ok(ControlFlow::Continue(()));
            }
            b'S' => self.skip_sparse_maps(header)?,
            _ => {}
        }
        let next = std::mem::take(&mut self.next);
        let name = next.name.unwrap_or_else(|| header_name(header));
        self.visitor.note_path(&name);
        self.visitor.note_text(&header_name(header));
        self.visitor.note_text(until_nul(&header[157..257]));
        let size = match header[156] {
            b'1' if self.is_link_empty()? => 0,
            _ => next.size.unwrap_or(stated),
        };
        let flow = self.read_content(&name, size)?;
        if flow.is_continue() && stated > 0 && next.size.is_some_and(|size| size != stated) {
            let text =
                "its header and its PAX record state different sizes; read by the PAX record";
            return Ok(self
                .visitor
                .skip_member(&name, ContainerProblem::damaged(text)));
        }
        Ok(flow)
    }

    /// Gives the content of a member to the visitor, and passes over what the visitor leaves.
    fn read_content(
        &mut self,
        name: &[u8],
        size: u64,
    ) -> Result<ControlFlow<()>, ContainerProblem> {
        if size == 0 {
            return Ok(ControlFlow::Continue(()));
        }
        let has_padding = self.ahead.is_none() || size > BLOCK as u64;
        let mut content = TarContent {
            ahead: self.ahead.take(),
            at: 0,
            input: self.input,
            left: size,
        };
        let flow = self
            .visitor
            .visit_member(MemberName::plain(name), &mut content);
        if flow.is_break() {
            return Ok(flow);
        }
        io::copy(&mut content, &mut io::sink())?;
        if has_padding {
            self.skip_padding(size)?;
        }
        Ok(flow)
    }

    /// Reads an archive on as text, from a header that is none.
    fn read_rest(&mut self, header: &Block) -> Result<ControlFlow<()>, ContainerProblem> {
        let mut rest = header.chain(&mut *self.input);
        let flow = self.visitor.visit_member(MemberName::rest(), &mut rest);
        if flow.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        Err(ContainerProblem::damaged(
            "the checksum of a header is wrong, and the rest was read as text",
        ))
    }

    /// Returns true if a hard link has no content: what follows its header is a header, as most programs write it.
    fn is_link_empty(&mut self) -> Result<bool, ContainerProblem> {
        let block = match self.next_block() {
            Ok(block) => block,
            Err(_) => return Ok(true),
        };
        let is_empty = block
            .as_ref()
            .is_none_or(|block| block.iter().all(|b| *b == 0) || checked_size(block).is_some());
        self.ahead = block;
        Ok(is_empty)
    }

    /// Returns the first bytes of the content of a record, and passes over the rest.
    fn read_record(&mut self, size: u64) -> Result<Vec<u8>, ContainerProblem> {
        let mut content = self.input.take(size);
        let mut record = Vec::new();
        content
            .by_ref()
            .take(MOST_RECORD)
            .read_to_end(&mut record)?;
        io::copy(&mut content, &mut io::sink())?;
        if content.limit() > 0 {
            return Err(ContainerProblem::truncated());
        }
        self.skip_padding(size)?;
        Ok(record)
    }

    /// Passes over the maps of the holes that follow the header of a sparse file.
    fn skip_sparse_maps(&mut self, header: &Block) -> Result<(), ContainerProblem> {
        let mut goes_on = header[482] != 0;
        while goes_on {
            let block = self.next_block()?.ok_or_else(ContainerProblem::truncated)?;
            goes_on = block[504] != 0;
        }
        Ok(())
    }

    fn skip_padding(&mut self, size: u64) -> Result<(), ContainerProblem> {
        let over = size % BLOCK as u64;
        if over > 0 {
            // An archive may end without the padding of its last member.
            let mut padding = self.input.take(BLOCK as u64 - over);
            io::copy(&mut padding, &mut io::sink())?;
        }
        Ok(())
    }
}

/// Content of one member.
struct TarContent<'c> {
    /// First block of the content, if it was read before.
    ahead: Option<Block>,
    /// Number of bytes of that block that have been returned.
    at: usize,
    input: &'c mut dyn ContainerInput,
    /// Number of bytes that are left.
    left: u64,
}

impl Read for TarContent<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).map_or(out.len(), |left| left.min(out.len()));
        if most == 0 {
            return Ok(0);
        }
        let count = match &self.ahead {
            Some(block) if self.at < BLOCK => {
                let count = most.min(BLOCK - self.at);
                out[..count].copy_from_slice(&block[self.at..self.at + count]);
                self.at += count;
                count
            }
            _ => self.input.read(&mut out[..most])?,
        };
        if count == 0 {
            return Err(ContainerProblem::truncated().into());
        }
        self.left -= count as u64;
        Ok(count)
    }
}

/// Fills a block, and returns the number of bytes that there were.
pub(super) fn fill_block(input: &mut dyn ContainerInput, block: &mut Block) -> io::Result<usize> {
    let mut filled = 0;
    while filled < BLOCK {
        match input.read(&mut block[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}

/// Returns the size that a header states, if its checksum is right.
fn checked_size(header: &Block) -> Option<u64> {
    is_tar_header(header).then(|| parse_number(&header[124..136]).unwrap_or(0))
}

/// Parses a number: octal digits between blanks, or binary if the first bit is set.
pub(super) fn parse_number(field: &[u8]) -> Option<u64> {
    let (first, rest) = field.split_first()?;
    if first & 0x80 != 0 {
        let byte = |sum: u64, b: &u8| sum.checked_mul(256)?.checked_add(u64::from(*b));
        return rest.iter().try_fold(u64::from(first & 0x7f), byte);
    }
    let text = field.split(|b| *b == 0).next()?.trim_ascii();
    let digit = |sum: u64, b: &u8| {
        let digit = (b'0'..=b'7').contains(b).then(|| u64::from(b - b'0'))?;
        sum.checked_mul(8)?.checked_add(digit)
    };
    text.iter().try_fold(0, digit)
}

/// Returns the name in a header, with the prefix of the POSIX form.
pub(super) fn header_name(header: &Block) -> Vec<u8> {
    let name = until_nul(&header[..100]);
    let prefix = until_nul(&header[345..500]);
    let is_posix = header[257..265] == *b"ustar\x0000";
    if !is_posix || prefix.is_empty() {
        return name.to_vec();
    }
    [prefix, name].join(&b'/')
}

/// Returns the field up to its first NUL.
pub(super) fn until_nul(field: &[u8]) -> &[u8] {
    let end = field.iter().position(|b| *b == 0);
    &field[..end.unwrap_or(field.len())]
}

impl MemberRecords {
    /// Takes the name and the size from PAX records, each of which is `LENGTH KEY=VALUE` and a line feed.
    pub(super) fn take_pax(&mut self, mut records: &[u8]) {
        while let Some(space) = records.iter().take(20).position(|b| *b == b' ') {
            let len = std::str::from_utf8(&records[..space]).ok();
            // A length counts itself and its space, so that a shorter one is damage and ends the records.
            let len = len.and_then(|text| text.parse::<usize>().ok());
            let len = len.filter(|len| *len > space);
            let Some((record, rest)) = len.and_then(|len| records.split_at_checked(len)) else {
                return;
            };
            records = rest;
            let record = record.get(space + 1..).unwrap_or_default();
            let record = record.strip_suffix(b"\n").unwrap_or(record);
            if let Some(value) = record.strip_prefix(b"path=") {
                self.name = Some(value.to_vec());
            } else if let Some(value) = record.strip_prefix(b"GNU.sparse.name=") {
                self.name = Some(value.to_vec());
            } else if let Some(value) = record.strip_prefix(b"size=") {
                let text = std::str::from_utf8(value).ok();
                self.size = text.and_then(|text| text.parse().ok());
            }
        }
    }
}
