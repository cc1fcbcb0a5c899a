//! 7z archives.

use std::io::{self, Read};
use std::ops::ControlFlow;

use sevenz_rust2::{Archive, BlockDecoder, Coder, EncoderMethod, Error, Password};

use super::member::{ContainerInput, ContainerProblem, ContainerReader, MemberName, MemberVisitor};
use super::window::{WindowHold, window_of_property};

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
    let mut hold = WindowHold::new(find_window(archive, block));
    let decoder =
        BlockDecoder::new_with_memory_limit(1, MOST_MEMORY, block, archive, &password, input);
    let done = decoder.for_each_entries(&mut |entry, content| {
        last = entry.name().as_bytes().to_vec();
        if entry.has_stream() && entry.size() > 0 {
            let name = MemberName::packed(entry.name().as_bytes());
            let mut content = BlockContent {
                content,
                hold: &mut hold,
            };
            flow = visitor.visit_member(name, &mut content);
        }
        Ok(flow.is_continue())
    });
    match done {
        Err(error) if flow.is_continue() => visitor.skip_member(&last, problem_of(error)),
        _ => flow,
    }
}

/// Returns the length in bytes of the windows of a block.
fn find_window(archive: &Archive, block: usize) -> u64 {
    let coders = archive.blocks.get(block).map(|block| &block.coders[..]);
    let window = |coder: &Coder| {
        let stated = coder.properties().get(1..5)?.first_chunk();
        let method = coder.encoder_method_id();
        if method == EncoderMethod::ID_LZMA2 {
            window_of_property(*coder.properties().first()?)
        } else {
            stated.map(|len| u64::from(u32::from_le_bytes(*len)))
        }
    };
    coders.unwrap_or_default().iter().filter_map(window).sum()
}

/// Content of a member of a block, which shares the windows of the block with the others.
struct BlockContent<'b> {
    content: &'b mut dyn Read,
    hold: &'b mut WindowHold,
}

impl Read for BlockContent<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.content.read(out)?;
        self.hold.fill(count as u64)?;
        Ok(count)
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
