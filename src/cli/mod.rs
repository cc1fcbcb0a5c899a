//! Everything a person types and sees: the only place that knows clap, anyhow and the terminal.

mod args;
mod baseline;
mod ci;
mod config;
mod exit;
mod explain;
mod fit;
mod hook;
mod input;
mod mask;
mod output;
mod progress;
mod redact;
mod rules;
mod scan;
mod scan_git;
mod select;
mod selftest;
mod settings;

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{self, Write};

use anyhow::Context as _;
use clap::{CommandFactory, Parser};

pub use exit::Exit;

use args::{Cli, Command};
use mask::Mask;

/// Runs the program with these arguments, the first being its name, and says how it ended.
#[must_use]
pub fn run(args: impl IntoIterator<Item = OsString>) -> Exit {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output and are no errors.
            let exit = if error.use_stderr() {
                Exit::Trouble
            } else {
                Exit::Clean
            };
            return if say_usage(&error).is_ok() {
                exit
            } else {
                Exit::Trouble
            };
        }
    };
    match dispatch(&cli.command) {
        Ok(exit) => exit,
        Err(error) if is_broken_pipe(&error) => Exit::Clean,
        Err(error) => {
            // Nothing can be done about a standard error that cannot be written to.
            let text = without_numbers(&format!("{error:#}"));
            let _ = writeln!(io::stderr(), "tokensweep: {}", Mask::default().apply(&text));
            Exit::Trouble
        }
    }
}

/// The text without the numbers that the operating system gives its errors.
fn without_numbers(text: &str) -> String {
    let mut parts = text.split(" (os error ");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        out.push_str(rest.strip_prefix(')').unwrap_or(rest));
    }
    out
}

/// Prints what clap has to say: as it would itself, unless what was typed holds a secret.
fn say_usage(error: &clap::Error) -> io::Result<()> {
    let text = error.render().to_string();
    match Mask::default().apply(&text) {
        Cow::Owned(masked) if error.use_stderr() => io::stderr().write_all(masked.as_bytes()),
        _ => error.print(),
    }
}

fn dispatch(command: &Command) -> anyhow::Result<Exit> {
    match command {
        Command::Scan(args) => scan::run(args),
        Command::Rules(args) => rules::run(args),
        Command::Baseline(args) => baseline::run(args),
        Command::Config(args) => config::run(args),
        Command::Selftest(args) => selftest::run(args),
        Command::Redact(args) => redact::run(args),
        Command::Explain(args) => explain::explain(args),
        Command::WhyNot(args) => explain::why_not(args),
        Command::Fit(args) => fit::run(args),
        Command::Hook(args) => hook::run(args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "tokensweep", &mut script);
            print(&script)
        }
        Command::Man => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page)?;
            print(&page)
        }
    }
}

fn print(text: &[u8]) -> anyhow::Result<Exit> {
    io::stdout()
        .write_all(text)
        .context("cannot write to standard output")?;
    Ok(Exit::Clean)
}

/// Whether the reader of our output went away, which ends a pipeline such as `tokensweep scan | head`.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let json = cause
            .downcast_ref::<serde_json::Error>()
            .and_then(serde_json::Error::io_error_kind);
        io.or(json) == Some(io::ErrorKind::BrokenPipe)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_no_numbers() {
        let text = "cannot read a: No such file or directory (os error 2) (x)";
        let said = "cannot read a: No such file or directory (x)";
        assert_eq!(without_numbers(text), said);
        assert_eq!(without_numbers("plain (os)"), "plain (os)");
    }
}
