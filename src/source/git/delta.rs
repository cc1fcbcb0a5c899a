//! Decodes every object of a pack once: deltas are applied in the order of their tree, each base held only while
//! its children are decoded. One damaged object costs itself and what is built on it, nothing else.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use gix::objs::Kind;
use gix::odb::pack::data::entry::Header;
use gix::odb::pack::data::{self, Entry};
use gix::zlib::Inflate;

use super::GitError;
use super::objects::Pack;

/// How many roots a thread takes at once.
const BATCH: usize = 32;

/// The most that one object may take in memory; git itself keeps larger files out of deltas.
const LARGEST: u64 = 2 << 30;

/// Takes decoded objects; each thread has one.
pub(super) trait Visitor {
    /// An object, by its place in the pack's index. Says whether it was damaged beyond use.
    fn object(&mut self, kind: Kind, index: u32, bytes: &[u8]);
    /// An object that was not wanted, nor anything built on it.
    fn passed_over(&mut self, _kind: Kind, _index: u32) {}
    /// An object that cannot be decoded.
    fn damaged(&mut self, index: u32, reason: &str);
}

/// The delta trees of a pack.
pub(super) struct Forest<'p> {
    data: &'p data::File,
    nodes: Vec<Node>,
    children: Vec<u32>,
    /// The base of each node; itself for a root.
    bases: Vec<u32>,
    roots: Vec<(u32, Kind)>,
    /// What has no sound base in this pack, with the reason.
    broken: Vec<(u32, String)>,
}

/// One object: where it is, and where its children stand in the list of children.
#[derive(Clone, Copy)]
struct Node {
    offset: u64,
    index: u32,
    children: u32,
}

/// What a header says of an object's base.
enum Base {
    None(Kind),
    Node(u32),
    Bad(String),
}

