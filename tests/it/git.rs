//! Git as the source of what is scanned: fixtures are repositories made by scripts, git itself is the oracle.

use std::path::Path;
use std::process::Command;

use tokensweep::ObjectLookup;
use tokensweep::internals::source::git::RepositoryLookup;
use tokensweep::internals::token::{Mint, Shape};

use crate::env::Env;

/// The secrets of `history.sh`, by the name of their variable.
pub(crate) const CORNERS: [&str; 19] = [
    "PLAIN",
    "REMOVED",
    "NODIFF",
    "UTF16",
    "MOVED",
    "EVIL",
    "OCTOPUS",
    "ORPHAN",
    "DELETED",
    "MESSAGE",
    "AUTHOR",
    "AUTHOR_MAIL",
    "COMMITTER",
    "COMMITTER_MAIL",
    "TAG",
    "TAGGER",
    "NOTE",
    "STASHED",
    "PULL",
];

/// A token of this shape; each seed has its own.
pub(crate) fn token(seed: u64, shape: Shape) -> String {
    String::from_utf8(Mint::new(seed).new_token(shape)).unwrap()
}

/// Git in this folder, untouched by the user's settings.
pub(crate) fn git(dir: &Path) -> Command {
    let mut command = Command::new("git");
    configure(&mut command, dir);
    command
}

/// Sets folder, home and author, and takes away the user's settings.
pub(crate) fn configure(command: &mut Command, dir: &Path) {
    command
        .current_dir(dir)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", dir)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_NAME", "Ann Author")
        .env("GIT_AUTHOR_EMAIL", "ann@example.com")
        .env("GIT_AUTHOR_DATE", "2024-02-03T04:05:06+01:00")
        .env("GIT_COMMITTER_NAME", "Carl Committer")
        .env("GIT_COMMITTER_EMAIL", "carl@example.com")
        .env("GIT_COMMITTER_DATE", "2024-02-04T04:05:06+01:00");
}

