//! Parts that a scan did not look at are counted, named and never called clean: ignored files, histories, containers.

use serde_json::Value;
use tokensweep::internals::token::{Mint, Shape};

use crate::env::{Env, Run};
use crate::git::git_out;

/// The first bytes of an archive that no reader opens.
const RAR: &[u8] = b"Rar!\x1a\x07\x01\0packed";

fn last_line(run: &Run) -> &str {
    run.stdout.lines().last().unwrap_or_default()
}

fn not_read(run: &Run, kind: &str) -> u64 {
    run.json()["scan"]["not_read"][kind].as_u64().unwrap()
}

/// A repository with one commit, where one file and one folder are ignored.
fn repository() -> Env {
    let env = Env::new();
    git_out(env.root(), &["init", "-q", "."]);
    env.write(".gitignore", "secret.env\nbuild/\n");
    env.write("a.txt", "nothing\n");
    git_out(env.root(), &["add", "."]);
    git_out(env.root(), &["commit", "-qm", "one"]);
    env.write("secret.env", "GITHUB_TOKEN=...\n");
    env.write("build/deep/1", "x\n");
    env.write("build/deep/2", "x\n");
    env
}

#[test]
fn the_last_line_says_what_was_found_in_what_and_what_was_not_read() {
    let env = repository();
    env.write("b.rar", RAR);
    env.write("c.rar", RAR);
    let run = env.run("scan .").expect(0);
    let line = last_line(&run);
    assert!(
        line.starts_with("no GitHub or npm tokens found in "),
        "{line}"
    );
    let unread = "; not read: 2 ignored files and folders, the history (`--history`), 2 archives (-v lists them)";
    assert!(line.ends_with(unread), "{line}");
    env.write("d.txt", Mint::new(1).new_token(Shape::Ghp));
    let run = env.run("scan .").expect(1);
    assert!(last_line(&run).starts_with("1 leak in "), "{run:?}");
    assert!(last_line(&run).ends_with(unread), "{run:?}");
}

#[test]
fn every_path_that_was_left_out_is_listed_on_request() {
    let env = repository();
    env.write("b.rar", RAR);
    let run = env.run("scan . -v").expect(0);
    run.prints("not read: secret.env: ignored file");
    run.prints("not read: build: ignored folder");
    run.prints("not read: .git: the history was not read; --history reads it");
    run.prints("not read: b.rar: a rar archive, not opened");
    assert!(!run.stdout.contains("deep"), "{}", run.stdout);
    let run = env.run("scan . --format json").expect(0);
    for (kind, count) in [
        ("ignored_files", 1),
        ("ignored_folders", 1),
        ("histories", 1),
        ("archives", 1),
        ("images", 0),
    ] {
        assert_eq!(not_read(&run, kind), count, "{kind}");
    }
    let skipped = run.json()["scan"]["skipped"].clone();
    let paths = skipped.as_array().unwrap().iter().map(|s| &s["path"]);
    let paths: Vec<&str> = paths.filter_map(Value::as_str).collect();
    assert_eq!(paths, [".git", "b.rar", "build", "secret.env"]);
}

#[test]
fn ignored_files_are_noticed_whichever_file_ignores_them_on_any_number_of_threads() {
    let env = Env::new();
    env.write(".ignore", ".ignore\n");
    env.write("a/.tokensweepignore", "*\n!keep\n");
    env.write("a/keep", "x\n");
    env.write("a/other", "x\n");
    for number in 0..40 {
        env.write(&format!("many/{number}/.ignore"), "left\n");
        env.write(&format!("many/{number}/left"), "x\n");
        env.write(&format!("many/{number}/read"), "x\n");
    }
    for threads in [1, 2, 8] {
        let run = env.run(&format!("scan . --format json --threads {threads}"));
        // Every `left`, `a/other`, and all the ignore files, which ignore themselves.
        assert_eq!(not_read(&run, "ignored_files"), 83, "{threads} threads");
        assert_eq!(run.json()["scan"]["files"], 41, "{threads} threads");
    }
    let run = env.run("scan . --format json --no-ignore").expect(0);
    assert_eq!(not_read(&run, "ignored_files"), 0);
    assert_eq!(run.json()["scan"]["files"], 124);
}

#[test]
fn an_ignore_file_that_ignores_itself_is_noticed_below_folders_without_one() {
    let env = Env::new();
    env.write("plain/more/read", "x\n");
    env.write("plain/.gitignore", "*\n");
    env.write("plain/more/repository/.gitignore", "*\n");
    env.write("plain/more/repository/left", "x\n");
    env.write("plain/own/.ignore", "*\n");
    env.write("plain/own/left", "x\n");
    git_out(env.root(), &["init", "-q", "plain/more/repository"]);
    for threads in [1, 2] {
        let run = env.run(&format!("scan plain --format json --threads {threads}"));
        assert_eq!(not_read(&run, "ignored_files"), 4, "{threads} threads");
        // Outside of a repository `.gitignore` is a file like any other.
        assert_eq!(run.json()["scan"]["files"], 2, "{threads} threads");
    }
}

