//! Scans all of a repository's history: every blob, commit message and tag that a ref reaches, each read once.
//!
//! Packs are decoded in the cheapest order, not in the order of the commits. Paths and commits are only computed
//! afterwards, and only for suspicious objects.

use std::collections::BTreeSet;
use std::path::PathBuf;

use gix::hash::ObjectId;
use gix::objs::Kind;

use super::ancestry::TreeAncestry;
use super::cache::CleanBlobs;
use super::forest::DeltaForest;
use super::graph::{Garbage, ReferenceGraph};
use super::items::commit_text_start;
use super::missing::MissingObjects;
use super::objects::LookupBuffers;
use super::pass::HistoryPass;
use super::provenance::Provenance;
use super::record::TreeRecord;
use super::refs::{RefTip, RefTips};
use super::{GitError, GitErrorKind, Repository};
use crate::finding::{Origin, OriginKind, ReadCounts};
use crate::source::{Chunk, Sink, Sinks};
use crate::span::{Charset, Position, TextPlaces};
use crate::threads::count_threads;

/// Options of a history scan.
///
/// ```
/// use tokensweep::git::{GitError, HistoryOptions, Repository, RepositoryPart};
/// use tokensweep::{Outcome, Scanner};
///
/// fn scan_branches(repository: &Repository) -> Result<Outcome, GitError> {
///     let mut options = HistoryOptions::default();
///     options.refs = Some("refs/heads/*".to_owned());
///     Scanner::default().scan_repository(repository, &RepositoryPart::History(options))
/// }
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct HistoryOptions {
    /// True to also scan objects that no ref reaches.
    pub unreachable: bool,
    /// Pattern of the refs to start from; all refs if `None`.
    pub refs: Option<String>,
    /// Maximum size in bytes of a blob that is scanned.
    pub max_file_size: Option<u64>,
    /// Number of threads; 0 for one per core.
    pub threads: usize,
    /// True if the scan is complete without the objects that a shallow or partial clone lacks.
    pub allow_incomplete: bool,
    /// Digest of everything that affects the findings; blobs that were clean under it are not read again.
    pub cache: Option<String>,
}

/// Scanned history, with the data to find the origins of its blobs.
pub struct History<'r> {
    graph: ReferenceGraph<'r>,
    garbage: Garbage,
    /// True if objects that no ref reaches count too.
    unreachable: bool,
    provenance: Option<Provenance>,
    head: Option<ObjectId>,
    tips: Vec<RefTip>,
}

/// Gives all objects in the history of `repository` to sinks.
///
/// # Errors
/// When the refs or the packs cannot be read at all; single damaged or missing objects are reported to the sinks.
pub fn scan_history<'r>(
    repository: &'r Repository,
    options: &HistoryOptions,
    sinks: &Sinks<'_>,
) -> Result<History<'r>, GitError> {
    let threads = count_threads(options.threads);
    let tips = read_selected_tips(repository, options)?;
    let head = repository.head()?;
    let graph = ReferenceGraph::new(&repository.objects, repository.shallow());
    let mut sink = sinks();
    sink.expect_objects(u64::from(graph.numbers.total()));
    let clean = match &options.cache {
        Some(key) => CleanBlobs::open(&repository.git_dirs().common, key, repository.hash_kind()),
        None => CleanBlobs::disabled(),
    };
    let pass = HistoryPass::new(&graph, &clean, options.max_file_size);
    let forests = pass.run(threads, sinks);
    let (record, mut seen) = pass.done();
    clean.learn(std::mem::take(&mut seen.learnt));
    if sink.is_stopped() {
        drop(forests);
        return Ok(History::new(graph, options, head, tips.tips));
    }
    seen.damaged.sort();
    let roots: BTreeSet<ObjectId> = tips.tips.iter().map(|tip| tip.id).collect();
    // The references of a damaged commit or tree are unknown, so nothing may be treated as garbage.
    let garbage = if seen.damaged.is_empty() {
        graph.find_garbage(&roots)
    } else {
        Garbage::none()
    };
    if !options.unreachable {
        let suspects = &mut seen.suspects;
        suspects.retain(|(number, _)| !garbage.contains(*number));
    }
    seen.suspects.sort_unstable_by_key(|(number, _)| *number);
    let read = ReadCounts {
        refs: tips.tips.len() as u64,
        bytes: seen.bytes,
        cached: seen.cached,
        ..ReadCounts::default()
    };
    let left_out = |number| !options.unreachable && garbage.contains(number);
    sink.count(&count(&graph, &left_out, read));
    let missing = MissingObjects {
        repository,
        graph: &graph,
        allowed: options.allow_incomplete,
    };
    missing.report(&roots, &seen.damaged, &tips.unreadable, &mut *sink);
    let provenance = trace_provenance(&graph, forests, record, &left_out, &seen.suspects);
    let history = History {
        provenance,
        garbage,
        ..History::new(graph, options, head, tips.tips)
    };
    history.report(&seen.suspects, &mut *sink)?;
    Ok(history)
}

