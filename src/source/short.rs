//! Detection of the end of a file by a read that returned less than was requested. Another read costs a good part of
//! the first one, and most files are small.

use std::fs::File;
use std::path::Path;

/// Page size in bytes. A read error inside a file stops a read between two pages; the end of a file can be anywhere.
const PAGE: usize = 4096;

/// Cache of the last folder and of the property of its file system to return files whole.
#[derive(Debug, Default)]
pub(super) struct ShortReads {
    /// The path of the folder, as written before the last slash.
    folder: Vec<u8>,
    is_plain: bool,
}

impl ShortReads {
    /// Returns true if the `filled` bytes that the first read of `file` returned are all of it. `path` is its path.
    pub(super) fn is_end(&mut self, file: &File, path: &Path, filled: usize) -> bool {
        if filled.is_multiple_of(PAGE) {
            return false;
        }
        let path = path.as_os_str().as_encoded_bytes();
        let folder = &path[..memchr::memrchr(b'/', path).unwrap_or(0)];
        if folder != self.folder || folder.is_empty() {
            self.folder.clear();
            self.folder.extend_from_slice(folder);
            self.is_plain = is_plain(file);
        }
        self.is_plain
    }
}

/// Returns true if the file system of a file returns all bytes that are requested and present. File systems that
/// generate or download their files as they are read may return less.
#[cfg(target_os = "linux")]
fn is_plain(file: &File) -> bool {
    const EXT: i64 = 0xef53;
    const XFS: i64 = 0x5846_5342;
    const BTRFS: i64 = 0x9123_683e;
    const TMPFS: i64 = 0x0102_1994;
    const OVERLAY: i64 = 0x794c_7630;
    const F2FS: i64 = 0xf2f5_2010;
    rustix::fs::fstatfs(file).is_ok_and(|found| {
        #[allow(
            clippy::unnecessary_cast,
            clippy::cast_lossless,
            reason = "its type depends on the machine"
        )]
        let kind = found.f_type as i64;
        [EXT, XFS, BTRFS, TMPFS, OVERLAY, F2FS].contains(&kind)
    })
}

/// Returns false: file systems are only checked on Linux.
#[cfg(not(target_os = "linux"))]
fn is_plain(_: &File) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_that_ends_with_a_page_is_never_taken_for_the_end() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut short = ShortReads::default();
        for filled in [0, PAGE, 3 * PAGE] {
            assert!(!short.is_end(file.as_file(), file.path(), filled));
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn files_that_are_made_up_are_asked_again_whatever_was_read_before() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let made_up = Path::new("/proc/self/status");
        let status = File::open(made_up).unwrap();
        let mut short = ShortReads::default();
        let own = short.is_end(file.as_file(), file.path(), 10);
        assert!(!short.is_end(&status, made_up, 10));
        assert_eq!(short.is_end(file.as_file(), file.path(), 11), own);
    }
}
