//! Threads: how many, one call for each, the jobs that they share, and locks that a panic does not close.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Returns the number of threads to use; 0 means one per core.
pub(crate) fn count_threads(asked: usize) -> usize {
    match asked {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    }
}

/// Locks a mutex, also after a panic of another thread.
pub(crate) fn lock_mutex<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the value of a mutex, also after a panic of another thread.
pub(crate) fn unwrap_mutex<T>(mutex: Mutex<T>) -> T {
    mutex.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Calls `work` once in each of `threads` threads, one of which is this one, and returns all results. Waits for all.
///
/// # Panics
/// Passes on a panic of `work`.
pub(crate) fn run_in_threads<R: Send>(threads: usize, work: impl Fn() -> R + Sync) -> Vec<R> {
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(&work)).collect();
        let mut results = vec![work()];
        for other in others {
            match other.join() {
                Ok(result) => results.push(result),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    })
}

/// Numbers of jobs, which threads take in batches.
pub(crate) struct JobQueue {
    next: AtomicUsize,
    count: usize,
    batch: usize,
}

impl JobQueue {
    /// Holds the jobs below `count`; a thread takes `batch` of them at once.
    pub(crate) fn new(count: usize, batch: usize) -> Self {
        JobQueue {
            next: AtomicUsize::new(0),
            count,
            batch,
        }
    }

    /// Takes the next jobs, which no other thread has; `None` if all are taken.
    pub(crate) fn take_batch(&self) -> Option<Range<usize>> {
        let from = self.next.fetch_add(self.batch, Ordering::Relaxed);
        (from < self.count).then(|| from..self.count.min(from.saturating_add(self.batch)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_job_is_taken_once() {
        for (count, batch, threads) in
            [(0, 8, 2), (3, 8, 2), (17, 8, 2), (100, 1, 3), (1000, 64, 1)]
        {
            let jobs = JobQueue::new(count, batch);
            let taken = run_in_threads(threads, || {
                let batches = std::iter::from_fn(|| jobs.take_batch());
                batches.flatten().collect::<Vec<usize>>()
            });
            assert_eq!(taken.len(), threads);
            let mut taken = taken.concat();
            taken.sort_unstable();
            assert_eq!(taken, (0..count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_lock_survives_a_panic() {
        let mutex = Mutex::new(3);
        let panicked = std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                let _guard = lock_mutex(&mutex);
                std::panic::resume_unwind(Box::new("stop"));
            });
            thread.join().is_err()
        });
        assert!(panicked && mutex.is_poisoned());
        assert_eq!(*lock_mutex(&mutex), 3);
        assert_eq!(unwrap_mutex(mutex), 3);
    }
}
