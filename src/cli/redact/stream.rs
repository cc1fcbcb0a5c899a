//! The filter from standard input to standard output.

use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context as _, bail};

use super::report::{Report, replaced, say};
use super::{Looker, RedactArgs};
use crate::cli::exit::Exit;
use crate::redact::{Record, RedactOptions, filter};

/// Filters standard input.
pub(super) fn run(
    args: &RedactArgs,
    options: &RedactOptions,
    looker: &Looker,
) -> anyhow::Result<Exit> {
    if args.paths.len() > 1 {
        bail!("`-` (standard input) cannot be combined with other paths; redact them in two runs");
    }
    if args.diff || args.output_dir.is_some() || args.backup.is_some() {
        bail!("--diff, --output-dir and --backup are for files; `-` writes to standard output");
    }
    let path = args.stdin_filename.as_deref().unwrap_or(Path::new("-"));
    let report = Report::create(args.report.as_ref())?;
    let mut record = Record::new();
    let mut count = 0;
    let mut keep = |replacement| {
        count += 1;
        // A stream may go on for ever.
        if report.is_wanted() {
            record.replaced.push(replacement);
        }
    };
    let mut nowhere = io::sink();
    let mut stdout = io::stdout().lock();
    let output: &mut dyn Write = if args.check {
        &mut nowhere
    } else {
        &mut stdout
    };
    let covered = filter(io::stdin(), output, path, options, looker, &mut keep)
        .context("cannot filter standard input")?;
    drop(stdout);
    report.write(&record)?;
    if !args.quiet && count > 0 {
        say(&replaced(count, "in standard input", args.is_dry()));
    }
    if !args.quiet && covered > 0 {
        let lines = if covered == 1 { "line" } else { "lines" };
        say(&format!(
            "tokensweep: the ends of {covered} {lines} were covered with REDACTED, as nothing came for a moment \
             and a token may have been cut there"
        ));
    }
    Ok(Exit::of_scan(args.check && count > 0, true))
}
