//! Formats of one compressed text without a name: the reader that they share, and the decoder of each.

use std::io::{BufReader, Read};

use super::member::{ContainerInput, ContainerProblem, ContainerReader, MemberName, MemberVisitor};
use super::{lz4, xz, zstd};

/// Reader of a format whose decoder is this function.
pub(super) struct SingleReader(pub(super) OpenDecoder);

/// Function that opens the content of a compressed text.
pub(super) type OpenDecoder =
    for<'i> fn(&'i mut dyn ContainerInput) -> Result<Box<dyn Read + 'i>, ContainerProblem>;

/// Readers, by their formats.
pub(super) static BZIP2: SingleReader =
    SingleReader(|input| Ok(Box::new(bzip2::read::MultiBzDecoder::new(input))));
pub(super) static XZ: SingleReader = SingleReader(|input| Ok(Box::new(xz::open_xz(input)?)));
pub(super) static LZMA: SingleReader = SingleReader(|input| Ok(Box::new(xz::open_lzma(input)?)));
pub(super) static ZSTD: SingleReader =
    SingleReader(|input| Ok(Box::new(zstd::ZstdContent::new(buffered(input)))));
pub(super) static LZ4: SingleReader =
    SingleReader(|input| Ok(Box::new(lz4::open_lz4(buffered(input)))));

fn buffered(input: &mut dyn ContainerInput) -> BufReader<&mut dyn ContainerInput> {
    BufReader::with_capacity(1 << 16, input)
}

impl ContainerReader for SingleReader {
    fn is_single(&self) -> bool {
        true
    }

    fn read_members(
        &self,
        input: &mut dyn ContainerInput,
        visitor: &mut dyn MemberVisitor,
    ) -> Result<(), ContainerProblem> {
        let mut content = (self.0)(input)?;
        let _ = visitor.visit_member(MemberName::packed(b""), &mut *content);
        Ok(())
    }
}
