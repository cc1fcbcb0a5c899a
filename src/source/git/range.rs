//! Scans the additions of a range of commits: the message of each, and the blobs that none of its parents has, merges
//! included.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use gix::hash::ObjectId;
use gix::objs::{Kind, TagRefIter};

use super::difference::{CommitDifference, NewBlob};
use super::items::commit_text_start;
use super::missing::NOT_FETCHED;
use super::objects::LookupBuffers;
use super::origins::Authorship;
use super::prescan::prescan_commits;
use super::select::{CommitSelection, SelectedCommits, select_commits};
use super::trees::TreeReader;
use super::{GitError, Repository, path_from_git};
use crate::finding::{Finding, Origin, OriginKind, ReadCounts, Skip, SkipReason};
use crate::source::{Chunk, Sink, Sinks};
use crate::span::{Charset, Position, TextPlaces};
use crate::threads::count_threads;

/// Maximum number of removed files of one commit that a new file is compared with, as it may be one renamed.
const RENAMES: usize = 100;

/// Options of a range scan.
///
/// ```
/// use tokensweep::git::{CommitSelection, GitError, RangeOptions, Repository, RepositoryPart};
/// use tokensweep::{Outcome, Scanner};
///
/// fn scan_branch(repository: &Repository) -> Result<Outcome, GitError> {
///     let range = CommitSelection::Range("main..HEAD".to_owned());
///     let part = RepositoryPart::Range(RangeOptions::new(range));
///     Scanner::default().scan_repository(repository, &part)
/// }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RangeOptions {
    /// Commits to scan.
    pub which: CommitSelection,
    /// Maximum size in bytes of a blob that is scanned.
    pub max_file_size: Option<u64>,
    /// True if the scan is complete without the objects that a shallow or partial clone lacks.
    pub allow_incomplete: bool,
    /// Number of threads; 0 for one per core.
    pub threads: usize,
}

impl RangeOptions {
    /// Returns the options of a scan of these commits, with a thread per core.
    #[must_use]
    pub fn new(which: CommitSelection) -> Self {
        RangeOptions {
            which,
            max_file_size: None,
            allow_incomplete: false,
            threads: 0,
        }
    }
}

/// Scanned commits in their order.
pub(crate) struct ScannedRange<'r> {
    repository: &'r Repository,
    order: HashMap<String, usize>,
    tip: Option<ObjectId>,
}

/// Gives the additions of the commits to sinks, the oldest commit first.
///
/// # Errors
/// When the range cannot be resolved; single missing objects are reported to the sinks.
pub(crate) fn scan_range<'r>(
    repository: &'r Repository,
    options: &RangeOptions,
    sinks: &Sinks<'_>,
) -> Result<ScannedRange<'r>, GitError> {
    let selected = select_commits(repository, &options.which)?;
    let objects = &repository.objects;
    let threads = count_threads(options.threads);
    let max = options.max_file_size;
    let prescan = prescan_commits(objects, &selected.commits, threads, max, sinks);
    let mut sink = sinks();
    let sink = &mut *sink;
    let mut walk = CommitWalk {
        repository,
        options,
        shallow: repository.shallow(),
        trees: TreeReader::new(&repository.objects),
        buffers: LookupBuffers::default(),
        clean: prescan.clean,
        done: HashSet::new(),
        earlier: &selected.earlier,
    };
    walk.report_gaps(&selected, sink);
    sink.count(&ReadCounts {
        refs: selected.refs,
        ..ReadCounts::default()
    });
    for id in &selected.others {
        if sink.is_stopped() {
            break;
        }
        walk.scan_pushed_object(*id, sink);
    }
    let mut order = HashMap::new();
    let commits = selected.commits.iter().zip(prescan.differences);
    for (at, (commit, difference)) in commits.rev().enumerate() {
        if sink.is_stopped() {
            break;
        }
        order.insert(commit.id.to_string(), at);
        walk.commit(commit.id, difference, sink);
    }
    Ok(ScannedRange {
        repository,
        order,
        tip: selected.tip,
    })
}

/// State of a walk through commits.
struct CommitWalk<'w> {
    repository: &'w Repository,
    options: &'w RangeOptions,
    shallow: HashSet<ObjectId>,
    trees: TreeReader<'w>,
    buffers: LookupBuffers,
    /// Commits whose findings are pre-existing.
    earlier: &'w HashSet<ObjectId>,
    /// Blobs in which nothing was suspicious.
    clean: HashSet<ObjectId>,
    /// Suspicious blobs that have been reported at a path, by a commit whose findings are pre-existing or by another.
    done: HashSet<(ObjectId, Vec<u8>, bool)>,
}

