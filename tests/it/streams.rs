//! The ends of the pipes: a reader that goes away, reports for programs, secrets only on request.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use tokensweep::mint::Mint;
use tokensweep::rule::Shape;

use crate::env::Env;

#[test]
fn a_reader_that_goes_away_ends_the_run_without_a_word() {
    let env = Env::new();
    let mut mint = Mint::new(41);
    let mut text = Vec::new();
    for _ in 0..3000 {
        text.extend(mint.token(Shape::Ghp));
        text.push(b'\n');
    }
    env.write("many.txt", text);
    let mut child = env
        .command()
        .args(["scan", "many.txt"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert!(line.starts_with("error[github-pat]"), "{line}");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn a_full_disk_is_trouble() {
    let env = Env::new();
    env.write("a.txt", Mint::new(42).token(Shape::Ghp));
    let Ok(full) = std::fs::File::options().write(true).open("/dev/full") else {
        return;
    };
    let output = env
        .command()
        .args(["scan", "a.txt"])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("cannot write the report"), "{said}");
}

#[test]
fn secrets_are_masked_in_every_form_unless_asked_for() {
    let env = Env::new();
    let token = String::from_utf8(Mint::new(43).token(Shape::FineGrained)).unwrap();
    env.write("a.txt", format!("pat: {token}\n"));
    for format in ["human", "json", "jsonl"] {
        let run = env.run(&format!("scan -v --format {format}")).expect(1);
        for part in token.as_bytes().windows(12) {
            let part = std::str::from_utf8(part).unwrap();
            assert!(!run.stdout.contains(part), "{format}: {}", run.stdout);
        }
        let run = env
            .run(&format!("scan --show-secrets --format {format}"))
            .expect(1);
        assert!(run.stdout.contains(&token), "{format}: {}", run.stdout);
    }
}

#[test]
fn colours_and_progress_are_for_terminals() {
    let env = Env::new();
    env.write("a.txt", Mint::new(44).token(Shape::Ghp));
    let plain = env.run("scan a.txt").expect(1);
    assert!(!plain.stdout.contains('\x1b') && plain.stderr.is_empty());
    let coloured = env.run("scan --color always a.txt").expect(1);
    assert!(
        coloured
            .stdout
            .contains("\x1b[1;31merror[github-pat]\x1b[0m")
    );
}

#[test]
fn completions_and_the_manual_are_generated() {
    let env = Env::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = env.run(&format!("completions {shell}")).expect(0);
        assert!(run.stdout.contains("min-confidence"), "{shell}");
    }
    assert!(env.run("man").expect(0).stdout.starts_with(".ie"));
}
