//! No output holds a secret, or twelve characters of one in a row: of no format, at no verbosity, of no command, in
//! no file that is written, and of no mistake.

use std::path::Path;
use std::process::Output;

use aho_corasick::AhoCorasick;

use crate::env::Env;
use crate::git::git_out;
use tokensweep::ReportFormat;
use tokensweep::internals::token::{Mint, Shape};

/// Number of consecutive characters of a secret that no output may contain.
const WINDOW: usize = 12;

/// Beginning of every token of a form, which is no secret.
const PUBLIC: &str = "github_pat_11";

/// A repository with secrets of every kind, under encodings, and in places where people write about them.
struct Planted {
    env: Env,
    /// The first secret.
    token: String,
    /// Finds what nothing may hold.
    windows: AhoCorasick,
}

impl Planted {
    fn new() -> Planted {
        let env = Env::new();
        let mut mint = Mint::new(77);
        let mut secrets = Vec::new();
        let mut fresh = |shape| {
            let token = mint.new_token(shape);
            secrets.push(token.clone());
            String::from_utf8(token).unwrap()
        };
        let lines: Vec<_> = Shape::prefixed()
            .map(|s| format!("token = \"{}\"\n", fresh(s)))
            .collect();
        let legacy = format!("export GITHUB_TOKEN={}\n", fresh(Shape::Hex40));
        let user = format!("x-access-token:{}", fresh(Shape::Ghs));
        let basic = data_encoding::BASE64.encode(user.as_bytes());
        let two = format!("f('{}', '{}')\n", fresh(Shape::Ghp), fresh(Shape::Gho));
        let wide = format!("T={}\r\n", fresh(Shape::Ghp));
        let wide: Vec<u8> = wide.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let comment = format!(
            "t = '{}' # tokensweep:allow see {}\n",
            fresh(Shape::Ghp),
            fresh(Shape::Ghp)
        );
        let below = format!("T={}\n", fresh(Shape::Ghp));
        let reason = format!("the one that was {}", fresh(Shape::Gho));
        let message = format!("Use {}", fresh(Shape::Ghp));
        let staged = format!("T={}\n", fresh(Shape::Ghp));
        // `x-access-token:` is twenty digits of base64.
        secrets.push(basic[20..].trim_end_matches('=').as_bytes().to_vec());

        let git = |args: &[&str]| git_out(env.root(), args);
        git(&["init", "-q", "-b", "main", "."]);
        git(&["commit", "-q", "--allow-empty", "-m", "one"]);
        env.write("a.env", lines.concat() + &legacy);
        env.write("b/config", format!("AUTHORIZATION: basic {basic}\n"));
        env.write("b/two.js", two);
        env.write("b/wide.txt", wide);
        env.write("c.py", comment);
        env.write("d/x.env", below);
        env.write(
            "tokensweep.toml",
            format!("[[accept]]\npaths = ['d/']\nreason = '{reason}'\n"),
        );
        git(&["add", "."]);
        git(&["commit", "-qm", &message]);
        env.write("new.env", staged);
        git(&["add", "new.env"]);
        let windows = secrets.iter().flat_map(|s| s.windows(WINDOW));
        let windows = windows.filter(|w| !PUBLIC.as_bytes().windows(WINDOW).any(|p| p == *w));
        Planted {
            env,
            token: String::from_utf8(secrets[0].clone()).unwrap(),
            windows: AhoCorasick::new(windows).unwrap(),
        }
    }

    /// Runs the program, which must say nothing of a secret; gives its output.
    fn run(&self, args: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut command = self.env.command();
        command.args(args).envs(variables.iter().copied());
        command.env("PATH", std::env::var_os("PATH").unwrap());
        let output = command.output().unwrap();
        let what = args.join(" ");
        self.check(&what, &output.stdout);
        self.check(&what, &output.stderr);
        output
    }

    /// Checks every file below a folder or a file; says how many there were.
    fn check_files(&self, path: &Path) -> usize {
        if path.is_dir() {
            let entries = std::fs::read_dir(path).unwrap();
            return entries.map(|e| self.check_files(&e.unwrap().path())).sum();
        }
        self.check(&path.display().to_string(), &std::fs::read(path).unwrap());
        1
    }

    fn check(&self, what: &str, said: &[u8]) {
        if let Some(found) = self.windows.find(said) {
            let window = String::from_utf8_lossy(&said[found.range()]);
            panic!("{what}: {window} in\n{}", String::from_utf8_lossy(said));
        }
    }
}

