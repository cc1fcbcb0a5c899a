//! Pager for a report that is longer than the screen.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::{Child, Command, Stdio};

/// Pager without a choice of the user.
const DEFAULT_PAGER: &str = "less";

/// Options of `less`: end at once if all fits on the screen, keep colours, and leave the text there.
const LESS_OPTIONS: &str = "FRX";

/// Exit codes of a shell that could not run its command.
const CANNOT_RUN: i32 = 126;
const NOT_FOUND: i32 = 127;

/// Shows `text` in the user's pager. Returns false if nothing was shown: the text fits on the screen, the user wants no
/// pager, or it cannot be started.
///
/// # Errors
/// Fails when the text cannot be passed on, also because the pager was left early.
pub(super) fn show_in_pager(text: &[u8]) -> io::Result<bool> {
    let Some(command) = choose_pager().filter(|_| is_longer_than_screen(text)) else {
        return Ok(false);
    };
    let Ok(mut pager) = start_pager(&command) else {
        return Ok(false);
    };
    let _interrupts = HeldInterrupts::start();
    let written = match pager.stdin.take() {
        Some(mut input) => input.write_all(text),
        None => Ok(()),
    };
    if matches!(pager.wait()?.code(), Some(CANNOT_RUN | NOT_FOUND)) {
        return Ok(false);
    }
    written.map(|()| true)
}

/// Time in which Ctrl-C does not end the program: it is a key of the pager, which goes on.
struct HeldInterrupts {
    #[cfg(unix)]
    is_over: std::sync::Arc<std::sync::atomic::AtomicBool>,
}

impl HeldInterrupts {
    #[cfg(unix)]
    fn start() -> HeldInterrupts {
        let held = HeldInterrupts {
            is_over: std::sync::Arc::default(),
        };
        let is_over = std::sync::Arc::clone(&held.is_over);
        let signal = signal_hook::consts::SIGINT;
        // Without a handler, Ctrl-C ends the program before its pager, as it always did.
        let _ = signal_hook::flag::register_conditional_default(signal, is_over);
        held
    }

    #[cfg(not(unix))]
    fn start() -> HeldInterrupts {
        HeldInterrupts {}
    }
}

impl Drop for HeldInterrupts {
    fn drop(&mut self) {
        #[cfg(unix)]
        self.is_over
            .store(true, std::sync::atomic::Ordering::Relaxed);
    }
}

/// Returns the command of the pager: `PAGER`, or `less`. `None` if the user wants none.
fn choose_pager() -> Option<OsString> {
    let chosen = std::env::var_os("PAGER").unwrap_or_else(|| DEFAULT_PAGER.into());
    (!chosen.is_empty() && chosen != "cat").then_some(chosen)
}

fn is_longer_than_screen(text: &[u8]) -> bool {
    let Some((_, rows)) = terminal_size::terminal_size() else {
        return false;
    };
    memchr::memchr_iter(b'\n', text).count() >= usize::from(rows.0)
}

/// Starts the pager, by the shell as `PAGER` may have options.
fn start_pager(command: &OsString) -> io::Result<Child> {
    let mut pager = if cfg!(windows) {
        let mut pager = Command::new("cmd");
        pager.arg("/C");
        pager
    } else {
        let mut pager = Command::new("sh");
        pager.arg("-c");
        pager
    };
    pager.arg(command).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        pager.env("LESS", LESS_OPTIONS);
    }
    pager.spawn()
}
