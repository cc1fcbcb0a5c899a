//! Original bytes of a file to redact, which must not change between two reads.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use sha2::{Digest, Sha256};

use super::{Edit, Edited, RedactError};

/// Original bytes, read several times. Each time they must be the same.
pub(super) struct Original<'f> {
    file: &'f File,
    digest: Sha256,
    read: u64,
    sealed: Option<([u8; 32], u64)>,
}

impl<'f> Original<'f> {
    pub(super) fn new(file: &'f File) -> Self {
        Original {
            file,
            digest: Sha256::new(),
            read: 0,
            sealed: None,
        }
    }

    /// Starts at the beginning of the file.
    pub(super) fn start(&mut self) -> io::Result<&mut Self> {
        self.file.seek(SeekFrom::Start(0))?;
        self.digest = Sha256::new();
        self.read = 0;
        Ok(self)
    }

    /// Compares what was read from the beginning to the end with what was read before.
    pub(super) fn seal_digest(&mut self) -> Result<(), RedactError> {
        let now = (self.digest.clone().finalize().into(), self.read);
        if *self.sealed.get_or_insert(now) == now {
            Ok(())
        } else {
            Err(RedactError::refusal("it is being written to"))
        }
    }

    /// Reads the file once more, and checks that it is unchanged.
    pub(super) fn verify(&mut self) -> Result<(), RedactError> {
        let reading = RedactError::io_error("cannot read it");
        io::copy(self.start().map_err(&reading)?, &mut io::sink()).map_err(&reading)?;
        self.seal_digest()
    }

    pub(super) fn write_to(&mut self, mut to: &File, edits: &[Edit]) -> Result<(), RedactError> {
        let reading = RedactError::io_error("cannot read it");
        let mut from = Edited::new(self.start().map_err(&reading)?, edits);
        let mut buffer = vec![0; 1 << 18];
        loop {
            let n = from.read(&mut buffer).map_err(&reading)?;
            if n == 0 {
                break;
            }
            to.write_all(&buffer[..n])
                .map_err(RedactError::io_error("cannot write the new file"))?;
        }
        self.seal_digest()
    }

    /// Returns the first bytes of the file.
    pub(super) fn head(&mut self) -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        self.file.seek(SeekFrom::Start(0))?;
        self.file.take(8192).read_to_end(&mut head)?;
        Ok(head)
    }

    /// Returns the bytes of a range.
    pub(super) fn bytes(&mut self, range: Range<u64>) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(range.start))?;
        self.file
            .take(range.end.saturating_sub(range.start))
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl Read for Original<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(out)?;
        self.digest.update(&out[..n]);
        self.read += n as u64;
        Ok(n)
    }
}
