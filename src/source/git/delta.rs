//! Decodes every object of a pack once: deltas are applied in the order of their tree, and each base is held only while
//! its children are decoded. A damaged object costs only itself and the objects built on it.

use std::io::{self, Read};
use std::ops::Range;

use gix::objs::Kind;
use gix::odb::pack::data::{self, Entry};
use gix::zlib::Inflate;

use super::forest::DeltaForest;
use super::objects::check_growth;
use crate::patch::{apply_patch, result_size};
use crate::threads::{JobQueue, run_in_threads};

/// Size in bytes above which a buffer is not reused for the next object.
const KEPT: usize = 128 << 10;

/// Decoded object.
pub(super) struct DecodedObject<'d> {
    pub(super) kind: Kind,
    /// Position of the object in the index of its pack.
    pub(super) index: u32,
    pub(super) bytes: &'d [u8],
    /// Bytes of the object that this one is stored as a delta of.
    pub(super) base: Option<&'d [u8]>,
    /// Number of objects that count among this one and the objects built on it.
    pub(super) weight: u32,
}

/// Size in bytes above which a blob is not held whole, unless it is a delta or the base of one.
const LARGE: u64 = 16 << 20;

/// Receiver of decoded objects; each thread has one.
pub(super) trait ObjectVisitor {
    /// Takes an object.
    fn visit_object(&mut self, object: &DecodedObject<'_>);
    /// Takes a blob that is too large to hold, by its position in the index. Returns an error if it cannot be inflated.
    fn visit_large(&mut self, index: u32, size: u64, bytes: &mut dyn Read) -> io::Result<()>;
    /// Takes an object that is not needed, nor any built on it, by its position in the index.
    fn passed_over(&mut self, kind: Kind, index: u32);
    /// Takes an object that cannot be decoded, by its position in the index.
    fn damaged(&mut self, index: u32, reason: &str);
    /// Returns true if nothing more is to be decoded.
    fn is_stopped(&self) -> bool;
}

/// Decodes the objects of a pack with `threads` threads; `visitors` makes the receiver of each thread. Only the nodes
/// that are `needed` are decoded, or all.
pub(super) fn walk<V: ObjectVisitor>(
    forest: &DeltaForest<'_>,
    threads: usize,
    needed: Option<&[bool]>,
    visitors: impl Fn() -> V + Sync,
) {
    let roots = JobQueue::new(forest.roots.len(), 1);
    let start = || DeltaWalker {
        forest,
        visitor: visitors(),
        inflate: Inflate::default(),
        delta: Vec::new(),
        spare: Vec::new(),
        needed,
    };
    run_in_threads(threads, || {
        let mut walker = start();
        while let Some(batch) = roots.take_batch() {
            for (root, kind) in &forest.roots[batch] {
                if walker.visitor.is_stopped() {
                    return;
                }
                walker.walk_tree(*root, *kind);
            }
        }
    });
    let mut walker = start();
    for (node, reason) in &forest.broken {
        walker.damaged(*node, reason);
    }
}

/// State of one thread's walk.
struct DeltaWalker<'f, V> {
    forest: &'f DeltaForest<'f>,
    visitor: V,
    inflate: Inflate,
    delta: Vec<u8>,
    spare: Vec<Vec<u8>>,
    needed: Option<&'f [bool]>,
}

/// Decoded object with children that are not decoded yet.
struct DeltaFrame {
    bytes: Vec<u8>,
    left: Range<usize>,
}

