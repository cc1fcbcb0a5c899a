//! All of a repository's history: every blob, commit message and tag that a ref reaches, each read once.
//!
//! An object database is not a log. Packs are decoded in the order that is cheapest; where something suspicious is
//! found, and only there, paths and commits are worked out afterwards.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use gix::hash::{ObjectId, oid};
use gix::objs::Kind;

use super::cache::Clean;
use super::delta::{Forest, Visitor};
use super::graph::{Garbage, Graph, NONE, Tally};
use super::objects::Buffers;
use super::provenance::Provenance;
use super::refs::Tip;
use super::{GitError, Repository};
use crate::finding::{Counts, Finding, Origin, OriginKind, Skip, SkipReason};
use crate::source::{Chunk, Sink, Sinks};
use crate::span::Position;

/// How many missing or damaged objects are named one by one.
const NAMED: usize = 50;

/// What of a history is scanned.
#[derive(Clone, Debug, Default)]
pub struct HistoryOptions {
    /// Also what no ref reaches.
    pub unreachable: bool,
    /// Only what the refs that fit this pattern reach.
    pub refs: Option<String>,
    /// The largest blob that is scanned, in bytes.
    pub max_file_size: Option<u64>,
    /// How many threads; 0 for one per core.
    pub threads: usize,
    /// Whether what a shallow or partial clone lacks leaves the scan complete.
    pub allow_incomplete: bool,
    /// What stands for everything that decides what is found; blobs that were clean under it are not read again.
    pub cache: Option<String>,
}

/// A scanned history, which knows where the blobs in it came from.
pub struct History<'r> {
    graph: Graph<'r>,
    garbage: Garbage,
    provenance: Option<Provenance>,
    head: Option<ObjectId>,
    tips: Vec<Tip>,
}

/// Gives everything in the history of `repository` to sinks.
///
/// # Errors
/// When the refs or the packs cannot be read at all; what is damaged or missing in part is told to the sinks.
pub fn scan_history<'r>(
    repository: &'r Repository,
    options: &HistoryOptions,
    sinks: &Sinks<'_>,
) -> Result<History<'r>, GitError> {
    let threads = match options.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        n => n,
    };
    let tips = repository.tips(options.refs.as_deref())?;
    if let Some(pattern) = &options.refs
        && tips.tips.is_empty()
    {
        return Err(GitError::new(format!(
            "no ref fits `{pattern}`; `git for-each-ref` lists them"
        )));
    }
    let head = repository.head()?;
    let graph = Graph::new(&repository.objects, repository.shallow());
    let mut sink = sinks();
    sink.expect(u64::from(graph.numbers.total()));
    let clean = match &options.cache {
        Some(key) => Clean::open(&repository.dirs().common, key, repository.hash()),
        None => Clean::none(),
    };
    let pass = Pass {
        graph: &graph,
        clean: &clean,
        learnt: Mutex::default(),
        cached: AtomicU64::new(0),
        max: options.max_file_size,
        suspects: Mutex::default(),
        damaged: Mutex::default(),
        bytes: AtomicU64::new(0),
    };
    pass.run(threads, sinks)?;
    let Pass {
        suspects,
        damaged,
        bytes,
        learnt,
        cached,
        ..
    } = pass;
    clean.learn(into_inner(learnt));
    let mut suspects = into_inner(suspects);
    let mut damaged = into_inner(damaged);
    damaged.sort();
    let roots: BTreeSet<ObjectId> = tips.tips.iter().map(|tip| tip.id).collect();
    // What a damaged commit or tree names cannot be known, so nothing may be called garbage.
    let garbage = if damaged.is_empty() {
        graph.garbage(&roots)
    } else {
        Garbage::none()
    };
    if !options.unreachable {
        suspects.retain(|(number, _)| !garbage.contains(*number));
    }
    suspects.sort_unstable_by_key(|(number, _)| *number);
    let read = Counts {
        refs: tips.tips.len() as u64,
        bytes: bytes.into_inner(),
        cached: cached.into_inner(),
        ..Counts::default()
    };
    let left_out = |number| !options.unreachable && garbage.contains(number);
    sink.count(&count(&graph, &left_out, read));
    Gaps {
        repository,
        graph: &graph,
        allowed: options.allow_incomplete,
    }
    .tell(&roots, &damaged, &tips.unreadable, &mut *sink);
    let mut history = History {
        graph,
        garbage,
        provenance: None,
        head,
        tips: tips.tips,
    };
    history.report(&suspects, options, threads, &mut *sink)?;
    Ok(history)
}

