//! Finds the directories of a repository by path, without opening it.

use std::path::{Path, PathBuf};

/// Directories of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GitDirs {
    /// Git directory of this working tree.
    pub(super) git: PathBuf,
    /// Git directory that all working trees share: objects, refs, configuration.
    pub(super) common: PathBuf,
}

/// Returns the directories of the repository whose working tree, or git directory, is `dir` itself.
pub(super) fn git_dirs_at(dir: &Path) -> Option<GitDirs> {
    let dot_git = dir.join(".git");
    let git = match std::fs::symlink_metadata(&dot_git) {
        Ok(meta) if meta.is_file() => {
            let text = std::fs::read_to_string(&dot_git).ok()?;
            dir.join(text.strip_prefix("gitdir:")?.trim())
        }
        Ok(_) => dot_git,
        Err(_) => dir.to_owned(),
    };
    if !git.join("HEAD").exists() {
        return None;
    }
    let common = match std::fs::read_to_string(git.join("commondir")) {
        Ok(text) => git.join(text.trim()),
        Err(_) => git.clone(),
    };
    common
        .join("objects")
        .is_dir()
        .then_some(GitDirs { git, common })
}

/// Returns the entry that makes `dir`, or a folder above it, a repository: `.git`, or the folder itself.
pub(super) fn git_dir_around(dir: &Path) -> Option<PathBuf> {
    if dir.join(".git").exists() {
        return Some(dir.join(".git"));
    }
    let real = dir.canonicalize().ok()?;
    let mut folders = real.ancestors();
    folders.find_map(|folder| {
        let dot_git = folder.join(".git");
        if dot_git.exists() {
            return Some(dot_git);
        }
        git_dirs_at(folder).map(|dirs| dirs.git)
    })
}

/// Returns true if the repository of this `.git` has commits: its `HEAD` or any ref names one.
pub(super) fn has_history(dot_git: &Path) -> bool {
    let at = match dot_git.file_name() {
        Some(name) if name == ".git" => dot_git.parent().unwrap_or(dot_git),
        _ => dot_git,
    };
    let Some(dirs) = git_dirs_at(at) else {
        return false;
    };
    let is_id = |text: &[u8]| text.first().is_some_and(u8::is_ascii_hexdigit);
    let packed = std::fs::read(dirs.common.join("packed-refs")).unwrap_or_default();
    std::fs::read(dirs.git.join("HEAD")).is_ok_and(|head| is_id(&head))
        || packed.split(|b| *b == b'\n').any(is_id)
        || dirs.common.join("reftable").is_dir()
        || has_files(&dirs.common.join("refs"))
}

/// Returns true if a folder contains a file at any depth.
fn has_files(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut entries = entries.map(|entry| entry.path());
    entries.any(|path| path.is_file() || has_files(&path))
}
