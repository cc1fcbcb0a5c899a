//! Path rules of the configuration: globs as in `.gitignore` and regular expressions, relative to the folder of the
//! configuration file.

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use regex::{Regex, RegexBuilder};

use crate::message::portable_path;

/// Maximum memory in bytes of one compiled expression, because a scanned tree may bring its own.
const EXPRESSION_LIMIT: usize = 1 << 20;

/// Paths under which findings are accepted.
#[derive(Debug)]
pub struct PathRule {
    base: PathBuf,
    globs: GlobSet,
    expressions: Vec<Regex>,
    rules: Vec<String>,
    /// Reason.
    pub reason: String,
    /// File and line of the rule.
    pub source: String,
}

impl PathRule {
    /// Accepts findings of `rules` (of all rules if empty) in files below `base` that match a glob or an expression.
    ///
    /// # Errors
    /// Names an invalid glob or expression, and says what is wrong with it.
    pub fn new<S: AsRef<str>>(
        base: &Path,
        globs: &[S],
        expressions: &[S],
        rules: Vec<String>,
        reason: String,
        source: String,
    ) -> Result<Self, String> {
        let expressions: Result<_, _> = expressions
            .iter()
            .map(|expression| compile_path_regex(expression.as_ref()))
            .collect();
        Ok(PathRule {
            base: normalize_path(base),
            globs: build_glob_set(globs)?,
            expressions: expressions?,
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
                .is_ok_and(|below| self.globs.is_match(below) || self.matches_expression(below))
    }

    fn matches_expression(&self, below: &Path) -> bool {
        if self.expressions.is_empty() {
            return false;
        }
        let path = portable_path(below);
        self.expressions.iter().any(|regex| regex.is_match(&path))
    }
}

fn build_glob_set<S: AsRef<str>>(globs: &[S]) -> Result<GlobSet, String> {
    let mut set = GlobSetBuilder::new();
    for glob in globs.iter().map(AsRef::as_ref) {
        for pattern in expand_glob(glob) {
            let built = GlobBuilder::new(&pattern).literal_separator(true).build();
            set.add(built.map_err(|e| format!("`{glob}` is no glob: {}", e.kind()))?);
        }
    }
    set.build().map_err(|e| e.to_string())
}

/// Compiles an expression for paths with `/` between their parts. It matches anywhere in a path.
///
/// # Errors
/// Names the expression, and says what is wrong with it.
pub(crate) fn compile_path_regex(expression: &str) -> Result<Regex, String> {
    RegexBuilder::new(expression)
        .size_limit(EXPRESSION_LIMIT)
        .build()
        .map_err(|e| {
            // A syntax error has several lines, which show the expression; the last one says what is wrong.
            let text = e.to_string();
            let last = text.lines().last().unwrap_or_default();
            let wrong = last.trim_start_matches("error: ");
            format!("`{expression}` is no regular expression: {wrong}")
        })
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
        path_rule(globs, &[], &[]).covers_finding(Path::new(path), "github-pat")
    }

    fn path_rule(globs: &[&str], expressions: &[&str], rules: &[&str]) -> PathRule {
        let rules = rules.iter().map(|id| (*id).to_owned()).collect();
        let (reason, source) = (String::new(), String::new());
        PathRule::new(Path::new("/r"), globs, expressions, rules, reason, source).unwrap()
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
    fn expressions_match_anywhere_in_the_path_below_the_folder() {
        for (expression, path, matches) in [
            (r"^vendor/", "/r/vendor/a.go", true),
            (r"^vendor/", "/r/lib/vendor/a.go", false),
            (r"(^|/)node_modules/", "/r/a/node_modules/b", true),
            (r"\d{3}\.txt$", "/r/a/b314.txt", true),
            (r"\d{3}\.txt$", "/r/a/b31.txt", false),
            (r"(?i)readme", "/r/x/ReadMe.md", true),
            (r"^r/", "/r/a", false),
            (r"a", "/other/a", false),
            (r"^a/b$", "/r/./a/c/../b", true),
        ] {
            let rule = path_rule(&[], &[expression], &[]);
            let covered = rule.covers_finding(Path::new(path), "github-pat");
            assert_eq!(covered, matches, "{expression} {path}");
        }
        let both = path_rule(&["docs/"], &["[.]md$"], &[]);
        for path in ["/r/docs/a", "/r/a.md"] {
            assert!(both.covers_finding(Path::new(path), "x"), "{path}");
        }
        assert!(!both.covers_finding(Path::new("/r/a"), "x"));
    }

    #[test]
    fn a_rule_may_be_named() {
        let rule = path_rule(&["*"], &["a"], &["npm-access-token"]);
        assert!(rule.covers_finding(Path::new("/r/a"), "npm-access-token"));
        assert!(!rule.covers_finding(Path::new("/r/a"), "github-pat"));
    }

    #[test]
    fn what_is_no_glob_or_expression_is_named() {
        let build = |globs: &[&str], expressions: &[&str]| {
            let (reason, source) = (String::new(), String::new());
            PathRule::new(Path::new("/"), globs, expressions, vec![], reason, source).unwrap_err()
        };
        let said = build(&["a", "b["], &[]);
        assert!(said.starts_with("`b[` is no glob: "), "{said}");
        assert_eq!(
            build(&["a"], &["a", "b("]),
            "`b(` is no regular expression: unclosed group"
        );
        let large = build(&[], &["(a{1000}){1000}"]);
        assert!(large.contains("is no regular expression: "), "{large}");
        assert!(!large.contains('\n'), "{large}");
    }
}
