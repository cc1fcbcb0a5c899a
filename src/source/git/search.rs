//! Finds the repositories below a folder, without opening them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::message::describe_io_error;
use crate::source::git_dirs::git_dirs_at;

/// Repositories below a folder, and the folders that could not be searched.
#[derive(Debug, Default)]
pub(crate) struct RepositorySearch {
    /// Working trees, and git directories without one, in the order of their paths. Some may be damaged.
    pub(crate) found: Vec<PathBuf>,
    /// Folders that could not be read, with the reason.
    pub(crate) unreadable: Vec<(PathBuf, String)>,
}

/// Finds every repository at or below `folder`. Links are not followed. Working trees that share a repository count
/// once, and submodules belong to the repository that keeps them.
///
/// A folder with a `.git` that is damaged is found too: to open it says what is wrong with it.
pub(crate) fn find_repositories(folder: &Path) -> RepositorySearch {
    let mut search = RepositorySearch::default();
    // Of several working trees, the one that contains the repository comes before the linked ones.
    let mut by_directory: BTreeMap<PathBuf, (bool, PathBuf)> = BTreeMap::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(dir) = pending.pop() {
        let is_bare = is_git_directory(&dir);
        if let Some(place) = repository_at(&dir) {
            let is_linked = dir.join(".git").is_file();
            let candidate = (is_linked, dir.clone());
            let known = by_directory
                .entry(place)
                .or_insert_with(|| candidate.clone());
            *known = known.clone().min(candidate);
        }
        if is_bare {
            continue;
        }
        match std::fs::read_dir(&dir) {
            Ok(entries) => pending.extend(
                entries
                    .flatten()
                    .filter(|entry| entry.file_name() != ".git")
                    .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
                    .map(|entry| entry.path()),
            ),
            Err(error) => search.unreadable.push((dir, describe_io_error(&error))),
        }
    }
    search.found = by_directory.into_values().map(|(_, dir)| dir).collect();
    search.found.sort();
    search.unreadable.sort();
    search
}

/// Returns the directory by which the repository at `dir` is known; `None` if there is none, or it is a submodule.
fn repository_at(dir: &Path) -> Option<PathBuf> {
    if !is_repository(dir) {
        return None;
    }
    let Some(dirs) = git_dirs_at(dir) else {
        return Some(dir.to_owned());
    };
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let (git, common) = (real(&dirs.git), real(&dirs.common));
    let mut above = git.ancestors();
    let is_submodule = above.any(|folder| {
        let keeper = folder.parent().filter(|_| folder.ends_with("modules"));
        keeper.is_some_and(is_git_directory)
    });
    (!is_submodule).then_some(common)
}

/// Returns true if `dir` itself is a repository, or looks like one that is damaged.
pub(crate) fn is_repository(dir: &Path) -> bool {
    std::fs::symlink_metadata(dir.join(".git")).is_ok() || is_git_directory(dir)
}

/// Returns true if `dir` itself looks like a git directory.
fn is_git_directory(dir: &Path) -> bool {
    dir.join("objects").is_dir() && (dir.join("HEAD").is_file() || dir.join("refs").is_dir())
}
