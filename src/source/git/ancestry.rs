//! Climbs from a few blobs to every tree that contains one, every tree that contains such a tree, and so on.

use std::collections::HashSet;

use gix::objs::Kind;

use super::forest::DeltaForest;
use super::graph::ReferenceGraph;
use super::record::{NameTable, ThreadNotes, TreeEdge};

/// Data needed to climb from objects to the trees that contain them.
pub(super) struct TreeAncestry<'c> {
    pub(super) graph: &'c ReferenceGraph<'c>,
    /// Delta trees of each pack that could be opened.
    pub(super) forests: Vec<Option<DeltaForest<'c>>>,
    /// Predicate for the numbers of objects that are no part of the history.
    pub(super) left_out: &'c dyn Fn(u32) -> bool,
}

impl TreeAncestry<'_> {
    /// Returns every edge between the blobs and the root trees above them, sorted; fills `names` with their names.
    pub(super) fn collect_edges(
        &self,
        notes: &[ThreadNotes],
        blobs: impl Iterator<Item = u32>,
        names: &mut NameTable,
    ) -> Vec<TreeEdge> {
        let total = self.graph.numbers.total() as usize;
        let mut seen = vec![false; total];
        let mut asked = vec![false; total];
        let mut next: Vec<u32> = blobs.collect();
        let mut edges = Vec::new();
        while !next.is_empty() {
            for child in &next {
                seen[*child as usize] = true;
                asked[*child as usize] = true;
            }
            let from = edges.len();
            let is_asked = |edge: &&TreeEdge| asked[edge.child as usize];
            for notes in notes {
                let ends: HashSet<TreeEdge> =
                    notes.removed.iter().filter(is_asked).copied().collect();
                for edge in notes.added.iter().filter(is_asked) {
                    let first = edges.len();
                    self.follow(*edge, &ends, &mut edges);
                    let name = names.number(notes.names.name_of(edge.name));
                    for edge in &mut edges[first..] {
                        edge.name = name;
                    }
                }
            }
            for child in next.drain(..) {
                asked[child as usize] = false;
            }
            next.extend(edges[from..].iter().map(|edge| edge.parent));
            next.retain(|parent| !seen[*parent as usize]);
            next.sort_unstable();
            next.dedup();
        }
        names.sort(&mut edges);
        edges.sort_unstable();
        edges.dedup();
        edges
    }

    /// Walks from the tree that added an entry through every tree in the order of deltas until one removes it.
    fn follow(&self, start: TreeEdge, ends: &HashSet<TreeEdge>, edges: &mut Vec<TreeEdge>) {
        if self.graph.numbers.is_loose(start.parent) {
            return self.push(start, edges);
        }
        let (pack, index) = self.graph.numbers.pack_position(start.parent);
        let index_of = &self.graph.objects.packs[pack].index;
        let Some(forest) = &self.forests[pack] else {
            return;
        };
        let first = self.graph.numbers.pack_base(pack);
        let mut pending: Vec<u32> = forest
            .at_offset(index_of.pack_offset_at_index(index))
            .into_iter()
            .collect();
        while let Some(node) = pending.pop() {
            let at = |node| TreeEdge {
                parent: first + forest.index_of(node),
                ..start
            };
            // An object stored twice has its edges at its first copy.
            if self.graph.first_of(pack, forest.index_of(node)).is_some() {
                self.push(at(node), edges);
            }
            let children = forest.children(node).iter();
            pending.extend(children.filter(|child| !ends.contains(&at(**child))));
        }
    }

    fn push(&self, edge: TreeEdge, edges: &mut Vec<TreeEdge>) {
        // A damaged tree was not read, so it has no kind.
        if self.graph.kind_of(edge.parent) == Some(Kind::Tree) && !(self.left_out)(edge.parent) {
            edges.push(edge);
        }
    }
}
