//! Records trees and commits in the one pass over the objects, so that a search for a few blobs needs no second pass.
//! Each tree is recorded as its differences from its delta base in the pack. Most trees differ in an entry or two, so
//! the records are short even for long trees.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use gix::hash::{ObjectId, oid};
use gix::objs::Kind;

use super::graph::ReferenceGraph;
use super::items::{
    TreeChange, TreeItem, commit_time, diff_trees, for_each_item, for_each_reference,
};
use super::numbers::NONE;
use crate::threads::lock_mutex;

/// Entry `child` of a tree under a name: added at `parent`, or removed there, in the order of deltas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct TreeEdge {
    pub(super) child: u32,
    pub(super) parent: u32,
    pub(super) name: u32,
}

/// Commit, with the numbers of its tree and parents.
#[derive(Clone, Copy, Debug)]
pub(super) struct CommitRecord {
    pub(super) number: u32,
    pub(super) tree: u32,
    /// Commit time, in seconds since 1970.
    pub(super) time: i64,
    parents: (u32, u32),
}

/// Record of all trees and commits.
#[derive(Debug, Default)]
pub(super) struct TreeRecord {
    /// Records of trees by each thread; all trees that are built on each other are in the same one.
    pub(super) notes: Vec<ThreadNotes>,
    pub(super) commits: Vec<CommitRecord>,
    /// Parents of all commits, one after the other.
    pub(super) parents: Vec<u32>,
}

/// Record of trees by one thread.
#[derive(Debug, Default)]
pub(super) struct ThreadNotes {
    pub(super) added: BlockList<TreeEdge>,
    pub(super) removed: BlockList<TreeEdge>,
    /// Names in these edges.
    pub(super) names: NameTable,
}

impl CommitRecord {
    /// Returns the numbers of the parents, from the list of all; `NONE` for one that is missing.
    pub(super) fn parent_numbers<'p>(&self, all: &'p [u32]) -> &'p [u32] {
        &all[self.parents.0 as usize..self.parents.1 as usize]
    }
}

impl TreeRecord {
    /// Appends the record of one thread.
    fn append_notes(&mut self, mut other: TreeRecord) {
        let shift = u32::try_from(self.parents.len()).unwrap_or(NONE);
        for commit in &mut other.commits {
            commit.parents.0 += shift;
            commit.parents.1 += shift;
        }
        self.notes.append(&mut other.notes);
        self.commits.append(&mut other.commits);
        self.parents.append(&mut other.parents);
    }
}

/// List that never moves its items, so that it needs no room for two copies while it grows.
#[derive(Debug)]
pub(super) struct BlockList<T>(Vec<Vec<T>>);

impl<T> Default for BlockList<T> {
    fn default() -> Self {
        BlockList(Vec::new())
    }
}

impl<T> BlockList<T> {
    /// Number of items of a block.
    const LEN: usize = 1 << 12;

    fn push(&mut self, item: T) {
        match self.0.last_mut().filter(|block| block.len() < Self::LEN) {
            Some(block) => block.push(item),
            None => {
                let mut block = Vec::with_capacity(Self::LEN);
                block.push(item);
                self.0.push(block);
            }
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().flatten()
    }
}

/// Names by number.
#[derive(Debug, Default)]
pub(super) struct NameTable {
    list: Vec<Box<[u8]>>,
    known: HashMap<Box<[u8]>, u32>,
}

impl NameTable {
    pub(super) fn name_of(&self, number: u32) -> &[u8] {
        &self.list[number as usize]
    }

    pub(super) fn number(&mut self, name: &[u8]) -> u32 {
        if let Some(number) = self.known.get(name) {
            return *number;
        }
        let number = u32::try_from(self.list.len()).unwrap_or(NONE);
        self.list.push(name.into());
        self.known.insert(name.into(), number);
        number
    }

