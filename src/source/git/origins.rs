//! Fills in the origins of the findings of a history, and joins the versions of one file with the same secret.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use gix::hash::ObjectId;
use gix::objs::CommitRefIter;

use super::history::History;
use super::objects::{LookupBuffers, ObjectDatabase};
use super::path_from_git;
use super::provenance::{BlobTrace, Provenance};
use crate::finding::{Finding, Origin, OriginKind};

/// Maximum number of refs that are listed by name; the others are counted.
const REFS: usize = 20;

impl History<'_> {
    /// Fills in the origins of the findings: paths, commits, refs, and presence at `HEAD`. Joins the findings of the
    /// same secret in several versions of one file.
    pub fn fill_origins(&self, findings: &mut Vec<Finding>) {
        let mut resolver = OriginResolver::new(self);
        let mut traced: HashMap<String, Option<BlobLocation>> = HashMap::new();
        let mut places = Vec::with_capacity(findings.len());
        for finding in findings.iter_mut() {
            let place = match (&finding.origin.source_kind(), &finding.origin.blob) {
                (OriginKind::Blob, Some(blob)) => traced
                    .entry(blob.clone())
                    .or_insert_with(|| resolver.place(blob))
                    .clone(),
                _ => None,
            };
            match &place {
                Some(place) => place.fill_in(finding),
                None => resolver.fill_commit_origin(&mut finding.origin),
            }
            places.push(place);
        }
        mark_at_head(findings, &places);
        join_versions(findings, &places);
        name_refs(&mut resolver, findings);
    }
}

/// Origin of a blob in the form of a report.
#[derive(Clone)]
struct BlobLocation {
    path: PathBuf,
    paths: Vec<String>,
    head: Option<PathBuf>,
    commit: Option<(String, Authorship)>,
    /// Time of the commit, in seconds since 1970; the earliest version is kept for the later ones.
    time: i64,
    /// Commit that took the blob out of the history of `HEAD`, with its time.
    removal: Option<Removal>,
}

/// Commit that took a blob out of a history.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Removal {
    time: i64,
    commit: String,
    date: Option<String>,
}

impl BlobLocation {
    fn fill_in(&self, finding: &mut Finding) {
        finding.path.clone_from(&self.path);
        let origin = &mut finding.origin;
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        origin.rename_container(&name.to_string_lossy());
        if self.paths.len() > 1 {
            origin.paths.clone_from(&self.paths);
        }
        if let Some((commit, authorship)) = &self.commit {
            origin.commit = Some(commit.clone());
            origin.introduced_in = Some(commit.clone());
            authorship.clone().fill_in(origin);
        }
    }
}

/// Lookups in the history.
struct OriginResolver<'b> {
    objects: &'b ObjectDatabase,
    provenance: Option<&'b Provenance>,
    history: &'b History<'b>,
    head: Option<u32>,
    /// Commits in the history of `HEAD`.
    is_in_head: Vec<bool>,
    buffers: LookupBuffers,
}

impl<'b> OriginResolver<'b> {
    fn new(history: &'b History<'b>) -> Self {
        let (graph, provenance, head, _) = history.parts();
        let head = head.and_then(|id| graph.numbers.of(graph.objects, &id));
        OriginResolver {
            objects: graph.objects,
            provenance,
            history,
            head,
            is_in_head: provenance
                .zip(head)
                .map(|(provenance, head)| provenance.history_of(head))
                .unwrap_or_default(),
            buffers: LookupBuffers::default(),
        }
    }

    fn place(&mut self, blob: &str) -> Option<BlobLocation> {
        let provenance = self.provenance?;
        let id = ObjectId::from_hex(blob.as_bytes()).ok()?;
        let trace = provenance.trace_blob(id, self.head);
        let first = trace.paths.first()?.clone();
        let path = trace.head.clone().unwrap_or(first);
        Some(BlobLocation {
            path: path_from_git(&path),
            paths: trace
                .paths
                .iter()
                .map(|p| String::from_utf8_lossy(p).into_owned())
                .collect(),
            head: trace.head.as_deref().map(path_from_git),
            commit: trace.first.and_then(|at| self.commit(at)),
            time: trace
                .first
                .map_or(i64::MAX, |at| provenance.commits[at as usize].time),
            removal: self.find_removal(provenance, &trace),
        })
    }