impl CommitWalk<'_> {
    fn report_gaps(&self, selected: &SelectedCommits, sink: &mut dyn Sink) {
        for (path, reason) in &self.repository.objects.unreadable {
            sink.skip(Skip {
                path: path.clone(),
                reason: SkipReason::Unreadable(reason.clone()),
            });
        }
        if let Some(reason) = &selected.broken {
            self.report_gap("history", reason.clone(), sink);
        }
        let cut = selected
            .commits
            .iter()
            .filter(|c| self.shallow.contains(&c.id))
            .count();
        // A clone cannot send objects that it lacks, and at the border all content was scanned as new.
        if cut > 0 && !selected.is_sent {
            let detail = format!(
                "{cut} commit(s) of the range are the border of a shallow clone: what their parents held is unknown; \
                `git fetch --unshallow` brings it"
            );
            self.report_gap("history", detail, sink);
        }
    }

    fn report_gap(&self, what: &str, detail: String, sink: &mut dyn Sink) {
        sink.skip(Skip {
            path: PathBuf::from(what),
            reason: SkipReason::Missing {
                detail,
                allowed: self.options.allow_incomplete,
            },
        });
    }

    /// Scans a commit and its additions.
    fn commit(
        &mut self,
        id: ObjectId,
        difference: Result<CommitDifference, GitError>,
        sink: &mut dyn Sink,
    ) {
        match self.repository.objects.find(&id, &mut self.buffers) {
            Ok(Some(_)) => {}
            Ok(None) => {
                return self.report_gap(&format!("commit:{id}"), "missing".to_owned(), sink);
            }
            Err(e) => return self.report_gap(&format!("commit:{id}"), e.to_string(), sink),
        }
        let mut origin = Origin {
            commit: Some(id.to_string()),
            introduced_in: Some(id.to_string()),
            pre_existing: self.earlier.contains(&id),
            ..Origin::default()
        };
        Authorship::parse(&self.buffers.object, self.repository.objects.hash).fill_in(&mut origin);
        self.message("commit", id, &origin, sink);
        match difference {
            Ok(difference) => self.scan_blobs(&difference, &origin, sink),
            Err(e) => self.report_gap(&format!("commit:{id}"), e.to_string(), sink),
        }
    }

    /// Scans the text of the commit or tag in the buffer.
    fn message(&mut self, kind: &str, id: ObjectId, origin: &Origin, sink: &mut dyn Sink) {
        let bytes = &self.buffers.object;
        let from = commit_text_start(bytes);
        let text = &bytes[from..];
        sink.count(&ReadCounts {
            commits: 1,
            bytes: text.len() as u64,
            ..ReadCounts::default()
        });
        if sink.suspects_words(text) {
            sink.scan_chunk(&Chunk {
                path: &PathBuf::from(format!("{kind}:{id}")),
                origin: &Origin {
                    kind: OriginKind::CommitMessage,
                    ..origin.clone()
                },
                bytes: text,
                offset: from as u64,
                start: Position::START.after(&bytes[..from]),
                charset: Charset::default(),
                own: (0..text.len()).into(),
                before: &[],
                places: TextPlaces::default(),
            });
        }
    }

    /// Scans a tag object or a blob that is pushed as the target of a ref.
    fn scan_pushed_object(&mut self, id: ObjectId, sink: &mut dyn Sink) {
        let origin = Origin {
            commit: Some(id.to_string()),
            ..Origin::default()
        };
        match self.repository.objects.find(&id, &mut self.buffers) {
            Ok(Some(Kind::Tag)) => {
                let hash = self.repository.objects.hash;
                let target = TagRefIter::from_bytes(&self.buffers.object, hash).target_id();
                self.message("tag", id, &origin, sink);
                if let Err(e) = target {
                    self.report_gap(&format!("tag:{id}"), super::plain(&e), sink);
                }
            }
            Ok(Some(Kind::Blob)) => {
                let new = NewBlob {
                    path: format!("blob:{id}").into_bytes(),
                    id,
                    earlier: Vec::new(),
                };
                self.scan_blob(&new, &CommitDifference::default(), &Origin::default(), sink);
            }
            Ok(Some(Kind::Tree)) => match CommitDifference::of_tree(id, &mut self.trees) {
                Ok(difference) => self.scan_blobs(&difference, &Origin::default(), sink),
                Err(e) => self.report_gap(&format!("tree:{id}"), e.to_string(), sink),
            },
            Ok(Some(Kind::Commit)) => {}
            Ok(None) => self.report_gap(&format!("object:{id}"), "missing".to_owned(), sink),
            Err(e) => self.report_gap(&format!("object:{id}"), e.to_string(), sink),
        }
    }

    fn scan_blobs(&mut self, difference: &CommitDifference, origin: &Origin, sink: &mut dyn Sink) {
        for new in &difference.new {
            let key = (new.id, new.path.clone(), origin.pre_existing);
            if self.clean.contains(&new.id) || !self.done.insert(key) {
                continue;
            }
            match self.repository.objects.find(&new.id, &mut self.buffers) {
                Ok(Some(Kind::Blob)) => self.scan_blob(new, difference, origin, sink),
                Ok(Some(_)) => {}
                Ok(None) => {
                    let path = String::from_utf8_lossy(&new.path).into_owned();
                    let why = if self.repository.is_partial_clone() {
                        NOT_FETCHED
                    } else {
                        "missing from the object database"
                    };
                    self.report_gap(&path, format!("its blob {} is {why}", new.id), sink);
                }
                Err(e) => sink.skip(Skip {
                    path: path_from_git(&new.path),
                    reason: SkipReason::Unreadable(e.to_string()),
                }),
            }
        }
    }

    fn scan_blob(
        &mut self,
        new: &NewBlob,
        difference: &CommitDifference,
        origin: &Origin,
        sink: &mut dyn Sink,
    ) {
        let size = self.buffers.object.len() as u64;
        if self.options.max_file_size.is_some_and(|max| size > max) {
            return sink.skip(Skip {
                path: path_from_git(&new.path),
                reason: SkipReason::TooLarge(size),
            });
        }
        sink.count(&ReadCounts {
            blobs: 1,
            bytes: size,
            ..ReadCounts::default()
        });
        sink.passed(1, size);
        if !sink.may_report(&self.buffers.object) {
            self.clean.insert(new.id);
            return;
        }
        let text = std::mem::take(&mut self.buffers.object);
        // A new path may be a renamed file: then its earlier version is among the files that the commit removes.
        let earlier = if new.earlier.is_empty() {
            &difference.removed[..difference.removed.len().min(RENAMES)]
        } else {
            &new.earlier
        };
        let mut before = Vec::new();
        for id in earlier {
            // An unreadable version makes nothing pre-existing: one report too many is better than one too few.
            if let Ok(Some(Kind::Blob)) = self.repository.objects.find(id, &mut self.buffers) {
                before.push(std::mem::take(&mut self.buffers.object));
            }
        }
        sink.scan_chunk(&Chunk {
            path: &path_from_git(&new.path),
            origin: &Origin {
                kind: OriginKind::Blob,
                blob: Some(new.id.to_string()),
                ..origin.clone()
            },
            bytes: &text,
            offset: 0,
            start: Position::START,
            charset: Charset::default(),
            own: (0..text.len()).into(),
            before: &before,
            places: TextPlaces::default(),
        });
    }
}

