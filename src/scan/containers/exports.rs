//! Places in exported data of GitHub: found while the windows of a text pass by, or after the scan in a large file,
//! whose windows several threads read.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::container::{ExportPlaces, is_export};
use crate::finding::{Finding, OriginKind};
use crate::scan::engine::RunContext;
use crate::source::Chunk;
use crate::span::{DocumentPlace, TextPlaces, find_start};
use crate::threads::lock_mutex;

/// Number of bytes of a file that are read at once.
const PIECE: usize = 1 << 16;

/// Places in the windows of a text, which come one after the other.
#[derive(Debug, Default)]
pub(super) struct WindowPlaces(Option<ExportPlaces>);

impl WindowPlaces {
    /// Calls `scan` with the window, and with the places in it if the text is an export.
    pub(super) fn scan_window(&mut self, chunk: &Chunk<'_>, scan: impl FnOnce(&Chunk<'_>)) {
        if chunk.offset == 0 {
            self.0 = is_export(chunk.bytes).then(|| ExportPlaces::of_text(chunk.bytes));
        }
        let Some(places) = &mut self.0 else {
            return scan(chunk);
        };
        let taken = places.position().checked_sub(chunk.offset);
        let taken = taken.and_then(|taken| usize::try_from(taken).ok());
        let Some(new) = taken.and_then(|taken| chunk.bytes.get(taken..)) else {
            // Bytes between the windows were left out, so that no later place is certain.
            self.0 = None;
            return scan(chunk);
        };
        places.take_bytes(new);
        scan(&Chunk {
            places: TextPlaces::untracked(places.known_starts()),
            ..*chunk
        });
        places.forget_before(chunk.offset + chunk.own.end as u64);
    }
}

/// Exports whose places are named after the scan: large files, and logs, which are of one place each.
#[derive(Clone, Debug, Default)]
pub(in crate::scan) struct LateExports(Arc<Mutex<Vec<LateExport>>>);

/// Export whose places are named after the scan.
#[derive(Debug)]
struct LateExport {
    path: PathBuf,
    /// Place of the whole file.
    place: Option<DocumentPlace>,
}

impl LateExports {
    /// Takes note of a file, and of the place that all of it is in.
    pub(super) fn add_file(&self, path: &Path, place: Option<DocumentPlace>) {
        let path = path.to_owned();
        lock_mutex(&self.0).push(LateExport { path, place });
    }

    /// Names the places of the findings in these files. A file that cannot be read again leaves its findings without.
    pub(in crate::scan) fn name_places(&self, context: &RunContext<'_>, findings: &mut [Finding]) {
        let files = std::mem::take(&mut *lock_mutex(&self.0));
        if files.is_empty() {
            return;
        }
        let named = files.iter().map(|file| (file.path.as_path(), Vec::new()));
        let mut by_path: HashMap<&Path, Vec<&mut Finding>> = named.collect();
        for finding in findings {
            let is_own = finding.origin.kind == OriginKind::File && finding.origin.place.is_none();
            if is_own && let Some(found) = by_path.get_mut(finding.path.as_path()) {
                found.push(finding);
            }
        }
        for LateExport { path, place } in &files {
            let found = by_path.remove(path.as_path()).unwrap_or_default();
            if place.is_some() {
                for finding in found {
                    finding.origin.place.clone_from(place);
                }
            } else if !found.is_empty() {
                // The findings are right without their places.
                let _ = name_places_in(&context.file_path(path), found);
            }
        }
    }
}

/// Reads a file up to the last of these findings, and names their places.
fn name_places_in(path: &Path, mut found: Vec<&mut Finding>) -> io::Result<()> {
    found.sort_by_key(|finding| finding.bytes.start);
    let mut found = found.into_iter().peekable();
    let mut file = File::open(path)?;
    let mut places = None;
    let mut piece = vec![0; PIECE];
    while found.peek().is_some() {
        let count = file.read(&mut piece)?;
        let places = places.get_or_insert_with(|| ExportPlaces::of_text(&piece[..count]));
        places.take_bytes(&piece[..count]);
        let is_end = count == 0;
        let until = if is_end {
            u64::MAX
        } else {
            places.settled_until()
        };
        let starts = places.known_starts();
        while let Some(finding) = found.next_if(|finding| finding.bytes.start < until) {
            let place =
                find_start(starts, finding.bytes.start).and_then(|start| start.place.clone());
            finding.origin.place = place;
        }
        places.forget_before(until.min(places.position()));
    }
    Ok(())
}
