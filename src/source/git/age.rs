//! Splits the commits of a branch by age, where nothing names the commit that the branch had before a push.
//!
//! No bound is proof: git does not record when a commit was pushed. The commits of the first-parent line are compared
//! with the latest one, so a merged branch is as new as its merge, whatever the dates of its commits are.

use std::collections::{HashMap, HashSet};
use std::time::{SystemTime, UNIX_EPOCH};

use gix::hash::ObjectId;
use gix::objs::CommitRefIter;

use super::objects::{LookupBuffers, ObjectDatabase};

/// Number of seconds of a day.
const DAY: i64 = 86_400;

/// Returns those of the commits with these `parents` that the branch `head` had more than `days` before its latest commit, and all that they
/// reach.
///
/// An unreadable or impossible date makes a commit new. So does a later date further down the line, because a commit is
/// never older than its parents.
pub(super) fn find_earlier_commits(
    objects: &ObjectDatabase,
    parents: &HashMap<ObjectId, &[ObjectId]>,
    head: ObjectId,
    days: u32,
) -> HashSet<ObjectId> {
    let first_parent = |id: &ObjectId| parents.get(id).and_then(|p| p.first()).copied();
    let line: Vec<ObjectId> = std::iter::successors(Some(head), first_parent).collect();
    let mut buffers = LookupBuffers::default();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    let now = now.and_then(|now| i64::try_from(now.as_secs()).ok());
    let latest = commit_time(objects, &head, &mut buffers).zip(now);
    let Some(since) = latest.map(|(at, now)| at.min(now) - i64::from(days) * DAY) else {
        return HashSet::new();
    };
    let is_recent =
        |id: &ObjectId| commit_time(objects, id, &mut buffers).is_none_or(|at| at >= since);
    let Some(last_recent) = line.iter().rposition(is_recent) else {
        return HashSet::new();
    };
    let mut earlier = HashSet::new();
    let mut pending: Vec<ObjectId> = line.get(last_recent + 1).copied().into_iter().collect();
    while let Some(id) = pending.pop() {
        if earlier.insert(id) {
            pending.extend(parents.get(&id).copied().unwrap_or_default());
        }
    }
    earlier
}

/// Returns the commit's committer date in seconds since 1970.
fn commit_time(
    objects: &ObjectDatabase,
    id: &ObjectId,
    buffers: &mut LookupBuffers,
) -> Option<i64> {
    objects.find(id, buffers).ok()??;
    let committer = CommitRefIter::from_bytes(&buffers.object, objects.hash).committer();
    Some(committer.ok()?.time().ok()?.seconds)
}
