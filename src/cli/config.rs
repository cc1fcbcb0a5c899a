//! `tokensweep config show | schema`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::exit::Exit;
use super::print;
use super::settings::Asked;
use crate::config::{self, KEYS, Source};

#[derive(Args, Debug)]
pub(super) struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print every value and where it comes from.
    Show(ShowArgs),
    /// Print the JSON schema of a configuration file.
    Schema,
}

#[derive(Args, Debug)]
struct ShowArgs {
    /// The path that would be scanned.
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,

    #[command(flatten)]
    asked: Asked,
}

pub(super) fn run(args: &ConfigArgs) -> anyhow::Result<Exit> {
    match &args.command {
        ConfigCommand::Show(args) => show(args),
        ConfigCommand::Schema => {
            let schema = serde_json::to_string_pretty(&config::schema())?;
            print(format!("{schema}\n").as_bytes())
        }
    }
}

fn show(args: &ShowArgs) -> anyhow::Result<Exit> {
    let paths: Vec<PathBuf> = args.path.iter().cloned().collect();
    let settings = args.asked.load(&paths)?;
    let config = &settings.config;
    let width = KEYS.iter().map(|k| k.name.len()).max().unwrap_or_default();
    let mut out = String::new();
    for key in &KEYS {
        let (value, source) = match config.get(key.name) {
            Some((value, source)) => (value.to_string(), source.clone()),
            None => (String::new(), Source::Default),
        };
        let value = if value.is_empty() { "(none)" } else { &value };
        writeln!(out, "{:width$} = {value}  # {source}", key.name)?;
    }
    for accept in &config.accept {
        let rules = if accept.rules.is_empty() {
            "all rules".to_owned()
        } else {
            accept.rules.join(", ")
        };
        writeln!(
            out,
            "accept {} for {rules}: {}  # {}",
            accept.globs.join(", "),
            accept.reason,
            accept.source
        )?;
    }
    if let Some((baseline, file)) = settings.baseline() {
        writeln!(
            out,
            "baseline in use: {file}, {} entries",
            baseline.entries().count()
        )?;
    }
    print(out.as_bytes())
}