impl ScannedRange<'_> {
    /// Returns true if there was no commit to scan.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Keeps, of the same secret at one path, the commit that added it, and records if the secret is still there at the
    /// end of the range.
    pub(crate) fn fill_origins(&self, findings: &mut Vec<Finding>) {
        let rank = |f: &Finding| {
            let commit = f.origin.commit.as_ref().and_then(|c| self.order.get(c));
            (f.origin.pre_existing, commit.copied().unwrap_or(usize::MAX))
        };
        findings.sort_by_key(rank);
        let mut kept: HashMap<(String, PathBuf), [Option<String>; 2]> = HashMap::new();
        findings.retain(|f| {
            let key = (f.fingerprint.clone(), f.path.clone());
            let added_by = [f.origin.blob.clone(), f.origin.commit.clone()];
            *kept.entry(key).or_insert_with(|| added_by.clone()) == added_by
        });
        let mut trees = TreeReader::new(&self.repository.objects);
        let tip = self.tip.and_then(|id| trees.tree_of_commit(id).ok());
        for finding in findings
            .iter_mut()
            .filter(|f| f.origin.source_kind() == OriginKind::Blob)
        {
            finding.origin.at_head = tip.and_then(|tip| self.is_in_tree(tip, finding, &mut trees));
            if finding.origin.pre_existing {
                finding.origin.introduced_in = None;
            }
        }
    }

    /// Returns true if the finding's file in the tree `tip` still contains its secret; `None` if that is unknown, because
    /// the file is an archive that was changed.
    fn is_in_tree(
        &self,
        tip: ObjectId,
        finding: &Finding,
        trees: &mut TreeReader<'_>,
    ) -> Option<bool> {
        let path = gix::path::into_bstr(finding.path.as_path());
        let Ok(Some(item)) = path.map(|path| trees.at(tip, &path).ok().flatten()) else {
            return Some(false);
        };
        if finding.origin.blob.as_deref() == Some(&item.id.to_string()) {
            return Some(true);
        }
        if finding.origin.member.is_some() {
            return None;
        }
        let mut buffers = LookupBuffers::default();
        let read = self.repository.objects.find(&item.id, &mut buffers);
        let secret = finding.secret.expose_the_secret();
        let is_there = memchr::memmem::find(&buffers.object, secret).is_some();
        Some(matches!(read, Ok(Some(_))) && is_there)
    }
}

impl std::fmt::Debug for ScannedRange<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Range")
            .field("commits", &self.order.len())
            .finish_non_exhaustive()
    }
}
