//! Detects input that waits on a standard input that a command does not read, without reading any of it.

use std::time::Duration;

/// State of a standard input that is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(unix),
    allow(dead_code, reason = "other systems do not tell so much")
)]
pub(crate) enum WaitingInput {
    /// Nothing: a terminal, a device, a socket without bytes, an empty file.
    Nothing,
    /// Nothing, and nothing can come: a pipe that is closed and empty.
    Ended,
    /// Nothing yet: a pipe that is open for writing.
    Unknown,
    /// Bytes.
    Bytes,
}

/// Checks standard input without reading it. Waits up to `patience` for bytes on an open and empty pipe.
///
/// Job runners, schedulers and programs that start others leave many kinds of input open: `/dev/null`, sockets, pipes
/// that stay open and empty forever. None of these may fail a scan, or delay it for long.
#[must_use]
pub(crate) fn look_at_input(patience: Duration) -> WaitingInput {
    platform::look_at_input(patience)
}

#[cfg(unix)]
mod platform {
    use std::fs::File;
    use std::io::{self, Seek as _};
    use std::os::fd::{AsFd as _, BorrowedFd};
    use std::os::unix::fs::FileTypeExt as _;
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    use super::WaitingInput;

    pub(super) fn look_at_input(patience: Duration) -> WaitingInput {
        let stdin = io::stdin();
        let stdin = stdin.as_fd();
        let Ok(mut file) = stdin.try_clone_to_owned().map(File::from) else {
            return WaitingInput::Nothing;
        };
        let Ok(meta) = file.metadata() else {
            return WaitingInput::Nothing;
        };
        let kind = meta.file_type();
        if kind.is_file() {
            // The position in a file is shared with the process that opened it, such as a shell's `while read` loop.
            let rest = file.stream_position().is_ok_and(|at| at < meta.len());
            return if rest {
                WaitingInput::Bytes
            } else {
                WaitingInput::Nothing
            };
        }
        // Input that waits in a terminal is the user's next command.
        let is_pipe = kind.is_fifo();
        if (is_pipe || kind.is_socket()) && has_bytes(stdin) {
            return WaitingInput::Bytes;
        }
        if is_pipe {
            of_empty_pipe(stdin, patience)
        } else {
            WaitingInput::Nothing
        }
    }

    fn of_empty_pipe(stdin: BorrowedFd<'_>, patience: Duration) -> WaitingInput {
        let mut polled = [PollFd::new(&stdin, PollFlags::IN)];
        let timeout = Timespec::try_from(patience).ok();
        match poll(&mut polled, timeout.as_ref()) {
            Ok(0) => WaitingInput::Unknown,
            Ok(_) if has_bytes(stdin) => WaitingInput::Bytes,
            Ok(_) => WaitingInput::Ended,
            Err(_) => WaitingInput::Unknown,
        }
    }

    fn has_bytes(stdin: BorrowedFd<'_>) -> bool {
        rustix::io::ioctl_fionread(stdin).is_ok_and(|n| n > 0)
    }
}

#[cfg(not(unix))]
mod platform {
    use std::time::Duration;

    use super::WaitingInput;

    /// Returns `Nothing`: pipes are not checked on this system.
    pub(super) fn look_at_input(_: Duration) -> WaitingInput {
        WaitingInput::Nothing
    }
}
