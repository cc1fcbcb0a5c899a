//! Counts the references to each object of an object database. The counts show which objects no ref reaches and which
//! are missing, without a walk from the refs.
//!
//! Every object is decoded once anyway. Each tree entry, parent and tag target adds one to the count of the object that
//! it names. An object with a count of zero and no ref is garbage; to subtract its own references may show more
//! garbage. Objects have no cycles, so exactly the objects that the refs reach remain. The work grows with the garbage,
//! not with the history.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

use gix::hash::{ObjectId, oid};
use gix::objs::Kind;

use super::items::{for_each_item, for_each_reference};
use super::numbers::ObjectNumbers;
use super::objects::{LookupBuffers, ObjectDatabase};
use crate::threads::lock_mutex;

/// Reference counts of all objects.
pub(super) struct ReferenceGraph<'o> {
    pub(super) objects: &'o ObjectDatabase,
    pub(super) numbers: ObjectNumbers,
    /// Commits whose parents were left out of a shallow clone.
    pub(super) shallow: HashSet<ObjectId>,
    referrers: Vec<AtomicU32>,
    kinds: Vec<AtomicU8>,
    missing: Mutex<BTreeMap<ObjectId, i64>>,
}

impl<'o> ReferenceGraph<'o> {
    pub(super) fn new(objects: &'o ObjectDatabase, shallow: HashSet<ObjectId>) -> Self {
        let numbers = ObjectNumbers::new(objects);
        let total = numbers.total() as usize;
        ReferenceGraph {
            objects,
            numbers,
            shallow,
            referrers: std::iter::repeat_with(AtomicU32::default)
                .take(total)
                .collect(),
            kinds: std::iter::repeat_with(AtomicU8::default)
                .take(total)
                .collect(),
            missing: Mutex::default(),
        }
    }

    /// Returns the object at `index` of a pack and its number; `None` if an earlier pack has the same object.
    pub(super) fn first_of(&self, pack: usize, index: u32) -> Option<(u32, &'o oid)> {
        let number = self.numbers.pack_base(pack) + index;
        let id = self.objects.packs[pack].index.oid_at_index(index);
        (pack == 0 || self.number(id) == Some(number)).then_some((number, id))
    }

    /// Returns the number of an object, if it is here.
    pub(super) fn number(&self, id: &oid) -> Option<u32> {
        self.numbers.of(self.objects, id)
    }

    /// Returns the kind of an object that was read.
    pub(super) fn kind_of(&self, number: u32) -> Option<Kind> {
        match self.kinds[number as usize].load(Ordering::Relaxed) {
            1 => Some(Kind::Commit),
            2 => Some(Kind::Tree),
            3 => Some(Kind::Blob),
            4 => Some(Kind::Tag),
            _ => None,
        }
    }

    /// Records that an object was read, and its kind.
    pub(super) fn mark_read(&self, number: u32, kind: Kind) {
        let code = match kind {
            Kind::Commit => 1,
            Kind::Tree => 2,
            Kind::Blob => 3,
            Kind::Tag => 4,
        };
        self.kinds[number as usize].store(code, Ordering::Relaxed);
    }

    /// Returns true if the clone lacks the parents of this commit on purpose.
    pub(super) fn is_shallow_border(&self, commit: &oid) -> bool {
        !self.shallow.is_empty() && self.shallow.contains(commit)
    }

    /// Adds `by` to the reference count of an object. The count may be negative for a time: only the sum counts.
    pub(super) fn add_reference(&self, number: u32, by: i32) {
        self.referrers[number as usize].fetch_add(by.cast_unsigned(), Ordering::Relaxed);
    }

    /// Adds to the reference counts of objects that are not here.
    pub(super) fn add_missing_references(&self, counts: BTreeMap<ObjectId, i64>) {
        let mut missing = lock_mutex(&self.missing);
        for (id, count) in counts {
            *missing.entry(id).or_default() += count;
        }
    }

    /// Returns the objects that are not here but are named by an object that a ref reaches.
    pub(super) fn missing(&self) -> Vec<ObjectId> {
        let missing = lock_mutex(&self.missing);
        let named = missing.iter().filter(|(_, referrers)| **referrers > 0);
        named.map(|(id, _)| *id).collect()
    }

    /// Finds the objects that the roots do not reach and subtracts their references. All must have been counted.
    pub(super) fn find_garbage(&self, roots: &BTreeSet<ObjectId>) -> Garbage {
        let mut is_root = vec![false; self.numbers.total() as usize];
        for id in roots {
            if let Some(number) = self.number(id) {
                is_root[number as usize] = true;
            }
        }
        let mut garbage = Garbage(HashSet::new());
        let mut pending: Vec<u32> = (0..self.numbers.total())
            .filter(|n| self.kind_of(*n).is_some() && !is_root[*n as usize])
            .filter(|n| self.referrers[*n as usize].load(Ordering::Relaxed) == 0)
            .collect();
        let mut buffers = LookupBuffers::default();
        while let Some(number) = pending.pop() {
            if !garbage.0.insert(number) || self.kind_of(number) == Some(Kind::Blob) {
                continue;
            }
            let id = self.numbers.id(self.objects, number);
            let Ok(Some(kind)) = self.objects.find(&id, &mut buffers) else {
                continue;
            };
            self.for_each_named(kind, &id, &buffers.object, |target| {
                let Some(target) = self.number(target) else {
                    let counts = BTreeMap::from([(target.to_owned(), -1)]);
                    return self.add_missing_references(counts);
                };
                let left = self.referrers[target as usize].fetch_sub(1, Ordering::Relaxed) - 1;
                if left == 0 && !is_root[target as usize] {
                    pending.push(target);
                }
            });
        }
        garbage
    }

    /// Calls `named` with every object that this one names. Submodule commits are in another repository and left out.
    fn for_each_named(&self, kind: Kind, id: &oid, bytes: &[u8], mut named: impl FnMut(&oid)) {
        if kind == Kind::Tree {
            for_each_item(bytes, self.objects.hash.len_in_bytes(), |item| {
                if !item.is_link() {
                    named(item.id);
                }
            });
        } else {
            for_each_reference(kind, bytes, self.is_shallow_border(id), named);
        }
    }
}

/// Numbers of the objects that no ref reaches.
pub(super) struct Garbage(HashSet<u32>);

impl Garbage {
    pub(super) fn none() -> Garbage {
        Garbage(HashSet::new())
    }

    pub(super) fn contains(&self, number: u32) -> bool {
        self.0.contains(&number)
    }
}