fn into_inner<T>(mutex: Mutex<T>) -> T {
    mutex.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Counts what was scanned; what no ref reaches was read along the way but is no part of the history.
fn count(graph: &Graph<'_>, left_out: &dyn Fn(u32) -> bool, mut counts: Counts) -> Counts {
    for number in (0..graph.numbers.total()).filter(|n| !left_out(*n)) {
        match graph.kind(number) {
            Some(Kind::Blob) => counts.blobs += 1,
            Some(Kind::Commit | Kind::Tag) => counts.commits += 1,
            Some(Kind::Tree) | None => {}
        }
    }
    counts
}

/// The pass over every object.
struct Pass<'p> {
    graph: &'p Graph<'p>,
    clean: &'p Clean,
    learnt: Mutex<Vec<ObjectId>>,
    cached: AtomicU64,
    max: Option<u64>,
    suspects: Mutex<Vec<(u32, Kind)>>,
    damaged: Mutex<Vec<(ObjectId, String)>>,
    bytes: AtomicU64,
}

impl Pass<'_> {
    fn run(&self, threads: usize, sinks: &Sinks<'_>) -> Result<(), GitError> {
        for (at, pack) in self.graph.objects.packs.iter().enumerate() {
            match Forest::new(pack) {
                Ok(forest) => {
                    let known = |index| self.clean.contains(pack.index.oid_at_index(index));
                    let known: Option<&(dyn Fn(u32) -> bool + Sync)> =
                        (!self.clean.is_empty()).then_some(&known);
                    forest.walk(threads, |_| true, known, || self.looker(sinks, Some(at)));
                }
                Err(e) => {
                    let mut damaged = self.damaged.lock().unwrap_or_else(PoisonError::into_inner);
                    for index in 0..pack.index.num_objects() {
                        damaged.push((pack.index.oid_at_index(index).to_owned(), e.to_string()));
                    }
                }
            }
        }
        self.loose(threads, sinks);
        Ok(())
    }

    fn looker<'l, 's>(&'l self, sinks: &Sinks<'s>, pack: Option<usize>) -> Looker<'l, 's> {
        Looker {
            pass: self,
            sink: sinks(),
            tally: Tally::new(self.graph),
            pack,
            suspects: Vec::new(),
            learnt: Vec::new(),
            bytes: 0,
        }
    }

    fn loose(&self, threads: usize, sinks: &Sinks<'_>) {
        let loose = &self.graph.numbers.loose;
        if loose.is_empty() {
            return;
        }
        let next = AtomicUsize::new(0);
        let work = || {
            let mut looker = self.looker(sinks, None);
            let mut buffer = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some((id, store)) = loose.get(at) else {
                    return;
                };
                let number = self.graph.numbers.loose_base() + u32::try_from(at).unwrap_or(NONE);
                match self.graph.objects.loose[*store].try_find(id, &mut buffer) {
                    Ok(Some(found)) => looker.look(found.kind, number, id, found.data),
                    Ok(None) => looker.is_damaged(id, "it vanished during the scan"),
                    Err(e) => looker.is_damaged(id, &super::plain(&e)),
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..threads.min(loose.len() / 64 + 1) {
                scope.spawn(work);
            }
            work();
        });
    }
}

