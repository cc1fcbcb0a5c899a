//! Files that are read and that are not: ignore files, hidden files, the inside of `.git`, things that are no files.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::process::Command;

use serde_json::Value;
use tokensweep::internals::token::{Mint, Shape};

use crate::env::{Env, Run};

fn leak(seed: u64) -> Vec<u8> {
    [
        b"token = ".to_vec(),
        Mint::new(seed).new_token(Shape::Ghp),
        b"\n".to_vec(),
    ]
    .concat()
}

/// The paths of a run's findings.
fn paths(run: &Run) -> Vec<String> {
    run.findings()
        .iter()
        .map(|f| f["path"].as_str().unwrap().to_owned())
        .collect()
}

fn skipped(run: &Run) -> Vec<(String, String)> {
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    let json = run.json();
    let list = json["scan"]["skipped"].as_array().unwrap();
    list.iter()
        .map(|s| (text(&s["path"]), text(&s["reason"])))
        .collect()
}

#[test]
fn hidden_files_are_read_and_ignored_ones_are_not() {
    let env = Env::new();
    std::fs::create_dir(env.root().join(".git")).unwrap();
    env.write(".gitignore", "/dist\n*.log\n!keep.log\n");
    env.write("src/.tokensweepignore", "fixtures/\n");
    env.write("src/.ignore", "generated.rs\n");
    for path in [
        ".env",
        "a/.hidden/b",
        "dist/app.js",
        "debug.log",
        "keep.log",
        "src/generated.rs",
        "src/fixtures/x",
        "src/main.rs",
    ] {
        env.write(path, leak(1));
    }
    let run = env.run("scan --format json").expect(1);
    assert_eq!(
        paths(&run),
        [".env", "a/.hidden/b", "keep.log", "src/main.rs"]
    );
    let all = env.run("scan --format json --no-ignore").expect(1);
    assert_eq!(paths(&all).len(), 8);
    // A file that is named is always read.
    let named = env
        .run("scan --format json debug.log dist/app.js")
        .expect(1);
    assert_eq!(paths(&named), ["debug.log", "dist/app.js"]);
}

#[test]
fn of_git_the_text_is_read_and_not_what_is_stored() {
    let env = Env::new();
    let read = [
        ".git/config",
        ".git/config.worktree",
        ".git/FETCH_HEAD",
        ".git/hooks/pre-push",
        ".git/logs/refs/heads/main",
        ".git/modules/deep/lib/config",
        ".git/packed-refs",
        ".git/COMMIT_EDITMSG",
        ".git/worktrees/tree/logs/HEAD",
    ];
    let left = [
        ".git/objects/ab/cd",
        ".git/index",
        ".git/lfs/objects/ab/cd",
        ".git/worktrees/tree/index",
        ".git/modules/deep/lib/objects/ab/cd",
    ];
    for path in read.iter().chain(&left) {
        env.write(path, leak(2));
    }
    env.write(".git/modules/deep/lib/HEAD", "ref: refs/heads/main\n");
    let run = env.run("scan --format json").expect(1);
    let mut expected: Vec<String> = read.iter().map(|p| (*p).to_string()).collect();
    expected.sort();
    assert_eq!(paths(&run), expected);
    // Even where an ignore file hides everything, as in a home folder under git.
    env.write(".gitignore", "*\n");
    assert_eq!(paths(&env.run("scan --format json").expect(1)), expected);
    assert_eq!(
        paths(&env.run("scan --format json --no-ignore").expect(1)).len(),
        read.len() + left.len()
    );
}

#[test]
fn what_is_no_file_is_skipped_with_a_reason_and_never_hangs() {
    let env = Env::new();
    env.write("ok.txt", leak(3));
    symlink("nowhere", env.root().join("dangling")).unwrap();
    symlink(".", env.root().join("loop")).unwrap();
    let _socket = UnixListener::bind(env.root().join("socket")).unwrap();
    let made = Command::new("mkfifo")
        .arg(env.root().join("pipe"))
        .status()
        .unwrap();
    assert!(made.success());
    let run = env.run("scan --format json").expect(1);
    assert_eq!(paths(&run), ["ok.txt"]);
    let link = "symbolic link, not followed";
    let expected = [
        ("dangling", link),
        ("loop", link),
        ("pipe", "named pipe, not read"),
        ("socket", "socket, not read"),
    ];
    assert_eq!(
        skipped(&run),
        expected.map(|(p, r)| (p.to_owned(), r.to_owned()))
    );
    assert_eq!(run.json()["scan"]["complete"], true);
    // Asked for by name, they are trouble.
    for name in ["pipe", "socket", "dangling", "missing"] {
        let run = env.run(&format!("scan --format json {name}")).expect(2);
        assert_eq!(skipped(&run)[0].0, name);
        assert_eq!(run.json()["scan"]["complete"], false);
    }
}

