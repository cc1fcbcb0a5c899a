//! Prepares a walk through many commits: all threads find the additions of each commit, and the new blobs that are
//! clean. The walk itself, in the order of the commits, then only has to check the others.

use std::collections::HashSet;

use gix::hash::ObjectId;
use gix::objs::Kind;

use super::GitError;
use super::difference::CommitDifference;
use super::objects::{LookupBuffers, ObjectDatabase};
use super::select::SelectedCommit;
use super::trees::TreeReader;
use crate::finding::ReadCounts;
use crate::source::{Sink, Sinks};
use crate::threads::{JobQueue, run_in_threads};

/// Number of commits, or blobs, up to which one thread does all the work.
const FEW: usize = 16;

/// Number of items that a thread takes at once; neighbours are often deltas of each other.
const BATCH: usize = 8;

/// Results of the preparation.
pub(super) struct PrescanResult {
    /// Additions of each commit, in the order of the commits.
    pub(super) differences: Vec<Result<CommitDifference, GitError>>,
    /// Blobs that were read and counted, and are clean.
    pub(super) clean: HashSet<ObjectId>,
}

/// Prepares with `threads` threads. Blobs larger than `max` bytes, or not readable, are left to the walk.
pub(super) fn prescan_commits(
    objects: &ObjectDatabase,
    commits: &[SelectedCommit],
    threads: usize,
    max: Option<u64>,
    sinks: &Sinks<'_>,
) -> PrescanResult {
    let of_commit = |trees: &mut TreeReader<'_>, at: usize| {
        let commit: &SelectedCommit = &commits[at];
        CommitDifference::of_commit(commit.id, &commit.parents, trees)
    };
    let start = || TreeReader::new(objects);
    let differences = map_in_threads(commits.len(), threads, &start, &of_commit);
    let new = differences.iter().flatten().flat_map(|d| &d.new);
    let mut blobs: Vec<ObjectId> = new.map(|new| new.id).collect();
    blobs.sort_unstable();
    blobs.dedup();
    blobs.sort_by_cached_key(|id| objects.place(id));
    let start = || (LookupBuffers::default(), sinks());
    let is_clean = |(buffers, sink): &mut (LookupBuffers, Box<dyn Sink + '_>), at: usize| {
        let found = objects.find(&blobs[at], buffers);
        let size = buffers.object.len() as u64;
        let clean = matches!(found, Ok(Some(Kind::Blob)))
            && max.is_none_or(|max| size <= max)
            && !sink.may_report(&buffers.object);
        if clean {
            sink.passed(1, size);
            sink.count(&ReadCounts {
                blobs: 1,
                bytes: size,
                ..ReadCounts::default()
            });
        }
        clean
    };
    let clean = map_in_threads(blobs.len(), threads, &start, &is_clean);
    let clean = blobs.iter().zip(clean).filter(|(_, clean)| *clean);
    PrescanResult {
        clean: clean.map(|(id, _)| *id).collect(),
        differences,
    }
}

/// Calls the work for all numbers below `count`, with one tool for each thread, and returns the results in order.
fn map_in_threads<Tool, Done: Send>(
    count: usize,
    threads: usize,
    tool: &(dyn Fn() -> Tool + Sync),
    work: &(dyn Fn(&mut Tool, usize) -> Done + Sync),
) -> Vec<Done> {
    let threads = if count <= FEW { 1 } else { threads };
    let jobs = JobQueue::new(count, BATCH);
    let done = run_in_threads(threads, || {
        let mut tool = tool();
        let batches = std::iter::from_fn(|| jobs.take_batch());
        let done = batches.flatten().map(|at| (at, work(&mut tool, at)));
        done.collect::<Vec<_>>()
    });
    let mut all: Vec<_> = done.into_iter().flatten().collect();
    all.sort_unstable_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, done)| done).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_in_turn_is_in_order_and_done_once() {
        for (count, threads) in [(0, 2), (3, 2), (17, 2), (100, 3), (1000, 1)] {
            let done = map_in_threads(count, threads, &|| 0, &|calls, at| {
                *calls += 1;
                at * 2
            });
            let expected: Vec<usize> = (0..count).map(|at| at * 2).collect();
            assert_eq!(done, expected);
        }
    }
}
