//! Parts of a repository that can be scanned.

use super::{HistoryOptions, RangeOptions, StagedOptions};

/// Part of a repository to scan, with the options of its scan.
///
/// ```
/// use tokensweep::git::{GitError, Repository, RepositoryPart, StagedOptions};
/// use tokensweep::{Outcome, Scanner};
///
/// fn scan_next_commit(repository: &Repository) -> Result<Outcome, GitError> {
///     let part = RepositoryPart::Staged(StagedOptions::default());
///     Scanner::default().scan_repository(repository, &part)
/// }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RepositoryPart {
    /// All objects of the history, without those of submodules.
    History(HistoryOptions),
    /// Additions and messages of commits.
    Range(RangeOptions),
    /// Changes that are staged for the next commit.
    Staged(StagedOptions),
    /// Differences from `HEAD`, staged or not, and the untracked files that git does not ignore.
    Changes(StagedOptions),
}
