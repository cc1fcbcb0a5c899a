//! Checks a path that a user or git named against the ignore files that a walk obeys.

use std::path::Path;

use ignore::gitignore::GitignoreBuilder;

use super::walk::IGNORE_FILE;

/// Names of the ignore files; a later one overrides an earlier one.
const FILES: [&str; 3] = [".gitignore", ".ignore", IGNORE_FILE];

/// Returns true if an ignore file from the root of the repository around `path` down to its own folder excludes it.
#[must_use]
pub(crate) fn is_excluded(path: &Path) -> bool {
    matches_ignore_file(&FILES, path)
}

/// Returns true if an [`IGNORE_FILE`] excludes `path`: `.gitignore` does not apply to files that git tracks.
#[must_use]
pub(crate) fn is_ignored_by_us(path: &Path) -> bool {
    matches_ignore_file(&[IGNORE_FILE], path)
}

fn matches_ignore_file(files: &[&str], path: &Path) -> bool {
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
    // The nearest folder with a matching pattern decides.
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
