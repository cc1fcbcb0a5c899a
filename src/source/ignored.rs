//! Finds files that a walk leaves out because of an ignore file. The walker does not report them, so the names that it
//! offers of a folder are compared with the names that are there.
//!
//! The walker offers the entries of a folder one after the other, on the thread that has just visited the folder and
//! before it visits anything else. Most folders have as many entries as were offered, and nothing else is done for
//! them. Nothing at all is done for folders that no ignore file applies to. Folders that are left out are listed but not
//! opened.

use std::cell::RefCell;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::finding::{Skip, SkipReason};

/// Detection of the first ignore file of a walk. Until then nothing can be left out.
#[derive(Debug, Default)]
pub(super) struct IgnoreWatch {
    /// Names of the files that are ignore files, or without which none applies.
    marks: &'static [&'static str],
    has_seen_any: AtomicBool,
}

impl IgnoreWatch {
    /// Returns a watch over a walk below these folders, in which ignore files above them apply too.
    pub(super) fn new(roots: &[&PathBuf], marks: &'static [&'static str]) -> Self {
        let is_below_mark = |root: &&PathBuf| match root.canonicalize() {
            Ok(root) => root.ancestors().skip(1).any(|above| has_any(above, marks)),
            Err(_) => true,
        };
        IgnoreWatch {
            marks,
            has_seen_any: AtomicBool::new(roots.iter().any(is_below_mark)),
        }
    }

    /// Returns true if an ignore file may leave out entries of `folder`. The folders above it were passed before.
    pub(super) fn may_leave_out(&self, folder: &Path) -> bool {
        // The walker gives a folder to another thread after this one has passed the folder above it.
        if !self.has_seen_any.load(Ordering::Acquire) {
            if !has_any(folder, self.marks) {
                return false;
            }
            self.has_seen_any.store(true, Ordering::Release);
        }
        true
    }
}

/// Returns true unless it is sure that `folder` has no entry of these names.
fn has_any(folder: &Path, names: &[&str]) -> bool {
    let is_there = |name: &&str| folder.join(name).try_exists().unwrap_or(true);
    names.iter().any(is_there)
}

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

/// Records an entry that the walker offers, if its folder was started.
pub(super) fn note_offered(name: &OsStr) {
    OFFERED.with_borrow_mut(|offered| {
        if offered.folder.is_some() {
            offered.names.extend_from_slice(name.as_encoded_bytes());
            offered.names.push(0);
            offered.count += 1;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_out_before_an_ignore_file_is_passed() {
        const MARKS: &[&str] = &[".mark-of-this-test", ".other-mark"];
        let dir = tempfile::tempdir().unwrap();
        let [plain, marked] = ["plain", "marked"].map(|name| dir.path().join(name));
        for folder in [plain.join("below"), marked.join("below")] {
            std::fs::create_dir_all(folder).unwrap();
        }
        let watch = IgnoreWatch::new(&[&dir.path().to_owned()], MARKS);
        std::fs::File::create(marked.join(".other-mark")).unwrap();
        for folder in [dir.path(), &plain, &plain.join("below")] {
            assert!(!watch.may_leave_out(folder));
        }
        for folder in [&marked, &marked.join("below"), &plain] {
            assert!(watch.may_leave_out(folder));
        }
        for (root, is_below_mark) in [(&marked.join("below"), true), (&plain, false)] {
            let watch = IgnoreWatch::new(&[&plain, root], MARKS);
            assert_eq!(watch.may_leave_out(&plain), is_below_mark);
        }
    }

    #[cfg(target_os = "linux")]
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
