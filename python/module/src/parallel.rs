//! Work on the rows of a column by several threads, without the interpreter's lock.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;

use crate::DEFECT;
use crate::column::TextColumn;

/// Number of bytes of values that a thread takes at a time.
const BATCH_BYTES: u64 = 1 << 20;

/// Maximum number of rows that a thread takes at a time.
const BATCH_ROWS: usize = 1 << 14;

/// Time between two looks for a signal such as that of Ctrl-C.
const BEAT: Duration = Duration::from_millis(50);

/// Rows of one chunk that one thread works on.
#[derive(Clone, Debug)]
pub(crate) struct RowBatch {
    pub(crate) chunk: usize,
    /// Rows, counted from 0 in the chunk.
    pub(crate) rows: Range<usize>,
}

/// Divides the rows of a column into batches of about [`BATCH_BYTES`].
pub(crate) fn divide_rows(column: &TextColumn) -> Vec<RowBatch> {
    let mut batches = Vec::new();
    for (number, chunk) in column.chunks.iter().enumerate() {
        let rows = chunk.array.len();
        let average = chunk.count_bytes() / (rows as u64).max(1) + 1;
        let step = usize::try_from(BATCH_BYTES / average).unwrap_or(BATCH_ROWS);
        let step = step.clamp(1, BATCH_ROWS);
        batches.extend((0..rows).step_by(step).map(|start| RowBatch {
            chunk: number,
            rows: start..rows.min(start + step),
        }));
    }
    batches
}

/// End of a work before its time.
enum Stop {
    /// Sentence about the first batch that failed.
    Failed(usize, String),
    /// Exception of a signal handler, such as `KeyboardInterrupt`.
    Interrupted(PyErr),
    /// Panic in a thread.
    Defect,
}

/// State that the threads share.
struct SharedWork<'b, T> {
    batches: &'b [RowBatch],
    next: AtomicUsize,
    is_stopped: AtomicBool,
    done: Mutex<Vec<(usize, T)>>,
    stop: Mutex<Option<Stop>>,
}

impl<T> SharedWork<'_, T> {
    /// Ends the work. Of several failures that of the first batch counts: the batches before it were taken before.
    fn end_work(&self, reason: Stop) {
        let mut stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner);
        let replaces = match (&*stop, &reason) {
            (None, _) => true,
            (Some(Stop::Failed(first, _)), Stop::Failed(batch, _)) => batch < first,
            (Some(Stop::Failed(..)), _) => true,
            _ => false,
        };
        if replaces {
            *stop = Some(reason);
        }
        self.is_stopped.store(true, Ordering::Relaxed);
    }

    /// Works on batches until there is none left.
    fn run_batches<W>(
        &self,
        mut worker: W,
        work: impl Fn(&mut W, &RowBatch) -> Result<T, String>,
        mut look_for_signal: impl FnMut() -> PyResult<()>,
    ) {
        let run = || {
            let mut results = Vec::new();
            while !self.is_stopped.load(Ordering::Relaxed) {
                let number = self.next.fetch_add(1, Ordering::Relaxed);
                let Some(batch) = self.batches.get(number) else {
                    break;
                };
                match work(&mut worker, batch) {
                    Ok(result) => results.push((number, result)),
                    Err(sentence) => self.end_work(Stop::Failed(number, sentence)),
                }
                if let Err(error) = look_for_signal() {
                    self.end_work(Stop::Interrupted(error));
                }
            }
            let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
            done.append(&mut results);
        };
        if catch_unwind(AssertUnwindSafe(run)).is_err() {
            self.end_work(Stop::Defect);
        }
    }
}

/// Does `work` for each batch, and returns the results in the order of the batches. The calling thread is one of
/// `threads`; it also looks for signals. The interpreter's lock is released.
///
/// # Errors
/// Raises `ValueError` with the sentence of the first batch that failed, or the exception of a signal.
pub(crate) fn map_batches<T: Send, W>(
    py: Python<'_>,
    threads: usize,
    batches: &[RowBatch],
    new_worker: impl Fn() -> W + Sync,
    work: impl Fn(&mut W, &RowBatch) -> Result<T, String> + Sync,
) -> PyResult<Vec<T>> {
    let shared = SharedWork {
        batches,
        next: AtomicUsize::new(0),
        is_stopped: AtomicBool::new(false),
        done: Mutex::new(Vec::with_capacity(batches.len())),
        stop: Mutex::new(None),
    };
    let threads = threads.min(batches.len());
    let mut last_look = Instant::now();
    let look_for_signal = || {
        if last_look.elapsed() < BEAT {
            return Ok(());
        }
        last_look = Instant::now();
        Python::attach(|py| py.check_signals())
    };
    py.detach(|| {
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(|| shared.run_batches(new_worker(), &work, || Ok(())));
            }
            shared.run_batches(new_worker(), &work, look_for_signal);
        });
    });
    match shared
        .stop
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
    {
        Some(Stop::Failed(_, sentence)) => return Err(PyValueError::new_err(sentence)),
        Some(Stop::Interrupted(error)) => return Err(error),
        Some(Stop::Defect) => return Err(PyRuntimeError::new_err(DEFECT)),
        None => {}
    }
    let mut done = shared
        .done
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(number, _)| *number);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}
