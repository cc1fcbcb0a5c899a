//! Buffered stream: a short stream is kept while it is read, so that it can be read again.

use std::io::{self, Read};

/// Maximum length of a stream that is kept, in bytes.
pub(super) const MOST: usize = 32 << 20;

/// Reader that keeps the bytes it returns.
pub(super) struct KeptInput<R> {
    input: R,
    /// Bytes returned so far; `None` after they have exceeded the limit.
    kept: Option<Vec<u8>>,
}

impl<R> KeptInput<R> {
    pub(super) fn new(input: R) -> Self {
        KeptInput {
            input,
            kept: Some(Vec::new()),
        }
    }

    /// Returns all bytes that were read, if they were kept.
    pub(super) fn all(&self) -> Option<&[u8]> {
        self.kept.as_deref()
    }
}

impl<R: Read> Read for KeptInput<R> {
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
