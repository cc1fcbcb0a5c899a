//! `tokensweep redact`.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, bail};
use clap::Args;

use super::args::{Level, RuleArgs, RuleChoice, WalkArgs};
use super::exit::Exit;
use super::select;
use super::settings::{self, SettingArgs, Settings};
use crate::finding::{Finding, Outcome, Skip};
use crate::redact::{
    Action, Job, LeftAlone, Look, Mask, Record, RedactOptions, Template, filter, redact_file,
    replace_text,
};
use crate::report::printable;
use crate::scan::Scanner;
use crate::source::{self, Chunk, Sink, WalkOptions};

#[derive(Args, Debug)]
pub(super) struct RedactArgs {
    /// Files and folders to redact in place; `-` filters standard input to standard output.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Redact the files named in FILE (`-` for standard input), separated by NUL or by lines.
    #[arg(long, value_name = "FILE", conflicts_with = "paths")]
    files_from: Option<PathBuf>,

    /// The path under which standard input is judged.
    #[arg(long, value_name = "PATH")]
    stdin_filename: Option<PathBuf>,

    /// Change nothing; exit 1 if anything would change.
    #[arg(long)]
    check: bool,

    /// Show what would change, secrets masked; change nothing, exit 1 if anything would.
    #[arg(long)]
    diff: bool,

    /// What replaces a secret: `placeholder` (`REDACTED-<rule>-<id>`), `keep-length` (as many bytes as before;
    /// binary files always), `partial` (its ends are kept), or `template=TEXT` with {rule}, {id} and
    /// {fingerprint} in it.
    #[arg(long, value_name = "MASK", default_value = "placeholder", value_parser = parse_mask)]
    mask: Mask,

    /// Leave the files as they are and write a redacted copy of all that is scanned into DIR, which must be
    /// empty or missing.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["check", "diff", "backup"])]
    output_dir: Option<PathBuf>,

    /// Keep the original of each changed file under its name and SUFFIX. Backups hold the secrets.
    #[arg(long, value_name = "SUFFIX", conflicts_with_all = ["check", "diff"], value_parser = parse_suffix)]
    backup: Option<OsString>,

    /// Write into FILE, as JSON, what was replaced where; by fingerprint, never the secret.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,

    /// Redact findings of this confidence and above.
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = Level::High)]
    min_confidence: Level,

    /// Redact also what was accepted: in the baseline, in the configuration or by a comment.
    #[arg(long)]
    include_accepted: bool,

    /// Say nothing but what went wrong.
    #[arg(short, long)]
    quiet: bool,

    #[command(flatten)]
    rules: RuleChoice,

    #[command(flatten)]
    settings: SettingArgs,

    #[command(flatten)]
    walk: WalkArgs,
}

fn parse_mask(text: &str) -> Result<Mask, String> {
    match text {
        "placeholder" => Ok(Mask::Placeholder),
        "keep-length" => Ok(Mask::KeepLength),
        "partial" => Ok(Mask::Partial),
        _ => match text.strip_prefix("template=") {
            Some(template) => Template::parse(template).map(Mask::Template),
            None => {
                Err("write placeholder, keep-length, partial or template='TEXT {id}'".to_owned())
            }
        },
    }
}

fn parse_suffix(text: &str) -> Result<OsString, String> {
    if text.is_empty() || text.contains(['/', '\\', '\0']) {
        return Err("write a suffix such as .orig".to_owned());
    }
    Ok(text.into())
}

