//! Findings that are passed on while a scan runs.

use std::collections::HashSet;
use std::fmt;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::finding::Finding;

/// Function of the caller that gets each finding.
type Receive<'f> = dyn FnMut(&Finding) -> ControlFlow<()> + Send + 'f;

/// Receiver of findings, shared by the threads of a scan.
pub(super) trait FindingListener: Sync {
    /// Passes a finding on, unless it was passed on before or the caller has stopped the scan.
    fn pass(&self, finding: &Finding);

    /// Returns true if the caller has stopped the scan.
    fn is_stopped(&self) -> bool;
}

impl fmt::Debug for dyn FindingListener + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FindingListener")
    }
}

/// Flag that ends a scan, from any thread. Copies are the same flag.
///
/// ```
/// use tokensweep::{Scanner, StopFlag, WalkOptions};
///
/// let stop = StopFlag::default();
/// stop.stop_scans(); // by another thread, while the scan runs
/// let outcome = Scanner::default().scan_paths_until(&WalkOptions::new(["src"]), &stop);
/// assert!(outcome.cancelled);
/// ```
#[derive(Clone, Debug, Default)]
pub struct StopFlag(Arc<AtomicBool>);

impl StopFlag {
    /// Ends all scans that were given this flag, as soon as each thread has scanned the text that it is at.
    pub fn stop_scans(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Returns true if the scans are to end.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl FindingListener for StopFlag {
    fn pass(&self, _: &Finding) {}

    fn is_stopped(&self) -> bool {
        self.is_set()
    }
}

/// Stream of findings to a function of the caller, each finding once, however often its text is scanned.
pub(super) struct FindingStream<'f> {
    state: Mutex<StreamState<'f>>,
    stopped: AtomicBool,
}

struct StreamState<'f> {
    receive: &'f mut Receive<'f>,
    passed: HashSet<FindingKey>,
}

/// Key that differs between any two findings: path, member, offset, fingerprint.
type FindingKey = (PathBuf, Option<String>, u64, String);

impl<'f> FindingStream<'f> {
    /// Creates a stream to `receive`.
    pub(super) fn new(receive: &'f mut Receive<'f>) -> Self {
        FindingStream {
            state: Mutex::new(StreamState {
                receive,
                passed: HashSet::new(),
            }),
            stopped: AtomicBool::new(false),
        }
    }
}

impl FindingListener for FindingStream<'_> {
    fn pass(&self, finding: &Finding) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (
            finding.path.clone(),
            finding.origin.member.clone(),
            finding.bytes.start,
            finding.fingerprint.clone(),
        );
        if !self.is_stopped() && state.passed.insert(key) && (state.receive)(finding).is_break() {
            self.stopped.store(true, Ordering::Relaxed);
        }
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}
