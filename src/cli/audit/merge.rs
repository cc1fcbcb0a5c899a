//! Merges the results of an audit: each secret once, with the repositories that contain it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::store::{AuditResult, ResultFinding, read_result};
use crate::message::portable_path;
use crate::report::{AuditReport, AuditedRepository, AuditedSecret, SecretUse, UnreadPath};

/// Places of the same secret, by repository.
type PlacesByRepository = BTreeMap<String, Vec<ResultFinding>>;

/// Merger of results. The order in which they come does not matter.
#[derive(Debug, Default)]
pub(super) struct ResultMerger {
    repositories: BTreeMap<String, AuditedRepository>,
    secrets: BTreeMap<String, PlacesByRepository>,
    unread: BTreeSet<UnreadPath>,
    /// Path and refs of the repositories that were added.
    seen: BTreeSet<(String, String)>,
}

impl ResultMerger {
    /// Merges the results in these files.
    pub(super) fn merge(files: &[PathBuf]) -> ResultMerger {
        let mut merger = ResultMerger::default();
        for file in files {
            match read_result(file) {
                Ok(result) => merger.add(file, result),
                Err(error) => merger.add_unread(&portable_path(file), format!("{error:#}")),
            }
        }
        merger
    }

    /// Adds a path that could not be read.
    pub(super) fn add_unread(&mut self, path: &str, reason: String) {
        self.unread.insert(UnreadPath {
            path: path.to_owned(),
            reason,
        });
    }

    /// Adds a result, unless it is of a repository in a state that was added already.
    fn add(&mut self, file: &Path, result: AuditResult) {
        let facts = result.repository;
        if !self.seen.insert((facts.path.clone(), facts.refs.clone())) {
            return;
        }
        // Machines may have different repositories at the same path.
        let name = match self.repositories.contains_key(&facts.path) {
            true => format!("{} ({})", facts.path, portable_path(file)),
            false => facts.path,
        };
        let open = result.findings.into_iter().filter(|f| f.status == "open");
        let (mut all, mut at_head) = (BTreeSet::new(), BTreeSet::new());
        for finding in open {
            all.insert(finding.fingerprint.clone());
            if finding.origin.at_head == Some(true) {
                at_head.insert(finding.fingerprint.clone());
            }
            let places = self.secrets.entry(finding.fingerprint.clone()).or_default();
            places.entry(name.clone()).or_default().push(finding);
        }
        let counts = result.scan;
        let repository = AuditedRepository {
            accepted: counts.accepted,
            at_head: at_head.len() as u64,
            blobs: counts.blobs,
            bytes: counts.bytes,
            commits: counts.commits,
            complete: counts.complete,
            head: facts.head,
            path: name.clone(),
            problems: facts.problems,
            refs: counts.refs,
            remote: facts.remote,
            secrets: all.len() as u64,
        };
        self.repositories.insert(name, repository);
    }

    /// Returns the merged report.
    pub(super) fn finish(self) -> AuditReport {
        let secrets = self.secrets.into_iter();
        let mut secrets: Vec<AuditedSecret> = secrets
            .filter_map(|(fingerprint, places)| join_places(fingerprint, places))
            .collect();
        secrets.sort_by_cached_key(|secret| {
            (
                secret.at_head == 0,
                Reverse(secret.confidence),
                Reverse(secret.repositories.len()),
                secret.since.as_deref().map_or(i64::MAX, seconds_of),
                secret.fingerprint.clone(),
            )
        });
        AuditReport {
            repositories: self.repositories.into_values().collect(),
            secrets,
            unread: self.unread.into_iter().collect(),
        }
    }
}

/// Returns one secret with all its repositories, the one that had it first at the beginning.
fn join_places(fingerprint: String, places: PlacesByRepository) -> Option<AuditedSecret> {
    let confidence = places.values().flatten().map(|f| f.confidence).max()?;
    let first = places.values().flatten().next()?;
    let mut secret = AuditedSecret {
        at_head: 0,
        checksum: first.checksum,
        confidence,
        fingerprint,
        r#match: first.r#match.clone(),
        places: places.values().map(|all| all.len() as u64).sum(),
        remediation: first.remediation.clone(),
        repositories: Vec::new(),
        rule_id: first.rule_id.clone(),
        severity: first.severity,
        since: None,
        title: first.title.clone(),
    };
    let uses = places.into_iter();
    let uses = uses.filter_map(|(repository, all)| describe_use(repository, all));
    secret.repositories = uses.collect();
    secret
        .repositories
        .sort_by_key(|used| used.date.as_deref().map_or(i64::MAX, seconds_of));
    let at_head = secret.repositories.iter().filter(|used| used.at_head);
    secret.at_head = at_head.count() as u64;
    secret.since = secret.repositories.first()?.date.clone();
    Some(secret)
}

/// Returns what one repository has of a secret: its first place, and where it is at `HEAD`.
fn describe_use(repository: String, places: Vec<ResultFinding>) -> Option<SecretUse> {
    let count = places.len() as u64;
    let at_head = places.iter().any(|f| f.origin.at_head == Some(true));
    let now = places.iter().filter_map(|f| {
        let path = f.origin.head_path.as_deref()?;
        Some((path, f.origin.head_line?))
    });
    let now_at = now.min().map(|(path, line)| format!("{path}:{line}"));
    let first = places.into_iter().min_by_key(|f| {
        let date = f.origin.author_date.as_deref();
        let when = date.map_or(i64::MAX, seconds_of);
        (when, f.path.clone(), f.line)
    })?;
    let origin = first.origin;
    let way = origin.member.as_deref().and_then(|m| m.split_once('!'));
    Some(SecretUse {
        at_head,
        author: origin.author,
        commit: origin.introduced_in,
        date: origin.author_date,
        line: first.line,
        now_at,
        path: way.map_or(first.path.clone(), |(_, way)| {
            format!("{}!{way}", first.path)
        }),
        places: count,
        repository,
    })
}

/// Returns the time of a date of RFC 3339, in seconds since 1970.
fn seconds_of(date: &str) -> i64 {
    date.parse::<jiff::Timestamp>()
        .map_or(i64::MAX, jiff::Timestamp::as_second)
}
