//! Options that several commands share, and the values of these options.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::LazyLock;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Args, Command, ValueEnum};

use crate::config::parse_size;
use crate::document::suggest_known;
use crate::finding::Confidence;
use crate::report::{ReportFormat, ReportGrouping, is_repository_address};
use crate::rule::{RuleSet, builtin_rules};

/// Options of the walk through folders, for every command that reads files.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Files")]
pub(super) struct WalkArgs {
    /// Read everything: ignore no files, and all of `.git`.
    #[arg(long)]
    pub(super) no_ignore: bool,

    /// Leave out files larger than SIZE: bytes, or with a suffix k, M, G (powers of 1000), Ki, Mi, Gi.
    #[arg(hide_short_help = true, long, value_name = "SIZE", value_parser = parse_size)]
    pub(super) max_file_size: Option<u64>,

    #[command(flatten)]
    pub(super) containers: super::containers::ContainerArgs,

    /// Number of threads to use; 0 for one per core.
    #[arg(hide_short_help = true, long, value_name = "N", allow_negative_numbers = true, value_parser = parse_count)]
    pub(super) threads: Option<usize>,
}

impl WalkArgs {
    /// Returns the number of threads to use; 0 for one per core.
    pub(super) fn thread_count(&self) -> usize {
        self.threads.unwrap_or_default()
    }
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Rules")]
pub(super) struct RuleArgs {
    /// Report findings of this confidence and above [default: medium].
    #[arg(long, value_name = "LEVEL", value_enum)]
    pub(super) min_confidence: Option<ConfidenceLevel>,

    #[command(flatten)]
    pub(super) choice: RuleChoice,
}

/// Choice of rules.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Rules")]
pub(super) struct RuleChoice {
    /// Use only the rule with this id (repeatable).
    #[arg(long, value_name = "ID", value_parser = RULE_ID, hide_possible_values = true)]
    pub(super) rule: Vec<String>,

    /// Leave out the rule with this id (repeatable).
    #[arg(long, value_name = "ID", value_parser = RULE_ID, hide_possible_values = true)]
    pub(super) exclude_rule: Vec<String>,

    /// Add the rules in this file (repeatable); a rule with the id of a built-in one replaces it.
    #[arg(long = "rules", value_name = "FILE")]
    pub(super) rule_files: Vec<PathBuf>,
}

/// Options for the configuration and the accepted secrets.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Settings and what may stay")]
pub(super) struct SettingArgs {
    /// Read this configuration file instead of the project's.
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    pub(super) config: Option<PathBuf>,

    /// Read no configuration file, and no baseline except that of `--baseline`.
    #[arg(long)]
    pub(super) no_config: bool,

    /// File of accepted secrets.
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,

    /// Accept nothing: ignore comments, path rules and the baseline.
    #[arg(hide_short_help = true, long, conflicts_with = "baseline")]
    pub(super) accept_nothing: bool,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Report")]
pub(super) struct ReportArgs {
    /// Format of the report; plan tells what to do about leaks, in order; revoke-request contains the secrets.
    #[arg(long, value_name = "FORMAT", value_parser = FORMAT, default_value = "human")]
    pub(super) format: OutputFormat,

    /// Write a report in FORMAT to FILE as well (repeatable).
    #[arg(long = "output", value_name = "FORMAT=FILE", value_parser = parse_output)]
    pub(super) outputs: Vec<(OutputFormat, PathBuf)>,

    /// Write secrets in full into the report.
    #[arg(long)]
    pub(super) show_secrets: bool,

    /// Address of the repository's page, for links; the default is that of its remote.
    #[arg(hide_short_help = true, long, value_name = "URL", value_parser = parse_link_base)]
    pub(super) link_base: Option<String>,

    /// Choose when to colour the report.
    #[arg(hide_short_help = true, long, value_name = "WHEN", value_enum, default_value_t = ColorChoice::Auto)]
    pub(super) color: ColorChoice,

    /// Choose when the places of the human report are links for the terminal.
    #[arg(hide_short_help = true, long, value_name = "WHEN", value_enum, default_value_t = ColorChoice::Auto)]
    pub(super) hyperlinks: ColorChoice,

    /// Group the human report by secret, file, commit, author or rule; a secret stands where its first place is.
    #[arg(long, value_name = "THING", value_parser = GROUPING, default_value = "secret")]
    pub(super) group_by: ReportGrouping,

    /// Choose when a human report longer than the screen goes through `PAGER`.
    #[arg(hide_short_help = true, long, value_name = "WHEN", value_enum, default_value_t = PagerChoice::Auto)]
    pub(super) pager: PagerChoice,

    /// Choose when to show progress on standard error.
    #[arg(hide_short_help = true, long, value_name = "WHEN", value_enum, default_value_t = ColorChoice::Auto)]
    pub(super) progress: ColorChoice,

    /// Print only the findings.
    #[arg(short, long, conflicts_with = "verbose")]
    pub(super) quiet: bool,

    /// Print all evidence, and every path that was not read (of an ignored folder, only the folder).
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,

