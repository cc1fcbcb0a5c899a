//! Findings that are passed on while a scan runs.

use std::collections::HashSet;
use std::fmt;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

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
