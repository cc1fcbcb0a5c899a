//! Clock of one file: the processor time that its containers may take. The time grows with the bytes of the file that
//! have led to contents, so that a large archive is read to its end, and one that keeps its reader busy with nothing is not.

use std::cell::Cell;
use std::time::Duration;

/// Length in bytes of the contents for which a file gets its time once more, up to its own length.
const PACE: u64 = 8 << 20;

/// Number of bytes of a file that count as one byte of contents, whatever they lead to: a reader has to pass over them.
const PASSED: u64 = 16;

/// Number of bytes after which the clock is read.
const CLOCKED: u64 = 1 << 16;

/// Clock of a file of `size` bytes.
#[derive(Debug)]
pub(super) struct FileClock {
    /// Time of a file without any contents.
    base: Duration,
    size: u64,
    /// Number of bytes of contents that were read.
    contents: Cell<u64>,
    /// Processor time of the thread when the reading started, later if there was work that does not count.
    started: Cell<Duration>,
    /// Time that the file has taken before.
    before: Duration,
    /// Number of bytes since the clock was read.
    unclocked: Cell<u64>,
}

impl FileClock {
    /// Starts the clock of a file of `size` bytes, which has taken some time `before`.
    pub(super) fn new(seconds: u64, size: u64, before: Duration) -> Self {
        FileClock {
            base: Duration::from_secs(seconds),
            size,
            contents: Cell::default(),
            started: Cell::new(processor_time()),
            before,
            unclocked: Cell::default(),
        }
    }

    /// Counts a member, whose header takes time too. Returns false if the time is up.
    pub(super) fn add_member(&self) -> bool {
        self.add_time(CLOCKED / 16)
    }

    /// Counts a piece of input that a reader has taken. Decoders work longer on an input of small parts than on their
    /// output, so the clock is read more often. Returns false if the time is up.
    pub(super) fn add_input(&self, bytes: u64) -> bool {
        self.add_time(CLOCKED / 16 + bytes.saturating_mul(8))
    }

    /// Counts bytes that a reader has worked on. Returns false if the time is up.
    pub(super) fn add_work(&self, bytes: u64) -> bool {
        self.add_time(bytes)
    }

    /// Counts bytes of contents. Returns false if the time is up.
    pub(super) fn add_contents(&self, bytes: u64) -> bool {
        let contents = self.contents.get().saturating_add(bytes);
        self.contents.set(contents);
        self.add_time(bytes)
    }

    fn add_time(&self, count: u64) -> bool {
        let unclocked = self.unclocked.get().saturating_add(count);
        if unclocked < CLOCKED {
            self.unclocked.set(unclocked);
            return true;
        }
        self.unclocked.set(0);
        self.used() <= self.base
    }

    /// Returns the time that the file may have taken by now, in whole seconds.
    pub(super) fn allowed_seconds(&self) -> u64 {
        (self.base + self.earned()).as_secs()
    }

    /// Returns the time for the contents that were read.
    fn earned(&self) -> Duration {
        let contents = self.contents.get().min(self.size) + self.size / PASSED;
        let nanos = self.base.as_nanos() * u128::from(contents) / u128::from(PACE);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// Returns the time that the file has taken, without the time for the contents that were read.
    pub(super) fn used(&self) -> Duration {
        let taken = processor_time().saturating_sub(self.started.get());
        self.before + taken.saturating_sub(self.earned())
    }

    /// Does a work whose time does not count.
    pub(super) fn exclude<R>(&self, work: impl FnOnce() -> R) -> R {
        let from = processor_time();
        let done = work();
        let taken = processor_time().saturating_sub(from);
        self.started.set(self.started.get() + taken);
        done
    }
}

/// Returns the processor time of this thread, which other programs do not use up.
#[cfg(all(unix, not(test)))]
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(
        time.tv_sec.try_into().unwrap_or_default(),
        time.tv_nsec.try_into().unwrap_or_default(),
    )
}

/// Returns the time since the first call.
#[cfg(all(not(unix), not(test)))]
fn processor_time() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}

#[cfg(test)]
thread_local! {
    static TIME: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    static STEP: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// Returns the time that a test makes, which goes on at each look.
#[cfg(test)]
fn processor_time() -> Duration {
    TIME.set(TIME.get() + STEP.get());
    TIME.get()
}

/// Sets by how much the clocks of this thread go on at each look, and returns their time.
#[cfg(test)]
pub(crate) fn step_clocks_by(step: Duration) -> Duration {
    STEP.set(step);
    TIME.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_file_gets_time_for_its_contents_up_to_its_own_length() {
        let clock = FileClock::new(2, 64 << 20, Duration::ZERO);
        assert_eq!(clock.allowed_seconds(), 3, "for passing over the file");
        clock.add_contents(8 << 20);
        assert_eq!(clock.allowed_seconds(), 5);
        clock.add_work(1 << 40);
        assert_eq!(clock.allowed_seconds(), 5, "work is no content");
        clock.add_contents(1 << 40);
        assert_eq!(clock.allowed_seconds(), 19, "a small file may be a bomb");
    }

    #[test]
    fn the_time_is_up_after_work_without_contents() {
        step_clocks_by(SECOND);
        let clock = FileClock::new(2, 100, Duration::ZERO);
        assert!(clock.add_work(CLOCKED) && clock.add_work(CLOCKED));
        assert!(!clock.add_work(CLOCKED));
        let clock = FileClock::new(2, 100, SECOND);
        assert!(clock.add_work(CLOCKED));
        assert!(!clock.add_work(CLOCKED), "it took a second before");
        let clock = FileClock::new(2, 32 << 20, Duration::ZERO);
        let all = |_| clock.add_contents(4 << 20);
        assert!((0..8).all(all), "half the time is for the contents");
        let clock = FileClock::new(2, 100, Duration::ZERO);
        clock.exclude(|| step_clocks_by(SECOND * 10));
        assert!(clock.used() > SECOND);
    }
}
