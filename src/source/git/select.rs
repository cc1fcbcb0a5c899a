//! Selects commits: a range, the commits of a push, the latest ones.

use std::cell::RefCell;
use std::collections::HashSet;

use gix::error::ErrorExt as _;
use gix::hash::{ObjectId, oid};
use gix::objs::{Data, Kind, TagRefIter};
use gix::traverse::commit::Simple;
use gix::traverse::commit::simple::{CommitTimeOrder, Sorting};

use super::age::find_earlier_commits;
use super::objects::{LookupBuffers, ObjectDatabase};
use super::origins::peel_tag;
use super::{GitError, GitErrorKind, Repository};

/// Selection of the commits of a scan.
///
/// ```
/// use tokensweep::git::{CommitSelection, RangeOptions};
///
/// let latest = CommitSelection::Recent { refs: None, since: None, max: Some(20) };
/// let options = RangeOptions::new(latest);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CommitSelection {
    /// `A..B`: commits that `B` reaches and `A` does not; `A...B`: those that exactly one reaches. As in git.
    Range(String),
    /// Latest commits of all refs, or of those that match a pattern.
    Recent {
        /// Pattern for refs.
        refs: Option<String>,
        /// Earliest time of a commit, in seconds since 1970.
        since: Option<i64>,
        /// Maximum number of commits.
        max: Option<usize>,
    },
    /// Objects that some commits reach and others do not, all by their full ids.
    Pushed {
        /// Pushed objects.
        new: Vec<String>,
        /// Objects that the other side has; ids that are not here are ignored.
        old: Vec<String>,
        /// Pattern of the refs whose objects the other side has too.
        known_refs: Option<String>,
    },
    /// All commits that `head` reaches. Findings in what the branch had more than `days` before `head` are pre-existing.
    SplitByAge {
        /// Full id of the latest commit.
        head: String,
        /// Age in days from which a commit is not new.
        days: u32,
    },
    /// Objects that `git push` sends: those that `new` reaches here and `old`, which the other side has, does not.
    Sent {
        /// Full ids that the refs of the other side will have.
        new: Vec<String>,
        /// Full ids that they have; ids that are not here are ignored.
        old: Vec<String>,
    },
    /// Objects that a push adds to this repository, beyond those that its branches and tags reach.
    Received {
        /// Full ids that its refs will have.
        new: Vec<String>,
        /// Full ids that they have.
        old: Vec<String>,
    },
}

/// Patterns of the refs that everybody who fetches from a repository gets. Other refs may be private, or left over from
/// deleted ones.
const PUBLIC_REFS: [&str; 2] = ["refs/heads/*", "refs/tags/*"];

/// Parses a date in any form that git accepts, to seconds since 1970.
///
/// # Errors
/// When the date is in no such form.
pub(crate) fn parse_date(text: &str) -> Result<i64, GitError> {
    gix::date::parse(text, Some(gix::date::Zoned::now()))
        .map(|time| time.seconds)
        .map_err(|_| {
            GitError::new(GitErrorKind::InvalidArgument, format!(
                "`{text}` is no date; write one such as `2024-05-01`, `2024-05-01 10:00:00 +0200` or `2 weeks ago`"
            ))
        })
}

/// Selected commits, the newest first.
#[derive(Debug, Default)]
pub(super) struct SelectedCommits {
    pub(super) commits: Vec<SelectedCommit>,
    /// Commit at the end of the range.
    pub(super) tip: Option<ObjectId>,
    /// Number of refs that the walk started from.
    pub(super) refs: u64,
    /// Tag objects and blobs that are pushed themselves.
    pub(super) others: Vec<ObjectId>,
    /// Commits whose findings are pre-existing.
    pub(super) earlier: HashSet<ObjectId>,
    /// Reason why the walk ended early, if it did.
    pub(super) broken: Option<String>,
    /// True if only objects of this clone are requested, because only they can be sent from it.
    pub(super) is_sent: bool,
}

/// Commit with those of its parents that the clone has.
#[derive(Debug)]
pub(super) struct SelectedCommit {
    pub(super) id: ObjectId,
    pub(super) parents: Vec<ObjectId>,
}

