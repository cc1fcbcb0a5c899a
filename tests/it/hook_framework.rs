//! Hooks as the pre-commit framework runs them: the variables and arguments are those of its release 4.7, and
//! `tests/pre_commit.sh` runs the program itself.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use tokensweep::internals::token::Shape;

use crate::env::Env;
use crate::git::{git, git_out, token};

/// A repository with three commits: nothing, a token in `old.env`, and `new.env`.
struct Project {
    env: Env,
    work: PathBuf,
    base: String,
}

impl Project {
    fn new() -> Project {
        let env = Env::new();
        git_out(env.root(), &["init", "-q", "-b", "main", "work"]);
        let work = env.root().join("work");
        git_out(&work, &["commit", "-q", "--allow-empty", "-m", "Start"]);
        let base = git_out(&work, &["rev-parse", "HEAD"]);
        let project = Project { env, work, base };
        let leak = format!("TOKEN={}\n", token(320, Shape::Ghp));
        project.commit("old.env", &leak);
        project.commit("clean.txt", "nothing\n");
        project
    }

    fn commit(&self, name: &str, text: &str) {
        self.env.write(&format!("work/{name}"), text);
        git_out(&self.work, &["add", name]);
        git_out(&self.work, &["commit", "-q", "-m", name]);
    }

    /// Runs a hook under the framework, which gives it an empty pipe.
    fn run(&self, hook: &str, variables: &[(&str, &str)], files: &[&str]) -> Output {
        let mut command = self.env.command();
        command
            .current_dir(&self.work)
            .args(["hook", "run", hook, "--"])
            .args(files)
            .env("PRE_COMMIT", "1")
            .envs(variables.iter().copied())
            .stdin(Stdio::piped());
        command.output().unwrap()
    }

    #[track_caller]
    fn finds(&self, hook: &str, variables: &[(&str, &str)], files: &[&str], place: &str) {
        let output = self.run(hook, variables, files);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(place), "{said}");
        assert_eq!(said.matches("old.env:1:7").count(), 1, "{said}");
    }

    #[track_caller]
    fn passes(&self, hook: &str, variables: &[(&str, &str)], files: &[&str]) {
        let output = self.run(hook, variables, files);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
}

#[test]
fn files_that_are_named_are_scanned_at_every_stage() {
    let project = Project::new();
    for hook in ["pre-commit", "pre-push"] {
        project.finds(hook, &[], &["clean.txt", "old.env"], "old.env:1:7");
        project.finds(hook, &[], &["old.env"], "old.env:1:7");
        project.passes(hook, &[], &["clean.txt"]);
        let missing = project.run(hook, &[], &["gone.env"]);
        assert_eq!(missing.status.code(), Some(2), "{missing:?}");
    }
    project.env.write("work/-v", token(321, Shape::Ghp));
    let dashed = project.run("pre-commit", &[], &["-v"]);
    assert_eq!(dashed.status.code(), Some(1), "{dashed:?}");
}

