//! Stores the ids of the blobs that an earlier scan with the same rules found clean; no content is stored.
//!
//! There is one file for each set of rules and of secrets that are searched for, below the git directory. It is replaced as a whole, so two scans at the
//! same time lose at most the new ids of one. A damaged or deleted file costs one full scan.

use std::path::{Path, PathBuf};

use gix::hash::{Kind as HashKind, ObjectId, oid};
use sha2::{Digest, Sha256};

use crate::file_replacement::FileReplacement;

/// Magic bytes at the start of a file.
const MAGIC: &[u8] = b"tokensweep clean blobs 1\n";

/// Length in bytes of the digest at the end of a file.
const DIGEST: usize = 32;

/// Number of files of other rules, secrets and versions that are kept besides the current one.
const KEPT: usize = 5;

/// Set of the blobs known to be clean.
pub(super) struct CleanBlobs {
    path: Option<PathBuf>,
    hash_len: usize,
    /// Ids, one after the other, sorted.
    ids: Vec<u8>,
}

impl CleanBlobs {
    /// Returns an empty set that is never saved.
    pub(super) fn disabled() -> CleanBlobs {
        CleanBlobs {
            path: None,
            hash_len: 20,
            ids: Vec::new(),
        }
    }

    /// Reads the set stored under `key`, which is a digest of everything that affects the findings.
    pub(super) fn open(git_dir: &Path, key: &str, hash: HashKind) -> CleanBlobs {
        let path = git_dir.join("tokensweep").join(format!("clean-{key}"));
        let hash_len = hash.len_in_bytes();
        let ids = std::fs::read(&path)
            .ok()
            .and_then(|file| cached_ids(&file, hash_len));
        CleanBlobs {
            path: Some(path),
            hash_len,
            ids: ids.unwrap_or_default(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Returns true if added ids are saved.
    pub(super) fn is_enabled(&self) -> bool {
        self.path.is_some()
    }

    pub(super) fn contains(&self, id: &oid) -> bool {
        let wanted = id.as_bytes();
        let (mut from, mut to) = (0, self.ids.len() / self.hash_len);
        while from < to {
            let middle = usize::midpoint(from, to);
            match self.id(middle).cmp(wanted) {
                std::cmp::Ordering::Less => from = middle + 1,
                std::cmp::Ordering::Equal => return true,
                std::cmp::Ordering::Greater => to = middle,
            }
        }
        false
    }

    /// Returns for each of these ids, which must be sorted, true if it is known; one pass over both lists.
    pub(super) fn known<'i>(&self, ids: impl Iterator<Item = &'i oid>) -> Vec<bool> {
        let mut known = self.ids.chunks_exact(self.hash_len).peekable();
        ids.map(|id| {
            while known.next_if(|known| *known < id.as_bytes()).is_some() {}
            known.peek() == Some(&id.as_bytes())
        })
        .collect()
    }

    fn id(&self, at: usize) -> &[u8] {
        &self.ids[at * self.hash_len..(at + 1) * self.hash_len]
    }

    /// Adds the ids that a scan found clean. A failed write is ignored, because a scan works without the cache.
    pub(super) fn learn(&self, mut new: Vec<ObjectId>) {
        let Some(path) = self.path.as_ref().filter(|_| !new.is_empty()) else {
            return;
        };
        new.sort_unstable();
        new.dedup();
        let mut file = MAGIC.to_vec();
        let mut known = (0..self.ids.len() / self.hash_len)
            .map(|at| self.id(at))
            .peekable();
        for id in &new {
            while let Some(before) = known.next_if(|known| *known < id.as_bytes()) {
                file.extend_from_slice(before);
            }
            known.next_if(|known| *known == id.as_bytes());
            file.extend_from_slice(id.as_bytes());
        }
        known.for_each(|id| file.extend_from_slice(id));
        let digest = Sha256::digest(&file);
        file.extend_from_slice(&digest);
        let _ = save_file(path, &file);
    }
}

/// Returns the ids of an undamaged file.
fn cached_ids(file: &[u8], hash_len: usize) -> Option<Vec<u8>> {
    let (content, digest) = file.split_at_checked(file.len().checked_sub(DIGEST)?)?;
    let ids = content.strip_prefix(MAGIC)?;
    let whole = Sha256::digest(content)[..] == *digest && ids.len() % hash_len == 0;
    whole.then(|| ids.to_vec())
}

/// Replaces the file at `path`, and deletes the oldest of too many others beside it.
fn save_file(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(dir)?;
    let others = std::fs::read_dir(dir)?.flatten().map(|e| e.path());
    let mut others: Vec<PathBuf> = others.filter(|p| p != path).collect();
    others.sort_by_key(|p| std::fs::metadata(p).and_then(|m| m.modified()).ok());
    for old in others.iter().rev().skip(KEPT) {
        std::fs::remove_file(old)?;
    }
    let replacement = FileReplacement {
        // The digest at its end tells of a file that lost a part.
        is_synced: false,
        ..FileReplacement::of(path)
    };
    replacement.write(|out| out.write_all(content))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(first: u8) -> ObjectId {
        ObjectId::from_bytes_or_panic(&[first; 20])
    }

    fn file_of(dir: &Path) -> PathBuf {
        dir.join("tokensweep/clean-k")
    }

    #[test]
    fn what_is_known_of_a_list_is_what_is_known_of_each() {
        let dir = tempfile::tempdir().unwrap();
        let open = || CleanBlobs::open(dir.path(), "k", HashKind::Sha1);
        open().learn([3, 5, 6, 200].map(id).to_vec());
        let clean = open();
        let ids: Vec<ObjectId> = (0..=255).map(id).collect();
        let one_by_one: Vec<bool> = ids.iter().map(|id| clean.contains(id)).collect();
        assert_eq!(clean.known(ids.iter().map(|id| &**id)), one_by_one);
        assert_eq!(one_by_one.iter().filter(|known| **known).count(), 4);
    }

    #[test]
    fn what_was_learnt_is_known_the_next_time() {
        let dir = tempfile::tempdir().unwrap();
        let open = || CleanBlobs::open(dir.path(), "k", HashKind::Sha1);
        assert!(open().is_empty());
        open().learn(vec![id(5), id(1), id(5)]);
        open().learn(vec![id(3), id(1), id(9)]);
        let clean = open();
        let known: Vec<u8> = (0..=255).filter(|n| clean.contains(&id(*n))).collect();
        assert_eq!(known, [1, 3, 5, 9]);
        assert_eq!(clean.ids.len(), 4 * 20);
        assert!(CleanBlobs::open(dir.path(), "other", HashKind::Sha1).is_empty());
    }

    #[test]
    fn a_damaged_file_is_no_file() {
        let dir = tempfile::tempdir().unwrap();
        let open = || CleanBlobs::open(dir.path(), "k", HashKind::Sha1);
        open().learn(vec![id(5), id(1)]);
        let whole = std::fs::read(file_of(dir.path())).unwrap();
        for at in 0..whole.len() {
            let mut broken = whole.clone();
            broken[at] ^= 1;
            assert_eq!(cached_ids(&broken, 20), None, "byte {at}");
            assert_eq!(cached_ids(&whole[..at], 20), None, "cut at {at}");
        }
    }

    #[test]
    fn caches_of_other_rules_do_not_pile_up() {
        let dir = tempfile::tempdir().unwrap();
        for key in 0..20 {
            CleanBlobs::open(dir.path(), &key.to_string(), HashKind::Sha1).learn(vec![id(1)]);
        }
        let files = std::fs::read_dir(dir.path().join("tokensweep"))
            .unwrap()
            .count();
        assert_eq!(files, KEPT + 1);
    }
}
