//! Finds the repositories of submodules. A gitlink is a pointer to a commit in a repository of its own.

use std::path::{Path, PathBuf};

use gix::index::entry::Mode;

use super::{GitError, Repository, path_from_git};
use crate::source::git_dirs::git_dirs_at;

/// Submodules of a repository, one level deep.
#[derive(Debug, Default)]
pub struct Submodules {
    /// Repositories with their paths from the root of the working tree, or below `modules` if they have none any more.
    pub here: Vec<(PathBuf, Repository)>,
    /// Paths of the submodules that were never fetched.
    pub absent: Vec<PathBuf>,
}

impl Repository {
    /// Finds the repositories of submodules: those kept in the git directory of this repository, with those of past
    /// commits, and those that are complete in the working tree.
    ///
    /// # Errors
    /// When the index cannot be read, or a submodule's repository cannot be opened.
    pub fn find_submodules(&self) -> Result<Submodules, GitError> {
        let mut found = Submodules::default();
        let root = self.work_dir();
        let modules = self.git_dirs().common.join("modules");
        let mut kept = Vec::new();
        collect_git_dirs(&modules, &mut kept);
        for dir in kept {
            let repository = Repository::discover(Some(&dir))?;
            let tree = repository.work_dir().map(|tree| canonical_path(&tree));
            let place = tree.zip(root.as_deref().map(canonical_path));
            let path = match place.as_ref().map(|(tree, root)| tree.strip_prefix(root)) {
                Some(Ok(path)) => path.to_owned(),
                _ => Path::new("modules").join(dir.strip_prefix(&modules).unwrap_or(&dir)),
            };
            found.here.push((path, repository));
        }
        for path in self.links()? {
            if found.here.iter().any(|(known, _)| *known == path) {
                continue;
            }
            let place = root.as_ref().map(|root| root.join(&path));
            match place.filter(|place| git_dirs_at(place).is_some()) {
                Some(place) => found.here.push((path, Repository::discover(Some(&place))?)),
                None => found.absent.push(path),
            }
        }
        Ok(found)
    }

    /// Returns the paths of the gitlinks in the index.
    fn links(&self) -> Result<Vec<PathBuf>, GitError> {
        let Some(index) = self.index()? else {
            return Ok(Vec::new());
        };
        let links = index.entries().iter().filter(|e| e.mode == Mode::COMMIT);
        Ok(links
            .map(|entry| path_from_git(entry.path(&index)))
            .collect())
    }
}

/// Finds the git directories below `dir`. A submodule's name may contain slashes; nested submodules are left out.
fn collect_git_dirs(dir: &Path, out: &mut Vec<PathBuf>) {
    let mut below: Vec<PathBuf> = std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir() && !path.is_symlink())
        .collect();
    below.sort();
    for path in below {
        if git_dirs_at(&path).is_some() {
            out.push(path);
        } else {
            collect_git_dirs(&path, out);
        }
    }
}

/// Returns the path without links, as far as it exists.
fn canonical_path(path: &Path) -> PathBuf {
    match (path.canonicalize(), path.parent(), path.file_name()) {
        (Ok(real), ..) => real,
        (Err(_), Some(parent), Some(name)) if !parent.as_os_str().is_empty() => {
            canonical_path(parent).join(name)
        }
        _ => path.to_owned(),
    }
}
