//! Work without the interpreter's lock, which a signal such as that of Ctrl-C ends.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use tokensweep::StopFlag;

use crate::DEFECT;

/// Number of bytes of text whose scan is too short to look for signals.
const SHORT: u64 = 1 << 14;

/// Time between two looks for a signal.
const BEAT: Duration = Duration::from_millis(50);

/// Does `work` on a number of bytes. Another thread does it while this one, which may be the only one that Python lets
/// look for signals, waits. A short work is done by this thread, which is quicker.
///
/// # Errors
/// Raises the exception of a signal handler, such as `KeyboardInterrupt`, once the work has ended by its flag.
pub(crate) fn run_until_signal<T: Send>(
    py: Python<'_>,
    bytes: u64,
    work: impl FnOnce(&StopFlag) -> T + Send,
) -> PyResult<T> {
    let stop = &StopFlag::default();
    if bytes <= SHORT {
        return Ok(py.detach(|| work(stop)));
    }
    py.detach(|| {
        thread::scope(|scope| {
            let (done, ended) = channel::<()>();
            let worker = scope.spawn(move || {
                // Dropped at the end, also at that by a panic.
                let _done = done;
                work(stop)
            });
            let mut signal = Ok(());
            while ended.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
                if signal.is_ok() {
                    signal = Python::attach(|py| py.check_signals());
                }
                if signal.is_err() {
                    stop.stop_scans();
                }
            }
            let result = worker.join();
            signal?;
            result.map_err(|_| PyRuntimeError::new_err(DEFECT))
        })
    })
}