#[test]
fn a_range_that_is_given_is_scanned_by_ids_and_by_names() {
    let project = Project::new();
    git_out(&project.work, &["tag", "start", &project.base]);
    let leaky = |from: &str, to: &str| {
        let range = [("PRE_COMMIT_FROM_REF", from), ("PRE_COMMIT_TO_REF", to)];
        for hook in ["pre-commit", "pre-push"] {
            let files = ["clean.txt", "old.env"];
            project.finds(hook, &range, &files, "in commit ");
            project.finds(hook, &range, &[], "in commit ");
        }
    };
    leaky(&project.base, "HEAD");
    leaky("start", "main");
    leaky("HEAD~2", "HEAD~1");
    for hook in ["pre-commit", "pre-push"] {
        // What stood there before the range does not count, not even in a file that it changes.
        let later = [
            ("PRE_COMMIT_FROM_REF", "HEAD~1"),
            ("PRE_COMMIT_TO_REF", "HEAD"),
        ];
        project.passes(hook, &later, &["old.env"]);
        let unknown = [
            ("PRE_COMMIT_FROM_REF", "nowhere"),
            ("PRE_COMMIT_TO_REF", "HEAD"),
        ];
        let output = project.run(hook, &unknown, &[]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
}

#[test]
fn a_first_push_is_scanned_whole_whatever_names_the_branch() {
    let project = Project::new();
    git_out(&project.work, &["tag", "-a", "-m", "v1", "v1"]);
    for branch in ["refs/heads/main", "main", "HEAD", "refs/tags/v1", "HEAD~0"] {
        let push = [
            ("PRE_COMMIT_LOCAL_BRANCH", branch),
            ("PRE_COMMIT_REMOTE_BRANCH", "refs/heads/main"),
            ("PRE_COMMIT_REMOTE_NAME", "origin"),
            ("PRE_COMMIT_REMOTE_URL", "../hub.git"),
        ];
        project.finds("pre-push", &push, &["clean.txt"], "in commit ");
    }
    let zeros = "0".repeat(40);
    let whole = [
        ("PRE_COMMIT_FROM_REF", zeros.as_str()),
        ("PRE_COMMIT_TO_REF", "HEAD"),
    ];
    project.finds("pre-push", &whole, &[], "in commit ");
    project.finds("pre-push", &[], &[], "everything that HEAD has (3 commits)");
}

#[test]
fn a_commit_counts_by_its_index_and_other_named_files_as_they_stand() {
    let project = Project::new();
    let index = project.work.join(".git/index");
    let committing = [("GIT_INDEX_FILE", index.to_str().unwrap())];
    // `pre-commit run --all-files` in a hook of one's own.
    let all = ["clean.txt", "old.env"];
    project.finds("pre-commit", &committing, &all, "old.env:1:7");
    // The secret that a staged file had before does not block the commit; named outside of one, the file is scanned.
    let text = std::fs::read_to_string(project.work.join("old.env")).unwrap();
    project.env.write("work/old.env", text + "more=1\n");
    git_out(&project.work, &["add", "."]);
    project.passes("pre-commit", &committing, &["old.env"]);
    project.finds("pre-commit", &[], &["old.env"], "old.env:1:7");
}

/// A clone whose upstream has a token, and a commit of its own.
fn diverged() -> (Env, PathBuf) {
    let env = Env::new();
    git_out(env.root(), &["init", "-q", "-b", "main", "up"]);
    let up = env.root().join("up");
    let commit = |dir: &Path, name: &str, text: &str| {
        let folder = dir.file_name().unwrap().to_str().unwrap();
        env.write(&format!("{folder}/{name}"), text);
        git_out(dir, &["add", "."]);
        git_out(dir, &["commit", "-q", "-m", name]);
    };
    commit(&up, "both.txt", "start\n");
    git_out(env.root(), &["clone", "-q", "up", "work"]);
    let work = env.root().join("work");
    commit(&up, "up.env", &format!("T={}\n", token(322, Shape::Ghp)));
    commit(&work, "own.txt", "own\n");
    (env, work)
}

#[test]
#[cfg(unix)]
fn a_pull_that_merges_what_upstream_has_is_not_blocked() {
    use std::os::unix::fs::PermissionsExt as _;
    let (env, work) = diverged();
    let program = env!("CARGO_BIN_EXE_tokensweep");
    let hook = format!("#!/bin/sh\nPRE_COMMIT=1 '{program}' hook run pre-commit -- \"$@\"\n");
    for name in ["pre-commit", "pre-merge-commit"] {
        let path = env.write(&format!("work/.git/hooks/{name}"), &hook);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    git_out(&work, &["pull", "-q", "--no-rebase", "--no-edit"]);
    // A merge that brings in what neither side has is blocked.
    git_out(&work, &["reset", "-q", "--hard", "HEAD~1"]);
    let merge = ["merge", "-q", "--no-commit", "origin/main"];
    git_out(&work, &merge);
    env.write("work/evil.env", token(323, Shape::Ghp));
    git_out(&work, &["add", "."]);
    let refused = git(&work)
        .args(["commit", "-qm", "Merge"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success(), "{said}");
    assert!(
        said.contains("evil.env:1:1") && !said.contains("up.env"),
        "{said}"
    );
}

/// Runs the pre-push hook of a repository with two arguments, as git does, and an empty standard input.
fn push_nothing(env: &Env, work: &Path, stdin: Stdio) -> (Option<i32>, String) {
    let mut command = env.command();
    command
        .current_dir(work)
        .args(["hook", "run", "pre-push", "--", "origin", "../hub.git"]);
    let output = command.stdin(stdin).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), said)
}

#[test]
fn a_push_hook_without_input_says_what_it_looked_at() {
    let project = Project::new();
    let (env, work) = (&project.env, &project.work);
    // Nothing is known of the other side.
    for stdin in [Stdio::null(), Stdio::piped()] {
        let (code, said) = push_nothing(env, work, stdin);
        assert_eq!(code, Some(1), "{said}");
        assert!(
            said.contains("old.env:1:7") && said.contains("checked: "),
            "{said}"
        );
    }
    // An ordinary push of what is up to date already gives a pipe without lines, and is not blocked.
    git_out(env.root(), &["init", "-q", "--bare", "hub.git"]);
    git_out(work, &["remote", "add", "origin", "../hub.git"]);
    git_out(work, &["push", "-q", "origin", "main"]);
    let (code, said) = push_nothing(env, work, Stdio::piped());
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("git names no commit that is pushed"),
        "{said}"
    );
    assert!(said.contains("(0 commits)"), "{said}");
    // What no push has brought there is looked at, and so is everything where git cannot have run the hook.
    project.commit("new.env", &token(324, Shape::Ghp));
    let (code, said) = push_nothing(env, work, Stdio::piped());
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("new.env:1:1") && !said.contains("old.env"),
        "{said}"
    );
    let (code, said) = push_nothing(env, work, Stdio::null());
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("old.env:1:7"), "{said}");
}

