//! Finds files that a walk leaves out because of an ignore file. The walker does not report them, so the names that it
//! offers of a folder are compared with the names that are there.
//!
//! The walker offers the entries of a folder one after the other, on the thread that has just visited the folder and
//! before it visits anything else. Most folders have as many entries as were offered, and nothing else is done for
//! them. Folders that are left out are listed but not opened.

use std::cell::RefCell;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::finding::{Skip, SkipReason};

/// Names that the walker has offered of one folder.
#[derive(Default)]
struct Offered {
    folder: Option<PathBuf>,
    /// The names, each followed by a NUL.
    names: Vec<u8>,
    count: usize,
}

thread_local! {
    static OFFERED: RefCell<Offered> = RefCell::default();
}

/// Starts a folder; its entries are offered next on this thread.
pub(super) fn begin_folder(folder: &Path) {
    OFFERED.with_borrow_mut(|offered| {
        offered.folder = Some(folder.to_owned());
        offered.names.clear();
        offered.count = 0;
    });
}

/// Records an entry that the walker offers.
pub(super) fn note_offered(name: &OsStr) {
    OFFERED.with_borrow_mut(|offered| {
        offered.names.extend_from_slice(name.as_encoded_bytes());
        offered.names.push(0);
        offered.count += 1;
    });
}

/// Ends the folder that was started on this thread, if any, and gives the entries that were left out of it to `skip`.
pub(super) fn end_folder(mut skip: impl FnMut(Skip)) {
    OFFERED.with_borrow_mut(|offered| {
        let Some(folder) = offered.folder.take() else {
            return;
        };
        if count_entries(&folder) == Some(offered.count) {
            return;
        }
        // A folder that cannot be read has been reported by the walker.
        let Ok(entries) = std::fs::read_dir(&folder) else {
            return;
        };
        let names: HashSet<&[u8]> = offered.names.split(|b| *b == 0).collect();
        for entry in entries.flatten() {
            let name = entry.file_name();
            // The parts of `.git` that are read do not depend on ignore files.
            if name == ".git" || names.contains(name.as_encoded_bytes()) {
                continue;
            }
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            skip(Skip {
                path: entry.path(),
                reason: SkipReason::Ignored { is_folder },
            });
        }
    });
}

/// Size in bytes of the buffer for the entries of a folder.
#[cfg(target_os = "linux")]
const ENTRIES: usize = 16 * 1024;

/// Returns the number of entries of a folder, or `None` if it cannot be read. This is done for every folder, so it
/// makes no list of them.
#[cfg(target_os = "linux")]
fn count_entries(folder: &Path) -> Option<usize> {
    use rustix::fs::{Mode, OFlags, RawDir};
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = rustix::fs::open(folder, flags, Mode::empty()).ok()?;
    let mut buffer = [std::mem::MaybeUninit::uninit(); ENTRIES];
    let mut entries = RawDir::new(opened, &mut buffer);
    let mut count = 0;
    while let Some(entry) = entries.next() {
        let entry = entry.ok()?;
        count += usize::from(!matches!(entry.file_name().to_bytes(), b"." | b".."));
    }
    Some(count)
}

/// Returns `None`: entries cannot be counted without a list of them on this system.
#[cfg(not(target_os = "linux"))]
fn count_entries(_: &Path) -> Option<usize> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_entries_of_a_folder_are_counted_as_they_are_listed() {
        let dir = tempfile::tempdir().unwrap();
        let mut made = 0;
        for count in [0, 1, 2, 500, 2000] {
            for n in made..count {
                let name = format!("{n}-{}", "x".repeat(n % 200));
                std::fs::File::create(dir.path().join(name)).unwrap();
            }
            made = count;
            let listed = std::fs::read_dir(dir.path()).unwrap().count();
            assert_eq!(listed, count);
            assert_eq!(count_entries(dir.path()), Some(count));
        }
        std::fs::create_dir(dir.path().join("folder")).unwrap();
        assert_eq!(count_entries(dir.path()), Some(made + 1));
        assert_eq!(count_entries(&dir.path().join("missing")), None);
        assert_eq!(count_entries(&dir.path().join("0-")), None);
    }
}
