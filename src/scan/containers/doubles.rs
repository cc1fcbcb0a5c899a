//! Removal of findings that are found twice: in the own bytes of a container and in its members, or in the bytes of a
//! document and in the text that was taken from it.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use crate::finding::Finding;
use crate::span::DocumentPlace;

/// Drops the findings in the own bytes of a container whose secret is reported in a member of the container: the bytes
/// of a member that is not compressed are bytes of the container too.
pub(in crate::scan) fn drop_doubles(findings: &mut Vec<Finding>) {
    join_tracked(findings);
    type ContainerSecret = (String, PathBuf, Option<String>, Option<String>);
    let key = |f: &Finding| -> ContainerSecret {
        let origin = &f.origin;
        (
            f.fingerprint.clone(),
            f.path.clone(),
            origin.blob.clone(),
            origin.commit.clone(),
        )
    };
    let in_members: HashSet<ContainerSecret> = findings
        .iter()
        .filter(|f| f.origin.member.is_some() && f.origin.raw_at.is_none())
        .map(key)
        .collect();
    if !in_members.is_empty() {
        findings.retain(|f| f.origin.member.is_some() || !in_members.contains(&key(f)));
    }
}

/// What the finding in the bytes of a document and that in its text have in common.
type TrackedSecret = (String, PathBuf, Option<String>, Option<String>, String, u64);

fn tracked_key(finding: &Finding, at: u64) -> TrackedSecret {
    let origin = &finding.origin;
    (
        finding.fingerprint.clone(),
        finding.path.clone(),
        origin.blob.clone(),
        origin.commit.clone(),
        origin.way().to_owned(),
        at,
    )
}

/// Joins each finding in the text of a document with that in the bytes of the document, which can be redacted and has
/// the line that editors show: the one in the bytes gets the place of the other.
fn join_tracked(findings: &mut Vec<Finding>) {
    let tracked = findings.iter().filter_map(|f| {
        let key = tracked_key(f, f.origin.raw_at?);
        Some((key, f.origin.place.clone()))
    });
    let tracked: HashMap<TrackedSecret, Option<DocumentPlace>> = tracked.collect();
    if tracked.is_empty() {
        return;
    }
    let mut joined = HashSet::new();
    for finding in findings.iter_mut().filter(|f| f.origin.raw_at.is_none()) {
        let key = tracked_key(finding, finding.bytes.start);
        if let Some(place) = tracked.get(&key) {
            finding.origin.place.clone_from(place);
            joined.insert(key);
        }
    }
    findings.retain(|f| {
        let key = f.origin.raw_at.map(|at| tracked_key(f, at));
        key.is_none_or(|key| !joined.contains(&key))
    });
}
