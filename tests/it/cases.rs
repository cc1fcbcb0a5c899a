//! The command line's behaviour as data: each file in `tests/cmd/` is a run and what it must print.
//!
//! ```toml
//! args = "scan ."            # separated by blanks
//! stdin = "…"                # optional
//! status = 1
//! stdout = "…"               # `[..]` stands for anything within a line
//! stderr = "…"               # empty if it is left out
//! [files]                    # what lies in the folder; `{{ghp}}` is a fresh token, `{{ghp!}}` a damaged one
//! "a/b.env" = "TOKEN={{ghp}}"
//! ```

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use tokensweep::token::{Mint, Shape};

use crate::env::Env;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    args: String,
    #[serde(default)]
    stdin: String,
    status: i32,
    #[serde(default)]
    stdout: String,
    #[serde(default)]
    stderr: String,
    #[serde(default)]
    files: BTreeMap<String, String>,
}

#[test]
fn every_case_prints_what_it_must() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd");
    let mut names: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    names.sort();
    assert!(!names.is_empty());
    let failures: Vec<String> = names.iter().filter_map(|path| failure(path)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// What is wrong with a case, if anything.
fn failure(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_string_lossy().into_owned();
    let case: Case = toml::from_str(&std::fs::read_to_string(path).unwrap())
        .unwrap_or_else(|e| panic!("{name}: {e}"));
    let env = Env::new();
    let mut mint = Mint::new(1);
    for (file, content) in &case.files {
        env.write(file, fill(content, &mut mint));
    }
    let run = env.run_with(&case.args, fill(&case.stdin, &mut mint).as_bytes());
    let mut wrong = String::new();
    if run.code != case.status {
        wrong += &format!("status {} instead of {}\n", run.code, case.status);
    }
    for (stream, is, must) in [
        ("stdout", &run.stdout, &case.stdout),
        ("stderr", &run.stderr, &case.stderr),
    ] {
        if !matches(is, must) {
            wrong += &format!("{stream} is\n{is}\ninstead of\n{must}\n");
        }
    }
    (!wrong.is_empty()).then(|| format!("== {name}\n{wrong}"))
}

/// Whether `text` is `pattern`, line by line, `[..]` standing for anything within a line.
fn matches(text: &str, pattern: &str) -> bool {
    let (mut lines, mut patterns) = (text.lines(), pattern.lines());
    loop {
        match (lines.next(), patterns.next()) {
            (None, None) => return true,
            (Some(line), Some(pattern)) if line_matches(line, pattern) => {}
            _ => return false,
        }
    }
}

fn line_matches(line: &str, pattern: &str) -> bool {
    let mut parts = pattern.split("[..]");
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or("")) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
        last = Some(part);
    }
    match last {
        None => rest.is_empty(),
        Some(part) => part.is_empty() || line.ends_with(part),
    }
}

/// Puts a fresh token into the place of each `{{shape}}`.
fn fill(text: &str, mint: &mut Mint) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, tail) = after.split_once("}}").unwrap();
        out += before;
        let shape =
            Shape::from_name(name.trim_end_matches('!')).unwrap_or_else(|| panic!("{name}"));
        let mut token = mint.new_token(shape);
        if name.ends_with('!') {
            token = mint.damage_token(&token, 20);
        }
        out += std::str::from_utf8(&token).unwrap();
        rest = tail;
    }
    out + rest
}

#[test]
fn the_matcher_of_lines_is_strict() {
    assert!(matches("a b c\n", "a [..] c"));
    assert!(matches("", ""));
    assert!(!matches("a b c\nd\n", "a [..] c"));
    assert!(!matches("a b cd", "a [..] c"));
    assert!(!matches("a", "b"));
}
