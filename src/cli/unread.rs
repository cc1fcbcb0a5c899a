//! Detection of standard input that no PATH names, so that the current folder is not scanned instead without notice.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;

use crate::finding::{Skip, SkipReason};
use crate::source::{WaitingInput, look_at_input};

/// Time for which an open and empty pipe is watched at the end of a scan. The program at its other end, started at the
/// same time, has written something by then; a program that never writes costs no more than this.
const PATIENCE: Duration = Duration::from_millis(100);

const WAITS: &str = "text waits on standard input, which is not read without a PATH: `-` reads it (tokensweep scan -), \
     `.` reads the current folder alone";

/// Returns an error if text is waiting on standard input.
pub(super) fn refuse_text() -> anyhow::Result<()> {
    if look_at_input(Duration::ZERO) == WaitingInput::Bytes {
        bail!("{WAITS}");
    }
    Ok(())
}

/// Returns the unread standard input, at the end of a run that does not read it.
pub(super) fn find_unread_input() -> Option<Skip> {
    let reason = match look_at_input(PATIENCE) {
        WaitingInput::Nothing | WaitingInput::Ended => return None,
        WaitingInput::Unknown => SkipReason::OpenInput,
        WaitingInput::Bytes => SkipReason::Unreadable(WAITS.to_owned()),
    };
    let path = PathBuf::from("-");
    Some(Skip { path, reason })
}

/// Returns true if a pipe, or a file that is not empty, is connected to standard input.
pub(super) fn is_input_connected() -> bool {
    look_at_input(Duration::ZERO) != WaitingInput::Nothing
}
