//! Builds the delta trees of a pack: which object is stored as a delta of which.

use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Mutex;

use gix::objs::Kind;
use gix::odb::pack::data;
use gix::odb::pack::data::entry::Header;

use super::GitError;
use super::objects::PackFile;
use crate::threads::{lock_mutex, run_in_threads};

/// Number of objects built on a root above which it is started early, so that no thread ends up alone with it.
const TALL: u32 = 256;

/// Minimum number of headers for a thread of its own.
const SHARE: usize = 1 << 12;

/// Delta trees of a pack.
pub(super) struct DeltaForest<'p> {
    pub(super) pack: &'p PackFile,
    pub(super) data: &'p data::File,
    /// Objects in the order of the pack.
    nodes: Vec<ForestNode>,
    children: Vec<u32>,
    /// Base of each node; the node itself if it has none.
    bases: Vec<u32>,
    /// Number, for each node, of the objects that count among it and those built on it, directly or not.
    pub(super) weights: Vec<u32>,
    /// Roots in the best order for decoding: the tallest trees first.
    pub(super) roots: Vec<(u32, Kind)>,
    /// Objects without a sound base in this pack, with the reason.
    pub(super) broken: Vec<(u32, String)>,
}

/// One object: its position, and the start of its children in the list of children.
#[derive(Clone, Copy)]
struct ForestNode {
    offset: u64,
    index: u32,
    children: u32,
}

/// Base of an object, as read from its header.
enum DeltaBase {
    None(Kind),
    Node(u32),
    Bad(String),
}

/// Roots and broken nodes that one thread found.
type ForestRoots = (Vec<(u32, Kind)>, Vec<(u32, String)>);

impl<'p> DeltaForest<'p> {
    /// Reads the header of every entry of the pack with `threads` threads. `counts` takes the position of an object in
    /// the pack's index and returns true if the object counts.
    pub(super) fn new(
        pack: &'p PackFile,
        threads: usize,
        counts: impl Fn(u32) -> bool,
    ) -> Result<DeltaForest<'p>, GitError> {
        let data = pack.data()?;
        let count = pack.index.num_objects();
        let mut nodes: Vec<ForestNode> = (0..count)
            .map(|index| ForestNode {
                offset: pack.index.pack_offset_at_index(index),
                index,
                children: 0,
            })
            .collect();
        nodes.sort_unstable_by_key(|n| n.offset);
        let mut bases: Vec<u32> = (0..count).collect();
        let (roots, mut broken) = read_headers(pack, data, &nodes, &mut bases, threads);
        for node in break_circles(&mut bases) {
            broken.push((node, "it is a delta of itself".to_owned()));
        }
        let children = link_children(&mut nodes, &bases);
        let mut forest = DeltaForest {
            pack,
            data,
            nodes,
            children,
            bases,
            weights: Vec::new(),
            roots,
            broken,
        };
        forest.weights = forest.weigh(counts);
        let weights = &forest.weights;
        let tall = |root: &(u32, Kind)| Some(weights[root.0 as usize]).filter(|w| *w > TALL);
        // The other roots stay in the order of the pack.
        forest.roots.sort_by_key(|root| Reverse(tall(root)));
        Ok(forest)
    }

    fn weigh(&self, counts: impl Fn(u32) -> bool) -> Vec<u32> {
        let count = |node: &ForestNode| u32::from(counts(node.index));
        let mut weights: Vec<u32> = self.nodes.iter().map(count).collect();
        let mut waiting = vec![0u32; self.nodes.len()];
        for (at, base) in (0u32..).zip(&self.bases) {
            waiting[*base as usize] += u32::from(at != *base);
        }
        for leaf in (0u32..).zip(&self.nodes).map(|(at, _)| at) {
            if !self.children_of(leaf).is_empty() {
                continue;
            }
            // Climbs as long as all children of a node have been added.
            let mut at = leaf as usize;
            while self.bases[at] as usize != at {
                let base = self.bases[at] as usize;
                weights[base] += weights[at];
                waiting[base] -= 1;
                if waiting[base] > 0 {
                    break;
                }
                at = base;
            }
        }
        weights
    }

    /// Returns for each node true if it, or an object built on it, is not known; `known` is in the order of the index
    /// of the pack.
    pub(super) fn needed(&self, known: &[bool]) -> Vec<bool> {
        let mut needed = vec![false; self.nodes.len()];
        for (at, node) in (0u32..).zip(&self.nodes) {
            if known[node.index as usize] {
                continue;
            }
            let mut at = at;
            while !needed[at as usize] {
                needed[at as usize] = true;
                at = self.bases[at as usize];
            }
        }
        needed
    }

    /// Frees the data that only a walk needs.
    pub(super) fn forget(&mut self) {
        self.bases = Vec::new();
        self.weights = Vec::new();
        self.roots = Vec::new();
    }

    /// Returns the objects that are stored as deltas of this one.
    pub(super) fn children(&self, node: u32) -> &[u32] {
        &self.children[self.children_of(node)]
    }

    /// Returns the range of these objects in the list of children.
    pub(super) fn children_of(&self, node: u32) -> Range<usize> {
        let at = node as usize;
        let end = self.nodes.get(at + 1);
        let end = end.map_or(self.children.len(), |n| n.children as usize);
        self.nodes[at].children as usize..end
    }

    /// Returns an object of that list.
    pub(super) fn child_at(&self, at: usize) -> u32 {
        self.children[at]
    }

    /// Returns the offset of the object in its pack, in bytes.
    pub(super) fn offset_of(&self, node: u32) -> u64 {
        self.nodes[node as usize].offset
    }

    /// Returns the position of the object in the index of its pack.
    pub(super) fn index_of(&self, node: u32) -> u32 {
        self.nodes[node as usize].index
    }

    /// Returns the object at `offset`.
    pub(super) fn at_offset(&self, offset: u64) -> Option<u32> {
        position(&self.nodes, offset)
    }
}

