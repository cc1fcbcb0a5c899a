//! Origin of the scanned bytes.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::span::DocumentPlace;

/// Kind of source that was read.
///
/// ```
#[doc = include_str!("example.txt")]
/// use tokensweep::parts::OriginKind;
///
/// assert_eq!(finding.origin.kind, OriginKind::Stdin);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum OriginKind {
    /// A file of the working tree.
    #[default]
    File,
    /// Standard input.
    Stdin,
    /// Content of a path in git's index.
    Index,
    /// Blob of the object database.
    Blob,
    /// Message or header of a commit or tag.
    CommitMessage,
    /// Member of an archive.
    ArchiveMember,
}

/// Origin of a finding's bytes. The fields that do not apply are `None` and left out of reports.
///
/// ```
#[doc = include_str!("example.txt")]
/// assert!(finding.origin.commit.is_none() && !finding.origin.pre_existing);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Origin {
    /// Kind of source that was read.
    pub kind: OriginKind,
    /// For a member of an archive: kind of source that contains the archive.
    #[serde(skip)]
    pub outer: OriginKind,
    /// Repository that the bytes were read from, if several were scanned: its path, which the path of the finding starts
    /// with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Commit that the bytes were read from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Object id of the blob.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blob: Option<String>,
    /// Author of that commit, as in `Ann Lee <ann@example.com>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Author date of that commit, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author_date: Option<String>,
    /// Commit that brought the secret in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub introduced_in: Option<String>,
    /// True if the secret is still in `HEAD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_head: Option<bool>,
    /// Commit that took the secret out of the history of `HEAD`, the last one if it came back in between.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed_in: Option<String>,
    /// Author date of that commit, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removed_date: Option<String>,
    /// Path of the secret at `HEAD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head_path: Option<String>,
    /// Line at `HEAD`, 1-based.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head_line: Option<u64>,
    /// All paths of the blob, if it had more than one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// Branches, tags and other refs whose history contains the secret.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refs: Vec<String>,
    /// Number of further refs, which are not listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refs_left_out: Option<u64>,
    /// Number of versions of the file that contain the secret, if more than one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub versions: Option<u64>,
    /// True if no ref reaches the blob: a dropped commit, a deleted branch, a blob that was staged once.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unreachable: bool,
    /// True if the file contained the same secret before the scanned change, or a scan by age counts its commit as old.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub pre_existing: bool,
    /// File name of an archive and path inside it, `!` between levels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// Place in a document, as a person names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<DocumentPlace>,
    /// For text that was taken from a document that is a text itself: offset of the secret in its file, in bytes.
    #[serde(skip)]
    pub(crate) raw_at: Option<u64>,
}

/// Origin that the findings of a text have in common. A finding whose origin is changed gets one of its own.
///
/// ```
#[doc = include_str!("example.txt")]
/// let mut changed = finding.clone();
/// changed.origin.at_head = Some(true);
/// assert!(finding.origin.at_head.is_none());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SharedOrigin(Arc<Origin>);

impl Deref for SharedOrigin {
    type Target = Origin;

    fn deref(&self) -> &Origin {
        &self.0
    }
}

impl DerefMut for SharedOrigin {
    fn deref_mut(&mut self) -> &mut Origin {
        Arc::make_mut(&mut self.0)
    }
}

impl From<Origin> for SharedOrigin {
    fn from(origin: Origin) -> Self {
        SharedOrigin(Arc::new(origin))
    }
}

impl Origin {
    /// Returns the kind of source that was read: for a member of an archive, that of the archive.
    #[must_use]
    pub fn source_kind(&self) -> OriginKind {
        match self.kind {
            OriginKind::ArchiveMember => self.outer,
            kind => kind,
        }
    }

    /// Returns the commit that brought the secret in, or the one that the bytes were read from.
    pub(crate) fn first_commit(&self) -> Option<&str> {
        let commit = self.introduced_in.as_ref().or(self.commit.as_ref());
        commit.map(String::as_str)
    }

    /// Returns the name and the address of the author.
    pub(crate) fn split_author(&self) -> (Option<&str>, Option<&str>) {
        let author = self.author.as_deref();
        let parts = author.and_then(|text| text.strip_suffix('>')?.rsplit_once('<'));
        let filled = |text: &'_ str| !text.is_empty();
        match parts {
            Some((name, address)) => (
                Some(name.trim_end()).filter(|text| filled(text)),
                Some(address).filter(|text| filled(text)),
            ),
            None => (author, None),
        }
    }

    /// Returns the refs whose history contains the secret, in words; empty if none is known.
    #[must_use]
    pub fn describe_refs(&self) -> String {
        let names = self.refs.join(", ");
        match self.refs_left_out {
            Some(more) => format!("{names} and {more} more"),
            None => names,
        }
    }

    /// Returns the names of the member below its file, each after a `!`; empty for what is no member.
    #[must_use]
    pub fn way(&self) -> &str {
        let member = self.member.as_deref().unwrap_or_default();
        member.find('!').map_or("", |at| &member[at..])
    }

    /// Changes the name of the file that contains the member.
    #[cfg(feature = "git")]
    pub(crate) fn rename_container(&mut self, name: &str) {
        if self.member.is_some() {
            self.member = Some(format!("{name}{}", self.way()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_author_has_a_name_and_an_address_as_far_as_git_has_them() {
        for (author, name, address) in [
            (
                "Ann Lee <ann@example.com>",
                Some("Ann Lee"),
                Some("ann@example.com"),
            ),
            ("<ann@example.com>", None, Some("ann@example.com")),
            ("Ann <Lee> <>", Some("Ann <Lee>"), None),
            ("Ann Lee", Some("Ann Lee"), None),
        ] {
            let origin = Origin {
                author: Some(author.to_owned()),
                ..Origin::default()
            };
            assert_eq!(origin.split_author(), (name, address), "{author}");
        }
        assert_eq!(Origin::default().split_author(), (None, None));
    }
}
