//! Marks of containers that are at the end of a file, or far behind its start: looked for while a member is read that
//! no reader takes, so that an archive in it is not passed over silently.

use std::io::{self, Read};

use super::form::{ContainerForm, ContainerFormat, ContainerKind, ISO};

/// Form of disk images of macOS.
pub(super) const DISK: ContainerForm = ContainerForm {
    name: "a disk image of macOS",
    format: ContainerFormat::Other,
    kind: ContainerKind::Archive,
    is_sealed: true,
};

/// Form of files with a zip archive behind what they begin with.
const ZIP_BEHIND: ContainerForm = ContainerForm {
    name: "a file with a zip archive behind it",
    ..DISK
};

/// First bytes of the record at the end of a zip archive, and the length in bytes of one without a comment.
pub(super) const ZIP_MARK: &[u8] = b"PK\x05\x06";
pub(super) const ZIP_END: usize = 22;

/// First bytes of the record at the end of a disk image of macOS, and its length in bytes.
pub(super) const DISK_MARK: &[u8] = b"koly\0\0\0\x04";
pub(super) const DISK_END: usize = 512;

/// Reader that looks for the marks in what passes.
pub(crate) struct EdgeReader<R> {
    inner: R,
    at: usize,
    /// Bytes where an ISO image has its mark.
    iso: [u8; ISO.1.len()],
    /// Last bytes that were read.
    tail: Vec<u8>,
}

impl<R> EdgeReader<R> {
    pub(crate) fn new(inner: R) -> Self {
        EdgeReader {
            inner,
            at: 0,
            iso: [0; ISO.1.len()],
            tail: Vec::new(),
        }
    }

    /// Returns the form whose marks have passed, once all is read.
    pub(crate) fn find_form(&self) -> Option<ContainerForm> {
        if self.iso[..] == *ISO.1 {
            return Some(ISO.2);
        }
        let record = |len: usize| &self.tail[self.tail.len().saturating_sub(len)..];
        if record(DISK_END).starts_with(DISK_MARK) {
            return Some(DISK);
        }
        let zip = record(ZIP_END);
        let has_members = zip.len() == ZIP_END && zip[10..12] != [0, 0];
        (zip.starts_with(ZIP_MARK) && has_members).then_some(ZIP_BEHIND)
    }

    fn note_bytes(&mut self, bytes: &[u8]) {
        let (from, mark, _) = ISO;
        for (place, at) in self.iso.iter_mut().zip(from..from + mark.len()) {
            if let Some(byte) = at.checked_sub(self.at).and_then(|at| bytes.get(at)) {
                *place = *byte;
            }
        }
        self.at = self.at.saturating_add(bytes.len());
        let last = &bytes[bytes.len().saturating_sub(DISK_END)..];
        let kept = self.tail.len().min(DISK_END - last.len());
        self.tail.drain(..self.tail.len() - kept);
        self.tail.extend_from_slice(last);
    }
}

impl<R: Read> Read for EdgeReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(out)?;
        self.note_bytes(&out[..count]);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a file in pieces of this length.
    fn find_in(file: &[u8], piece: usize) -> Option<&'static str> {
        let mut reader = EdgeReader::new(file);
        let mut buffer = vec![0; piece];
        while reader.read(&mut buffer).unwrap() > 0 {}
        reader.find_form().map(|form| form.name)
    }

    #[test]
    fn marks_are_found_at_their_place_however_the_file_is_read() {
        let mut iso = vec![1; 40_000];
        iso[32769..32774].copy_from_slice(b"CD001");
        let mut disk = vec![1; 1024];
        disk[512..520].copy_from_slice(DISK_MARK);
        let mut zip = vec![1; 700];
        zip[678..682].copy_from_slice(ZIP_MARK);
        for piece in [1, 7, 511, 512, 513, 32_771, 65_536] {
            assert_eq!(find_in(&iso, piece), Some(ISO.2.name));
            assert_eq!(find_in(&disk, piece), Some(DISK.name));
            assert_eq!(find_in(&zip, piece), Some(ZIP_BEHIND.name));
            assert_eq!(find_in(&[&iso[1..]].concat(), piece), None);
            assert_eq!(find_in(&disk[..1023], piece), None);
            assert_eq!(find_in(&[&zip[..], b"x"].concat(), piece), None);
        }
        zip[678 + 10..678 + 12].copy_from_slice(&[0, 0]);
        assert_eq!(find_in(&zip, 64), None, "an archive without members");
        assert_eq!(find_in(b"", 64), None);
    }
}