fn position(nodes: &[ForestNode], offset: u64) -> Option<u32> {
    let found = nodes.binary_search_by_key(&offset, |n| n.offset).ok()?;
    u32::try_from(found).ok()
}

/// Reads the headers of all entries with `threads` threads into `bases`.
fn read_headers(
    pack: &PackFile,
    data: &data::File,
    nodes: &[ForestNode],
    bases: &mut [u32],
    threads: usize,
) -> ForestRoots {
    let read = |first: usize, bases: &mut [u32]| {
        let (mut roots, mut broken) = ForestRoots::default();
        for (at, base) in (first..).zip(bases) {
            match base_of(pack, data, nodes, at) {
                DeltaBase::Node(node) => *base = node,
                DeltaBase::None(kind) => roots.push((*base, kind)),
                DeltaBase::Bad(reason) => broken.push((*base, reason)),
            }
        }
        (roots, broken)
    };
    let threads = threads.min(bases.len().div_ceil(SHARE)).max(1);
    let share = bases.len().div_ceil(threads).max(1);
    let shares = Mutex::new(bases.chunks_mut(share).enumerate());
    let found = run_in_threads(threads, || {
        let share_left = lock_mutex(&shares).next();
        share_left.map_or_else(ForestRoots::default, |(at, part)| read(at * share, part))
    });
    let (roots, broken): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    (roots.concat(), broken.concat())
}

/// Returns the base of the node at `at`.
fn base_of(pack: &PackFile, data: &data::File, nodes: &[ForestNode], at: usize) -> DeltaBase {
    let offset = nodes[at].offset;
    let entry = match data.entry(offset) {
        Ok(entry) => entry,
        Err(e) => return DeltaBase::Bad(super::plain(&e)),
    };
    let base = match entry.header {
        Header::OfsDelta { base_distance } => {
            Header::verified_base_pack_offset(offset, base_distance)
        }
        Header::RefDelta { base_id } => pack
            .index
            .lookup(base_id)
            .map(|index| pack.index.pack_offset_at_index(index)),
        other => {
            return match other.as_kind() {
                Some(kind) => DeltaBase::None(kind),
                None => DeltaBase::Bad("it has an unknown type".to_owned()),
            };
        }
    };
    match base.and_then(|offset| position(nodes, offset)) {
        Some(node) => DeltaBase::Node(node),
        None => DeltaBase::Bad("the object that it is a delta of is not in its pack".to_owned()),
    }
}

/// Makes one object of each cycle of deltas a root, and returns these. Only damaged or hostile packs have cycles.
fn break_circles(bases: &mut [u32]) -> Vec<u32> {
    let mut cut = Vec::new();
    // A cycle has an object whose base is behind it.
    let forward: Vec<u32> = (0u32..)
        .zip(&*bases)
        .filter(|(at, base)| *base > at)
        .map(|(at, _)| at)
        .collect();
    if forward.is_empty() {
        return cut;
    }
    // For each node, the number of the climb that reached it first.
    let mut met = vec![0u32; bases.len()];
    for (turn, start) in (1u32..).zip(forward) {
        let mut at = start;
        while met[at as usize] == 0 {
            met[at as usize] = turn;
            let base = bases[at as usize];
            if base != at && met[base as usize] == turn {
                bases[at as usize] = at;
                cut.push(at);
                break;
            }
            at = base;
        }
    }
    cut
}

/// Turns the list of bases into lists of children.
fn link_children(nodes: &mut [ForestNode], bases: &[u32]) -> Vec<u32> {
    let with_base = || (0u32..).zip(bases).filter(|(at, base)| at != *base);
    let mut counts = vec![0u32; nodes.len()];
    for (_, base) in with_base() {
        counts[*base as usize] += 1;
    }
    let mut next = 0;
    for (node, count) in nodes.iter_mut().zip(&counts) {
        node.children = next;
        next += count;
    }
    let mut children = vec![0; next as usize];
    for (at, base) in with_base() {
        // The lists are filled from their ends, so the counts go down to zero.
        let base = *base as usize;
        counts[base] -= 1;
        children[(nodes[base].children + counts[base]) as usize] = at;
    }
    children
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_are_cut_and_nothing_else() {
        // 0 and 4 are roots; 1, 2 and 3 are deltas of each other; 5 is one of 4 and 6 one of a later object.
        let mut bases = vec![0, 2, 3, 1, 4, 4, 7, 4, 1];
        let cut = break_circles(&mut bases);
        assert_eq!(cut.len(), 1);
        assert!((1..=3).contains(&cut[0]));
        for start in 0..9u32 {
            let mut at = start;
            for _ in 0..9 {
                at = bases[at as usize];
            }
            assert_eq!(bases[at as usize], at, "{start} leads to a root");
        }
        assert_eq!(bases[5..8], [4, 7, 4]);
    }

    #[test]
    fn children_are_listed_by_their_base() {
        let node = ForestNode {
            offset: 0,
            index: 0,
            children: 0,
        };
        let mut nodes = vec![node; 5];
        let children = link_children(&mut nodes, &[0, 0, 1, 0, 4]);
        assert_eq!(children, [3, 1, 2]);
        let starts: Vec<u32> = nodes.iter().map(|n| n.children).collect();
        assert_eq!(starts, [0, 2, 3, 3, 3]);
    }
}