#[test]
fn no_format_at_any_verbosity_and_of_any_source_holds_a_secret() {
    let planted = Planted::new();
    // What it looks for, it sees.
    let shown = planted.env.run("scan a.env --show-secrets --format json");
    assert!(planted.windows.is_match(&shown.stdout));
    let head = git_out(planted.env.root(), &["rev-parse", "HEAD"]);
    let event = format!(
        "{{\"before\": \"{}\", \"after\": \"{}\"}}",
        "0".repeat(40),
        head.trim()
    );
    let elsewhere = Env::new();
    let event = elsewhere.write("event.json", event);
    let summary = elsewhere.root().join("summary.md");
    let variables = [
        ("GITHUB_EVENT_NAME", "push"),
        ("GITHUB_EVENT_PATH", event.to_str().unwrap()),
        ("GITHUB_STEP_SUMMARY", summary.to_str().unwrap()),
    ];
    for source in [
        &["scan", "."][..],
        &["scan", "--staged"],
        &["scan", "--changes"],
        &["scan", "--history", "--unreachable", "--no-cache"],
        &["scan", "--range", "HEAD~1..HEAD"],
        &["scan", "--ci"],
    ] {
        for verbosity in ["-q", "--progress=always", "-v", "-vv"] {
            let reports = Env::new();
            let outputs = ReportFormat::ALL.map(|f| {
                let file = reports.root().join(f.name());
                format!("--output={}={}", f.name(), file.display())
            });
            let mut args = source.to_vec();
            args.extend(["--min-confidence=low", "--color=always", verbosity]);
            args.extend(outputs.iter().map(String::as_str));
            let output = planted.run(&args, &variables);
            assert_eq!(output.status.code(), Some(1), "{args:?} {output:?}");
            assert_eq!(planted.check_files(reports.root()), ReportFormat::ALL.len());
        }
    }
    planted.check_files(&summary);
    assert!(std::fs::read(summary).unwrap().len() > 1000);
}

#[test]
fn no_other_command_says_or_writes_a_secret() {
    let planted = Planted::new();
    let env = &planted.env;
    let json = env.run("scan . --format json").findings();
    let fingerprint = json[0]["fingerprint"].as_str().unwrap();
    planted.run(&["explain", fingerprint], &[]);
    for line in 1..=9 {
        let place = format!("a.env:{line}");
        planted.run(&["explain", &place], &[]);
        planted.run(&["why-not", &place], &[]);
    }
    for place in [
        "b/config:1",
        "b/two.js:1",
        "b/wide.txt:1",
        "c.py:1",
        "d/x.env:1",
    ] {
        let output = planted.run(&["explain", place], &[]);
        assert_eq!(output.status.code(), Some(0), "{place} {output:?}");
    }
    let message = git_out(env.root(), &["log", "-1", "--format=%B"]);
    let folder = Env::new();
    let message = folder.write("message", message).display().to_string();
    let report = folder.root().join("redacted.json").display().to_string();
    for (args, code) in [
        (&["config", "show"][..], 0),
        (&["hook", "run", "pre-commit"], 1),
        (&["hook", "run", "commit-msg", "--", &message], 1),
        (&["redact", "--diff", "."], 1),
        (&["redact", "--check", "."], 1),
        (&["baseline", "create", "--history"], 0),
        (&["baseline", "check"], 0),
        (&["baseline", "update"], 0),
        (&["scan", "-v"], 0),
    ] {
        let output = planted.run(args, &[]);
        assert_eq!(output.status.code(), Some(code), "{args:?} {output:?}");
    }
    planted.check_files(&env.root().join("tokensweep.baseline"));
    let args = ["redact", ".", "--include-accepted", "--report", &report];
    planted.run(&args, &[]);
    planted.check_files(Path::new(&report));
}

#[test]
fn no_mistake_repeats_a_secret() {
    let planted = Planted::new();
    let env = &planted.env;
    let token = planted.token.clone();
    let typed = format!("--rule={token}");
    for args in [
        &[token.as_str()][..],
        &["explain", &token],
        &["why-not", &token],
        &["scan", &token],
        &["scan", &typed],
        &["scan", "--format", &token],
        &["scan", "--min-confidence", &token],
        &["scan", "--range", &token],
        &["scan", "--files-from", &token],
        &["scan", "--config", &token],
        &["rules", "show", &token],
        &["baseline", "create", "--reason", &token],
        &["baseline", "create", "--expires", &token],
        &["redact", "--mask", &token],
    ] {
        let output = planted.run(args, &[]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
    for name in [
        "TOKENSWEEP_MIN_CONFIDENCE",
        "TOKENSWEEP_THREADS",
        "TOKENSWEEP_RULES",
    ] {
        let output = planted.run(&["scan"], &[(name, &token)]);
        assert_eq!(output.status.code(), Some(2), "{name} {output:?}");
    }
    for config in [
        format!("min-confidence = '{token}'\n"),
        format!("exclude-rules = ['{token}']\n"),
        format!("{token} = 1\n"),
        format!("baseline = '{token}'\n"),
        format!("x = '{token}\n"),
    ] {
        env.write("tokensweep.toml", &config);
        let output = planted.run(&["scan"], &[]);
        assert_eq!(output.status.code(), Some(2), "{config} {output:?}");
    }
    let rule = format!(
        "[[rule]]\nid = 'a'\ntitle = 'A'\nregex = 'ab'\n[[rule.example]]\ntext = '{token}'\n"
    );
    env.write("own.toml", rule);
    env.write("tokensweep.toml", "");
    let output = planted.run(&["scan", "--rules", "own.toml"], &[]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}
