//! Finds the trees and commits that contain a blob: for a few blobs in one pass over trees and commits, without a read
//! of any other blob.

use std::collections::{HashMap, HashSet};

use gix::hash::ObjectId;

use super::ancestry::TreeAncestry;
use super::numbers::NONE;
use super::record::{CommitRecord, NameTable, TreeEdge, TreeRecord};

/// Maximum number of different paths of one blob that are listed.
const PATHS: usize = 1000;

/// Trees and commits above a few blobs.
pub(super) struct Provenance {
    /// Requested blobs with their numbers.
    blobs: HashMap<ObjectId, u32>,
    /// Edges sorted by child; blobs only if they were requested.
    edges: Vec<TreeEdge>,
    names: NameTable,
    /// Commits in the order of their numbers.
    pub(super) commits: Vec<CommitRecord>,
    parents: Vec<u32>,
    /// Root tree of each commit with the commit's position in `commits`, sorted by tree.
    roots: Vec<(u32, u32)>,
    /// Positions in `commits`, parents before children.
    order: Vec<u32>,
}

/// Paths and commits of one blob.
pub(super) struct BlobTrace {
    /// Every path, sorted.
    pub(super) paths: Vec<Vec<u8>>,
    /// First path by name in the requested tree.
    pub(super) head: Option<Vec<u8>>,
    /// Positions of the commits whose trees contain the blob.
    holders: HashSet<u32>,
    /// Position of the first commit that contained the blob.
    pub(super) first: Option<u32>,
}

impl Provenance {
    /// Finds the trees and commits that contain the blobs, given by id and number, in the record of a pass.
    pub(super) fn new(
        climb: &TreeAncestry<'_>,
        record: TreeRecord,
        blobs: impl Iterator<Item = (ObjectId, u32)>,
    ) -> Provenance {
        let blobs: HashMap<ObjectId, u32> = blobs.collect();
        let mut names = NameTable::default();
        let edges = climb.collect_edges(&record.notes, blobs.values().copied(), &mut names);
        let TreeRecord {
            mut commits,
            parents,
            ..
        } = record;
        commits.retain(|commit| !(climb.left_out)(commit.number));
        commits.sort_unstable_by_key(|c| c.number);
        let mut roots: Vec<(u32, u32)> =
            (0u32..).zip(&commits).map(|(at, c)| (c.tree, at)).collect();
        roots.sort_unstable();
        let order = order_parents_first(&commits, &parents);
        Provenance {
            blobs,
            edges,
            names,
            commits,
            parents,
            roots,
            order,
        }
    }

    /// Returns a path of the blob; `None` if it has none.
    pub(super) fn any_path(&self, blob: ObjectId) -> Option<Vec<u8>> {
        let mut at = *self.blobs.get(&blob)?;
        let mut parts = Vec::new();
        while parts.len() < 4096 {
            let Some(edge) = self.edges_above(at).first() else {
                break;
            };
            parts.push(self.names.name_of(edge.name));
            at = edge.parent;
            if !self.commits_of(at).is_empty() {
                break;
            }
        }
        parts.reverse();
        (!parts.is_empty()).then(|| parts.join(&b'/'))
    }

    /// Returns everything about one blob; `head` is the number of a commit whose path for the blob is requested.
    pub(super) fn trace_blob(&self, blob: ObjectId, head: Option<u32>) -> BlobTrace {
        let mut trace = BlobTrace {
            paths: Vec::new(),
            head: None,
            holders: HashSet::new(),
            first: None,
        };
        let Some(&number) = self.blobs.get(&blob) else {
            return trace;
        };
        let head_tree = head
            .and_then(|n| self.place(n))
            .map(|at| self.commits[at as usize].tree);
        // Paths grow from their end; each is a name and a shared rest.
        let mut rests = PathSuffixes::default();
        let mut seen = HashSet::new();
        let mut whole = HashSet::new();
        let mut pending = vec![(number, NONE)];
        while let Some((at, rest)) = pending.pop() {
            for edge in self.edges_above(at) {
                let path = rests.intern_suffix(edge.name, rest);
                if !seen.insert((edge.parent, path)) {
                    continue;
                }
                let holders = self.commits_of(edge.parent);
                trace.holders.extend(holders.iter().map(|(_, at)| *at));
                if Some(edge.parent) == head_tree {
                    let path = self.spell_path(&rests, path);
                    trace.head = trace.head.filter(|other| *other < path).or(Some(path));
                }
                if !holders.is_empty() && whole.len() < PATHS {
                    whole.insert(path);
                }
                pending.push((edge.parent, path));
            }
        }
        trace.paths = whole
            .into_iter()
            .map(|path| self.spell_path(&rests, path))
            .collect();
        trace.paths.sort();
        trace.first = self.first(&trace.holders);
        trace
    }

