//! Tests this program in a new repository with planted tokens.

use std::path::Path;

use super::log::CheckLog;
use super::scratch::ScratchDir;
use crate::token::{Mint, Shape};

/// Plants tokens in a new repository and runs this program in it.
pub(super) fn check(scratch: &ScratchDir, mint: &mut Mint, log: &mut CheckLog) {
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(e) => return log.check("this program finds itself", Err(e.to_string())),
    };
    let made = scratch
        .run_git(&["init", "-q", "."])
        .and_then(|()| scratch.run_git(&["commit", "-q", "--allow-empty", "-m", "empty"]));
    let ready = made.is_ok();
    log.check("a repository to try things in", made);
    if !ready {
        return;
    }
    if let Err(why) = plant_token(scratch, mint) {
        return log.check("a token in the index", Err(why));
    }
    let staged = ["hook", "run", "pre-commit"];
    let what = "the pre-commit hook refuses a staged token";
    log.check(what, expect_finding(scratch, &program, &staged));
    if scratch.write("planted.env", b"").is_ok() {
        let what = "and one that only the index still holds";
        log.check(what, expect_finding(scratch, &program, &staged));
    }
    if let Err(why) = commit_and_remove(scratch) {
        return log.check("a token in the history", Err(why));
    }
    let history = ["scan", "--history", "-q"];
    let what = "the history still holds it";
    log.check(what, expect_finding(scratch, &program, &history));
    let range = ["scan", "--range", "HEAD~2..HEAD", "-q"];
    let what = "the range of a CI job holds it";
    log.check(what, expect_finding(scratch, &program, &range));
}

/// Puts a fresh token into the index.
fn plant_token(scratch: &ScratchDir, mint: &mut Mint) -> Result<(), String> {
    let text = [b"TOKEN=", &mint.new_token(Shape::Ghp)[..], b"\n"].concat();
    scratch.write("planted.env", &text)?;
    scratch.run_git(&["add", "planted.env"])
}

/// Commits the staged file, and removes it with the next commit.
fn commit_and_remove(scratch: &ScratchDir) -> Result<(), String> {
    scratch.run_git(&["commit", "-q", "--no-verify", "-m", "planted"])?;
    scratch.run_git(&["rm", "-q", "-f", "planted.env"])?;
    scratch.run_git(&["commit", "-q", "--no-verify", "-m", "removed"])
}

/// Returns an error unless this program, run with these arguments, finds a leak.
fn expect_finding(scratch: &ScratchDir, program: &Path, args: &[&str]) -> Result<(), String> {
    match scratch.run_program(program, args)? {
        (1, _) => Ok(()),
        (code, said) => Err(format!("it ended with {code} and not 1 {}", said.trim())),
    }
}