#[test]
fn a_receiving_hook_without_input_is_trouble() {
    let project = Project::new();
    let run = project
        .env
        .command()
        .current_dir(&project.work)
        .args(["hook", "run", "pre-receive"])
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(2), "{run:?}");
}

#[test]
fn a_push_of_a_revision_with_blanks_is_checked() {
    let project = Project::new();
    let (env, work) = (&project.env, &project.work);
    git_out(env.root(), &["init", "-q", "--bare", "hub.git"]);
    let install = env
        .command()
        .current_dir(work)
        .args(["hook", "install", "pre-push"])
        .output()
        .unwrap();
    assert!(install.status.success(), "{install:?}");
    let push = [
        "push",
        "-q",
        "../hub.git",
        "HEAD@{1 second ago}:refs/heads/x",
    ];
    let refused = git(work).args(push).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && said.contains("old.env:1:7"),
        "{said}"
    );
}

#[test]
fn ways_out_name_the_baseline_where_a_file_has_no_comments() {
    let env = Env::new();
    git_out(env.root(), &["init", "-q", "."]);
    let comment = "in a comment on its line";
    let baseline = "tokensweep baseline update --staged";
    for (files, has_comment, has_baseline) in [
        (&["a.json"][..], false, true),
        (&["a.env"], true, false),
        (&["a.env", "b.ipynb"], true, true),
        (&["PACKAGE.JSON", "c.csv"], false, true),
    ] {
        git_out(env.root(), &["read-tree", "--empty"]);
        for (seed, file) in files.iter().enumerate() {
            env.write(
                file,
                format!("{{\"t\": \"{}\"}}\n", token(330 + seed as u64, Shape::Ghp)),
            );
            git_out(env.root(), &["add", file]);
        }
        let run = env.run("hook run pre-commit").expect(1);
        assert_eq!(run.stderr.contains(comment), has_comment, "{}", run.stderr);
        assert_eq!(
            run.stderr.contains(baseline),
            has_baseline,
            "{}",
            run.stderr
        );
    }
    let run = env.run("scan -v --no-ignore PACKAGE.JSON").expect(1);
    run.prints("this kind of file has no comments");
}
