//! Account of the memory that the reading of one file takes: windows of decoders inside each other, and members that are
//! held. A file is read by one thread, which has one account.

use std::cell::Cell;

/// Length in bytes of the largest window, and of what has room beside it.
const LEAST: u64 = 68 << 20;

/// Length in bytes that there is for windows besides the members that may be held.
const WINDOWS: u64 = 36 << 20;

thread_local! {
    /// Number of bytes that this thread holds.
    static HELD: Cell<u64> = const { Cell::new(0) };
    /// Number of bytes that it may hold.
    static MOST: Cell<u64> = const { Cell::new(LEAST) };
}

/// Sets the size of the account of this thread, by the number of bytes of members that may be held.
pub(super) fn size_account(members: u64) {
    MOST.set(members.saturating_add(WINDOWS).max(LEAST));
}

/// Returns the size of the account of this thread in bytes.
pub(super) fn most_memory() -> u64 {
    MOST.get()
}

/// Returns the number of bytes that are left.
pub(super) fn free_memory() -> u64 {
    MOST.get().saturating_sub(HELD.get())
}

/// Takes `count` bytes; false if there are not so many left.
pub(super) fn take_memory(count: u64) -> bool {
    let has_room = count <= free_memory();
    if has_room {
        HELD.set(HELD.get() + count);
    }
    has_room
}

/// Gives bytes back.
pub(super) fn give_memory(count: u64) {
    HELD.set(HELD.get().saturating_sub(count));
}
