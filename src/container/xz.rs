//! Xz and LZMA, with bounded dictionaries.

use std::io::{self, Read};

use lzma_rust2::{LzmaReader, XzReader};

use super::member::ContainerProblem;

/// Maximum memory of a decoder in KiB: the largest dictionary of the program xz, and its tables.
const MOST_MEMORY: u32 = (64 << 10) + 512;

/// Maximum length in bytes of a dictionary whose length no decoder checks.
const MOST_DICTIONARY: u32 = 64 << 20;

/// Returns the content of an xz file, of all its parts.
pub(super) fn open_xz<'c>(packed: impl Read + 'c) -> impl Read + 'c {
    BoundedContent(XzReader::new_mem_limit(packed, true, MOST_MEMORY))
}

/// Returns the content of an LZMA file.
///
/// # Errors
/// Returns an error if its header is damaged or names too large a dictionary.
pub(super) fn open_lzma<'c>(packed: impl Read + 'c) -> Result<impl Read + 'c, ContainerProblem> {
    let content = LzmaReader::new_mem_limit(packed, MOST_MEMORY, None);
    Ok(BoundedContent(content.map_err(bounded_error)?))
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
    Ok(content.map_err(bounded_error)?)
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
