//! What commits bring in: for every commit of a range its message and the blobs that none of its parents has,
//! merges included.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use gix::hash::ObjectId;
use gix::objs::Kind;

use super::items::text_of_commit;
use super::objects::Buffers;
use super::places::author_date_of;
use super::select::{Selected, Which, select};
use super::trees::{Item, ItemKind, Trees};
use super::{GitError, Repository, to_path};
use crate::finding::{Counts, Finding, Origin, OriginKind, Skip, SkipReason};
use crate::source::{Chunk, Sink};
use crate::span::Position;

/// More removed files of one commit are not compared with a new one that may be one of them renamed.
const RENAMES: usize = 100;

/// Which commits are scanned and how.
#[derive(Clone, Debug)]
pub struct RangeOptions {
    /// The commits.
    pub which: Which,
    /// The largest blob that is scanned, in bytes.
    pub max_file_size: Option<u64>,
    /// Whether what a shallow or partial clone lacks leaves the scan complete.
    pub allow_incomplete: bool,
}

/// Scanned commits, which know in what order they came.
pub struct Range<'r> {
    repository: &'r Repository,
    order: HashMap<String, usize>,
    tip: Option<ObjectId>,
}

/// Gives what the commits bring in to `sink`, the oldest first.
///
/// # Errors
/// When the range cannot be resolved; what is missing in part is told to the sink.
pub fn scan_range<'r>(
    repository: &'r Repository,
    options: &RangeOptions,
    sink: &mut dyn Sink,
) -> Result<Range<'r>, GitError> {
    let selected = select(repository, &options.which)?;
    let mut walk = Walk {
        repository,
        options,
        shallow: repository.shallow(),
        trees: Trees::new(&repository.objects),
        buffers: Buffers::default(),
        clean: HashSet::new(),
        done: HashSet::new(),
    };
    walk.gaps(&selected, sink);
    sink.count(&Counts {
        refs: selected.refs,
        ..Counts::default()
    });
    for id in &selected.others {
        walk.pushed_itself(*id, sink);
    }
    let mut order = HashMap::new();
    for (at, commit) in selected.commits.iter().rev().enumerate() {
        order.insert(commit.id.to_string(), at);
        walk.commit(commit.id, &commit.parents, sink);
    }
    Ok(Range {
        repository,
        order,
        tip: selected.tip,
    })
}

/// A walk through commits.
struct Walk<'w> {
    repository: &'w Repository,
    options: &'w RangeOptions,
    shallow: HashSet<ObjectId>,
    trees: Trees<'w>,
    buffers: Buffers,
    /// Blobs in which nothing was suspicious.
    clean: HashSet<ObjectId>,
    /// Suspicious blobs that have been reported at a path.
    done: HashSet<(ObjectId, Vec<u8>)>,
}

/// A blob that a commit brings in.
struct New {
    path: Vec<u8>,
    id: ObjectId,
    /// What the parents have at the same path.
    earlier: Vec<ObjectId>,
}

/// What a commit changes.
#[derive(Default)]
struct Difference {
    new: Vec<New>,
    /// Blobs that a parent has at a path that the commit does not have.
    removed: Vec<ObjectId>,
}

