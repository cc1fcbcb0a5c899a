//! Reports of a redaction: the report in a file, and the sentences on standard error.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::cli::output::ignore_gone_reader;
use crate::message::{count_noun, portable_path};
use crate::redact::{RedactRecord, Remaining};
use crate::report::escape_control;

/// File that `--report` names, created before anything is replaced so that every replacement can be recorded.
pub(super) struct RedactReport<'p> {
    file: Option<(&'p Path, File)>,
}

impl<'p> RedactReport<'p> {
    /// Creates the file, if one is requested.
    pub(super) fn create(path: Option<&'p PathBuf>) -> anyhow::Result<Self> {
        let create = |path: &'p PathBuf| {
            let file = File::create(path)
                .with_context(|| format!("cannot write the report {}", portable_path(path)));
            file.map(|file| (path.as_path(), file))
        };
        Ok(RedactReport {
            file: path.map(create).transpose()?,
        })
    }

    /// Returns true if a report file is requested.
    pub(super) fn is_wanted(&self) -> bool {
        self.file.is_some()
    }

    /// Writes the record to the file. It must be one that may be shown.
    pub(super) fn write_record(self, record: &RedactRecord) -> anyhow::Result<()> {
        let Some((path, file)) = self.file else {
            return Ok(());
        };
        let mut out = BufWriter::new(file);
        let written = serde_json::to_writer_pretty(&mut out, record)
            .map_err(io::Error::from)
            .and_then(|()| out.write_all(b"\n"))
            .and_then(|()| out.flush());
        ignore_gone_reader(written)
            .with_context(|| format!("cannot write the report {}", portable_path(path)))
    }
}

/// Returns a sentence on the replacements of a run, or with `dry` of a run that changes nothing.
pub(super) fn summary_sentence(record: &RedactRecord, dry: bool) -> String {
    let files: BTreeSet<&PathBuf> = record.replaced.iter().map(|r| &r.path).collect();
    let place = format!("in {}", count_noun(files.len() as u64, "file"));
    let mut text = replaced_sentence(record.replaced.len(), &place, dry);
    match record.left_alone.len() {
        0 => {}
        1 => text.push_str("; 1 file left alone"),
        n => text.push_str(&format!("; {n} files left alone")),
    }
    text
}

/// Returns a sentence on `count` secrets in `place`.
pub(super) fn replaced_sentence(count: usize, place: &str, dry: bool) -> String {
    let done = done_verb(dry);
    let revoke = match count {
        0 => "",
        1 => "; it is not safe until it is revoked",
        _ => "; they are not safe until they are revoked",
    };
    format!(
        "tokensweep: {} {done} {place}{revoke}",
        count_noun(count as u64, "secret")
    )
}

/// Names the `count` findings that a scan still reports, of which `remaining` are the first, and how to replace them.
pub(super) fn tell_of_remaining(remaining: &[Remaining], count: usize, dry: bool) {
    let stays = if dry { "would stay" } else { "still there" };
    for one in remaining {
        let place = one.place.as_ref().map(|place| format!(" ({place})"));
        say(&format!(
            "tokensweep: {}:{}:{}{}: {stays}: {} ({} confidence)",
            escape_control(&one.full_path()),
            one.line,
            one.column,
            escape_control(&place.unwrap_or_default()),
            one.rule_id,
            one.confidence.name()
        ));
    }
    let Some(least) = remaining.iter().map(|r| r.confidence).min() else {
        return;
    };
    let more = match count - remaining.len() {
        0 => String::new(),
        more => format!(" ({more} more are not named)"),
    };
    let them = if count == 1 {
        "finding is"
    } else {
        "findings are"
    };
    let it = if count == 1 { "it" } else { "them" };
    say(&format!(
        "tokensweep: {count} {them} not sure enough to be replaced, and a scan reports {it}{more}; look at {it}, then \
         accept {it} or add --min-confidence {} to replace {it}",
        least.name()
    ));
}

/// Returns the verb for replaced secrets.
pub(super) fn done_verb(dry: bool) -> &'static str {
    if dry { "would be replaced" } else { "replaced" }
}

/// Writes a line to standard error; a failure is ignored.
pub(super) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
