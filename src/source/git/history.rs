//! Scans all of a repository's history: every blob, commit message and tag that a ref reaches, each read once.
//!
//! Packs are decoded in the cheapest order, not in the order of the commits. Paths and commits are only computed
//! afterwards, and only for suspicious objects.

use std::collections::BTreeSet;
use std::path::PathBuf;

use gix::hash::ObjectId;
use gix::objs::Kind;

use super::cache::Clean;
use super::edges::Climb;
use super::forest::Forest;
use super::gaps::Gaps;
use super::graph::{Garbage, Graph};
use super::items::text_of_commit;
use super::objects::Buffers;
use super::pass::Pass;
use super::provenance::Provenance;
use super::record::Record;
use super::refs::Tip;
use super::{GitError, Repository};
use crate::finding::{Counts, Finding, Origin, OriginKind};
use crate::source::{Chunk, Sink, Sinks};
use crate::span::{Charset, Position};

/// Options of a history scan.
#[derive(Clone, Debug, Default)]
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
    graph: Graph<'r>,
    garbage: Garbage,
    /// True if objects that no ref reaches count too.
    unreachable: bool,
    provenance: Option<Provenance>,
    head: Option<ObjectId>,
    tips: Vec<Tip>,
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
    let threads = super::threads(options.threads);
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
    let pass = Pass::new(&graph, &clean, options.max_file_size);
    let forests = pass.run(threads, sinks);
    let (record, mut seen) = pass.done();
    clean.learn(std::mem::take(&mut seen.learnt));
    seen.damaged.sort();
    let roots: BTreeSet<ObjectId> = tips.tips.iter().map(|tip| tip.id).collect();
    // The references of a damaged commit or tree are unknown, so nothing may be treated as garbage.
    let garbage = if seen.damaged.is_empty() {
        graph.garbage(&roots)
    } else {
        Garbage::none()
    };
    if !options.unreachable {
        let suspects = &mut seen.suspects;
        suspects.retain(|(number, _)| !garbage.contains(*number));
    }
    seen.suspects.sort_unstable_by_key(|(number, _)| *number);
    let read = Counts {
        refs: tips.tips.len() as u64,
        bytes: seen.bytes,
        cached: seen.cached,
        ..Counts::default()
    };
    let left_out = |number| !options.unreachable && garbage.contains(number);
    sink.count(&count(&graph, &left_out, read));
    let gaps = Gaps {
        repository,
        graph: &graph,
        allowed: options.allow_incomplete,
    };
    gaps.tell(&roots, &seen.damaged, &tips.unreadable, &mut *sink);
    let provenance = provenance(&graph, forests, record, &left_out, &seen.suspects);
    let history = History {
        provenance,
        graph,
        garbage,
        unreachable: options.unreachable,
        head,
        tips: tips.tips,
    };
    history.report(&seen.suspects, &mut *sink)?;
    Ok(history)
}

/// Returns the origins of the blobs among the suspects; `None` if there are none.
fn provenance(
    graph: &Graph<'_>,
    forests: Vec<Option<Forest<'_>>>,
    record: Record,
    left_out: &dyn Fn(u32) -> bool,
    suspects: &[(u32, Kind)],
) -> Option<Provenance> {
    let blobs = suspects.iter().filter(|(_, kind)| *kind == Kind::Blob);
    let mut blobs = blobs
        .map(|(number, _)| (graph.numbers.id(graph.objects, *number), *number))
        .peekable();
    blobs.peek()?;
    let climb = Climb {
        graph,
        forests,
        left_out,
    };
    Some(Provenance::new(&climb, record, blobs))
}

/// Counts the scanned objects, without the objects that were read but that no ref reaches.
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

impl History<'_> {
    /// Gives the suspicious objects to the sink again, now with a path.
    fn report(&self, suspects: &[(u32, Kind)], sink: &mut dyn Sink) -> Result<(), GitError> {
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
            charset: Charset::default(),
            own: (0, bytes.len() - from),
            before: &[],
        });
    }

    /// Fills in the origins of the findings: paths, commits, refs, and presence at `HEAD`. Joins the findings of the
    /// same secret in several versions of one file.
    pub fn complete(&self, findings: &mut Vec<Finding>) {
        super::places::complete(self, findings);
    }

    /// Returns the names of the refs that the history starts from.
    pub fn ref_names(&self) -> impl Iterator<Item = &str> {
        self.tips.iter().map(|tip| tip.name.as_str())
    }

    /// Returns the kind and the id of every object that was read and counts.
    pub fn objects(&self) -> impl Iterator<Item = (String, String)> {
        let numbers = 0..self.graph.numbers.total();
        let counted = numbers.filter(|n| self.unreachable || !self.garbage.contains(*n));
        counted.filter_map(|number| {
            let kind = self.graph.kind(number)?;
            let id = self.graph.numbers.id(self.graph.objects, number);
            Some((kind.to_string(), id.to_string()))
        })
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
