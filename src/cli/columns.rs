//! Implements `--column`.

use std::path::{Path, PathBuf};

use crate::finding::Outcome;
use crate::scan::Scanner;

/// Scans the chosen columns of the named files, or of those in a list.
#[cfg(feature = "columns")]
pub(super) fn scan_columns(
    scanner: &Scanner,
    columns: &[String],
    (paths, files_from): (&[PathBuf], Option<&Path>),
    stdin_filename: Option<&Path>,
    max_file_size: Option<u64>,
) -> anyhow::Result<Outcome> {
    use std::io;

    use anyhow::bail;

    use super::select;
    use crate::column::ColumnChoice;
    use crate::finding::{Skip, SkipReason};

    let columns = ColumnChoice::new(columns);
    if paths.iter().any(|path| path == Path::new("-")) {
        if paths.len() > 1 {
            bail!(
                "`-` (standard input) cannot be combined with other paths; scan them in two runs"
            );
        }
        let name = stdin_filename.unwrap_or(Path::new("-"));
        return Ok(scanner.scan_column_stream(io::stdin().lock(), name, &columns));
    }
    if paths.is_empty() && files_from.is_none() {
        bail!("--column reads the files that are named: tokensweep scan --column NAME FILE");
    }
    let paths = select::scan_roots(paths, files_from)?;
    let most = max_file_size.unwrap_or(u64::MAX);
    let size_of = |path: &PathBuf| path.metadata().map_or(0, |data| data.len());
    let (large, paths): (Vec<_>, Vec<_>) = paths.into_iter().partition(|path| size_of(path) > most);
    let mut outcome = scanner.scan_columns(&paths, &columns);
    outcome.skipped.extend(large.into_iter().map(|path| Skip {
        reason: SkipReason::TooLarge(size_of(&path)),
        path,
    }));
    outcome.skipped.sort();
    Ok(outcome)
}

/// Refuses to scan columns.
#[cfg(not(feature = "columns"))]
pub(super) fn scan_columns(
    _: &Scanner,
    _: &[String],
    _: (&[PathBuf], Option<&Path>),
    _: Option<&Path>,
    _: Option<u64>,
) -> anyhow::Result<Outcome> {
    Err(refuse_columns())
}

/// Returns the error of a build that cannot read columns.
#[cfg(not(feature = "columns"))]
pub(super) fn refuse_columns() -> anyhow::Error {
    anyhow::anyhow!(
        "this build cannot read columns; build one that can: cargo build --release --features columns"
    )
}
