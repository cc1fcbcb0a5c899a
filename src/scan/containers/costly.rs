//! Files whose containers took much of their time, so that a scan which reads everything twice reads them once.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use crate::container::ContainerLimit;
use crate::finding::{Finding, Outcome, Skip};
use crate::source::Chunk;
use crate::threads::lock_mutex;

/// Maximum number of files whose reading is kept.
const MOST: usize = 1000;

/// Part of the time of a file from which a reading is kept. A second reading then has three quarters left.
const KEPT_FROM: u32 = 4;

/// Container in a scan: path, blob, commit, digest of its first bytes, and the number of its reader.
type ContainerKey = (PathBuf, Option<String>, Option<String>, u64, usize);

/// Readings that took long, of all threads of a scan.
#[derive(Debug, Default)]
pub(in crate::scan) struct CostlyFiles(Mutex<HashMap<ContainerKey, CostlyReading>>);

/// Reading that took long, with what came of it.
#[derive(Clone, Debug)]
pub(super) struct CostlyReading {
    /// Time that it took, without the time for its contents.
    pub(super) used: Duration,
    /// True if it was ended because it took too long.
    pub(super) is_cut: bool,
    findings: Vec<Finding>,
    skipped: Vec<Skip>,
    members: u64,
    bytes: u64,
}

/// State of an outcome before a container was read.
#[derive(Clone, Copy)]
pub(super) struct OutcomeMark {
    pub(super) findings: usize,
    skipped: usize,
    members: u64,
    bytes: u64,
}

impl OutcomeMark {
    pub(super) fn new(outcome: &Outcome) -> Self {
        OutcomeMark {
            findings: outcome.findings.len(),
            skipped: outcome.skipped.len(),
            members: outcome.members,
            bytes: outcome.bytes,
        }
    }

    /// Takes back what was added to the outcome since.
    pub(super) fn restore_outcome(self, outcome: &mut Outcome) {
        outcome.findings.truncate(self.findings);
        outcome.skipped.truncate(self.skipped);
        outcome.members = self.members;
        outcome.bytes = self.bytes;
    }
}

impl CostlyReading {
    /// Returns the reading that was added to the outcome since `mark`, if it took long.
    pub(super) fn of(
        outcome: &Outcome,
        mark: OutcomeMark,
        (used, base): (Duration, Duration),
        exceeded: Option<ContainerLimit>,
    ) -> Option<Self> {
        (used > base / KEPT_FROM).then(|| CostlyReading {
            used,
            is_cut: matches!(exceeded, Some(ContainerLimit::Seconds(_))),
            findings: outcome.findings[mark.findings..].to_vec(),
            skipped: outcome.skipped[mark.skipped..].to_vec(),
            members: outcome.members - mark.members,
            bytes: outcome.bytes - mark.bytes,
        })
    }

    /// Adds to the outcome what came of the reading.
    pub(super) fn repeat(&self, outcome: &mut Outcome) {
        outcome.findings.extend_from_slice(&self.findings);
        outcome.skipped.extend_from_slice(&self.skipped);
        outcome.members += self.members;
        outcome.bytes += self.bytes;
    }
}

impl CostlyFiles {
    /// Returns the reading of the container in this chunk by the reader with this number.
    pub(super) fn find_reading(&self, chunk: &Chunk<'_>, reader: usize) -> Option<CostlyReading> {
        let readings = lock_mutex(&self.0);
        if readings.is_empty() {
            return None;
        }
        readings.get(&key_of(chunk, reader)).cloned()
    }

    /// Keeps a reading.
    pub(super) fn keep_reading(&self, chunk: &Chunk<'_>, reader: usize, reading: CostlyReading) {
        let mut readings = lock_mutex(&self.0);
        if readings.len() < MOST {
            readings.insert(key_of(chunk, reader), reading);
        }
    }
}

fn key_of(chunk: &Chunk<'_>, reader: usize) -> ContainerKey {
    let origin = chunk.origin;
    let mut digest = DefaultHasher::new();
    chunk.bytes.hash(&mut digest);
    (
        chunk.path.to_owned(),
        origin.blob.clone(),
        origin.commit.clone(),
        digest.finish(),
        reader,
    )
}

#[cfg(test)]
#[cfg(feature = "archives")]
mod tests {
    use std::io::Write;
    use std::path::Path;

    use super::*;
    use crate::Scanner;
    use crate::container::step_clocks_by;
    use crate::token::{Mint, Shape};

    /// Scans a compressed text of 3 MiB that begins with a token. Returns the outcome, and the time that it took if each
    /// look at the clock takes so many milliseconds.
    fn scan_slowly(look: u64) -> (Outcome, Duration) {
        let mut text = Mint::new(71).new_token(Shape::Ghp);
        text.resize(3 << 20, b'\n');
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(&text).unwrap();
        let packed = packed.finish().unwrap();
        let before = step_clocks_by(Duration::from_millis(look));
        let outcome = Scanner::default().scan_stream(&packed[..], Path::new("a.gz"));
        (outcome, step_clocks_by(Duration::ZERO) - before)
    }

    #[test]
    fn a_file_that_took_too_long_is_read_once() {
        let (outcome, taken) = scan_slowly(1000);
        assert!(taken < Duration::from_secs(6), "{taken:?} for five looks");
        assert_eq!((outcome.findings.len(), outcome.members), (1, 1));
        let said = outcome.skipped[0].describe_reason();
        assert!(said.contains("took more than 2 s"), "{said}");
        assert_eq!(outcome.skipped.len(), 1);
    }

    #[test]
    fn a_second_reading_that_takes_too_long_loses_nothing_of_the_first() {
        let (outcome, _) = scan_slowly(300);
        assert_eq!((outcome.findings.len(), outcome.members), (1, 1));
        let said = outcome.skipped[0].describe_reason();
        assert!(said.contains("reading the file twice"), "{said}");
        let (outcome, _) = scan_slowly(50);
        assert_eq!((outcome.findings.len(), outcome.skipped.len()), (1, 0));
    }
}