impl Walk<'_> {
    fn gaps(&self, selected: &Selected, sink: &mut dyn Sink) {
        for (path, reason) in &self.repository.objects.unreadable {
            sink.skip(Skip {
                path: path.clone(),
                reason: SkipReason::Unreadable(reason.clone()),
            });
        }
        if let Some(reason) = &selected.broken {
            self.gap("history", reason.clone(), sink);
        }
        let cut = selected
            .commits
            .iter()
            .filter(|c| self.shallow.contains(&c.id))
            .count();
        if cut > 0 {
            let detail = format!(
                "{cut} commit(s) of the range are the border of a shallow clone: what their parents held is unknown; \
                `git fetch --unshallow` brings it"
            );
            self.gap("history", detail, sink);
        }
    }

    fn gap(&self, what: &str, detail: String, sink: &mut dyn Sink) {
        sink.skip(Skip {
            path: PathBuf::from(what),
            reason: SkipReason::Missing {
                detail,
                allowed: self.options.allow_incomplete,
            },
        });
    }

    fn commit(&mut self, id: ObjectId, parents: &[ObjectId], sink: &mut dyn Sink) {
        match self.repository.objects.find(&id, &mut self.buffers) {
            Ok(Some(_)) => {}
            Ok(None) => return self.gap(&format!("commit:{id}"), "missing".to_owned(), sink),
            Err(e) => return self.gap(&format!("commit:{id}"), e.to_string(), sink),
        }
        let origin = Origin {
            commit: Some(id.to_string()),
            introduced_in: Some(id.to_string()),
            author_date: author_date_of(&self.buffers.object, self.repository.objects.hash),
            ..Origin::default()
        };
        self.message("commit", id, &origin, sink);
        match self.difference(id, parents) {
            Ok(difference) => self.blobs(&difference, &origin, sink),
            Err(e) => self.gap(&format!("commit:{id}"), e.to_string(), sink),
        }
    }

    /// The object in the buffer, a commit or a tag: what its people wrote.
    fn message(&mut self, kind: &str, id: ObjectId, origin: &Origin, sink: &mut dyn Sink) {
        let bytes = &self.buffers.object;
        let from = text_of_commit(bytes);
        let text = &bytes[from..];
        sink.count(&Counts {
            commits: 1,
            bytes: text.len() as u64,
            ..Counts::default()
        });
        if sink.suspects(text) {
            sink.chunk(&Chunk {
                path: &PathBuf::from(format!("{kind}:{id}")),
                origin: &Origin {
                    kind: OriginKind::CommitMessage,
                    ..origin.clone()
                },
                bytes: text,
                offset: from as u64,
                start: Position::START.after(&bytes[..from]),
                own: (0, text.len()),
                before: &[],
            });
        }
    }

    /// A tag object, or a blob that a ref is to name.
    fn pushed_itself(&mut self, id: ObjectId, sink: &mut dyn Sink) {
        let origin = Origin {
            commit: Some(id.to_string()),
            ..Origin::default()
        };
        match self.repository.objects.find(&id, &mut self.buffers) {
            Ok(Some(Kind::Tag)) => self.message("tag", id, &origin, sink),
            Ok(Some(Kind::Blob)) => {
                let new = New {
                    path: format!("blob:{id}").into_bytes(),
                    id,
                    earlier: Vec::new(),
                };
                self.blob(&new, &Difference::default(), &Origin::default(), sink);
            }
            Ok(Some(Kind::Tree)) => {
                let mut difference = Difference::default();
                match self.compare(Some(id), &[], &mut Vec::new(), &mut difference) {
                    Ok(()) => self.blobs(&difference, &Origin::default(), sink),
                    Err(e) => self.gap(&format!("tree:{id}"), e.to_string(), sink),
                }
            }
            Ok(Some(Kind::Commit)) => {}
            Ok(None) => self.gap(&format!("object:{id}"), "missing".to_owned(), sink),
            Err(e) => self.gap(&format!("object:{id}"), e.to_string(), sink),
        }
    }

    fn difference(&mut self, id: ObjectId, parents: &[ObjectId]) -> Result<Difference, GitError> {
        let tree = self.trees.of_commit(id)?;
        let parents = parents
            .iter()
            .map(|p| self.trees.of_commit(*p))
            .collect::<Result<Vec<_>, _>>()?;
        let mut out = Difference::default();
        self.compare(Some(tree), &parents, &mut Vec::new(), &mut out)?;
        Ok(out)
    }

    /// Compares a tree with those that the parents have in its place; `path` is its own, ending in `/`.
    fn compare(
        &mut self,
        tree: Option<ObjectId>,
        parents: &[ObjectId],
        path: &mut Vec<u8>,
        out: &mut Difference,
    ) -> Result<(), GitError> {
        if tree.is_some_and(|t| parents.contains(&t)) {
            return Ok(());
        }
        let items = tree.map_or(Ok(Vec::new()), |t| self.trees.entries(t))?;
        let mut before: BTreeMap<Vec<u8>, Vec<Item>> = BTreeMap::new();
        for parent in parents {
            for item in self.trees.entries(*parent)? {
                before.entry(item.name.clone()).or_default().push(item);
            }
        }
        for item in items {
            let there = before.remove(&item.name).unwrap_or_default();
            if there.iter().any(|old| old.id == item.id) {
                continue;
            }
            let of_kind = |kind| {
                let same = there.iter().filter(move |old| old.kind == kind);
                same.map(|old| old.id).collect::<Vec<_>>()
            };
            let length = path.len();
            path.extend(&item.name);
            match item.kind {
                ItemKind::Tree => {
                    path.push(b'/');
                    self.compare(Some(item.id), &of_kind(ItemKind::Tree), path, out)?;
                }
                ItemKind::Blob => out.new.push(New {
                    path: path.clone(),
                    id: item.id,
                    earlier: of_kind(ItemKind::Blob),
                }),
                ItemKind::Link => {}
            }
            path.truncate(length);
        }
        for gone in before.into_values().flatten() {
            match gone.kind {
                ItemKind::Blob => out.removed.push(gone.id),
                // A folder that moved as a whole brings its files along; how many is bounded by the commit.
                ItemKind::Tree => self.compare(None, &[gone.id], path, out)?,
                ItemKind::Link => {}
            }
        }
        Ok(())
    }

    fn blobs(&mut self, difference: &Difference, origin: &Origin, sink: &mut dyn Sink) {
        for new in &difference.new {
            if self.clean.contains(&new.id) || !self.done.insert((new.id, new.path.clone())) {
                continue;
            }
            match self.repository.objects.find(&new.id, &mut self.buffers) {
                Ok(Some(Kind::Blob)) => self.blob(new, difference, origin, sink),
                Ok(Some(_)) => {}
                Ok(None) => {
                    let path = String::from_utf8_lossy(&new.path).into_owned();
                    let why = if self.repository.is_partial_clone() {
                        "was not fetched into this partial clone"
                    } else {
                        "is missing from the object database"
                    };
                    self.gap(&path, format!("its blob {} {why}", new.id), sink);
                }
                Err(e) => sink.skip(Skip {
                    path: to_path(&new.path),
                    reason: SkipReason::Unreadable(e.to_string()),
                }),
            }
        }
    }

    fn blob(&mut self, new: &New, difference: &Difference, origin: &Origin, sink: &mut dyn Sink) {
        let size = self.buffers.object.len() as u64;
        if self.options.max_file_size.is_some_and(|max| size > max) {
            return sink.skip(Skip {
                path: to_path(&new.path),
                reason: SkipReason::TooLarge(size),
            });
        }
        sink.count(&Counts {
            blobs: 1,
            bytes: size,
            ..Counts::default()
        });
        sink.passed(1, size);
        if !sink.suspects(&self.buffers.object) {
            self.clean.insert(new.id);
            return;
        }
        let text = std::mem::take(&mut self.buffers.object);
        // A new path may be an old file renamed: then what it was is among what the commit removes.
        let earlier = if new.earlier.is_empty() {
            &difference.removed[..difference.removed.len().min(RENAMES)]
        } else {
            &new.earlier
        };
        let mut before = Vec::new();
        for id in earlier {
            // What cannot be read makes nothing pre-existing: rather one report too many.
            if let Ok(Some(Kind::Blob)) = self.repository.objects.find(id, &mut self.buffers) {
                before.push(std::mem::take(&mut self.buffers.object));
            }
        }
        sink.chunk(&Chunk {
            path: &to_path(&new.path),
            origin: &Origin {
                kind: OriginKind::Blob,
                blob: Some(new.id.to_string()),
                ..origin.clone()
            },
            bytes: &text,
            offset: 0,
            start: Position::START,
            own: (0, text.len()),
            before: &before,
        });
    }
}

