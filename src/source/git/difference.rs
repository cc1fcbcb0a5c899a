//! Finds the blobs that a commit adds: those that none of its parents has at the same path, merges included.

use std::collections::BTreeMap;

use gix::hash::ObjectId;

use super::GitError;
use super::trees::{Item, ItemKind, Trees};

/// Blob that a commit adds.
pub(super) struct New {
    pub(super) path: Vec<u8>,
    pub(super) id: ObjectId,
    /// Blobs that the parents have at the same path.
    pub(super) earlier: Vec<ObjectId>,
}

/// Changes of a commit.
#[derive(Default)]
pub(super) struct Difference {
    pub(super) new: Vec<New>,
    /// Blobs that a parent has at a path that the commit does not have.
    pub(super) removed: Vec<ObjectId>,
}

impl Difference {
    /// Returns the changes of a commit.
    pub(super) fn of_commit(
        id: ObjectId,
        parents: &[ObjectId],
        trees: &mut Trees<'_>,
    ) -> Result<Difference, GitError> {
        let tree = trees.of_commit(id)?;
        let parents = parents
            .iter()
            .map(|parent| trees.of_commit(*parent))
            .collect::<Result<Vec<_>, _>>()?;
        let mut out = Difference::default();
        out.compare(Some(tree), &parents, &mut Vec::new(), trees)?;
        Ok(out)
    }

    /// Returns all blobs of a tree as additions.
    pub(super) fn of_tree(tree: ObjectId, trees: &mut Trees<'_>) -> Result<Difference, GitError> {
        let mut out = Difference::default();
        out.compare(Some(tree), &[], &mut Vec::new(), trees)?;
        Ok(out)
    }

    /// Compares a tree with the trees of the parents at the same place; `path` is its path, with a `/` at the end.
    fn compare(
        &mut self,
        tree: Option<ObjectId>,
        parents: &[ObjectId],
        path: &mut Vec<u8>,
        trees: &mut Trees<'_>,
    ) -> Result<(), GitError> {
        if tree.is_some_and(|t| parents.contains(&t)) {
            return Ok(());
        }
        let items = tree.map_or(Ok(Vec::new()), |t| trees.entries(t))?;
        let mut before: BTreeMap<Vec<u8>, Vec<Item>> = BTreeMap::new();
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
                ItemKind::Tree => {
                    path.push(b'/');
                    self.compare(Some(item.id), &of_kind(ItemKind::Tree), path, trees)?;
                }
                ItemKind::Blob => self.new.push(New {
                    path: path.clone(),
                    id: item.id,
                    earlier: of_kind(ItemKind::Blob),
                }),
                ItemKind::Link => {}
            }
            path.truncate(length);
        }
        for gone in before.into_values().flatten() {
            match gone.kind {
                ItemKind::Blob => self.removed.push(gone.id),
                // A renamed folder lists its files as removed; their number is limited by the size of the commit.
                ItemKind::Tree => self.compare(None, &[gone.id], path, trees)?,
                ItemKind::Link => {}
            }
        }
        Ok(())
    }
}
