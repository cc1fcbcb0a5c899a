//! Reads one file or stream in bounded memory: small ones whole, large ones in windows that overlap.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::short::ShortReads;
use super::{Chunk, Sink};
use crate::finding::{Origin, Skip, SkipReason};
use crate::span::{Charset, Position, character_tail};

/// The most that is held of a file at once.
pub(super) const WINDOW: usize = 1 << 20;

/// How much of the window before is kept as context; longer than any token.
pub(super) const BACK: usize = 64 * 1024;

/// What starts in the last bytes of a window is left to the next one, which sees all of it and what follows.
pub(super) const AHEAD: usize = 16 * 1024;

/// Reads files into one buffer that is kept from file to file.
#[derive(Debug, Default)]
pub struct Reader {
    buffer: Vec<u8>,
    /// Files of at least this size are not read but remembered in `left`.
    leave: Option<u64>,
    left: Vec<PathBuf>,
    short: ShortReads,
}

impl Reader {
    /// A reader that leaves files of at least `size` bytes, and large ones with holes, to somebody else: see
    /// [`Reader::take_left`].
    #[must_use]
    pub fn that_leaves(size: u64) -> Self {
        Reader {
            leave: Some(size),
            ..Reader::default()
        }
    }

    /// The files that were too large for this reader.
    #[must_use]
    pub fn take_left(&mut self) -> Vec<PathBuf> {
        std::mem::take(&mut self.left)
    }

    /// Reads the file at `path` and gives it to `sink`. `max` is the largest size that is read, in bytes.
    pub fn scan_file(&mut self, path: &Path, max: Option<u64>, sink: &mut dyn Sink) {
        if let Err(reason) = self.try_scan_file(path, max, sink) {
            sink.skip(Skip {
                path: path.to_owned(),
                reason,
            });
        }
    }

    fn try_scan_file(
        &mut self,
        path: &Path,
        max: Option<u64>,
        sink: &mut dyn Sink,
    ) -> Result<(), SkipReason> {
        let unreadable = |error: io::Error| SkipReason::Unreadable(plain_error(&error));
        let file = File::open(path).map_err(unreadable)?;
        if let Some(max) = max {
            let size = file.metadata().map_err(unreadable)?.len();
            if size > max {
                return Err(SkipReason::TooLarge(size));
            }
        }
        prepare(&mut self.buffer);
        let (filled, outcome) = self.first(&file, path);
        // Nobody asks for the size of a file that is read at once.
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

    /// Reads the first window of a file, mostly all of it, with one read if that can be.
    fn first(&mut self, mut file: &File, path: &Path) -> (usize, io::Result<()>) {
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

/// Whether a large file may have holes, which nobody but [`super::large`] skips.
#[cfg(any(unix, windows))]
fn may_have_holes(file: &std::fs::Metadata) -> bool {
    file.len() >= super::large::LARGE && super::sparse::is_sparse(file)
}

/// Whether a large file may have holes that can be skipped.
#[cfg(not(any(unix, windows)))]
fn may_have_holes(_: &std::fs::Metadata) -> bool {
    false
}

/// Why a path that is no regular file cannot be read, if so.
#[cfg(unix)]
pub(super) fn special(kind: std::fs::FileType) -> Option<SkipReason> {
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

/// Why a path that is no regular file cannot be read, if so.
#[cfg(not(unix))]
pub(super) fn special(_: std::fs::FileType) -> Option<SkipReason> {
    None
}

/// Looks at a path that the user named, following links; says in words why it cannot be read.
pub(super) fn check_named(path: &Path) -> Result<std::fs::Metadata, SkipReason> {
    let meta = std::fs::metadata(path).map_err(|e| SkipReason::Unreadable(plain_error(&e)))?;
    match special(meta.file_type()) {
        Some(SkipReason::Special(kind)) => Err(SkipReason::Unreadable(format!(
            "is a {kind}; pipe its content to `tokensweep scan -` instead"
        ))),
        _ => Ok(meta),
    }
}

/// The operating system's words without its number.
pub(super) fn plain_error(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
}

/// Reads a stream to its end and gives it to `sink` in chunks.
///
/// # Errors
/// When reading fails; what was read before has been given to `sink`.
pub fn scan_reader(
    mut input: impl Read,
    path: &Path,
    origin: &Origin,
    buffer: &mut Vec<u8>,
    sink: &mut dyn Sink,
) -> io::Result<()> {
    prepare(buffer);
    let first = fill(&mut input, buffer);
    scan_windows(input, first, path, origin, buffer, sink)
}

/// Goes on reading when the first window has been filled, or as much of it as there is.
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
    // What is before it belongs to a character of the window before.
    let mut first = 0;
    loop {
        let last = outcome.is_err() || filled < WINDOW;
        let end = if last { filled } else { filled - AHEAD };
        sink.chunk(&Chunk {
            path,
            origin,
            bytes: &buffer[..filled],
            offset,
            start,
            charset,
            own: (own, end),
            before: &[],
        });
        if last {
            sink.file(offset + filled as u64);
            return outcome;
        }
        if offset == 0 {
            charset = Charset::of_file(&buffer[..filled]);
        }
        // A multiple of four, so that windows of UTF-16 and UTF-32 begin with a character.
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

/// Makes the buffer one window long: zeroed by the system, so that pages nobody uses cost nothing.
fn prepare(buffer: &mut Vec<u8>) {
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
        fn chunk(&mut self, chunk: &Chunk<'_>) {
            assert_eq!(
                chunk.offset + chunk.own.0 as u64,
                self.text.len() as u64,
                "no gap, no overlap"
            );
            assert!(chunk.own.0 == 0 || chunk.own.0 >= BACK, "context before");
            self.text.extend(&chunk.bytes[chunk.own.0..chunk.own.1]);
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
            // Windows begin inside of characters.
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
        let mut reader = Reader::default();
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
        // Longer than what one read gives of it.
        let path = Path::new("/proc/kallsyms");
        let Ok(text) = std::fs::read(path) else {
            return;
        };
        let mut seen = Seen::default();
        Reader::default().scan_file(path, None, &mut seen);
        assert_eq!(seen.text.len(), text.len());
    }
}
