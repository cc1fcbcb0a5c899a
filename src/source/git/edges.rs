//! Climbs from a few blobs to every tree that contains one, every tree that contains such a tree, and so on.

use std::collections::HashSet;

use gix::objs::Kind;

use super::forest::Forest;
use super::graph::Graph;
use super::record::{Edge, Names, Notes};

/// Data needed to climb from objects to the trees that contain them.
pub(super) struct Climb<'c> {
    pub(super) graph: &'c Graph<'c>,
    /// Delta trees of each pack that could be opened.
    pub(super) forests: Vec<Option<Forest<'c>>>,
    /// Predicate for the numbers of objects that are no part of the history.
    pub(super) left_out: &'c dyn Fn(u32) -> bool,
}

impl Climb<'_> {
    /// Returns every edge between the blobs and the root trees above them, sorted; fills `names` with their names.
    pub(super) fn edges(
        &self,
        notes: &[Notes],
        blobs: impl Iterator<Item = u32>,
        names: &mut Names,
    ) -> Vec<Edge> {
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
            let is_asked = |edge: &&Edge| asked[edge.child as usize];
            for notes in notes {
                let ends: HashSet<Edge> = notes.removed.iter().filter(is_asked).copied().collect();
                for edge in notes.added.iter().filter(is_asked) {
                    let first = edges.len();
                    self.follow(*edge, &ends, &mut edges);
                    let name = names.number(notes.names.get(edge.name));
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
        edges.sort_unstable();
        edges.dedup();
        edges
    }

    /// Walks from the tree that added an entry through every tree in the order of deltas until one removes it.
    fn follow(&self, start: Edge, ends: &HashSet<Edge>, edges: &mut Vec<Edge>) {
        if self.graph.numbers.is_loose(start.parent) {
            return self.push(start, edges);
        }
        let (pack, index) = self.graph.numbers.in_pack(start.parent);
        let index_of = &self.graph.objects.packs[pack].index;
        let Some(forest) = &self.forests[pack] else {
            return;
        };
        let first = self.graph.numbers.base(pack);
        let mut pending: Vec<u32> = forest
            .at_offset(index_of.pack_offset_at_index(index))
            .into_iter()
            .collect();
        while let Some(node) = pending.pop() {
            let at = |node| Edge {
                parent: first + forest.index(node),
                ..start
            };
            // An object stored twice has its edges at its first copy.
            if self.graph.first_of(pack, forest.index(node)).is_some() {
                self.push(at(node), edges);
            }
            let children = forest.children(node).iter();
            pending.extend(children.filter(|child| !ends.contains(&at(**child))));
        }
    }

    fn push(&self, edge: Edge, edges: &mut Vec<Edge>) {
        // A damaged tree was not read, so it has no kind.
        if self.graph.kind(edge.parent) == Some(Kind::Tree) && !(self.left_out)(edge.parent) {
            edges.push(edge);
        }
    }
}
