//! Names for what a repository holds, by which an earlier scan of it is known to be still true.

use std::collections::BTreeSet;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{GitError, Repository};
use crate::source::git_dirs::git_dirs_at;

/// Size that a repository of any size counts for, in bytes, and a loose object.
const LEAST: u64 = 4096;

/// Names for what a repository holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RepositoryState {
    /// Name of the refs with their targets, and of the commits at which a shallow clone ends.
    pub(crate) refs: String,
    /// Name of the files that hold objects.
    pub(crate) objects: String,
}

impl Repository {
    /// Returns names for what this repository holds now.
    ///
    /// # Errors
    /// When the refs cannot be read at all.
    pub(crate) fn state(&self) -> Result<RepositoryState, GitError> {
        let found = self.read_tips(None)?;
        let mut refs: BTreeSet<String> = found
            .tips
            .iter()
            .map(|tip| format!("{} {}", tip.name, tip.id))
            .collect();
        refs.extend(self.shallow().iter().map(|id| format!("shallow {id}")));
        refs.extend(found.unreadable);
        let common = self.git_dirs().common;
        let mut objects = BTreeSet::new();
        collect_names(&common.join("objects"), &mut objects);
        for pack in &self.objects.packs {
            add_file(&pack.path, &mut objects);
        }
        Ok(RepositoryState {
            refs: digest(&refs),
            objects: digest(&objects),
        })
    }
}

/// Returns the approximate size of the objects of the repository at `dir`, in bytes, without opening it.
pub(crate) fn estimate_size(dir: &Path) -> u64 {
    let Some(dirs) = git_dirs_at(dir) else {
        return LEAST;
    };
    let packs = std::fs::read_dir(dirs.common.join("objects/pack"));
    let sizes = packs.into_iter().flatten().flatten();
    let sizes = sizes.filter_map(|entry| Some(entry.metadata().ok()?.len()));
    let loose = std::fs::read_dir(dirs.common.join("objects"));
    sizes.sum::<u64>() + LEAST * (1 + loose.into_iter().flatten().count() as u64)
}

/// Adds the names and sizes of all files below a folder.
fn collect_names(folder: &Path, out: &mut BTreeSet<String>) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect_names(&entry.path(), out);
        } else {
            add_file(&entry.path(), out);
        }
    }
}

fn add_file(path: &Path, out: &mut BTreeSet<String>) {
    let size = std::fs::metadata(path).map_or(0, |meta| meta.len());
    out.insert(format!("{} {size}", path.display()));
}

fn digest(names: &BTreeSet<String>) -> String {
    let mut hash = Sha256::new();
    for name in names {
        hash.update(name);
        hash.update(b"\n");
    }
    data_encoding::HEXLOWER.encode(&hash.finalize()[..16])
}
