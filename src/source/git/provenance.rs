//! Which trees and commits hold a blob: worked out for a few blobs in one pass over trees and commits, without a
//! look at any other blob.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use gix::hash::{ObjectId, oid};
use gix::objs::{CommitRefIter, Kind};

use super::GitError;
use super::delta::{Forest, Visitor};
use super::graph::{Graph, NONE, Recent, references, tree_items};

/// More different paths of one blob are not listed.
const PATHS: usize = 1000;

/// `child` stands in the tree `parent` under a name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    child: u32,
    parent: u32,
    name: u32,
}

/// A commit, by the numbers of what it names.
#[derive(Clone, Debug)]
pub(super) struct Commit {
    pub(super) number: u32,
    tree: u32,
    parents: Vec<u32>,
    time: i64,
}

impl Commit {
    /// When it was committed, in seconds since 1970.
    pub(super) fn time(&self) -> i64 {
        self.time
    }
}

/// Trees and commits around a few blobs.
pub(super) struct Provenance {
    /// The blobs asked about.
    blobs: HashMap<ObjectId, u32>,
    /// Sorted by child; for blobs, only those asked about.
    edges: Vec<Edge>,
    names: Vec<Box<[u8]>>,
    /// In the order of their numbers.
    pub(super) commits: Vec<Commit>,
    /// A commit's place in `commits` with its root tree, by tree.
    roots: Vec<(u32, u32)>,
    /// Places in `commits`, parents before children.
    order: Vec<u32>,
}

/// Where one blob is in the history.
pub(super) struct Trace {
    /// Every path, in order.
    pub(super) paths: Vec<Vec<u8>>,
    /// The path in the tree that was asked about.
    pub(super) head: Option<Vec<u8>>,
    /// The commits whose trees hold it, by their place.
    holders: HashSet<u32>,
    /// The first commit that held it, by its place.
    pub(super) first: Option<u32>,
}

impl Provenance {
    /// Reads every tree and commit that is not `left_out`.
    pub(super) fn new(
        graph: &Graph<'_>,
        left_out: &(dyn Fn(u32) -> bool + Sync),
        blobs: &[ObjectId],
        threads: usize,
    ) -> Result<Provenance, GitError> {
        let mut wanted = HashMap::new();
        let mut maybe = vec![false; 1 << 16];
        for id in blobs {
            maybe[prefix(id)] = true;
            if let Some(number) = graph.numbers.of(graph.objects, id) {
                wanted.insert(*id, number);
            }
        }
        let pass = Pass {
            graph,
            left_out,
            wanted: &wanted,
            maybe,
            found: Mutex::default(),
        };
        pass.run(threads)?;
        let found = pass
            .found
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let Found {
            mut edges,
            names,
            mut commits,
        } = found;
        edges.sort_unstable();
        commits.sort_unstable_by_key(|c| c.number);
        let mut roots: Vec<(u32, u32)> =
            (0u32..).zip(&commits).map(|(at, c)| (c.tree, at)).collect();
        roots.sort_unstable();
        let order = parents_first(&commits);
        Ok(Provenance {
            blobs: wanted,
            edges,
            names: names.list,
            commits,
            roots,
            order,
        })
    }

    /// Some path of the blob; `None` if it has none.
    pub(super) fn any_path(&self, blob: ObjectId) -> Option<Vec<u8>> {
        let mut at = *self.blobs.get(&blob)?;
        let mut parts = Vec::new();
        while parts.len() < 4096 {
            let Some(edge) = self.above(at).first() else {
                break;
            };
            parts.push(&*self.names[edge.name as usize]);
            at = edge.parent;
            if !self.commits_of(at).is_empty() {
                break;
            }
        }
        parts.reverse();
        (!parts.is_empty()).then(|| parts.join(&b'/'))
    }

