//! Holes in sparse files: zeros that take no room on the disk, and need not be read.

use std::fs::{File, Metadata};

/// Whether a file takes less room than its length, so that it may have holes.
#[cfg(unix)]
pub(super) fn is_sparse(file: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    const BLOCK: u64 = 512;
    file.is_file() && file.blocks().saturating_mul(BLOCK) < file.len()
}

/// Whether a file takes less room than its length, so that it may have holes.
#[cfg(not(unix))]
pub(super) fn is_sparse(_: &Metadata) -> bool {
    false
}

/// Where the hole ends that `offset` lies in: at `offset` itself, if it lies in none or nobody can say. Moves the
/// cursor of the file.
#[cfg(any(target_os = "linux", target_os = "macos"))]
pub(super) fn hole_end(file: &File, offset: u64) -> u64 {
    use rustix::fs::{SeekFrom, seek};
    let end = match seek(file, SeekFrom::Data(offset)) {
        // There is nothing but a hole up to the end of the file.
        Err(rustix::io::Errno::NXIO) => seek(file, SeekFrom::End(0)),
        found => found,
    };
    end.map_or(offset, |end| end.max(offset))
}

/// Where the hole ends that `offset` lies in: nobody can say.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(super) fn hole_end(_: &File, offset: u64) -> u64 {
    offset
}
