//! Paths of reports, and the files that they name below the folder of the reports.

use crate::message::portable_path;
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, bail};

/// Maximum number of paths of a report that are looked for.
const MOST_TRIED: usize = 1000;

/// Folder that the paths of reports are relative to.
pub(super) struct ReportRoot {
    /// Folder as the user names it; empty for the current one.
    prefix: PathBuf,
    /// Absolute forms of the folder.
    absolute: Vec<PathBuf>,
    canonical: PathBuf,
}

impl ReportRoot {
    pub(super) fn new(root: &Path) -> anyhow::Result<ReportRoot> {
        let context = || format!("cannot read the folder {}", portable_path(root));
        let canonical = root.canonicalize().with_context(context)?;
        if !canonical.is_dir() {
            bail!("--root {}: it is no folder", portable_path(root));
        }
        let absolute = std::path::absolute(root).with_context(context)?;
        Ok(ReportRoot {
            prefix: if root == Path::new(".") {
                PathBuf::new()
            } else {
                root.to_owned()
            },
            absolute: vec![absolute, canonical.clone()],
            canonical,
        })
    }

    /// Returns the folder that a report of another machine, such as a CI job, was made in: the one below which most of
    /// these paths name a file that is here. `None` if the paths are not absolute, or no file is here.
    pub(super) fn find_foreign_root<'p>(
        &self,
        paths: impl Iterator<Item = &'p Path>,
    ) -> Option<PathBuf> {
        let is_foreign = |path: &&Path| {
            is_absolute(path) && !self.absolute.iter().any(|root| path.starts_with(root))
        };
        let paths: BTreeSet<&Path> = paths.filter(is_foreign).take(MOST_TRIED).collect();
        let paths: Vec<PathBuf> = paths.iter().map(|path| self.with_slashes(path)).collect();
        let mut counts: HashMap<&Path, usize> = HashMap::new();
        for path in &paths {
            for folder in path.ancestors().skip(1) {
                let below = path.strip_prefix(folder).unwrap_or(path);
                if self.prefix.join(below).is_file() {
                    *counts.entry(folder).or_default() += 1;
                }
            }
        }
        let best = counts
            .into_iter()
            .max_by_key(|(folder, count)| (*count, Reverse(folder.components().count()), *folder));
        best.map(|(folder, _)| folder.to_owned())
    }

    /// Returns the path of a report in one form: below the folder where it can be, without `.` in it. `foreign` is the
    /// folder of another machine that stands for this one.
    pub(super) fn shown_path(&self, path: &Path, foreign: Option<&Path>) -> PathBuf {
        let path = self.with_slashes(path);
        let mut roots = self.absolute.iter().map(PathBuf::as_path).chain(foreign);
        let below = roots.find_map(|root| path.strip_prefix(root).ok());
        let path = below.unwrap_or(&path);
        let path = self.below_own_name(path).unwrap_or(path);
        let parts = path.components().filter(|part| *part != Component::CurDir);
        self.prefix.join(parts.collect::<PathBuf>())
    }

    /// Returns the rest of a path that begins with the name of the folder, as a program writes it that was run beside the
    /// folder. `None` if no such file is here.
    fn below_own_name<'p>(&self, path: &'p Path) -> Option<&'p Path> {
        let rest = path.strip_prefix(self.canonical.file_name()?).ok()?;
        let is_here = |path: &Path| self.prefix.join(path).is_file();
        (!is_here(path) && is_here(rest)).then_some(rest)
    }

    /// Returns a path with `/` between its parts, as reports from Windows do not have it.
    fn with_slashes(&self, path: &Path) -> PathBuf {
        match path.to_str() {
            Some(text) if text.contains('\\') && !self.prefix.join(path).exists() => {
                PathBuf::from(text.replace('\\', "/"))
            }
            _ => path.to_owned(),
        }
    }

    /// Returns the file that a shown path is in, if it is below the folder: for a member of an archive, the archive.
    pub(super) fn file_at(&self, shown: &Path) -> Option<PathBuf> {
        let archive = shown.to_str().and_then(|text| text.split_once('!'));
        let archive = archive.map(|(file, _)| Path::new(file));
        let file = [Some(shown), archive]
            .into_iter()
            .flatten()
            .find(|path| path.is_file())?;
        let is_below = file.canonicalize().ok()?.starts_with(&self.canonical);
        is_below.then(|| file.to_owned())
    }
}

/// Returns true for an absolute path of any system.
fn is_absolute(path: &Path) -> bool {
    let drive = |text: &str| {
        let bytes = text.as_bytes();
        bytes.first().is_some_and(u8::is_ascii_alphabetic) && bytes.get(1) == Some(&b':')
    };
    path.has_root() || path.to_str().is_some_and(drive)
}
