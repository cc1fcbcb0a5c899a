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
mod part;
mod pass;
mod prescan;
mod provenance;
mod range;
mod record;
mod refs;
mod repository;
mod search;
mod select;
mod staged;
mod state;
mod submodules;
mod text;
mod trees;

use std::fmt;
use std::path::PathBuf;

pub(crate) use changes::scan_changes;
pub(crate) use history::History;
pub use history::{HistoryOptions, scan_history};
pub(crate) use hooks::HooksPath;
pub use lookup::RepositoryLookup;
pub use part::RepositoryPart;
pub use range::RangeOptions;
pub(crate) use range::scan_range;
pub use repository::Repository;
pub(crate) use search::{find_repositories, is_repository};
pub use select::CommitSelection;
pub(crate) use select::parse_date;
pub use staged::StagedOptions;
pub(crate) use staged::scan_staged;
pub(crate) use state::{RepositoryState, estimate_size};

/// Error of a scan of a repository, with a sentence for the user.
///
/// ```
/// use std::path::Path;
/// use tokensweep::git::{GitErrorKind, Repository};
///
/// let error = Repository::discover(Some(Path::new("/no/such/folder"))).err().unwrap();
/// assert_eq!(error.kind(), GitErrorKind::NoRepository);
/// println!("{error}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitError {
    kind: GitErrorKind,
    sentence: String,
}

/// Kind of a [`GitError`].
///
/// ```
/// use tokensweep::git::{GitError, GitErrorKind};
///
/// fn is_mistake_of_the_user(error: &GitError) -> bool {
///     matches!(error.kind(), GitErrorKind::UnknownRevision | GitErrorKind::InvalidArgument)
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GitErrorKind {
    /// There is no repository at the path or above it.
    NoRepository,
    /// A revision or a pattern names nothing in the repository.
    UnknownRevision,
    /// A range, an id or a date is written wrongly.
    InvalidArgument,
    /// The repository has a form that is not supported, or lacks what the scan needs, such as a working tree.
    Unsupported,
    /// An object, a ref or the index is damaged, missing or not readable.
    Unreadable,
}

impl GitError {
    pub(crate) fn new(kind: GitErrorKind, sentence: impl Into<String>) -> Self {
        let sentence = sentence.into();
        GitError { kind, sentence }
    }

    /// Creates an error about what is damaged, missing or not readable.
    pub(crate) fn unreadable(sentence: impl Into<String>) -> Self {
        GitError::new(GitErrorKind::Unreadable, sentence)
    }

    /// Returns the kind of the error.
    #[must_use]
    pub fn kind(&self) -> GitErrorKind {
        self.kind
    }
}

impl fmt::Display for GitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for GitError {}

/// Returns an error of gix in one line, with its causes after colons. The values that it carries are left out: they may be
/// the contents of a file that was taken for a part of a repository, with a secret in it.
fn plain(error: &gix::Error) -> String {
    let mut causes: Vec<String> = Vec::new();
    for cause in error.iter_errors() {
        let text = if let Some(message) = cause.downcast_ref::<gix::error::Message>() {
            message.message.to_string()
        } else if let Some(mistake) = cause.downcast_ref::<gix::config::parse::Error>() {
            format!("line {} is no configuration", mistake.line_number())
        } else {
            cause.to_string()
        };
        let text = text.lines().map(str::trim).collect::<Vec<_>>().join(": ");
        if causes.last() != Some(&text) {
            causes.push(text);
        }
    }
    causes.join(": ")
}

/// Converts a path of git, which is bytes with `/` between its parts.
fn path_from_git(path: &[u8]) -> PathBuf {
    gix::path::from_byte_slice(path).map_or_else(
        |_| PathBuf::from(String::from_utf8_lossy(path).into_owned()),
        Into::into,
    )
}
