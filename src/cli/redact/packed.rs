//! Containers among the files to redact: the members with secrets, and the sentences on those that stay as they are.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::scanner::{describe_unread, hides_text};
use crate::container::{ContainerForm, HEAD, recognise_container};
use crate::finding::{Finding, PICTURE, Skip, SkipReason};
use crate::message::{count_noun, portable_path};
use crate::redact::{RedactError, is_rewritable};

/// Number of secrets in a container that are named.
const SHOWN: usize = 5;

/// Members of a container that contain secrets.
#[derive(Debug, Default)]
pub(super) struct PackedMembers {
    /// Ways to the members.
    pub(super) ways: BTreeSet<String>,
    /// Places of the secrets.
    places: Vec<String>,
    /// True if a secret was read from the pixels of the file.
    is_picture: bool,
}

/// Collects the members that contain these secrets, by file.
pub(super) fn collect_members(leaks: &[&Finding]) -> BTreeMap<PathBuf, PackedMembers> {
    let mut files: BTreeMap<PathBuf, PackedMembers> = BTreeMap::new();
    for leak in leaks {
        let file = files.entry(leak.path.clone()).or_default();
        let way = leak.origin.way();
        let is_picture = leak.evidence.iter().any(|e| e.name == PICTURE);
        file.is_picture |= way.is_empty() && is_picture;
        file.ways.insert(way.to_owned());
        file.places.push(format!(
            "{}:{}",
            portable_path(&leak.full_path()),
            leak.start.line
        ));
    }
    files
}

/// Finds for each container the first reason why a part of it was not read.
pub(super) fn find_unread(skipped: &[Skip]) -> BTreeMap<PathBuf, String> {
    let mut unread = BTreeMap::new();
    for skip in skipped {
        if let SkipReason::UnreadMember { container, .. } = &skip.reason
            && hides_text(&skip.reason)
        {
            let path = container.to_path_buf();
            unread.entry(path).or_insert_with(|| describe_unread(skip));
        }
    }
    unread
}

/// Returns the sentence on a container that is not copied.
pub(super) fn refuse_form(form: ContainerForm) -> String {
    format!(
        "it is {}, which is not rewritten; unpack it and copy the folder, or do without it",
        form.name
    )
}

/// Returns the form of the container at `path`.
fn recognise_file(path: &Path) -> io::Result<Option<ContainerForm>> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(recognise_container(&head))
}

impl PackedMembers {
    /// Returns the reason why the file cannot be redacted, as far as that is known before. `unread` names a part of it
    /// that was not read.
    pub(super) fn refuse_file(&self, path: &Path, unread: Option<&String>) -> Option<String> {
        if self.is_picture {
            return Some(format!(
                "pictures are not changed, and it shows {}; make it again without them, or delete it",
                self.name_secrets()
            ));
        }
        if let Some(unread) = unread {
            return Some(self.explain(&format!(
                "a part of it was not read, and may hold a secret ({unread})"
            )));
        }
        // An error is reported by whoever opens the file next.
        match recognise_file(path).ok()? {
            Some(form) if is_rewritable(form) => None,
            Some(form) => Some(self.explain(&format!("{} is not rewritten", form.name))),
            None => Some(self.explain(
                "pieces that a reader of the document joins, and archives behind something else, are not rewritten",
            )),
        }
    }

    /// Returns the sentence on a container that could not be rewritten.
    pub(super) fn explain_refusal(&self, refusal: &RedactError) -> String {
        self.explain(&refusal.to_string())
    }

    fn explain(&self, reason: &str) -> String {
        if self.places.is_empty() {
            return reason.to_owned();
        }
        format!(
            "{reason}, and it holds {}; replace them in its members and pack it again, or delete it",
            self.name_secrets()
        )
    }

    /// Returns the number of the secrets, and the places of the first ones.
    fn name_secrets(&self) -> String {
        let count = count_noun(self.places.len() as u64, "secret");
        let shown = self.places.iter().take(SHOWN).cloned().collect::<Vec<_>>();
        let more = if self.places.len() > SHOWN {
            ", ..."
        } else {
            ""
        };
        format!("{count} ({}{more})", shown.join(", "))
    }
}
