//! Options and settings of the reading of archives and other containers.

use anyhow::anyhow;
use clap::Args;

use crate::config::Config;
use crate::container::find_recogniser;
use crate::finding::{Outcome, SkipReason};

/// Options of the reading of containers, for every command that reads files.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct ContainerArgs {
    /// Open no archives or other containers; they are counted as not read.
    #[arg(hide_short_help = true, long)]
    pub(super) no_containers: bool,

    /// Open N containers inside each other [default: 8].
    #[arg(hide_short_help = true, long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) max_container_depth: Option<u64>,

    /// Read the text of pictures too, by the program tesseract, which must be installed.
    #[arg(long, conflicts_with = "no_containers")]
    pub(super) ocr: bool,
}

impl ContainerArgs {
    /// Sets the values that the flags name.
    ///
    /// # Errors
    /// Fails if pictures cannot be read.
    pub(super) fn set_flags(&self, config: &mut Config) -> anyhow::Result<()> {
        if self.ocr {
            find_recogniser().map_err(|text| anyhow!("--ocr: {text}"))?;
        }
        let containers = &mut config.containers;
        let off = self.no_containers.then_some(false);
        containers
            .are_opened
            .override_by_flag("--no-containers", off);
        let depth = self.max_container_depth;
        containers
            .depth
            .override_by_flag("--max-container-depth", depth);
        containers.pictures = self.ocr;
        Ok(())
    }
}

/// Adds a note if the scanned tree's own configuration keeps containers from being read.
pub(super) fn note_distrusted(config: &Config, outcome: &mut Outcome) {
    let containers = &config.containers;
    let opened = &containers.are_opened;
    if !opened.value && opened.source.is_untrusted() {
        outcome.notes.push(format!(
            "{} turns containers off, so none was opened; --no-config opens them",
            opened.source
        ));
        return;
    }
    let is_limited = |reason: &SkipReason| matches!(reason, SkipReason::UnreadMember { problem, .. } if problem.is_limit());
    let count = outcome
        .skipped
        .iter()
        .filter(|s| is_limited(&s.reason))
        .count();
    let source = containers.limit_sources().find(|s| s.is_untrusted());
    if let Some(source) = source.filter(|_| count > 0) {
        outcome.notes.push(format!(
            "{source} limits what is read of containers: {count} skipped; --no-config has other limits"
        ));
    }
}
