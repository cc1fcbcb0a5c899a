//! Progress of an audit: how many repositories are done, and about how long the others take.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::super::mask::MessageMasker;
use crate::message::portable_path;
use crate::report::escape_control;
use crate::threads::lock_mutex;

/// Maximum number of characters of a path that are shown.
const WIDTH: usize = 40;

/// Progress of an audit, shared with the thread that shows it.
#[derive(Clone, Debug, Default)]
pub(super) struct AuditProgress(Arc<Mutex<AuditCounters>>);

/// Counters of an [`AuditProgress`]. Work is counted in bytes of objects.
#[derive(Debug, Default)]
struct AuditCounters {
    total: u64,
    done: u64,
    with_trouble: u64,
    /// Work of the repositories that are left.
    left: u64,
    /// Work of the repositories that this run has scanned.
    scanned: u64,
    current: String,
}

impl AuditProgress {
    /// Returns the progress of an audit of repositories of these sizes.
    pub(super) fn new(sizes: impl Iterator<Item = u64>) -> AuditProgress {
        let mut counters = AuditCounters::default();
        for size in sizes {
            counters.total += 1;
            counters.left += size;
        }
        AuditProgress(Arc::new(Mutex::new(counters)))
    }

    /// Notes that the repository at `path` is scanned now.
    pub(super) fn begin(&self, path: &Path) {
        let name = portable_path(path);
        let name = MessageMasker::default().apply(&name).into_owned();
        let name = escape_control(&name).into_owned();
        let cut = name.chars().count().saturating_sub(WIDTH);
        let rest: String = name.chars().skip(cut).collect();
        let cut = if cut > 0 { "…" } else { "" };
        lock_mutex(&self.0).current = format!("{cut}{rest}");
    }

    /// Notes that a repository of this size is done, by this run or an earlier one.
    pub(super) fn finish(&self, size: u64, is_scanned: bool, is_complete: bool) {
        let mut counters = lock_mutex(&self.0);
        counters.done += 1;
        counters.with_trouble += u64::from(!is_complete);
        counters.left = counters.left.saturating_sub(size);
        if is_scanned {
            counters.scanned += size;
        }
    }

    /// Returns the line for a terminal, after this time.
    pub(super) fn describe(&self, elapsed: Duration) -> String {
        let counters = lock_mutex(&self.0);
        let seconds = elapsed.as_secs();
        let mut line = format!(
            "auditing: {} of {} repositories, {seconds} s",
            counters.done, counters.total
        );
        if counters.with_trouble > 0 {
            line.push_str(&format!(", {} with trouble", counters.with_trouble));
        }
        if counters.scanned > 0 {
            let left =
                u128::from(seconds) * u128::from(counters.left) / u128::from(counters.scanned);
            line.push_str(&format!(", about {left} s left"));
        }
        if !counters.current.is_empty() {
            line.push_str(&format!(": {}", counters.current));
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_estimates_from_the_sizes_of_what_this_run_has_scanned() {
        let progress = AuditProgress::new([100, 300, 600, 1000].into_iter());
        let after = |seconds| progress.describe(Duration::from_secs(seconds));
        assert_eq!(after(1), "auditing: 0 of 4 repositories, 1 s");
        // What an earlier run has scanned tells nothing of the speed.
        progress.finish(100, false, true);
        assert_eq!(after(1), "auditing: 1 of 4 repositories, 1 s");
        progress.finish(300, true, false);
        progress.begin(Path::new("./a/b"));
        assert_eq!(
            after(3),
            "auditing: 2 of 4 repositories, 3 s, 1 with trouble, about 16 s left: a/b"
        );
        progress.begin(Path::new(&"x/".repeat(30)));
        assert!(
            after(3).ends_with(&format!(": …{}", "x/".repeat(20))),
            "{}",
            after(3)
        );
    }
}
