//! Methods by which the members of a zip archive are compressed.

use std::io::{self, Read};

use flate2::Crc;
use flate2::read::DeflateDecoder;

use super::member::ContainerProblem;
use super::zip_directory::{STORED, ZipEntry};

/// Method of most members.
pub(super) const DEFLATED: u16 = 8;

/// Returns the content of a member from its bytes in the archive.
pub(super) fn open_method<'c>(
    entry: &ZipEntry,
    packed: impl Read + 'c,
) -> Result<Box<dyn Read + 'c>, ContainerProblem> {
    let content: Box<dyn Read + 'c> = match entry.method {
        STORED => Box::new(packed),
        DEFLATED => Box::new(DeflateDecoder::new(packed)),
        method => {
            return Err(ContainerProblem::UnknownMethod(method_name(method)));
        }
    };
    Ok(Box::new(CheckedContent {
        content,
        sum: Crc::new(),
        checksum: entry.checksum,
        left: entry.size,
    }))
}

fn method_name(method: u16) -> String {
    let name = match method {
        1 => "shrinking",
        2..=5 => "reducing",
        6 => "imploding",
        9 => "deflate64",
        12 => "bzip2",
        14 => "LZMA",
        93 => "zstd",
        95 => "xz",
        98 => "PPMd",
        99 => "AES encryption",
        _ => return format!("the method {method}"),
    };
    name.to_owned()
}

/// Content whose length and checksum are compared with what the entry states.
struct CheckedContent<R> {
    content: R,
    sum: Crc,
    checksum: u32,
    /// Number of bytes that must follow.
    left: u64,
}

impl<R: Read> Read for CheckedContent<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        let count = self.content.read(out)?;
        if count == 0 {
            let is_right = self.left == 0 && self.sum.sum() == self.checksum;
            let wrong = "its length or checksum is not what the archive states";
            return if is_right {
                Ok(0)
            } else {
                Err(ContainerProblem::damaged(wrong).into())
            };
        }
        self.sum.update(&out[..count]);
        self.left = self.left.wrapping_sub(count as u64);
        Ok(count)
    }
}
