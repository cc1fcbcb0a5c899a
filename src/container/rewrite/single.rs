//! Compressed texts: the text is edited and compressed again, the header stays.

use std::io::{self, BufReader, Read, Write};

use bzip2::write::BzEncoder;
use flate2::write::DeflateEncoder;
use flate2::{Compression, CrcWriter};
use lzma_rust2::CheckType;

use super::editor::{ContainerRewriter, MemberEditor};
use super::encode::{FramePacker, PackingWriter, encode_lz4, encode_lzma, encode_xz};
use crate::container::gzip::GzipContent;
use crate::container::member::{ContainerInput, ContainerProblem, StreamInput};
use crate::container::single::{self, OpenDecoder};
use crate::message::describe_io_error;

/// Length in bytes of the fixed part of a gzip header.
const GZIP_HEADER: usize = 10;

/// Maximum length in bytes of the names in a gzip header.
const MOST_NAMES: u64 = 1 << 16;

/// Function that opens an encoder for a file that begins with these bytes.
type OpenEncoder = for<'o> fn(&[u8], &'o mut dyn Write) -> io::Result<Box<dyn PackingWriter + 'o>>;

/// Writer of a format without a structure around its text: its decoder and its encoder.
pub(super) struct SingleRewriter {
    open: OpenDecoder,
    pack: OpenEncoder,
}

pub(super) static BZIP2: SingleRewriter = SingleRewriter {
    open: single::BZIP2.0,
    pack: |head, out| {
        let level = head.get(3).map_or(9, |digit| u32::from(digit - b'0'));
        let level = bzip2::Compression::new(level.clamp(1, 9));
        Ok(Box::new(BzEncoder::new(out, level)))
    },
};
pub(super) static XZ: SingleRewriter = SingleRewriter {
    open: single::XZ.0,
    pack: |head, out| {
        let check = match head.get(7) {
            Some(0) => CheckType::None,
            Some(1) => CheckType::Crc32,
            Some(10) => CheckType::Sha256,
            _ => CheckType::Crc64,
        };
        Ok(Box::new(encode_xz(out, check)?))
    },
};
pub(super) static LZMA: SingleRewriter = SingleRewriter {
    open: single::LZMA.0,
    pack: |head, out| Ok(Box::new(encode_lzma(out, head)?)),
};
pub(super) static LZ4: SingleRewriter = SingleRewriter {
    open: single::LZ4.0,
    pack: |head, out| Ok(Box::new(encode_lz4(out, head))),
};
pub(super) static ZSTD: SingleRewriter = SingleRewriter {
    open: single::ZSTD.0,
    pack: |_, out| Ok(Box::new(FramePacker::new(out))),
};

/// Number of first bytes that an encoder is chosen by.
const HEAD: u64 = 8;

impl ContainerRewriter for SingleRewriter {
    fn rewrite_members(
        &self,
        input: &mut dyn ContainerInput,
        out: &mut dyn Write,
        editor: &mut dyn MemberEditor,
    ) -> Result<(), String> {
        let mut head = Vec::new();
        let read = (&mut *input).take(HEAD).read_to_end(&mut head);
        read.map_err(reading)?;
        let mut packer = (self.pack)(&head, out).map_err(writing)?;
        let mut whole = StreamInput(io::Cursor::new(head).chain(input));
        let mut content = (self.open)(&mut whole).map_err(|problem| problem.to_string())?;
        editor.edit_member(b"", &mut *content, &mut packer)?;
        packer.finish_packing().map_err(writing)
    }
}

/// Writer of gzip files.
pub(super) struct GzipRewriter;

impl ContainerRewriter for GzipRewriter {
    fn rewrite_members(
        &self,
        input: &mut dyn ContainerInput,
        out: &mut dyn Write,
        editor: &mut dyn MemberEditor,
    ) -> Result<(), String> {
        let header = read_header(input)?;
        out.write_all(&header).map_err(writing)?;
        // The byte that says how hard the text was compressed.
        let level = match header[8] {
            2 => Compression::best(),
            4 => Compression::fast(),
            _ => Compression::default(),
        };
        let whole = BufReader::with_capacity(1 << 16, header.chain(input));
        let mut content = GzipContent::new(whole);
        let mut packer = CrcWriter::new(DeflateEncoder::new(&mut *out, level));
        editor.edit_member(b"", &mut content, &mut packer)?;
        let (sum, len) = (packer.crc().sum(), packer.crc().amount());
        packer.into_inner().finish().map_err(writing)?;
        out.write_all(&sum.to_le_bytes()).map_err(writing)?;
        out.write_all(&len.to_le_bytes()).map_err(writing)?;
        let mut behind = Vec::new();
        if let Some(rest) = content.into_rest() {
            rest.take(MOST_NAMES)
                .read_to_end(&mut behind)
                .map_err(reading)?;
        }
        if behind.iter().any(|b| *b != 0) || behind.len() as u64 == MOST_NAMES {
            return Err("something that is not compressed follows its text".to_owned());
        }
        out.write_all(&behind).map_err(writing)
    }
}

/// Reads the header of a gzip file.
fn read_header(input: &mut dyn ContainerInput) -> Result<Vec<u8>, String> {
    let mut header = vec![0; GZIP_HEADER];
    input.read_exact(&mut header).map_err(reading)?;
    let flags = header[3];
    if flags & 4 != 0 {
        return Err("its header may state where the parts of the compressed text are".to_owned());
    }
    // A name and a comment, each up to a zero byte.
    for flag in [8, 16] {
        if flags & flag == 0 {
            continue;
        }
        loop {
            let mut byte = [0];
            input.read_exact(&mut byte).map_err(reading)?;
            header.extend(byte);
            if byte == [0] {
                break;
            }
            if header.len() as u64 > MOST_NAMES {
                return Err("its header is too long".to_owned());
            }
        }
    }
    if flags & 2 != 0 {
        let mut sum = [0; 2];
        input.read_exact(&mut sum).map_err(reading)?;
        header.extend(sum);
    }
    Ok(header)
}

/// Describes an error of the reading of a container.
pub(super) fn reading(error: io::Error) -> String {
    ContainerProblem::from_error(&error).to_string()
}

/// Describes an error of the writing of a container.
pub(super) fn writing(error: io::Error) -> String {
    format!("cannot write the new file: {}", describe_io_error(&error))
}
