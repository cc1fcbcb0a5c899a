//! Finds files that a walk leaves out because of an ignore file. The walker does not report them, so the names that it
//! offers of a folder are compared with the names that are there.
//!
//! The walker offers the entries of a folder one after the other, on the thread that has just visited the folder and
//! before it visits anything else. Folders that are left out are listed but not opened.

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
        // A folder that cannot be read has been reported by the walker.
        let Ok(entries) = std::fs::read_dir(&folder) else {
            return;
        };
        let entries: Vec<_> = entries.flatten().collect();
        if entries.len() == offered.count {
            return;
        }
        let names: HashSet<&[u8]> = offered.names.split(|b| *b == 0).collect();
        for entry in entries {
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
