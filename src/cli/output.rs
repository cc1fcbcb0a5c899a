//! Where reports go: standard output, the files of `--output`, and the job summary of GitHub Actions.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;
use std::time::SystemTime;

use anyhow::Context as _;

use super::args::{ReportArgs, When};
use crate::finding::Outcome;
use crate::report::{self, Format, ReportOptions, Style};
use crate::rule::RuleSet;

/// The file that a step of GitHub Actions may write its summary to.
const JOB_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Writes every report that was asked for.
pub(super) fn write(outcome: &Outcome, rules: &RuleSet, args: &ReportArgs) -> anyhow::Result<()> {
    let verbosity = if args.quiet {
        -1
    } else {
        i8::try_from(args.verbose).unwrap_or(i8::MAX)
    };
    let mut options = ReportOptions {
        show_secrets: args.show_secrets,
        style: Style::default(),
        verbosity,
        rules,
        finished: SystemTime::now(),
    };
    for (format, path) in &args.outputs {
        let file = File::create(path)
            .with_context(|| format!("cannot write the report {}", path.display()))?;
        to_file(*format, outcome, &options, file, path)?;
    }
    let wants_summary =
        args.format == Format::Github || args.outputs.iter().any(|(f, _)| *f == Format::Github);
    if let Some(path) = std::env::var_os(JOB_SUMMARY).filter(|p| wants_summary && !p.is_empty()) {
        let path = Path::new(&path);
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)
            .with_context(|| format!("cannot write the job summary {}", path.display()))?;
        to_file(Format::Markdown, outcome, &options, file, path)?;
    }
    let stdout = io::stdout();
    options.style = Style {
        colour: match args.color {
            When::Always => true,
            When::Never => false,
            When::Auto => {
                stdout.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
            }
        },
    };
    let mut out = BufWriter::new(stdout.lock());
    report::write(args.format, outcome, &options, &mut out)
        .and_then(|()| out.flush())
        .context("cannot write the report")
}

fn to_file(
    format: Format,
    outcome: &Outcome,
    options: &ReportOptions<'_>,
    file: File,
    path: &Path,
) -> anyhow::Result<()> {
    let mut out = BufWriter::new(file);
    report::write(format, outcome, options, &mut out)
        .and_then(|()| out.flush())
        .with_context(|| format!("cannot write the report {}", path.display()))
}
