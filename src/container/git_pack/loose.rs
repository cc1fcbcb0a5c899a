//! Loose objects of git: one compressed object in a file of its own.

use std::io::{BufRead, BufReader, Read};

use flate2::read::ZlibDecoder;

use super::super::member::{
    ContainerInput, ContainerProblem, ContainerReader, MemberName, MemberVisitor,
};

/// Maximum length in bytes of the kind and the length in front of the content.
const MOST_HEADER: u64 = 32;

/// Reader of loose objects.
pub(in super::super) struct LooseReader;

impl ContainerReader for LooseReader {
    fn is_single(&self) -> bool {
        true
    }

    fn read_members(
        &self,
        input: &mut dyn ContainerInput,
        visitor: &mut dyn MemberVisitor,
    ) -> Result<(), ContainerProblem> {
        let mut content = BufReader::new(ZlibDecoder::new(input));
        let mut header = Vec::new();
        content
            .by_ref()
            .take(MOST_HEADER)
            .read_until(0, &mut header)?;
        let _ = visitor.visit_member(MemberName::packed(b""), &mut content);
        Ok(())
    }
}