    /// Everything about one blob; `head` is the number of a commit whose path for it is wanted.
    pub(super) fn trace(&self, blob: ObjectId, head: Option<u32>) -> Trace {
        let mut trace = Trace {
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
        // Paths grow from their end; each is a name and the rest, kept once.
        let mut rests = Rests::default();
        let mut seen = HashSet::new();
        let mut whole = HashSet::new();
        let mut pending = vec![(number, NONE)];
        while let Some((at, rest)) = pending.pop() {
            for edge in self.above(at) {
                let path = rests.intern(edge.name, rest);
                if !seen.insert((edge.parent, path)) {
                    continue;
                }
                let holders = self.commits_of(edge.parent);
                trace.holders.extend(holders.iter().map(|(_, at)| *at));
                if Some(edge.parent) == head_tree && trace.head.is_none() {
                    trace.head = Some(self.spell(&rests, path));
                }
                if !holders.is_empty() && whole.len() < PATHS {
                    whole.insert(path);
                }
                pending.push((edge.parent, path));
            }
        }
        trace.paths = whole
            .into_iter()
            .map(|path| self.spell(&rests, path))
            .collect();
        trace.paths.sort();
        trace.first = self.first(&trace.holders);
        trace
    }

    /// The earliest of the commits that hold something which none of their parents holds.
    fn first(&self, holders: &HashSet<u32>) -> Option<u32> {
        let is_new = |at: &&u32| {
            let parents = &self.commits[**at as usize].parents;
            !parents
                .iter()
                .filter_map(|p| self.place(*p))
                .any(|p| holders.contains(&p))
        };
        holders
            .iter()
            .filter(is_new)
            .min_by_key(|at| (self.commits[**at as usize].time, **at))
            .copied()
    }

    /// For every commit, by its place, whether its history holds the blob.
    pub(super) fn descendants(&self, trace: &Trace) -> Vec<bool> {
        let mut has = vec![false; self.commits.len()];
        for at in &self.order {
            let commit = &self.commits[*at as usize];
            has[*at as usize] = trace.holders.contains(at)
                || commit
                    .parents
                    .iter()
                    .filter_map(|p| self.place(*p))
                    .any(|p| has[p as usize]);
        }
        has
    }

    /// A commit's place, by its number.
    pub(super) fn place(&self, number: u32) -> Option<u32> {
        let at = self
            .commits
            .binary_search_by_key(&number, |c| c.number)
            .ok()?;
        u32::try_from(at).ok()
    }

    fn above(&self, child: u32) -> &[Edge] {
        let from = self.edges.partition_point(|e| e.child < child);
        let count = self.edges[from..].partition_point(|e| e.child == child);
        &self.edges[from..from + count]
    }

    fn commits_of(&self, tree: u32) -> &[(u32, u32)] {
        let from = self.roots.partition_point(|(t, _)| *t < tree);
        let count = self.roots[from..].partition_point(|(t, _)| *t == tree);
        &self.roots[from..from + count]
    }

    fn spell(&self, rests: &Rests, path: u32) -> Vec<u8> {
        let mut parts = Vec::new();
        let mut at = path;
        while at != NONE {
            let (name, rest) = rests.list[at as usize];
            parts.push(&*self.names[name as usize]);
            at = rest;
        }
        parts.join(&b'/')
    }
}

/// Ends of paths.
#[derive(Default)]
struct Rests {
    list: Vec<(u32, u32)>,
    known: HashMap<(u32, u32), u32>,
}

impl Rests {
    fn intern(&mut self, name: u32, rest: u32) -> u32 {
        let next = u32::try_from(self.list.len()).unwrap_or(NONE - 1);
        let list = &mut self.list;
        *self.known.entry((name, rest)).or_insert_with(|| {
            list.push((name, rest));
            next
        })
    }
}

/// The places of commits, every parent before its children.
fn parents_first(commits: &[Commit]) -> Vec<u32> {
    let place = |number: &u32| commits.binary_search_by_key(number, |c| c.number).ok();
    let mut waiting = vec![0u32; commits.len()];
    let mut children: Vec<Vec<u32>> = vec![Vec::new(); commits.len()];
    for (at, commit) in (0u32..).zip(commits) {
        for parent in commit.parents.iter().filter_map(place) {
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

/// The pass over trees and commits.
struct Pass<'p> {
    graph: &'p Graph<'p>,
    left_out: &'p (dyn Fn(u32) -> bool + Sync),
    wanted: &'p HashMap<ObjectId, u32>,
    /// Whether a wanted blob's id starts with these two bytes: most blobs are told apart by that.
    maybe: Vec<bool>,
    found: Mutex<Found>,
}

/// The first two bytes of an id, as a number.
fn prefix(id: &oid) -> usize {
    usize::from(id.as_bytes()[0]) << 8 | usize::from(id.as_bytes()[1])
}

#[derive(Default)]
struct Found {
    edges: Vec<Edge>,
    names: Names,
    commits: Vec<Commit>,
}

/// Names by number.
#[derive(Default)]
struct Names {
    list: Vec<Box<[u8]>>,
    known: HashMap<Box<[u8]>, u32>,
}

impl Names {
    fn number(&mut self, name: &[u8]) -> u32 {
        if let Some(number) = self.known.get(name) {
            return *number;
        }
        let number = u32::try_from(self.list.len()).unwrap_or(NONE);
        self.list.push(name.into());
        self.known.insert(name.into(), number);
        number
    }
}

impl Pass<'_> {
    fn run(&self, threads: usize) -> Result<(), GitError> {
        for (at, pack) in self.graph.objects.packs.iter().enumerate() {
            // A pack that cannot be opened has been reported by the first pass.
            if let Ok(forest) = Forest::new(pack) {
                let wanted = |kind| matches!(kind, Kind::Tree | Kind::Commit);
                forest.walk(threads, wanted, None, || self.reader(Some(at)));
            }
        }
        let mut reader = self.reader(None);
        let mut buffer = Vec::new();
        for (number, (id, store)) in
            (self.graph.numbers.loose_base()..).zip(&self.graph.numbers.loose)
        {
            if matches!(self.graph.kind(number), Some(Kind::Tree | Kind::Commit))
                && let Ok(Some(found)) = self.graph.objects.loose[*store].try_find(id, &mut buffer)
            {
                reader.read(found.kind, number, id, found.data);
            }
        }
        Ok(())
    }

    fn reader(&self, pack: Option<usize>) -> Reader<'_> {
        Reader {
            pass: self,
            pack,
            recent: Recent::new(self.graph),
            found: Found::default(),
        }
    }
}

/// What one thread has during the pass.
struct Reader<'r> {
    pass: &'r Pass<'r>,
    pack: Option<usize>,
    recent: Recent<'r>,
    found: Found,
}

