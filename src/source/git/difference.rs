//! Finds the blobs that a commit adds: those that none of its parents has at the same path, merges included.

use std::collections::BTreeMap;

use gix::hash::ObjectId;

use super::GitError;
use super::trees::{TreeEntry, TreeEntryKind, TreeReader};

/// Blob that a commit adds.
pub(super) struct NewBlob {
    pub(super) path: Vec<u8>,
    pub(super) id: ObjectId,
    /// Blobs that the parents have at the same path.
    pub(super) earlier: Vec<ObjectId>,
}

/// Changes of a commit.
#[derive(Default)]
pub(super) struct CommitDifference {
    pub(super) new: Vec<NewBlob>,
    /// Blobs that a parent has at a path that the commit does not have.
    pub(super) removed: Vec<ObjectId>,
}

impl CommitDifference {
    /// Returns the changes of a commit.
    pub(super) fn of_commit(
        id: ObjectId,
        parents: &[ObjectId],
        trees: &mut TreeReader<'_>,
    ) -> Result<CommitDifference, GitError> {
        let tree = trees.tree_of_commit(id)?;
        let parents = parents
            .iter()
            .map(|parent| trees.tree_of_commit(*parent))
            .collect::<Result<Vec<_>, _>>()?;
        let mut out = CommitDifference::default();
        out.compare_trees(Some(tree), &parents, &mut Vec::new(), trees)?;
        Ok(out)
    }

    /// Returns all blobs of a tree as additions.
    pub(super) fn of_tree(
        tree: ObjectId,
        trees: &mut TreeReader<'_>,
    ) -> Result<CommitDifference, GitError> {
        let mut out = CommitDifference::default();
        out.compare_trees(Some(tree), &[], &mut Vec::new(), trees)?;
        Ok(out)
    }

    /// Compares a tree with the trees of the parents at the same place; `path` is its path, with a `/` at the end.
    fn compare_trees(
        &mut self,
        tree: Option<ObjectId>,
        parents: &[ObjectId],
        path: &mut Vec<u8>,
        trees: &mut TreeReader<'_>,
    ) -> Result<(), GitError> {
        if tree.is_some_and(|t| parents.contains(&t)) {
            return Ok(());
        }
        let items = tree.map_or(Ok(Vec::new()), |t| trees.entries(t))?;
        let mut before: BTreeMap<Vec<u8>, Vec<TreeEntry>> = BTreeMap::new();
        for parent in parents {
            for item in trees.entries(*parent)? {
                before.entry(item.name.clone()).or_default().push(item);
            }
        }
        for item in items {
            let there = before.remove(&item.name).unwrap_or_default();
            if there.iter().any(|old| old.id == item.id) {
                continue;
            }
            let of_kind = |kind| {
                let same = there.iter().filter(move |old| old.kind == kind);
                same.map(|old| old.id).collect::<Vec<_>>()
            };
            let length = path.len();
            path.extend(&item.name);
            match item.kind {
                TreeEntryKind::Tree => {
                    path.push(b'/');
                    self.compare_trees(Some(item.id), &of_kind(TreeEntryKind::Tree), path, trees)?;
                }
                TreeEntryKind::Blob => self.new.push(NewBlob {
                    path: path.clone(),
                    id: item.id,
                    earlier: of_kind(TreeEntryKind::Blob),
                }),
                TreeEntryKind::Link => {}
            }
            path.truncate(length);
        }
        for gone in before.into_values().flatten() {
            match gone.kind {
                TreeEntryKind::Blob => self.removed.push(gone.id),
                // A renamed folder lists its files as removed; their number is limited by the size of the commit.
                TreeEntryKind::Tree => self.compare_trees(None, &[gone.id], path, trees)?,
                TreeEntryKind::Link => {}
            }
        }
        Ok(())
    }
}
