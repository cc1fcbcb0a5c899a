//! File access by descriptor: a path is resolved once, and no link on the way is followed.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Component, Path};

use rustix::fs::{self, AtFlags, Gid, Mode, OFlags, Stat, Uid};
use rustix::io::Errno;

use super::{changed_error, create_first_free, keep_backup, not_a_file_error};
use crate::redact::RedactError;

/// A file, its folder, and its metadata when it was opened.
pub(in crate::redact) struct TargetFile {
    folder: OwnedFd,
    name: OsString,
    file: File,
    seen: Stat,
}

fn os_error(doing: &'static str) -> impl Fn(Errno) -> RedactError {
    move |errno| RedactError::of_io(doing, errno.into())
}

impl TargetFile {
    /// Opens the file at `path` for reading. `write` requests write permission as well. Links are followed up
    /// to the folder `root`, not below it.
    pub(in crate::redact) fn open(
        root: &Path,
        path: &Path,
        write: bool,
    ) -> Result<TargetFile, RedactError> {
        let below = path.strip_prefix(root).unwrap_or(path);
        let (start, below) = match below.file_name() {
            Some(_) if below != path || root == Path::new(".") => (root, below),
            // The root is the file itself.
            _ => (
                path.parent()
                    .filter(|p| !p.as_os_str().is_empty())
                    .unwrap_or(Path::new(".")),
                Path::new(path.file_name().unwrap_or_default()),
            ),
        };
        let directory = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let mut folder = fs::open(start, directory, Mode::empty())
            .map_err(os_error("cannot open its folder"))?;
        let mut parts = below.components().peekable();
        while let Some(part) = parts.next() {
            let name = match part {
                Component::Normal(name) => name,
                Component::CurDir => continue,
                _ => {
                    return Err(RedactError::refusal("its path leads out of its folder"));
                }
            };
            if parts.peek().is_none() {
                return TargetFile::open_in(folder, name, write);
            }
            folder = fs::openat(&folder, name, directory | OFlags::NOFOLLOW, Mode::empty())
                .map_err(|e| match e {
                    Errno::LOOP | Errno::NOTDIR => {
                        RedactError::refusal("a folder on the way to it has become a symbolic link")
                    }
                    e => RedactError::of_io("cannot open its folder", e.into()),
                })?;
        }
        Err(RedactError::refusal("it has no file name"))
    }

    fn open_in(folder: OwnedFd, name: &OsStr, write: bool) -> Result<TargetFile, RedactError> {
        let flags = OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        // Opening for writing is how the permissions of the file itself are respected.
        let (access, doing) = if write {
            (OFlags::RDWR, "cannot open it for writing")
        } else {
            (OFlags::RDONLY, "cannot open it")
        };
        let file =
            fs::openat(&folder, name, flags | access, Mode::empty()).map_err(|e| match e {
                Errno::LOOP => RedactError::refusal("it has become a symbolic link"),
                e => RedactError::of_io(doing, e.into()),
            })?;
        let seen = fs::fstat(&file).map_err(os_error("cannot look at it"))?;
        if !fs::FileType::from_raw_mode(seen.st_mode).is_file() {
            return Err(not_a_file_error());
        }
        Ok(TargetFile {
            folder,
            name: name.to_owned(),
            file: file.into(),
            seen,
        })
    }

    /// Returns the file for reading.
    pub(in crate::redact) fn file(&self) -> &File {
        &self.file
    }

    /// Returns the number of names of the file.
    pub(in crate::redact) fn link_count(&self) -> u64 {
        #[allow(
            clippy::useless_conversion,
            reason = "the width of the field differs between systems"
        )]
        self.seen.st_nlink.into()
    }

    /// Returns the mode bits of the file, for a copy.
    pub(in crate::redact) fn permissions(&self) -> std::io::Result<std::fs::Permissions> {
        self.file.metadata().map(|m| m.permissions())
    }

    /// Returns true if the name still refers to the file that was opened, and its metadata is the same.
    fn is_unchanged(&self) -> Result<bool, RedactError> {
        let doing = "cannot look at it again";
        let file = fs::fstat(&self.file).map_err(os_error(doing))?;
        let named = match fs::statat(&self.folder, &self.name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(named) => named,
            Err(Errno::NOENT) => return Ok(false),
            Err(e) => return Err(RedactError::of_io(doing, e.into())),
        };
        Ok(identity_stamp(&file) == identity_stamp(&self.seen)
            && identity_stamp(&named) == identity_stamp(&self.seen))
    }

    /// Creates a temporary file in the same folder.
    pub(in crate::redact) fn create_replacement(&self) -> Result<NewFile<'_>, RedactError> {
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let make = |name: &str| {
            fs::openat(&self.folder, name, flags, Mode::RUSR | Mode::WUSR).map_err(Into::into)
        };
        let (name, file) = create_first_free(make)?;
        Ok(NewFile {
            place: self,
            name: name.into(),
            file: file.into(),
            kept: false,
        })
    }
}

