//! Who refers to whom in an object database: counts of referrers, from which follow what no ref reaches and what
//! is missing, without a walk from the refs.
//!
//! Every object is decoded once anyway. If each tree entry, parent and tag target adds one to the count of what it
//! names, then an object that nobody names and no ref stands for is garbage; taking its own references back may
//! leave more of it. Objects have no cycles, so what remains is exactly what the refs reach, and the work grows
//! with the garbage, not with the history.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use gix::hash::{ObjectId, oid};
use gix::objs::Kind;

use super::objects::{Buffers, Objects};

/// A number for every object of a database, those of the first pack first; an object that several hold has the
/// number of the first.
pub(super) struct Numbers {
    bases: Vec<u32>,
    pub(super) loose: Vec<(ObjectId, usize)>,
    total: u32,
}

/// No object.
pub(super) const NONE: u32 = u32::MAX;

impl Numbers {
    pub(super) fn new(objects: &Objects) -> Numbers {
        let mut bases = Vec::new();
        let mut total = 0u32;
        for pack in &objects.packs {
            bases.push(total);
            total = total.saturating_add(pack.index.num_objects());
        }
        let mut loose: Vec<(ObjectId, usize)> = Vec::new();
        for (at, store) in objects.loose.iter().enumerate() {
            loose.extend(store.iter().flatten().map(|id| (id, at)));
        }
        loose.sort_unstable();
        loose.dedup_by_key(|(id, _)| *id);
        loose.retain(|(id, _)| objects.in_pack(id).is_none());
        let total = total.saturating_add(u32::try_from(loose.len()).unwrap_or(u32::MAX));
        Numbers {
            bases,
            loose,
            total,
        }
    }

    pub(super) fn total(&self) -> u32 {
        self.total
    }

    /// The number of the first object of a pack.
    pub(super) fn base(&self, pack: usize) -> u32 {
        self.bases[pack]
    }

    /// The number of the first loose object.
    pub(super) fn loose_base(&self) -> u32 {
        self.total - u32::try_from(self.loose.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn of(&self, objects: &Objects, id: &oid) -> Option<u32> {
        if let Some((pack, index)) = objects.in_pack(id) {
            return Some(self.bases[pack] + index);
        }
        let at = self
            .loose
            .binary_search_by(|(known, _)| known.as_ref().cmp(id))
            .ok()?;
        Some(self.loose_base() + u32::try_from(at).ok()?)
    }

    pub(super) fn id(&self, objects: &Objects, number: u32) -> ObjectId {
        if let Some(at) = number.checked_sub(self.loose_base())
            && let Some((id, _)) = self.loose.get(at as usize)
        {
            return *id;
        }
        let pack = self
            .bases
            .partition_point(|base| *base <= number)
            .saturating_sub(1);
        objects.packs[pack]
            .index
            .oid_at_index(number - self.bases[pack])
            .to_owned()
    }
}

/// The counts of all referrers.
pub(super) struct Graph<'o> {
    pub(super) objects: &'o Objects,
    pub(super) numbers: Numbers,
    /// Commits whose parents were left out of a shallow clone.
    pub(super) shallow: HashSet<ObjectId>,
    referrers: Vec<AtomicU32>,
    kinds: Vec<AtomicU8>,
    missing: Mutex<BTreeMap<ObjectId, u32>>,
}

impl<'o> Graph<'o> {
    /// The object at `index` of a pack with its number; `None` if an earlier pack holds it too, where it is read.
    pub(super) fn first_of(&self, pack: usize, index: u32) -> Option<(u32, &'o oid)> {
        let number = self.numbers.base(pack) + index;
        let id = self.objects.packs[pack].index.oid_at_index(index);
        (pack == 0 || self.numbers.of(self.objects, id) == Some(number)).then_some((number, id))
    }

