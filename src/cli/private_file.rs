//! Files that contain secrets.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Creates a file that must not exist yet, and that only the user can read.
pub(super) fn create_private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
