//! Standard input that no PATH names: the current folder is not scanned in its place without a word.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;

use crate::finding::{Skip, SkipReason};
use crate::source::{WaitingInput, look_at_input};

/// The time for which an open and empty pipe is watched at the end of a scan. The program at its other end, started at the same
/// time, has written something by then; one that never writes costs no more than this.
const PATIENCE: Duration = Duration::from_millis(100);

const WAITS: &str = "text waits on standard input, which is not read without a PATH: `-` reads it (tokensweep scan -), \
     `.` reads the current folder alone";

/// Refuses to begin where text waits on standard input.
pub(super) fn refuse_text() -> anyhow::Result<()> {
    if look_at_input(Duration::ZERO) == WaitingInput::Bytes {
        bail!("{WAITS}");
    }
    Ok(())
}

/// Returns what was not read of standard input, at the end of a run that was not told to read it.
pub(super) fn find_unread_input() -> Option<Skip> {
    let reason = match look_at_input(PATIENCE) {
        WaitingInput::Nothing | WaitingInput::Ended => return None,
        WaitingInput::Unknown => SkipReason::OpenInput,
        WaitingInput::Bytes => SkipReason::Unreadable(WAITS.to_owned()),
    };
    let path = PathBuf::from("-");
    Some(Skip { path, reason })
}

/// Returns whether somebody has connected a pipe, or a file with something in it, to standard input.
pub(super) fn is_input_connected() -> bool {
    look_at_input(Duration::ZERO) != WaitingInput::Nothing
}
