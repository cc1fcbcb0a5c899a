//! Implements `tokensweep redact`.

#[cfg(feature = "columns")]
mod columns;
mod copies;
mod files;
mod options;
mod packed;
mod replace_text;
mod report;
mod scanner;
mod stream;

use std::path::Path;
use std::sync::Mutex;

use anyhow::bail;

use super::exit::Exit;
use super::options::RuleArgs;
use super::settings::{self, Settings};
use super::{select, unread};
use crate::finding::Confidence;
use crate::redact::RedactOptions;
use scanner::RedactScanner;

pub(super) use options::RedactArgs;
pub(super) use replace_text::write_replace_text;

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
            .scanner_builder()
            .rewrite_context()
            .spread_confidence(spreads_from)
            .build(),
        settings,
        found: Mutex::default(),
        mask: Mutex::default(),
    };
    if !args.column.is_empty() {
        #[cfg(feature = "columns")]
        return columns::run(args, &options, &looker);
        #[cfg(not(feature = "columns"))]
        return Err(super::columns::refuse_columns());
    }
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
