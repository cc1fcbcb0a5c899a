//! Implements `tokensweep redact`: its options, and the scanner behind the interface of the redactor.

mod copies;
mod files;
mod replace_text;
mod report;
mod stream;

use std::ffi::OsString;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::bail;
use clap::Args;

use super::args::{ConfidenceLevel, RuleArgs, RuleChoice, WalkArgs};
use super::exit::Exit;
use super::settings::{self, SettingArgs, Settings};
use super::{select, unread};
use crate::finding::{Confidence, Finding, Outcome};
use crate::redact::{RedactOptions, ReplacementStyle, Template, TextScanner};
use crate::scan::{FoundSecrets, Scanner};
use crate::source::WalkOptions;

pub(super) use replace_text::write_replace_text;

#[derive(Args, Debug)]
pub(super) struct RedactArgs {
    /// Files and folders to redact in place; `-` filters standard input to standard output.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Redact the files named in FILE (`-` for standard input), separated by NUL or by lines.
    #[arg(long, value_name = "FILE", conflicts_with = "paths")]
    files_from: Option<PathBuf>,

    /// Path under which to judge standard input.
    #[arg(long, value_name = "PATH")]
    stdin_filename: Option<PathBuf>,

    /// Change nothing; exit 1 if anything would change.
    #[arg(long)]
    check: bool,

    /// Show what would change, secrets masked; change nothing, exit 1 if anything would.
    #[arg(long)]
    diff: bool,

    /// Replacement of a secret: `placeholder` (`REDACTED-<rule>-<id>`), `keep-length` (as many bytes as before;
    /// binary files always), `partial` (its ends are kept), or `template=TEXT` with {rule}, {id} and
    /// {fingerprint} in it.
    #[arg(long, value_name = "MASK", default_value = "placeholder", value_parser = parse_mask)]
    mask: ReplacementStyle,

    /// Leave the files as they are and write a redacted copy of all that is scanned into DIR, which must be
    /// empty or missing.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["check", "diff", "backup"])]
    output_dir: Option<PathBuf>,

    /// Keep the original of each changed file under its name and SUFFIX. Backups hold the secrets.
    #[arg(long, value_name = "SUFFIX", conflicts_with_all = ["check", "diff"], value_parser = parse_suffix)]
    backup: Option<OsString>,

    /// Write into FILE, as JSON, each replacement and its place; by fingerprint, never the secret.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,

    /// Redact findings of this confidence and above.
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = ConfidenceLevel::High)]
    min_confidence: ConfidenceLevel,

    /// Redact accepted findings too: in the baseline, in the configuration or by a comment.
    #[arg(long)]
    include_accepted: bool,

    /// Print only errors.
    #[arg(short, long)]
    quiet: bool,

    #[command(flatten)]
    rules: RuleChoice,

    #[command(flatten)]
    settings: SettingArgs,

    #[command(flatten)]
    walk: WalkArgs,
}

fn parse_mask(text: &str) -> Result<ReplacementStyle, String> {
    match text {
        "placeholder" => Ok(ReplacementStyle::Placeholder),
        "keep-length" => Ok(ReplacementStyle::KeepLength),
        "partial" => Ok(ReplacementStyle::Partial),
        _ => match text.strip_prefix("template=") {
            Some(template) => Template::parse(template).map(ReplacementStyle::Template),
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
    let rules = RuleArgs {
        min_confidence: None,
        choice: args.rules.clone(),
    };
    let start = settings::start_path(&args.paths);
    let mut settings = Settings::load_for(&args.settings, &rules, &args.walk, start)?;
    let options = RedactOptions {
        mask: args.mask.clone(),
        min_confidence: args.min_confidence.into(),
        reported_from: settings.min_confidence,
        include_accepted: args.include_accepted,
    };
    settings.min_confidence = if args.diff {
        // Findings to be shown have to be masked, however low their confidence; else fewer are judged in full.
        Confidence::Low
    } else {
        options.min_confidence.min(options.reported_from)
    };
    let walk = settings.effective_walk(&args.walk);
    let spreads_from = options.min_confidence.min(Confidence::Medium);
    let looker = RedactScanner {
        scanner: settings
            .build_scanner()
            .with_rewrite_context()
            .with_spread_confidence(spreads_from),
        settings,
        found: Mutex::default(),
    };
    if args.paths.iter().any(|p| p == Path::new("-")) {
        return stream::run(args, &options, &looker);
    }
    if args.stdin_filename.is_some() {
        bail!("--stdin-filename goes with `-`: tokensweep redact - --stdin-filename PATH");
    }
    if args.changes_unnamed_files() && unread::is_input_connected() {
        bail!(
            "something is fed to standard input, and no PATH was given: `tokensweep redact -` filters it, \
             `tokensweep redact .` replaces leaks in the files below the current folder"
        );
    }
    if !args.names_files() {
        unread::refuse_text()?;
    }
    let roots = select::scan_roots(&args.paths, args.files_from.as_deref())?;
    files::run(args, options, &looker, &walk, roots)
}

impl RedactArgs {
    /// Returns true if nothing is to be changed.
    fn is_dry_run(&self) -> bool {
        self.check || self.diff
    }

    /// Returns true if the files to read are named.
    fn names_files(&self) -> bool {
        !self.paths.is_empty() || self.files_from.is_some()
    }

    /// Returns true if the current folder is to be changed because nothing else was named.
    fn changes_unnamed_files(&self) -> bool {
        !self.names_files() && !self.is_dry_run() && self.output_dir.is_none()
    }
}

/// Scanner behind the interface of the redactor.
struct RedactScanner {
    scanner: Scanner,
    settings: Settings,
    /// Secrets that were found so far.
    found: Mutex<FoundSecrets>,
}

impl RedactScanner {
    fn paths(&self, walk: &WalkOptions) -> Outcome {
        let mut outcome = self.scanner.scan_paths(walk);
        self.settings.mark_accepted(&mut outcome);
        outcome
    }

    fn found(&self) -> FoundSecrets {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.clone()
    }
}

impl TextScanner for RedactScanner {
    fn read(&self, text: &mut dyn Read, path: &Path) -> io::Result<Vec<Finding>> {
        let mut outcome = self.scanner.scan_stream_for(text, path, &self.found());
        self.settings.mark_accepted(&mut outcome);
        let trouble = outcome.skipped.into_iter().find(|s| s.reason.is_trouble());
        match trouble {
            Some(skip) => Err(io::Error::other(skip.reason.to_string())),
            None => Ok(outcome.findings),
        }
    }

    fn look(&self, text: &[u8], path: &Path) -> Vec<Finding> {
        let mut outcome = Outcome {
            findings: self.scanner.scan_text_for(text, path, &self.found()),
            ..Outcome::default()
        };
        self.settings.mark_accepted(&mut outcome);
        outcome.findings
    }

    fn partial_tokens(&self, text: &[u8]) -> Vec<Range<usize>> {
        self.scanner.partial_tokens(text)
    }

    fn remember_secrets(&self, findings: &[&Finding]) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(more) = found.with(findings.iter().copied()) {
            *found = more;
        }
    }
}
