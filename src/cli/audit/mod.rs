//! Implements `tokensweep audit`: scans the histories of many repositories, one result for each, and merges the results.

mod merge;
mod progress;
mod run;
mod store;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand, ValueEnum};

use super::exit::Exit;
use super::options::ColorChoice;
use super::repositories::RepositoryList;
use super::settings::SettingsRequest;
use super::terminal::{count_columns, is_coloured};
use super::{output, scan, select};
use crate::file_replacement::FileReplacement;
use crate::finding::{Outcome, Skip, SkipReason};
use crate::message::portable_path;
use crate::report::{self, AuditFormat, AuditReport, ReportOptions};
use crate::rule::RuleSet;
use merge::ResultMerger;
use run::{AuditHistoryArgs, AuditRun};

#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct AuditArgs {
    #[command(subcommand)]
    command: Option<AuditCommand>,

    /// Folders with repositories below them, and files that name repositories, one path a line (`-`: standard input).
    #[arg(value_name = "LIST|DIR", required = true)]
    sources: Vec<PathBuf>,

    /// Folder for one result a repository; an audit that was stopped goes on from those that are there.
    #[arg(long, value_name = "DIR", default_value = "tokensweep-audit")]
    output_dir: PathBuf,

    #[command(flatten)]
    history: AuditHistoryArgs,

    #[command(flatten)]
    asked: SettingsRequest,

    #[command(flatten)]
    report: AuditReportArgs,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Merge the results of audits on several machines into one report.
    Merge(MergeArgs),
}

#[derive(Args, Debug)]
struct MergeArgs {
    /// Results, and folders of results.
    #[arg(value_name = "RESULT", required = true)]
    results: Vec<PathBuf>,

    #[command(flatten)]
    report: AuditReportArgs,
}

/// Options of the merged report.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Report")]
struct AuditReportArgs {
    /// Format of the merged report; each result is a JSON report of its repository.
    #[arg(long, value_enum, default_value_t = AuditFormatName::Human)]
    format: AuditFormatName,

    /// Write the merged report in FORMAT to FILE as well (repeatable).
    #[arg(long = "output", value_name = "FORMAT=FILE", value_parser = parse_output)]
    outputs: Vec<(AuditFormatName, PathBuf)>,

    /// Choose when to colour the report.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = ColorChoice::Auto)]
    color: ColorChoice,

    /// Choose when to show progress on standard error.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = ColorChoice::Auto)]
    progress: ColorChoice,

    /// Print only the secrets.
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,

    /// Name all repositories, also those without leaks.
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,

    /// Exit 0 even if leaks are found; errors still exit 2.
    #[arg(long)]
    exit_zero: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum AuditFormatName {
    Human,
    Json,
}

/// Reads `FORMAT=FILE`.
fn parse_output(text: &str) -> Result<(AuditFormatName, PathBuf), String> {
    let parts = text.split_once('=').filter(|(_, file)| !file.is_empty());
    let (format, file) = parts.ok_or("write FORMAT=FILE, as in json=audit.json")?;
    let format = AuditFormatName::from_str(format, false)
        .map_err(|_| "an audit has the formats human and json".to_owned())?;
    Ok((format, PathBuf::from(file)))
}

impl From<AuditFormatName> for AuditFormat {
    fn from(name: AuditFormatName) -> AuditFormat {
        match name {
            AuditFormatName::Human => AuditFormat::Human,
            AuditFormatName::Json => AuditFormat::Json,
        }
    }
}

pub(super) fn run(args: &AuditArgs) -> anyhow::Result<Exit> {
    if let Some(AuditCommand::Merge(args)) = &args.command {
        return merge_results(args);
    }
    let settings = args.asked.load(&args.sources)?;
    let list = list_repositories(&args.sources)?;
    if list.paths.is_empty() && list.unreadable.is_empty() {
        bail!("there is no git repository below what was named, so there is nothing to audit");
    }
    let run = AuditRun {
        settings: &settings,
        walk: &settings.effective_walk(&args.asked.walk),
        history: &args.history,
        progress: args.report.progress,
    };
    let files = run.scan_all(&list.paths, &args.output_dir)?;
    let mut merger = ResultMerger::merge(&files);
    for skip in &list.unreadable {
        merger.add_unread(&portable_path(&skip.path), skip.reason.to_string());
    }
    write_report(&merger.finish(), &settings.rules, &args.report)
}

fn merge_results(args: &MergeArgs) -> anyhow::Result<Exit> {
    let mut files = Vec::new();
    for path in &args.results {
        let found = store::list_results(path)?;
        if found.is_empty() {
            bail!("there is no result of an audit in {}", portable_path(path));
        }
        files.extend(found);
    }
    let report = ResultMerger::merge(&files).finish();
    write_report(&report, &RuleSet::default(), &args.report)
}

/// Returns the repositories below the folders, and those that the lists name.
fn list_repositories(sources: &[PathBuf]) -> anyhow::Result<RepositoryList> {
    let mut list = RepositoryList::default();
    for source in sources {
        if source.is_dir() {
            list.add_below(source);
            continue;
        }
        for path in select::scan_roots(&[], Some(source))? {
            if !path.exists() {
                list.add_unreadable(&path, "there is no such file or folder".to_owned());
            } else if !list.add_below(&path) {
                list.add_unreadable(&path, "there is no git repository here".to_owned());
            }
        }
    }
    list.paths.sort();
    Ok(list)
}

/// Writes the merged report, and says what could not be read.
fn write_report(
    report: &AuditReport,
    rules: &RuleSet,
    args: &AuditReportArgs,
) -> anyhow::Result<Exit> {
    let mut options = ReportOptions {
        verbosity: if args.quiet {
            -1
        } else {
            i8::try_from(args.verbose).unwrap_or(i8::MAX)
        },
        ..ReportOptions::new(rules)
    };
    for (format, path) in &args.outputs {
        let written = FileReplacement::of(path)
            .write(|out| report::write_audit((*format).into(), report, &options, out));
        written.with_context(|| format!("cannot write the report {}", portable_path(path)))?;
    }
    options.set_colour(is_coloured(args.color));
    options.columns = count_columns();
    output::print_with(|out| report::write_audit(args.format.into(), report, &options, out))?;
    let trouble = collect_trouble(report, args.verbose > 0);
    scan::print_trouble(&trouble, args.verbose);
    let found = !report.secrets.is_empty() && !args.exit_zero;
    Ok(Exit::of_scan(found, trouble.is_complete()))
}

/// Returns everything that was asked for and not read, as the skips of an outcome: of each repository the first problem,
/// or all.
fn collect_trouble(report: &AuditReport, names_all: bool) -> Outcome {
    let mut outcome = Outcome::default();
    let mut add = |path: &str, reason: &str| {
        outcome.skipped.push(Skip {
            path: Path::new(path).to_owned(),
            reason: SkipReason::Unreadable(reason.to_owned()),
        });
    };
    for unread in &report.unread {
        add(&unread.path, &unread.reason);
    }
    for repository in report.repositories.iter().filter(|r| !r.complete) {
        match &repository.problems[..] {
            [first, _, ..] if !names_all => {
                add(&repository.path, &format!("{first} (-v names more)"));
            }
            problems => problems.iter().for_each(|p| add(&repository.path, p)),
        }
    }
    outcome
}
