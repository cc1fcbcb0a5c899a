//! Assigns a number to every object of a database: small, dense, and the same in every pass.

use gix::hash::{ObjectId, oid};
use gix::odb::pack::index;

use super::objects::ObjectDatabase;

/// Numbers of all objects of a database, those of the first pack first. An object in several packs has the number of
/// the first.
pub(super) struct ObjectNumbers {
    bases: Vec<u32>,
    drawers: Vec<FanoutTable>,
    pub(super) loose: Vec<(ObjectId, usize)>,
    total: u32,
}

/// Number that means no object.
pub(super) const NONE: u32 = u32::MAX;

impl ObjectNumbers {
    pub(super) fn new(objects: &ObjectDatabase) -> ObjectNumbers {
        let mut bases = Vec::new();
        let mut drawers = Vec::new();
        let mut total = 0u32;
        for pack in &objects.packs {
            bases.push(total);
            drawers.push(FanoutTable::new(&pack.index));
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
        ObjectNumbers {
            bases,
            drawers,
            loose,
            total,
        }
    }

    pub(super) fn total(&self) -> u32 {
        self.total
    }

    /// Returns the number of the first object of a pack.
    pub(super) fn pack_base(&self, pack: usize) -> u32 {
        self.bases[pack]
    }

    /// Returns the number of the first loose object.
    pub(super) fn loose_base(&self) -> u32 {
        self.total - u32::try_from(self.loose.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn of(&self, objects: &ObjectDatabase, id: &oid) -> Option<u32> {
        for (pack, drawers) in self.drawers.iter().enumerate() {
            if let Some(index) = drawers.find(&objects.packs[pack].index, id) {
                return Some(self.bases[pack] + index);
            }
        }
        let at = self
            .loose
            .binary_search_by(|(known, _)| known.as_ref().cmp(id))
            .ok()?;
        Some(self.loose_base() + u32::try_from(at).ok()?)
    }

    pub(super) fn id(&self, objects: &ObjectDatabase, number: u32) -> ObjectId {
        if let Some(at) = number.checked_sub(self.loose_base())
            && let Some((id, _)) = self.loose.get(at as usize)
        {
            return *id;
        }
        let (pack, index) = self.pack_position(number);
        objects.packs[pack].index.oid_at_index(index).to_owned()
    }

    /// Returns true if the object with this number is a loose one.
    pub(super) fn is_loose(&self, number: u32) -> bool {
        number >= self.loose_base()
    }

    /// Returns the pack of an object that is not loose, and its position in the index of the pack.
    pub(super) fn pack_position(&self, number: u32) -> (usize, u32) {
        let packs = self.bases.partition_point(|base| *base <= number);
        let pack = packs.saturating_sub(1);
        (pack, number - self.bases[pack])
    }
}

/// Start positions in a pack's index of the ids that share their first bits, a few ids each. The index itself has a
/// table for the first byte only, and an id is looked up for every changed entry of every tree.
struct FanoutTable {
    /// Number of the low bits of an id's first four bytes that are ignored.
    shift: u32,
    starts: Vec<u32>,
}

impl FanoutTable {
    fn new(index: &index::File) -> FanoutTable {
        let count = index.num_objects();
        let bits = (count / 4).max(1).ilog2() + 1;
        let shift = 32 - bits;
        let mut starts = Vec::with_capacity((1 << bits) + 1);
        for at in 0..count {
            let drawer = prefix(index.oid_at_index(at)) >> shift;
            while starts.len() <= drawer as usize {
                starts.push(at);
            }
        }
        starts.resize((1 << bits) + 1, count);
        FanoutTable { shift, starts }
    }

    fn find(&self, index: &index::File, id: &oid) -> Option<u32> {
        let drawer = (prefix(id) >> self.shift) as usize;
        // A damaged index may not be sorted: then no reader finds its objects.
        let range = *self.starts.get(drawer)?..*self.starts.get(drawer + 1)?;
        range
            .into_iter()
            .find(|at| is_same(index.oid_at_index(*at), id))
    }
}

/// Returns true if two ids are equal. Compares the first 20 bytes, often all there are, without a call.
fn is_same(a: &oid, b: &oid) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    a.first_chunk::<20>() == b.first_chunk() && a.get(20..) == b.get(20..)
}

/// Returns the first four bytes of an id as a number.
fn prefix(id: &oid) -> u32 {
    id.as_bytes()
        .first_chunk()
        .map_or(0, |bytes| u32::from_be_bytes(*bytes))
}
