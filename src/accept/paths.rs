//! Path rules of the configuration: globs as in `.gitignore`, relative to the folder of the configuration file.

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// Paths under which findings are accepted.
#[derive(Debug)]
pub struct PathRule {
    base: PathBuf,
    globs: GlobSet,
    rules: Vec<String>,
    /// Reason.
    pub reason: String,
    /// File and line of the rule.
    pub source: String,
}

impl PathRule {
    /// Accepts findings of `rules` (of all rules if empty) in files below `base` that match a glob.
    ///
    /// # Errors
    /// Returns the index of an invalid glob, and what is wrong with it.
    pub fn new(
        base: &Path,
        globs: &[&str],
        rules: Vec<String>,
        reason: String,
        source: String,
    ) -> Result<Self, (usize, String)> {
        let mut set = GlobSetBuilder::new();
        for (index, glob) in globs.iter().enumerate() {
            for describe_pattern in expand_glob(glob) {
                let built = GlobBuilder::new(&describe_pattern)
                    .literal_separator(true)
                    .build();
                set.add(built.map_err(|e| (index, e.kind().to_string()))?);
            }
        }
        let globs = set.build().map_err(|e| (0, e.to_string()))?;
        Ok(PathRule {
            base: normalize_path(base),
            globs,
            rules,
            reason,
            source,
        })
    }

    /// Returns true if a finding of this rule in the file at this absolute path is accepted.
    #[must_use]
    pub fn covers_finding(&self, path: &Path, rule_id: &str) -> bool {
        let of_rule = self.rules.is_empty() || self.rules.iter().any(|id| id == rule_id);
        of_rule
            && normalize_path(path)
                .strip_prefix(&self.base)
                .is_ok_and(|below| self.globs.is_match(below))
    }
}

/// Converts a glob of `.gitignore` for the matcher: a name alone matches at any depth, a folder everything below it.
fn expand_glob(glob: &str) -> Vec<String> {
    let plain = glob.trim_end_matches('/').trim_start_matches("./");
    let anchored = match plain.strip_prefix('/') {
        Some(rest) => rest.to_owned(),
        None if plain.contains('/') => plain.to_owned(),
        None => format!("**/{plain}"),
    };
    let below = format!("{anchored}/**");
    // With a slash at the end, it matches a folder and no file.
    if glob.ends_with('/') {
        vec![below]
    } else {
        vec![below, anchored]
    }
}

/// Returns the path without `.` and `..`.
pub(super) fn normalize_path(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => {
                out.pop();
            }
            std::path::Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}

/// Returns a file name, path or URL with `/` between its parts, without `.` and `..` where they can be resolved.
pub(super) fn normal_name(name: &str) -> String {
    let root = match name.find("://") {
        Some(at) => name[at + 3..].find('/').map_or(name.len(), |n| at + 4 + n),
        None => usize::from(name.starts_with('/')),
    };
    let (root, rest) = name.split_at(root);
    let mut parts: Vec<&str> = Vec::new();
    for part in rest.split('/') {
        match part {
            "." => {}
            ".." if !matches!(parts.last(), None | Some(&"..")) => _ = parts.pop(),
            ".." if !root.is_empty() => {}
            part => parts.push(part),
        }
    }
    format!("{root}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_detours() {
        for (name, wanted) in [
            ("a/b.env", "a/b.env"),
            ("./a/../b.env", "b.env"),
            ("a/./b/../../c", "c"),
            ("../a", "../a"),
            ("../../a/../b", "../../b"),
            ("/a/../../b", "/b"),
            ("https://h.example/a/../b?c", "https://h.example/b?c"),
            ("https://h.example/../b", "https://h.example/b"),
            ("https://h.example", "https://h.example"),
            ("", ""),
        ] {
            assert_eq!(normal_name(name), wanted, "{name}");
        }
    }

    fn covers(globs: &[&str], path: &str) -> bool {
        let rule = PathRule::new(Path::new("/r"), globs, vec![], String::new(), String::new());
        rule.unwrap().covers_finding(Path::new(path), "github-pat")
    }

    #[test]
    fn globs_are_those_of_gitignore() {
        assert!(covers(&["fixtures/"], "/r/a/fixtures/b/c.env"));
        assert!(!covers(&["fixtures/"], "/r/a/fixtures"));
        assert!(covers(&["fixtures"], "/r/a/fixtures"));
        assert!(covers(&["*.snap"], "/r/a/b.snap"));
        assert!(covers(&["docs/*.md"], "/r/docs/a.md"));
        assert!(!covers(&["docs/*.md"], "/r/docs/b/a.md"));
        assert!(!covers(&["docs/*.md"], "/r/x/docs/a.md"));
        assert!(covers(&["/docs"], "/r/docs/b/a.md"));
        assert!(!covers(&["/docs"], "/r/x/docs/a.md"));
        assert!(covers(&["**/test/**"], "/r/x/test/y"));
        assert!(
            !covers(&["**"], "/other/x"),
            "only below the file that says so"
        );
        assert!(covers(&["a/b"], "/r/./a/c/../b"));
    }

    #[test]
    fn a_rule_may_be_named() {
        let rule = PathRule::new(
            Path::new("/r"),
            &["*"],
            vec!["npm-access-token".into()],
            String::new(),
            String::new(),
        );
        let rule = rule.unwrap();
        assert!(rule.covers_finding(Path::new("/r/a"), "npm-access-token"));
        assert!(!rule.covers_finding(Path::new("/r/a"), "github-pat"));
    }

    #[test]
    fn what_is_no_glob_is_named() {
        let bad = PathRule::new(
            Path::new("/"),
            &["a", "b["],
            vec![],
            String::new(),
            String::new(),
        );
        assert_eq!(bad.unwrap_err().0, 1);
    }
}
