//! Finds holes in sparse files: zeros that take no space on the disk, and need not be read.

use std::fs::{File, Metadata};

/// Returns true if a file takes less space than its length, so that it may have holes.
#[cfg(unix)]
pub(super) fn is_sparse(file: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    const BLOCK: u64 = 512;
    file.is_file() && file.blocks().saturating_mul(BLOCK) < file.len()
}

/// Returns false: holes are not detected on this system.
#[cfg(not(unix))]
pub(super) fn is_sparse(_: &Metadata) -> bool {
    false
}

/// Returns the end of the hole at `offset`; `offset` itself, if there is none or it cannot be found. Moves the cursor
/// of the file.
#[cfg(any(target_os = "linux", target_os = "macos"))]
pub(super) fn hole_end(file: &File, offset: u64) -> u64 {
    use rustix::fs::{SeekFrom, seek};
    let end = match seek(file, SeekFrom::Data(offset)) {
        // The rest of the file is a hole.
        Err(rustix::io::Errno::NXIO) => seek(file, SeekFrom::End(0)),
        found => found,
    };
    end.map_or(offset, |end| end.max(offset))
}

/// Returns `offset`: holes are not detected on this system.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(super) fn hole_end(_: &File, offset: u64) -> u64 {
    offset
}
