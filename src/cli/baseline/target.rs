//! Scan for making or checking a baseline.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;

use super::super::options::ReportArgs;
use super::super::scan::{self, ScanArgs};
use super::super::scan_git::GitArgs;
use super::super::settings::{Settings, SettingsRequest};
use crate::finding::Outcome;

/// Files to scan.
#[derive(Args, Debug)]
pub(super) struct ScanTargetArgs {
    /// Files and folders to scan.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Scan the files named in FILE (`-` for standard input), separated by NUL or by lines.
    #[arg(long, value_name = "FILE", conflicts_with = "paths")]
    files_from: Option<PathBuf>,

    #[command(flatten)]
    git: GitArgs,

    #[command(flatten)]
    asked: SettingsRequest,
}

/// Result of a scan, its settings, and the baseline file.
pub(super) struct BaselineScan {
    pub(super) settings: Settings,
    pub(super) outcome: Outcome,
    pub(super) file: PathBuf,
}

impl ScanTargetArgs {
    /// Scans the files. A baseline that is to be created is not read first.
    pub(super) fn run_scan(&self, read_baseline: bool) -> anyhow::Result<BaselineScan> {
        let settings = if read_baseline {
            self.asked.load(&self.paths)?
        } else {
            self.asked.load_settings_without_baseline(&self.paths)?
        };
        let args = ScanArgs {
            strict: false,
            paths: self.paths.clone(),
            files_from: self.files_from.clone(),
            force_exclude: false,
            column: Vec::new(),
            git: self.git.clone(),
            stdin_filename: None,
            asked: settings.effective_request(&self.asked),
            replace_text: None,
            report: ReportArgs::default(),
        };
        let mut outcome = scan::find(&settings, &args)?;
        settings.mark_accepted(&mut outcome);
        if !outcome.is_complete() {
            scan::print_trouble(&outcome, args.report.verbose);
            bail!("not everything could be read, so the baseline is left as it is");
        }
        Ok(BaselineScan {
            file: settings.baseline_file.clone(),
            settings,
            outcome,
        })
    }
}
