//! Parses lists of file names, as `git ls-files -z` or `find` print them.

use std::path::PathBuf;

/// Returns the paths in a list: separated by NUL if it contains one, otherwise by line breaks.
#[must_use]
pub(crate) fn read_list(list: &[u8]) -> Vec<PathBuf> {
    let separator = if list.contains(&0) { 0 } else { b'\n' };
    list.split(|b| *b == separator)
        .map(|name| {
            if separator == b'\n' {
                name.strip_suffix(b"\r").unwrap_or(name)
            } else {
                name
            }
        })
        .filter(|name| !name.is_empty())
        .map(to_path)
        .collect()
}

#[cfg(unix)]
fn to_path(name: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(name))
}

#[cfg(not(unix))]
fn to_path(name: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(name).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_separated_by_nul_or_by_lines() {
        let names = |list: &[u8]| {
            read_list(list)
                .into_iter()
                .map(|p| p.into_os_string().into_encoded_bytes())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(b"a b\nc\r\n\nd"), [&b"a b"[..], b"c", b"d"]);
        assert_eq!(names(b"a\nb\0c\xff\0"), [&b"a\nb"[..], b"c\xff"]);
        assert!(names(b"").is_empty());
    }
}
