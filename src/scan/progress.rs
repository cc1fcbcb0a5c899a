//! Progress of a scan, for display by another thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Progress of a scan, for display by another thread.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Counters>);

/// Counters of a [`Progress`].
#[derive(Debug, Default)]
pub struct Counters {
    /// Number of files or objects read.
    pub items: AtomicU64,
    /// Number of bytes read.
    pub bytes: AtomicU64,
    /// Total number of items; 0 if unknown.
    pub total: AtomicU64,
}

impl Progress {
    /// Counts `items` more items, with `bytes` bytes in total.
    pub fn read(&self, items: u64, bytes: u64) {
        self.items.fetch_add(items, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl std::ops::Deref for Progress {
    type Target = Counters;

    fn deref(&self) -> &Counters {
        &self.0
    }
}
