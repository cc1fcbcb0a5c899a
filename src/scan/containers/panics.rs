//! Panics of readers. The code of other people reads hostile bytes there; a panic is caught and reported as damage, and
//! its message, which may contain a part of what was read, is not printed.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};

use crate::container::ContainerProblem;

thread_local! {
    /// True while a reader runs in this thread.
    static IS_READING: Cell<bool> = const { Cell::new(false) };
}

/// Calls a reader, and returns a panic of it as damage.
pub(super) fn catch_silently(
    read: impl FnOnce() -> Result<(), ContainerProblem>,
) -> Result<(), ContainerProblem> {
    let outer = IS_READING.replace(true);
    let done = panic::catch_unwind(AssertUnwindSafe(read));
    IS_READING.set(outer);
    done.unwrap_or_else(|_| {
        Err(ContainerProblem::damaged(
            "its reader failed on it; please report this",
        ))
    })
}

/// Lets the process print no message of a panic that [`catch_silently`] catches. All other panics are printed as
/// before.
pub(crate) fn silence_readers() {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !IS_READING.get() {
            print(info);
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_a_reader_is_damage_and_the_next_panic_is_printed_again() {
        let mut was_reading = false;
        let done = catch_silently(|| {
            was_reading = IS_READING.get();
            panic::resume_unwind(Box::new("stop"))
        });
        assert!(was_reading && !IS_READING.get());
        assert!(matches!(done, Err(ContainerProblem::Damaged(_))));
        let done = catch_silently(|| {
            let _ = catch_silently(|| panic::resume_unwind(Box::new("stop")));
            assert!(IS_READING.get(), "the outer reader goes on");
            Ok(())
        });
        assert_eq!(done, Ok(()));
    }
}
