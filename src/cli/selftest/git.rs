//! What git and its hooks make of planted tokens: a repository of its own, this very program, and the hooks that
//! are installed in the repository around the working directory.

use std::path::{Path, PathBuf};

use super::super::hook;
use super::{Log, Scratch};
use crate::mint::Mint;
use crate::rule::Shape;
use crate::source::git::Repository;

/// Plants tokens in a repository of its own and runs this very program in it, then the installed hooks.
pub(super) fn check(scratch: &Scratch, mint: &mut Mint, log: &mut Log) {
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(e) => return log.check("this program finds itself", Err(e.to_string())),
    };
    let made = scratch
        .git(&["init", "-q", "."])
        .and_then(|()| scratch.git(&["commit", "-q", "--allow-empty", "-m", "empty"]));
    let ready = made.is_ok();
    log.check("a repository to try things in", made);
    if !ready {
        return;
    }
    let message = String::from_utf8_lossy(&mint.token(Shape::Ghp)).into_owned();
    installed(
        "commit-msg",
        &["commit", "-q", "--allow-empty", "-m", &message],
        scratch,
        log,
    );
    if let Err(why) = plant(scratch, mint) {
        return log.check("a token in the index", Err(why));
    }
    let staged = ["hook", "run", "pre-commit"];
    let what = "the pre-commit hook refuses a staged token";
    log.check(what, finds(scratch, &program, &staged));
    installed(
        "pre-commit",
        &["commit", "-q", "-m", "planted"],
        scratch,
        log,
    );
    if scratch.write("planted.env", b"").is_ok() {
        let what = "and one that only the index still holds";
        log.check(what, finds(scratch, &program, &staged));
    }
    if let Err(why) = bury(scratch) {
        return log.check("a token in the history", Err(why));
    }
    let history = ["scan", "--history", "-q"];
    let what = "the history still holds it";
    log.check(what, finds(scratch, &program, &history));
    let range = ["scan", "--range", "HEAD~2..HEAD", "-q"];
    let what = "the range of a CI job holds it";
    log.check(what, finds(scratch, &program, &range));
    installed(
        "pre-push",
        &["push", "-q", "remote.git", "HEAD:refs/heads/selftest"],
        scratch,
        log,
    );
}

/// Puts a fresh token into the index.
fn plant(scratch: &Scratch, mint: &mut Mint) -> Result<(), String> {
    let text = [b"TOKEN=", &mint.token(Shape::Ghp)[..], b"\n"].concat();
    scratch.write("planted.env", &text)?;
    scratch.git(&["add", "planted.env"])
}

/// Commits what is staged, and takes it out again with the next commit; makes another repository to push to.
fn bury(scratch: &Scratch) -> Result<(), String> {
    scratch.git(&["commit", "-q", "--no-verify", "-m", "planted"])?;
    scratch.git(&["rm", "-q", "-f", "planted.env"])?;
    scratch.git(&["commit", "-q", "--no-verify", "-m", "removed"])?;
    scratch.git(&["init", "-q", "--bare", "remote.git"])
}

/// Whether this program, run with these arguments, finds a leak.
fn finds(scratch: &Scratch, program: &Path, args: &[&str]) -> Result<(), String> {
    match scratch.run(program, args)? {
        (1, _) => Ok(()),
        (code, said) => Err(format!("it ended with {code} and not 1 {}", said.trim())),
    }
}

/// Whether the hook that is installed here stops git from doing this.
fn installed(name: &str, git: &[&str], scratch: &Scratch, log: &mut Log) {
    let Some(hook) = hook_here(name) else {
        return log.note(&format!(
            "no {name} hook is installed here; `tokensweep hook install` puts one in"
        ));
    };
    if !hook::is_ours(&hook) {
        return log.note(&format!(
            "the {name} hook here is another program's ({}); whether it runs tokensweep was not tried",
            hook.display()
        ));
    }
    let tried = scratch
        .put_hook(&hook, name)
        .and_then(|()| scratch.git_hooked(git))
        .and_then(|(code, said)| match code {
            0 => Err("git did it all the same".to_owned()),
            _ if said.contains("tokensweep: 1 leak") => Ok(()),
            _ => Err(format!("it failed for another reason: {}", said.trim())),
        });
    log.check(
        &format!("the {name} hook that is installed here refuses a token"),
        tried,
    );
}

/// The hook with this name in the repository around the working directory.
fn hook_here(name: &str) -> Option<PathBuf> {
    let repository = Repository::discover(None).ok()?;
    let hook = repository.hooks_dir().join(name);
    hook.is_file().then_some(hook)
}