    /// Returns the commit that took a blob out of the history of `HEAD`.
    fn find_removal(&mut self, provenance: &Provenance, trace: &BlobTrace) -> Option<Removal> {
        if trace.head.is_some() || self.is_in_head.is_empty() {
            return None;
        }
        let at = provenance.last_removal(trace, &self.is_in_head)?;
        let (commit, authorship) = self.commit(at)?;
        Some(Removal {
            time: provenance.commits[at as usize].time,
            commit,
            date: authorship.date,
        })
    }

    /// Returns the id and authorship of a commit.
    fn commit(&mut self, at: u32) -> Option<(String, Authorship)> {
        let (graph, provenance, ..) = self.history.parts();
        let number = provenance?.commits[at as usize].number;
        let id = graph.numbers.id(graph.objects, number);
        Some((
            id.to_string(),
            read_authorship(self.objects, id, &mut self.buffers)?,
        ))
    }

    /// Fills in the origin of a finding in a commit's own text: the commit itself introduced it.
    fn fill_commit_origin(&mut self, origin: &mut Origin) {
        let Some(id) = origin
            .commit
            .as_ref()
            .and_then(|c| ObjectId::from_hex(c.as_bytes()).ok())
        else {
            return;
        };
        origin.introduced_in = Some(id.to_string());
        if let Some(authorship) = read_authorship(self.objects, id, &mut self.buffers) {
            authorship.fill_in(origin);
        }
    }

    /// Returns the refs whose history contains a blob, the first few by name, and the number of the others.
    fn refs_holding(&self, trace: &BlobTrace) -> HoldingRefs {
        let (graph, Some(provenance), _, tips) = self.history.parts() else {
            return HoldingRefs::default();
        };
        let has = provenance.holding_commits(trace);
        let mut buffers = LookupBuffers::default();
        let mut names: Vec<String> = tips
            .iter()
            .filter(|tip| {
                let commit = peel_tag(graph.objects, tip.id, &mut buffers);
                commit
                    .and_then(|short_fingerprint| {
                        graph.numbers.of(graph.objects, &short_fingerprint)
                    })
                    .and_then(|number| provenance.place(number))
                    .is_some_and(|at| has[at as usize])
            })
            .map(|tip| tip.name.clone())
            .collect();
        names.sort();
        names.dedup();
        let left_out = names.len().saturating_sub(REFS) as u64;
        names.truncate(REFS);
        HoldingRefs {
            names,
            left_out: (left_out > 0).then_some(left_out),
        }
    }
}

/// Refs whose history contains a blob.
#[derive(Clone, Debug, Default)]
struct HoldingRefs {
    /// The first few, by name.
    names: Vec<String>,
    /// Number of the others.
    left_out: Option<u64>,
}

/// Returns the object behind a tag, or behind a tag of a tag.
pub(super) fn peel_tag(
    objects: &ObjectDatabase,
    id: ObjectId,
    buffers: &mut LookupBuffers,
) -> Option<ObjectId> {
    let mut id = id;
    for _ in 0..16 {
        match objects.find(&id, buffers).ok()?? {
            gix::objs::Kind::Tag => {
                let tag = gix::objs::TagRefIter::from_bytes(&buffers.object, objects.hash);
                id = tag.target_id().ok()?;
            }
            gix::objs::Kind::Commit => return Some(id),
            _ => return None,
        }
    }
    None
}

/// Author and author date of a commit, in the form of a report.
#[derive(Clone, Debug, Default)]
pub(super) struct Authorship {
    author: Option<String>,
    date: Option<String>,
}

impl Authorship {
    /// Parses the header of a commit.
    pub(super) fn parse(commit: &[u8], hash: gix::hash::Kind) -> Authorship {
        let Ok(author) = CommitRefIter::from_bytes(commit, hash).author() else {
            return Authorship::default();
        };
        let name = format!("{} <{}>", author.name, author.email);
        let time = author.time().ok();
        Authorship {
            author: Some(name.trim().to_owned()),
            date: time.and_then(|t| t.format(gix::date::time::format::ISO8601_STRICT).ok()),
        }
    }

    pub(super) fn fill_in(self, origin: &mut Origin) {
        origin.author = self.author;
        origin.author_date = self.date;
    }
}

