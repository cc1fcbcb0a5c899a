//! Writes texts to standard output, standard error, the files of `--output`, and the job summary of GitHub Actions.
//!
//! A reader that closes its pipe (`tokensweep scan | head -1`) has read all that it needs: that is no error, and the
//! exit code does not change. A failure to write any other text is an error.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anstream::AutoStream;
use anyhow::Context as _;

use super::exit::Exit;
use super::mask::MessageMasker;
use super::options::{OutputFormat, PagerChoice, ReportArgs};
use super::pager::show_in_pager;
use super::private_file::create_private_file;
use super::report_context::ReportContext;
use super::revoke::RevokeRequests;
use super::terminal::{count_columns, is_attended, is_coloured};
use crate::finding::Outcome;
use crate::message::{portable_path, without_error_numbers};
use crate::report::{self, ReportFormat, ReportOptions};
use crate::rule::RuleSet;

/// Variable with the file that a step of GitHub Actions may write its summary to.
const JOB_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Writes all requested reports, and names on standard error those that could not be written whole.
/// Returns true if all were written.
pub(super) fn write_reports(
    outcome: &Outcome,
    rules: &RuleSet,
    args: &ReportArgs,
    context: &ReportContext,
) -> bool {
    let mut options = ReportOptions {
        show_secrets: args.show_secrets,
        verbosity: if args.quiet {
            -1
        } else {
            i8::try_from(args.verbose).unwrap_or(i8::MAX)
        },
        grouping: args.group_by,
        subject: context.subject.as_deref(),
        remote: context.remote.as_deref(),
        revision: context.revision.as_deref(),
        branch: context.branch.as_deref(),
        ..ReportOptions::new(rules)
    };
    let mut all_written = true;
    let mut note_failure = |written: anyhow::Result<()>| {
        if let Err(error) = written {
            say_error(&error);
            all_written = false;
        }
    };
    for (format, path) in &args.outputs {
        note_failure(match format {
            OutputFormat::RevokeRequest => write_requests(outcome, path),
            OutputFormat::Report(format) => File::create(path)
                .and_then(|file| write_file(*format, outcome, &options, file))
                .with_context(|| format!("cannot write the report {}", portable_path(path))),
        });
    }
    let annotations = OutputFormat::Report(ReportFormat::Github);
    let wants_summary = args.formats().any(|format| format == annotations);
    if let Some(path) = std::env::var_os(JOB_SUMMARY).filter(|p| wants_summary && !p.is_empty()) {
        let path = Path::new(&path);
        let file = OpenOptions::new().append(true).create(true).open(path);
        note_failure(
            file.and_then(|file| write_file(ReportFormat::Markdown, outcome, &options, file))
                .with_context(|| format!("cannot write the job summary {}", portable_path(path))),
        );
    }
    options.set_colour(is_coloured(args.color));
    options.set_links(context.has_links);
    options.columns = count_columns();
    note_failure(match args.format {
        OutputFormat::RevokeRequest => print_requests(outcome),
        OutputFormat::Report(format) => print_report(outcome, format, args, &options),
    });
    all_written
}

/// Prints the report, through a pager if it is for a person and longer than the screen.
fn print_report(
    outcome: &Outcome,
    format: ReportFormat,
    args: &ReportArgs,
    options: &ReportOptions<'_>,
) -> anyhow::Result<()> {
    let is_for_person = format == ReportFormat::Human && args.pager == PagerChoice::Auto;
    if !is_for_person || !is_attended() {
        return print_with(|out| report::write(format, outcome, options, out));
    }
    let mut text = Vec::new();
    report::write(format, outcome, options, &mut text)?;
    match show_in_pager(&text) {
        Ok(false) => print_with(|out| out.write_all(&text)),
        shown => finish_standard_output(shown.map(|_| ())),
    }
}

/// Prints the bodies of requests that revoke the leaks.
fn print_requests(outcome: &Outcome) -> anyhow::Result<()> {
    let requests = RevokeRequests::of(outcome);
    requests.explain_use(None);
    print_with(|out| out.write_all(requests.bodies.as_bytes()))
}

/// Writes the bodies of requests that revoke the leaks into a new file, if there are any.
fn write_requests(outcome: &Outcome, path: &Path) -> anyhow::Result<()> {
    let requests = RevokeRequests::of(outcome);
    if !requests.bodies.is_empty() {
        let doing = || format!("cannot write {}", portable_path(path));
        let mut file = create_private_file(path).with_context(doing)?;
        file.write_all(requests.bodies.as_bytes())
            .with_context(doing)?;
    }
    requests.explain_use(Some(path));
    Ok(())
}

fn write_file(
    format: ReportFormat,
    outcome: &Outcome,
    options: &ReportOptions<'_>,
    file: File,
) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    let written = report::write(format, outcome, options, &mut out).and_then(|()| out.flush());
    ignore_gone_reader(written)
}

/// Prints a text, the whole output of a command.
pub(super) fn print_text(text: &[u8]) -> anyhow::Result<Exit> {
    print_with(|out| out.write_all(text))?;
    Ok(Exit::Clean)
}

/// Prints the output of `write`.
pub(super) fn print_with(
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> anyhow::Result<()> {
    finish_standard_output(write_standard_output(write))
}

fn write_standard_output(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    // Translates colours for consoles of Windows that do not understand escape sequences.
    let mut out = BufWriter::new(AutoStream::always(io::stdout().lock()));
    write(&mut out).and_then(|()| out.flush())
}

/// Turns a failure to print into an error for the user, unless the reader closed the pipe.
pub(super) fn finish_standard_output(written: io::Result<()>) -> anyhow::Result<()> {
    ignore_gone_reader(written).context("cannot write to standard output")
}

/// Turns the error of a pipe that its reader closed into success.
pub(super) fn ignore_gone_reader(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if is_gone_reader(&error) => Ok(()),
        other => other,
    }
}

/// Returns true if the error is that of a pipe that its reader closed.
pub(super) fn is_gone_reader(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}

/// Standard output for a command that prints during its work, which no failure to print stops.
#[derive(Default)]
pub(super) struct Printer {
    failure: Option<anyhow::Error>,
    is_closed: bool,
}

impl Printer {
    /// Prints the output of `write`, unless printing has failed before.
    pub(super) fn print_with(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        if self.is_closed {
            return;
        }
        let written = write_standard_output(write);
        self.is_closed = written.is_err();
        self.failure = finish_standard_output(written).err();
    }

    /// Returns the failure, if there was one other than a pipe that its reader closed.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        self.failure.map_or(Ok(()), Err)
    }
}

/// Prints an error for the user on standard error.
pub(super) fn say_error(error: &anyhow::Error) {
    let text = without_error_numbers(&format!("{error:#}"));
    // A failure to write to standard error cannot be reported anywhere.
    let _ = writeln!(
        io::stderr(),
        "tokensweep: {}",
        MessageMasker::default().apply(&text)
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_reader_that_went_away_is_no_failure() {
        let end = |kind: io::ErrorKind| ignore_gone_reader(Err(kind.into()));
        assert!(end(io::ErrorKind::BrokenPipe).is_ok());
        for kind in [io::ErrorKind::StorageFull, io::ErrorKind::PermissionDenied] {
            assert!(end(kind).is_err(), "{kind}");
        }
    }
}