/// What one thread has during the pass.
struct Looker<'l, 's> {
    pass: &'l Pass<'l>,
    sink: Box<dyn Sink + 's>,
    tally: Tally<'l>,
    /// The pack being walked; `None` for loose objects.
    pack: Option<usize>,
    suspects: Vec<(u32, Kind)>,
    learnt: Vec<ObjectId>,
    bytes: u64,
}

impl Looker<'_, '_> {
    fn look(&mut self, kind: Kind, number: u32, id: &oid, bytes: &[u8]) {
        self.tally.object(number, id, kind, bytes);
        self.sink.passed(bytes.len() as u64);
        let text = match kind {
            Kind::Tree => return,
            Kind::Blob if self.pass.max.is_some_and(|max| bytes.len() as u64 > max) => {
                return self.sink.skip(Skip {
                    path: PathBuf::from(format!("blob:{id}")),
                    reason: SkipReason::TooLarge(bytes.len() as u64),
                });
            }
            Kind::Blob => bytes,
            Kind::Commit | Kind::Tag => &bytes[text_of_commit(bytes)..],
        };
        if kind == Kind::Blob && self.pass.clean.contains(id) {
            self.pass.cached.fetch_add(1, Ordering::Relaxed);
            return;
        }
        self.bytes += text.len() as u64;
        if self.sink.suspects(text) {
            self.suspects.push((number, kind));
        } else if kind == Kind::Blob && self.pass.clean.is_kept() {
            self.learnt.push(id.to_owned());
        }
    }

    fn is_damaged(&self, id: &oid, reason: &str) {
        let mut damaged = self
            .pass
            .damaged
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        damaged.push((id.to_owned(), reason.to_owned()));
    }
}

impl Visitor for Looker<'_, '_> {
    fn object(&mut self, kind: Kind, index: u32, bytes: &[u8]) {
        let first = |pack| self.pass.graph.first_of(pack, index);
        if let Some((number, id)) = self.pack.and_then(first) {
            self.look(kind, number, id, bytes);
        }
    }

    fn passed_over(&mut self, kind: Kind, index: u32) {
        let first = |pack| self.pass.graph.first_of(pack, index);
        if let Some((number, id)) = self.pack.and_then(first) {
            self.tally.object(number, id, kind, &[]);
            self.pass.cached.fetch_add(1, Ordering::Relaxed);
            self.sink.passed(0);
        }
    }

    fn damaged(&mut self, index: u32, reason: &str) {
        if let Some(pack) = self.pack {
            self.is_damaged(
                self.pass.graph.objects.packs[pack]
                    .index
                    .oid_at_index(index),
                reason,
            );
        }
    }
}

impl Drop for Looker<'_, '_> {
    fn drop(&mut self) {
        let mut suspects = self
            .pass
            .suspects
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        suspects.append(&mut self.suspects);
        drop(suspects);
        let mut learnt = self
            .pass
            .learnt
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        learnt.append(&mut self.learnt);
        self.pass.bytes.fetch_add(self.bytes, Ordering::Relaxed);
    }
}

/// Where the text of a commit or tag starts: behind the lines that name other objects.
pub(super) fn text_of_commit(bytes: &[u8]) -> usize {
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

/// What is not there.
struct Gaps<'g> {
    repository: &'g Repository,
    graph: &'g Graph<'g>,
    allowed: bool,
}

