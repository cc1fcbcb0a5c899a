//! Reads commits and trees through the object database.

use gix::hash::ObjectId;
use gix::objs::{CommitRefIter, Kind};

use super::GitError;
use super::items::for_each_item;
use super::objects::{LookupBuffers, ObjectDatabase};

/// Entry of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TreeEntry {
    pub(super) name: Vec<u8>,
    pub(super) kind: TreeEntryKind,
    pub(super) id: ObjectId,
}

/// Kind of a tree entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TreeEntryKind {
    /// Folder.
    Tree,
    /// File, or the target of a symbolic link.
    Blob,
    /// Commit of a submodule; a pointer without content.
    Link,
}

/// Reader of commits and trees.
pub(super) struct TreeReader<'o> {
    objects: &'o ObjectDatabase,
    buffers: LookupBuffers,
}

impl<'o> TreeReader<'o> {
    pub(super) fn new(objects: &'o ObjectDatabase) -> Self {
        TreeReader {
            objects,
            buffers: LookupBuffers::default(),
        }
    }

    /// Returns the root tree of a commit.
    pub(super) fn tree_of_commit(&mut self, commit: ObjectId) -> Result<ObjectId, GitError> {
        self.read(commit, Kind::Commit)?;
        CommitRefIter::from_bytes(&self.buffers.object, self.objects.hash)
            .tree_id()
            .map_err(|e| {
                GitError::unreadable(format!("commit {commit} is damaged: {}", super::plain(&e)))
            })
    }

    /// Returns the entries of a tree, in the order of the tree.
    pub(super) fn entries(&mut self, tree: ObjectId) -> Result<Vec<TreeEntry>, GitError> {
        if tree.is_empty_tree() {
            return Ok(Vec::new());
        }
        self.read(tree, Kind::Tree)?;
        let mut items = Vec::new();
        let whole = for_each_item(
            &self.buffers.object,
            self.objects.hash.len_in_bytes(),
            |item| {
                let kind = if item.is_tree() {
                    TreeEntryKind::Tree
                } else if item.is_link() {
                    TreeEntryKind::Link
                } else {
                    TreeEntryKind::Blob
                };
                items.push(TreeEntry {
                    name: item.name.to_vec(),
                    kind,
                    id: item.id.to_owned(),
                });
            },
        );
        if !whole {
            return Err(GitError::unreadable(format!("tree {tree} is damaged")));
        }
        Ok(items)
    }

    /// Returns the entry at `path` below the tree `root`.
    pub(super) fn at(
        &mut self,
        root: ObjectId,
        path: &[u8],
    ) -> Result<Option<TreeEntry>, GitError> {
        let mut tree = root;
        let mut names = path.split(|b| *b == b'/').peekable();
        while let Some(name) = names.next() {
            let Some(item) = self.entries(tree)?.into_iter().find(|i| i.name == name) else {
                return Ok(None);
            };
            if names.peek().is_none() {
                return Ok(Some(item));
            }
            if item.kind != TreeEntryKind::Tree {
                return Ok(None);
            }
            tree = item.id;
        }
        Ok(None)
    }

    fn read(&mut self, id: ObjectId, kind: Kind) -> Result<(), GitError> {
        match self.objects.find(&id, &mut self.buffers)? {
            Some(found) if found == kind => Ok(()),
            Some(found) => Err(GitError::unreadable(format!(
                "object {id} is a {found}, not a {kind}"
            ))),
            None => Err(GitError::unreadable(format!(
                "the {kind} {id} is missing from the object database"
            ))),
        }
    }
}