/// Reads the refs that the options select.
///
/// # Errors
/// Fails when refs cannot be read, and when a pattern selects none.
fn read_selected_tips(
    repository: &Repository,
    options: &HistoryOptions,
) -> Result<RefTips, GitError> {
    let tips = repository.read_tips(options.refs.as_deref())?;
    match &options.refs {
        Some(pattern) if tips.tips.is_empty() => Err(GitError::new(
            GitErrorKind::UnknownRevision,
            format!("no ref fits `{pattern}`; `git for-each-ref` lists them"),
        )),
        _ => Ok(tips),
    }
}

/// Returns the origins of the blobs among the suspects; `None` if there are none.
fn trace_provenance(
    graph: &ReferenceGraph<'_>,
    forests: Vec<Option<DeltaForest<'_>>>,
    record: TreeRecord,
    left_out: &dyn Fn(u32) -> bool,
    suspects: &[(u32, Kind)],
) -> Option<Provenance> {
    let blobs = suspects.iter().filter(|(_, kind)| *kind == Kind::Blob);
    let mut blobs = blobs
        .map(|(number, _)| (graph.numbers.id(graph.objects, *number), *number))
        .peekable();
    blobs.peek()?;
    let climb = TreeAncestry {
        graph,
        forests,
        left_out,
    };
    Some(Provenance::new(&climb, record, blobs))
}

/// Counts the scanned objects, without the objects that were read but that no ref reaches.
fn count(
    graph: &ReferenceGraph<'_>,
    left_out: &dyn Fn(u32) -> bool,
    mut counts: ReadCounts,
) -> ReadCounts {
    for number in (0..graph.numbers.total()).filter(|n| !left_out(*n)) {
        match graph.kind_of(number) {
            Some(Kind::Blob) => counts.blobs += 1,
            Some(Kind::Commit | Kind::Tag) => counts.commits += 1,
            Some(Kind::Tree) | None => {}
        }
    }
    counts
}

impl<'r> History<'r> {
    /// Creates a history without garbage and origins.
    fn new(
        graph: ReferenceGraph<'r>,
        options: &HistoryOptions,
        head: Option<ObjectId>,
        tips: Vec<RefTip>,
    ) -> Self {
        History {
            graph,
            garbage: Garbage::none(),
            unreachable: options.unreachable,
            provenance: None,
            head,
            tips,
        }
    }
}

impl History<'_> {
    /// Gives the suspicious objects to the sink again, now with a path.
    fn report(&self, suspects: &[(u32, Kind)], sink: &mut dyn Sink) -> Result<(), GitError> {
        let mut buffers = LookupBuffers::default();
        for (number, kind) in suspects {
            if sink.is_stopped() {
                break;
            }
            let id = self.graph.numbers.id(self.graph.objects, *number);
            if self.graph.objects.find(&id, &mut buffers)?.is_some() {
                let unreachable = self.garbage.contains(*number);
                self.scan_again(id, *kind, unreachable, &buffers.object, sink);
            }
        }
        Ok(())
    }

    fn scan_again(
        &self,
        id: ObjectId,
        kind: Kind,
        unreachable: bool,
        bytes: &[u8],
        sink: &mut dyn Sink,
    ) {
        let name = id.to_string();
        let mut origin = Origin {
            unreachable,
            ..Origin::default()
        };
        let (path, from) = if kind == Kind::Blob {
            origin.kind = OriginKind::Blob;
            origin.blob = Some(name.clone());
            let path = self.provenance.as_ref().and_then(|p| p.any_path(id));
            let path = path.map_or_else(
                || PathBuf::from(format!("blob:{name}")),
                |p| super::path_from_git(&p),
            );
            (path, 0)
        } else {
            origin.kind = OriginKind::CommitMessage;
            let path = PathBuf::from(format!("{kind}:{name}"));
            origin.commit = Some(name);
            (path, commit_text_start(bytes))
        };
        sink.scan_chunk(&Chunk {
            path: &path,
            origin: &origin,
            bytes: &bytes[from..],
            offset: from as u64,
            start: Position::START.after(&bytes[..from]),
            charset: Charset::default(),
            own: (0..bytes.len() - from).into(),
            before: &[],
            places: TextPlaces::default(),
        });
    }

    /// Returns the names of the refs that the history starts from.
    pub fn ref_names(&self) -> impl Iterator<Item = &str> {
        self.tips.iter().map(|tip| tip.name.as_str())
    }

    /// Returns the kind and the id of every object that was read and counts.
    pub fn scanned_objects(&self) -> impl Iterator<Item = (String, String)> {
        let numbers = 0..self.graph.numbers.total();
        let counted = numbers.filter(|n| self.unreachable || !self.garbage.contains(*n));
        counted.filter_map(|number| {
            let kind = self.graph.kind_of(number)?;
            let id = self.graph.numbers.id(self.graph.objects, number);
            Some((kind.to_string(), id.to_string()))
        })
    }

    pub(super) fn parts(
        &self,
    ) -> (
        &ReferenceGraph<'_>,
        Option<&Provenance>,
        Option<ObjectId>,
        &[RefTip],
    ) {
        (&self.graph, self.provenance.as_ref(), self.head, &self.tips)
    }
}

impl std::fmt::Debug for History<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("History")
            .field("tips", &self.tips.len())
            .finish_non_exhaustive()
    }
}
