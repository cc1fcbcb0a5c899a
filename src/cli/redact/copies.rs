//! Paths of the copies that `--output-dir` makes.

use crate::message::portable_path;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::bail;

/// Returns an error if the folder for the copies is not empty, or if its path is taken by something else.
pub(super) fn refuse_taken(dir: &Path) -> anyhow::Result<()> {
    let taken = std::fs::read_dir(dir).is_ok_and(|mut d| d.next().is_some());
    let is_other = !dir.is_dir() && dir.symlink_metadata().is_ok();
    if taken || is_other {
        bail!(
            "{} is there already; name a new folder for the copy",
            portable_path(dir)
        );
    }
    Ok(())
}

/// Returns the path of each file's copy in `dir`. A single folder is copied as `dir`; a file, or a path that is named
/// beside others, is copied under its own name.
pub(super) fn plan_copies(
    paths: BTreeSet<PathBuf>,
    roots: &[PathBuf],
    dir: &Path,
) -> anyhow::Result<Vec<(PathBuf, PathBuf)>> {
    let mut taken: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    let mut out = Vec::new();
    for path in paths {
        let copy = copy_of(&path, roots, dir);
        if let Some(other) = taken.insert(copy.clone(), path.clone()) {
            bail!(
                "{} and {} would both be copied to {}; copy them in two runs",
                portable_path(&other),
                portable_path(&path),
                portable_path(&copy)
            );
        }
        out.push((path, copy));
    }
    Ok(out)
}

fn copy_of(path: &Path, roots: &[PathBuf], dir: &Path) -> PathBuf {
    // A file that is named beside its own folder is copied with the folder.
    let root = roots
        .iter()
        .filter(|r| holds(r, path))
        .min_by_key(|r| r.components().count())
        .map_or(path, PathBuf::as_path);
    let below = path.strip_prefix(root).unwrap_or(path);
    if below.as_os_str().is_empty() {
        return dir.join(path.file_name().unwrap_or_default());
    }
    match own_name(root) {
        Some(name) if roots.len() > 1 => dir.join(name).join(below),
        _ => dir.join(below),
    }
}

/// Returns true if a root is the file, or a folder that contains it.
pub(super) fn holds(root: &Path, path: &Path) -> bool {
    path.starts_with(root) || root == Path::new(".") && path.is_relative()
}

/// Returns the name of a root, also if its path ends in dots.
fn own_name(root: &Path) -> Option<std::ffi::OsString> {
    match root.file_name() {
        Some(name) => Some(name.to_owned()),
        None => root.canonicalize().ok()?.file_name().map(OsStr::to_owned),
    }
}

/// Returns true if a file is in a git directory below its root. The repository itself is not copied.
pub(super) fn is_of_git(path: &Path, roots: &[PathBuf]) -> bool {
    let root = roots
        .iter()
        .filter(|r| holds(r, path))
        .max_by_key(|r| r.components().count());
    let below = root.and_then(|r| path.strip_prefix(r).ok()).unwrap_or(path);
    below.components().any(|c| c.as_os_str() == ".git")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copies(paths: &[&str], roots: &[&str]) -> Result<Vec<String>, String> {
        let paths = paths.iter().map(PathBuf::from).collect();
        let roots: Vec<_> = roots.iter().map(PathBuf::from).collect();
        let planned = plan_copies(paths, &roots, Path::new("out")).map_err(|e| e.to_string())?;
        let name = |(_, copy): (PathBuf, PathBuf)| copy.to_string_lossy().into_owned();
        Ok(planned.into_iter().map(name).collect())
    }

    #[test]
    fn a_folder_is_copied_as_the_new_one_and_files_into_it() {
        assert_eq!(
            copies(&["in/a", "in/b/c"], &["in"]).unwrap(),
            ["out/a", "out/b/c"]
        );
        assert_eq!(copies(&["in/a"], &["in/a"]).unwrap(), ["out/a"]);
        assert_eq!(
            copies(&["./a", "./b/c"], &["."]).unwrap(),
            ["out/a", "out/b/c"]
        );
        let two = copies(&["in/a", "x", "y/z"], &["in", "x", "y"]).unwrap();
        assert_eq!(two, ["out/in/a", "out/x", "out/y/z"]);
        assert_eq!(
            copies(&["in/a", "in/b"], &["in", "in/a"]).unwrap(),
            ["out/in/a", "out/in/b"]
        );
    }

    #[test]
    fn two_files_of_one_name_are_refused_before_anything_is_written() {
        let refused = copies(&["a/x", "b/x"], &["a/x", "b/x"]).unwrap_err();
        assert!(
            refused.starts_with("a/x and b/x would both be copied to out/x"),
            "{refused}"
        );
        assert!(copies(&["a/x/f", "b/x/f"], &["a/x", "b/x"]).is_err());
    }

    #[test]
    fn a_git_directory_counts_below_the_root_only() {
        let of_git = |path: &str, root: &str| is_of_git(Path::new(path), &[PathBuf::from(root)]);
        assert!(of_git("./.git/config", "."));
        assert!(of_git("in/sub/.git/hooks/x", "in"));
        assert!(!of_git(".git/config", ".git/config"));
        assert!(!of_git("in/.github/x", "in"));
    }
}
