//! The same with what every system has: paths, and a rename that replaces.

use std::ffi::OsStr;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::{back_up, first_free, has_changed, is_no_file};
use crate::redact::Refusal;

/// A file and what it was like when it was opened.
pub(in crate::redact) struct Place {
    path: PathBuf,
    file: File,
    seen: Metadata,
}

impl Place {
    /// Opens the file at `path` for reading; `write` asks for leave to write as well.
    pub(in crate::redact) fn open(
        _root: &Path,
        path: &Path,
        write: bool,
    ) -> Result<Place, Refusal> {
        let file = OpenOptions::new()
            .read(true)
            .write(write)
            .open(path)
            .map_err(Refusal::io("cannot open it"))?;
        let seen = file.metadata().map_err(Refusal::io("cannot look at it"))?;
        let is_link = std::fs::symlink_metadata(path).is_ok_and(|m| m.is_symlink());
        if !seen.is_file() || is_link {
            return Err(is_no_file());
        }
        Ok(Place {
            path: path.to_owned(),
            file,
            seen,
        })
    }

    /// The file, to be read.
    pub(in crate::redact) fn file(&self) -> &File {
        &self.file
    }

    /// Its permissions, for a copy.
    pub(in crate::redact) fn permissions(&self) -> std::io::Result<std::fs::Permissions> {
        Ok(self.seen.permissions())
    }

    /// How many names the file has, as far as the system says.
    pub(in crate::redact) fn links(&self) -> u64 {
        1
    }

    /// A new file beside this one, not yet in its place.
    pub(in crate::redact) fn replacement(&self) -> Result<Replacement<'_>, Refusal> {
        let make = |name: &str| {
            let path = self.path.with_file_name(name);
            let mut options = OpenOptions::new();
            options.read(true).write(true).create_new(true).open(&path)
        };
        let (name, file) = first_free(make)?;
        Ok(Replacement {
            place: self,
            path: self.path.with_file_name(name),
            file,
            kept: false,
        })
    }
}

/// A file that will take the place of another; removed again if it does not come to that.
pub(in crate::redact) struct Replacement<'p> {
    place: &'p Place,
    path: PathBuf,
    file: File,
    kept: bool,
}

impl Replacement<'_> {
    /// The file, to be written and read again.
    pub(in crate::redact) fn file(&self) -> &File {
        &self.file
    }

    /// Gives it the permissions of the original, and everything to the disk.
    pub(in crate::redact) fn dress(&self) -> Result<(), Refusal> {
        std::fs::set_permissions(&self.path, self.place.seen.permissions())
            .map_err(Refusal::io("cannot set the permissions of the new file"))?;
        self.file
            .sync_all()
            .map_err(Refusal::io("cannot write the new file to the disk"))
    }

    /// Takes the place of the original, unless that has changed; keeps it under a longer name if asked to.
    pub(in crate::redact) fn commit(mut self, backup: Option<&OsStr>) -> Result<(), Refusal> {
        let now = std::fs::metadata(&self.place.path);
        let same = now.is_ok_and(|now| {
            now.len() == self.place.seen.len()
                && now.modified().ok() == self.place.seen.modified().ok()
        });
        if !same {
            return Err(has_changed());
        }
        if let Some(suffix) = backup {
            back_up(self.place.path.as_os_str(), suffix, |name| self.keep(name))?;
        }
        std::fs::rename(&self.path, &self.place.path)
            .map_err(Refusal::io("cannot put the new file in its place"))?;
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

impl Drop for Replacement<'_> {
    fn drop(&mut self) {
        if !self.kept {
            // It holds redacted text only, so one that cannot be removed is no leak.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
