//! Tests the hooks that are installed in the repository around the working directory: git runs them in a small copy
//! of it, with the files of the manager of the hooks.

use std::path::{Path, PathBuf};

use super::super::hook::{HookKind, HookTrace, Layout, config_paths_of_managers};
use super::log::CheckLog;
use super::scratch::ScratchDir;
use crate::source::git::Repository;
use crate::token::{Mint, Shape};

/// Hooks that a commit or a push runs beside the tested one.
const OTHER_HOOKS: [&str; 9] = [
    "pre-commit",
    "prepare-commit-msg",
    "commit-msg",
    "post-commit",
    "pre-push",
    "pre-receive",
    "update",
    "reference-transaction",
    "post-index-change",
];

/// Maximum size in bytes of a file to copy, and maximum number of copied files.
const LARGEST: u64 = 4 << 20;
const MOST: usize = 500;

/// Tests each of the usual hooks.
pub(super) fn check(seed: u64, mint: &mut Mint, log: &mut CheckLog) {
    let layout = Repository::discover(None)
        .ok()
        .map(|repository| Layout::of_repository(&repository));
    let hooks: &[HookKind] = match &layout {
        Some(layout) => layout.usual_hooks(),
        None => &[HookKind::PreCommit, HookKind::CommitMsg, HookKind::PrePush],
    };
    for hook in hooks {
        let name = hook.hook_name();
        let what = format!("the {name} hook that is installed here refuses a token");
        let Some(layout) = layout.as_ref().filter(|l| l.is_meant_to_run(*hook)) else {
            log.note(&format!(
                "no {name} hook is installed here; `tokensweep hook install` puts one in"
            ));
            continue;
        };
        let trace = HookTrace::of_hook(layout, *hook);
        let tried = match &trace.verdict {
            Err(why) if trace.steps.is_empty() => Err(why.clone()),
            _ => try_hook(seed, *hook, layout, mint),
        };
        log.check(&what, tried);
    }
}

/// Makes git run the hook on a fresh token. If the hook that was there before fails in the copy, which has few of the
/// project's files, the hook is tested without it.
fn try_hook(seed: u64, hook: HookKind, layout: &Layout, mint: &mut Mint) -> Result<(), String> {
    let mut failed = String::new();
    for with_earlier in [true, false] {
        let copy = Copy::new(seed.wrapping_add(1), hook, layout)?;
        if !with_earlier && !copy.remove_earlier(hook) {
            break;
        }
        let token = String::from_utf8_lossy(&mint.new_token(Shape::Ghp)).into_owned();
        let (code, said) = copy.run_git(hook, &token)?;
        if code == 0 {
            return Err(
                "git did it all the same; `tokensweep hook status` shows what runs".to_owned(),
            );
        }
        if said.contains("tokensweep: 1 leak") {
            return Ok(());
        }
        failed = format!("it failed for another reason: {}", said.trim());
    }
    Err(failed)
}

/// Copy of a repository, with one hook.
struct Copy {
    scratch: ScratchDir,
    /// Setting that makes git find the hooks of the copy.
    hooks: String,
}

impl Copy {
    fn new(seed: u64, hook: HookKind, layout: &Layout) -> Result<Copy, String> {
        let scratch = ScratchDir::new(seed).map_err(|e| format!("{e:#}"))?;
        scratch.run_git(&["init", "-q", "."])?;
        scratch.run_git(&["init", "-q", "--bare", "remote.git"])?;
        scratch.write(".git/info/exclude", b"remote.git\nnode_modules\n")?;
        let mut budget = MOST;
        for name in config_paths_of_managers() {
            copy_all(&layout.root.join(name), &scratch.path(name), &mut budget);
        }
        #[cfg(unix)]
        {
            // Folder of the project's own programs. Without them its hooks fail, which is reported.
            let modules = layout.root.join("node_modules");
            if modules.is_dir() {
                let _ = std::os::unix::fs::symlink(modules, scratch.path("node_modules"));
            }
        }
        let dir = match layout.hooks.dir.strip_prefix(&layout.root) {
            _ if hook == HookKind::PreReceive => PathBuf::from("remote.git/hooks"),
            Ok(inside) if layout.is_shared() => inside.to_owned(),
            _ => PathBuf::from(".git/hooks"),
        };
        let dir = scratch.path(dir);
        copy_all(&layout.hooks.dir, &dir, &mut budget);
        for other in OTHER_HOOKS
            .iter()
            .filter(|other| **other != hook.hook_name())
        {
            // Most of these hooks do not exist.
            let _ = std::fs::remove_file(dir.join(other));
        }
        let copy = Copy {
            scratch,
            hooks: dir.to_string_lossy().into_owned(),
        };
        copy.scratch.run_git(&["add", "-A"])?;
        copy.commit("files")?;
        Ok(copy)
    }

    /// Removes the hook that runs before the one of this program; returns false if there is none.
    fn remove_earlier(&self, hook: HookKind) -> bool {
        let earlier = format!("{}.before-tokensweep", hook.hook_name());
        std::fs::remove_file(Path::new(&self.hooks).join(earlier)).is_ok()
    }

    /// Commits without hooks.
    fn commit(&self, message: &str) -> Result<(), String> {
        self.scratch
            .run_git(&["commit", "-q", "--allow-empty", "-m", message])
    }

    /// Runs the git command with the token that the hook must refuse.
    fn run_git(&self, hook: HookKind, token: &str) -> Result<(i32, String), String> {
        let run = |args: &[&str]| self.scratch.run_git_with(&self.hooks, args);
        if hook == HookKind::CommitMsg {
            return run(&["commit", "-q", "--allow-empty", "-m", token]);
        }
        self.scratch
            .write("planted.env", format!("TOKEN={token}\n").as_bytes())?;
        self.scratch.run_git(&["add", "planted.env"])?;
        if hook == HookKind::PreCommit {
            return run(&["commit", "-q", "-m", "planted"]);
        }
        self.commit("planted")?;
        self.scratch.run_git(&["rm", "-q", "-f", "planted.env"])?;
        self.commit("removed")?;
        let push = ["push", "-q", "remote.git", "HEAD:refs/heads/selftest"];
        match hook {
            HookKind::PreReceive => self.scratch.git_as_configured(&push),
            _ => run(&push),
        }
    }
}

/// Copies a file, or a folder with its content. A path that cannot be copied is missing in the copy, where the hook
/// then fails, which is reported.
fn copy_all(from: &Path, to: &Path, budget: &mut usize) {
    let Ok(meta) = std::fs::metadata(from) else {
        return;
    };
    if meta.is_dir() {
        for entry in std::fs::read_dir(from).into_iter().flatten().flatten() {
            copy_all(&entry.path(), &to.join(entry.file_name()), budget);
        }
        return;
    }
    let is_sample = from.extension().is_some_and(|e| e == "sample");
    if *budget == 0 || is_sample || !meta.is_file() || meta.len() > LARGEST {
        return;
    }
    *budget -= 1;
    let made = to
        .parent()
        .is_none_or(|dir| std::fs::create_dir_all(dir).is_ok());
    if made {
        let _ = std::fs::copy(from, to);
    }
}
