//! Paths of reports, and the files that they name below the folder of the reports.

use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, bail};

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
        let context = || format!("cannot read the folder {}", root.display());
        let canonical = root.canonicalize().with_context(context)?;
        if !canonical.is_dir() {
            bail!("--root {}: it is no folder", root.display());
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

    /// Returns the path of a report in one form: below the folder where it can be, without `.` in it.
    pub(super) fn shown_path(&self, path: &Path) -> PathBuf {
        let is_there = |path: &Path| self.prefix.join(path).exists();
        let mut path = path.to_owned();
        // Reports from Windows.
        if let Some(text) = path.to_str()
            && text.contains('\\')
            && !is_there(&path)
        {
            path = PathBuf::from(text.replace('\\', "/"));
        }
        let below = self
            .absolute
            .iter()
            .find_map(|root| path.strip_prefix(root).ok());
        let path = below.unwrap_or(&path);
        let parts = path.components().filter(|part| *part != Component::CurDir);
        self.prefix.join(parts.collect::<PathBuf>())
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
