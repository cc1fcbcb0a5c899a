//! Memory of decoders: the windows of what was decompressed before, which decoders inside each other hold at once.

use std::io::{self, Cursor, Read};

use super::account::{give_memory, most_memory, take_memory};
use super::limits::ContainerLimit;
use super::member::ContainerProblem;

/// Length in bytes of the usual window of an xz file.
const USUAL: u64 = 8 << 20;

/// Maximum length in bytes of a window.
const MOST: u64 = 64 << 20;

/// Number of first bytes of an xz file that tell the length of the window.
const XZ_HEAD: u64 = 64;

/// Part of the memory that the window of a decoder has filled.
pub(super) struct WindowHold {
    /// Length in bytes of the window.
    window: u64,
    filled: u64,
}

impl WindowHold {
    /// Returns the hold of a window of this length in bytes, of which nothing is filled.
    pub(super) fn new(window: u64) -> Self {
        WindowHold { window, filled: 0 }
    }

    /// Counts bytes that were decompressed.
    ///
    /// # Errors
    /// When the windows of all decoders and the members that are held are too large together.
    pub(super) fn fill(&mut self, count: u64) -> io::Result<()> {
        let filled = self.filled.saturating_add(count).min(self.window);
        if !take_memory(filled - self.filled) {
            let limit = ContainerLimit::Memory(most_memory());
            return Err(ContainerProblem::Limit(limit).into());
        }
        self.filled = filled;
        Ok(())
    }
}

impl Drop for WindowHold {
    fn drop(&mut self) {
        give_memory(self.filled);
    }
}

/// Content of a decoder whose window is counted.
pub(super) struct WindowedContent<R> {
    content: R,
    hold: WindowHold,
}

impl<R: Read> WindowedContent<R> {
    pub(super) fn new(content: R, window: u64) -> Self {
        WindowedContent {
            content,
            hold: WindowHold::new(window),
        }
    }
}

impl<R: Read> Read for WindowedContent<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.content.read(out)?;
        self.hold.fill(count as u64)?;
        Ok(count)
    }
}

/// Returns the first bytes of an input, and the input with them.
pub(super) fn peek_head<R: Read>(mut input: R, len: u64) -> io::Result<(Vec<u8>, impl Read)> {
    let mut head = Vec::new();
    input.by_ref().take(len).read_to_end(&mut head)?;
    Ok((head.clone(), Cursor::new(head).chain(input)))
}

/// Returns an xz file with the length in bytes of the window of its first block.
pub(super) fn peek_xz_window<R: Read>(input: R) -> io::Result<(u64, impl Read)> {
    let (head, input) = peek_head(input, XZ_HEAD)?;
    Ok((find_xz_window(&head).unwrap_or(USUAL).max(USUAL), input))
}

/// Reads the filters in the header of the first block. The last one is LZMA2, whose property tells the window.
fn find_xz_window(head: &[u8]) -> Option<u64> {
    let block = head.get(12..)?;
    let flags = *block.get(1)?;
    let mut at = 2;
    // Two lengths may stand in front, each a number of up to nine bytes.
    for bit in [0x40, 0x80] {
        if flags & bit != 0 {
            at += block.get(at..)?.iter().position(|b| b & 0x80 == 0)? + 1;
        }
    }
    for _ in 0..=flags & 3 {
        let (id, len) = (*block.get(at)?, usize::from(*block.get(at + 1)?));
        if id == 0x21 {
            return window_of_property(*block.get(at + 2)?);
        }
        at += 2 + len;
    }
    None
}

/// Returns the length in bytes of the window that a property of LZMA2 states.
pub(super) fn window_of_property(property: u8) -> Option<u64> {
    let bits = property & 0x3f;
    (bits < 40).then(|| (2 | u64::from(bits & 1)) << (bits / 2 + 11))
}

/// Returns the length in bytes of the window of a zstd frame; the longest one if its header is cut.
pub(super) fn find_zstd_window(head: &[u8]) -> u64 {
    let find = || {
        let flags = *head.get(4)?;
        let next = *head.get(5)?;
        if flags & 0x20 == 0 {
            let base = 1u64 << (10 + (next >> 3)).min(40);
            return Some(base + base / 8 * u64::from(next & 7));
        }
        // The whole frame is one window, whose length stands behind the number of a dictionary.
        let at = 5 + [0, 1, 2, 4][usize::from(flags & 3)];
        let len = [1, 2, 4, 8][usize::from(flags >> 6)];
        let bytes = head.get(at..at + len)?.iter().rev();
        let size = bytes.fold(0u64, |size, byte| size << 8 | u64::from(*byte));
        // The length of eight bytes may be any number.
        Some(size.saturating_add(256))
    };
    find().unwrap_or(MOST).min(MOST)
}

#[cfg(test)]
mod tests {
    use super::super::account::free_memory;
    use super::*;

    #[test]
    fn windows_inside_each_other_share_the_memory() {
        let free = free_memory();
        let mut outer = WindowHold::new(64 << 20);
        outer.fill(1 << 30).unwrap();
        // A small content has room all the same.
        let mut inner = WindowHold::new(64 << 20);
        inner.fill(4 << 20).unwrap();
        assert!(inner.fill(1).is_err() && !take_memory(1));
        drop(outer);
        inner.fill(1 << 30).unwrap();
        drop(inner);
        assert_eq!(free_memory(), free);
    }

    #[test]
    fn headers_tell_the_window() {
        let xz = b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4\x46\x02\0\x21\x01\x16\0\0\0";
        assert_eq!(find_xz_window(xz), Some(8 << 20));
        let filtered = b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4\x46\x03\x01\x03\x01\0\x21\x01\x1c";
        assert_eq!(find_xz_window(filtered), Some(64 << 20));
        assert_eq!(find_xz_window(b"\xfd7zXZ\0"), None);
        assert_eq!(find_zstd_window(b"\x28\xb5\x2f\xfd\0\x58"), 2 << 20);
        assert_eq!(find_zstd_window(b"\x28\xb5\x2f\xfd\x20\x05"), 261);
        assert_eq!(find_zstd_window(b"\x28\xb5"), 64 << 20);
        let endless = b"\x28\xb5\x2f\xfd\xe0\xff\xff\xff\xff\xff\xff\xff\xff";
        assert_eq!(find_zstd_window(endless), MOST);
    }
}
