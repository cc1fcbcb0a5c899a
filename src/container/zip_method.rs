//! Methods by which the members of a zip archive are compressed.

use std::io::{self, BufReader, Read};

use flate2::Crc;
use flate2::read::DeflateDecoder;

use super::member::ContainerProblem;
use super::xz::{open_raw_lzma, open_xz};
use super::zip_directory::{STORED, ZipEntry};
use super::zstd::ZstdContent;

/// Flag of an entry whose LZMA data ends with a mark.
const LZMA_ENDS: u16 = 1 << 1;

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
        12 => Box::new(bzip2::read::BzDecoder::new(packed)),
        14 => open_lzma(entry, packed)?,
        // The first is that of an early draft.
        20 | 93 => Box::new(ZstdContent::new(BufReader::new(packed))),
        95 => Box::new(open_xz(packed)?),
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

/// Returns the content of a member that is compressed by LZMA: two bytes of a version, the length of the properties,
/// the properties, and the data.
fn open_lzma<'c>(
    entry: &ZipEntry,
    mut packed: impl Read + 'c,
) -> Result<Box<dyn Read + 'c>, ContainerProblem> {
    let mut start = [0; 9];
    packed.read_exact(&mut start)?;
    let [_, _, 5, 0, properties @ ..] = start else {
        return Err(ContainerProblem::damaged("its LZMA properties are wrong"));
    };
    // An end mark is in the data only if the entry says so.
    let size = (entry.flags & LZMA_ENDS == 0).then_some(entry.size);
    Ok(Box::new(open_raw_lzma(packed, properties, size)?))
}

/// Returns the name of a method that is not opened, or not written.
pub(super) fn method_name(method: u16) -> String {
    let name = match method {
        1 => "shrinking",
        2..=5 => "reducing",
        6 => "imploding",
        9 => "deflate64",
        14 => "LZMA",
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