    pub(super) fn new(objects: &'o Objects, shallow: HashSet<ObjectId>) -> Self {
        let numbers = Numbers::new(objects);
        let total = numbers.total() as usize;
        Graph {
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

    /// The kind of an object that a [`Tally`] has seen.
    pub(super) fn kind(&self, number: u32) -> Option<Kind> {
        match self.kinds[number as usize].load(Ordering::Relaxed) {
            1 => Some(Kind::Commit),
            2 => Some(Kind::Tree),
            3 => Some(Kind::Blob),
            4 => Some(Kind::Tag),
            _ => None,
        }
    }

    /// What is named by something that a ref reaches, and is not there.
    pub(super) fn missing(&self) -> Vec<ObjectId> {
        let missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        let named = missing.iter().filter(|(_, referrers)| **referrers > 0);
        named.map(|(id, _)| *id).collect()
    }

    /// Finds what the roots do not reach and takes its references back. Everything must have been tallied.
    pub(super) fn garbage(&self, roots: &BTreeSet<ObjectId>) -> Garbage {
        let mut is_root = vec![false; self.numbers.total() as usize];
        for id in roots {
            if let Some(number) = self.numbers.of(self.objects, id) {
                is_root[number as usize] = true;
            }
        }
        let mut garbage = Garbage(HashSet::new());
        let mut pending: Vec<u32> = (0..self.numbers.total())
            .filter(|n| self.kind(*n).is_some() && !is_root[*n as usize])
            .filter(|n| self.referrers[*n as usize].load(Ordering::Relaxed) == 0)
            .collect();
        let mut buffers = Buffers::default();
        while let Some(number) = pending.pop() {
            if !garbage.0.insert(number) || self.kind(number) == Some(Kind::Blob) {
                continue;
            }
            let id = self.numbers.id(self.objects, number);
            let Ok(Some(kind)) = self.objects.find(&id, &mut buffers) else {
                continue;
            };
            let cut = self.shallow.contains(&id);
            references(
                kind,
                &buffers.object,
                self.objects.hash.len_in_bytes(),
                cut,
                |target| {
                    let Some(target) = self.numbers.of(self.objects, target) else {
                        let mut missing =
                            self.missing.lock().unwrap_or_else(PoisonError::into_inner);
                        if let Some(count) = missing.get_mut(target) {
                            *count = count.saturating_sub(1);
                        }
                        return;
                    };
                    let left = self.referrers[target as usize].fetch_sub(1, Ordering::Relaxed) - 1;
                    if left == 0 && !is_root[target as usize] {
                        pending.push(target);
                    }
                },
            );
        }
        garbage
    }
}

/// The numbers of the objects that no ref reaches.
pub(super) struct Garbage(HashSet<u32>);

impl Garbage {
    pub(super) fn none() -> Garbage {
        Garbage(HashSet::new())
    }

    pub(super) fn contains(&self, number: u32) -> bool {
        self.0.contains(&number)
    }
}

/// How many recently named objects a thread remembers: versions of a tree name mostly the same.
const REMEMBERED: usize = 1 << 15;

/// Looks up numbers; what was asked for of late is answered at once.
pub(super) struct Recent<'g> {
    graph: &'g Graph<'g>,
    slots: Vec<([u8; 20], u32)>,
}

impl<'g> Recent<'g> {
    pub(super) fn new(graph: &'g Graph<'g>) -> Self {
        Recent {
            graph,
            slots: vec![([0; 20], NONE); REMEMBERED],
        }
    }

    /// The number of an object.
    pub(super) fn of(&mut self, id: &oid) -> Option<u32> {
        let mut key = [0; 20];
        key.copy_from_slice(&id.as_bytes()[..20]);
        let slot = (usize::from(key[0]) << 8 | usize::from(key[1])) & (REMEMBERED - 1);
        let (known, number) = self.slots[slot];
        if known == key && number != NONE {
            return Some(number);
        }
        let number = self.graph.numbers.of(self.graph.objects, id)?;
        self.slots[slot] = (key, number);
        Some(number)
    }
}

/// One thread's share of the counting.
pub(super) struct Tally<'g> {
    graph: &'g Graph<'g>,
    recent: Recent<'g>,
    missing: BTreeMap<ObjectId, u32>,
}

impl<'g> Tally<'g> {
    pub(super) fn new(graph: &'g Graph<'g>) -> Self {
        Tally {
            graph,
            recent: Recent::new(graph),
            missing: BTreeMap::new(),
        }
    }

