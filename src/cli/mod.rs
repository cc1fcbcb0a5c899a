//! Command line interface: the only module that uses clap, anyhow and the terminal.

mod audit;
mod baseline;
mod ci;
mod columns;
mod command;
mod config;
mod containers;
mod examples;
mod exit;
mod explain;
mod fit;
mod flat_yaml;
mod hook;
mod input;
mod kingfisher_baseline;
mod man;
mod mask;
mod options;
mod output;
mod pager;
mod private_file;
mod progress;
mod redact;
mod report_context;
mod repositories;
mod revoke;
mod rules;
mod scan;
mod scan_git;
mod select;
mod selftest;
mod settings;
mod terminal;
mod unread;
mod view;

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, Parser};

pub(crate) use exit::Exit;

use command::{Cli, Command};
use mask::MessageMasker;
use output::{print_text, say_error};

/// Runs the program with these arguments, the first being its name. Returns the exit.
#[must_use]
pub fn run_program(args: impl IntoIterator<Item = OsString>) -> Exit {
    crate::scan::silence_readers();
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return print_usage_error(&with_scan_hint(error)),
    };
    run_command(&cli.command).unwrap_or_else(|error| {
        say_error(&error);
        Exit::Trouble
    })
}

/// Adds the command that scans a path to the error about a path where a command must be.
fn with_scan_hint(mut error: clap::Error) -> clap::Error {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else {
        return error;
    };
    let is_path = word.contains(['/', '\\', '.']) || Path::new(word).exists();
    if is_path {
        let hint = format!("to scan it: tokensweep scan {word}");
        error.insert(
            ContextKind::Suggested,
            ContextValue::StyledStrs(vec![hint.into()]),
        );
    }
    error
}

/// Prints the message of clap, in the way of clap unless the message contains a secret.
fn print_usage_error(error: &clap::Error) -> Exit {
    if error.use_stderr() {
        let text = error.render().to_string();
        // A failure to write to standard error cannot be reported anywhere.
        let _ = match MessageMasker::default().apply(&text) {
            Cow::Owned(masked) => io::stderr().write_all(masked.as_bytes()),
            Cow::Borrowed(_) => error.print(),
        };
        return Exit::Trouble;
    }
    // Help and version go to standard output and are no errors.
    let printed = error.print().and_then(|()| io::stdout().flush());
    match output::finish_standard_output(printed) {
        Ok(()) => Exit::Clean,
        Err(error) => {
            say_error(&error);
            Exit::Trouble
        }
    }
}

fn run_command(command: &Command) -> anyhow::Result<Exit> {
    match command {
        Command::Scan(args) => scan::run(args),
        Command::View(args) => view::run(args),
        Command::Audit(args) => audit::run(args),
        Command::Rules(args) => rules::run(args),
        Command::Baseline(args) => baseline::run(args),
        Command::Config(args) => config::run(args),
        Command::Selftest(args) => selftest::run(args),
        Command::Redact(args) => redact::run(args),
        Command::Explain(args) => explain::explain_finding(args),
        Command::WhyNot(args) => explain::why_not(args),
        Command::Fit(args) => fit::run(args),
        Command::Hook(args) => hook::run(args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "tokensweep", &mut script);
            print_text(&script)
        }
        Command::Man(args) => man::run(args, Cli::command()),
    }
}
