//! Sessions in the documentation: each `$` line is run in a folder made for it, and its output is compared.

use std::path::Path;
use std::process::Command;

use regex::Regex;
use tokensweep::internals::token::{Mint, Shape};

use super::page::Block;
use crate::env::Env;
use crate::git::{configure, git};

/// A command of a session with the output that the page promises.
struct Step {
    command: String,
    output: Vec<String>,
}

/// Runs a session; returns its true text where that differs from the block.
pub(super) fn run(block: &Block) -> Option<String> {
    let env = match &block.note {
        Some((key, folder)) if key == "in" => make_folder(folder, &block.place),
        _ => Env::new(),
    };
    let mut is_same = true;
    let mut status = 0;
    let mut text = String::new();
    for step in steps(block) {
        let printed = if step.command == "echo $?" {
            format!("{status}\n")
        } else {
            let (code, printed) = run_in_shell(&env, &step.command);
            status = code;
            printed
        };
        let printed: Vec<&str> = printed.lines().map(str::trim_end).collect();
        text += &format!("$ {}\n{}\n", step.command, printed.join("\n"));
        is_same &= is_like(&printed, &step.output);
    }
    (!is_same).then(|| text.replace("\n\n$", "\n$"))
}

fn steps(block: &Block) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in block.body.lines() {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => steps.push(Step {
                command: command.to_owned(),
                output: Vec::new(),
            }),
            (None, Some(step)) => step.output.push(line.to_owned()),
            (None, None) => panic!("{}: a session starts with `$ `", block.place),
        }
    }
    for step in &mut steps {
        while step.output.last().is_some_and(String::is_empty) {
            step.output.pop();
        }
    }
    steps
}

/// Returns the exit code and what was printed on both streams, in order.
fn run_in_shell(env: &Env, command: &str) -> (i32, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_tokensweep"));
    let mut shell = Command::new("sh");
    configure(&mut shell, env.root());
    let mut path = program.parent().unwrap().as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let output = shell
        .arg("-c")
        .arg(format!("{{ {command}\n}} 2>&1"))
        .env("PATH", path)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (output.status.code().unwrap_or(-1), text)
}

/// Returns true if the lines are alike. `[..]` matches anything within a line, `...` alone any number of lines.
fn is_like(printed: &[&str], expected: &[String]) -> bool {
    let Some((first, rest)) = expected.split_first() else {
        return printed.is_empty();
    };
    if first == "..." {
        return (0..=printed.len()).any(|skipped| is_like(&printed[skipped..], rest));
    }
    match printed.split_first() {
        Some((line, others)) => is_line_like(line, first) && is_like(others, rest),
        None => false,
    }
}

fn is_line_like(line: &str, expected: &str) -> bool {
    let parts: Vec<String> = without_values(expected)
        .split("[..]")
        .map(regex::escape)
        .collect();
    Regex::new(&format!("^{}$", parts.join(".*")))
        .unwrap()
        .is_match(&without_values(line))
}

/// Returns the line without masked values, hexadecimal ids and counts: these change with the generator of tokens and
/// with the files of the folder, which is not what a page explains.
fn without_values(line: &str) -> String {
    let masked = Regex::new(r"([A-Za-z]{2,4}_)?\w+…\w+(=*)").unwrap();
    let ids = Regex::new(r"\b[0-9a-f]{7,40}\b").unwrap();
    let summary = Regex::new(r"^(\d+ leaks?\b).*").unwrap();
    let line = masked.replace_all(line, "${1}…${2}");
    let line = ids.replace_all(&line, "#");
    summary.replace(&line, "${1}").into_owned()
}

/// A fresh token; each seed has its own.
fn token(seed: u64, shape: Shape) -> String {
    String::from_utf8(Mint::new(seed).new_token(shape)).unwrap()
}

/// The folder with this name, in which sessions run.
fn make_folder(name: &str, place: &str) -> Env {
    let env = Env::new();
    match name {
        "website" => write_website(&env),
        "log" => write_log(&env),
        "project" => write_project(&env),
        "history" => write_history(&env),
        _ => panic!("{place}: there is no folder `{name}`"),
    }
    env
}

/// A repository with three leaks and two commit ids.
fn write_website(env: &Env) {
    init(env);
    let basic = format!("x-access-token:{}", token(2, Shape::Ghs));
    let basic = data_encoding::BASE64.encode(basic.as_bytes());
    env.write(
        ".git/config",
        format!(
            "[core]\n\trepositoryformatversion = 0\n\tbare = false\n[http \"https://github.com/\"]\n\
             \textraheader = AUTHORIZATION: basic {basic}\n"
        ),
    );
    env.write(
        ".env",
        format!("PORT=8080\nGITHUB_TOKEN={}\n", token(1, Shape::Ghp)),
    );
    env.write(
        "deploy/release.sh",
        format!(
            "#!/bin/sh\ngit push \"https://{}@github.com/acme/site.git\" main\n",
            token(3, Shape::Hex40)
        ),
    );
    let id = token(4, Shape::Hex40);
    env.write(
        ".github/workflows/test.yml",
        format!("jobs:\n  test:\n    steps:\n      - uses: actions/checkout@{id}\n"),
    );
    let id = token(5, Shape::Hex40);
    env.write(
        "CHANGELOG.md",
        format!("- Fix a token leak ([commit](https://github.com/acme/site/commit/{id}))\n"),
    );
}

/// One log with a token in it.
fn write_log(env: &Env) {
    let token = token(1, Shape::Ghp);
    env.write(
        "build.log",
        format!("fetching dependencies\nusing GITHUB_TOKEN={token}\ndone\n"),
    );
}

/// A repository with one commit and a leak in the working tree.
fn write_project(env: &Env) {
    init(env);
    env.write("app.py", "print('hello')\n");
    commit(env, "Start");
    let token = token(1, Shape::Ghp);
    env.write("app.py", format!("TOKEN = \"{token}\"\n"));
}

/// A repository whose second commit removed a leak of the first one.
fn write_history(env: &Env) {
    init(env);
    env.write(
        "app.env",
        format!("GITHUB_TOKEN={}\n", token(1, Shape::Ghp)),
    );
    commit(env, "Add the settings");
    env.write("app.env", "GITHUB_TOKEN=\n");
    commit(env, "Remove the token");
}

fn init(env: &Env) {
    let status = git(env.root())
        .args(["init", "--quiet", "--template=", "-b", "main"])
        .status();
    assert!(status.unwrap().success());
}

fn commit(env: &Env, message: &str) {
    for args in [vec!["add", "-A"], vec!["commit", "-q", "-m", message]] {
        assert!(git(env.root()).args(args).status().unwrap().success());
    }
}

/// The JSON report of the folder `website`.
pub(super) fn website_report() -> serde_json::Value {
    make_folder("website", "").run("scan --format json").json()
}
