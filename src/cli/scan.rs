//! Implements `tokensweep scan`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Args;

use super::exit::Exit;
use super::mask::MessageMasker;
use super::options::{OutputFormat, ReportArgs};
use super::progress::ProgressLine;
use super::report_context::ReportContext;
use super::scan_git::{GitArgs, GitScan};
use super::settings::{Settings, SettingsRequest};
use super::{columns, output, redact, select, unread};
use crate::finding::{Outcome, SecretFragments, Skip, SkipReason};
use crate::message::{count_noun, portable_path};
use crate::report;
use crate::scan::Scanner;
use crate::source;

#[derive(Args, Clone, Debug)]
pub(super) struct ScanArgs {
    /// Files and folders to scan; `-` for standard input. A file is always scanned.
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,

    /// Scan the files named in FILE (`-` for standard input), separated by NUL or by lines.
    #[arg(
        hide_short_help = true,
        long,
        value_name = "FILE",
        conflicts_with = "paths"
    )]
    pub(super) files_from: Option<PathBuf>,

    /// Leave out named files that ignore files exclude; a hook manager names files that a walk would not.
    #[arg(hide_short_help = true, long)]
    pub(super) force_exclude: bool,

    /// Path under which to report and judge standard input.
    #[arg(hide_short_help = true, long, value_name = "PATH")]
    pub(super) stdin_filename: Option<PathBuf>,

    /// Scan only this column of Parquet files and JSON lines, each value by itself (repeatable); `a.b` is a field in a
    /// field.
    #[arg(
        hide_short_help = true,
        long,
        value_name = "NAME",
        help_heading = "Files"
    )]
    pub(super) column: Vec<String>,

    #[command(flatten)]
    pub(super) git: GitArgs,

    #[command(flatten)]
    pub(super) asked: SettingsRequest,

    #[command(flatten)]
    pub(super) report: ReportArgs,

    /// Exit 2 if an archive, or a member of one, could not be read; pixels of images do not count.
    #[arg(hide_short_help = true, long, help_heading = "Files")]
    pub(super) strict: bool,

    /// Write FILE for `git filter-repo --replace-text FILE`; it holds the secrets, and only you can read it.
    #[arg(
        hide_short_help = true,
        long,
        value_name = "FILE",
        help_heading = "Report"
    )]
    pub(super) replace_text: Option<PathBuf>,
}

pub(super) fn run(args: &ScanArgs) -> anyhow::Result<Exit> {
    if args.git.ci
        && args
            .report
            .formats()
            .any(|f| f == OutputFormat::RevokeRequest)
    {
        bail!(
            "revoke-request writes the secrets themselves, and the log and the files of a CI job are seen by others; \
             leave out --ci and run it on your own machine"
        );
    }
    let settings = args.asked.load(&args.paths)?;
    let args = &ScanArgs {
        asked: settings.effective_request(&args.asked),
        ..args.clone()
    };
    let mut outcome = find(&settings, args)?;
    if args.strict {
        outcome.mark_strict();
    }
    settings.mark_accepted(&mut outcome);
    let context = ReportContext::collect(&args.paths, &args.report);
    let all_written = output::write_reports(&outcome, &settings.rules, &args.report, &context);
    print_trouble(&outcome, args.report.verbose);
    if let Some(path) = &args.replace_text {
        redact::write_replace_text(&outcome, path)?;
    }
    let found = outcome.has_leaks() && !args.report.exit_zero;
    Ok(Exit::of_scan(found, outcome.is_complete() && all_written))
}

/// Scans the paths or the part of git that the arguments name. Only comments have accepted findings so far.
pub(super) fn find(settings: &Settings, args: &ScanArgs) -> anyhow::Result<Outcome> {
    let scanner = settings.build_scanner();
    let _line = ProgressLine::start(scanner.progress(), args.report.progress);
    if !args.column.is_empty() {
        if args.git.is_set() {
            bail!("--column reads files, not a repository; leave out one of the two");
        }
        return columns::scan_columns(
            &scanner,
            &args.column,
            (&args.paths, args.files_from.as_deref()),
            args.stdin_filename.as_deref(),
            args.asked.walk.max_file_size,
        );
    }
    if !args.git.is_set() {
        return scan(&scanner, args);
    }
    if args.paths.iter().any(|p| p == Path::new("-")) || args.stdin_filename.is_some() {
        bail!(
            "git is read from a repository, not from standard input; leave out `-` and --stdin-filename"
        );
    }
    let scan = GitScan {
        scanner: &scanner,
        git: &args.git,
        paths: &args.paths,
        walk: &args.asked.walk,
    };
    scan.run()
}

fn scan(scanner: &Scanner, args: &ScanArgs) -> anyhow::Result<Outcome> {
    if args.paths.iter().any(|p| p == Path::new("-")) {
        if args.paths.len() > 1 {
            bail!(
                "`-` (standard input) cannot be combined with other paths; scan them in two runs"
            );
        }
        let name = args.stdin_filename.as_deref().unwrap_or(Path::new("-"));
        let mut outcome = scanner.scan_stream(io::stdin().lock(), name);
        if scanner.opens_containers() {
            outcome.mark_named(&[name.to_owned()]);
        }
        outcome.drop_current_folder();
        return Ok(outcome);
    }
    if args.stdin_filename.is_some() {
        bail!("--stdin-filename goes with `-`: tokensweep scan - --stdin-filename PATH");
    }
    let is_unnamed = args.paths.is_empty() && args.files_from.is_none();
    if is_unnamed {
        unread::refuse_text()?;
    }
    let mut roots = select::scan_roots(&args.paths, args.files_from.as_deref())?;
    let mut excluded = Vec::new();
    if args.force_exclude {
        (excluded, roots) = roots
            .into_iter()
            .partition(|path| path.is_file() && source::is_excluded(path));
    }
    let mut outcome = scanner.scan_paths(&select::walk_options(roots.clone(), &args.asked.walk));
    // Lists and hook managers may name any file.
    if args.files_from.is_none() && !args.force_exclude && scanner.opens_containers() {
        outcome.mark_named(&roots);
    }
    outcome
        .skipped
        .extend(excluded.into_iter().map(|path| Skip {
            path,
            reason: SkipReason::Excluded,
        }));
    if is_unnamed {
        outcome.skipped.extend(unread::find_unread_input());
    }
    outcome.drop_current_folder();
    Ok(outcome)
}

/// Maximum number of unreadable paths that are named without `-v`.
const TROUBLE_SHOWN: usize = 20;

/// Lists the unreadable paths on standard error, whatever the format of the report.
pub(super) fn print_trouble(outcome: &Outcome, verbose: u8) {
    let shown = if verbose > 0 {
        usize::MAX
    } else {
        TROUBLE_SHOWN
    };
    let trouble: Vec<_> = outcome.trouble_skips().collect();
    if trouble.is_empty() {
        return;
    }
    let mut err = io::stderr().lock();
    let mut mask = MessageMasker::default();
    let fragments = SecretFragments::of(outcome);
    for skip in trouble.iter().take(shown) {
        let path = portable_path(&skip.path);
        let line = format!("{path}: {}", skip.reason);
        let line = fragments.mask_in(&line);
        // A failure to write to standard error cannot be reported anywhere.
        let _ = writeln!(
            err,
            "tokensweep: {}",
            report::escape_control(&mask.apply(&line))
        );
    }
    if let Some(more) = trouble.len().checked_sub(shown).filter(|&n| n > 0) {
        let more = count_noun(more as u64, "more path");
        let _ = writeln!(err, "tokensweep: {more} could not be read (-v names them)");
    }
}