impl Reader<'_> {
    fn read(&mut self, kind: Kind, number: u32, id: &oid, bytes: &[u8]) {
        if (self.pass.left_out)(number) {
            return;
        }
        match kind {
            Kind::Tree => self.tree(number, bytes),
            Kind::Commit => self.commit(number, id, bytes),
            Kind::Blob | Kind::Tag => {}
        }
    }

    fn tree(&mut self, number: u32, bytes: &[u8]) {
        let graph = self.pass.graph;
        let found = &mut self.found;
        let recent = &mut self.recent;
        tree_items(bytes, graph.objects.hash.len_in_bytes(), |item| {
            let child = if item.is_tree() {
                recent.of(item.id)
            } else if item.is_link() || !self.pass.maybe[prefix(item.id)] {
                None
            } else {
                self.pass.wanted.get(item.id).copied()
            };
            if let Some(child) = child {
                let name = found.names.number(item.name);
                found.edges.push(Edge {
                    child,
                    parent: number,
                    name,
                });
            }
        });
    }

    fn commit(&mut self, number: u32, id: &oid, bytes: &[u8]) {
        let graph = self.pass.graph;
        let mut named = Vec::new();
        let hash_len = graph.objects.hash.len_in_bytes();
        references(
            Kind::Commit,
            bytes,
            hash_len,
            graph.shallow.contains(id),
            |target| {
                named.push(graph.numbers.of(graph.objects, target).unwrap_or(NONE));
            },
        );
        let Some((tree, parents)) = named.split_first() else {
            return;
        };
        let time = CommitRefIter::from_bytes(bytes, graph.objects.hash)
            .committer()
            .map_or(0, |c| c.seconds());
        self.found.commits.push(Commit {
            number,
            tree: *tree,
            parents: parents.to_vec(),
            time,
        });
    }
}

impl Visitor for Reader<'_> {
    fn object(&mut self, kind: Kind, index: u32, bytes: &[u8]) {
        let first = |pack| self.pass.graph.first_of(pack, index);
        if let Some((number, id)) = self.pack.and_then(first) {
            self.read(kind, number, id, bytes);
        }
    }

    /// The first pass has reported it.
    fn damaged(&mut self, _: u32, _: &str) {}
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let mut total = self
            .pass
            .found
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let names: Vec<u32> = self
            .found
            .names
            .list
            .iter()
            .map(|n| total.names.number(n))
            .collect();
        total.edges.extend(self.found.edges.iter().map(|edge| Edge {
            name: names[edge.name as usize],
            ..*edge
        }));
        total.commits.append(&mut self.found.commits);
    }
}
