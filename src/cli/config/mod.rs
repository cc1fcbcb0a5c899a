//! Implements `tokensweep config show | schema | migrate`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};

use super::exit::Exit;
use super::mask::MessageMasker;
use super::settings::SettingsRequest;
use super::{input, print_text};
use crate::config::{self, KEYS, display_path};
use crate::message::count_noun;
use crate::report::json::SCHEMA;
use migrate::MigratedConfig;

mod migrate;

#[derive(Args, Debug)]
pub(super) struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print every value and its origin.
    Show(ShowArgs),
    /// Print the JSON schema of a configuration file, or of a report.
    Schema(SchemaArgs),
    /// Translate the configuration of another scanner, such as gitleaks, and print it.
    Migrate(MigrateArgs),
}

#[derive(Args, Debug)]
struct MigrateArgs {
    /// `.gitleaks.toml`, `.secrets.baseline` of detect-secrets, `.secretlintrc.json`, `.talismanrc`, or the list
    /// of paths that trufflehog excludes.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Write its custom rules to this file, which must not exist yet.
    #[arg(long, value_name = "FILE")]
    rules_to: Option<PathBuf>,
}

#[derive(Args, Debug)]
struct SchemaArgs {
    /// Print the schema of JSON reports (`--format json`) instead.
    #[arg(long)]
    report: bool,
}

#[derive(Args, Debug)]
struct ShowArgs {
    /// Path whose configuration to show.
    #[arg(value_name = "PATH")]
    path: Option<PathBuf>,

    #[command(flatten)]
    asked: SettingsRequest,
}

pub(super) fn run(args: &ConfigArgs) -> anyhow::Result<Exit> {
    match &args.command {
        ConfigCommand::Show(args) => show_config(args),
        ConfigCommand::Migrate(args) => migrate_config(args),
        ConfigCommand::Schema(SchemaArgs { report: true }) => print_text(SCHEMA.as_bytes()),
        ConfigCommand::Schema(SchemaArgs { report: false }) => {
            let schema = serde_json::to_string_pretty(&config::config_schema())?;
            print_text(format!("{schema}\n").as_bytes())
        }
    }
}

fn show_config(args: &ShowArgs) -> anyhow::Result<Exit> {
    let paths: Vec<PathBuf> = args.path.iter().cloned().collect();
    let settings = args.asked.load(&paths)?;
    let config = &settings.config;
    let width = KEYS
        .iter()
        .map(|k| k.name().len())
        .max()
        .unwrap_or_default();
    let mut out = String::new();
    for key in KEYS {
        let (value, source) = key.show(config);
        let value = if value.is_empty() { "(none)" } else { &value };
        writeln!(out, "{:width$} = {value}  # {source}", key.name())?;
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
            [&accept.globs[..], &accept.expressions].concat().join(", "),
            accept.reason,
            accept.source
        )?;
    }
    if let Some((baseline, file)) = settings.baseline() {
        writeln!(
            out,
            "baseline in use: {file}, {}",
            count_noun(baseline.entries().count() as u64, "entry")
        )?;
    }
    print_text(MessageMasker::default().apply(&out).as_bytes())
}

fn migrate_config(args: &MigrateArgs) -> anyhow::Result<Exit> {
    let name = display_path(&args.file);
    let bytes = input::read(&args.file, "configuration")?;
    let migrated = MigratedConfig::read(&name, &bytes)?;
    let rules_file = args.rules_to.as_ref().map(|path| display_path(path));
    if let Some(path) = args
        .rules_to
        .as_ref()
        .filter(|_| !migrated.rules.is_empty())
    {
        let text = migrated.rules.join("\n");
        std::fs::File::create_new(path)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .with_context(|| format!("cannot write the rules to {}", display_path(path)))?;
    }
    print_text(migrated.to_toml(&name, rules_file.as_deref()).as_bytes())
}
