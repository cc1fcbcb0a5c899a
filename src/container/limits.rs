//! Limits on what a container may cost, and the budgets that count it. Every limit that is reached is reported.

use std::cell::Cell;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::account;
use super::clock::FileClock;

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
    /// Seconds of processor time for one file, for all its readings. It gets them once more for every 8 MiB of its bytes
    /// that lead to as many bytes of contents, and for every 128 MiB of its bytes.
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
    /// The same, in the second reading of a file that was read to its end before.
    SecondReading(u64),
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
            ContainerLimit::SecondReading(most) => write!(
                f,
                "reading the file twice takes more than {most} s, so that it was not searched for values that are \
                 secrets in other places; `max-container-seconds` raises the limit"
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
    clock: FileClock,
    exceeded: Cell<Option<ContainerLimit>>,
}

impl<'b> ContainerBudget<'b> {
    /// Starts to count for a file of `size` bytes, which has taken some time `before`.
    #[must_use]
    pub(crate) fn new(
        limits: ContainerLimits,
        scan: &'b ScanBudget,
        size: u64,
        before: Duration,
    ) -> Self {
        account::size_account(limits.memory);
        ContainerBudget {
            limits,
            scan,
            size,
            clock: FileClock::new(limits.seconds, size, before),
            inflated: Cell::default(),
            members: Cell::default(),
            memory: Cell::default(),
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
        self.check_clock(self.clock.add_member());
        self.exceeded().is_none()
    }

    /// Counts bytes of a member that were read. Returns false if a limit of the file is exceeded.
    pub(crate) fn add_bytes(&self, count: u64, is_packed: bool) -> bool {
        if is_packed {
            self.add_inflated(count);
        }
        self.check_clock(self.clock.add_contents(count));
        self.exceeded().is_none()
    }

    /// Counts a piece of input that a reader has taken.
    pub(crate) fn add_input(&self, count: u64) {
        self.check_clock(self.clock.add_input(count));
    }

    /// Counts bytes that a reader has worked on besides contents.
    pub(crate) fn add_work(&self, count: u64) {
        self.check_clock(self.clock.add_work(count));
    }

    /// Returns the time that the file has taken, without the time that it gets for its contents.
    #[must_use]
    pub(crate) fn used_time(&self) -> Duration {
        self.clock.used()
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

    fn check_clock(&self, has_time: bool) {
        if !has_time {
            self.exceed(ContainerLimit::Seconds(self.clock.allowed_seconds()));
        }
    }

    /// Does a work that has a limit of its own, whose time is not counted.
    pub(crate) fn exclude_time<R>(&self, work: impl FnOnce() -> R) -> R {
        self.clock.exclude(work)
    }

    /// Takes `count` bytes of memory; false if there is not so much left.
    pub(crate) fn take_memory(&self, count: u64) -> bool {
        let taken = self.memory.get().saturating_add(count);
        let is_free = taken <= self.limits.memory && account::take_memory(count);
        if is_free {
            self.memory.set(taken);
        }
        is_free
    }

    /// Returns the number of bytes of memory that are left.
    #[must_use]
    pub(crate) fn free_memory(&self) -> u64 {
        let left = self.limits.memory - self.memory.get().min(self.limits.memory);
        left.min(account::free_memory())
    }

    /// Returns the limit that leaves no more memory.
    #[must_use]
    pub(crate) fn memory_limit(&self) -> ContainerLimit {
        let left = self.limits.memory.saturating_sub(self.memory.get());
        let is_shared = account::free_memory() < left;
        ContainerLimit::Memory(if is_shared {
            account::most_memory()
        } else {
            self.limits.memory
        })
    }

    /// Gives memory back.
    pub(crate) fn give_memory(&self, count: u64) {
        self.memory.set(self.memory.get().saturating_sub(count));
        account::give_memory(count);
    }

    fn exceed(&self, limit: ContainerLimit) {
        if self.exceeded().is_none() {
            self.exceeded.set(Some(limit));
        }
    }
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
        let budget = ContainerBudget::new(limits(), &scan, 1 << 30, Duration::ZERO);
        assert!(budget.add_bytes(100 << 20, true));
        assert!(!budget.add_bytes(1, true));
        assert_eq!(
            budget.exceeded(),
            Some(ContainerLimit::FileBytes(100 << 20))
        );
        let budget = ContainerBudget::new(limits(), &scan, 1 << 30, Duration::ZERO);
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
        let budget = ContainerBudget::new(limits(), &scan, 1000, Duration::ZERO);
        assert!(budget.add_bytes(1 << 40, false));
        assert!(budget.add_bytes(FREE_BYTES + 2000, true));
        assert!(!budget.add_bytes(1, true));
        assert_eq!(budget.exceeded(), Some(ContainerLimit::Ratio(2)));
    }

    #[test]
    fn members_and_memory_are_counted() {
        let scan = ScanBudget::default();
        let budget = ContainerBudget::new(limits(), &scan, 0, Duration::ZERO);
        assert!((0..3).all(|_| budget.add_member()));
        assert!(!budget.add_member());
        let all = budget.free_memory();
        assert!(budget.take_memory(all));
        assert!(!budget.take_memory(1));
        budget.give_memory(1);
        assert!(budget.take_memory(1));
    }
}