pub(super) fn run(args: &RedactArgs) -> anyhow::Result<Exit> {
    let options = RedactOptions {
        mask: args.mask.clone(),
        min_confidence: args.min_confidence.into(),
        include_accepted: args.include_accepted,
    };
    // What is shown has to be masked, however little looks like a secret; else less is judged in full.
    let least = if args.diff {
        Level::Low
    } else {
        args.min_confidence
    };
    let rules = RuleArgs {
        min_confidence: Some(least),
        choice: args.rules.clone(),
    };
    let start = settings::start_of(&args.paths);
    let settings = Settings::load(&args.settings, &rules, &args.walk, start)?;
    let walk = settings.walk(&args.walk);
    let looker = Looker {
        scanner: settings.scanner().keeping_enclosures(),
        settings,
    };
    if args.paths.iter().any(|p| p == Path::new("-")) {
        return stream(args, &options, &looker);
    }
    if args.stdin_filename.is_some() {
        bail!("--stdin-filename goes with `-`: tokensweep redact - --stdin-filename PATH");
    }
    let roots = select::roots(&args.paths, args.files_from.as_deref())?;
    let mut run = Run {
        args,
        options,
        looker,
        walk,
        record: Record::new(),
        scanned: true,
    };
    run.files(roots)?;
    run.finish()
}

/// The scanner, as the redactor sees it.
struct Looker {
    scanner: Scanner,
    settings: Settings,
}

impl Looker {
    fn paths(&self, walk: &WalkOptions) -> Outcome {
        let mut outcome = self.scanner.scan_paths(walk);
        self.settings.accept(&mut outcome);
        outcome
    }
}

impl Look for Looker {
    fn read(&self, text: &mut dyn Read, path: &Path) -> io::Result<Vec<Finding>> {
        let mut outcome = self.scanner.scan_stream(text, path);
        self.settings.accept(&mut outcome);
        match outcome.skipped.into_iter().next() {
            Some(skip) => Err(io::Error::other(skip.reason.to_string())),
            None => Ok(outcome.findings),
        }
    }

    fn look(&self, text: &[u8], path: &Path) -> Vec<Finding> {
        let mut outcome = Outcome {
            findings: self.scanner.scan_text(text, path),
            ..Outcome::default()
        };
        self.settings.accept(&mut outcome);
        outcome.findings
    }

    fn begun(&self, text: &[u8]) -> Vec<Range<usize>> {
        self.scanner.begun(text)
    }
}

fn stream(args: &RedactArgs, options: &RedactOptions, looker: &Looker) -> anyhow::Result<Exit> {
    if args.paths.len() > 1 {
        bail!("`-` (standard input) cannot be combined with other paths; redact them in two runs");
    }
    if args.diff || args.output_dir.is_some() || args.backup.is_some() {
        bail!("--diff, --output-dir and --backup are for files; `-` writes to standard output");
    }
    let path = args.stdin_filename.as_deref().unwrap_or(Path::new("-"));
    let mut record = Record::new();
    let mut keep = |replacement| record.replaced.push(replacement);
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
    write_report(args, &record)?;
    if !args.quiet && !record.replaced.is_empty() {
        say(&summary(args, &record));
    }
    if !args.quiet && covered > 0 {
        let lines = if covered == 1 { "line" } else { "lines" };
        say(&format!(
            "tokensweep: the ends of {covered} {lines} were covered with REDACTED, as nothing came for a moment \
             and a token may have been cut there"
        ));
    }
    Ok(Exit::of_scan(
        args.check && !record.replaced.is_empty(),
        true,
    ))
}

/// A run over files.
struct Run<'a> {
    args: &'a RedactArgs,
    options: RedactOptions,
    looker: Looker,
    walk: WalkArgs,
    record: Record,
    scanned: bool,
}

