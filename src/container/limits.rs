//! Limits on what a container may cost, and the budgets that count it. Every limit that is reached is reported.

use std::cell::Cell;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Limits on the reading of containers.
///
/// ```
/// use tokensweep::{ContainerLimits, Scanner};
///
/// let mut limits = ContainerLimits::default();
/// limits.depth = 2;
/// let scanner = Scanner::builder().containers(Some(limits)).build();
/// assert!(scanner.opens_containers());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ContainerLimits {
    /// Number of containers inside each other that are opened. A compressed archive counts once.
    pub depth: u64,
    /// Number of members of one file, nested ones included.
    pub members: u64,
    /// Length in bytes of one inflated member.
    pub member_bytes: u64,
    /// Number of inflated bytes for each byte of the file. The first 64 MiB do not count.
    pub ratio: u64,
    /// Number of inflated bytes of one file, at all levels.
    pub file_bytes: u64,
    /// Number of inflated bytes of a scan.
    pub scan_bytes: u64,
    /// Seconds of processor time for one file. A large file gets one more for every 4 MiB.
    pub seconds: u64,
    /// Number of bytes of nested containers that are held in memory.
    pub memory: u64,
    /// True if the text of pictures is recognised, by the program tesseract.
    pub pictures: bool,
    /// Number of pixels of a picture whose text is recognised.
    pub picture_pixels: u64,
    /// Number of bytes that decoding a picture may take, with those of its file.
    pub picture_memory: u64,
    /// Seconds for the text of one picture.
    pub picture_seconds: u64,
}

/// Number of inflated bytes of a file to which the ratio does not apply.
const FREE_BYTES: u64 = 64 << 20;

/// Length of a file in bytes for which there is one second of processor time more.
const BYTES_A_SECOND: u64 = 4 << 20;

impl Default for ContainerLimits {
    fn default() -> Self {
        ContainerLimits {
            depth: 8,
            members: 1_000_000,
            member_bytes: 4 << 30,
            ratio: 250,
            file_bytes: 16 << 30,
            scan_bytes: 256 << 30,
            seconds: 2,
            memory: 32 << 20,
            pictures: false,
            picture_pixels: 40_000_000,
            picture_memory: 64 << 20,
            picture_seconds: 120,
        }
    }
}

/// Limit that was reached, with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContainerLimit {
    /// [`ContainerLimits::depth`].
    Depth(u64),
    /// [`ContainerLimits::members`].
    Members(u64),
    /// [`ContainerLimits::member_bytes`].
    MemberBytes(u64),
    /// [`ContainerLimits::ratio`].
    Ratio(u64),
    /// [`ContainerLimits::file_bytes`].
    FileBytes(u64),
    /// [`ContainerLimits::scan_bytes`].
    ScanBytes(u64),
    /// [`ContainerLimits::seconds`].
    Seconds(u64),
    /// [`ContainerLimits::memory`].
    Memory(u64),
    /// [`ContainerLimits::picture_pixels`].
    PicturePixels(u64),
    /// [`ContainerLimits::picture_memory`].
    PictureMemory(u64),
    /// [`ContainerLimits::picture_seconds`].
    PictureSeconds(u64),
}