    /// Counts what an object names.
    pub(super) fn object(&mut self, number: u32, id: &oid, kind: Kind, bytes: &[u8]) {
        let code = match kind {
            Kind::Commit => 1,
            Kind::Tree => 2,
            Kind::Blob => 3,
            Kind::Tag => 4,
        };
        self.graph.kinds[number as usize].store(code, Ordering::Relaxed);
        if kind == Kind::Blob {
            return;
        }
        let cut = !self.graph.shallow.is_empty() && self.graph.shallow.contains(id);
        let hash_len = self.graph.objects.hash.len_in_bytes();
        references(kind, bytes, hash_len, cut, |target| self.name(target));
    }

    fn name(&mut self, id: &oid) {
        match self.recent.of(id) {
            Some(number) => {
                self.graph.referrers[number as usize].fetch_add(1, Ordering::Relaxed);
            }
            None => *self.missing.entry(id.to_owned()).or_default() += 1,
        }
    }
}

impl Drop for Tally<'_> {
    fn drop(&mut self) {
        let mut missing = self
            .graph
            .missing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for (id, count) in std::mem::take(&mut self.missing) {
            *missing.entry(id).or_default() += count;
        }
    }
}

/// Every object that this one names: a tree its files and folders, a commit its tree and, unless `cut`, its
/// parents, a tag its target. Submodules are in another repository and not named. Damage ends the list.
pub(super) fn references(
    kind: Kind,
    bytes: &[u8],
    hash_len: usize,
    cut: bool,
    mut named: impl FnMut(&oid),
) {
    match kind {
        Kind::Blob => {}
        Kind::Tree => {
            tree_items(bytes, hash_len, |item| {
                if !item.is_link() {
                    named(item.id);
                }
            });
        }
        Kind::Commit | Kind::Tag => {
            for line in bytes.split(|b| *b == b'\n') {
                let id = match line
                    .iter()
                    .position(|b| *b == b' ')
                    .map(|at| line.split_at(at))
                {
                    Some((b"tree" | b"object", id)) => id,
                    Some((b"parent", id)) if !cut => id,
                    Some((b"parent", _)) => continue,
                    _ => break,
                };
                if let Ok(id) = ObjectId::from_hex(&id[1..]) {
                    named(&id);
                }
            }
        }
    }
}

/// One entry of a tree.
pub(super) struct TreeItem<'t> {
    pub(super) mode: &'t [u8],
    pub(super) name: &'t [u8],
    pub(super) id: &'t oid,
}

impl TreeItem<'_> {
    /// Whether it is a commit of a submodule.
    pub(super) fn is_link(&self) -> bool {
        self.mode == b"160000"
    }

    pub(super) fn is_tree(&self) -> bool {
        self.mode == b"40000" || self.mode == b"040000"
    }
}

/// Reads a tree's entries: mode, blank, name, NUL, id. Damage ends the list; says whether there was none.
pub(super) fn tree_items<'t>(
    bytes: &'t [u8],
    hash_len: usize,
    mut each: impl FnMut(TreeItem<'t>),
) -> bool {
    let mut rest = bytes;
    while let Some(space) = memchr::memchr(b' ', &rest[..rest.len().min(8)]) {
        let (mode, after) = rest.split_at(space);
        let Some(nul) = memchr::memchr(0, after) else {
            return false;
        };
        let Some(id) = after.get(nul + 1..nul + 1 + hash_len) else {
            return false;
        };
        each(TreeItem {
            mode,
            name: &after[1..nul],
            id: oid::from_bytes_unchecked(id),
        });
        rest = &after[nul + 1 + hash_len..];
    }
    rest.is_empty()
}
