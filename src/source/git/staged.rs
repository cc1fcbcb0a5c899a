//! Scans the blobs that the index has and `HEAD` does not: the additions of the next commit.

use std::ops::Range;

use gix::bstr::ByteSlice;
use gix::hash::ObjectId;
use gix::index::extension::Tree as CachedTree;
use gix::index::{Entry, State};
use gix::objs::Kind;

use super::objects::LookupBuffers;
use super::trees::{TreeEntry, TreeEntryKind, TreeReader};
use super::{GitError, Repository, path_from_git};
use crate::finding::{Origin, OriginKind, ReadCounts, Skip, SkipReason};
use crate::source::{Chunk, Sink};
use crate::span::{Charset, Position, TextPlaces};

/// Options of a scan of the index.
///
/// ```
/// use tokensweep::git::{GitError, Repository, RepositoryPart, StagedOptions};
/// use tokensweep::{Outcome, Scanner};
///
/// fn scan_next_commit(repository: &Repository) -> Result<Outcome, GitError> {
///     let mut options = StagedOptions::default();
///     options.only = vec![b"src".to_vec()];
///     Scanner::default().scan_repository(repository, &RepositoryPart::Staged(options))
/// }
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct StagedOptions {
    /// Paths to scan with everything below them, relative to the root of the working tree; all if empty.
    pub only: Vec<Vec<u8>>,
    /// Maximum size in bytes of a blob that is read.
    pub max_file_size: Option<u64>,
}

impl StagedOptions {
    /// Returns true if `path`, or a folder above it, is among the paths to scan.
    pub(super) fn wants(&self, path: &[u8]) -> bool {
        let below = |folder: &Vec<u8>| {
            path.strip_prefix(folder.as_slice())
                .is_some_and(|rest| folder.is_empty() || rest.is_empty() || rest[0] == b'/')
        };
        self.only.is_empty() || self.only.iter().any(below)
    }
}

/// Gives every blob of the index that differs from `HEAD`, and during a merge from every parent, to `sink`.
///
/// # Errors
/// When the index or `HEAD` cannot be read.
pub(crate) fn scan_staged(
    repository: &Repository,
    options: &StagedOptions,
    sink: &mut dyn Sink,
) -> Result<(), GitError> {
    let Some(index) = repository.index()? else {
        return Ok(());
    };
    let mut trees = TreeReader::new(&repository.objects);
    let mut parents = Vec::new();
    for commit in repository.next_parents()? {
        parents.push(trees.tree_of_commit(commit)?);
    }
    let mut changed = IndexComparison {
        index: &index,
        trees: &mut trees,
        found: Vec::new(),
    };
    changed.folder(
        index.tree(),
        parents.first().copied(),
        0,
        0..index.entries().len(),
    )?;
    let found = changed.found;
    let mut reading = StagedReader {
        repository,
        options,
        trees,
        parents,
        buffers: LookupBuffers::default(),
    };
    for at in found {
        if sink.is_stopped() {
            break;
        }
        let entry = &index.entries()[at];
        reading.entry(entry, entry.path(&index), sink)?;
    }
    Ok(())
}

/// Compares the index with a tree, folder by folder. Folders whose tree id in git's own cache is the same are skipped,
/// so a large repository costs no more than its changed folders.
struct IndexComparison<'c, 'o> {
    index: &'c State,
    trees: &'c mut TreeReader<'o>,
    found: Vec<usize>,
}

impl IndexComparison<'_, '_> {
    /// Compares the entries in `range`, whose paths share their first `skip` bytes, with `tree`.
    fn folder(
        &mut self,
        cached: Option<&CachedTree>,
        tree: Option<ObjectId>,
        skip: usize,
        range: Range<usize>,
    ) -> Result<(), GitError> {
        let same = cached.is_some_and(|c| c.num_entries.is_some() && Some(c.id) == tree);
        if same {
            return Ok(());
        }
        let items: Vec<TreeEntry> = tree.map_or(Ok(Vec::new()), |id| self.trees.entries(id))?;
        let mut at = range.start;
        while at < range.end {
            let entry = &self.index.entries()[at];
            let rest = &entry.path(self.index)[skip..];
            match rest.find_byte(b'/').filter(|_| !entry.mode.is_sparse()) {
                Some(slash) => {
                    let name = &rest[..slash];
                    let end = self.folder_end(at..range.end, skip, name);
                    let below = cached.and_then(|c| {
                        c.children
                            .iter()
                            .find(|child| &child.name[..] == name.as_bytes())
                    });
                    let tree = items
                        .iter()
                        .find(|i| i.kind == TreeEntryKind::Tree && i.name == name.as_bytes())
                        .map(|i| i.id);
                    self.folder(below, tree, skip + slash + 1, at..end)?;
                    at = end;
                }
                None => {
                    let name = rest.strip_suffix(b"/").unwrap_or(rest);
                    let known = items.iter().any(|i| i.name == name && i.id == entry.id);
                    if !known {
                        self.found.push(at);
                    }
                    at += 1;
                }
            }
        }
        Ok(())
    }

