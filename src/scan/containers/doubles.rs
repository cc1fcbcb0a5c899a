//! Removal of findings that are found twice: in the own bytes of a container and in its members, or in the bytes of a
//! document and in the text that was taken from it.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::super::found::same_value_of;
use crate::finding::{Confidence, Evidence, Finding};
use crate::span::DocumentPlace;

/// Secret in a container: fingerprint, path, blob and commit.
type ContainerSecret<'f> = (&'f str, &'f Path, Option<&'f str>, Option<&'f str>);

/// Own bytes of a file, or of a container on a way in it.
type OwnBytes<'f> = (ContainerSecret<'f>, Option<&'f str>);

/// Drops the findings in the own bytes of a container whose secret is reported in a member of the container, or at a
/// place in its text: the bytes of a member that is not compressed are bytes of the container too.
pub(in crate::scan) fn drop_doubles(findings: &mut Vec<Finding>) {
    join_tracked(findings);
    let mut repeated: HashSet<OwnBytes<'_>> = HashSet::new();
    for finding in findings
        .iter()
        .filter(|f| f.origin.member.is_some() && f.origin.raw_at.is_none())
    {
        let secret = secret_of(finding);
        let way = finding.origin.way();
        repeated.insert((secret, None));
        repeated.extend(
            way.match_indices('!')
                .map(|(at, _)| (secret, Some(&way[..at]))),
        );
        if finding.origin.place.is_some() {
            repeated.insert((secret, Some(way)));
        }
    }
    if repeated.is_empty() {
        return;
    }
    let is_kept = |finding: &Finding| {
        let way = finding.origin.member.as_ref().map(|_| finding.origin.way());
        finding.origin.place.is_some() || !repeated.contains(&(secret_of(finding), way))
    };
    let kept: Vec<bool> = findings.iter().map(is_kept).collect();
    let mut kept = kept.into_iter();
    findings.retain(|_| kept.next().unwrap_or(true));
}

fn secret_of(finding: &Finding) -> ContainerSecret<'_> {
    let origin = &finding.origin;
    (
        &finding.fingerprint,
        &finding.path,
        origin.blob.as_deref(),
        origin.commit.as_deref(),
    )
}

/// Fields that the finding in the bytes of a document shares with the one in its text.
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

/// Drops the findings in the bytes of a document that begin where one in its text does and go on behind its end. In the
/// bytes, the length of another value may follow a token and look like a part of it.
fn drop_longer(findings: &mut Vec<Finding>) {
    let key = |finding: &Finding, at: u64| {
        let (_, path, blob, commit, way, at) = tracked_key(finding, at);
        (path, blob, commit, way, at)
    };
    let mut ends: HashMap<_, Vec<usize>> = HashMap::new();
    for finding in findings.iter() {
        if let Some(at) = finding.origin.raw_at {
            let len = finding.secret.expose_the_secret().len();
            ends.entry(key(finding, at)).or_default().push(len);
        }
    }
    let is_longer = |finding: &Finding| {
        let len = finding.secret.expose_the_secret().len();
        let ends = ends.get(&key(finding, finding.bytes.start));
        ends.is_some_and(|ends| !ends.contains(&len) && ends.iter().any(|end| *end < len))
    };
    findings.retain(|finding| finding.origin.raw_at.is_some() || !is_longer(finding));
}

/// Finding in the text of a document: its place, and the reasons for it.
type TrackedFinding = (Option<DocumentPlace>, Confidence, Vec<Evidence>);

/// Joins each finding in the text of a document with that in the bytes of the document, which can be redacted and has
/// the line that editors show: the one in the bytes gets the place of the other. If it is there only because an equal
/// value was found, it gets the reasons of the other too.
fn join_tracked(findings: &mut Vec<Finding>) {
    let tracked = findings.iter().filter_map(|f| {
        let key = tracked_key(f, f.origin.raw_at?);
        let reasons = (f.origin.place.clone(), f.confidence, f.evidence.clone());
        Some((key, reasons))
    });
    let tracked: HashMap<TrackedSecret, TrackedFinding> = tracked.collect();
    if tracked.is_empty() {
        return;
    }
    drop_longer(findings);
    let mut joined = HashSet::new();
    for finding in findings.iter_mut().filter(|f| f.origin.raw_at.is_none()) {
        let key = tracked_key(finding, finding.bytes.start);
        if let Some((place, confidence, evidence)) = tracked.get(&key) {
            finding.origin.place.clone_from(place);
            if same_value_of(finding).is_some() {
                finding.confidence = *confidence;
                finding.evidence.clone_from(evidence);
            }
            joined.insert(key);
        }
    }
    findings.retain(|f| {
        let key = f.origin.raw_at.map(|at| tracked_key(f, at));
        key.is_none_or(|key| !joined.contains(&key))
    });
}
