//! Options of `tokensweep redact`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use crate::cli::options::{ConfidenceLevel, RuleChoice, SettingArgs, WalkArgs};
use crate::redact::ReplacementStyle;

#[derive(Args, Debug)]
pub(in crate::cli) struct RedactArgs {
    /// Files and folders to redact in place; `-` filters standard input to standard output.
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,

    /// Redact the files named in FILE (`-` for standard input), separated by NUL or by lines.
    #[arg(long, value_name = "FILE", conflicts_with = "paths")]
    pub(super) files_from: Option<PathBuf>,

    /// Path under which to judge standard input.
    #[arg(long, value_name = "PATH")]
    pub(super) stdin_filename: Option<PathBuf>,

    /// Change nothing; exit 1 if anything would change.
    #[arg(long)]
    pub(super) check: bool,

    /// Show what would change, secrets masked; change nothing, exit 1 if anything would.
    #[arg(long)]
    pub(super) diff: bool,

    /// Replacement of a secret: `placeholder` (`REDACTED-<rule>-<id>`), `keep-length` (as many bytes as before;
    /// binary files always), `partial` (its ends are kept), or `template=TEXT` with {rule}, {id} and
    /// {fingerprint} in it.
    #[arg(long, value_name = "MASK", default_value = "placeholder", value_parser = parse_mask)]
    pub(super) mask: ReplacementStyle,

    /// Leave the files as they are and write a redacted copy of all that is scanned into DIR, which must be
    /// empty or missing.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["check", "diff", "backup"])]
    pub(super) output_dir: Option<PathBuf>,

    /// Copy Parquet files and JSON lines and replace the secrets in this column only, each value by itself
    /// (repeatable).
    #[arg(long, value_name = "NAME", requires = "output_dir")]
    pub(super) column: Vec<String>,

    /// Keep the original of each changed file under its name and SUFFIX. Backups hold the secrets.
    #[arg(long, value_name = "SUFFIX", conflicts_with_all = ["check", "diff"], value_parser = parse_suffix)]
    pub(super) backup: Option<OsString>,

    /// Write into FILE, as JSON, each replacement and its place; by fingerprint, never the secret.
    #[arg(long, value_name = "FILE")]
    pub(super) report: Option<PathBuf>,

    /// Redact findings of this confidence and above.
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = ConfidenceLevel::High)]
    pub(super) min_confidence: ConfidenceLevel,

    /// Redact accepted findings too: in the baseline, in the configuration or by a comment.
    #[arg(long)]
    pub(super) include_accepted: bool,

    /// Print only errors.
    #[arg(short, long)]
    pub(super) quiet: bool,

    #[command(flatten)]
    pub(super) rules: RuleChoice,

    #[command(flatten)]
    pub(super) settings: SettingArgs,

    #[command(flatten)]
    pub(super) walk: WalkArgs,
}

fn parse_mask(text: &str) -> Result<ReplacementStyle, String> {
    match text {
        "placeholder" => Ok(ReplacementStyle::Placeholder),
        "keep-length" => Ok(ReplacementStyle::KeepLength),
        "partial" => Ok(ReplacementStyle::Partial),
        _ => match text.strip_prefix("template=") {
            Some(template) => {
                ReplacementStyle::template(template).map_err(|mistake| mistake.to_string())
            }
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

impl RedactArgs {
    /// Returns true if nothing is to be changed.
    pub(super) fn is_dry_run(&self) -> bool {
        self.check || self.diff
    }

    /// Returns true if the files to read are named.
    pub(super) fn names_files(&self) -> bool {
        !self.paths.is_empty() || self.files_from.is_some()
    }

    /// Returns true if the current folder is to be changed because nothing else was named.
    pub(super) fn changes_unnamed_files(&self) -> bool {
        !self.names_files() && !self.is_dry_run() && self.output_dir.is_none()
    }
}