impl Run<'_> {
    fn files(&mut self, roots: Vec<PathBuf>) -> anyhow::Result<()> {
        if let Some(dir) = &self.args.output_dir {
            let taken = std::fs::read_dir(dir).is_ok_and(|mut d| d.next().is_some());
            if taken || dir.is_file() {
                bail!(
                    "{} is there already; name a new folder for the copy",
                    dir.display()
                );
            }
        }
        let roots = self.without_links(roots);
        let walk = select::walk_options(roots.clone(), &self.walk);
        for path in self.selection(&walk) {
            self.file(&path, &roots)?;
        }
        Ok(())
    }

    /// The roots that are no symbolic links; what a link leads to is redacted only where it was named itself.
    fn without_links(&mut self, roots: Vec<PathBuf>) -> Vec<PathBuf> {
        let real: Vec<PathBuf> = roots
            .iter()
            .filter(|r| !r.is_symlink())
            .filter_map(|r| r.canonicalize().ok())
            .collect();
        let (links, named): (Vec<PathBuf>, Vec<PathBuf>) = roots
            .into_iter()
            .partition(|r| r.is_symlink() && !r.is_dir());
        for link in links {
            let target = link.canonicalize().ok();
            let inside = target
                .as_ref()
                .is_some_and(|t| real.iter().any(|r| t.starts_with(r)));
            if !inside {
                let target =
                    target.map_or_else(|| "nothing".to_owned(), |t| t.display().to_string());
                self.leave(
                    &link,
                    &format!("it is a symbolic link to {target}; name that instead"),
                );
            }
        }
        named
    }

    /// The files to look at: those with something to replace, or for a copy all of them.
    fn selection(&mut self, walk: &WalkOptions) -> BTreeSet<PathBuf> {
        if walk.roots.is_empty() {
            return BTreeSet::new();
        }
        let (paths, skipped) = if self.args.output_dir.is_some() {
            list(walk)
        } else {
            let outcome = self.looker.paths(walk);
            let options = &self.options;
            let leaks = outcome
                .findings
                .into_iter()
                .filter(|f| options.wants(f))
                .map(|f| f.path);
            (leaks.collect(), outcome.skipped)
        };
        for skip in skipped.iter().filter(|s| s.reason.is_trouble()) {
            self.scanned = false;
            say(&format!(
                "tokensweep: {}: not scanned: {}",
                skip.path.display(),
                skip.reason
            ));
        }
        paths
    }

    fn file(&mut self, path: &Path, roots: &[PathBuf]) -> anyhow::Result<()> {
        let root = roots
            .iter()
            .filter(|r| path.starts_with(r) || r.as_path() == Path::new("."))
            .max_by_key(|r| r.as_os_str().len())
            .map_or(path, PathBuf::as_path);
        let copy = self.args.output_dir.as_ref().map(|dir| {
            let below = path.strip_prefix(root).unwrap_or(path);
            let alone = roots.len() == 1 && !below.as_os_str().is_empty();
            let head = if alone { None } else { root.file_name() };
            dir.join(head.unwrap_or_default()).join(below)
        });
        let action = match &copy {
            Some(to) => Action::CopyTo(to),
            None if self.args.check || self.args.diff => Action::Check,
            None => Action::Replace(self.args.backup.as_deref()),
        };
        let done = redact_file(&Job {
            path,
            root,
            action,
            diff: self.args.diff,
            options: &self.options,
            look: &self.looker,
        });
        match done {
            Ok(redacted) => {
                show_diff(&redacted.diff)?;
                if !self.args.quiet && !self.args.diff && !redacted.replaced.is_empty() {
                    self.tell(path, redacted.replaced.len())?;
                }
                self.record.replaced.extend(redacted.replaced);
            }
            Err(refusal) => self.leave(path, &refusal.to_string()),
        }
        Ok(())
    }

    fn tell(&self, path: &Path, count: usize) -> anyhow::Result<()> {
        let done = if self.args.check {
            "would be replaced"
        } else {
            "replaced"
        };
        let path = path.display().to_string();
        let line = format!("{}: {} {done}\n", printable(&path), secrets(count));
        io::stdout()
            .write_all(line.as_bytes())
            .context("cannot write to standard output")
    }

    fn leave(&mut self, path: &Path, reason: &str) {
        let name = path.display().to_string();
        say(&format!(
            "tokensweep: {}: left alone: {reason}",
            printable(&name)
        ));
        self.record.left_alone.push(LeftAlone {
            path: path.to_owned(),
            reason: reason.to_owned(),
        });
    }

    fn finish(self) -> anyhow::Result<Exit> {
        write_report(self.args, &self.record)?;
        if !self.args.quiet {
            say(&summary(self.args, &self.record));
            if self.args.backup.is_some() && !self.record.replaced.is_empty() {
                say("tokensweep: the backups hold the secrets; remove them as soon as you can");
            }
        }
        let dry = self.args.check || self.args.diff;
        let complete = self.scanned && self.record.left_alone.is_empty();
        Ok(Exit::of_scan(
            dry && !self.record.replaced.is_empty(),
            complete,
        ))
    }
}