impl<'p> Forest<'p> {
    /// Reads the header of every entry of the pack.
    pub(super) fn new(pack: &'p Pack) -> Result<Forest<'p>, GitError> {
        let data = pack.data()?;
        let count = pack.index.num_objects();
        let mut nodes: Vec<Node> = (0..count)
            .map(|index| Node {
                offset: pack.index.pack_offset_at_index(index),
                index,
                children: 0,
            })
            .collect();
        nodes.sort_unstable_by_key(|n| n.offset);
        let bases: Vec<Base> = nodes
            .iter()
            .map(|node| base_of(pack, data, &nodes, node))
            .collect();
        let mut forest = Forest {
            data,
            nodes,
            children: Vec::new(),
            bases: Vec::new(),
            roots: Vec::new(),
            broken: Vec::new(),
        };
        forest.link(bases);
        Ok(forest)
    }

    /// Turns the list of bases into lists of children.
    fn link(&mut self, bases: Vec<Base>) {
        let mut counts = vec![0u32; self.nodes.len() + 1];
        for base in &bases {
            if let Base::Node(base) = base {
                counts[*base as usize] += 1;
            }
        }
        let mut next = 0;
        for (node, count) in self.nodes.iter_mut().zip(&counts) {
            node.children = next;
            next += count;
        }
        self.children = vec![0; next as usize];
        let mut filled = vec![0u32; self.nodes.len()];
        for (at, base) in (0u32..).zip(bases) {
            self.bases.push(match base {
                Base::Node(base) => base,
                Base::None(_) | Base::Bad(_) => at,
            });
            match base {
                Base::None(kind) => self.roots.push((at, kind)),
                Base::Node(base) => {
                    let base = base as usize;
                    self.children[(self.nodes[base].children + filled[base]) as usize] = at;
                    filled[base] += 1;
                }
                Base::Bad(reason) => self.broken.push((at, reason)),
            }
        }
    }

    /// Which nodes are not known, or have something built on them that is not.
    fn needed(&self, known: &(dyn Fn(u32) -> bool + Sync)) -> Vec<bool> {
        let mut needed = vec![false; self.nodes.len()];
        for (at, node) in (0u32..).zip(&self.nodes) {
            if known(node.index) {
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

    fn children_of(&self, node: u32) -> Range<usize> {
        let at = node as usize;
        let end = self
            .nodes
            .get(at + 1)
            .map_or(self.children.len(), |n| n.children as usize);
        self.nodes[at].children as usize..end
    }

    /// Decodes every object whose kind is wanted, in `threads` threads; `visitors` makes what each gives them to.
    /// Where `known` is given, objects for which it holds, and on which nothing else is built, are passed over.
    pub(super) fn walk<V: Visitor>(
        &self,
        threads: usize,
        wanted: impl Fn(Kind) -> bool + Sync,
        known: Option<&(dyn Fn(u32) -> bool + Sync)>,
        visitors: impl Fn() -> V + Sync,
    ) {
        let needed = known.map(|known| self.needed(known));
        let next = AtomicUsize::new(0);
        let work = || {
            let mut walker = Walker::new(self, visitors());
            walker.needed = needed.as_deref();
            loop {
                let from = next.fetch_add(BATCH, Ordering::Relaxed);
                let Some(batch) = self.roots.get(from..) else {
                    break;
                };
                for (root, kind) in &batch[..batch.len().min(BATCH)] {
                    if wanted(*kind) {
                        walker.tree(*root, *kind);
                    }
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(work);
            }
            work();
        });
        let mut walker = Walker::new(self, visitors());
        for (node, reason) in &self.broken {
            walker.damaged(*node, reason);
        }
    }
}

/// Where the base of `node` is.
fn base_of(pack: &Pack, data: &data::File, nodes: &[Node], node: &Node) -> Base {
    let entry = match data.entry(node.offset) {
        Ok(entry) => entry,
        Err(e) => return Base::Bad(super::plain(&e)),
    };
    let base = match entry.header {
        Header::OfsDelta { base_distance } => {
            Header::verified_base_pack_offset(node.offset, base_distance)
        }
        Header::RefDelta { base_id } => pack
            .index
            .lookup(base_id)
            .map(|index| pack.index.pack_offset_at_index(index)),
        other => {
            return match other.as_kind() {
                Some(kind) => Base::None(kind),
                None => Base::Bad("it has an unknown type".to_owned()),
            };
        }
    };
    let found = base.and_then(|offset| nodes.binary_search_by_key(&offset, |n| n.offset).ok());
    match found.and_then(|at| u32::try_from(at).ok()) {
        Some(at) => Base::Node(at),
        None => Base::Bad("the object that it is a delta of is not in its pack".to_owned()),
    }
}

/// One thread's walk.
struct Walker<'f, V> {
    forest: &'f Forest<'f>,
    visitor: V,
    inflate: Inflate,
    delta: Vec<u8>,
    spare: Vec<Vec<u8>>,
    /// Which nodes are decoded; all if `None`.
    needed: Option<&'f [bool]>,
}

/// A decoded object that has children left to be decoded.
struct Frame {
    bytes: Vec<u8>,
    left: Range<usize>,
}

impl<'f, V: Visitor> Walker<'f, V> {
    fn new(forest: &'f Forest<'f>, visitor: V) -> Self {
        Walker {
            forest,
            visitor,
            inflate: Inflate::default(),
            delta: Vec::new(),
            spare: Vec::new(),
            needed: None,
        }
    }

    /// Passes an object over, with all that is built on it, if none of it is needed.
    fn is_passed_over(&mut self, node: u32, kind: Kind) -> bool {
        if self.needed.is_none_or(|needed| needed[node as usize]) {
            return false;
        }
        let mut pending = vec![node];
        while let Some(node) = pending.pop() {
            let index = self.forest.nodes[node as usize].index;
            self.visitor.passed_over(kind, index);
            pending.extend(&self.forest.children[self.forest.children_of(node)]);
        }
        true
    }

    /// Decodes a root and everything that is built on it, depth first.
    fn tree(&mut self, root: u32, kind: Kind) {
        if self.is_passed_over(root, kind) {
            return;
        }
        let mut bytes = self.spare.pop().unwrap_or_default();
        if let Err(reason) = self.inflate_into(root, &mut bytes) {
            self.spare.push(bytes);
            return self.damaged(root, &reason);
        }
        let mut stack = Vec::new();
        self.decoded(root, kind, bytes, &mut stack);
        while let Some(mut frame) = stack.pop() {
            let Some(at) = frame.left.next() else {
                self.spare.push(frame.bytes);
                continue;
            };
            let child = self.forest.children[at];
            if self.is_passed_over(child, kind) {
                stack.push(frame);
                continue;
            }
            let mut bytes = self.spare.pop().unwrap_or_default();
            let outcome = self.apply(child, &frame.bytes, &mut bytes);
            // The last child needs its base no more: a chain of any length holds two objects.
            if frame.left.is_empty() {
                self.spare.push(frame.bytes);
            } else {
                stack.push(frame);
            }
            match outcome {
                Ok(()) => self.decoded(child, kind, bytes, &mut stack),
                Err(reason) => {
                    self.spare.push(bytes);
                    self.damaged(child, &reason);
                }
            }
        }
    }

    /// Shows an object to the visitor and keeps it while it has children.
    fn decoded(&mut self, node: u32, kind: Kind, bytes: Vec<u8>, stack: &mut Vec<Frame>) {
        let index = self.forest.nodes[node as usize].index;
        self.visitor.object(kind, index, &bytes);
        let left = self.forest.children_of(node);
        if left.is_empty() {
            self.spare.push(bytes);
        } else {
            stack.push(Frame { bytes, left });
        }
    }

    /// Reports an object and all that is built on it.
    fn damaged(&mut self, node: u32, reason: &str) {
        let mut pending = vec![node];
        while let Some(node) = pending.pop() {
            let index = self.forest.nodes[node as usize].index;
            self.visitor.damaged(index, reason);
            pending.extend(&self.forest.children[self.forest.children_of(node)]);
        }
    }

    fn inflate_into(&mut self, node: u32, out: &mut Vec<u8>) -> Result<(), String> {
        let entry = self.entry(node)?;
        inflate(self.forest.data, &entry, &mut self.inflate, out)
    }

    fn entry(&self, node: u32) -> Result<Entry, String> {
        let offset = self.forest.nodes[node as usize].offset;
        self.forest.data.entry(offset).map_err(|e| super::plain(&e))
    }

    fn apply(&mut self, node: u32, base: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
        let entry = self.entry(node)?;
        inflate(self.forest.data, &entry, &mut self.inflate, &mut self.delta)?;
        patch(base, &self.delta, out).ok_or_else(|| "its delta is damaged".to_owned())
    }
}

/// Inflates the entry's own bytes into `out`.
fn inflate(
    data: &data::File,
    entry: &Entry,
    inflate: &mut Inflate,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let size = entry.decompressed_size;
    // Deflate makes nothing smaller than a thousandth: a larger size is a damaged header.
    let most = (data.data_len() as u64).saturating_mul(1100);
    if size > LARGEST || size > most {
        return Err(format!("it claims to be {size} bytes long"));
    }
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    out.resize(size, 0);
    data.decompress_entry(entry, inflate, &mut out[..size])
        .map(|_| ())
        .map_err(|e| super::plain(&e))
}

/// Applies git's delta to `base`; `None` if it does not fit.
fn patch(base: &[u8], delta: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut delta = delta;
    if size(&mut delta)? != base.len() as u64 {
        return None;
    }
    let length = size(&mut delta).filter(|n| *n <= LARGEST)?;
    let length = usize::try_from(length).ok()?;
    out.clear();
    out.reserve(length);
    while let Some((&command, rest)) = delta.split_first() {
        delta = rest;
        if command & 0x80 == 0 {
            let (bytes, rest) = delta.split_at_checked(usize::from(command))?;
            if bytes.is_empty() {
                return None;
            }
            out.extend_from_slice(bytes);
            delta = rest;
        } else {
            let mut number = |from: u8, count: u8| {
                (0..count).try_fold(0usize, |sum, byte| {
                    if command >> (from + byte) & 1 == 0 {
                        return Some(sum);
                    }
                    let (&value, rest) = delta.split_first()?;
                    delta = rest;
                    Some(sum | usize::from(value) << (8 * byte))
                })
            };
            let offset = number(0, 4)?;
            let count = match number(4, 3)? {
                0 => 0x1_0000,
                n => n,
            };
            out.extend_from_slice(base.get(offset..offset.checked_add(count)?)?);
        }
        if out.len() > length {
            return None;
        }
    }
    (out.len() == length).then_some(())
}

/// A size in groups of seven bits, the lowest first.
fn size(delta: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = delta.split_first()?;
        *delta = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patched(base: &[u8], delta: &[u8]) -> Option<Vec<u8>> {
        let mut out = b"left over".to_vec();
        patch(base, delta, &mut out).map(|()| out)
    }

    #[test]
    fn a_delta_copies_and_inserts() {
        // 5 bytes become 8: copy 3 from 1, insert "xy", copy 3 from 0.
        let delta = [5, 8, 0x91, 1, 3, 2, b'x', b'y', 0x90, 3];
        assert_eq!(patched(b"abcde", &delta).unwrap(), b"bcdxyabc");
    }

    #[test]
    fn a_copy_of_no_length_is_64_kib() {
        let base = vec![7; 0x1_0000];
        let delta = [0x80, 0x80, 4, 0x80, 0x80, 4, 0x80];
        assert_eq!(patched(&base, &delta).unwrap(), base);
    }

    #[test]
    fn damaged_deltas_are_refused() {
        let sound = [5, 8, 0x91, 1, 3, 2, b'x', b'y', 0x90, 3];
        for cut in 0..sound.len() {
            assert_eq!(patched(b"abcde", &sound[..cut]), None, "cut at {cut}");
        }
        assert_eq!(patched(b"abcd", &sound), None, "another base");
        assert_eq!(patched(b"abcde", &[5, 8, 0]), None, "a reserved command");
        assert_eq!(
            patched(b"abcde", &[5, 3, 0x91, 4, 3]),
            None,
            "past the base"
        );
        assert_eq!(patched(b"", &[0xff; 20]), None, "a size without end");
    }
}
