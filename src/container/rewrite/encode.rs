//! Encoders of compressed texts, behind one interface.

use std::io::{self, Write};

use bzip2::write::BzEncoder;
use flate2::write::DeflateEncoder;
use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
use lzma_rust2::{CheckType, LzmaOptions, LzmaWriter, XzOptions, XzWriter};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

/// Preset of xz: a dictionary of 4 MiB, whose encoder takes less than 64 MiB of memory.
const XZ_PRESET: u32 = 4;

/// Length in bytes of the text of one frame of zstd. The encoder holds it in memory.
const FRAME: usize = 8 << 20;

/// Writer that compresses what it is given. Without the end, the compressed text is cut.
pub(super) trait PackingWriter: Write {
    /// Writes what is left, and the end.
    fn finish_packing(self: Box<Self>) -> io::Result<()>;
}

impl<W: Write> PackingWriter for DeflateEncoder<W> {
    fn finish_packing(self: Box<Self>) -> io::Result<()> {
        self.finish().map(|_| ())
    }
}

impl<W: Write> PackingWriter for BzEncoder<W> {
    fn finish_packing(self: Box<Self>) -> io::Result<()> {
        self.finish().map(|_| ())
    }
}

impl<W: Write> PackingWriter for XzWriter<W> {
    fn finish_packing(self: Box<Self>) -> io::Result<()> {
        self.finish().map(|_| ())
    }
}

impl<W: Write> PackingWriter for FrameEncoder<W> {
    fn finish_packing(self: Box<Self>) -> io::Result<()> {
        self.finish().map(|_| ()).map_err(io::Error::from)
    }
}

impl<W: Write> PackingWriter for LzmaWriter<W> {
    fn finish_packing(self: Box<Self>) -> io::Result<()> {
        self.finish().map(|_| ())
    }
}

/// Writer of a content that is stored as it is.
pub(super) struct StoredContent<W>(pub(super) W);

impl<W: Write> Write for StoredContent<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Write> PackingWriter for StoredContent<W> {
    fn finish_packing(self: Box<Self>) -> io::Result<()> {
        Ok(())
    }
}

/// Returns an encoder of xz whose blocks have checksums of this type.
pub(super) fn encode_xz<W: Write>(out: W, check: CheckType) -> io::Result<XzWriter<W>> {
    let mut options = XzOptions::with_preset(XZ_PRESET);
    options.set_check_sum_type(check);
    XzWriter::new(out, options)
}

/// Returns an encoder of LZMA for a file that begins with these bytes: with its dictionary, as far as memory allows.
pub(super) fn encode_lzma<W: Write>(out: W, head: &[u8]) -> io::Result<LzmaWriter<W>> {
    let mut options = LzmaOptions::with_preset(XZ_PRESET);
    let dictionary = head.get(1..).and_then(|rest| rest.first_chunk());
    let dictionary = dictionary.map_or(options.dict_size, |d| u32::from_le_bytes(*d));
    options.dict_size = dictionary.clamp(1 << 12, options.dict_size);
    LzmaWriter::new_use_header(out, &options, None)
}

/// Returns an encoder of one frame of lz4 with the size of blocks and the checksums that this header states.
pub(super) fn encode_lz4<W: Write>(out: W, head: &[u8]) -> FrameEncoder<W> {
    let flags = head.get(4).copied().unwrap_or(0x60);
    let block_size = match head.get(5).map_or(0, |size| size >> 4 & 7) {
        4 => BlockSize::Max64KB,
        5 => BlockSize::Max256KB,
        6 => BlockSize::Max1MB,
        _ => BlockSize::Max4MB,
    };
    let block_mode = match flags & 0x20 {
        0 => BlockMode::Linked,
        _ => BlockMode::Independent,
    };
    let info = FrameInfo::new()
        .block_size(block_size)
        .block_mode(block_mode)
        .block_checksums(flags & 0x10 != 0)
        .content_checksum(flags & 4 != 0);
    FrameEncoder::with_frame_info(info, out)
}

/// Encoder of zstd. Its text is in frames of [`FRAME`] bytes, since the encoder of a frame reads its text to the end and
/// panics if that fails.
pub(super) struct FramePacker<W> {
    out: W,
    text: Vec<u8>,
    is_begun: bool,
}

impl<W: Write> FramePacker<W> {
    pub(super) fn new(out: W) -> Self {
        FramePacker {
            out,
            text: Vec::new(),
            is_begun: false,
        }
    }

    fn write_frame(&mut self) -> io::Result<()> {
        self.is_begun = true;
        let frame = compress_to_vec(&self.text[..], CompressionLevel::Fastest);
        self.text.clear();
        self.out.write_all(&frame)
    }
}

impl<W: Write> Write for FramePacker<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.text.len() == FRAME {
            self.write_frame()?;
        }
        let count = bytes.len().min(FRAME - self.text.len());
        self.text.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: Write> PackingWriter for FramePacker<W> {
    fn finish_packing(mut self: Box<Self>) -> io::Result<()> {
        if !self.text.is_empty() || !self.is_begun {
            self.write_frame()?;
        }
        Ok(())
    }
}