/// Finds the selected commits.
pub(super) fn select_commits(
    repository: &Repository,
    which: &CommitSelection,
) -> Result<SelectedCommits, GitError> {
    let picker = CommitSelector { repository };
    match which {
        CommitSelection::Range(range) => picker.select_range(range),
        CommitSelection::Recent { refs, since, max } => {
            let tips = repository.read_tips(refs.as_deref())?.tips;
            let starts: Vec<ObjectId> = tips.iter().map(|t| t.id).collect();
            let mut selected = picker.walk(&picker.commits(&starts), &[], *since, *max);
            selected.refs = tips.len() as u64;
            selected.tip = repository.head()?;
            Ok(selected)
        }
        CommitSelection::Pushed {
            new,
            old,
            known_refs,
        } => picker.select_pushed(new, old, known_refs.as_deref().as_slice()),
        CommitSelection::SplitByAge { head, days } => {
            let mut selected = picker.select_pushed(std::slice::from_ref(head), &[], &[])?;
            if let Some(tip) = selected.tip {
                let commits = selected.commits.iter();
                let parents = commits.map(|c| (c.id, c.parents.as_slice())).collect();
                selected.earlier = find_earlier_commits(&repository.objects, &parents, tip, *days);
            }
            Ok(selected)
        }
        CommitSelection::Received { new, old } => picker.select_pushed(new, old, &PUBLIC_REFS),
        CommitSelection::Sent { new, old } => Ok(SelectedCommits {
            is_sent: true,
            ..picker.select_pushed(new, old, &[])?
        }),
    }
}

/// Parses full ids; zeros mean no object.
fn parse_ids(names: &[String]) -> Result<Vec<ObjectId>, GitError> {
    let mut ids = Vec::new();
    for name in names {
        let id = ObjectId::from_hex(name.as_bytes()).map_err(|_| {
            GitError::new(
                GitErrorKind::InvalidArgument,
                format!("`{name}` is no full object id; `git rev-parse` prints the id of a name"),
            )
        })?;
        if !id.is_null() {
            ids.push(id);
        }
    }
    Ok(ids)
}

impl Repository {
    /// Returns the full id of the object that a revision names; an annotated tag is an object of its own.
    ///
    /// # Errors
    /// When there is no such object here.
    pub fn resolve(&self, revision: &str) -> Result<String, GitError> {
        let id = self.find_revision(revision)?;
        if !self.objects.has_object(&id) {
            return Err(unknown_commit(revision));
        }
        Ok(id.to_string())
    }

    /// Returns true if `from` reaches the commit `revision`; false if one of them is not here.
    #[must_use]
    pub fn is_reachable(&self, revision: &str, from: &str) -> bool {
        let ids = [revision, from].map(|name| self.find_revision(name));
        let [Ok(revision), Ok(from)] = ids else {
            return false;
        };
        let selector = CommitSelector { repository: self };
        let [commit, from] = [revision, from].map(|id| selector.commits(&[id]));
        let left = selector.walk(&commit, &from, None, Some(1));
        !commit.is_empty() && !from.is_empty() && left.commits.is_empty() && left.broken.is_none()
    }

    /// Returns the id that a revision names; a full id need not be an object here.
    fn find_revision(&self, revision: &str) -> Result<ObjectId, GitError> {
        if let Ok(id) = ObjectId::from_hex(revision.as_bytes()) {
            return Ok(id);
        }
        let local = self.inner.to_thread_local();
        let found = local.rev_parse_single(revision);
        found
            .map(gix::Id::detach)
            .map_err(|_| unknown_commit(revision))
    }
}

fn unknown_commit(name: &str) -> GitError {
    GitError::new(
        GitErrorKind::UnknownRevision,
        format!(
            "there is no commit `{name}` here, or more than one; a shallow clone may lack it: \
        `git fetch --unshallow`, or `fetch-depth: 0` for actions/checkout, brings it"
        ),
    )
}

struct CommitSelector<'p> {
    repository: &'p Repository,
}

