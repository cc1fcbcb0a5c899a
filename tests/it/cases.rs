//! The command line's behaviour as data: each file in `tests/cmd/` is a run and what it prints.
//!
//! ```toml
//! before = "git init -q"     # optional: a shell script that is run first; `tokensweep` is the program
//! args = "scan ."            # separated by blanks
//! stdin = "…"                # optional
//! status = 1
//! stdout = "…"               # `[..]` stands for anything within a line, a line `...` for any lines
//! stderr = "…"               # empty if it is left out
//! [env]                      # variables for the run
//! NAME = "value"
//! [files]                    # the files in the folder, with the placeholders of rule examples
//! "a/b.env" = "TOKEN={{ghp}}"
//! [after]                    # files afterwards, written like stdout
//! "a/b.env" = "TOKEN=[..]"
//! ```
//!
//! In the output the folder of the run is `[ROOT]` and the path of the program `[PROGRAM]`.
//!
//! `UPDATE_CASES=1 cargo test --test it cases` writes into the files what the program prints now. Lines that hold
//! already stay as they are, with their wildcards.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use tokensweep::internals::rule::example::ExampleFiller;
use tokensweep::internals::token::Mint;

use crate::env::{Env, Run, run_to_end};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(default)]
    before: String,
    args: String,
    #[serde(default)]
    stdin: String,
    status: i32,
    #[serde(default)]
    stdout: String,
    #[serde(default)]
    stderr: String,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    after: BTreeMap<String, String>,
}

#[test]
fn every_case_prints_what_it_must() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd");
    let files = std::fs::read_dir(dir).unwrap();
    let mut paths: Vec<PathBuf> = files.map(|e| e.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() > 80, "{}", paths.len());
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
            let failure = failure(path);
            let mut failures = failures.lock().unwrap_or_else(PoisonError::into_inner);
            failures.extend(failure);
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Returns what is wrong with a case, if anything.
fn failure(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_string_lossy().into_owned();
    let text = std::fs::read_to_string(path).unwrap();
    let case: Case = toml::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
    let env = Env::new();
    let run = run(&case, &env, &name);
    if std::env::var_os("UPDATE_CASES").is_some() {
        let updated = update(&text, &case, &run);
        let mut file = std::fs::File::create(path).unwrap();
        file.write_all(updated.as_bytes()).unwrap();
    }
    let mut wrong = String::new();
    if run.code != case.status {
        let _ = writeln!(wrong, "status {} instead of {}", run.code, case.status);
    }
    let mut compare = |what: &str, is: &str, must: &str| {
        if !matches(is, must) {
            let _ = writeln!(wrong, "{what} is\n{is}\ninstead of\n{must}");
        }
    };
    compare("stdout", &run.stdout, &case.stdout);
    compare("stderr", &run.stderr, &case.stderr);
    for (file, must) in &case.after {
        let is = std::fs::read_to_string(env.root().join(file));
        compare(file, &is.unwrap_or_else(|e| e.to_string()), must);
    }
    (!wrong.is_empty()).then(|| format!("== {name}\n{wrong}"))
}

/// Lays out the files of a case, and runs what comes before it and the case itself.
fn run(case: &Case, env: &Env, name: &str) -> Run {
    let mut mint = Mint::new(1);
    let mut filler = ExampleFiller::new(&mut mint);
    let mut fill = |text: &str| {
        let filled = filler.fill_text(text);
        filled.unwrap_or_else(|bad| panic!("{name}: {}", bad.message))
    };
    for (file, content) in &case.files {
        env.write(file, fill(content));
    }
    let stdin = fill(&case.stdin);
    if !case.before.is_empty() {
        let script = format!("set -e\n{}", case.before);
        let mut shell = shell(env);
        let output = shell.arg("-c").arg(script).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {said}");
    }
    let mut command = env.command();
    command.args(case.args.split_whitespace()).envs(&case.env);
    let mut run = run_to_end(command, &stdin);
    for output in [&mut run.stdout, &mut run.stderr] {
        *output = output
            .replace(env!("CARGO_BIN_EXE_tokensweep"), "[PROGRAM]")
            .replace(&env.root().display().to_string(), "[ROOT]");
    }
    run
}