#[test]
fn a_history_is_mentioned_only_where_there_is_one() {
    let env = Env::new();
    env.write("plain/a", "x\n");
    let run = env.run("scan .").expect(0);
    assert!(!run.stdout.contains("history"), "{}", run.stdout);
    git_out(env.root(), &["init", "-q", "."]);
    let run = env.run("scan .").expect(0);
    assert!(!run.stdout.contains("history"), "no commit: {}", run.stdout);
    git_out(env.root(), &["add", "."]);
    git_out(env.root(), &["commit", "-qm", "one"]);
    for args in ["scan .", "scan plain", "scan --no-ignore"] {
        env.run(args).expect(0).prints("the history (`--history`)");
    }
    let run = env.run("scan --history").expect(0);
    assert!(!run.stdout.contains("not read"), "{}", run.stdout);
    // One repository in another.
    env.write("inner/a", "x\n");
    git_out(&env.root().join("inner"), &["init", "-q", "."]);
    git_out(&env.root().join("inner"), &["add", "."]);
    git_out(&env.root().join("inner"), &["commit", "-qm", "one"]);
    env.run("scan .")
        .expect(0)
        .prints("the histories of 2 repositories (`--history`)");
}

#[test]
fn a_container_that_is_named_and_cannot_be_opened_is_trouble() {
    let env = Env::new();
    env.write("a.rar", RAR);
    env.write("b.txt", RAR);
    env.write("c.rar", "only its name is that of an archive\n");
    env.write("d.png", b"\x89PNG\r\n\x1a\n");
    for (args, code) in [
        ("scan a.rar", 2),
        ("scan b.txt", 2),
        ("scan c.rar", 0),
        // Its pixels are not what is asked for.
        ("scan d.png", 0),
        ("scan .", 0),
        ("redact a.rar", 2),
    ] {
        let run = env.run(args).expect(code);
        if code == 2 {
            run.says("a rar archive, not opened: what is packed in it was not read");
        }
    }
    let run = env.run("scan a.rar --format json").expect(2);
    assert_eq!(run.json()["scan"]["complete"], false);
    assert_eq!(run.json()["scan"]["files"], 0);
    env.run_with("scan -", RAR)
        .expect(2)
        .says("tokensweep: -: a rar archive, not opened");
    // A list names whatever there is.
    env.write("list", "a.rar\nc.rar\n");
    env.run("scan --files-from list")
        .expect(0)
        .prints("not read: 1 archive");
}

#[test]
fn what_stands_in_the_open_in_a_container_is_found_all_the_same() {
    let env = Env::new();
    let token = Mint::new(2).new_token(Shape::Ghp);
    env.write(
        "stored.rar",
        [RAR, b" GITHUB_TOKEN=", &token, b"\n"].concat(),
    );
    let run = env.run("scan . --format json").expect(1);
    assert_eq!(run.findings().len(), 1);
    assert_eq!(not_read(&run, "archives"), 1);
}

#[test]
fn archives_in_commits_and_in_the_index_are_counted_too() {
    let env = Env::new();
    git_out(env.root(), &["init", "-q", "."]);
    env.write("a.rar", RAR);
    git_out(env.root(), &["add", "."]);
    env.run("scan --staged")
        .expect(0)
        .prints("not read: 1 archive");
    git_out(env.root(), &["commit", "-qm", "one"]);
    // The second run knows from the first what it need not read.
    for _ in 0..2 {
        env.run("scan --history")
            .expect(0)
            .prints("not read: 1 archive");
    }
}

#[test]
fn a_redacted_copy_holds_nothing_that_could_not_be_read() {
    let env = Env::new();
    let token = Mint::new(3).new_token(Shape::Ghp);
    env.write("in/a.txt", [b"token = ", &token[..], b"\n"].concat());
    env.write("in/b.rar", RAR);
    let run = env.run("redact in --output-dir out").expect(2);
    run.says("in/b.rar: not copied: it is a rar archive, which is not rewritten");
    assert!(env.root().join("out/a.txt").exists());
    assert!(!env.root().join("out/b.rar").exists());
}

#[test]
fn a_filter_does_not_pass_an_archive_for_redacted_text() {
    let env = Env::new();
    let run = env.run_with("redact -", b"!<arch>\npacked").expect(2);
    run.says("standard input is an ar archive");
}
