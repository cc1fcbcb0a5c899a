//! Joins the outcomes of several scans: of submodules, and of many repositories.

use std::path::{Path, PathBuf};

use super::{Finding, Outcome, ReadCounts, RepositoryCounts, Skip, SkipReason, shown_path};

impl Outcome {
    /// Adds the outcome of a scan of the files at `place`, and prefixes its paths with `place`.
    pub(crate) fn merge_under(&mut self, place: &Path, other: Outcome) {
        let text = |path: &String| shown_path(&place.join(path)).into_owned();
        self.findings
            .extend(other.findings.into_iter().map(|mut finding| {
                finding.path = place.join(&finding.path);
                let origin = &mut finding.origin;
                origin.head_path = origin.head_path.as_ref().map(text);
                origin.paths = origin.paths.iter().map(text).collect();
                finding
            }));
        self.skipped
            .extend(other.skipped.into_iter().map(|skip| Skip {
                path: place.join(skip.path),
                ..skip
            }));
        self.add(&ReadCounts {
            git_files: other.git_files,
            blobs: other.blobs,
            cached: other.cached,
            commits: other.commits,
            refs: other.refs,
            members: other.members,
            bytes: other.bytes,
        });
        self.files += other.files;
        self.elapsed += other.elapsed;
        self.sort_findings();
    }

    /// Adds the outcome of the scan of one of several repositories.
    pub(crate) fn merge_repository(&mut self, path: &Path, mut other: Outcome) {
        let name = shown_path(path).into_owned();
        self.repositories.push(RepositoryCounts {
            path: name.clone(),
            complete: other.is_complete(),
            blobs: other.blobs,
            commits: other.commits,
            refs: other.refs,
            bytes: other.bytes,
        });
        for finding in &mut other.findings {
            finding.origin.repository = Some(name.clone());
        }
        let notes = std::mem::take(&mut other.notes);
        self.notes
            .extend(notes.into_iter().map(|note| format!("{name}: {note}")));
        self.merge_under(path, other);
    }

    /// Adds a repository that could not be scanned.
    pub(crate) fn add_unreadable_repository(&mut self, path: &Path, reason: String) {
        self.repositories.push(RepositoryCounts {
            path: shown_path(path).into_owned(),
            complete: false,
            blobs: 0,
            commits: 0,
            refs: 0,
            bytes: 0,
        });
        self.skipped.push(Skip {
            path: path.to_owned(),
            reason: SkipReason::Unreadable(reason),
        });
        self.skipped.sort();
    }

    /// Removes the `./` that the paths below the current folder start with.
    pub(crate) fn drop_current_folder(&mut self) {
        let drop = |path: &mut PathBuf| {
            if let Some(rest) = without_current_folder(path) {
                *path = rest.to_owned();
            }
        };
        let findings = self.findings.iter_mut();
        findings.for_each(|finding: &mut Finding| drop(&mut finding.path));
        self.skipped
            .iter_mut()
            .for_each(|skip| drop(&mut skip.path));
        self.sort_findings();
    }
}

/// Returns the rest of a path that starts with `./`. `None` for the folder itself and for other paths.
pub(crate) fn without_current_folder(path: &Path) -> Option<&Path> {
    let rest = path.strip_prefix(".").ok()?;
    (!rest.as_os_str().is_empty()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_current_folder_before_a_path_is_left_out() {
        let rest = |path| without_current_folder(Path::new(path)).and_then(Path::to_str);
        assert_eq!(rest("././a"), Some("a"));
        assert_eq!(rest("./-a/../b"), Some("-a/../b"));
        for path in [".", "./", "a", "../a", "/a", ""] {
            assert_eq!(rest(path), None, "{path}");
        }
    }
}
