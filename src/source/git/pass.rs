//! Reads every object of a repository once: decodes, counts and records it, and checks if it is suspicious.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use gix::hash::{ObjectId, oid};
use gix::objs::Kind;

use super::GitError;
use super::cache::CleanBlobs;
use super::delta::{DecodedObject, ObjectVisitor, walk};
use super::forest::DeltaForest;
use super::graph::ReferenceGraph;
use super::items::commit_text_start;
use super::numbers::NONE;
use super::record::{TreeRecord, TreeRecorder, TreeVersion};
use crate::finding::{Origin, Skip, SkipReason};
use crate::source::{Chunk, Sink, Sinks, scan_reader};
use crate::threads::{JobQueue, lock_mutex, run_in_threads, unwrap_mutex};

/// Number of objects after which a thread reports its progress.
const REPORT: u64 = 64;

/// Pass over every object.
pub(super) struct HistoryPass<'p> {
    graph: &'p ReferenceGraph<'p>,
    clean: &'p CleanBlobs,
    max: Option<u64>,
    record: Mutex<TreeRecord>,
    seen: Mutex<PassResult>,
}

/// Results of a pass.
#[derive(Default)]
pub(super) struct PassResult {
    /// Objects that may contain something to report.
    pub(super) suspects: Vec<(u32, Kind)>,
    /// Objects that could not be decoded, with the reason.
    pub(super) damaged: Vec<(ObjectId, String)>,
    /// Blobs that contain nothing to report, at any path.
    pub(super) learnt: Vec<ObjectId>,
    /// Number of blobs that an earlier scan had found clean.
    pub(super) cached: u64,
    pub(super) bytes: u64,
}

impl<'p> HistoryPass<'p> {
    pub(super) fn new(
        graph: &'p ReferenceGraph<'p>,
        clean: &'p CleanBlobs,
        max: Option<u64>,
    ) -> Self {
        HistoryPass {
            graph,
            clean,
            max,
            record: Mutex::default(),
            seen: Mutex::default(),
        }
    }

    /// Reads all objects; returns the delta trees of each pack that could be opened.
    pub(super) fn run(&self, threads: usize, sinks: &Sinks<'_>) -> Vec<Option<DeltaForest<'p>>> {
        let packs = self.graph.objects.packs.iter().enumerate();
        let forests = packs
            .map(|(at, pack)| match self.build_forest(at, threads) {
                Ok(mut forest) => {
                    self.read_pack(at, &forest, threads, sinks);
                    forest.forget();
                    Some(forest)
                }
                Err(e) => {
                    let ids = (0..pack.index.num_objects()).map(|i| pack.index.oid_at_index(i));
                    let all = ids.map(|id| (id.to_owned(), e.to_string()));
                    self.lock_result().damaged.extend(all);
                    None
                }
            })
            .collect();
        self.loose(threads, sinks);
        forests
    }

    /// Returns the record and the results of the pass.
    pub(super) fn done(self) -> (TreeRecord, PassResult) {
        (unwrap_mutex(self.record), unwrap_mutex(self.seen))
    }

    fn lock_result(&self) -> std::sync::MutexGuard<'_, PassResult> {
        lock_mutex(&self.seen)
    }

    fn build_forest(&self, at: usize, threads: usize) -> Result<DeltaForest<'p>, GitError> {
        let counts = |entry| self.graph.first_of(at, entry).is_some();
        DeltaForest::new(&self.graph.objects.packs[at], threads, counts)
    }

    fn read_pack(&self, at: usize, forest: &DeltaForest<'_>, threads: usize, sinks: &Sinks<'_>) {
        let index = &self.graph.objects.packs[at].index;
        let ids = (0..index.num_objects()).map(|entry| index.oid_at_index(entry));
        let needed = (!self.clean.is_empty()).then(|| forest.needed(&self.clean.known(ids)));
        walk(forest, threads, needed.as_deref(), || {
            self.new_visitor(sinks, at)
        });
    }

    fn new_visitor<'l, 's>(&'l self, sinks: &Sinks<'s>, pack: usize) -> PassVisitor<'l, 's> {
        PassVisitor {
            pass: self,
            sink: sinks(),
            recorder: TreeRecorder::new(self.graph, &self.record),
            pack,
            seen: PassResult::default(),
            passed: (0, 0),
        }
    }

    fn loose(&self, threads: usize, sinks: &Sinks<'_>) {
        let loose = &self.graph.numbers.loose;
        if loose.is_empty() {
            return;
        }
        let jobs = JobQueue::new(loose.len(), 1);
        run_in_threads(threads.min(loose.len() / 64 + 1), || {
            let mut visitor = self.new_visitor(sinks, usize::MAX);
            let mut buffer = Vec::new();
            for at in std::iter::from_fn(|| jobs.take_batch()).flatten() {
                if visitor.is_stopped() {
                    return;
                }
                let (id, store) = &loose[at];
                let number = self.graph.numbers.loose_base() + u32::try_from(at).unwrap_or(NONE);
                match self.graph.objects.loose[*store].try_find(id, &mut buffer) {
                    Ok(Some(found)) => visitor.visit_loose(found.kind, number, id, found.data),
                    Ok(None) => visitor.record_damaged(id, "it vanished during the scan"),
                    Err(e) => visitor.record_damaged(id, &super::plain(&e)),
                }
            }
        });
    }
}

/// State of one thread during the pass.
struct PassVisitor<'l, 's> {
    pass: &'l HistoryPass<'l>,
    sink: Box<dyn Sink + 's>,
    recorder: TreeRecorder<'l>,
    /// Index of the pack being walked.
    pack: usize,
    seen: PassResult,
    /// Numbers of objects and bytes that were read but not reported yet.
    passed: (u64, u64),
}

