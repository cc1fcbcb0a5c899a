//! Parses the ids in trees, commits and tags, and compares two versions of a tree.

use std::cmp::Ordering;

use gix::hash::{ObjectId, oid};
use gix::objs::Kind;

/// Calls `named` with every object that a commit or a tag names: a commit's tree and, unless `cut`, its parents, or a
/// tag's target. Stops at damage.
pub(super) fn for_each_reference(kind: Kind, bytes: &[u8], cut: bool, mut named: impl FnMut(&oid)) {
    if !matches!(kind, Kind::Commit | Kind::Tag) {
        return;
    }
    for line in bytes.split(|b| *b == b'\n') {
        let id = match line.iter().position(|b| *b == b' ') {
            Some(at) => match line.split_at(at) {
                (b"tree" | b"object", id) => id,
                (b"parent", _) if cut => continue,
                (b"parent", id) => id,
                _ => break,
            },
            None => break,
        };
        if let Ok(id) = ObjectId::from_hex(&id[1..]) {
            named(&id);
        }
    }
}

/// Returns the start of the text of a commit or tag, after the lines that name other objects.
pub(super) fn commit_text_start(bytes: &[u8]) -> usize {
    let mut at = 0;
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        let names_an_object = [&b"tree "[..], b"parent ", b"object "]
            .iter()
            .any(|word| line.starts_with(word));
        if !names_an_object {
            break;
        }
        at += line.len();
    }
    at
}

/// Returns the time of a commit, in seconds since 1970; 0 if it has none.
pub(super) fn commit_time(commit: &[u8]) -> i64 {
    let mut lines = commit.split(|b| *b == b'\n').take_while(|l| !l.is_empty());
    let Some(line) = lines.find(|l| l.starts_with(b"committer ")) else {
        return 0;
    };
    let after = line.rsplit(|b| *b == b'>').next().unwrap_or_default();
    let seconds = after.trim_ascii_start().split(|b| *b == b' ').next();
    seconds
        .and_then(|s| std::str::from_utf8(s).ok())
        .and_then(|s| s.parse().ok())
        .unwrap_or(0)
}

/// Entry of a tree.
#[derive(Clone, Copy, Debug)]
pub(super) struct TreeItem<'t> {
    pub(super) mode: &'t [u8],
    pub(super) name: &'t [u8],
    pub(super) id: &'t oid,
}

impl TreeItem<'_> {
    /// Returns true if the entry is a commit of a submodule.
    pub(super) fn is_link(&self) -> bool {
        self.mode == b"160000"
    }

    pub(super) fn is_tree(&self) -> bool {
        self.mode == b"40000" || self.mode == b"040000"
    }

    /// Compares entries in git's order: a folder is sorted as if its name ended with a slash.
    fn compare_names(&self, other: &TreeItem<'_>) -> Ordering {
        let len = self.name.len().min(other.name.len());
        let next = |item: &TreeItem<'_>| {
            let end = if item.is_tree() { b'/' } else { 0 };
            item.name.get(len).copied().unwrap_or(end)
        };
        let same = self.name[..len].cmp(&other.name[..len]);
        same.then_with(|| next(self).cmp(&next(other)))
    }
}

/// Reads the first entry of a tree (mode, blank, name, NUL, id) and its length in bytes.
fn first_item(bytes: &[u8], hash_len: usize) -> Option<(TreeItem<'_>, usize)> {
    let space = memchr::memchr(b' ', &bytes[..bytes.len().min(8)])?;
    let (mode, after) = bytes.split_at(space);
    let nul = memchr::memchr(0, after)?;
    let id = after.get(nul + 1..nul + 1 + hash_len)?;
    let item = TreeItem {
        mode,
        name: &after[1..nul],
        id: oid::from_bytes_unchecked(id),
    };
    Some((item, space + nul + 1 + hash_len))
}

/// Reads the entries of a tree and stops at damage; returns true if there was none.
pub(super) fn for_each_item<'t>(
    bytes: &'t [u8],
    hash_len: usize,
    mut each: impl FnMut(TreeItem<'t>),
) -> bool {
    let mut rest = bytes;
    while let Some((item, len)) = first_item(rest, hash_len) {
        each(item);
        rest = &rest[len..];
    }
    rest.is_empty()
}

/// Difference between two versions of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TreeChange {
    Added,
    Removed,
}

/// Finds the differences between `old` and `new`: `old` without the removed entries and with the added ones is `new`,
/// for any bytes at all. Common entries are compared as bytes and not passed on.
pub(super) fn diff_trees<'t>(
    mut old: &'t [u8],
    mut new: &'t [u8],
    hash_len: usize,
    mut each: impl FnMut(TreeChange, TreeItem<'t>),
) {
    while old != new {
        let mut common = common_prefix(old, new);
        while let Some((_, len)) = first_item(&new[..common], hash_len) {
            common -= len;
            old = &old[len..];
            new = &new[len..];
        }
        let (a, b) = (first_item(old, hash_len), first_item(new, hash_len));
        let is_removal = match (&a, &b) {
            (Some((a, _)), Some((b, _))) => a.compare_names(b).is_le(),
            (a, _) => a.is_some(),
        };
        let change = if is_removal { a } else { b };
        let Some((item, len)) = change else {
            return;
        };
        if is_removal {
            each(TreeChange::Removed, item);
            old = &old[len..];
        } else {
            each(TreeChange::Added, item);
            new = &new[len..];
        }
    }
}

fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    const STEP: usize = 32;
    let blocks = a.chunks_exact(STEP).zip(b.chunks_exact(STEP));
    let at = STEP * blocks.take_while(|(a, b)| a == b).count();
    let rest = a[at..].iter().zip(&b[at..]);
    at + rest.take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const HASH: usize = 20;

    /// Mode, name and id of an entry.
    type Key = (Vec<u8>, Vec<u8>, Vec<u8>);

    /// Counts how often each entry occurs in a tree.
    fn counts(tree: &[u8]) -> BTreeMap<Key, i32> {
        let mut counts = BTreeMap::new();
        for_each_item(tree, HASH, |item| {
            let key = (
                item.mode.to_vec(),
                item.name.to_vec(),
                item.id.as_bytes().to_vec(),
            );
            *counts.entry(key).or_default() += 1;
        });
        counts
    }

    /// Small generator with the same numbers in every run.
    struct Random(u64);

    impl Random {
        fn below(&mut self, n: u64) -> u64 {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % n
        }

        fn entry(&mut self) -> Vec<u8> {
            let mode: &[u8] = [&b"100644"[..], b"40000", b"160000", b"100755"]
                [usize::try_from(self.below(4)).unwrap()];
            let mut name = vec![b'a'; usize::try_from(self.below(3)).unwrap() + 1];
            if self.below(2) == 0 {
                name.push(b'.');
            }
            name.push(b'a' + u8::try_from(self.below(6)).unwrap());
            let id = [u8::try_from(self.below(4)).unwrap(); HASH];
            [mode, b" ", &name, b"\0", &id].concat()
        }
    }

    fn check(old: &[u8], new: &[u8]) -> usize {
        let mut made = counts(old);
        let mut changes = 0;
        diff_trees(old, new, HASH, |change, item| {
            let by = if change == TreeChange::Added { 1 } else { -1 };
            let key = (
                item.mode.to_vec(),
                item.name.to_vec(),
                item.id.as_bytes().to_vec(),
            );
            *made.entry(key).or_default() += by;
            changes += 1;
        });
        made.retain(|_, count| *count != 0);
        assert_eq!(made, counts(new), "{old:?} to {new:?}");
        changes
    }

    #[test]
    fn differences_make_one_tree_of_the_other() {
        let mut random = Random(7);
        for round in 0..4000u64 {
            let mut tree = |n: u64| -> Vec<Vec<u8>> {
                let len = random.below(n);
                let mut items: Vec<_> = (0..len).map(|_| random.entry()).collect();
                if round % 3 > 0 {
                    items.sort_by(|a, b| a[6..].cmp(&b[6..]));
                }
                items
            };
            let old = tree(12);
            let mut new = if round % 2 == 0 {
                tree(12)
            } else {
                old.clone()
            };
            if round % 2 == 1 {
                for _ in 0..random.below(3) {
                    let at = usize::try_from(random.below(new.len() as u64 + 1)).unwrap();
                    let entry = random.entry();
                    new.insert(at, entry);
                }
            }
            let (mut old, mut new) = (old.concat(), new.concat());
            if round % 5 == 0 {
                // Damage ends both lists at some point.
                let cut = |len: usize, random: &mut Random| {
                    usize::try_from(random.below(len as u64 + 1)).unwrap()
                };
                old.truncate(cut(old.len(), &mut random));
                new.truncate(cut(new.len(), &mut random));
            }
            check(&old, &new);
        }
    }

    #[test]
    fn one_changed_entry_is_one_removed_and_one_added() {
        let entry = |name: &str, id: u8| {
            let mut entry = format!("100644 {name}\0").into_bytes();
            entry.extend([id; HASH]);
            entry
        };
        let names = ["a", "b", "c", "d", "e"];
        let old: Vec<u8> = names.iter().flat_map(|n| entry(n, 1)).collect();
        let new: Vec<u8> = names
            .iter()
            .flat_map(|n| entry(n, u8::from(*n != "c")))
            .collect();
        assert_eq!(check(&old, &new), 2);
        assert_eq!(check(&old, &old), 0);
        assert_eq!(check(&old[entry("a", 1).len()..], &old), 1);
    }

    #[test]
    fn the_time_of_a_commit_is_read_from_its_committer() {
        let commit = b"tree 1\nauthor A <a> 5 +0000\ncommitter B > <b> 1700000000 +0200\n\ncommitter C <c> 9 +0000";
        assert_eq!(commit_time(commit), 1_700_000_000);
        assert_eq!(commit_time(b"tree 1\n\ncommitter C <c> 9 +0000"), 0);
        assert_eq!(commit_time(b"committer C <c>"), 0);
    }
}
