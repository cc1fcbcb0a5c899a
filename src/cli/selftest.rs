//! `tokensweep selftest`: plants fresh tokens and shows that this installation, with the settings that count
//! here, catches them. The tokens are made on the spot; nobody ever issued them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use clap::Args;

use super::args::{RuleArgs, WalkArgs};
use super::exit::Exit;
use super::print;
use super::settings::{SettingArgs, Settings};
use crate::finding::Outcome;
use crate::mint::Mint;
use crate::report::{self, Format, ReportOptions, Style};
use crate::rule::Shape;

#[derive(Args, Debug)]
pub(super) struct SelftestArgs {
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    settings: SettingArgs,
}

/// The tokens that are planted.
const SHAPES: [Shape; 8] = [
    Shape::Ghp,
    Shape::Gho,
    Shape::Ghu,
    Shape::Ghs,
    Shape::GhsStateless,
    Shape::Ghr,
    Shape::FineGrained,
    Shape::Npm,
];

/// The files that they are planted in, none of which exists.
const PLACES: [&str; 4] = [
    "selftest.env",
    "src/selftest.py",
    "config/selftest.yml",
    "selftest/notes.txt",
];

/// What has been checked, and how it went.
#[derive(Default)]
struct Log {
    text: String,
    failed: usize,
    passed: usize,
}

impl Log {
    fn check(&mut self, what: &str, result: Result<(), String>) {
        match result {
            Ok(()) => {
                self.passed += 1;
                self.text.push_str(&format!("ok    {what}\n"));
            }
            Err(why) => {
                self.failed += 1;
                self.text.push_str(&format!("FAIL  {what}: {why}\n"));
            }
        }
    }
}

pub(super) fn run(args: &SelftestArgs) -> anyhow::Result<Exit> {
    let walk = WalkArgs::default();
    let settings = Settings::load(&args.settings, &args.rules, &walk, Path::new("."))?;
    let seed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(1, |since| since.as_secs());
    let mut mint = Mint::new(seed);
    let mut log = Log::default();
    let mut outcome = Outcome::default();
    for shape in SHAPES {
        let result = caught(&settings, shape, &mut mint, &mut outcome);
        log.check(
            &format!("a {} token is caught with the settings here", shape.name()),
            result,
        );
    }
    for format in Format::ALL {
        let result = told(&settings, &outcome, format);
        log.check(
            &format!("the format {} tells it and masks it", format.name()),
            result,
        );
    }
    let scratch = Scratch::new(seed)?;
    in_git(&scratch, &mut mint, &mut log);
    log.text.push_str(&format!(
        "{} checks passed, {} failed\n",
        log.passed, log.failed
    ));
    print(log.text.as_bytes())?;
    Ok(if log.failed == 0 {
        Exit::Clean
    } else {
        Exit::Findings
    })
}

/// Whether a fresh token is an open finding wherever it stands.
fn caught(
    settings: &Settings,
    shape: Shape,
    mint: &mut Mint,
    all: &mut Outcome,
) -> Result<(), String> {
    let scanner = settings.scanner();
    for place in PLACES {
        let token = mint.token(shape);
        let text = [b"token = \"", &token[..], b"\"\n"].concat();
        let mut outcome = Outcome {
            findings: scanner.scan_text(&text, Path::new(place)),
            ..Outcome::default()
        };
        settings.accept(&mut outcome);
        let Some(finding) = outcome.findings.first() else {
            return Err(format!(
                "nothing is found in {place}; look at `tokensweep config show` for rules that are left out"
            ));
        };
        if let Some(accepted) = &finding.accepted {
            return Err(format!(
                "in {place} it is accepted by {} ({}), like anything else there",
                accepted.by.name(),
                accepted.source
            ));
        }
        if finding.secret.expose_the_secret() != token {
            return Err(format!("only a part of it is found in {place}"));
        }
        all.findings.append(&mut outcome.findings);
        all.files += 1;
    }
    Ok(())
}