impl fmt::Display for ContainerLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rest = "the rest was not read";
        match self {
            ContainerLimit::Depth(depth) => write!(
                f,
                "nested in more than {depth} containers, not opened; --max-container-depth opens more"
            ),
            ContainerLimit::Members(most) => write!(
                f,
                "the file has more than {most} members, {rest}; `max-container-members` raises the limit"
            ),
            ContainerLimit::MemberBytes(most) => write!(
                f,
                "larger than {most} bytes, {rest}; `max-member-size` raises the limit"
            ),
            ContainerLimit::Ratio(most) => write!(
                f,
                "the file grows to more than {most} times its size, as bombs do, {rest}; \
                 `max-container-ratio` raises the limit"
            ),
            ContainerLimit::FileBytes(most) => write!(
                f,
                "the file holds more than {most} bytes, {rest}; `max-container-size` raises the limit"
            ),
            ContainerLimit::ScanBytes(most) => write!(
                f,
                "all containers of the scan hold more than {most} bytes, {rest}; \
                 `max-container-total` raises the limit"
            ),
            ContainerLimit::Seconds(most) => write!(
                f,
                "reading the file took more than {most} s, {rest}; `max-container-seconds` raises the limit"
            ),
            ContainerLimit::Memory(most) => write!(
                f,
                "opening it takes more than {most} bytes of memory, not opened; \
                 `max-container-memory` raises the limit"
            ),
            ContainerLimit::PicturePixels(most) => write!(
                f,
                "a picture of more than {most} pixels, its text was not read; \
                 `max-picture-pixels` raises the limit"
            ),
            ContainerLimit::PictureMemory(most) => write!(
                f,
                "decoding the picture takes more than {most} bytes of memory, its text was not read; \
                 `max-picture-memory` raises the limit"
            ),
            ContainerLimit::PictureSeconds(most) => write!(
                f,
                "reading the text of the picture took more than {most} s, it was not read; \
                 `max-picture-seconds` raises the limit"
            ),
        }
    }
}

/// Count of what all containers of a scan have cost.
#[derive(Debug, Default)]
pub(crate) struct ScanBudget(AtomicU64);

/// Count of what one file has cost.
#[derive(Debug)]
pub(crate) struct ContainerBudget<'b> {
    limits: ContainerLimits,
    scan: &'b ScanBudget,
    /// Length of the file in bytes.
    size: u64,
    inflated: Cell<u64>,
    members: Cell<u64>,
    memory: Cell<u64>,
    started: Cell<Duration>,
    /// Bytes read since the clock was read.
    unclocked: Cell<u64>,
    exceeded: Cell<Option<ContainerLimit>>,
}

/// Number of bytes after which the clock is read.
const CLOCKED: u64 = 1 << 16;

impl<'b> ContainerBudget<'b> {
    /// Starts to count for a file of `size` bytes.
    #[must_use]
    pub(crate) fn new(limits: ContainerLimits, scan: &'b ScanBudget, size: u64) -> Self {
        ContainerBudget {
            limits,
            scan,
            size,
            inflated: Cell::default(),
            members: Cell::default(),
            memory: Cell::default(),
            started: Cell::new(processor_time()),
            unclocked: Cell::default(),
            exceeded: Cell::default(),
        }
    }

    /// Returns the limits.
    #[must_use]
    pub(crate) fn limits(&self) -> &ContainerLimits {
        &self.limits
    }

    /// Returns the limit of the whole file that was exceeded.
    #[must_use]
    pub(crate) fn exceeded(&self) -> Option<ContainerLimit> {
        self.exceeded.get()
    }

    /// Counts a member. Returns false if that is one too many, or if a limit of the file is exceeded already.
    pub(crate) fn add_member(&self) -> bool {
        let count = self.members.get() + 1;
        self.members.set(count);
        if count > self.limits.members {
            self.exceed(ContainerLimit::Members(self.limits.members));
        }
        self.add_time(CLOCKED / 16);
        self.exceeded().is_none()
    }

    /// Counts bytes of a member that were read. Returns false if a limit of the file is exceeded.
    pub(crate) fn add_bytes(&self, count: u64, is_packed: bool) -> bool {
        if is_packed {
            self.add_inflated(count);
        }
        self.add_time(count);
        self.exceeded().is_none()
    }

    /// Counts a piece of input that a reader has taken. Decoders work longer on an input of small parts than on their
    /// output, so the clock is read more often.
    pub(crate) fn add_input(&self, count: u64) {
        self.add_time(CLOCKED / 16 + count.saturating_mul(8));
    }

    fn add_inflated(&self, count: u64) {
        let limits = &self.limits;
        let total = self.inflated.get().saturating_add(count);
        self.inflated.set(total);
        let scan = self.scan.0.fetch_add(count, Ordering::Relaxed);
        let free = FREE_BYTES.saturating_add(self.size.saturating_mul(limits.ratio));
        if total > limits.file_bytes {
            self.exceed(ContainerLimit::FileBytes(limits.file_bytes));
        } else if total > free {
            self.exceed(ContainerLimit::Ratio(limits.ratio));
        } else if scan.saturating_add(count) > limits.scan_bytes {
            self.exceed(ContainerLimit::ScanBytes(limits.scan_bytes));
        }
    }