    /// Numbers the names by their order, also in these edges: the threads that read trees meet them in any order.
    pub(super) fn sort(&mut self, edges: &mut [TreeEdge]) {
        let mut order: Vec<usize> = (0..self.list.len()).collect();
        order.sort_unstable_by(|a, b| self.list[*a].cmp(&self.list[*b]));
        let mut numbers = vec![NONE; order.len()];
        for (number, place) in (0u32..).zip(&order) {
            numbers[*place] = number;
        }
        self.list.sort_unstable();
        let known = self.known.values_mut();
        for number in known.chain(edges.iter_mut().map(|edge| &mut edge.name)) {
            *number = numbers.get(*number as usize).copied().unwrap_or(NONE);
        }
    }
}

/// Tree as the pass reads it.
pub(super) struct TreeVersion<'t> {
    /// Number of its position in its pack, which may be a second copy.
    pub(super) number: u32,
    pub(super) bytes: &'t [u8],
    /// Bytes of the tree that this one is stored as a delta of.
    pub(super) base: Option<&'t [u8]>,
    /// Number of trees that count among this one and those stored as deltas of it, directly or not.
    pub(super) weight: u32,
}

/// Counts and records of one thread.
pub(super) struct TreeRecorder<'g> {
    graph: &'g ReferenceGraph<'g>,
    all: &'g Mutex<TreeRecord>,
    missing: BTreeMap<ObjectId, i64>,
    notes: ThreadNotes,
    record: TreeRecord,
}

impl<'g> TreeRecorder<'g> {
    /// Creates the state of one thread, whose record is appended to `all` at the end.
    pub(super) fn new(graph: &'g ReferenceGraph<'g>, all: &'g Mutex<TreeRecord>) -> Self {
        TreeRecorder {
            graph,
            all,
            missing: BTreeMap::new(),
            notes: ThreadNotes::default(),
            record: TreeRecord::default(),
        }
    }

    /// Counts the references of a tree. An entry shared with its base was counted there for all trees built on the
    /// base; if a tree removes the entry, the count is reduced for this tree and those built on it.
    pub(super) fn tree(&mut self, tree: &TreeVersion<'_>) {
        if tree.weight == 0 {
            return;
        }
        let hash_len = self.graph.objects.hash.len_in_bytes();
        match tree.base {
            Some(base) => diff_trees(base, tree.bytes, hash_len, |change, item| {
                self.entry(tree, change, item);
            }),
            None => {
                for_each_item(tree.bytes, hash_len, |item| {
                    self.entry(tree, TreeChange::Added, item);
                });
            }
        }
    }

    fn entry(&mut self, tree: &TreeVersion<'_>, change: TreeChange, item: TreeItem<'_>) {
        if item.is_link() {
            return;
        }
        let (by, edges) = match change {
            TreeChange::Added => (tree.weight.cast_signed(), &mut self.notes.added),
            TreeChange::Removed => (
                tree.weight.cast_signed().wrapping_neg(),
                &mut self.notes.removed,
            ),
        };
        let Some(child) = self.graph.number(item.id) else {
            *self.missing.entry(item.id.to_owned()).or_default() += i64::from(by);
            return;
        };
        self.graph.add_reference(child, by);
        edges.push(TreeEdge {
            child,
            parent: tree.number,
            name: self.notes.names.number(item.name),
        });
    }

    /// Counts the references of a commit or tag.
    pub(super) fn commit(&mut self, number: u32, id: &oid, kind: Kind, bytes: &[u8]) {
        let from = self.record.parents.len();
        let mut tree = NONE;
        let mut is_first = true;
        for_each_reference(kind, bytes, self.graph.is_shallow_border(id), |target| {
            let named = self.graph.number(target);
            match named {
                Some(named) => self.graph.add_reference(named, 1),
                None => *self.missing.entry(target.to_owned()).or_default() += 1,
            }
            let named = named.unwrap_or(NONE);
            if std::mem::take(&mut is_first) {
                tree = named;
            } else {
                self.record.parents.push(named);
            }
        });
        if kind == Kind::Commit && !is_first {
            let place = |at: usize| u32::try_from(at).unwrap_or(NONE);
            self.record.commits.push(CommitRecord {
                number,
                tree,
                time: commit_time(bytes),
                parents: (place(from), place(self.record.parents.len())),
            });
        }
    }
}

impl Drop for TreeRecorder<'_> {
    fn drop(&mut self) {
        self.graph
            .add_missing_references(std::mem::take(&mut self.missing));
        let mut record = std::mem::take(&mut self.record);
        record.notes.push(std::mem::take(&mut self.notes));
        let mut all = lock_mutex(self.all);
        all.append_notes(record);
    }
}