/// Whether a report names the places and holds no secret.
fn told(settings: &Settings, outcome: &Outcome, format: Format) -> Result<(), String> {
    let options = ReportOptions {
        show_secrets: false,
        style: Style::default(),
        verbosity: 1,
        rules: &settings.rules,
        finished: SystemTime::now(),
    };
    let mut text = Vec::new();
    report::write(format, outcome, &options, &mut text).map_err(|e| e.to_string())?;
    let holds = |part: &[u8]| memchr::memmem::find(&text, part).is_some();
    if outcome.findings.is_empty() {
        return Err("there is no finding to tell".to_owned());
    }
    for finding in &outcome.findings {
        if holds(finding.secret.expose_the_secret()) {
            return Err("it holds a secret".to_owned());
        }
    }
    // GitHub's commands end after ten.
    let first = outcome.findings.iter().take(9);
    for path in first.map(|f| f.path.to_string_lossy().into_owned()) {
        if !holds(path.as_bytes()) {
            return Err(format!("it does not name {path}"));
        }
    }
    Ok(())
}

/// A folder that is gone afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new(seed: u64) -> anyhow::Result<Scratch> {
        let name = format!("tokensweep-selftest-{}-{seed}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Scratch(path))
    }

    /// Runs a program in the folder; gives its exit code and what it says.
    fn run(&self, program: &Path, args: &[&str]) -> Result<(i32, String), String> {
        let mut command = Command::new(program);
        command.args(args).current_dir(&self.0).stdin(Stdio::null());
        // What git tells the hook that this may be run in is about another repository.
        for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_PREFIX"] {
            command.env_remove(name);
        }
        let output = command
            .output()
            .map_err(|e| format!("cannot run {}: {e}", program.display()))?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Ok((output.status.code().unwrap_or(-1), said))
    }

    fn git(&self, args: &[&str]) -> Result<(), String> {
        let identity = [
            "-c",
            "user.name=selftest",
            "-c",
            "user.email=selftest@invalid",
        ];
        let plain = ["-c", "commit.gpgsign=false", "-c", "core.hooksPath=none"];
        let all = [&identity[..], &plain, args].concat();
        match self.run(Path::new("git"), &all)? {
            (0, _) => Ok(()),
            (_, said) => Err(format!("git {}: {}", args.join(" "), said.trim())),
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nothing can be done about a folder that cannot be removed; it holds no real token.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Plants tokens in a repository of its own and runs this very program in it.
fn in_git(scratch: &Scratch, mint: &mut Mint, log: &mut Log) {
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(e) => return log.check("this program finds itself", Err(e.to_string())),
    };
    let made = scratch
        .git(&["init", "-q", "."])
        .and_then(|()| scratch.git(&["commit", "-q", "--allow-empty", "-m", "empty"]))
        .and_then(|()| plant(scratch, &mint.token(Shape::Ghp)))
        .and_then(|()| scratch.git(&["add", "planted.env"]));
    let ready = made.is_ok();
    log.check("a repository to try things in", made);
    if !ready {
        return;
    }
    let mut finds = |what: &str, args: &[&str]| {
        let result = match scratch.run(&program, args) {
            Ok((1, _)) => Ok(()),
            Ok((code, said)) => Err(format!("it ended with {code} and not 1 {}", said.trim())),
            Err(why) => Err(why),
        };
        log.check(what, result);
    };
    finds(
        "the pre-commit hook refuses a staged token",
        &["hook", "run", "pre-commit"],
    );
    let emptied = std::fs::File::create(scratch.0.join("planted.env"));
    if emptied.is_ok() {
        finds(
            "and one that only the index still holds",
            &["hook", "run", "pre-commit"],
        );
    }
    let committed = scratch
        .git(&["commit", "-q", "--no-verify", "-m", "planted"])
        .and_then(|()| scratch.git(&["rm", "-q", "-f", "planted.env"]))
        .and_then(|()| scratch.git(&["commit", "-q", "--no-verify", "-m", "removed"]));
    if let Err(why) = committed {
        return log.check("a token in the history", Err(why));
    }
    finds("the history still holds it", &["scan", "--history", "-q"]);
    finds(
        "the range of a CI job holds it",
        &["scan", "--range", "HEAD~2..HEAD", "-q"],
    );
}

fn plant(scratch: &Scratch, token: &[u8]) -> Result<(), String> {
    use std::io::Write as _;
    let text = [b"TOKEN=", token, b"\n"].concat();
    std::fs::File::create(scratch.0.join("planted.env"))
        .and_then(|mut file| file.write_all(&text))
        .map_err(|e| format!("cannot write a file to try: {e}"))
}