impl PassVisitor<'_, '_> {
    fn visit_loose(&mut self, kind: Kind, number: u32, id: &oid, bytes: &[u8]) {
        if kind == Kind::Tree {
            self.recorder.tree(&TreeVersion {
                number,
                bytes,
                base: None,
                weight: 1,
            });
        }
        self.examine(kind, number, id, bytes);
    }

    /// Checks an object; a tree has been counted before.
    fn examine(&mut self, kind: Kind, number: u32, id: &oid, bytes: &[u8]) {
        self.pass.graph.mark_read(number, kind);
        self.report_progress(bytes.len() as u64);
        let text = match kind {
            Kind::Tree => return,
            Kind::Blob if !self.wants_blob(id, bytes.len() as u64) => return,
            Kind::Blob => bytes,
            Kind::Commit | Kind::Tag => {
                self.recorder.commit(number, id, kind, bytes);
                &bytes[commit_text_start(bytes)..]
            }
        };
        let suspicious = if kind == Kind::Blob {
            self.sink.may_report(text)
        } else {
            self.sink.suspects_words(text)
        };
        self.settle(kind, number, id, text.len() as u64, suspicious);
    }

    /// Returns true if a blob must be checked.
    fn wants_blob(&mut self, id: &oid, size: u64) -> bool {
        if self.pass.max.is_some_and(|max| size > max) {
            self.sink.skip(Skip {
                path: PathBuf::from(format!("blob:{id}")),
                reason: SkipReason::TooLarge(size),
            });
            return false;
        }
        let known = self.pass.clean.contains(id);
        self.seen.cached += u64::from(known);
        !known
    }

    /// Records the result for an object.
    fn settle(&mut self, kind: Kind, number: u32, id: &oid, size: u64, suspicious: bool) {
        self.seen.bytes += size;
        if suspicious {
            self.seen.suspects.push((number, kind));
        } else if kind == Kind::Blob && self.pass.clean.is_enabled() {
            self.seen.learnt.push(id.to_owned());
        }
    }

    /// Reports the progress every [`REPORT`] objects, because all threads add to the same counters.
    fn report_progress(&mut self, bytes: u64) {
        self.passed.0 += 1;
        self.passed.1 += bytes;
        if self.passed.0 == REPORT {
            let (objects, bytes) = std::mem::take(&mut self.passed);
            self.sink.passed(objects, bytes);
        }
    }

    fn record_damaged(&mut self, id: &oid, reason: &str) {
        self.seen.damaged.push((id.to_owned(), reason.to_owned()));
    }
}

impl ObjectVisitor for PassVisitor<'_, '_> {
    fn visit_object(&mut self, object: &DecodedObject<'_>) {
        let graph = self.pass.graph;
        if object.kind == Kind::Tree {
            self.recorder.tree(&TreeVersion {
                number: graph.numbers.pack_base(self.pack) + object.index,
                bytes: object.bytes,
                base: object.base,
                weight: object.weight,
            });
        }
        if let Some((number, id)) = graph.first_of(self.pack, object.index) {
            self.examine(object.kind, number, id, object.bytes);
        }
    }

    fn visit_large(&mut self, index: u32, size: u64, bytes: &mut dyn Read) -> io::Result<()> {
        let Some((number, id)) = self.pass.graph.first_of(self.pack, index) else {
            return Ok(());
        };
        if self.wants_blob(id, size) {
            let mut windows = WindowScan {
                sink: &mut *self.sink,
                suspicious: false,
                bytes: 0,
            };
            let (path, origin) = (Path::new(""), Origin::default());
            scan_reader(bytes, path, &origin, &mut Vec::new(), &mut windows)?;
            if windows.bytes != size {
                return Err(io::Error::other("it is not as long as it claims to be"));
            }
            let suspicious = windows.suspicious;
            self.settle(Kind::Blob, number, id, size, suspicious);
        }
        self.pass.graph.mark_read(number, Kind::Blob);
        self.report_progress(size);
        Ok(())
    }

    fn passed_over(&mut self, kind: Kind, index: u32) {
        if let Some((number, _)) = self.pass.graph.first_of(self.pack, index) {
            self.pass.graph.mark_read(number, kind);
            self.seen.cached += 1;
            self.report_progress(0);
        }
    }

    fn damaged(&mut self, index: u32, reason: &str) {
        let pack = &self.pass.graph.objects.packs[self.pack];
        self.record_damaged(pack.index.oid_at_index(index), reason);
    }

    fn is_stopped(&self) -> bool {
        self.sink.is_stopped()
    }
}

/// Sink that checks each window of a large blob.
struct WindowScan<'w> {
    sink: &'w mut dyn Sink,
    suspicious: bool,
    bytes: u64,
}

impl Sink for WindowScan<'_> {
    fn scan_chunk(&mut self, chunk: &Chunk<'_>) {
        self.suspicious = self.suspicious || self.sink.may_report(chunk.bytes);
    }

    fn file(&mut self, bytes: u64) {
        self.bytes = bytes;
    }

    fn skip(&mut self, skip: Skip) {
        self.sink.skip(skip);
    }

    fn is_stopped(&self) -> bool {
        self.sink.is_stopped()
    }
}

impl Drop for PassVisitor<'_, '_> {
    fn drop(&mut self) {
        let (objects, bytes) = self.passed;
        self.sink.passed(objects, bytes);
        let mut mine = std::mem::take(&mut self.seen);
        let mut all = self.pass.lock_result();
        all.suspects.append(&mut mine.suspects);
        all.damaged.append(&mut mine.damaged);
        all.learnt.append(&mut mine.learnt);
        all.cached += mine.cached;
        all.bytes += mine.bytes;
    }
}