impl<V: ObjectVisitor> DeltaWalker<'_, V> {
    /// Skips an object and all objects built on it, if none of them is needed; returns true if it did.
    fn is_passed_over(&mut self, node: u32, kind: Kind) -> bool {
        if self.needed.is_none_or(|needed| needed[node as usize]) {
            return false;
        }
        let mut pending = vec![node];
        while let Some(node) = pending.pop() {
            self.visitor.passed_over(kind, self.forest.index_of(node));
            pending.extend(self.forest.children(node));
        }
        true
    }

    /// Decodes a root and every object built on it, depth first.
    fn walk_tree(&mut self, root: u32, kind: Kind) {
        if self.is_passed_over(root, kind) {
            return;
        }
        let mut bytes = self.spare.pop().unwrap_or_default();
        match self.inflate_root(root, kind, &mut bytes) {
            Ok(true) => self.show(root, kind, None, &bytes),
            Ok(false) => return self.recycle_buffer(bytes),
            Err(reason_range) => {
                self.recycle_buffer(bytes);
                return self.damaged(root, &reason_range);
            }
        }
        let mut stack = Vec::new();
        self.keep(root, bytes, &mut stack);
        while let Some(mut frame) = stack.pop() {
            if self.visitor.is_stopped() {
                return;
            }
            let Some(at) = frame.left.next() else {
                self.recycle_buffer(frame.bytes);
                continue;
            };
            let child = self.forest.child_at(at);
            if self.is_passed_over(child, kind) {
                stack.push(frame);
                continue;
            }
            let mut bytes = self.spare.pop().unwrap_or_default();
            let outcome = self.apply(child, &frame.bytes, &mut bytes);
            if outcome.is_ok() {
                self.show(child, kind, Some(&frame.bytes), &bytes);
            }
            // The last child is the last use of its base: a chain of any length holds two objects.
            if frame.left.is_empty() {
                self.recycle_buffer(frame.bytes);
            } else {
                stack.push(frame);
            }
            match outcome {
                Ok(()) => self.keep(child, bytes, &mut stack),
                Err(reason) => {
                    self.recycle_buffer(bytes);
                    self.damaged(child, &reason);
                }
            }
        }
    }

    fn show(&mut self, node: u32, kind: Kind, base: Option<&[u8]>, bytes: &[u8]) {
        self.visitor.visit_object(&DecodedObject {
            kind,
            index: self.forest.index_of(node),
            bytes,
            base,
            weight: self.forest.weights[node as usize],
        });
    }

    /// Keeps an object while it has children.
    fn keep(&mut self, node: u32, bytes: Vec<u8>, stack: &mut Vec<DeltaFrame>) {
        let left = self.forest.children_of(node);
        if left.is_empty() {
            self.recycle_buffer(bytes);
        } else {
            stack.push(DeltaFrame { bytes, left });
        }
    }

    fn recycle_buffer(&mut self, bytes: Vec<u8>) {
        if bytes.capacity() <= KEPT {
            self.spare.push(bytes);
        }
    }

    /// Reports an object and all objects built on it as damaged.
    fn damaged(&mut self, node: u32, reason: &str) {
        let mut pending = vec![node];
        while let Some(node) = pending.pop() {
            self.visitor.damaged(self.forest.index_of(node), reason);
            pending.extend(self.forest.children(node));
        }
    }

    /// Inflates a root into `out` and returns true, or streams it to the visitor and returns false.
    fn inflate_root(&mut self, node: u32, kind: Kind, out: &mut Vec<u8>) -> Result<bool, String> {
        let entry = self.entry(node)?;
        let size = entry.decompressed_size;
        if kind != Kind::Blob || size <= LARGE || !self.forest.children(node).is_empty() {
            inflate_entry(self.forest.data, &entry, &mut self.inflate, out)?;
            return Ok(true);
        }
        let index = self.forest.index_of(node);
        let pieces = self.forest.pack.stream_object(entry.data_offset);
        pieces
            .and_then(|mut pieces| self.visitor.visit_large(index, size, &mut pieces))
            .map_err(|e| e.to_string())?;
        Ok(false)
    }

    fn entry(&self, node: u32) -> Result<Entry, String> {
        let entry = self.forest.data.entry(self.forest.offset_of(node));
        entry.map_err(|e| super::plain(&e))
    }

    fn apply(&mut self, node: u32, base: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
        let entry = self.entry(node)?;
        inflate_entry(self.forest.data, &entry, &mut self.inflate, &mut self.delta)?;
        let pack_len = self.forest.data.data_len() as u64;
        check_growth(result_size(&self.delta).unwrap_or_default(), pack_len)?;
        apply_patch(base, &self.delta, out).ok_or_else(|| "its delta is damaged".to_owned())
    }
}

/// Inflates the bytes of an entry into `out`.
fn inflate_entry(
    data: &data::File,
    entry: &Entry,
    inflate: &mut Inflate,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let size = entry.decompressed_size;
    // Deflate compresses to no less than a thousandth: a larger size comes from a damaged header.
    let most = (data.data_len() as u64).saturating_mul(1100);
    if size > most {
        return Err(format!("it claims to be {size} bytes long"));
    }
    check_growth(size, data.data_len() as u64)?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    out.resize(size, 0);
    data.decompress_entry(entry, inflate, &mut out[..size])
        .map(|_| ())
        .map_err(|e| super::plain(&e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_may_be_large_but_not_out_of_nothing() {
        let grown = |size, pack_len| check_growth(size, pack_len);
        assert_eq!(grown(100 << 20, 2_000), Ok(()));
        assert_eq!(grown(1 << 30, 100 << 20), Ok(()));
        let delta = [&[0x80, 0x80, 0x40][..], &[0x80, 0x80, 0x80, 0x80, 4]].concat();
        let size = result_size(&delta).unwrap();
        let reason = grown(size, 2_000).unwrap_err();
        assert!(
            reason.starts_with("too large: 1073741824 bytes out of"),
            "{reason}"
        );
        assert!(grown(u64::MAX, u64::MAX).is_err());
    }
}
