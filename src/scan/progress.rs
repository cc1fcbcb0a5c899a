//! How far a scan is, for whoever watches it from another thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How far a scan is, for whoever watches it from another thread.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Counters>);

/// The counters of a [`Progress`].
#[derive(Debug, Default)]
pub struct Counters {
    /// Files or objects read.
    pub items: AtomicU64,
    /// Bytes read.
    pub bytes: AtomicU64,
    /// How many items there are in all; 0 where that is not known.
    pub total: AtomicU64,
}

impl Progress {
    /// Counts more items, of this many bytes together.
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
