//! Merged report of an audit, as data: what each repository came to, and each secret with all its repositories.

use serde::{Deserialize, Serialize};

use crate::finding::{Checksum, Confidence, Severity};

/// Facts about an audited repository, as its result holds them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RepositoryFacts {
    /// Commit that `HEAD` names.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub head: Option<String>,
    /// Name of the objects that are here, by which an incomplete result is known to be still true.
    pub objects: String,
    /// Path, as it was named.
    pub path: String,
    /// Sentences about what was asked for and not read.
    pub problems: Vec<String>,
    /// Name of all refs and what they point to, by which a result is known to be still true.
    pub refs: String,
    /// Address of the repository's page, from that of its remote.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub remote: Option<String>,
    /// Name of the settings of the scan.
    pub settings: String,
}

/// Merged report of an audit.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct AuditReport {
    /// Repositories, by their paths.
    pub repositories: Vec<AuditedRepository>,
    /// Secrets, the most important first.
    pub secrets: Vec<AuditedSecret>,
    /// Folders and results that could not be read.
    pub unread: Vec<UnreadPath>,
}

/// Path that could not be read, with the reason.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct UnreadPath {
    pub path: String,
    pub reason: String,
}

/// Counts of one audited repository.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AuditedRepository {
    /// Number of places that were accepted.
    pub accepted: u64,
    /// Number of secrets at `HEAD`.
    pub at_head: u64,
    pub blobs: u64,
    pub bytes: u64,
    pub commits: u64,
    /// True if everything that was asked for was read.
    pub complete: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    pub path: String,
    pub problems: Vec<String>,
    /// Number of refs.
    pub refs: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<String>,
    /// Number of secrets.
    pub secrets: u64,
}

/// One secret, with the repositories that contain it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AuditedSecret {
    /// Number of repositories that have it at `HEAD`.
    pub at_head: u64,
    pub checksum: Checksum,
    pub confidence: Confidence,
    pub fingerprint: String,
    /// Mask.
    pub r#match: String,
    /// Number of places in all repositories.
    pub places: u64,
    pub remediation: String,
    /// Repositories, the one that had it first at the beginning.
    pub repositories: Vec<SecretUse>,
    pub rule_id: String,
    pub severity: Severity,
    /// Author date of the earliest commit that brought it in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    pub title: String,
}

/// One secret in one repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct SecretUse {
    /// True if the secret is at `HEAD`.
    pub at_head: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Commit that brought it in first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// Line of the first place.
    pub line: u64,
    /// Path and line at `HEAD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now_at: Option<String>,
    /// Path of the first place.
    pub path: String,
    /// Number of places in this repository.
    pub places: u64,
    pub repository: String,
}
