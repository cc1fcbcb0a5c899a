//! The same with what every system has: paths, and a rename that replaces.

use std::ffi::OsStr;
use std::fs::{File, Metadata, OpenOptions};
use std::path::{Path, PathBuf};

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
            return Err(Refusal::Unsafe("it is no regular file".to_owned()));
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
        let mut count = 0u32;
        loop {
            let name = format!(".tokensweep-{}-{count}.tmp", std::process::id());
            let path = self.path.with_file_name(name);
            match OpenOptions::new()
                .read(true)
                .write(true)
                .create_new(true)
                .open(&path)
            {
                Ok(file) => {
                    return Ok(Replacement {
                        place: self,
                        path,
                        file,
                        kept: false,
                    });
                }
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => count += 1,
                Err(e) => return Err(Refusal::Io("cannot write into its folder", e)),
            }
        }
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
            return Err(Refusal::Unsafe(
                "it has changed since it was read".to_owned(),
            ));
        }
        if let Some(suffix) = backup {
            self.back_up(suffix)?;
        }
        std::fs::rename(&self.path, &self.place.path)
            .map_err(Refusal::io("cannot put the new file in its place"))?;
        self.kept = true;
        Ok(())
    }

    /// Keeps a copy of the original under another name, which must be free.
    fn back_up(&self, suffix: &OsStr) -> Result<(), Refusal> {
        let mut name = self.place.path.clone().into_os_string();
        name.push(suffix);
        let mut copy = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&name)
            .map_err(Refusal::io("cannot make its backup"))?;
        let mut original =
            File::open(&self.place.path).map_err(Refusal::io("cannot make its backup"))?;
        std::io::copy(&mut original, &mut copy)
            .and_then(|_| copy.sync_all())
            .map_err(Refusal::io("cannot make its backup"))
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
