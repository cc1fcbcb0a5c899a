//! Standard input that no PATH names: what waits there is never passed over in silence, and nothing hangs on it.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::os::unix::net::UnixStream;
use std::process::{Output, Stdio};

use tokensweep::internals::token::Shape;

use crate::env::{Env, Run};
use crate::git::{git_out, token};

/// A folder without leaks.
fn clean() -> Env {
    let env = Env::new();
    env.write("readme.txt", "nothing\n");
    env
}

fn leak() -> String {
    format!("token = {}\n", token(1, Shape::Ghp))
}

fn run_on(env: &Env, args: &str, stdin: impl Into<Stdio>) -> Run {
    let mut command = env.command();
    command.args(args.split_whitespace()).stdin(stdin);
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    Run {
        code: status.code().unwrap_or(-1),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    }
}

#[test]
fn text_that_is_piped_into_a_scan_without_a_path_is_not_taken_for_scanned() {
    let env = clean();
    for args in [
        "scan",
        "scan -q",
        "redact --check",
        "redact --diff",
        "redact",
        "baseline create",
    ] {
        let run = env.run_with(args, leak().as_bytes()).expect(2);
        let how = ["`tokensweep redact -` filters it", "(tokensweep scan -)"];
        assert!(how.iter().any(|h| run.stderr.contains(h)), "{run:?}");
        assert_eq!(run.stdout, "", "{args}");
    }
    assert!(!env.root().join("tokensweep.baseline").exists());
    env.run_with("scan -", leak().as_bytes()).expect(1);
}

#[test]
fn text_that_comes_while_the_folder_is_scanned_is_not_taken_for_scanned() {
    let env = clean();
    let (reader, mut writer) = std::io::pipe().unwrap();
    let writes = std::thread::spawn(move || {
        _ = writer.write_all(leak().as_bytes());
        writer
    });
    let run = run_on(&env, "scan", reader).expect(2);
    run.says("text waits on standard input");
    drop(writes.join());
}

#[test]
fn a_file_on_standard_input_is_noticed_until_it_has_been_read() {
    let env = clean();
    let mut file = File::open(env.write("list", "one\ntwo\n")).unwrap();
    // A loop of a shell that has read the first of two lines, then both.
    file.seek(SeekFrom::Start(4)).unwrap();
    let run = run_on(&env, "scan", file.try_clone().unwrap()).expect(2);
    run.says("text waits on standard input");
    file.seek(SeekFrom::End(0)).unwrap();
    run_on(&env, "scan", file).expect(0);
    run_on(&env, "scan", File::open(env.write("empty", "")).unwrap()).expect(0);
}

#[test]
fn what_programs_leave_on_standard_input_neither_fails_a_scan_nor_holds_it_up() {
    let env = clean();
    let (ended, writer) = std::io::pipe().unwrap();
    drop(writer);
    let (socket, _other_end) = UnixStream::pair().unwrap();
    for stdin in [
        Stdio::null(),
        ended.into(),
        Stdio::from(std::os::fd::OwnedFd::from(socket)),
    ] {
        let run = run_on(&env, "scan", stdin).expect(0);
        assert!(!run.stdout.contains("standard input"), "{}", run.stdout);
    }
    // An open and empty pipe that outlives the scan: nobody waits for it, and it is said that it was not read.
    let (open, _writer) = std::io::pipe().unwrap();
    let run = run_on(&env, "scan", open).expect(0);
    run.prints("standard input");
}

#[test]
fn what_is_named_is_scanned_whatever_waits_on_standard_input() {
    let env = clean();
    git_out(env.root(), &["init", "-q", "."]);
    git_out(env.root(), &["add", "."]);
    env.write("list", "readme.txt\n");
    for args in [
        "scan .",
        "scan readme.txt",
        "scan --staged",
        "scan --files-from list",
    ] {
        let run = env.run_with(args, leak().as_bytes()).expect(0);
        assert!(!run.stdout.contains("standard input"), "{}", run.stdout);
        assert_eq!(run.stderr, "");
    }
}
