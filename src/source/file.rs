//! Reads a file or a stream in bounded memory: a small one whole, a large one in windows that overlap.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::short::ShortReads;
use super::{Chunk, Sink};
use crate::finding::{Origin, Skip, SkipReason};
use crate::message::describe_io_error;
use crate::span::{Charset, Position, TextPlaces, character_tail};

/// Maximum length in bytes of the part of a file that is held at once.
pub(super) const WINDOW: usize = 1 << 20;

/// Length in bytes of the context kept from the previous window; longer than any token.
pub(super) const BACK: usize = 64 * 1024;

/// Length in bytes of the end of a window. A token that starts there is left to the next window, which has all of it.
pub(super) const AHEAD: usize = 16 * 1024;

/// Minimum size in bytes of a file that several threads read together.
#[cfg(any(unix, windows))]
pub(super) const LARGE: u64 = 8 * WINDOW as u64;

/// Number of bytes at the start of a stream that are reported with its first window.
pub(crate) const FIRST_WINDOW: u64 = (WINDOW - AHEAD) as u64;

/// Reader of files, with one buffer for all of them.
#[derive(Debug, Default)]
pub(crate) struct FileReader {
    buffer: Vec<u8>,
    /// Minimum size in bytes of the files that are not read but added to `left`.
    leave: Option<u64>,
    left: Vec<PathBuf>,
    short: ShortReads,
}

impl FileReader {
    /// Returns a reader that does not read files of at least `size` bytes, nor large ones with holes; they are listed
    /// by [`FileReader::take_deferred`].
    #[must_use]
    pub(crate) fn deferring(size: u64) -> Self {
        FileReader {
            leave: Some(size),
            ..FileReader::default()
        }
    }

    /// Returns the files that were too large for this reader.
    #[must_use]
    pub(crate) fn take_deferred(&mut self) -> Vec<PathBuf> {
        std::mem::take(&mut self.left)
    }

    /// Reads the file at `path` and gives it to `sink`. `max` is the maximum size in bytes of a file that is read. Returns
    /// false if the file is not read.
    pub(crate) fn scan_file(&mut self, path: &Path, max: Option<u64>, sink: &mut dyn Sink) -> bool {
        let read = self.try_scan_file(path, max, sink);
        let is_read = read.is_ok();
        if let Err(reason) = read {
            sink.skip(Skip {
                path: path.to_owned(),
                reason,
            });
        }
        is_read
    }

    fn try_scan_file(
        &mut self,
        path: &Path,
        max: Option<u64>,
        sink: &mut dyn Sink,
    ) -> Result<(), SkipReason> {
        let unreadable = |error: io::Error| SkipReason::Unreadable(describe_io_error(&error));
        let file = File::open(path).map_err(unreadable)?;
        if let Some(max) = max {
            let size = file.metadata().map_err(unreadable)?.len();
            if size > max {
                return Err(SkipReason::TooLarge(size));
            }
        }
        prepare_buffer(&mut self.buffer);
        let (filled, outcome) = self.read_first_window(&file, path);
        // The size is of no use for a file that one read has read whole.
        if filled == WINDOW
            && let Some(leave) = self.leave
            && file
                .metadata()
                .is_ok_and(|m| m.is_file() && (m.len() >= leave || may_have_holes(&m)))
        {
            self.left.push(path.to_owned());
            return Ok(());
        }
        let first = (filled, outcome);
        scan_windows(
            &file,
            first,
            path,
            &Origin::default(),
            &mut self.buffer,
            sink,
        )
        .map_err(unreadable)
    }

    /// Reads the first window of a file, usually the whole file, with one read if possible.
    fn read_first_window(&mut self, mut file: &File, path: &Path) -> (usize, io::Result<()>) {
        match file.read(&mut self.buffer) {
            Ok(filled) if filled > 0 && filled < WINDOW => {
                if self.short.is_end(file, path, filled) {
                    return (filled, Ok(()));
                }
                let (more, outcome) = fill(&mut file, &mut self.buffer[filled..]);
                (filled + more, outcome)
            }
            Ok(filled) => (filled, Ok(())),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => fill(&mut file, &mut self.buffer),
            Err(e) => (0, Err(e)),
        }
    }
}

