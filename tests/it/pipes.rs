//! The exit code where nobody reads what is written, where it cannot be written, and where it has nowhere to go.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use tokensweep::internals::token::{Mint, Shape};

use crate::env::Env;
use crate::git::{git_out, token};

/// The end of a pipe that nobody reads from.
fn unread() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

/// A device that is full.
#[cfg(target_os = "linux")]
fn full() -> Stdio {
    OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap()
        .into()
}

/// A repository with leaks in it, on so many lines that no report fits into a pipe.
fn leaky() -> Env {
    let env = Env::new();
    git_out(env.root(), &["init", "-q", "."]);
    let mut mint = Mint::new(1);
    let mut text = Vec::new();
    for _ in 0..300 {
        text.extend(
            [
                b"token = ".to_vec(),
                mint.new_token(Shape::Ghp),
                b"\n".to_vec(),
            ]
            .concat(),
        );
    }
    env.write("leaky.env", text);
    env.write("clean/readme.txt", "nothing\n");
    env
}

/// The end of a run whose standard output or error was set by the test.
fn run(command: &mut Command, args: &str) -> Output {
    let child = command.args(args.split_whitespace()).spawn().unwrap();
    child.wait_with_output().unwrap()
}

/// Commands and their exit codes, whoever reads their output.
const VERDICTS: &[(&str, i32)] = &[
    ("scan .", 1),
    ("scan . --format json", 1),
    ("scan . --format jsonl", 1),
    ("scan . --format sarif", 1),
    ("scan . --format junit", 1),
    ("scan . --format gitlab", 1),
    ("scan . --format github", 1),
    ("scan . --format checkstyle", 1),
    ("scan . --format csv", 1),
    ("scan . --format markdown", 1),
    ("scan . --format html", 1),
    ("scan . --format plan", 1),
    ("scan . --exit-zero", 0),
    ("scan clean", 0),
    ("scan clean missing", 2),
    ("scan . missing", 2),
    ("rules list", 0),
    ("rules show github-pat", 0),
    ("rules test", 0),
    ("explain leaky.env:1", 0),
    ("why-not clean/readme.txt:1", 0),
    ("config show", 0),
    ("config schema", 0),
    ("redact --check leaky.env", 1),
    ("redact --diff leaky.env", 1),
    ("hook install", 0),
    ("completions bash", 0),
    ("man", 0),
    ("--help", 0),
    ("scan --help", 0),
    ("--version", 0),
    ("scan --frobnicate", 2),
];

#[test]
fn a_reader_that_goes_away_changes_no_verdict_and_no_word_is_said() {
    let env = leaky();
    for (args, code) in VERDICTS {
        let mut command = env.command();
        let output = run(command.stdout(unread()).stderr(Stdio::piped()), args);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(*code), "{args}: {said}");
        assert!(!said.contains("panic"), "{args}: {said}");
        assert!(!said.contains("standard output"), "{args}: {said}");
        // These have something to say on standard error, too.
        let tells = *code == 2 || args.starts_with("redact");
        assert!(tells || said.is_empty(), "{args}: {said}");
    }
}

#[test]
fn a_baseline_is_made_and_held_against_the_tree_whoever_reads_what_is_said_of_it() {
    let env = leaky();
    let expired = "baseline create --expires 2020-01-01";
    for (args, code) in [(expired, 0), ("baseline check", 1), ("baseline update", 0)] {
        let output = run(env.command().stdout(unread()), args);
        assert_eq!(output.status.code(), Some(code), "{args}");
    }
    assert!(env.root().join("tokensweep.baseline").is_file());
}

#[test]
fn nobody_to_read_standard_error_changes_no_verdict() {
    let env = leaky();
    for (args, code) in VERDICTS {
        let mut command = env.command();
        let output = run(command.stdout(Stdio::null()).stderr(unread()), args);
        assert_eq!(output.status.code(), Some(*code), "{args}");
    }
}

#[test]
fn a_hook_whose_words_nobody_reads_still_keeps_the_leak_out() {
    let env = leaky();
    git_out(env.root(), &["add", "leaky.env"]);
    let mut command = env.command();
    let output = run(
        command.stdout(unread()).stderr(unread()),
        "hook run pre-commit",
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn streams_that_are_closed_change_no_verdict() {
    let env = leaky();
    for (script, code) in [
        ("scan . >&-", 1),
        ("scan . 2>&-", 1),
        ("scan . missing >&- 2>&-", 2),
        ("scan clean >&- 2>&- <&-", 0),
        ("rules list >&-", 0),
        ("scan --frobnicate 2>&-", 2),
    ] {
        let output = env.shell(&format!("exec \"$0\" {script}"));
        let output = { output }.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{script}: {said}");
        assert!(!said.contains("panic"), "{script}: {said}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_written_whole_is_trouble_in_one_sentence() {
    let env = leaky();
    let sentence = "tokensweep: cannot write to standard output: No space left on device\n";
    for (args, code) in VERDICTS {
        if *code == 2 {
            continue;
        }
        let mut command = env.command();
        let output = run(command.stdout(full()).stderr(Stdio::piped()), args);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args}: {said}");
        assert_eq!(said.matches(sentence).count(), 1, "{args}: {said}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_cannot_be_written_keeps_no_other_from_being_written() {
    let env = leaky();
    let run = env
        .run("scan clean --format json --output csv=/dev/full --output sarif=no/x --output html=ok.html")
        .expect(2);
    assert_eq!(
        run.stderr,
        "tokensweep: cannot write the report /dev/full: No space left on device\n\
         tokensweep: cannot write the report no/x: No such file or directory\n"
    );
    assert_eq!(run.json()["scan"]["complete"], true);
    let page = std::fs::read_to_string(env.root().join("ok.html")).unwrap();
    assert!(page.ends_with("</html>\n"), "{page}");
}

#[test]
fn files_are_redacted_whoever_reads_what_is_said_of_them() {
    for [out, err] in [[unread(), unread()], [unread(), Stdio::null()]] {
        let env = Env::new();
        for number in 0..20 {
            let line = format!("token = {}\n", token(number, Shape::Ghp));
            env.write(&format!("{number}.env"), line);
        }
        let mut command = env.command();
        let output = run(
            command.stdout(out).stderr(err),
            "redact . --report report.json",
        );
        assert_eq!(output.status.code(), Some(0));
        env.run("scan .").expect(0);
        let report = std::fs::read_to_string(env.root().join("report.json")).unwrap();
        assert_eq!(report.matches("\"fingerprint\"").count(), 20, "{report}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn files_are_redacted_even_where_nothing_can_be_said_of_them() {
    let env = leaky();
    let mut command = env.command();
    let output = run(command.stdout(full()).stderr(Stdio::piped()), "redact .");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_eq!(said.matches("cannot write to standard output").count(), 1);
    env.run("scan .").expect(0);
}

#[test]
fn a_filter_whose_output_closes_stops_and_claims_nothing() {
    let env = Env::new();
    let mut child = env
        .command()
        .args(["redact", "-"])
        .stdin(Stdio::piped())
        .stdout(unread())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    // Until the filter is gone: it must not read on for ever.
    let line = format!("token = {}\n", token(1, Shape::Ghp));
    while input.write_all(line.as_bytes()).is_ok() {}
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[cfg(target_os = "linux")]
#[test]
fn a_filter_into_a_full_disk_says_so() {
    let env = Env::new();
    let mut command = env.command();
    command.args(["redact", "-"]).stdin(Stdio::piped());
    let mut child = command
        .stdout(full())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    _ = input.write_all(b"nothing\n");
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "tokensweep: cannot write to standard output: No space left on device\n"
    );
}
