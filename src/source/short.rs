//! Whether a read that gave less than was asked for has met the end of the file. To ask again costs as much as a
//! good part of the first read, and most files are small.

use std::fs::File;
use std::path::Path;

/// An error in the middle of a file ends a read between two pages; within one only the end of the file does.
const PAGE: usize = 4096;

/// Knows of the last folder whether the file system below it reads files whole.
#[derive(Debug, Default)]
pub(super) struct ShortReads {
    /// As it is written before the last slash of a path.
    folder: Vec<u8>,
    is_plain: bool,
}

impl ShortReads {
    /// Whether the `filled` bytes that the first read of `file` gave are all there are. `path` is that of the file.
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

/// Whether a file lies in a file system that gives as much of a file as is asked for and there is. Those that
/// make up their files as they are read, or fetch them from elsewhere, may give less.
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

/// Elsewhere nobody has looked which do.
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
