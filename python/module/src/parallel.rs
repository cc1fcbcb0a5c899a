//! Work on the rows of a column by several threads, without the interpreter's lock.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use tokensweep::StopFlag;

use crate::DEFECT;
use crate::column::TextColumn;
use crate::interrupt::run_until_signal;

/// Number of bytes of values that a thread takes at a time.
const BATCH_BYTES: u64 = 1 << 20;

/// Maximum number of rows that a thread takes at a time.
const BATCH_ROWS: usize = 1 << 14;

/// Rows of one chunk that one thread works on.
#[derive(Clone, Debug)]
pub(crate) struct RowBatch {
    pub(crate) chunk: usize,
    /// Rows, counted from 0 in the chunk.
    pub(crate) rows: Range<usize>,
}

/// Rows of a column, in batches of about [`BATCH_BYTES`].
#[derive(Debug, Default)]
pub(crate) struct RowBatches {
    pub(crate) list: Vec<RowBatch>,
    /// Number of bytes of all values.
    bytes: u64,
}

impl RowBatches {
    /// Divides the rows of a column.
    pub(crate) fn divide(column: &TextColumn) -> Self {
        let mut batches = RowBatches::default();
        for (number, chunk) in column.chunks.iter().enumerate() {
            let (rows, bytes) = (chunk.array.len(), chunk.count_bytes());
            let average = bytes / (rows as u64).max(1) + 1;
            let step = usize::try_from(BATCH_BYTES / average).unwrap_or(BATCH_ROWS);
            let step = step.clamp(1, BATCH_ROWS);
            batches.bytes += bytes;
            batches
                .list
                .extend((0..rows).step_by(step).map(|start| RowBatch {
                    chunk: number,
                    rows: start..rows.min(start + step),
                }));
        }
        batches
    }
}

/// End of a work before its time.
enum Failure {
    /// Sentence about the first batch that failed.
    Batch(usize, String),
    /// Panic in a thread.
    Defect,
}

/// State that the threads share.
struct SharedWork<'b, T> {
    batches: &'b [RowBatch],
    next: AtomicUsize,
    /// Set by a signal: all batches end at once.
    stop: &'b StopFlag,
    /// True once a batch has failed: no other is begun, and those that are worked on are ended, as one may be earlier.
    has_failed: AtomicBool,
    done: Mutex<Vec<(usize, T)>>,
    failure: Mutex<Option<Failure>>,
}

impl<T> SharedWork<'_, T> {
    /// Ends the work. Of several failures that of the first batch counts: the batches before it were taken before.
    fn end_work(&self, reason: Failure) {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        let replaces = match (&*failure, &reason) {
            (Some(Failure::Batch(first, _)), Failure::Batch(batch, _)) => batch < first,
            (Some(Failure::Defect), _) => false,
            _ => true,
        };
        if replaces {
            *failure = Some(reason);
        }
        self.has_failed.store(true, Ordering::Relaxed);
    }

    /// Works on batches until there is none left.
    fn run_batches<W>(
        &self,
        new_worker: impl Fn() -> W,
        work: impl Fn(&mut W, &RowBatch, &StopFlag) -> Result<T, String>,
    ) {
        let run = || {
            let mut worker = new_worker();
            let mut results = Vec::new();
            while !self.stop.is_set() && !self.has_failed.load(Ordering::Relaxed) {
                let number = self.next.fetch_add(1, Ordering::Relaxed);
                let Some(batch) = self.batches.get(number) else {
                    break;
                };
                match work(&mut worker, batch, self.stop) {
                    Ok(result) => results.push((number, result)),
                    Err(sentence) => self.end_work(Failure::Batch(number, sentence)),
                }
            }
            let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
            done.append(&mut results);
        };
        if catch_unwind(AssertUnwindSafe(run)).is_err() {
            self.end_work(Failure::Defect);
        }
    }
}

/// Does `work` for each batch in up to `threads` threads, and returns the results in the order of the batches. The
/// interpreter's lock is released.
///
/// # Errors
/// Raises `ValueError` with the sentence of the first batch that failed, or the exception of a signal.
pub(crate) fn map_batches<T: Send, W>(
    py: Python<'_>,
    threads: usize,
    batches: &RowBatches,
    new_worker: impl Fn() -> W + Sync,
    work: impl Fn(&mut W, &RowBatch, &StopFlag) -> Result<T, String> + Sync,
) -> PyResult<Vec<T>> {
    let (done, failure) = run_until_signal(py, batches.bytes, |stop| {
        let shared = SharedWork {
            batches: &batches.list,
            next: AtomicUsize::new(0),
            stop,
            has_failed: AtomicBool::new(false),
            done: Mutex::new(Vec::with_capacity(batches.list.len())),
            failure: Mutex::new(None),
        };
        std::thread::scope(|scope| {
            for _ in 1..threads.min(batches.list.len()) {
                scope.spawn(|| shared.run_batches(&new_worker, &work));
            }
            shared.run_batches(&new_worker, &work);
        });
        (shared.done.into_inner(), shared.failure.into_inner())
    })?;
    match failure.unwrap_or_else(PoisonError::into_inner) {
        Some(Failure::Batch(_, sentence)) => return Err(PyValueError::new_err(sentence)),
        Some(Failure::Defect) => return Err(PyRuntimeError::new_err(DEFECT)),
        None => {}
    }
    let mut done = done.unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(number, _)| *number);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}