    /// Returns the earliest of the commits that contain a blob which none of their parents contains.
    fn first(&self, holders: &HashSet<u32>) -> Option<u32> {
        let is_new = |at: &&u32| !self.parents_of(**at).any(|p| holders.contains(&p));
        holders
            .iter()
            .filter(is_new)
            .min_by_key(|at| (self.commits[**at as usize].time, **at))
            .copied()
    }

    /// Returns for every commit, by its position, true if it is in the history of the commit with this number.
    pub(super) fn history_of(&self, number: u32) -> Vec<bool> {
        let mut is_in = vec![false; self.commits.len()];
        if let Some(at) = self.place(number) {
            is_in[at as usize] = true;
        }
        for at in self.order.iter().rev() {
            if is_in[*at as usize] {
                for parent in self.parents_of(*at) {
                    is_in[parent as usize] = true;
                }
            }
        }
        is_in
    }

    /// Returns the latest of these commits, given by [`history_of`](Self::history_of), that does not contain a blob
    /// although a parent does.
    pub(super) fn last_removal(&self, trace: &BlobTrace, is_in: &[bool]) -> Option<u32> {
        let holders = &trace.holders;
        let removes = |at: &&u32| {
            is_in[**at as usize]
                && !holders.contains(at)
                && self.parents_of(**at).any(|p| holders.contains(&p))
        };
        let latest = self.order.iter().filter(removes);
        latest
            .max_by_key(|at| (self.commits[**at as usize].time, **at))
            .copied()
    }

    /// Returns for every commit, by its position, true if its history contains the blob.
    pub(super) fn holding_commits(&self, trace: &BlobTrace) -> Vec<bool> {
        let mut has = vec![false; self.commits.len()];
        for at in &self.order {
            has[*at as usize] =
                trace.holders.contains(at) || self.parents_of(*at).any(|p| has[p as usize]);
        }
        has
    }

    /// Returns the positions of the parents of the commit at a position.
    fn parents_of(&self, at: u32) -> impl Iterator<Item = u32> {
        let parents = self.commits[at as usize].parent_numbers(&self.parents);
        parents.iter().filter_map(|number| self.place(*number))
    }

    /// Returns the position of a commit, by its number.
    pub(super) fn place(&self, number: u32) -> Option<u32> {
        let at = self
            .commits
            .binary_search_by_key(&number, |c| c.number)
            .ok()?;
        u32::try_from(at).ok()
    }

    fn edges_above(&self, child: u32) -> &[TreeEdge] {
        let from = self.edges.partition_point(|e| e.child < child);
        let count = self.edges[from..].partition_point(|e| e.child == child);
        &self.edges[from..from + count]
    }

    fn commits_of(&self, tree: u32) -> &[(u32, u32)] {
        let from = self.roots.partition_point(|(t, _)| *t < tree);
        let count = self.roots[from..].partition_point(|(t, _)| *t == tree);
        &self.roots[from..from + count]
    }

    fn spell_path(&self, rests: &PathSuffixes, path: u32) -> Vec<u8> {
        let mut parts = Vec::new();
        let mut at = path;
        while at != NONE {
            let (name, rest) = rests.list[at as usize];
            parts.push(self.names.name_of(name));
            at = rest;
        }
        parts.join(&b'/')
    }
}

/// Ends of paths, each stored once.
#[derive(Default)]
struct PathSuffixes {
    list: Vec<(u32, u32)>,
    known: HashMap<(u32, u32), u32>,
}

impl PathSuffixes {
    fn intern_suffix(&mut self, name: u32, rest: u32) -> u32 {
        let next = u32::try_from(self.list.len()).unwrap_or(NONE - 1);
        let list = &mut self.list;
        *self.known.entry((name, rest)).or_insert_with(|| {
            list.push((name, rest));
            next
        })
    }
}

/// Returns the positions of commits, every parent before its children.
fn order_parents_first(commits: &[CommitRecord], parents: &[u32]) -> Vec<u32> {
    let place = |number: &u32| commits.binary_search_by_key(number, |c| c.number).ok();
    let mut waiting = vec![0u32; commits.len()];
    let mut children: Vec<Vec<u32>> = vec![Vec::new(); commits.len()];
    for (at, commit) in (0u32..).zip(commits) {
        for parent in commit.parent_numbers(parents).iter().filter_map(place) {
            waiting[at as usize] += 1;
            children[parent].push(at);
        }
    }
    let mut order: Vec<u32> = (0u32..)
        .zip(&waiting)
        .filter(|(_, n)| **n == 0)
        .map(|(at, _)| at)
        .collect();
    let mut next = 0;
    while let Some(&at) = order.get(next) {
        next += 1;
        for child in &children[at as usize] {
            waiting[*child as usize] -= 1;
            if waiting[*child as usize] == 0 {
                order.push(*child);
            }
        }
    }
    order
}
