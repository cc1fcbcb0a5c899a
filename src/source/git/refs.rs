//! Lists the starting points of a history: every ref, the `HEAD` of every working tree, every stash.

use std::collections::HashSet;
use std::path::Path;

use gix::hash::ObjectId;

use super::named::{parse_ref, parse_reflog_line};
use super::{GitError, Repository};

/// Name, and the object that it points to: a commit, a tag object, or any other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RefTip {
    pub(super) name: String,
    pub(super) id: ObjectId,
}

/// Refs of a repository, and those that could not be read.
#[derive(Clone, Debug, Default)]
pub(super) struct RefTips {
    pub(super) tips: Vec<RefTip>,
    pub(super) unreadable: Vec<String>,
}

impl Repository {
    /// Returns every ref whose name matches `pattern`, a glob of git, with or without `refs/`, where `*` matches
    /// slashes. Without a pattern, returns every ref, `HEAD` and stash.
    pub(super) fn read_tips(&self, pattern: Option<&str>) -> Result<RefTips, GitError> {
        let failed = |e: gix::Error| {
            GitError::unreadable(format!("cannot read the refs: {}", super::plain(&e)))
        };
        let local = self.inner.to_thread_local();
        let platform = local.references().map_err(failed)?;
        let mut tips = RefTips::default();
        for reference in platform.all().map_err(failed)? {
            match reference {
                Ok(reference) => {
                    // The target of a symbolic ref is listed itself.
                    if let Some(id) = reference.target().try_id() {
                        let name = reference.name().as_bstr().to_string();
                        tips.tips.push(RefTip {
                            name,
                            id: id.to_owned(),
                        });
                    }
                }
                Err(e) => tips.unreadable.push(super::plain(&e)),
            }
        }
        if let Some(pattern) = pattern {
            tips.tips.retain(|tip| fits_pattern(pattern, &tip.name));
            return Ok(tips);
        }
        if let Some(id) = self.head()? {
            tips.tips.push(RefTip {
                name: "HEAD".to_owned(),
                id,
            });
        }
        let common = self.git_dirs().common;
        for tree in std::fs::read_dir(common.join("worktrees"))
            .into_iter()
            .flatten()
            .flatten()
        {
            read_worktree_refs(
                &tree.path(),
                &tree.file_name().to_string_lossy(),
                &mut tips.tips,
            );
        }
        read_stashes(&common.join("logs/refs/stash"), &mut tips.tips);
        let mut seen = HashSet::new();
        tips.tips
            .retain(|tip| seen.insert((tip.name.clone(), tip.id)));
        Ok(tips)
    }
}

/// Adds the `HEAD` and the refs that belong to one linked working tree only.
fn read_worktree_refs(dir: &Path, tree: &str, out: &mut Vec<RefTip>) {
    let mut pending = vec![dir.join("HEAD"), dir.join("refs")];
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            let below = std::fs::read_dir(&path).into_iter().flatten().flatten();
            pending.extend(below.map(|e| e.path()));
        } else if let Ok(text) = std::fs::read(&path) {
            let name = path.strip_prefix(dir).unwrap_or(&path).display();
            parse_ref(&text, &mut |id| {
                out.push(RefTip {
                    name: format!("worktrees/{tree}/{name}"),
                    id,
                });
            });
        }
    }
}

/// Adds every stash: the ref names only the newest, its log contains the others.
fn read_stashes(log: &Path, out: &mut Vec<RefTip>) {
    let text = std::fs::read(log).unwrap_or_default();
    let lines = text.split(|b| *b == b'\n').filter_map(parse_reflog_line);
    let lines = lines.filter(|(_, id)| !id.is_null());
    out.extend(lines.map(|(_, id)| RefTip {
        name: "refs/stash".to_owned(),
        id,
    }));
}

/// Returns true if the name of a ref matches a pattern of `git rev-list --glob`.
fn fits_pattern(pattern: &str, name: &str) -> bool {
    let full = if pattern.starts_with("refs/") || pattern == "HEAD" {
        pattern.to_owned()
    } else {
        format!("refs/{pattern}")
    };
    let full = full.trim_end_matches('/');
    // A pattern without wildcards names a ref or a folder of refs, as in git.
    let below = || {
        name.strip_prefix(full)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    matches_glob(full.as_bytes(), name.as_bytes()) || (!full.contains(['*', '?', '[']) && below())
}

/// Returns true if `name` matches a pattern, where `*` is any text and `?` any one character.
fn matches_glob(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => (0..=name.len()).any(|at| matches_glob(rest, &name[at..])),
        (Some((b'?', rest)), Some((_, name))) => matches_glob(rest, name),
        (Some((a, rest)), Some((b, name))) if a == b => matches_glob(rest, name),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_those_of_git() {
        assert!(fits_pattern("heads/*", "refs/heads/a/b"));
        assert!(fits_pattern("heads", "refs/heads/main"));
        assert!(fits_pattern("refs/tags/v1.?", "refs/tags/v1.2"));
        assert!(fits_pattern("*/main", "refs/remotes/origin/main"));
        assert!(!fits_pattern("head", "refs/heads/main"));
        assert!(!fits_pattern("tags/*", "refs/heads/main"));
    }
}
