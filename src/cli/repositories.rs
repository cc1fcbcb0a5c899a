//! Selection of the repositories whose histories are read.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::finding::{Skip, SkipReason, without_current_folder};
use crate::source::git::{GitError, Repository, find_repositories, is_repository};

/// Repositories that the paths of a command name.
pub(super) enum RepositorySelection {
    /// One repository: a path, or what is around it.
    One(Box<Repository>),
    /// Repositories below a folder, or at several paths.
    Many(RepositoryList),
}

/// Paths of repositories, and the folders that could not be searched for more.
#[derive(Debug, Default)]
pub(super) struct RepositoryList {
    /// Paths, each of a different repository, sorted below each folder.
    pub(super) paths: Vec<PathBuf>,
    /// Folders and paths that could not be read.
    pub(super) unreadable: Vec<Skip>,
    seen: HashSet<PathBuf>,
}

impl RepositoryList {
    /// Adds the repository at `path`, or else those below it. Returns true if there is one.
    pub(super) fn add_below(&mut self, path: &Path) -> bool {
        if is_repository(path) {
            self.add(path);
            return true;
        }
        let search = find_repositories(path);
        for (folder, reason) in search.unreadable {
            let path = without_current_folder(&folder).unwrap_or(&folder);
            self.add_unreadable(path, reason);
        }
        for found in &search.found {
            self.add(found);
        }
        !search.found.is_empty()
    }

    /// Adds a path that cannot be read.
    pub(super) fn add_unreadable(&mut self, path: &Path, reason: String) {
        self.unreadable.push(Skip {
            path: path.to_owned(),
            reason: SkipReason::Unreadable(reason),
        });
    }

    fn add(&mut self, path: &Path) {
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if self.seen.insert(real) {
            let path = without_current_folder(path).unwrap_or(path);
            self.paths.push(path.to_owned());
        }
    }
}

/// Selects the repositories that paths name: each is one itself, a folder with repositories below it, or inside of one.
/// Without a path, that is the repository around the current folder, or those below it.
pub(super) fn select_repositories(paths: &[PathBuf]) -> Result<RepositorySelection, GitError> {
    let mut list = RepositoryList::default();
    match paths {
        [] => match Repository::discover(None) {
            Ok(around) => return Ok(RepositorySelection::One(Box::new(around))),
            Err(error) if !list.add_below(Path::new(".")) => return Err(error),
            Err(_) => {}
        },
        [path] if is_repository(path) || !list.add_below(path) => {
            let around = Repository::discover(Some(path));
            if around.is_ok() || list.unreadable.is_empty() || !path.exists() {
                return Ok(RepositorySelection::One(Box::new(around?)));
            }
        }
        [_] => {}
        paths => {
            for path in paths {
                if !list.add_below(path) {
                    let around = Repository::discover(Some(path))?;
                    list.add(&around.work_dir().unwrap_or_else(|| around.git_dir()));
                }
            }
        }
    }
    Ok(RepositorySelection::Many(list))
}
