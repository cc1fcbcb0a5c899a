//! Git as a source: the index, the history, and the object database for lookups. No other folder uses gix.
//!
//! No code here runs git or any program that the configuration of a repository names.

mod age;
mod ancestry;
mod cache;
mod changes;
mod delta;
mod difference;
mod forest;
mod graph;
mod history;
mod hooks;
mod items;
mod lookup;
mod missing;
mod named;
mod numbers;
mod objects;
mod origins;
mod pass;
mod patch;
mod prescan;
mod provenance;
mod range;
mod record;
mod refs;
mod repository;
mod select;
mod staged;
mod submodules;
mod trees;

use std::fmt;
use std::path::PathBuf;

pub(crate) use changes::scan_changes;
pub(crate) use history::History;
pub use history::{HistoryOptions, scan_history};
pub(crate) use hooks::HooksPath;
pub use lookup::RepositoryLookup;
pub use range::RangeOptions;
pub(crate) use range::scan_range;
pub use repository::Repository;
pub use select::CommitSelection;
pub(crate) use select::parse_date;
pub use staged::StagedOptions;
pub(crate) use staged::scan_staged;

/// Error message for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitError(String);

impl GitError {
    pub(crate) fn new(sentence: impl Into<String>) -> Self {
        GitError(sentence.into())
    }
}

impl fmt::Display for GitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for GitError {}

/// Returns an error of gix in one line, with its causes after colons.
fn plain(error: &gix::Error) -> String {
    let text = format!("{error:#}");
    text.lines().map(str::trim).collect::<Vec<_>>().join(": ")
}

/// Converts a path of git, which is bytes with `/` between its parts.
fn path_from_git(path: &[u8]) -> PathBuf {
    gix::path::from_byte_slice(path).map_or_else(
        |_| PathBuf::from(String::from_utf8_lossy(path).into_owned()),
        Into::into,
    )
}