/// Returns the output of git.
pub(crate) fn git_out(dir: &Path, args: &[&str]) -> String {
    let output = git(dir).args(args).output().unwrap();
    assert!(output.status.success(), "git {args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Runs a script of `tests/fixtures` in the environment's folder.
pub(crate) fn fixture(env: &Env, script: &str, variables: &[(&str, &str)]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(script);
    let mut command = Command::new("sh");
    configure(&mut command, env.root());
    let output = command
        .arg(path)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    assert!(output.status.success(), "{script}: {output:?}");
}

#[test]
fn staged_reads_the_index_and_only_what_differs_from_head() {
    let env = Env::new();
    let (new, old) = (token(1, Shape::Ghp), token(2, Shape::Gho));
    fixture(&env, "staged.sh", &[("TOKEN", &new), ("OTHER", &old)]);
    let run = env.run("scan --staged --format json").expect(1);
    let found: Vec<(String, bool)> = run
        .findings()
        .iter()
        .map(|f| {
            let old = f["origin"]["pre_existing"] == true;
            (f["path"].as_str().unwrap().to_owned(), old)
        })
        .collect();
    assert_eq!(
        found,
        [
            ("a/b/new.env".to_owned(), false),
            ("c/kept.env".to_owned(), true)
        ]
    );
    let first = &run.findings()[0];
    assert_eq!(first["origin"]["kind"], "index");
    assert_eq!(
        first["origin"]["blob"],
        git_out(env.root(), &["rev-parse", ":a/b/new.env"])
    );
    assert_eq!(run.json()["scan"]["blobs"], 2);
}

#[test]
fn what_stood_there_before_is_told_but_blocks_nothing() {
    let env = Env::new();
    let (new, old) = (token(1, Shape::Ghp), token(2, Shape::Gho));
    fixture(&env, "staged.sh", &[("TOKEN", &new), ("OTHER", &old)]);
    let run = env.run("scan --staged --format json c").expect(0);
    assert_eq!(run.findings().len(), 1);
    let human = env.run("scan --staged c").expect(0);
    human.prints("before this change");
    env.run("scan --staged a").expect(1);
    let outside = env.run("scan --staged /").expect(2);
    outside.says("is not in the repository");
}

#[test]
fn the_first_commit_of_a_repository_is_all_new() {
    let env = Env::new();
    git_out(env.root(), &["init", "-q", "."]);
    let empty = env.run("scan --staged").expect(0);
    empty.prints("nothing differs from HEAD");
    env.write("x.env", token(3, Shape::Ghp));
    git_out(env.root(), &["add", "x.env"]);
    env.run("scan --staged").expect(1);
}

#[test]
fn a_merge_brings_in_only_what_no_parent_has() {
    let env = Env::new();
    let theirs = token(4, Shape::Ghp);
    let dir = env.root();
    git_out(dir, &["init", "-q", "-b", "main", "."]);
    env.write("base.txt", "base\n");
    git_out(dir, &["add", "."]);
    git_out(dir, &["commit", "-qm", "base"]);
    git_out(dir, &["checkout", "-qb", "side"]);
    env.write("side.env", &theirs);
    git_out(dir, &["add", "."]);
    git_out(dir, &["commit", "-qm", "side"]);
    git_out(dir, &["checkout", "-q", "main"]);
    env.write("main.txt", "main\n");
    git_out(dir, &["add", "."]);
    git_out(dir, &["commit", "-qm", "main"]);
    git_out(dir, &["merge", "-q", "--no-commit", "--no-ff", "side"]);
    assert_eq!(
        env.run("scan --staged --format json")
            .expect(0)
            .findings()
            .len(),
        0
    );
    // An evil merge: something that neither side had.
    env.write("main.txt", format!("main\n{}\n", token(5, Shape::Ghp)));
    git_out(dir, &["add", "main.txt"]);
    let run = env.run("scan --staged --format json").expect(1);
    assert_eq!(run.findings()[0]["path"], "main.txt");
}

#[test]
fn objects_refs_reflogs_submodules_and_alternates_bear_witness() {
    let env = Env::new();
    fixture(&env, "witness.sh", &[]);
    let main = env.root().join("main");
    let witnesses = RepositoryLookup::default();
    let says = |path: &str, id: &str| witnesses.describe_object(&env.root().join(path), id);
    let head = git_out(&main, &["rev-parse", "HEAD"]);
    for path in ["main/readme", "main/sub/readme", "main/not/yet/there"] {
        assert!(says(path, &head).is_some(), "{path} lies in the repository");
    }
    assert_eq!(
        says("readme", &head),
        None,
        "this folder is in no repository"
    );
    let blob = git_out(&main, &["rev-parse", "HEAD:file"]);
    let packed = git_out(&main, &["rev-parse", "HEAD~1^{tree}"]);
    let in_sub = git_out(&main.join("sub"), &["rev-parse", "HEAD:inner"]);
    for id in [&blob, &packed, &in_sub] {
        assert!(says("main/readme", id).is_some(), "{id}");
    }
    let pruned = std::fs::read_to_string(env.root().join("pruned")).unwrap();
    assert!(
        says("main/readme", pruned.trim())
            .unwrap()
            .contains("reflog")
    );
    let borrowed = git_out(&env.root().join("borrower"), &["rev-parse", "HEAD"]);
    assert!(
        says("borrower/x", &borrowed).is_some(),
        "an alternate's object"
    );
    assert_eq!(says("main/readme", &token(6, Shape::Hex40)), None);
}

#[test]
fn changes_are_what_is_staged_changed_or_new_and_not_ignored() {
    let env = Env::new();
    let (new, old) = (token(1, Shape::Ghp), token(2, Shape::Gho));
    fixture(&env, "staged.sh", &[("TOKEN", &new), ("OTHER", &old)]);
    env.write("untracked.env", &old);
    env.write("ignored.env", &old);
    env.write(".gitignore", "ignored.env\n");
    env.write("nested/x.env", &old);
    git_out(&env.root().join("nested"), &["init", "-q", "."]);
    let run = env.run("scan --changes --format json").expect(1);
    let found: Vec<(String, String, bool)> = run
        .findings()
        .iter()
        .map(|f| {
            let kind = f["origin"]["kind"].as_str().unwrap().to_owned();
            let old = f["origin"]["pre_existing"] == true;
            (f["path"].as_str().unwrap().to_owned(), kind, old)
        })
        .collect();
    let expected = [
        ("a/b/new.env", "index", false),
        ("c/kept.env", "index", true),
        ("plain.txt", "file", false),
        ("untracked.env", "file", false),
    ];
    let expected = expected.map(|(path, kind, old)| (path.to_owned(), kind.to_owned(), old));
    assert_eq!(found, expected);
    env.run("scan --changes a/b/old.env").expect(0);
    git_out(env.root(), &["init", "-q", "--bare", "bare.git"]);
    let mut bare = env.command();
    let output = bare
        .current_dir(env.root().join("bare.git"))
        .args(["scan", "--changes"])
        .output();
    assert_eq!(output.unwrap().status.code(), Some(2));
}