/// Returns the metadata that changes when a file is written to.
fn write_stamp(stat: &Stat) -> impl PartialEq + use<> {
    (stat.st_size, stat.st_mtime, stat.st_mtime_nsec)
}

/// Returns the metadata that changes when a file is written to or replaced.
fn identity_stamp(stat: &Stat) -> impl PartialEq + use<> {
    (
        (stat.st_dev, stat.st_ino, stat.st_size, stat.st_nlink),
        (stat.st_mtime, stat.st_mtime_nsec),
        (stat.st_ctime, stat.st_ctime_nsec),
    )
}

/// Temporary file that can replace another. Removed on drop if it is not used.
pub(in crate::redact) struct NewFile<'p> {
    place: &'p TargetFile,
    name: OsString,
    file: File,
    kept: bool,
}

impl NewFile<'_> {
    /// Returns the file for writing and reading.
    pub(in crate::redact) fn file(&self) -> &File {
        &self.file
    }

    /// Copies owner, mode and extended attributes of the original, and flushes everything to the disk.
    pub(in crate::redact) fn copy_metadata(&self) -> Result<(), RedactError> {
        let seen = &self.place.seen;
        let mine = fs::fstat(&self.file).map_err(os_error("cannot look at the new file"))?;
        let mut mode = Mode::from_raw_mode(seen.st_mode);
        if (mine.st_uid, mine.st_gid) != (seen.st_uid, seen.st_gid) {
            let owner = Some(Uid::from_raw(seen.st_uid));
            let group = Some(Gid::from_raw(seen.st_gid));
            // Only root may change the owner. A user may still keep a group of their own.
            if fs::fchown(&self.file, owner, group).is_err() {
                let _ = fs::fchown(&self.file, None, group);
                mode.remove(Mode::SUID | Mode::SGID);
            }
        }
        self.copy_attributes()?;
        fs::fchmod(&self.file, mode).map_err(os_error("cannot set the mode of the new file"))?;
        self.file.sync_all().map_err(RedactError::io_error(
            "cannot write the new file to the disk",
        ))
    }

    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    fn copy_attributes(&self) -> Result<(), RedactError> {
        let doing = "cannot copy its extended attributes";
        let mut names = vec![0; 64 * 1024];
        let len = match fs::flistxattr(&self.place.file, &mut names[..]) {
            Ok(len) => len,
            Err(Errno::NOTSUP) => return Ok(()),
            Err(e) => return Err(RedactError::of_io(doing, e.into())),
        };
        let mut value = vec![0; 64 * 1024];
        for name in names[..len].split(|b| *b == 0).filter(|n| !n.is_empty()) {
            let copied = fs::fgetxattr(&self.place.file, name, &mut value[..]).and_then(|len| {
                fs::fsetxattr(&self.file, name, &value[..len], fs::XattrFlags::empty())
            });
            match copied {
                Ok(()) => {}
                // Where the user may not set the system's own labels, the system sets them.
                Err(_) if name.starts_with(b"security.") || name.starts_with(b"trusted.") => {}
                Err(e) => return Err(RedactError::of_io(doing, e.into())),
            }
        }
        Ok(())
    }

    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
    fn copy_attributes(&self) -> Result<(), RedactError> {
        Ok(())
    }

    /// Replaces the original, unless that has changed. Keeps it under a longer name if `backup` is given.
    pub(in crate::redact) fn commit(mut self, backup: Option<&OsStr>) -> Result<(), RedactError> {
        let place = self.place;
        if !place.is_unchanged()? {
            return Err(changed_error());
        }
        if let Some(suffix) = backup {
            keep_backup(&place.name, suffix, |name| self.keep(name))?;
        }
        fs::renameat(&place.folder, &self.name, &place.folder, &place.name)
            .map_err(os_error("cannot put the new file in its place"))?;
        self.kept = true;
        fs::fsync(&place.folder).map_err(os_error(
            "replaced, but cannot write its folder to the disk",
        ))?;
        // Nothing can prevent another program from writing just before the rename, but it can be detected.
        let old = fs::fstat(&place.file)
            .map_err(os_error("replaced, but cannot look at the old file"))?;
        if write_stamp(&old) == write_stamp(&place.seen) {
            return Ok(());
        }
        Err(RedactError::refusal(
            "replaced, but what was written to it at that very moment is lost",
        ))
    }

    /// Gives the original another name, which must be free.
    fn keep(&self, name: &OsStr) -> io::Result<()> {
        let place = self.place;
        let flags = AtFlags::empty();
        fs::linkat(&place.folder, &place.name, &place.folder, name, flags).map_err(Into::into)
    }
}

impl Drop for NewFile<'_> {
    fn drop(&mut self) {
        if !self.kept {
            // The file contains only redacted text, so failing to remove it is not a leak.
            let _ = fs::unlinkat(&self.place.folder, &self.name, AtFlags::empty());
        }
    }
}
