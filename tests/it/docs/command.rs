//! Command lines in the documentation, parsed by the program itself.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use super::page::root;
use crate::env::Env;

/// Programs besides `tokensweep`, `cargo` and the scripts of this repository that a reader is told to run.
const OTHERS: [&str; 14] = [
    "docker",
    "dpkg",
    "git",
    "npm",
    "pip",
    "pre-commit",
    "rustup",
    "cat",
    "head",
    "kubectl",
    "some-deploy",
    "sudo",
    "tar",
    "uvx",
];

/// Options of other programs that the pages name without their command.
const FOREIGN_FLAGS: [&str; 2] = ["--no-verify", "--latency"];

/// Returns an error unless each command of the line exists and takes these arguments.
pub(crate) fn check_line(line: &str) -> Result<(), String> {
    let words = split(line);
    for command in words.split(|w| w == "|" || w == "&&") {
        let mut command = command.to_vec();
        command.retain(|w| w != "2>&1");
        if let Some(at) = command.iter().position(|w| w == ">" || w == "<") {
            command.truncate(at);
        }
        while command.first().is_some_and(|w| is_assignment(w)) {
            command.remove(0);
        }
        check_command(&command)?;
    }
    Ok(())
}

fn check_command(command: &[String]) -> Result<(), String> {
    let Some((program, args)) = command.split_first() else {
        return Ok(());
    };
    let path = root().join(program);
    match program.as_str() {
        "tokensweep" => check_arguments(args),
        "cargo" => check_cargo(args),
        _ if OTHERS.contains(&program.as_str()) => Ok(()),
        _ if program.contains('/') && path.is_file() => Ok(()),
        _ => Err(format!("there is no program `{program}`")),
    }
}

/// Runs the program in an empty folder. Only complaints about the arguments themselves count.
pub(super) fn check_arguments(args: &[String]) -> Result<(), String> {
    let env = Env::new();
    let output = env.command().args(args).output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    let is_usage = complaint.contains("try '--help'") || complaint.contains("did you mean");
    if is_usage {
        return Err(complaint);
    }
    Ok(())
}

fn check_cargo(args: &[String]) -> Result<(), String> {
    let toml = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let after = |flag: &str| {
        let at = args.iter().position(|a| a == flag)?;
        args.get(at + 1)
    };
    for flag in ["--bench", "--test", "--example"] {
        if let Some(name) = after(flag)
            && !toml.contains(&format!("name = \"{name}\""))
        {
            return Err(format!("Cargo.toml has no target `{name}`"));
        }
    }
    match args.iter().position(|a| a == "--") {
        Some(at) if args[0] == "run" => check_arguments(&args[at + 1..]),
        _ => Ok(()),
    }
}

/// Returns an error unless an inline mention such as `tokensweep scan --history` or `--history` is right.
pub(super) fn check_mention(code: &str) -> Result<(), String> {
    if code.starts_with("tokensweep ") {
        return check_line(code);
    }
    match code.split([' ', '=']).next() {
        Some(flag) if flag.len() > 2 && flag.starts_with("--") => {
            let is_known = FLAGS.contains(flag) || FOREIGN_FLAGS.contains(&flag);
            is_known
                .then_some(())
                .ok_or_else(|| format!("no command takes `{flag}`"))
        }
        _ => Ok(()),
    }
}

/// The long options of all subcommands.
static FLAGS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let mut flags = BTreeSet::new();
    collect_flags(&[], &mut flags);
    // Not listed in the help.
    collect_flags(&["fit"], &mut flags);
    flags
});

fn collect_flags(command: &[&str], flags: &mut BTreeSet<String>) {
    let help = Env::new().run(&format!("{} --help", command.join(" ")));
    let flag = Regex::new(r"(?m)^\s+(?:-\w, )?(--[a-z-]+)").unwrap();
    flags.extend(flag.captures_iter(&help.stdout).map(|c| c[1].to_owned()));
    let (_, list) = help.stdout.split_once("\nCommands:\n").unwrap_or_default();
    for line in list.lines().take_while(|l| !l.is_empty()) {
        match line.split_whitespace().next() {
            Some(name) if line.starts_with("  ") && !line.starts_with("   ") && name != "help" => {
                let name = name.to_owned();
                collect_flags(&[command, &[name.as_str()]].concat(), flags);
            }
            _ => {}
        }
    }
}

/// The commands of this program in a script or in a text of a CI configuration.
pub(super) fn commands_in(text: &str) -> Vec<String> {
    let command = Regex::new(r#"(?m)(?:^|[\s'";:]|/bin/)(tokensweep (?:scan|redact|hook|baseline|rules|config|selftest)\b[^'\n]*)"#).unwrap();
    command
        .captures_iter(text)
        .map(|c| c[1].to_owned())
        .collect()
}

fn is_assignment(word: &str) -> bool {
    let (name, _) = word.split_once('=').unwrap_or_default();
    !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}

/// Splits a line into words as a shell does, without its comment; knows quotes, no variables.
pub(super) fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match quote {
            Some(q) if c == q => quote = None,
            Some(_) => word.get_or_insert_default().push(c),
            None if c == '"' || c == '\'' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c == '#' && word.is_none() => break,
            None if c.is_whitespace() => words.extend(word.take()),
            None => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Lines of a script with continued ones joined, empty ones left out.
pub(super) fn lines(script: &str) -> Vec<String> {
    let joined = script.replace("\\\n", " ");
    let lines = joined.lines().map(str::trim);
    lines.filter(|l| !l.is_empty()).map(str::to_owned).collect()
}

/// The files below a folder.
pub(super) fn files_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}
