//! 7z archives.

use std::ops::ControlFlow;

use sevenz_rust2::{Archive, BlockDecoder, EncoderMethod, Error, Password};

use super::member::{ContainerInput, ContainerProblem, ContainerReader, MemberName, MemberVisitor};

/// Maximum memory in KiB of the headers, and of the decoder of a block.
const MOST_MEMORY: usize = (64 << 10) + 512;

/// Reader of 7z archives.
pub(super) struct SevenZipReader;

impl ContainerReader for SevenZipReader {
    fn needs_seek(&self) -> bool {
        true
    }

    fn read_members(
        &self,
        mut input: &mut dyn ContainerInput,
        visitor: &mut dyn MemberVisitor,
    ) -> Result<(), ContainerProblem> {
        let password = Password::empty();
        let archive = Archive::read_with_memory_limit(&mut input, &password, MOST_MEMORY);
        let archive = archive.map_err(problem_of)?;
        for file in &archive.files {
            visitor.note_text(file.name().as_bytes());
        }
        for block in 0..archive.blocks.len() {
            if read_block(&archive, block, &mut input, visitor).is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// Reads the members of a block. One that is damaged does not keep the next blocks from being read.
fn read_block(
    archive: &Archive,
    block: usize,
    input: &mut &mut dyn ContainerInput,
    visitor: &mut dyn MemberVisitor,
) -> ControlFlow<()> {
    let password = Password::empty();
    let mut flow = ControlFlow::Continue(());
    let mut last = Vec::new();
    let decoder =
        BlockDecoder::new_with_memory_limit(1, MOST_MEMORY, block, archive, &password, input);
    let done = decoder.for_each_entries(&mut |entry, content| {
        last = entry.name().as_bytes().to_vec();
        if entry.has_stream() && entry.size() > 0 {
            let name = MemberName::packed(entry.name().as_bytes());
            flow = visitor.visit_member(name, content);
        }
        Ok(flow.is_continue())
    });
    match done {
        Err(error) if flow.is_continue() => visitor.skip_member(&last, problem_of(error)),
        _ => flow,
    }
}

fn problem_of(error: Error) -> ContainerProblem {
    match error {
        Error::PasswordRequired | Error::MaybeBadPassword(_) => ContainerProblem::Encrypted,
        Error::UnsupportedCompressionMethod(name)
            if name == EncoderMethod::AES256_SHA256.name() =>
        {
            ContainerProblem::Encrypted
        }
        Error::UnsupportedCompressionMethod(name) => ContainerProblem::UnknownMethod(name),
        Error::MaxMemLimited { .. } => {
            ContainerProblem::UnknownMethod("a method that takes more than 64 MiB".to_owned())
        }
        Error::Io(error, _) => ContainerProblem::from_error(&error),
        other => ContainerProblem::from_error(&std::io::Error::other(other.to_string())),
    }
}
