//! Search of the earlier versions of a container for the secrets that were found in its members.

use std::io::Cursor;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::walk::OpenedFile;
use crate::container::{
    ContainerBudget, ContainerLimits, ContainerReader, ScanBudget, find_reader, recognise_container,
};
use crate::finding::{Finding, Skip};
use crate::source::{Chunk, Sink};

/// Marks the findings whose secret is in a member of an earlier version of the container.
pub(super) fn mark_pre_existing(
    findings: &mut [Finding],
    chunk: &Chunk<'_>,
    reader: &'static dyn ContainerReader,
    limits: &ContainerLimits,
) {
    if findings.is_empty() {
        return;
    }
    let mut search = SecretSearch {
        known: findings.iter().map(|f| f.origin.pre_existing).collect(),
        findings,
    };
    let mut used = Duration::ZERO;
    for version in chunk.before {
        // Another form may have had the same path.
        let form = recognise_container(version);
        let reader = form
            .and_then(|form| find_reader(form.format, limits))
            .unwrap_or(reader);
        let total = ScanBudget::default();
        let budget = ContainerBudget::new(*limits, &total, version.len() as u64, used);
        let (stop, mut buffer) = (AtomicBool::new(false), Vec::new());
        let file = OpenedFile::new(
            chunk.path,
            chunk.origin,
            &budget,
            &mut search,
            &mut buffer,
            &stop,
        );
        file.read(reader, &mut Cursor::new(version));
        used = budget.used_time();
    }
    let known = search.known;
    for (finding, known) in findings.iter_mut().zip(known) {
        // Findings of one text share their origin.
        if finding.origin.pre_existing != known {
            finding.origin.pre_existing = known;
        }
    }
}

/// Sink that looks for the secrets of findings.
struct SecretSearch<'f> {
    findings: &'f [Finding],
    /// True for each finding whose secret was found.
    known: Vec<bool>,
}

impl Sink for SecretSearch<'_> {
    fn scan_chunk(&mut self, chunk: &Chunk<'_>) {
        for (finding, known) in self.findings.iter().zip(&mut self.known) {
            let secret = finding.secret.expose_the_secret();
            *known = *known || memchr::memmem::find(chunk.bytes, secret).is_some();
        }
    }

    fn file(&mut self, _: u64) {}

    /// Does nothing: an unreadable text makes nothing pre-existing, as one report too many is better than one too few.
    fn skip(&mut self, _: Skip) {}
}