/// Returns true if a large file may have holes; only [`super::large`] skips them.
#[cfg(any(unix, windows))]
fn may_have_holes(file: &std::fs::Metadata) -> bool {
    file.len() >= LARGE && super::sparse::is_sparse(file)
}

/// Returns false: holes cannot be skipped on this system.
#[cfg(not(any(unix, windows)))]
fn may_have_holes(_: &std::fs::Metadata) -> bool {
    false
}

/// Returns the reason why a path cannot be read that is no regular file.
#[cfg(unix)]
pub(super) fn special_file_reason(kind: std::fs::FileType) -> Option<SkipReason> {
    use std::os::unix::fs::FileTypeExt;
    let name = if kind.is_fifo() {
        "named pipe"
    } else if kind.is_socket() {
        "socket"
    } else if kind.is_block_device() || kind.is_char_device() {
        "device"
    } else {
        return None;
    };
    Some(SkipReason::Special(name))
}

/// Returns the reason why a path cannot be read that is no regular file.
#[cfg(not(unix))]
pub(super) fn special_file_reason(_: std::fs::FileType) -> Option<SkipReason> {
    None
}

/// Returns the metadata of a path that the user named, following links, or the reason why it cannot be read.
pub(super) fn check_named(path: &Path) -> Result<std::fs::Metadata, SkipReason> {
    let meta =
        std::fs::metadata(path).map_err(|e| SkipReason::Unreadable(describe_io_error(&e)))?;
    match special_file_reason(meta.file_type()) {
        Some(SkipReason::Special(kind)) => Err(SkipReason::Unreadable(format!(
            "is a {kind}; pipe its content to `tokensweep scan -` instead"
        ))),
        _ => Ok(meta),
    }
}

/// Reads a stream to its end and gives it to `sink` in chunks.
///
/// # Errors
/// When reading fails; what was read before has been given to `sink`.
pub(crate) fn scan_reader(
    mut input: impl Read,
    path: &Path,
    origin: &Origin,
    buffer: &mut Vec<u8>,
    sink: &mut dyn Sink,
) -> io::Result<()> {
    prepare_buffer(buffer);
    let first = fill(&mut input, buffer);
    scan_windows(input, first, path, origin, buffer, sink)
}

/// Reads on after the first window is full, or after all the input that there is.
fn scan_windows(
    mut input: impl Read,
    first: (usize, io::Result<()>),
    path: &Path,
    origin: &Origin,
    buffer: &mut [u8],
    sink: &mut dyn Sink,
) -> io::Result<()> {
    let (mut filled, mut outcome) = first;
    let mut own = 0;
    let (mut offset, mut start) = (0u64, Position::START);
    let mut charset = Charset::default();
    // Bytes before `first` belong to a character of the previous window.
    let mut first = 0;
    loop {
        let last = outcome.is_err() || filled < WINDOW;
        let end = if last { filled } else { filled - AHEAD };
        sink.scan_chunk(&Chunk {
            path,
            origin,
            bytes: &buffer[..filled],
            offset,
            start,
            charset,
            own: (own..end).into(),
            before: &[],
            places: TextPlaces::default(),
        });
        if sink.is_stopped() {
            return outcome;
        }
        if last {
            sink.file(offset + filled as u64);
            return outcome;
        }
        if offset == 0 {
            charset = Charset::of_file(&buffer[..filled]);
        }
        // A multiple of four, so that windows of UTF-16 and UTF-32 start at a character.
        let keep = end - BACK;
        let next = keep + character_tail(charset, &buffer[keep..filled]);
        start = start.after_in(charset, &buffer[first..next]);
        first = next - keep;
        offset += keep as u64;
        buffer.copy_within(keep..filled, 0);
        own = BACK;
        let (read, next) = fill(&mut input, &mut buffer[filled - keep..]);
        filled = filled - keep + read;
        outcome = next;
    }
}

