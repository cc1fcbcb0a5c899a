//! A stream that is kept while it is read, so that a short one can be read again.

use std::io::{self, Read};

/// The longest stream that is kept, in bytes.
pub(super) const MOST: usize = 32 << 20;

/// A reader that keeps what it gives.
pub(super) struct Kept<R> {
    input: R,
    /// What was given; `None` once that was more than is kept.
    kept: Option<Vec<u8>>,
}

impl<R> Kept<R> {
    pub(super) fn new(input: R) -> Self {
        Kept {
            input,
            kept: Some(Vec::new()),
        }
    }

    /// All that was read, if it was kept.
    pub(super) fn all(&self) -> Option<&[u8]> {
        self.kept.as_deref()
    }
}

impl<R: Read> Read for Kept<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(out)?;
        let has_room = |kept: &Vec<u8>| kept.len() + count <= MOST;
        self.kept = self.kept.take().filter(has_room);
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(&out[..count]);
        }
        Ok(count)
    }
}
