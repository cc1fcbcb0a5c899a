//! Count of the bytes that a scan examines, for the tests that double a text. A release build counts
//! nothing.

#[cfg(test)]
use std::cell::Cell;

#[cfg(test)]
thread_local! {
    static STEPS: Cell<u64> = const { Cell::new(0) };
}

/// Adds `count` bytes to the number that this thread has examined.
#[inline(always)]
pub(crate) fn add_steps(count: usize) {
    #[cfg(test)]
    STEPS.with(|steps| steps.set(steps.get() + count as u64));
    let _ = count;
}

/// Returns the number of bytes that this thread examines in `work`.
#[cfg(test)]
pub(crate) fn count_steps(work: impl FnOnce()) -> u64 {
    let before = STEPS.with(Cell::get);
    work();
    STEPS.with(Cell::get) - before
}
