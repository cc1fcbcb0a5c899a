//! The work that a scan does, counted in bytes looked at, for the tests that double a text. Nothing is counted in a
//! program that ships.

#[cfg(test)]
use std::cell::Cell;

#[cfg(test)]
thread_local! {
    static STEPS: Cell<u64> = const { Cell::new(0) };
}

/// Adds `count` bytes that this thread has looked at.
#[inline(always)]
pub(crate) fn add_steps(count: usize) {
    #[cfg(test)]
    STEPS.with(|steps| steps.set(steps.get() + count as u64));
    let _ = count;
}

/// The bytes that this thread looks at in `work`.
#[cfg(test)]
pub(crate) fn count_steps(work: impl FnOnce()) -> u64 {
    let before = STEPS.with(Cell::get);
    work();
    STEPS.with(Cell::get) - before
}
