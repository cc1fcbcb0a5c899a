//! Compression of copied rows by the method of the original.

use std::io::{self, Write};

use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use crate::container::{ContainerForm, ContainerFormat};

/// Number of bytes of one zstd frame.
const FRAME: usize = 4 << 20;

/// Writer that compresses what it is given.
pub(super) enum LinePacker<'w> {
    Gzip(Box<GzEncoder<&'w mut dyn Write>>),
    Zstd(ZstdFrames<'w>),
}

/// Writer of zstd frames, one after the other.
pub(super) struct ZstdFrames<'w> {
    held: Vec<u8>,
    out: &'w mut dyn Write,
}

impl<'w> LinePacker<'w> {
    /// Returns the writer of a form.
    ///
    /// # Errors
    /// Returns the reason why nothing can be written in this form.
    pub(super) fn open(form: &ContainerForm, out: &'w mut dyn Write) -> Result<Self, String> {
        match form.format {
            ContainerFormat::Gzip => {
                let level = flate2::Compression::default();
                Ok(LinePacker::Gzip(Box::new(GzEncoder::new(out, level))))
            }
            ContainerFormat::Zstd => Ok(LinePacker::Zstd(ZstdFrames {
                held: Vec::new(),
                out,
            })),
            _ => Err(format!(
                "it is {}, which this program cannot write; compress the rows with gzip or zstd",
                form.name
            )),
        }
    }

    /// Writes the end of the file.
    pub(super) fn finish(self) -> io::Result<()> {
        match self {
            LinePacker::Gzip(encoder) => encoder.finish().map(|_| ()),
            LinePacker::Zstd(mut frames) => frames.write_frame(),
        }
    }
}

impl ZstdFrames<'_> {
    fn write_frame(&mut self) -> io::Result<()> {
        if self.held.is_empty() {
            return Ok(());
        }
        let frame = compress_to_vec(&self.held[..], CompressionLevel::Fastest);
        self.held.clear();
        self.out.write_all(&frame)
    }
}

impl Write for LinePacker<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            LinePacker::Gzip(encoder) => encoder.write(bytes),
            LinePacker::Zstd(frames) => {
                frames.held.extend_from_slice(bytes);
                if frames.held.len() >= FRAME {
                    frames.write_frame()?;
                }
                Ok(bytes.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            LinePacker::Gzip(encoder) => encoder.flush(),
            LinePacker::Zstd(frames) => frames.out.flush(),
        }
    }
}
