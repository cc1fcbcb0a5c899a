//! Progress of a scan, for display by another thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Progress of a scan, for display by another thread.
#[derive(Clone, Debug, Default)]
pub(crate) struct ScanProgress(Arc<ProgressCounters>);

/// Counters of a [`ScanProgress`].
#[derive(Debug, Default)]
pub(crate) struct ProgressCounters {
    /// Number of files or objects read.
    pub items: AtomicU64,
    /// Number of bytes read.
    pub bytes: AtomicU64,
    /// Total number of items; 0 if unknown.
    pub total: AtomicU64,
}

impl ScanProgress {
    /// Counts `items` more items, with `bytes` bytes in total.
    pub(crate) fn read(&self, items: u64, bytes: u64) {
        self.items.fetch_add(items, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl std::ops::Deref for ScanProgress {
    type Target = ProgressCounters;

    fn deref(&self) -> &ProgressCounters {
        &self.0
    }
}
