//! Access to a file in its folder: opened without following links below the folder that the user named, and replaced
//! in that very folder, whatever happens to the path in the meantime. Systems differ in how this is done. Messages and
//! decisions that they share are here.

// Unix compiles it for the tests only.
#[cfg(any(not(unix), test))]
mod portable;
#[cfg(unix)]
mod unix;

use std::ffi::{OsStr, OsString};
use std::io;

use super::RedactError;

#[cfg(not(unix))]
pub(super) use portable::TargetFile;
#[cfg(unix)]
pub(super) use unix::TargetFile;

/// Creates a file beside the one to be replaced, under the first free name. Returns both.
fn create_first_free<T>(make: impl Fn(&str) -> io::Result<T>) -> Result<(String, T), RedactError> {
    let mut count = 0u32;
    loop {
        let name = format!(".tokensweep-{}-{count}.tmp", std::process::id());
        match make(&name) {
            Ok(made) => return Ok((name, made)),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => count += 1,
            Err(e) => return Err(RedactError::of_io("cannot write into its folder", e)),
        }
    }
}

/// Keeps the original under its name and `suffix`, which must be free. `keep` does so with the name that it gets.
fn keep_backup(
    name: &OsStr,
    suffix: &OsStr,
    keep: impl FnOnce(&OsStr) -> io::Result<()>,
) -> Result<(), RedactError> {
    let mut other = OsString::from(name);
    other.push(suffix);
    keep(&other).map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => RedactError::refusal(format!(
            "its backup {} is there already",
            other.to_string_lossy()
        )),
        _ => RedactError::of_io("cannot make its backup", e),
    })
}

fn not_a_file_error() -> RedactError {
    RedactError::refusal("it is no regular file")
}

fn changed_error() -> RedactError {
    RedactError::refusal("it has changed since it was read")
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::ffi::OsStr;
    use std::fs;
    use std::io::{Read, Write};
    use std::path::Path;

    fn write(path: impl AsRef<Path>, text: &str) {
        let mut file = fs::File::create(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    /// Returns the names in a folder, sorted.
    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let name = |e: std::io::Result<fs::DirEntry>| e.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    }

    /// Tests that hold for each system's implementation: each is a module with a `Place`.
    macro_rules! the_same_of {
        ($system:ident) => {
            mod $system {
                use super::super::$system::TargetFile;
                use super::*;

                /// Opens a file in a new folder.
                fn open() -> (tempfile::TempDir, TargetFile) {
                    let folder = tempfile::tempdir().unwrap();
                    let path = folder.path().join("a.txt");
                    write(&path, "old");
                    let place = TargetFile::open(folder.path(), &path, true).unwrap();
                    (folder, place)
                }

                #[test]
                fn a_file_is_replaced_and_its_backup_kept() {
                    for (suffix, left) in [
                        (None, &["a.txt"][..]),
                        (Some(".orig"), &["a.txt", "a.txt.orig"]),
                    ] {
                        let (folder, place) = open();
                        let mut text = String::new();
                        place.file().read_to_string(&mut text).unwrap();
                        assert_eq!((text.as_str(), place.link_count()), ("old", 1));
                        let new = place.create_replacement().unwrap();
                        new.file().write_all(b"new").unwrap();
                        new.copy_metadata().unwrap();
                        new.commit(suffix.map(OsStr::new)).unwrap();
                        assert_eq!(names(folder.path()), left);
                        let read = |name| fs::read_to_string(folder.path().join(name)).unwrap();
                        assert_eq!(read("a.txt"), "new");
                        assert!(suffix.is_none() || read("a.txt.orig") == "old");
                    }
                }

                #[test]
                fn nothing_is_left_of_what_does_not_come_to_it() {
                    let (folder, place) = open();
                    drop(place.create_replacement().unwrap());
                    assert_eq!(names(folder.path()), ["a.txt"]);
                }

                #[test]
                fn names_that_are_taken_are_left_alone() {
                    let (folder, place) = open();
                    let taken = format!(".tokensweep-{}-0.tmp", std::process::id());
                    write(folder.path().join(&taken), "other");
                    write(folder.path().join("a.txt.orig"), "other");
                    let new = place.create_replacement().unwrap();
                    let refused = new.commit(Some(OsStr::new(".orig"))).unwrap_err();
                    let why = refused.to_string();
                    assert!(
                        why.starts_with("its backup ")
                            && why.ends_with("a.txt.orig is there already"),
                        "{why}"
                    );
                    assert_eq!(names(folder.path()), [&taken, "a.txt", "a.txt.orig"]);
                }

                #[test]
                fn a_file_that_has_changed_stays_as_it_is() {
                    let (folder, place) = open();
                    let new = place.create_replacement().unwrap();
                    write(folder.path().join("a.txt"), "changed");
                    let refused = new.commit(None).unwrap_err();
                    assert_eq!(refused.to_string(), "it has changed since it was read");
                    assert_eq!(names(folder.path()), ["a.txt"]);
                }

                #[test]
                fn links_and_folders_are_no_files() {
                    let (folder, place) = open();
                    assert_eq!(
                        place.permissions().unwrap(),
                        fs::metadata(folder.path().join("a.txt"))
                            .unwrap()
                            .permissions()
                    );
                    let link = folder.path().join("link");
                    std::os::unix::fs::symlink("a.txt", &link).unwrap();
                    assert!(TargetFile::open(folder.path(), &link, false).is_err());
                    let inner = folder.path().join("folder");
                    fs::create_dir(&inner).unwrap();
                    assert!(TargetFile::open(folder.path(), &inner, false).is_err());
                }
            }
        };
    }

    the_same_of!(unix);
    the_same_of!(portable);
}