/// Returns a shell that knows git and the program, and makes the same commits every time.
fn shell(env: &Env) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_tokensweep"));
    let folders = program.parent().into_iter().map(Path::to_owned);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(folders.chain(std::env::split_paths(&path))).unwrap();
    let mut shell = Command::new("sh");
    shell.current_dir(env.root()).env_clear();
    shell.env("PATH", path).env("HOME", env.root());
    shell.env("GIT_CONFIG_NOSYSTEM", "1");
    shell.env("GIT_TEMPLATE_DIR", "");
    for who in ["AUTHOR", "COMMITTER"] {
        shell.env(format!("GIT_{who}_NAME"), "Jane");
        shell.env(format!("GIT_{who}_EMAIL"), "jane@example.com");
        shell.env(format!("GIT_{who}_DATE"), "2026-01-31T12:00:00Z");
    }
    shell
}

/// Returns true if `text` is `pattern`, line by line.
fn matches(text: &str, pattern: &str) -> bool {
    let lines: Vec<&str> = text.lines().collect();
    let patterns: Vec<&str> = pattern.lines().collect();
    lines_match(&lines, &patterns)
}

fn lines_match(lines: &[&str], patterns: &[&str]) -> bool {
    match (patterns.split_first(), lines.split_first()) {
        (None, first) => first.is_none(),
        (Some((&"...", rest)), _) => {
            (0..=lines.len()).any(|skipped| lines_match(&lines[skipped..], rest))
        }
        (Some((pattern, rest)), Some((line, lines))) => {
            line_matches(line, pattern) && lines_match(lines, rest)
        }
        (Some(_), None) => false,
    }
}

fn line_matches(line: &str, pattern: &str) -> bool {
    let Some((head, rest)) = pattern.split_once("[..]") else {
        return line == pattern;
    };
    let Some(line) = line.strip_prefix(head) else {
        return false;
    };
    let ends = (0..=line.len()).filter(|end| line.is_char_boundary(*end));
    // What follows the last wildcard can only be at the end.
    if !rest.contains("[..]") {
        return line.ends_with(rest);
    }
    ends.into_iter().any(|end| line_matches(&line[end..], rest))
}

/// Returns the text of a case with the status and the output of this run.
fn update(text: &str, case: &Case, run: &Run) -> String {
    let tables = ["\n[env]\n", "\n[files]\n", "\n[after]\n"].map(|table| text.find(table));
    let (head, tables) = match tables.into_iter().flatten().min() {
        Some(at) => text.split_at(at + 1),
        None => (text, ""),
    };
    let end = head.find("\nstatus = ").map_or(head.len(), |at| at + 1);
    let mut out = head[..end].to_owned();
    let _ = writeln!(out, "status = {}", run.code);
    for (key, is, must) in [
        ("stdout", &run.stdout, &case.stdout),
        ("stderr", &run.stderr, &case.stderr),
    ] {
        if !is.is_empty() {
            let _ = writeln!(out, "{key} = '''\n{}'''", merge(is, must));
        }
    }
    if tables.is_empty() {
        return out;
    }
    format!("{out}\n{tables}")
}

/// Returns the new lines, in which the old patterns stay that match a line, or all of them if they match the text.
fn merge(text: &str, pattern: &str) -> String {
    if matches(text, pattern) {
        let line_end = if pattern.ends_with('\n') { "" } else { "\n" };
        return format!("{pattern}{line_end}");
    }
    let mut patterns: Vec<&str> = pattern.lines().filter(|p| *p != "...").collect();
    let mut out = String::new();
    for line in text.lines() {
        let old = patterns.iter().position(|old| line_matches(line, old));
        let new = old.map_or(line, |at| patterns.drain(..=at).next_back().unwrap_or(line));
        let _ = writeln!(out, "{new}");
    }
    out
}

#[test]
fn the_matcher_of_lines_is_strict() {
    assert!(matches("a b c\n", "a [..] c"));
    assert!(matches("", ""));
    assert!(matches("a b a b", "a [..] b"));
    assert!(matches("a b c b d", "a [..] b [..]"));
    assert!(matches("a\nb\nc\n", "a\n...\nc"));
    assert!(matches("a\n", "...\na\n..."));
    assert!(!matches("a\nb\n", "...\na"));
    assert!(!matches("a b c\nd\n", "a [..] c"));
    assert!(!matches("a b cd", "a [..] c"));
    assert!(!matches("a", "b"));
}

#[test]
fn an_update_keeps_the_wildcards_that_hold() {
    assert_eq!(merge("a 1\nb 2\n", "a [..]\nc\n"), "a [..]\nb 2\n");
    assert_eq!(merge("a\nb\nc\n", "a\n...\n"), "a\n...\n");
    assert_eq!(
        merge("a 1\nx\nb 2\n", "a [..]\nb [..]\n"),
        "a [..]\nx\nb [..]\n"
    );
}
