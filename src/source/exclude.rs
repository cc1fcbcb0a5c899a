//! Whether a path that somebody or git named is one that a walk would have left out.

use std::path::Path;

use ignore::gitignore::GitignoreBuilder;

use super::walk::IGNORE_FILE;

/// The files whose patterns count, the later over the earlier.
const FILES: [&str; 3] = [".gitignore", ".ignore", IGNORE_FILE];

/// Whether the ignore files between the root of the repository around `path` and its own folder exclude it.
#[must_use]
pub fn is_excluded(path: &Path) -> bool {
    excludes(&FILES, path)
}

/// The same for our own ignore file alone: what git holds is no business of `.gitignore`.
#[must_use]
pub fn is_ignored_by_us(path: &Path) -> bool {
    excludes(&[IGNORE_FILE], path)
}

fn excludes(files: &[&str], path: &Path) -> bool {
    let Ok(path) = std::path::absolute(path) else {
        return false;
    };
    let mut folders: Vec<&Path> = Vec::new();
    for folder in path.ancestors().skip(1) {
        folders.push(folder);
        if folder.join(".git").exists() {
            break;
        }
    }
    // The nearest folder that has something to say decides.
    for folder in folders {
        let mut builder = GitignoreBuilder::new(folder);
        for name in files {
            // A pattern that cannot be read excludes nothing.
            let _ = builder.add(folder.join(name));
        }
        let Ok(patterns) = builder.build() else {
            continue;
        };
        let found = patterns.matched_path_or_any_parents(&path, false);
        if !found.is_none() {
            return found.is_ignore();
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_pattern_decides_and_none_from_outside_the_repository() {
        let dir = tempfile::TempDir::new().unwrap();
        let write = |name: &str, text: &str| {
            use std::io::Write as _;
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let mut file = std::fs::File::create(path).unwrap();
            file.write_all(text.as_bytes()).unwrap();
        };
        write(".gitignore", "*.env\n");
        write("r/.git/HEAD", "");
        write("r/.tokensweepignore", "fixtures/\n*.log\n");
        write("r/keep/.ignore", "!a.log\n");
        let excluded = |name: &str| is_excluded(&dir.path().join("r").join(name));
        assert!(excluded("fixtures/a/b.txt"));
        assert!(excluded("x/y.log"));
        assert!(!excluded("keep/a.log"));
        assert!(!excluded("x.env"), "outside of the repository");
        assert!(!excluded("src/main.rs"));
    }
}