impl Range<'_> {
    /// Whether there was no commit to scan.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Keeps of the same secret at one path the commit that brought it in, and says whether it is still there at
    /// the end of the range.
    pub fn complete(&self, findings: &mut Vec<Finding>) {
        let rank = |f: &Finding| {
            let commit = f.origin.commit.as_ref().and_then(|c| self.order.get(c));
            (f.origin.pre_existing, commit.copied().unwrap_or(usize::MAX))
        };
        findings.sort_by_key(rank);
        let mut kept: HashMap<(String, PathBuf), Option<String>> = HashMap::new();
        findings.retain(|f| {
            let key = (f.fingerprint.clone(), f.path.clone());
            let blob = kept.entry(key).or_insert_with(|| f.origin.blob.clone());
            *blob == f.origin.blob
        });
        let mut trees = Trees::new(&self.repository.objects);
        let tip = self.tip.and_then(|id| trees.of_commit(id).ok());
        for finding in findings
            .iter_mut()
            .filter(|f| f.origin.kind == OriginKind::Blob)
        {
            finding.origin.at_head = tip.map(|tip| self.is_at(tip, finding, &mut trees));
            if finding.origin.pre_existing {
                finding.origin.introduced_in = None;
            }
        }
    }

    /// Whether the finding's file in the tree `tip` still holds its secret.
    fn is_at(&self, tip: ObjectId, finding: &Finding, trees: &mut Trees<'_>) -> bool {
        let path = gix::path::into_bstr(finding.path.as_path());
        let Ok(Some(item)) = path.map(|path| trees.at(tip, &path).ok().flatten()) else {
            return false;
        };
        if finding.origin.blob.as_deref() == Some(&item.id.to_string()) {
            return true;
        }
        let mut buffers = Buffers::default();
        let read = self.repository.objects.find(&item.id, &mut buffers);
        let secret = finding.secret.expose_the_secret();
        matches!(read, Ok(Some(_))) && memchr::memmem::find(&buffers.object, secret).is_some()
    }
}

impl std::fmt::Debug for Range<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Range")
            .field("commits", &self.order.len())
            .finish_non_exhaustive()
    }
}
