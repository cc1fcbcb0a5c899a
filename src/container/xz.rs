//! Xz and LZMA, with bounded dictionaries.

use std::io::{self, Read};

use lzma_rust2::{LzmaReader, XzReader};

use super::member::ContainerProblem;
use super::window::{WindowedContent, peek_head, peek_xz_window};

/// Memory of the tables of a decoder in KiB.
const TABLES: u32 = 512;

/// Maximum memory of a decoder in KiB: the largest dictionary of the program xz, and its tables.
const MOST_MEMORY: u32 = (64 << 10) + TABLES;

/// Length in bytes of the header of an LZMA file, up to the length of its dictionary.
const LZMA_HEAD: u64 = 5;

/// Maximum length in bytes of a dictionary whose length no decoder checks.
const MOST_DICTIONARY: u32 = 64 << 20;

/// Returns the content of an xz file, of all its parts. None may have a larger dictionary than the first one, but a small
/// one.
///
/// # Errors
/// When reading fails.
pub(super) fn open_xz<'c>(packed: impl Read + 'c) -> io::Result<impl Read + 'c> {
    let (window, packed) = peek_xz_window(packed)?;
    let memory = u32::try_from(window >> 10).unwrap_or(MOST_MEMORY) + TABLES;
    let content = XzReader::new_mem_limit(packed, true, memory.min(MOST_MEMORY));
    Ok(WindowedContent::new(BoundedContent(content), window))
}

/// Returns the content of an LZMA file.
///
/// # Errors
/// Returns an error if its header is damaged or names too large a dictionary.
pub(super) fn open_lzma<'c>(packed: impl Read + 'c) -> Result<impl Read + 'c, ContainerProblem> {
    let (head, packed) = peek_head(packed, LZMA_HEAD)?;
    let dictionary = head.last_chunk().map_or(0, |d| u32::from_le_bytes(*d));
    let content = LzmaReader::new_mem_limit(packed, MOST_MEMORY, None);
    let content = BoundedContent(content.map_err(bounded_error)?);
    Ok(WindowedContent::new(content, dictionary.into()))
}

/// Returns the content of LZMA data behind its properties, of `size` bytes if that is known.
///
/// # Errors
/// Returns an error if the properties are damaged or name too large a dictionary.
pub(super) fn open_raw_lzma<'c>(
    packed: impl Read + 'c,
    properties: [u8; 5],
    size: Option<u64>,
) -> Result<impl Read + 'c, ContainerProblem> {
    let [first, dictionary @ ..] = properties;
    let dictionary = u32::from_le_bytes(dictionary);
    if dictionary > MOST_DICTIONARY {
        return Err(too_large());
    }
    let size = size.unwrap_or(u64::MAX);
    let content = LzmaReader::new_with_props(packed, size, first, dictionary, None);
    let content = content.map_err(bounded_error)?;
    Ok(WindowedContent::new(content, dictionary.into()))
}

/// Content whose decoder refuses what takes too much memory.
struct BoundedContent<R>(R);

impl<R: Read> Read for BoundedContent<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out).map_err(bounded_error)
    }
}

fn bounded_error(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::OutOfMemory => too_large().into(),
        _ => error,
    }
}

fn too_large() -> ContainerProblem {
    ContainerProblem::UnknownMethod("LZMA with a dictionary of more than 64 MiB".to_owned())
}
