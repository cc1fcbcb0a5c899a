//! Rpm: two headers, and a compressed cpio archive, which is given to the visitor as the content of the package.

use std::io::{Cursor, Read};

use super::form::{HEAD, recognise_container};
use super::member::{ContainerInput, ContainerProblem, ContainerReader, MemberName, MemberVisitor};

/// Length in bytes of the first part, which programs no longer read.
const LEAD: u64 = 96;

/// Maximum length in bytes of a header that is kept.
const MOST_HEADER: u64 = 8 << 20;

/// Reader of rpm packages.
pub(super) struct RpmReader;

impl ContainerReader for RpmReader {
    fn is_single(&self) -> bool {
        true
    }

    fn read_members(
        &self,
        input: &mut dyn ContainerInput,
        visitor: &mut dyn MemberVisitor,
    ) -> Result<(), ContainerProblem> {
        let mut lead = Vec::new();
        input.take(LEAD).read_to_end(&mut lead)?;
        let signature = read_header(input, visitor)?;
        // The signature is filled up to a multiple of eight bytes.
        let mut padding = Vec::new();
        let over = signature.next_multiple_of(8) - signature;
        input.take(over).read_to_end(&mut padding)?;
        read_header(input, visitor)?;
        let mut head = Vec::new();
        input.take(HEAD as u64).read_to_end(&mut head)?;
        let is_known = recognise_container(&head).is_some();
        let mut content = Cursor::new(head).chain(input);
        let flow = visitor.visit_member(MemberName::plain(b""), &mut content);
        if flow.is_continue() && !is_known {
            let what = "a method that its first bytes do not tell";
            return Err(ContainerProblem::UnknownMethod(what.to_owned()));
        }
        Ok(())
    }
}

/// Reads a header, whose texts are scanned, and returns the length of its data.
fn read_header(
    input: &mut dyn ContainerInput,
    visitor: &mut dyn MemberVisitor,
) -> Result<u64, ContainerProblem> {
    let mut start = Vec::new();
    input.take(16).read_to_end(&mut start)?;
    if start.len() < 16 {
        return Err(ContainerProblem::truncated());
    }
    if !start.starts_with(&[0x8e, 0xad, 0xe8]) {
        return Err(ContainerProblem::damaged(
            "a header is not where it must be",
        ));
    }
    let number = |at: usize| {
        let bytes = [start[at], start[at + 1], start[at + 2], start[at + 3]];
        u64::from(u32::from_be_bytes(bytes))
    };
    let (entries, len) = (number(8), number(12));
    let whole = entries * 16 + len;
    if whole > MOST_HEADER {
        return Err(ContainerProblem::damaged("a header is too long"));
    }
    let mut header = Vec::new();
    input.take(whole).read_to_end(&mut header)?;
    if (header.len() as u64) < whole {
        return Err(ContainerProblem::truncated());
    }
    let _ = visitor.visit_member(MemberName::rest(), &mut &header[..]);
    Ok(len)
}
