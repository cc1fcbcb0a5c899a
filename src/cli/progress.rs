//! Progress line on standard error for long runs; none in a pipe, none for short runs.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::options::ColorChoice;
use crate::scan::ScanProgress;

/// Duration of a run before the line appears.
const PATIENCE: Duration = Duration::from_millis(700);

/// Interval between updates of the line.
const BEAT: Duration = Duration::from_millis(120);

/// Shows the line until it is dropped.
pub(super) struct ProgressLine {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl ProgressLine {
    /// Starts to show `progress`, if `when` and standard error allow a line.
    pub(super) fn start(progress: &ScanProgress, when: ColorChoice) -> ProgressLine {
        let progress = progress.clone();
        ProgressLine::start_with(when, move |elapsed| progress_text(&progress, elapsed))
    }

    /// Starts to show the line that `describe` returns for the time since now, if `when` and standard error allow a line.
    pub(super) fn start_with(
        when: ColorChoice,
        describe: impl Fn(Duration) -> String + Send + 'static,
    ) -> ProgressLine {
        let wanted = match when {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => io::stderr().is_terminal(),
        };
        if !wanted {
            return ProgressLine {
                stop: None,
                thread: None,
            };
        }
        let (stop, stopped) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let started = Instant::now();
            let mut wait = PATIENCE;
            let mut shown = false;
            while stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                wait = BEAT;
                shown = true;
                // A failure to write to standard error cannot be reported anywhere.
                let _ = write!(io::stderr(), "\r\x1b[K{}", describe(started.elapsed()));
            }
            if shown {
                let _ = write!(io::stderr(), "\r\x1b[K");
            }
        });
        ProgressLine {
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // The report is printed even if the thread of the line has panicked.
            let _ = thread.join();
        }
    }
}

fn progress_text(progress: &ScanProgress, elapsed: Duration) -> String {
    let done = progress.items.load(Ordering::Relaxed);
    let total = progress.total.load(Ordering::Relaxed);
    let megabytes = progress.bytes.load(Ordering::Relaxed) / 1_000_000;
    let seconds = elapsed.as_secs();
    if total == 0 {
        return format!("scanning: {done} read, {megabytes} MB, {seconds} s");
    }
    if done == 0 {
        return format!("scanning: {total} to read, {seconds} s");
    }
    let left = seconds * total.saturating_sub(done) / done;
    format!("scanning: {done} of {total} read, {megabytes} MB, {seconds} s, about {left} s left")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_estimates_only_where_the_end_is_known() {
        let progress = ScanProgress::default();
        progress.read(1, 3_000_000);
        assert_eq!(
            progress_text(&progress, Duration::from_secs(4)),
            "scanning: 1 read, 3 MB, 4 s"
        );
        progress.total.store(3, Ordering::Relaxed);
        assert_eq!(
            progress_text(&progress, Duration::from_secs(4)),
            "scanning: 1 of 3 read, 3 MB, 4 s, about 8 s left"
        );
    }
}
