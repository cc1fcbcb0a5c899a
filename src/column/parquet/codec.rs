//! Compression of pages.

use std::io::{self, Cursor, Read, Write};

use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use crate::container::ZstdContent;

/// Number of bytes that a page may have for each of its compressed bytes before it is held as a whole.
const MOST_RATIO: usize = 255;

/// Method of compression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PageCodec {
    Plain,
    Snappy,
    Gzip,
    Zstd,
    /// LZ4 in frames of Hadoop.
    Lz4Hadoop,
    Lz4Raw,
}

impl PageCodec {
    /// Returns the method of this number.
    ///
    /// # Errors
    /// Returns the name of a method that is not implemented.
    pub(super) fn of_number(number: i64) -> Result<PageCodec, String> {
        Ok(match number {
            0 => PageCodec::Plain,
            1 => PageCodec::Snappy,
            2 => PageCodec::Gzip,
            5 => PageCodec::Lz4Hadoop,
            6 => PageCodec::Zstd,
            7 => PageCodec::Lz4Raw,
            3 => return Err("LZO".to_owned()),
            4 => return Err("brotli".to_owned()),
            other => return Err(format!("method {other}")),
        })
    }

    /// Returns the content of a page, which has `size` bytes.
    pub(super) fn inflate(self, packed: &[u8], size: usize) -> io::Result<Vec<u8>> {
        let is_streamed = matches!(self, PageCodec::Gzip | PageCodec::Zstd);
        if !is_streamed && size > packed.len().saturating_mul(MOST_RATIO).saturating_add(64) {
            return Err(io::Error::other("a page states a size that it cannot have"));
        }
        let content = match self {
            PageCodec::Plain => packed.to_vec(),
            PageCodec::Snappy => inflate_snappy(packed, size)?,
            PageCodec::Gzip => read_all(flate2::read::MultiGzDecoder::new(packed), size)?,
            PageCodec::Zstd => read_all(ZstdContent::new(Cursor::new(packed)), size)?,
            PageCodec::Lz4Raw => inflate_lz4(packed, size)?,
            PageCodec::Lz4Hadoop => {
                inflate_hadoop(packed, size).or_else(|_| inflate_lz4(packed, size))?
            }
        };
        if content.len() != size {
            return Err(io::Error::other("a page has not the size that it states"));
        }
        Ok(content)
    }

    /// Returns the compressed form of a page.
    pub(super) fn deflate(self, content: &[u8]) -> io::Result<Vec<u8>> {
        Ok(match self {
            PageCodec::Plain => content.to_vec(),
            PageCodec::Snappy => {
                let mut encoder = snap::raw::Encoder::new();
                encoder.compress_vec(content).map_err(io::Error::other)?
            }
            PageCodec::Gzip => {
                let level = flate2::Compression::default();
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
                encoder.write_all(content)?;
                encoder.finish()?
            }
            PageCodec::Zstd => compress_to_vec(content, CompressionLevel::Fastest),
            PageCodec::Lz4Raw => lz4_flex::block::compress(content),
            PageCodec::Lz4Hadoop => {
                let packed = lz4_flex::block::compress(content);
                let mut out = Vec::with_capacity(packed.len() + 8);
                for len in [content.len(), packed.len()] {
                    let len = u32::try_from(len).map_err(io::Error::other)?;
                    out.extend_from_slice(&len.to_be_bytes());
                }
                out.extend_from_slice(&packed);
                out
            }
        })
    }
}

fn read_all(content: impl Read, size: usize) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    content.take(size as u64 + 1).read_to_end(&mut out)?;
    Ok(out)
}

fn inflate_snappy(packed: &[u8], size: usize) -> io::Result<Vec<u8>> {
    if snap::raw::decompress_len(packed).map_err(io::Error::other)? != size {
        return Err(io::Error::other("a page has not the size that it states"));
    }
    let mut decoder = snap::raw::Decoder::new();
    decoder.decompress_vec(packed).map_err(io::Error::other)
}

fn inflate_lz4(packed: &[u8], size: usize) -> io::Result<Vec<u8>> {
    lz4_flex::block::decompress(packed, size).map_err(io::Error::other)
}

/// Inflates blocks of LZ4 that begin with their two sizes.
fn inflate_hadoop(packed: &[u8], size: usize) -> io::Result<Vec<u8>> {
    let cut = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let mut out: Vec<u8> = Vec::new();
    let mut rest = packed;
    while !rest.is_empty() {
        let (sizes, more) = rest.split_at_checked(8).ok_or_else(cut)?;
        let number = |at: usize| {
            let bytes = sizes.get(at..at + 4).and_then(<[u8]>::first_chunk::<4>);
            bytes.map_or(usize::MAX, |bytes| u32::from_be_bytes(*bytes) as usize)
        };
        let (whole, len) = (number(0), number(4));
        let (block, more) = more.split_at_checked(len).ok_or_else(cut)?;
        if whole > size.saturating_sub(out.len()) {
            return Err(cut());
        }
        out.extend(inflate_lz4(block, whole)?);
        rest = more;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [PageCodec; 6] = [
        PageCodec::Plain,
        PageCodec::Snappy,
        PageCodec::Gzip,
        PageCodec::Zstd,
        PageCodec::Lz4Hadoop,
        PageCodec::Lz4Raw,
    ];

    #[test]
    fn a_page_is_inflated_as_it_was_deflated() {
        let content = b"some text, some more text, some text again".repeat(100);
        for codec in ALL {
            for content in [&content[..], b""] {
                let packed = codec.deflate(content).unwrap();
                assert_eq!(
                    codec.inflate(&packed, content.len()).unwrap(),
                    content,
                    "{codec:?}"
                );
                assert!(
                    codec.inflate(&packed, content.len() + 1).is_err(),
                    "{codec:?}"
                );
            }
        }
    }

    #[test]
    fn a_damaged_page_is_an_error_or_another_text_of_its_size() {
        let content = b"some text, some more text, some text again".repeat(10);
        for codec in ALL {
            let packed = codec.deflate(&content).unwrap();
            for at in 0..packed.len() {
                let mut changed = packed.clone();
                changed[at] ^= 0x41;
                if let Ok(other) = codec.inflate(&changed, content.len()) {
                    assert_eq!(other.len(), content.len());
                }
            }
            assert!(
                codec
                    .inflate(&packed[..packed.len() / 2], content.len())
                    .is_err()
            );
            assert!(codec.inflate(&packed, 1 << 40).is_err());
        }
    }
}
