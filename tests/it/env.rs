//! A temporary folder and the program: what every test of the command line starts from.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A folder of its own for one test.
pub(crate) struct Env {
    dir: TempDir,
}

/// Output and exit code of a run of the program.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// The findings of a JSON report.
    pub(crate) fn findings(&self) -> Vec<Value> {
        self.json()["findings"].as_array().unwrap().clone()
    }

    /// Members of containers and places in documents of all findings of a JSON report, sorted.
    pub(crate) fn places(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
        let findings = self.findings();
        let origins = findings.iter().map(|f| &f["origin"]);
        let mut places: Vec<_> = origins
            .map(|o| (text(&o["member"]), text(&o["place"])))
            .collect();
        places.sort();
        places
    }

    /// A JSON report.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// The same run, which must have ended with this code.
    pub(crate) fn expect(self, code: i32) -> Run {
        assert_eq!(self.code, code, "{}\n{}", self.stdout, self.stderr);
        self
    }

    /// Standard output must hold this.
    #[track_caller]
    pub(crate) fn prints(&self, what: impl AsRef<str>) {
        assert!(self.stdout.contains(what.as_ref()), "{}", self.stdout);
    }

    /// Standard error must hold this.
    #[track_caller]
    pub(crate) fn says(&self, what: impl AsRef<str>) {
        assert!(self.stderr.contains(what.as_ref()), "{}", self.stderr);
    }
}

impl Env {
    pub(crate) fn new() -> Env {
        Env {
            dir: TempDir::new().unwrap(),
        }
    }

    pub(crate) fn root(&self) -> &Path {
        self.dir.path()
    }

    /// Writes a file and the folders above it.
    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let full = self.root().join(path);
        std::fs::create_dir_all(full.parent().unwrap()).unwrap();
        let mut file = std::fs::File::create(&full).unwrap();
        file.write_all(content.as_ref()).unwrap();
        full
    }

    /// The program, to be run in this folder, untouched by the user's settings.
    pub(crate) fn command(&self) -> Command {
        self.isolate(Command::new(env!("CARGO_BIN_EXE_tokensweep")))
    }

    /// A shell that runs this script here, untouched by the user's settings. `$0` is the program.
    pub(crate) fn shell(&self, script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script, env!("CARGO_BIN_EXE_tokensweep")]);
        self.isolate(command)
    }

    /// The command, to be run in this folder without the variables of the user.
    fn isolate(&self, mut command: Command) -> Command {
        command
            .current_dir(self.root())
            .env_clear()
            .env("HOME", self.root())
            .stdin(Stdio::null());
        command
    }

    /// Runs the program with these arguments, separated by blanks.
    pub(crate) fn run(&self, args: &str) -> Run {
        self.run_with(args, b"")
    }

    /// The same with something on standard input.
    pub(crate) fn run_with(&self, args: &str, stdin: &[u8]) -> Run {
        let mut command = self.command();
        command.args(args.split_whitespace());
        run_to_end(command, stdin)
    }
}

/// Bytes that a pipe takes without a reader, on every Unix.
const PIPE_ROOM: usize = 4096;

/// Runs a command with something on standard input. What fits waits there before the command starts.
pub(crate) fn run_to_end(mut command: Command, stdin: &[u8]) -> Run {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let (early, late) = stdin.split_at(stdin.len().min(PIPE_ROOM));
    writer.write_all(early).unwrap();
    let child = command
        .stdin(reader)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The command holds the end to read from, without which writing to a program that has ended would wait for ever.
    drop(command);
    let output = std::thread::scope(|scope| {
        // A program that does not read its input is no error of the test.
        scope.spawn(move || _ = writer.write_all(late));
        child.wait_with_output().unwrap()
    });
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
