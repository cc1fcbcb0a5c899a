//! Replacement of whole files: no reader gets a part of the new content, and a run that is stopped leaves the old.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Replacement of a file: the content is written to a file beside it, which then gets its name.
pub(crate) struct FileReplacement<'p> {
    pub(crate) path: &'p Path,
    /// Permissions of the new file. Without them it keeps those of the old one.
    pub(crate) permissions: Option<Permissions>,
    /// True if the content is on the disk before the old one goes, so that a loss of power keeps one of the two.
    pub(crate) is_synced: bool,
}

impl<'p> FileReplacement<'p> {
    /// Returns the replacement of the file at `path`, which need not exist.
    pub(crate) fn of(path: &'p Path) -> Self {
        FileReplacement {
            path,
            permissions: None,
            is_synced: true,
        }
    }

    /// Replaces the file by the output of `write`. If that fails, the old file stays.
    ///
    /// # Errors
    /// Fails when `write` fails, or when the new file cannot be written.
    pub(crate) fn write(
        self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let new = name_beside(self.path);
        let written = self.write_to(&new, write);
        if written.is_err() {
            // The failure that is reported is the first one.
            let _ = std::fs::remove_file(&new);
        }
        written
    }

    fn write_to(
        self,
        new: &Path,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut out = BufWriter::new(create_new(new)?);
        write(&mut out)?;
        let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        let old = || std::fs::metadata(self.path).ok();
        let permissions = self.permissions.or_else(|| Some(old()?.permissions()));
        if let Some(permissions) = permissions {
            file.set_permissions(permissions)?;
        }
        if self.is_synced {
            file.sync_all()?;
        }
        drop(file);
        std::fs::rename(new, self.path)
    }
}

/// Returns a name beside a file that no other process uses.
fn name_beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    PathBuf::from(name)
}

/// Creates a file. One that a stopped run with the same process id has left is removed first; a link is not followed.
fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            std::fs::remove_file(path)?;
            options.open(path)
        }
        opened => opened,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let names = std::fs::read_dir(dir).unwrap().flatten();
        names
            .map(|e| e.file_name().to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn a_failure_leaves_the_old_file_and_nothing_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.toml");
        let write = |text: &'static str| {
            FileReplacement::of(&path).write(|out| out.write_all(text.as_bytes()))
        };
        write("one").unwrap();
        // Left by a run that was stopped.
        let mut half = create_new(&name_beside(&path)).unwrap();
        half.write_all(b"half").unwrap();
        write("two").unwrap();
        let failed = FileReplacement::of(&path).write(|out| {
            out.write_all(b"thr")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(names(dir.path()), ["a.toml"]);
    }

    #[cfg(unix)]
    #[test]
    fn the_new_file_has_the_permissions_of_the_old_one_or_those_asked_for() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hook");
        let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        let asked = FileReplacement {
            permissions: Some(Permissions::from_mode(0o750)),
            ..FileReplacement::of(&path)
        };
        asked.write(|out| out.write_all(b"#!/bin/sh\n")).unwrap();
        assert_eq!(mode(), 0o750);
        FileReplacement::of(&path).write(|_| Ok(())).unwrap();
        assert_eq!(mode(), 0o750);
    }
}