/// One sentence on what was done.
fn summary(args: &RedactArgs, record: &Record) -> String {
    let files: BTreeSet<&PathBuf> = record.replaced.iter().map(|r| &r.path).collect();
    let done = if args.check || args.diff {
        "would be replaced"
    } else {
        "replaced"
    };
    let mut text = format!(
        "tokensweep: {} {done} in {} {}",
        secrets(record.replaced.len()),
        files.len(),
        if files.len() == 1 { "file" } else { "files" }
    );
    match record.left_alone.len() {
        0 => {}
        1 => text.push_str("; 1 file left alone"),
        n => text.push_str(&format!("; {n} files left alone")),
    }
    if !record.replaced.is_empty() {
        text.push_str("; they are not safe until they are revoked");
    }
    text
}

fn secrets(count: usize) -> String {
    format!("{count} {}", if count == 1 { "secret" } else { "secrets" })
}

/// Writes a line to standard error; nothing can be done where that fails.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

fn show_diff(diff: &[u8]) -> anyhow::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    for line in String::from_utf8_lossy(diff).lines() {
        writeln!(out, "{}", printable(line)).context("cannot write the diff")?;
    }
    out.flush().context("cannot write the diff")
}

fn write_report(args: &RedactArgs, record: &Record) -> anyhow::Result<()> {
    let Some(path) = &args.report else {
        return Ok(());
    };
    let doing = || format!("cannot write the report {}", path.display());
    let mut out = BufWriter::new(File::create(path).with_context(doing)?);
    serde_json::to_writer_pretty(&mut out, record).with_context(doing)?;
    out.write_all(b"\n")
        .and_then(|()| out.flush())
        .with_context(doing)
}

/// Writes the file for `git filter-repo --replace-text`, for the user alone. It holds the secrets, so it is
/// written only where it was asked for by name, and over nothing.
pub(super) fn write_replace_text(outcome: &Outcome, path: &Path) -> anyhow::Result<()> {
    let doing = || format!("cannot write {}", path.display());
    let leaks: Vec<&Finding> = outcome.findings.iter().filter(|f| f.is_open()).collect();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).with_context(doing)?;
    file.write_all(&replace_text(&leaks, &Mask::Placeholder))
        .with_context(doing)?;
    say(&format!(
        "tokensweep: {} holds the secrets; remove it when the history is rewritten",
        path.display()
    ));
    Ok(())
}

/// Every file that a scan reads, and what it does not.
fn list(walk: &WalkOptions) -> (BTreeSet<PathBuf>, Vec<Skip>) {
    let seen = Arc::new(Mutex::new((BTreeSet::new(), Vec::new())));
    source::walk(walk, &|| Box::new(Lister(Arc::clone(&seen))));
    std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Takes down the names of files.
struct Lister(Arc<Mutex<(BTreeSet<PathBuf>, Vec<Skip>)>>);

impl Sink for Lister {
    fn chunk(&mut self, chunk: &Chunk<'_>) {
        if chunk.offset == 0 {
            let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            seen.0.insert(chunk.path.to_owned());
        }
    }

    fn file(&mut self, _bytes: u64) {}

    fn skip(&mut self, skip: Skip) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.1.push(skip);
    }
}
