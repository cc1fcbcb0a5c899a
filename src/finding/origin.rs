//! Where scanned bytes came from.

use serde::Serialize;

/// What kind of thing was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OriginKind {
    /// A file of the working tree.
    #[default]
    File,
    /// Standard input.
    Stdin,
    /// The content that git's index holds for a path.
    Index,
    /// A blob of the object database.
    Blob,
    /// The message or a header of a commit or tag.
    CommitMessage,
    /// A member of an archive.
    ArchiveMember,
}

/// Where a finding's bytes came from; the fields that do not apply are `None` and left out of reports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// What was read.
    pub kind: OriginKind,
    /// The commit it was read from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The blob's object id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blob: Option<String>,
    /// The author date of that commit, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author_date: Option<String>,
    /// The commit that brought it in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub introduced_in: Option<String>,
    /// Whether it is still there at `HEAD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_head: Option<bool>,
    /// Where it is at `HEAD`, and on which line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head_path: Option<String>,
    /// The line at `HEAD`, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head_line: Option<u64>,
    /// Every path that the blob had, when it had more than one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// Branches, tags and other refs whose history holds it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refs: Vec<String>,
    /// In how many versions of the file it stands, when in more than one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub versions: Option<u64>,
    /// Whether no ref reaches it: a dropped commit, a deleted branch, a blob that was staged once.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unreachable: bool,
    /// Whether the same secret stood in the file before the scanned change.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub pre_existing: bool,
    /// The path inside an archive, `!` between levels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
}