#[test]
fn what_cannot_be_read_is_trouble_and_the_rest_is_still_reported() {
    let env = Env::new();
    env.write("locked/secret.txt", leak(4));
    env.write("open.txt", leak(4));
    let locked = env.root().join("locked");
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::read_dir(&locked).is_ok() {
        // Root may read everything; the same path is then taken by a file that is no folder.
        let run = env
            .run("scan --format json open.txt open.txt/below")
            .expect(2);
        assert_eq!(paths(&run), ["open.txt"]);
        assert_eq!(
            skipped(&run)[0],
            ("open.txt/below".to_owned(), "not a directory".to_owned())
        );
    } else {
        let run = env.run("scan --format json").expect(2);
        assert_eq!(paths(&run), ["open.txt"]);
        assert_eq!(
            skipped(&run)[0],
            ("locked".to_owned(), "permission denied".to_owned())
        );
    }
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf8_are_reported_with_their_bytes() {
    use std::os::unix::ffi::OsStrExt;
    let env = Env::new();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.env");
    std::fs::rename(env.write("x", leak(5)), env.root().join(name)).unwrap();
    let run = env.run("scan --format json").expect(1);
    let finding = &run.findings()[0];
    assert_eq!(finding["path"], "caf\u{fffd}.env");
    assert_eq!(
        finding["path_base64"],
        data_encoding::BASE64.encode(b"caf\xe9.env")
    );
}

#[test]
fn lists_of_files_come_from_a_file_or_from_standard_input() {
    let env = Env::new();
    env.write("a b.txt", leak(6));
    env.write("c.txt", leak(6));
    env.write("d.txt", leak(6));
    let run = env
        .run_with("scan --format json --files-from -", b"a b.txt\0c.txt\0")
        .expect(1);
    assert_eq!(paths(&run), ["a b.txt", "c.txt"]);
    env.write("list", "d.txt\r\na b.txt\n");
    let run = env.run("scan --format json --files-from list").expect(1);
    assert_eq!(paths(&run), ["a b.txt", "d.txt"]);
    // An empty list is nothing to do, not the whole folder.
    let run = env
        .run_with("scan --format json --files-from -", b"")
        .expect(0);
    assert_eq!(run.json()["scan"]["files"], 0);
    // A file that is listed but gone is trouble.
    let run = env
        .run_with("scan --format json --files-from -", b"gone\n")
        .expect(2);
    assert_eq!(
        skipped(&run),
        [("gone".to_owned(), "no such file or directory".to_owned())]
    );
}

#[test]
fn standard_input_is_reported_under_the_name_it_is_given() {
    let env = Env::new();
    let run = env.run_with("scan --format json -", &leak(7)).expect(1);
    assert_eq!(paths(&run), ["-"]);
    let run = env
        .run_with(
            "scan --format json - --stdin-filename src/app.env",
            &leak(7),
        )
        .expect(1);
    assert_eq!(paths(&run), ["src/app.env"]);
    assert_eq!(run.findings()[0]["origin"]["kind"], "stdin");
}

#[test]
fn large_files_are_left_out_only_when_asked() {
    let env = Env::new();
    env.write("big.txt", [b"x ".repeat(600_000), leak(8)].concat());
    let run = env.run("scan --format json").expect(1);
    assert_eq!(run.findings()[0]["line"], 1);
    assert_eq!(run.findings()[0]["byte_start"], 1_200_008);
    let run = env.run("scan --format json --max-file-size 1M").expect(0);
    assert_eq!(skipped(&run)[0].0, "big.txt");
}

#[test]
fn output_is_the_same_for_any_number_of_threads() {
    let env = Env::new();
    for i in 0..60 {
        env.write(&format!("d{}/f{i}.txt", i % 7), leak(i));
    }
    let report = |threads: usize| {
        let run = env
            .run(&format!("scan --format json --threads {threads}"))
            .expect(1);
        let mut json = run.json();
        json["scan"]["seconds"] = Value::Null;
        json.to_string()
    };
    let one = report(1);
    assert_eq!(one.matches("\"fingerprint\"").count(), 60);
    for threads in [0, 2, 8] {
        assert_eq!(report(threads), one, "{threads} threads");
    }
}

#[test]
fn a_named_file_is_scanned_unless_excludes_are_forced() {
    let env = Env::new();
    let token = String::from_utf8(Mint::new(77).new_token(Shape::Ghp)).unwrap();
    env.write(".git/HEAD", "");
    env.write(".tokensweepignore", "fixtures/\n");
    env.write("fixtures/a.env", format!("T={token}\n"));
    env.run("scan fixtures/a.env").expect(1);
    let left_out = env.run("scan --force-exclude fixtures/a.env -v").expect(0);
    assert!(
        left_out
            .stdout
            .contains("not read: fixtures/a.env: excluded\n"),
        "{}",
        left_out.stdout
    );
    left_out.prints("nothing scanned");
}
