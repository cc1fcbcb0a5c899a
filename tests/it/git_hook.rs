//! Hooks, with real commits and real pushes on this machine.

use std::path::Path;
use std::process::Output;

use tokensweep::internals::token::Shape;

use crate::env::Env;
use crate::git::{git, git_out, token};

/// Git with a repository in `work`, which must have gone well or not as said.
pub(crate) fn run(dir: &Path, args: &[&str], well: bool) -> Output {
    let output = git(dir).args(args).output().unwrap();
    assert_eq!(output.status.success(), well, "git {args:?}: {output:?}");
    output
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The program in a folder, with the variables of a test.
pub(crate) fn sweep(env: &Env, dir: &Path, args: &[&str]) -> Output {
    let output = env.command().current_dir(dir).args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {output:?}");
    output
}

pub(crate) fn repository(env: &Env, name: &str) -> std::path::PathBuf {
    git_out(env.root(), &["init", "-q", "-b", "main", name]);
    env.root().join(name)
}

#[test]
fn a_commit_with_a_token_is_refused_with_words_that_fit_on_a_screen() {
    let env = Env::new();
    let work = repository(&env, "work");
    sweep(&env, &work, &["hook", "install"]);
    let secret = token(300, Shape::Ghp);
    env.write("work/x.env", format!("token={secret}\n"));
    run(&work, &["add", "."], true);
    let refused = run(&work, &["commit", "-m", "With a token"], false);
    let said = stderr(&refused);
    for part in ["x.env:1:7", "nothing was committed", "--no-verify"] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert!(!said.contains(&secret), "masked");
    assert!(said.lines().count() < 24, "{said}");
    // The index counts, not the working copy.
    env.write("work/x.env", "clean\n");
    run(&work, &["commit", "-m", "Still staged"], false);
    run(&work, &["add", "."], true);
    run(&work, &["commit", "-m", "Clean"], true);
    let message = format!("Use {secret}");
    let refused = run(&work, &["commit", "--allow-empty", "-m", &message], false);
    assert!(
        stderr(&refused).contains("the commit message"),
        "{refused:?}"
    );
    // `git commit -a` commits another index than the usual one.
    env.write("work/x.env", &secret);
    run(&work, &["commit", "-a", "-m", "All"], false);
    run(&work, &["commit", "-m", "Only this", "x.env"], false);
    run(
        &work,
        &["commit", "--no-verify", "-a", "-m", "All the same"],
        true,
    );
}

#[test]
fn installing_twice_is_installing_once_and_what_was_there_runs_first() {
    let env = Env::new();
    let work = repository(&env, "work");
    let old = env.write(
        "work/.git/hooks/pre-commit",
        "#!/bin/sh\necho ran >> \"$GIT_DIR/old-hook\"\n",
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&old, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let before = std::fs::read(&old).unwrap();
    sweep(&env, &work, &["hook", "install", "pre-commit"]);
    let ours = std::fs::read(&old).unwrap();
    sweep(&env, &work, &["hook", "install", "pre-commit"]);
    assert_eq!(std::fs::read(&old).unwrap(), ours);
    env.write("work/clean", "clean");
    run(&work, &["add", "."], true);
    let mut commit = git(&work);
    commit
        .env("GIT_DIR", work.join(".git"))
        .args(["commit", "-qm", "Clean"]);
    assert!(commit.status().unwrap().success());
    let ran = std::fs::read_to_string(work.join(".git/old-hook")).unwrap();
    assert_eq!(ran, "ran\n");
    sweep(&env, &work, &["hook", "uninstall"]);
    assert_eq!(std::fs::read(&old).unwrap(), before);
    sweep(&env, &work, &["hook", "uninstall"]);
    assert_eq!(
        std::fs::read(&old).unwrap(),
        before,
        "a hook of others is left alone"
    );
}

#[test]
fn hooks_go_where_git_looks_for_them_and_work_in_linked_trees() {
    let env = Env::new();
    let work = repository(&env, "work");
    git_out(&work, &["config", "core.hooksPath", "my/hooks"]);
    sweep(&env, &work, &["hook", "install", "pre-commit"]);
    assert!(work.join("my/hooks/pre-commit").is_file());
    git_out(&work, &["config", "--unset", "core.hooksPath"]);
    run(
        &work,
        &["commit", "-q", "--allow-empty", "-m", "Start"],
        true,
    );
    git_out(
        &work,
        &["worktree", "add", "-q", "-b", "linked", "../linked"],
    );
    let linked = env.root().join("linked");
    sweep(&env, &linked, &["hook", "install", "pre-commit"]);
    assert!(work.join(".git/hooks/pre-commit").is_file());
    env.write("linked/deep/x.env", token(301, Shape::Ghp));
    run(&linked, &["add", "."], true);
    let refused = run(&linked, &["commit", "-m", "Refused"], false);
    assert!(stderr(&refused).contains("deep/x.env:1:1"));
}

#[test]
fn a_push_is_checked_for_exactly_what_it_brings() {
    let env = Env::new();
    git_out(
        env.root(),
        &["init", "-q", "--bare", "-b", "main", "hub.git"],
    );
    let work = repository(&env, "work");
    run(&work, &["remote", "add", "origin", "../hub.git"], true);
    env.write("work/old.env", token(302, Shape::Ghp));
    run(&work, &["add", "."], true);
    run(&work, &["commit", "-qm", "Old"], true);
    run(&work, &["push", "-q", "origin", "main"], true);
    sweep(&env, &work, &["hook", "install", "pre-push"]);
    run(
        &work,
        &["commit", "-q", "--allow-empty", "-m", "Clean"],
        true,
    );
    run(&work, &["push", "-q", "origin", "main"], true);
    run(
        &work,
        &["push", "-q", "origin", "HEAD~1:refs/heads/other"],
        false,
    );
    let force = ["push", "-q", "--no-verify", "origin", "main:other"];
    run(&work, &force, true);
    env.write("work/new.env", token(303, Shape::Ghp));
    run(&work, &["add", "."], true);
    run(&work, &["commit", "-qm", "New"], true);
    env.write("work/new.env", "gone");
    run(&work, &["commit", "-aqm", "Gone again"], true);
    let refused = run(&work, &["push", "origin", "main"], false);
    let said = stderr(&refused);
    assert!(
        said.contains("new.env:1:1") && !said.contains("old.env"),
        "{said}"
    );
    run(&work, &["push", "-q", "origin", "--delete", "other"], true);
    let tag = format!("Release {}", token(304, Shape::Ghp));
    run(&work, &["tag", "-a", "-m", &tag, "v1", "HEAD~2"], true);
    let refused = run(&work, &["push", "origin", "v1"], false);
    assert!(stderr(&refused).contains("tag:"), "{refused:?}");
}

#[test]
fn a_bare_repository_refuses_a_push_with_a_token_and_takes_one_without() {
    let env = Env::new();
    git_out(
        env.root(),
        &["init", "-q", "--bare", "-b", "main", "hub.git"],
    );
    let hub = env.root().join("hub.git");
    sweep(&env, &hub, &["hook", "install"]);
    assert!(hub.join("hooks/pre-receive").is_file());
    let work = repository(&env, "work");
    env.write("work/clean", "clean");
    run(&work, &["add", "."], true);
    run(&work, &["commit", "-qm", "Clean"], true);
    run(&work, &["push", "-q", "../hub.git", "main"], true);
    env.write("work/x.env", token(305, Shape::Ghp));
    run(&work, &["add", "."], true);
    run(&work, &["commit", "-qm", "With a token"], true);
    let refused = run(&work, &["push", "../hub.git", "main", "main:second"], false);
    let said = stderr(&refused);
    for part in ["x.env:1:1", "the push is refused", "git commit --amend"] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert_eq!(
        git_out(&hub, &["for-each-ref", "--format=%(refname)"]),
        "refs/heads/main"
    );
    run(&work, &["rm", "-q", "x.env"], true);
    run(
        &work,
        &["commit", "-q", "--amend", "--allow-empty", "-m", "Without"],
        true,
    );
    run(&work, &["push", "-q", "../hub.git", "main"], true);
}

#[test]
fn a_submodule_has_hooks_of_its_own() {
    let env = Env::new();
    let library = repository(&env, "library");
    run(
        &library,
        &["commit", "-q", "--allow-empty", "-m", "Start"],
        true,
    );
    let work = repository(&env, "work");
    let add = [
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        "../library",
        "sub",
    ];
    run(&work, &add, true);
    let sub = work.join("sub");
    sweep(&env, &sub, &["hook", "install", "pre-commit"]);
    assert!(work.join(".git/modules/sub/hooks/pre-commit").is_file());
    env.write("work/sub/x.env", token(306, Shape::Ghp));
    run(&sub, &["add", "."], true);
    run(&sub, &["commit", "-m", "Refused"], false);
}
