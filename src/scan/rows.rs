//! Scan of many texts that have nothing to do with each other, such as the rows of a table.

use std::path::Path;
use std::sync::{Arc, Mutex};

use super::Scanner;
use super::containers::{ContainerSink, ContainerStage};
use super::engine::RunContext;
use super::known_hashes::KnownHashes;
use super::listener::StopFlag;
use super::worker::ScanWorker;
use crate::detect::Scratch;
use crate::finding::{Finding, Origin, Outcome};
use crate::source::Chunk;

use super::FoundSecrets;

/// Receiver of ids that nobody asks for: a row is no evidence on another one.
static NO_HASHES: KnownHashes = KnownHashes::new();

/// Scanner of many texts, each by itself: what one of them contains does not affect the findings in another. It keeps
/// its buffers from one text to the next, so that short texts are quick. One for each thread.
///
/// ```
/// use std::path::Path;
/// use tokensweep::Scanner;
///
/// // A token of nobody, with a valid checksum. It is in two parts, so that no scanner finds it here.
/// let token = format!("ghp_{}", "0123456789abcdefghijABCDEFGHIJ3mpbCX");
/// let scanner = Scanner::default();
/// let mut rows = scanner.make_row_scanner();
/// let texts = ["nothing".to_owned(), format!("token: {token}")];
/// let counts = texts.map(|text| rows.scan_row(text.as_bytes(), Path::new("rows")).len());
/// assert_eq!(counts, [0, 1]);
/// ```
pub struct RowScanner<'s> {
    scanner: &'s Scanner,
    probe: ContainerSink<'s>,
}

impl std::fmt::Debug for RowScanner<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RowScanner").finish_non_exhaustive()
    }
}

impl Scanner {
    /// Returns a scanner of rows with the settings of this one.
    #[must_use]
    pub fn make_row_scanner(&self) -> RowScanner<'_> {
        RowScanner {
            scanner: self,
            probe: ContainerSink::new(
                ScanWorker {
                    scanner: &self.engine,
                    context: self.context(self.given_objects()),
                    scratch: Scratch::default(),
                    switched_off: None,
                    outcome: Outcome::default(),
                    ids: NO_HASHES.gather(),
                    found: FoundSecrets::default(),
                    goes_on: false,
                    total: Arc::new(Mutex::default()),
                },
                ContainerStage::new(self.engine.containers),
            ),
        }
    }
}

impl RowScanner<'_> {
    /// Scans a text, reported under `path`: the findings are those of [`Scanner::scan_text`].
    #[must_use]
    pub fn scan_row(&mut self, text: &[u8], path: &Path) -> Vec<Finding> {
        if !self.suspects_row(text) {
            return Vec::new();
        }
        self.scanner.scan_text(text, path)
    }

    /// Returns false for a text in which nothing can be found, under whatever path. Takes a fraction of the time of a
    /// scan.
    #[must_use]
    pub fn suspects_row(&mut self, text: &[u8]) -> bool {
        self.probe.suspects_row(text)
    }

    /// Scans a text as [`Self::scan_row`] does, and returns what was not read of it as well, such as a member of an archive
    /// that is encrypted. Does not ask [`Self::suspects_row`] first.
    #[must_use]
    pub fn examine_row(&mut self, text: &[u8], path: &Path) -> Outcome {
        self.examine_row_until(text, path, &StopFlag::default())
    }

    /// Does the same until `stop` is set; the outcome is [`Outcome::cancelled`] then.
    #[must_use]
    pub fn examine_row_until(&mut self, text: &[u8], path: &Path, stop: &StopFlag) -> Outcome {
        let origin = Origin::default();
        let chunk = Chunk::whole(text, path, &origin);
        let context = RunContext {
            listener: Some(stop),
            ..self.scanner.context(self.scanner.given_objects())
        };
        self.scanner
            .gather(context, |sinks| sinks().scan_chunk(&chunk))
    }
}