    /// Returns the end of the entries in `range` that are in the folder `name`.
    fn folder_end(&self, range: Range<usize>, skip: usize, name: &[u8]) -> usize {
        let inside = |entry: &Entry| {
            let rest = &entry.path(self.index)[skip..];
            rest.starts_with(name) && rest.get(name.len()) == Some(&b'/')
        };
        range.start + self.index.entries()[range].partition_point(inside)
    }
}

/// Reader of the entries that differ.
struct StagedReader<'r> {
    repository: &'r Repository,
    options: &'r StagedOptions,
    trees: TreeReader<'r>,
    parents: Vec<ObjectId>,
    buffers: LookupBuffers,
}

impl StagedReader<'_> {
    fn entry(
        &mut self,
        entry: &Entry,
        path: &gix::bstr::BStr,
        sink: &mut dyn Sink,
    ) -> Result<(), GitError> {
        if entry.mode.is_submodule() || !self.options.wants(path) {
            return Ok(());
        }
        if entry.mode.is_sparse() {
            let reason = "a folder outside the sparse checkout differs from HEAD; \
                `git sparse-checkout disable` brings its files into the index";
            sink.skip(unreadable_skip(path, reason));
            return Ok(());
        }
        let mut earlier = Vec::new();
        for parent in self.parents.clone() {
            if let Some(item) = self.trees.at(parent, path)? {
                if item.id == entry.id {
                    return Ok(());
                }
                if item.kind == TreeEntryKind::Blob && !earlier.contains(&item.id) {
                    earlier.push(item.id);
                }
            }
        }
        match self.repository.objects.find(&entry.id, &mut self.buffers) {
            Ok(Some(Kind::Blob)) => self.scan_blob(entry.id, path, &earlier, sink),
            Ok(Some(other)) => sink.skip(unreadable_skip(
                path,
                &format!("staged as a {other}, not as a file"),
            )),
            Ok(None) => {
                let reason = format!("its blob {} is missing from the object database", entry.id);
                sink.skip(unreadable_skip(path, &reason));
            }
            Err(e) => sink.skip(unreadable_skip(path, &e.to_string())),
        }
        Ok(())
    }

    /// Scans the blob in the buffer; `earlier` are the versions that the parents have at the same path.
    fn scan_blob(&mut self, id: ObjectId, path: &[u8], earlier: &[ObjectId], sink: &mut dyn Sink) {
        let size = self.buffers.object.len();
        if self
            .options
            .max_file_size
            .is_some_and(|max| size as u64 > max)
        {
            return sink.skip(Skip {
                path: path_from_git(path),
                reason: SkipReason::TooLarge(size as u64),
            });
        }
        sink.count(&ReadCounts {
            blobs: 1,
            bytes: size as u64,
            ..ReadCounts::default()
        });
        if !sink.may_report(&self.buffers.object) {
            return;
        }
        let text = std::mem::take(&mut self.buffers.object);
        let mut before = Vec::new();
        for id in earlier {
            // An unreadable version makes nothing pre-existing: one report too many is better than one too few.
            if let Ok(Some(Kind::Blob)) = self.repository.objects.find(id, &mut self.buffers) {
                before.push(std::mem::take(&mut self.buffers.object));
            }
        }
        let origin = Origin {
            kind: OriginKind::Index,
            blob: Some(id.to_string()),
            ..Origin::default()
        };
        sink.scan_chunk(&Chunk {
            path: &path_from_git(path),
            origin: &origin,
            bytes: &text,
            offset: 0,
            start: Position::START,
            charset: Charset::default(),
            own: (0..text.len()).into(),
            before: &before,
            places: TextPlaces::default(),
        });
        self.buffers.object = text;
    }
}

fn unreadable_skip(path: &[u8], reason: &str) -> Skip {
    Skip {
        path: path_from_git(path),
        reason: SkipReason::Unreadable(reason.to_owned()),
    }
}