fn read_authorship(
    objects: &ObjectDatabase,
    id: ObjectId,
    buffers: &mut LookupBuffers,
) -> Option<Authorship> {
    objects.find(&id, buffers).ok()??;
    Some(Authorship::parse(&buffers.object, objects.hash))
}

/// Marks the findings whose secret is still at `HEAD`, in any version of any file, and says when the others left it.
fn mark_at_head(findings: &mut [Finding], places: &[Option<BlobLocation>]) {
    let mut removals: HashMap<String, &Removal> = HashMap::new();
    for (finding, place) in findings.iter().zip(places) {
        if let Some(removal) = place.as_ref().and_then(|place| place.removal.as_ref()) {
            let seen = removals.entry(finding.fingerprint.clone());
            seen.and_modify(|old| *old = removal.max(*old))
                .or_insert(removal);
        }
    }
    let mut there: HashMap<String, (String, u64)> = HashMap::new();
    for (finding, place) in findings.iter().zip(places) {
        if let Some(head) = place.as_ref().and_then(|p| p.head.as_ref()) {
            let path = head.to_string_lossy().into_owned();
            let seen = there.entry(finding.fingerprint.clone());
            // A finding's own path is preferred if the secret is at several.
            let better = (path, finding.start.line);
            seen.and_modify(|old| *old = old.clone().min(better.clone()))
                .or_insert(better);
        }
    }
    for (finding, place) in findings.iter_mut().zip(places) {
        if place.is_none() {
            continue;
        }
        let known = there.get(&finding.fingerprint);
        finding.origin.at_head = Some(known.is_some());
        if let Some((path, line)) = known {
            finding.origin.head_path = Some(path.clone());
            finding.origin.head_line = Some(*line);
        } else if let Some(removal) = removals.get(&finding.fingerprint) {
            finding.origin.removed_in = Some(removal.commit.clone());
            finding.origin.removed_date.clone_from(&removal.date);
        }
    }
}

/// Keeps only the earliest version of the same secret at the same path, and counts the others.
fn join_versions(findings: &mut Vec<Finding>, places: &[Option<BlobLocation>]) {
    /// Rule, fingerprint, path, and true if no ref reaches the version.
    type VersionKey = (Arc<str>, String, PathBuf, bool);
    let mut groups: BTreeMap<VersionKey, Vec<usize>> = BTreeMap::new();
    for (at, finding) in findings.iter().enumerate() {
        if places[at].is_some() {
            let key = (
                Arc::clone(&finding.rule_id),
                finding.fingerprint.clone(),
                finding.path.clone(),
                finding.origin.unreachable,
            );
            groups.entry(key).or_default().push(at);
        }
    }
    let mut keep = vec![true; findings.len()];
    for group in groups.values() {
        let time = |at: &&usize| {
            let time = places[**at].as_ref().map(|p| p.time);
            (time, &findings[**at].origin.blob)
        };
        let first = group.iter().min_by_key(time);
        let blob = first.and_then(|at| findings[*at].origin.blob.clone());
        let blobs: BTreeSet<Option<String>> = group
            .iter()
            .map(|at| findings[*at].origin.blob.clone())
            .collect();
        for at in group {
            keep[*at] = findings[*at].origin.blob == blob;
            findings[*at].origin.versions = (blobs.len() > 1).then_some(blobs.len() as u64);
        }
    }
    let mut keep = keep.into_iter();
    findings.retain(|_| keep.next().unwrap_or(true));
}

/// Adds the names of the refs that contain each remaining finding.
fn name_refs(resolver: &mut OriginResolver<'_>, findings: &mut [Finding]) {
    let Some(provenance) = resolver.provenance else {
        return;
    };
    let mut known: HashMap<String, HoldingRefs> = HashMap::new();
    for finding in findings {
        let Some(blob) = finding.origin.blob.clone() else {
            continue;
        };
        let Ok(id) = ObjectId::from_hex(blob.as_bytes()) else {
            continue;
        };
        let refs = known
            .entry(blob)
            .or_insert_with(|| resolver.refs_holding(&provenance.trace_blob(id, resolver.head)));
        finding.origin.refs.clone_from(&refs.names);
        finding.origin.refs_left_out = refs.left_out;
    }
}
