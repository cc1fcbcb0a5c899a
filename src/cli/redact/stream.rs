//! Filter from standard input to standard output.

use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, bail};

use super::options::RedactArgs;
use super::report::{RedactReport, replaced_sentence, say, tell_of_remaining};
use super::scanner::RedactScanner;
use crate::cli::exit::Exit;
use crate::cli::output::is_gone_reader;
use crate::container::recognise_container;
use crate::message::count_noun;
use crate::redact::{RedactOptions, RedactRecord, filter_stream};
use crate::threads::lock_mutex;

/// Filters standard input.
pub(super) fn run(
    args: &RedactArgs,
    options: &RedactOptions,
    looker: &RedactScanner,
) -> anyhow::Result<Exit> {
    check_arguments(args)?;
    let path = args.stdin_filename.as_deref().unwrap_or(Path::new("-"));
    let report = RedactReport::create(args.report.as_ref())?;
    let mut record = RedactRecord::new();
    let mut count = 0;
    let mut keep = |replacement| {
        count += 1;
        // A stream may have no end.
        if report.is_wanted() {
            record.replaced.push(replacement);
        }
    };
    let mut outlet = Outlet::new(args.check);
    let head = Arc::new(Mutex::new(Vec::new()));
    let input = Inlet {
        input: io::stdin(),
        head: Arc::clone(&head),
    };
    let mut filtered = filter_stream(input, &mut outlet, path, options, looker, &mut keep);
    if let Ok(filtered) = &mut filtered {
        record.remaining = std::mem::take(&mut filtered.remaining);
    }
    let record = record.with_mask(&|text| looker.mask_text(text));
    report.write_record(&record)?;
    let filtered = match filtered {
        Ok(filtered) => filtered,
        // The rest was not passed on, because its reader closed the pipe: that is not reported.
        Err(error) if outlet.has_failed && is_gone_reader(&error) => return Ok(Exit::Trouble),
        Err(error) if outlet.has_failed => {
            return Err(error).context("cannot write to standard output");
        }
        Err(error) => return Err(error).context("cannot filter standard input"),
    };
    if !args.quiet {
        say_done(count, filtered.covered, args.is_dry_run());
    }
    tell_of_remaining(&record.remaining, filtered.left, args.is_dry_run());
    if filtered.passed_before > 0 {
        say(&passed_before(filtered.passed_before));
    }
    let head = lock_mutex(&head);
    if let Some(form) = recognise_container(&head).filter(|form| !form.is_plain()) {
        say(&format!(
            "tokensweep: standard input is {}, which was not opened: what is packed in it was not redacted",
            form.name
        ));
        return Ok(Exit::Trouble);
    }
    let any = args.check && count > 0;
    Ok(Exit::of_scan(
        any || filtered.left + filtered.passed_before > 0,
        true,
    ))
}

fn check_arguments(args: &RedactArgs) -> anyhow::Result<()> {
    if args.paths.len() > 1 {
        bail!("`-` (standard input) cannot be combined with other paths; redact them in two runs");
    }
    if args.diff || args.output_dir.is_some() || args.backup.is_some() {
        bail!("--diff, --output-dir and --backup are for files; `-` writes to standard output");
    }
    Ok(())
}

/// Prints the number of replaced secrets, and of the lines whose ends were covered.
fn say_done(replaced: usize, covered: u64, is_dry_run: bool) {
    if replaced > 0 {
        say(&replaced_sentence(
            replaced,
            "in standard input",
            is_dry_run,
        ));
    }
    if covered > 0 {
        say(&format!(
            "tokensweep: the ends of {} were covered with REDACTED, as nothing came for a moment \
             and a token may have been cut there",
            count_noun(covered, "line")
        ));
    }
}

/// Returns a sentence on the places of a secret that were passed on before the secret was found.
fn passed_before(count: usize) -> String {
    let places = count_noun(count as u64, "place");
    let were = if count == 1 { "was" } else { "were" };
    format!(
        "tokensweep: {places} of a secret {were} passed on before the secret was recognised further down, \
         and the output still holds it; redact the text as a file, which is read as a whole"
    )
}

/// Number of bytes that show the form of a stream.
const HEAD: usize = 512;

/// Standard input, whose first bytes are kept.
struct Inlet<R> {
    input: R,
    head: Arc<Mutex<Vec<u8>>>,
}

impl<R: Read> Read for Inlet<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(out)?;
        let mut head = lock_mutex(&self.head);
        let room = HEAD.saturating_sub(head.len());
        head.extend_from_slice(&out[..count.min(room)]);
        Ok(count)
    }
}

/// End of the filter: standard output, or nothing.
struct Outlet {
    out: Box<dyn Write>,
    has_failed: bool,
}

impl Outlet {
    fn new(is_check: bool) -> Outlet {
        Outlet {
            out: if is_check {
                Box::new(io::sink())
            } else {
                Box::new(io::stdout().lock())
            },
            has_failed: false,
        }
    }
}

impl Write for Outlet {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let written = self.out.write(text);
        self.has_failed |= written.is_err();
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.out.flush();
        self.has_failed |= flushed.is_err();
        flushed
    }
}