    fn add_time(&self, count: u64) {
        let unclocked = self.unclocked.get() + count;
        self.unclocked.set(unclocked);
        if unclocked < CLOCKED {
            return;
        }
        self.unclocked.set(0);
        let most = (self.limits.seconds).saturating_add(self.size / BYTES_A_SECOND);
        if processor_time().saturating_sub(self.started.get()) > Duration::from_secs(most) {
            self.exceed(ContainerLimit::Seconds(most));
        }
    }

    /// Does a work that has a limit of its own, whose time is not counted.
    pub(crate) fn exclude_time<R>(&self, work: impl FnOnce() -> R) -> R {
        let from = processor_time();
        let done = work();
        let taken = processor_time().saturating_sub(from);
        self.started.set(self.started.get() + taken);
        done
    }

    /// Takes `count` bytes of memory; false if there is not so much left.
    pub(crate) fn take_memory(&self, count: u64) -> bool {
        let taken = self.memory.get().saturating_add(count);
        let is_free = taken <= self.limits.memory;
        if is_free {
            self.memory.set(taken);
        }
        is_free
    }

    /// Returns the number of bytes of memory that are left.
    #[must_use]
    pub(crate) fn free_memory(&self) -> u64 {
        self.limits.memory - self.memory.get().min(self.limits.memory)
    }

    /// Gives memory back.
    pub(crate) fn give_memory(&self, count: u64) {
        self.memory.set(self.memory.get().saturating_sub(count));
    }

    fn exceed(&self, limit: ContainerLimit) {
        if self.exceeded().is_none() {
            self.exceeded.set(Some(limit));
        }
    }
}

/// Returns the processor time of this thread, which other programs do not use up.
#[cfg(unix)]
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(
        time.tv_sec.try_into().unwrap_or_default(),
        time.tv_nsec.try_into().unwrap_or_default(),
    )
}

/// Returns the time since the first call.
#[cfg(not(unix))]
fn processor_time() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> ContainerLimits {
        ContainerLimits {
            members: 3,
            file_bytes: 100 << 20,
            ratio: 2,
            scan_bytes: 150 << 20,
            ..ContainerLimits::default()
        }
    }

    #[test]
    fn a_limit_is_exceeded_by_one_and_not_by_what_it_allows() {
        let scan = ScanBudget::default();
        let budget = ContainerBudget::new(limits(), &scan, 1 << 30);
        assert!(budget.add_bytes(100 << 20, true));
        assert!(!budget.add_bytes(1, true));
        assert_eq!(
            budget.exceeded(),
            Some(ContainerLimit::FileBytes(100 << 20))
        );
        let budget = ContainerBudget::new(limits(), &scan, 1 << 30);
        assert!(budget.add_bytes((50 << 20) - 1, true));
        assert!(!budget.add_bytes(1, true));
        assert_eq!(
            budget.exceeded(),
            Some(ContainerLimit::ScanBytes(150 << 20)),
            "all files count"
        );
    }

    #[test]
    fn a_small_file_may_grow_by_the_ratio_and_what_is_not_packed_is_free() {
        let scan = ScanBudget::default();
        let budget = ContainerBudget::new(limits(), &scan, 1000);
        assert!(budget.add_bytes(1 << 40, false));
        assert!(budget.add_bytes(FREE_BYTES + 2000, true));
        assert!(!budget.add_bytes(1, true));
        assert_eq!(budget.exceeded(), Some(ContainerLimit::Ratio(2)));
    }

    #[test]
    fn members_and_memory_are_counted() {
        let scan = ScanBudget::default();
        let budget = ContainerBudget::new(limits(), &scan, 0);
        assert!((0..3).all(|_| budget.add_member()));
        assert!(!budget.add_member());
        let all = budget.free_memory();
        assert!(budget.take_memory(all));
        assert!(!budget.take_memory(1));
        budget.give_memory(1);
        assert!(budget.take_memory(1));
    }
}
