//! Reads the files that control a run, such as rules, configuration and baselines: whole, up to a maximum size.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context as _, bail};

use crate::config::display_path;

/// Maximum size in bytes. No file that a person wrote is larger; a device or a wrong path may be.
const LARGEST: u64 = 16 << 20;

/// Reads the bytes of a file; `what` names its kind in errors, as in "rule file".
pub(super) fn read(path: &Path, what: &str) -> anyhow::Result<Vec<u8>> {
    read_up_to(LARGEST, path, what)
}

/// Reads the bytes of a file of at most `largest` bytes.
pub(super) fn read_up_to(largest: u64, path: &Path, what: &str) -> anyhow::Result<Vec<u8>> {
    let name = display_path(path);
    let meta = std::fs::metadata(path).with_context(|| format!("cannot read the {what} {name}"))?;
    if !meta.is_file() {
        bail!("cannot read the {what} {name}: it is no regular file");
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(largest + 1).read_to_end(&mut bytes))
        .with_context(|| format!("cannot read the {what} {name}"))?;
    if bytes.len() as u64 > largest {
        bail!("the {what} {name} is larger than {} MiB", largest >> 20);
    }
    Ok(bytes)
}
