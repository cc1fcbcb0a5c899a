//! Copies of files with columns, in which the secrets in the chosen columns are replaced.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::bail;

use super::copies::{plan_copies, refuse_taken};
use super::options::RedactArgs;
use super::report::{RedactReport, replaced_sentence, say, tell_of_remaining};
use super::scanner::RedactScanner;
use crate::cli::exit::Exit;
use crate::cli::select;
use crate::column::{ColumnChoice, ColumnPlace, ValueEdit, ValueVisitor, read_columns};
use crate::message::{count_noun, describe_io_error, portable_path};
use crate::redact::{
    LeftAlone, RedactOptions, RedactRecord, Remaining, ReplacedSecret, redact_text,
};
use crate::report::escape_control;
use crate::scan::RowScanner;

/// Ending of the name of a copy that is being written.
const UNFINISHED: &str = ".unfinished";

/// Maximum number of values of one file that are named because something in them was not read. A report names all.
const NAMED: usize = 10;

/// Writes the copies.
pub(super) fn run(
    args: &RedactArgs,
    options: &RedactOptions,
    looker: &RedactScanner,
) -> anyhow::Result<Exit> {
    let Some(dir) = &args.output_dir else {
        bail!("--column writes copies of the files; name their folder with --output-dir");
    };
    if !args.names_files() || args.paths.iter().any(|p| p == Path::new("-")) {
        bail!(
            "--column reads the files that are named: tokensweep redact --column NAME --output-dir DIR FILE"
        );
    }
    refuse_taken(dir)?;
    let report = RedactReport::create(args.report.as_ref())?;
    let paths = select::scan_roots(&args.paths, args.files_from.as_deref())?;
    let columns = ColumnChoice::new(&args.column);
    let mut record = RedactRecord::new();
    let mut copied = 0;
    for (path, copy) in plan_copies(paths.iter().cloned().collect(), &paths, dir)? {
        match copy_file(&path, &copy, &columns, options, looker) {
            Ok(written) => {
                copied += 1;
                record.replaced.extend(written.replaced);
                record.remaining.extend(written.remaining);
                let unread = written.unread.into_iter();
                for (number, reason) in unread.enumerate() {
                    if number < NAMED {
                        say_of_file(looker, &path, &reason);
                    }
                    let path = path.clone();
                    record.left_alone.push(LeftAlone { path, reason });
                }
            }
            Err(reason) => {
                say_of_file(looker, &path, &format!("not copied: {reason}"));
                record.left_alone.push(LeftAlone { path, reason });
            }
        }
    }
    let shown = record.with_mask(&|text| looker.mask_text(text));
    report.write_record(&shown)?;
    if !args.quiet {
        let copies = count_noun(copied, "file");
        let place = format!("in copies of {copies} in {}", portable_path(dir));
        let mut text = replaced_sentence(record.replaced.len(), &place, false);
        if !record.replaced.is_empty() {
            text.push_str("; the originals still hold them");
        }
        say(&text);
    }
    tell_of_remaining(&shown.remaining, shown.remaining.len(), false);
    let is_complete = record.left_alone.is_empty();
    Ok(Exit::of_scan(!shown.remaining.is_empty(), is_complete))
}

/// Writes a sentence about a file to standard error.
fn say_of_file(looker: &RedactScanner, path: &Path, sentence: &str) {
    let line = format!("tokensweep: {}: {sentence}", portable_path(path));
    say(&escape_control(&looker.mask_text(&line)));
}

/// Copy that was written.
#[derive(Default)]
struct WrittenCopy {
    replaced: Vec<ReplacedSecret>,
    remaining: Vec<Remaining>,
    /// Values that are in the copy as they were because something in them was not read, each with the reason.
    unread: Vec<String>,
}

/// Writes the copy of one file. Nothing is left of a copy that cannot be written as a whole.
fn copy_file(
    path: &Path,
    copy: &Path,
    columns: &ColumnChoice,
    options: &RedactOptions,
    looker: &RedactScanner,
) -> Result<WrittenCopy, String> {
    let failed = |error: std::io::Error| describe_io_error(&error);
    if path.is_dir() {
        return Err("a folder; with --column, name the files in it".to_owned());
    }
    let mut input = File::open(path).map_err(failed)?;
    if let Some(folder) = copy.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut name = copy.as_os_str().to_owned();
    name.push(UNFINISHED);
    let unfinished = Path::new(&name);
    let mut visitor = ColumnRedaction {
        rows: looker.scanner.make_row_scanner(),
        looker,
        options,
        path,
        written: WrittenCopy::default(),
        unread: None,
    };
    let mut write = || {
        let mut out = BufWriter::new(File::create_new(unfinished).map_err(failed)?);
        read_columns(&mut input, columns, &mut visitor, Some(&mut out))?;
        if let Some(reason) = visitor.unread.take() {
            return Err(reason);
        }
        out.flush().map_err(failed)?;
        let permissions = fs::metadata(path).map_err(failed)?.permissions();
        fs::set_permissions(unfinished, permissions).map_err(failed)?;
        fs::rename(unfinished, copy).map_err(failed)
    };
    if let Err(reason) = write() {
        // A file that was never created cannot be removed.
        let _ = fs::remove_file(unfinished);
        return Err(reason);
    }
    Ok(visitor.written)
}

/// Redaction of the values of one file, each by itself.
struct ColumnRedaction<'r> {
    rows: RowScanner<'r>,
    looker: &'r RedactScanner,
    options: &'r RedactOptions,
    path: &'r Path,
    written: WrittenCopy,
    /// First reason why a part of the file was not read.
    unread: Option<String>,
}

impl ValueVisitor for ColumnRedaction<'_> {
    fn suspects_value(&mut self, value: &[u8]) -> bool {
        self.rows.suspects_row(value)
    }

    fn visit_value(
        &mut self,
        place: &ColumnPlace<'_>,
        value: &[u8],
    ) -> Result<Vec<ValueEdit>, String> {
        let examined = self.rows.examine_row(value, self.path);
        for skip in examined.skipped {
            let reason = format!("{place}: {}", skip.reason);
            self.written.unread.push(reason);
        }
        if examined.findings.is_empty() {
            return Ok(Vec::new());
        }
        self.looker.forget_secrets();
        let redacted = redact_text(value, self.path, self.options, self.looker);
        let redacted = redacted.map_err(|error| format!("{place}: {error}"))?;
        // A value that is stored once is visited with the row of each of its places as well.
        if place.row > 0 {
            let named = place.to_document_place().to_string();
            for finding in &redacted.findings {
                if self.options.includes_finding(finding) {
                    let mut replaced = ReplacedSecret::of(finding, self.path);
                    replaced.place = Some(named.clone());
                    self.written.replaced.push(replaced);
                } else if self.options.leaves(finding) {
                    let mut remaining = Remaining::of(finding);
                    remaining.place = Some(named.clone());
                    self.written.remaining.push(remaining);
                }
            }
        }
        let edits = redacted.edits.into_iter().map(|edit| {
            let offset = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
            (offset(edit.range.start)..offset(edit.range.end), edit.text)
        });
        Ok(edits.collect())
    }

    fn note_unread(&mut self, reason: String) {
        self.unread.get_or_insert(reason);
    }

    fn count_value(&mut self, _: usize) {}
}