impl Gaps<'_> {
    fn tell(
        &self,
        roots: &BTreeSet<ObjectId>,
        damaged: &[(ObjectId, String)],
        refs: &[String],
        sink: &mut dyn Sink,
    ) {
        for (path, reason) in &self.repository.objects.unreadable {
            sink.skip(Skip {
                path: path.clone(),
                reason: SkipReason::Unreadable(reason.clone()),
            });
        }
        for reason in refs {
            sink.skip(Skip {
                path: PathBuf::from("refs"),
                reason: SkipReason::Unreadable(reason.clone()),
            });
        }
        for (id, reason) in damaged.iter().take(NAMED) {
            sink.skip(Skip {
                path: PathBuf::from(format!("object:{id}")),
                reason: SkipReason::Unreadable(format!("damaged: {reason}")),
            });
        }
        if damaged.len() > NAMED {
            sink.skip(Skip {
                path: PathBuf::from("objects"),
                reason: SkipReason::Unreadable(format!(
                    "{} more are damaged; `git fsck` lists all",
                    damaged.len() - NAMED
                )),
            });
        }
        self.shallow(sink);
        self.missing(roots, sink);
    }

    fn shallow(&self, sink: &mut dyn Sink) {
        let commits = self.graph.shallow.len();
        if commits > 0 {
            let detail = format!(
                "a shallow clone: what lies before {commits} commit(s) was never fetched; \
                `git fetch --unshallow` brings it"
            );
            self.gap("history", detail, sink);
        }
    }

    fn missing(&self, roots: &BTreeSet<ObjectId>, sink: &mut dyn Sink) {
        let mut missing = self.graph.missing();
        missing.extend(roots.iter().filter(|id| !self.graph.objects.contains(id)));
        missing.sort_unstable();
        missing.dedup();
        let why = if self.repository.is_partial_clone() {
            "not fetched into this partial clone; `git backfill`, or `git fetch --refetch --filter=blob:limit=1t`, brings it"
        } else {
            "missing from the object database"
        };
        for id in missing.iter().take(NAMED) {
            self.gap(&format!("object:{id}"), why.to_owned(), sink);
        }
        if missing.len() > NAMED {
            let detail = format!("{} more objects: {why}", missing.len() - NAMED);
            self.gap("objects", detail, sink);
        }
    }

    fn gap(&self, what: &str, detail: String, sink: &mut dyn Sink) {
        sink.skip(Skip {
            path: PathBuf::from(what),
            reason: SkipReason::Missing {
                detail,
                allowed: self.allowed,
            },
        });
    }
}

impl History<'_> {
    /// Gives what looked suspicious to the sink once more, now with a path.
    fn report(
        &mut self,
        suspects: &[(u32, Kind)],
        options: &HistoryOptions,
        threads: usize,
        sink: &mut dyn Sink,
    ) -> Result<(), GitError> {
        let blobs: Vec<ObjectId> = suspects
            .iter()
            .filter(|(_, kind)| *kind == Kind::Blob)
            .map(|(number, _)| self.graph.numbers.id(self.graph.objects, *number))
            .collect();
        if !blobs.is_empty() {
            let left_out = |number| !options.unreachable && self.garbage.contains(number);
            self.provenance = Some(Provenance::new(&self.graph, &left_out, &blobs, threads)?);
        }
        let mut buffers = Buffers::default();
        for (number, kind) in suspects {
            let id = self.graph.numbers.id(self.graph.objects, *number);
            if self.graph.objects.find(&id, &mut buffers)?.is_some() {
                let unreachable = self.garbage.contains(*number);
                self.give(id, *kind, unreachable, &buffers.object, sink);
            }
        }
        Ok(())
    }

    fn give(&self, id: ObjectId, kind: Kind, unreachable: bool, bytes: &[u8], sink: &mut dyn Sink) {
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
                |p| super::to_path(&p),
            );
            (path, 0)
        } else {
            origin.kind = OriginKind::CommitMessage;
            let path = PathBuf::from(format!("{kind}:{name}"));
            origin.commit = Some(name);
            (path, text_of_commit(bytes))
        };
        sink.chunk(&Chunk {
            path: &path,
            origin: &origin,
            bytes: &bytes[from..],
            offset: from as u64,
            start: Position::START.after(&bytes[..from]),
            own: (0, bytes.len() - from),
            before: &[],
        });
    }

    /// Fills in where the findings came from: paths, commits, refs, whether they are at `HEAD`; and joins those
    /// that are the same secret in several versions of one file.
    pub fn complete(&self, findings: &mut Vec<Finding>) {
        super::places::complete(self, findings);
    }

    pub(super) fn parts(&self) -> (&Graph<'_>, Option<&Provenance>, Option<ObjectId>, &[Tip]) {
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
