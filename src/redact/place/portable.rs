//! File access with functions that all systems have: paths, and a rename that replaces.

use std::ffi::OsStr;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::{changed_error, create_first_free, keep_backup, not_a_file_error};
use crate::redact::RedactError;

/// An open file and its metadata at that time.
pub(in crate::redact) struct TargetFile {
    path: PathBuf,
    file: File,
    seen: Metadata,
}

impl TargetFile {
    /// Opens the file at `path` for reading. `write` requests write permission as well.
    pub(in crate::redact) fn open(
        _root: &Path,
        path: &Path,
        write: bool,
    ) -> Result<TargetFile, RedactError> {
        let file = OpenOptions::new()
            .read(true)
            .write(write)
            .open(path)
            .map_err(RedactError::io_error("cannot open it"))?;
        let seen = file
            .metadata()
            .map_err(RedactError::io_error("cannot look at it"))?;
        let is_link = std::fs::symlink_metadata(path).is_ok_and(|m| m.is_symlink());
        if !seen.is_file() || is_link {
            return Err(not_a_file_error());
        }
        Ok(TargetFile {
            path: path.to_owned(),
            file,
            seen,
        })
    }

    /// Returns the file for reading.
    pub(in crate::redact) fn file(&self) -> &File {
        &self.file
    }

    /// Returns the permissions of the file, for a copy.
    pub(in crate::redact) fn permissions(&self) -> std::io::Result<std::fs::Permissions> {
        Ok(self.seen.permissions())
    }

    /// Returns the number of names of the file, as far as the system reports it.
    pub(in crate::redact) fn link_count(&self) -> u64 {
        1
    }

    /// Creates a temporary file in the same folder.
    pub(in crate::redact) fn create_replacement(&self) -> Result<NewFile<'_>, RedactError> {
        let make = |name: &str| {
            let path = self.path.with_file_name(name);
            let mut options = OpenOptions::new();
            options.read(true).write(true).create_new(true).open(&path)
        };
        let (name, file) = create_first_free(make)?;
        Ok(NewFile {
            place: self,
            path: self.path.with_file_name(name),
            file,
            kept: false,
        })
    }
}

/// Temporary file that can replace another. Removed on drop if it is not used.
pub(in crate::redact) struct NewFile<'p> {
    place: &'p TargetFile,
    path: PathBuf,
    file: File,
    kept: bool,
}

impl NewFile<'_> {
    /// Returns the file for writing and reading.
    pub(in crate::redact) fn file(&self) -> &File {
        &self.file
    }

    /// Copies the permissions of the original, and flushes everything to the disk.
    pub(in crate::redact) fn copy_metadata(&self) -> Result<(), RedactError> {
        std::fs::set_permissions(&self.path, self.place.seen.permissions()).map_err(
            RedactError::io_error("cannot set the permissions of the new file"),
        )?;
        self.file.sync_all().map_err(RedactError::io_error(
            "cannot write the new file to the disk",
        ))
    }

    /// Replaces the original, unless that has changed. Keeps it under a longer name if `backup` is given.
    pub(in crate::redact) fn commit(mut self, backup: Option<&OsStr>) -> Result<(), RedactError> {
        let now = std::fs::metadata(&self.place.path);
        let same = now.is_ok_and(|now| {
            now.len() == self.place.seen.len()
                && now.modified().ok() == self.place.seen.modified().ok()
        });
        if !same {
            return Err(changed_error());
        }
        if let Some(suffix) = backup {
            keep_backup(self.place.path.as_os_str(), suffix, |name| self.keep(name))?;
        }
        std::fs::rename(&self.path, &self.place.path).map_err(RedactError::io_error(
            "cannot put the new file in its place",
        ))?;
        self.kept = true;
        Ok(())
    }

    /// Copies the original to this path, which must be free.
    fn keep(&self, path: &OsStr) -> io::Result<()> {
        let mut copy = OpenOptions::new().write(true).create_new(true).open(path)?;
        io::copy(&mut File::open(&self.place.path)?, &mut copy)?;
        copy.sync_all()
    }
}

impl Drop for NewFile<'_> {
    fn drop(&mut self) {
        if !self.kept {
            // The file contains only redacted text, so failing to remove it is not a leak.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