    /// Exit 0 even if leaks are found; errors still exit 2.
    #[arg(long)]
    pub(super) exit_zero: bool,
}

impl Default for ReportArgs {
    /// Returns the options of a run without flags.
    fn default() -> Self {
        ReportArgs {
            format: OutputFormat::Report(ReportFormat::Human),
            outputs: Vec::new(),
            show_secrets: false,
            link_base: None,
            color: ColorChoice::Auto,
            hyperlinks: ColorChoice::Auto,
            group_by: ReportGrouping::Secret,
            pager: PagerChoice::Auto,
            progress: ColorChoice::Auto,
            quiet: false,
            verbose: 0,
            exit_zero: false,
        }
    }
}

impl ReportArgs {
    /// Iterates over the formats that are written.
    pub(super) fn formats(&self) -> impl Iterator<Item = OutputFormat> {
        let files = self.outputs.iter().map(|(format, _)| *format);
        files.chain([self.format])
    }
}

/// Format of what a run writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OutputFormat {
    /// A report.
    Report(ReportFormat),
    /// Bodies of requests that revoke the secrets. They contain the secrets, so that only an option asks for them.
    RevokeRequest,
}

impl OutputFormat {
    /// Name of the format that is no report.
    const REVOKE_REQUEST: &str = "revoke-request";
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorChoice {
    Auto,
    Always,
    Never,
}

/// Use of a pager: for a person at a terminal, or not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum PagerChoice {
    Auto,
    Never,
}

/// Parser of a value that completions offer the known ones for. What it accepts is for `parse` alone.
#[derive(Clone)]
pub(super) struct OfferingParser<T> {
    parse: fn(&str) -> Result<T, String>,
    list_known: fn() -> Vec<&'static str>,
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for OfferingParser<T> {
    type Value = T;

    fn parse_ref(&self, cmd: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<T, clap::Error> {
        TypedValueParser::parse_ref(&self.parse, cmd, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let known = (self.list_known)().into_iter();
        Some(Box::new(known.map(PossibleValue::new)))
    }
}

/// Parser of the id of a rule. Files of the user may add ids, so that every word is accepted here.
pub(super) const RULE_ID: OfferingParser<String> = OfferingParser {
    parse: |id| Ok(id.to_owned()),
    list_known: || BUILTIN_RULES.iter().map(|r| &*r.id).collect(),
};

static BUILTIN_RULES: LazyLock<RuleSet> = LazyLock::new(builtin_rules);

/// Parser of the name of a report format.
const FORMAT: OfferingParser<OutputFormat> = OfferingParser {
    parse: parse_format,
    list_known: list_formats,
};

fn list_formats() -> Vec<&'static str> {
    let reports = ReportFormat::ALL.iter().map(|f| f.name());
    reports.chain([OutputFormat::REVOKE_REQUEST]).collect()
}

/// Reads the name of a format.
fn parse_format(name: &str) -> Result<OutputFormat, String> {
    if name == OutputFormat::REVOKE_REQUEST {
        return Ok(OutputFormat::RevokeRequest);
    }
    let format = ReportFormat::from_name(name).map(OutputFormat::Report);
    format.ok_or_else(|| suggest_known(name, &list_formats()))
}

/// Reads a number of threads.
fn parse_count(text: &str) -> Result<usize, String> {
    text.parse()
        .map_err(|_| "write a number from 0 on".to_owned())
}

/// Parser of the name of a grouping.
const GROUPING: OfferingParser<ReportGrouping> = OfferingParser {
    parse: parse_grouping,
    list_known: list_groupings,
};

fn list_groupings() -> Vec<&'static str> {
    ReportGrouping::ALL.iter().map(|g| g.name()).collect()
}

fn parse_grouping(name: &str) -> Result<ReportGrouping, String> {
    let mut all = ReportGrouping::ALL.into_iter();
    all.find(|grouping| grouping.name() == name)
        .ok_or_else(|| format!("there are {}", list_groupings().join(", ")))
}

/// Reads `FORMAT=FILE`.
fn parse_output(text: &str) -> Result<(OutputFormat, PathBuf), String> {
    match text.split_once('=') {
        Some((format, file)) if !file.is_empty() => {
            Ok((parse_format(format)?, PathBuf::from(file)))
        }
        _ => Err("write FORMAT=FILE, as in sarif=leaks.sarif".to_owned()),
    }
}

fn parse_link_base(text: &str) -> Result<String, String> {
    if is_repository_address(text) {
        return Ok(text.to_owned());
    }
    Err(
        "write the address of the repository's page, as in https://github.com/owner/name"
            .to_owned(),
    )
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ConfidenceLevel {
    Low,
    Medium,
    High,
    Certain,
}

impl From<ConfidenceLevel> for Confidence {
    fn from(level: ConfidenceLevel) -> Confidence {
        match level {
            ConfidenceLevel::Low => Confidence::Low,
            ConfidenceLevel::Medium => Confidence::Medium,
            ConfidenceLevel::High => Confidence::High,
            ConfidenceLevel::Certain => Confidence::Certain,
        }
    }
}