/// Resizes the buffer to one window. The system zeroes it, so unused pages cost nothing.
fn prepare_buffer(buffer: &mut Vec<u8>) {
    if buffer.len() != WINDOW {
        *buffer = vec![0; WINDOW];
    }
}

/// Reads until the buffer is full or the input ends.
fn fill(input: &mut impl Read, buffer: &mut [u8]) -> (usize, io::Result<()>) {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return (filled, Err(e)),
        }
    }
    (filled, Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Seen {
        text: Vec<u8>,
        places: Vec<(u64, Position)>,
        bytes: u64,
    }

    impl Sink for Seen {
        fn scan_chunk(&mut self, chunk: &Chunk<'_>) {
            assert_eq!(
                chunk.offset + chunk.own.start as u64,
                self.text.len() as u64,
                "no gap, no overlap"
            );
            assert!(
                chunk.own.start == 0 || chunk.own.start >= BACK,
                "context before"
            );
            self.text.extend(&chunk.bytes[chunk.own]);
            self.places.push((chunk.offset, chunk.start));
        }
        fn file(&mut self, bytes: u64) {
            self.bytes = bytes;
        }
        fn skip(&mut self, skip: Skip) {
            panic!("{skip:?}");
        }
    }

    #[test]
    fn windows_cover_a_stream_once_and_know_their_line() {
        for len in [0, 1, WINDOW - 1, WINDOW, WINDOW + 1, 3 * WINDOW + 12_345] {
            // Windows start inside characters.
            let text: Vec<u8> = (0..len)
                .map(|i| match i % 97 {
                    0 => b'\n',
                    i => "\u{4ee4}".as_bytes()[i % 3],
                })
                .collect();
            let mut seen = Seen::default();
            let origin = Origin::default();
            scan_reader(
                &text[..],
                Path::new("-"),
                &origin,
                &mut Vec::new(),
                &mut seen,
            )
            .unwrap();
            assert_eq!(seen.bytes, len as u64);
            assert!(seen.text == text, "length {len}");
            for (offset, position) in seen.places {
                let offset = usize::try_from(offset).unwrap();
                let first = if offset == 0 {
                    0
                } else {
                    offset + character_tail(Charset::Utf8, &text[offset..])
                };
                assert_eq!(
                    position,
                    Position::START.after(&text[..first]),
                    "offset {offset}"
                );
            }
        }
    }

    #[test]
    fn files_of_all_sizes_are_read_to_their_end() {
        let dir = tempfile::tempdir().unwrap();
        let mut reader = FileReader::default();
        for len in [
            0,
            1,
            4095,
            4096,
            4097,
            8192,
            100_000,
            WINDOW - 1,
            WINDOW,
            WINDOW + 1,
        ] {
            let text: Vec<u8> = (0..len).map(|i| b"0123456789\n"[i % 11]).collect();
            let path = dir.path().join(len.to_string());
            let mut file = File::create(&path).unwrap();
            io::Write::write_all(&mut file, &text).unwrap();
            let mut seen = Seen::default();
            reader.scan_file(&path, None, &mut seen);
            assert_eq!(seen.bytes, len as u64);
            assert!(seen.text == text, "length {len}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_is_made_up_as_it_is_read_is_read_to_its_end() {
        // This file is longer than the part that one read returns.
        let path = Path::new("/proc/kallsyms");
        let Ok(text) = std::fs::read(path) else {
            return;
        };
        let mut seen = Seen::default();
        FileReader::default().scan_file(path, None, &mut seen);
        assert_eq!(seen.text.len(), text.len());
    }
}
