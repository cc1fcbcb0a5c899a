//! Selection of files, and options of the walk, for commands that read files.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::options::WalkArgs;
use crate::message::portable_path;
use crate::source::{WalkOptions, read_list};

/// Returns the named paths, read from the list `files_from` if there is one; else the current folder.
pub(super) fn scan_roots(
    paths: &[PathBuf],
    files_from: Option<&Path>,
) -> anyhow::Result<Vec<PathBuf>> {
    match files_from {
        Some(list) => read_path_list(list),
        None if paths.is_empty() => Ok(vec![PathBuf::from(".")]),
        None => Ok(paths.to_vec()),
    }
}

/// Returns the options of a walk through these roots.
pub(super) fn walk_options(roots: Vec<PathBuf>, args: &WalkArgs) -> WalkOptions {
    WalkOptions {
        roots,
        respect_ignores: !args.no_ignore,
        max_file_size: args.max_file_size,
        threads: args.thread_count(),
    }
}

fn read_path_list(list: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut text = Vec::new();
    if list == Path::new("-") {
        io::stdin()
            .lock()
            .read_to_end(&mut text)
            .context("cannot read the list of files on standard input")?;
    } else {
        text = std::fs::read(list)
            .with_context(|| format!("cannot read the list of files {}", portable_path(list)))?;
    }
    Ok(read_list(&text))
}