impl CommitSelector<'_> {
    /// Selects the objects that `new` reaches, without those that `old` and the refs that match `known_refs` reach.
    fn select_pushed(
        &self,
        new: &[String],
        old: &[String],
        known_refs: &[&str],
    ) -> Result<SelectedCommits, GitError> {
        let pushed = parse_ids(new)?;
        // An unreadable id hides nothing: one report too many is better than one too few.
        let mut hidden: Vec<ObjectId> = old
            .iter()
            .filter_map(|name| ObjectId::from_hex(name.as_bytes()).ok())
            .collect();
        for pattern in known_refs {
            let tips = self.repository.read_tips(Some(pattern))?.tips;
            hidden.extend(tips.iter().map(|tip| tip.id));
        }
        hidden.retain(|id| self.repository.objects.has_object(id));
        let (commits, others) = self.peel_all(&pushed, &hidden);
        let mut selected = self.walk(&commits, &self.commits(&hidden), None, None);
        selected.tip = commits.first().copied();
        selected.refs = pushed.len() as u64;
        selected.others = others;
        Ok(selected)
    }

    /// Returns the commits among `pushed` and behind its tags, and all other objects that are sent on the way to them.
    /// The search ends at an object in `hidden`.
    fn peel_all(&self, pushed: &[ObjectId], hidden: &[ObjectId]) -> (Vec<ObjectId>, Vec<ObjectId>) {
        let objects = &self.repository.objects;
        let mut buffers = LookupBuffers::default();
        let (mut commits, mut others) = (Vec::new(), Vec::new());
        let mut seen: HashSet<ObjectId> = hidden.iter().copied().collect();
        let mut pending: Vec<ObjectId> = pushed.iter().rev().copied().collect();
        while let Some(id) = pending.pop() {
            if !seen.insert(id) {
                continue;
            }
            match objects.find(&id, &mut buffers) {
                Ok(Some(Kind::Commit)) => commits.push(id),
                Ok(Some(Kind::Tag)) => {
                    let tag = TagRefIter::from_bytes(&buffers.object, objects.hash);
                    pending.extend(tag.target_id().ok());
                    others.push(id);
                }
                _ => others.push(id),
            }
        }
        (commits, others)
    }

    fn select_range(&self, range: &str) -> Result<SelectedCommits, GitError> {
        let (from, to, both) = if let Some((from, to)) = range.split_once("...") {
            (from, to, true)
        } else if let Some((from, to)) = range.split_once("..") {
            (from, to, false)
        } else {
            return Err(GitError::new(
                GitErrorKind::InvalidArgument,
                format!(
                    "`{range}` is one commit, not a range; write `A..B` for what B has and A has not, \
                `{range}~1..{range}` for this commit alone"
                ),
            ));
        };
        let from = self.commit(from)?;
        let to = self.commit(to)?;
        let mut selected = self.walk(&[to], &[from], None, None);
        if both {
            let other = self.walk(&[from], &[to], None, None);
            selected.commits.extend(other.commits);
            selected.broken = selected.broken.or(other.broken);
        }
        selected.tip = Some(to);
        Ok(selected)
    }

    /// Returns the commit that a name refers to; an empty name is `HEAD`.
    fn commit(&self, name: &str) -> Result<ObjectId, GitError> {
        let name = if name.is_empty() { "HEAD" } else { name };
        let id = self.repository.find_revision(name)?;
        peel_tag(&self.repository.objects, id, &mut LookupBuffers::default())
            .ok_or_else(|| unknown_commit(name))
    }

    /// Returns the commits behind tags, without the ids that lead to no commit.
    fn commits(&self, ids: &[ObjectId]) -> Vec<ObjectId> {
        let mut buffers = LookupBuffers::default();
        let mut seen = HashSet::new();
        ids.iter()
            .filter_map(|id| peel_tag(&self.repository.objects, *id, &mut buffers))
            .filter(|id| seen.insert(*id))
            .collect()
    }

    fn walk(
        &self,
        new: &[ObjectId],
        old: &[ObjectId],
        since: Option<i64>,
        max: Option<usize>,
    ) -> SelectedCommits {
        let mut selected = SelectedCommits::default();
        if new.is_empty() {
            return selected;
        }
        let order = CommitTimeOrder::NewestFirst;
        let sorting = match since {
            Some(seconds) => Sorting::ByCommitTimeCutoff { order, seconds },
            None => Sorting::ByCommitTime(order),
        };
        let source = CommitSource {
            objects: &self.repository.objects,
            shallow: self.repository.shallow(),
            buffers: RefCell::default(),
        };
        let walk = Simple::new(new.iter().copied(), source)
            .sorting(sorting)
            .and_then(|walk| walk.hide(old.iter().copied()));
        let walk = match walk {
            Ok(walk) => walk,
            Err(e) => {
                selected.broken = Some(super::plain(&e));
                return selected;
            }
        };
        for commit in walk.take(max.unwrap_or(usize::MAX)) {
            match commit {
                Ok(commit) => selected.commits.push(SelectedCommit {
                    id: commit.id,
                    parents: commit.parent_ids.to_vec(),
                }),
                Err(e) => selected.broken = Some(super::plain(&e)),
            }
        }
        selected
    }
}

/// Source of commits for the walk; those at the border of a shallow clone have no parents, as in git.
struct CommitSource<'s> {
    objects: &'s ObjectDatabase,
    shallow: HashSet<ObjectId>,
    buffers: RefCell<LookupBuffers>,
}

impl gix::objs::Find for CommitSource<'_> {
    fn try_find<'a>(&self, id: &oid, out: &'a mut Vec<u8>) -> gix::Result<Option<Data<'a>>> {
        let mut buffers = self.buffers.borrow_mut();
        let found = self.objects.find(id, &mut buffers);
        let found = found.map_err(|e| gix::error::message!("{e}").raise())?;
        let Some(kind) = found else {
            return Ok(None);
        };
        out.clear();
        if kind == Kind::Commit && self.shallow.contains(id) {
            let mut head = true;
            for line in buffers.object.split_inclusive(|b| *b == b'\n') {
                head &= line != b"\n";
                if !head || !line.starts_with(b"parent ") {
                    out.extend_from_slice(line);
                }
            }
        } else {
            out.extend_from_slice(&buffers.object);
        }
        Ok(Some(Data::new(out, kind, self.objects.hash)))
    }
}
