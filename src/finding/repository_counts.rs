//! Counts of one repository in a scan of several.

use serde::Serialize;

/// Counts of one of several scanned repositories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct RepositoryCounts {
    /// Path of the repository.
    pub path: String,
    /// True if everything that was requested was scanned.
    pub complete: bool,
    /// Number of git blobs read, or found clean before.
    pub blobs: u64,
    /// Number of commits and tags.
    pub commits: u64,
    /// Number of refs.
    pub refs: u64,
    /// Number of bytes read.
    pub bytes: u64,
}
