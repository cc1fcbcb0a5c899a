//! The ways in which a repository can be laid out: submodules, linked working trees with settings of their own,
//! refs in tables.

use std::path::Path;

use tokensweep::internals::token::Shape;

use crate::env::{Env, Run};
use crate::git::{fixture, git, git_out, token};

/// Paths and secrets that a run found.
fn found(run: &Run) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    run.findings()
        .iter()
        .map(|f| (text(&f["path"]), text(&f["secret"])))
        .collect()
}

fn history(env: &Env, args: &str) -> Run {
    env.run(&format!(
        "scan --history --show-secrets --format json {args}"
    ))
}

fn pair(path: &str, secret: &str) -> (String, String) {
    (path.to_owned(), secret.to_owned())
}

#[test]
fn submodules_are_other_repositories_until_asked_for() {
    let env = Env::new();
    let secrets: Vec<String> = (600..604).map(|n| token(n, Shape::Ghp)).collect();
    let [outer, inner, deep, lost] = [&secrets[0], &secrets[1], &secrets[2], &secrets[3]];
    let variables = [
        ("OUTER", outer.as_str()),
        ("INNER", inner),
        ("DEEP", deep),
        ("LOST", lost),
    ];
    fixture(&env, "submodules.sh", &variables);
    let run = history(&env, "outer").expect(1);
    assert_eq!(found(&run), [pair("outer.env", outer)]);
    let run = history(&env, "--recurse-submodules outer").expect(1);
    assert_eq!(
        found(&run),
        [
            // No commit names it any more; git keeps it.
            pair("modules/dropped/lost.env", lost),
            pair("outer.env", outer),
            pair("sub/inner/deep/deep.env", deep),
            pair("sub/inner/inner.env", inner),
        ]
    );
    let blob = git_out(&env.root().join("inner"), &["rev-parse", "HEAD:inner.env"]);
    let finding = &run.findings()[3];
    assert_eq!(finding["origin"]["blob"], blob);
    assert_eq!(finding["origin"]["at_head"], true);
    assert_eq!(finding["origin"]["head_path"], "sub/inner/inner.env");
    let commits = |run: &Run| run.json()["scan"]["commits"].as_u64().unwrap();
    // Those of inner, deep and lost beside its own.
    assert_eq!(commits(&run), commits(&history(&env, "outer")) + 2 + 1 + 1);
}

#[test]
fn a_submodule_that_is_not_here_is_missing() {
    let env = Env::new();
    let secret = token(610, Shape::Ghp);
    let names = ["OUTER", "INNER", "DEEP", "LOST"];
    fixture(&env, "submodules.sh", &names.map(|n| (n, secret.as_str())));
    git_out(env.root(), &["clone", "-q", "outer", "fresh"]);
    history(&env, "fresh").expect(1);
    let run = history(&env, "--recurse-submodules fresh").expect(2);
    let skipped = run.json()["scan"]["skipped"].clone();
    assert_eq!(skipped[0]["path"], "sub/inner");
    let reason = skipped[0]["reason"].as_str().unwrap();
    assert!(reason.contains("git submodule update --init"), "{reason}");
    history(&env, "--recurse-submodules --allow-incomplete fresh").expect(1);
}

#[test]
fn a_linked_tree_with_settings_of_its_own_is_read() {
    let env = Env::new();
    let (old, new) = (token(620, Shape::Ghp), token(621, Shape::Ghp));
    let main = env.root().join("main");
    git_out(env.root(), &["init", "-q", "-b", "main", "main"]);
    env.write("main/old.env", &old);
    git_out(&main, &["add", "."]);
    git_out(&main, &["commit", "-qm", "Old"]);
    git_out(&main, &["config", "extensions.worktreeConfig", "true"]);
    git_out(
        &main,
        &["worktree", "add", "-q", "-b", "linked", "../linked"],
    );
    let linked = env.root().join("linked");
    git_out(&linked, &["config", "--worktree", "core.hooksPath", "own"]);
    let run = history(&env, "linked").expect(1);
    assert_eq!(found(&run), [pair("old.env", &old)]);
    env.write("linked/new.env", &new);
    git_out(&linked, &["add", "."]);
    let mut staged = env.command();
    staged.current_dir(&linked);
    let output = staged.args(["scan", "--staged"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    // The setting of one tree is not that of the other.
    for (tree, hooks) in [(&linked, "own"), (&main, ".git/hooks")] {
        let mut install = env.command();
        install.current_dir(tree);
        let output = install.args(["hook", "install", "pre-commit"]).output();
        assert!(output.unwrap().status.success());
        assert!(
            tree.join(hooks).join("pre-commit").exists(),
            "{}",
            tree.display()
        );
    }
}

#[test]
fn refs_in_tables_are_said_not_to_be_read() {
    let env = Env::new();
    let secret = token(630, Shape::Ghp);
    let init = ["init", "-q", "--ref-format=reftable", "."];
    if !git(env.root())
        .args(init)
        .output()
        .unwrap()
        .status
        .success()
    {
        // This git cannot make such a repository.
        return;
    }
    env.write("x.env", &secret);
    git_out(env.root(), &["add", "."]);
    git_out(env.root(), &["commit", "-qm", "One"]);
    for args in ["scan --history", "scan --range HEAD", "scan --staged"] {
        let run = env.run(args).expect(2);
        run.says("reftable");
    }
    let clone = [
        "clone",
        "-q",
        "--mirror",
        "--ref-format=files",
        ".",
        "../files.git",
    ];
    let parent = Env::new();
    let place = parent.root().join("files.git");
    let clone = clone.map(|arg| {
        if arg == "../files.git" {
            place.to_str().unwrap()
        } else {
            arg
        }
    });
    git_out(env.root(), &clone);
    assert_eq!(
        found(&history(&parent, "files.git")),
        [pair("x.env", &secret)]
    );
}

#[test]
fn a_bare_repository_is_read_by_its_directory() {
    let env = Env::new();
    let secret = token(640, Shape::Ghp);
    git_out(env.root(), &["init", "-q", "-b", "main", "work"]);
    env.write("work/x.env", &secret);
    let work = env.root().join("work");
    git_out(&work, &["add", "."]);
    git_out(&work, &["commit", "-qm", "One"]);
    git_out(env.root(), &["clone", "-q", "--bare", "work", "bare.git"]);
    let run = history(&env, "bare.git").expect(1);
    assert_eq!(found(&run), [pair("x.env", &secret)]);
    assert!(Path::new(&env.root().join("bare.git/objects")).is_dir());
}
