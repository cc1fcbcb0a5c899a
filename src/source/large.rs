//! Reads large files with all threads at once. Their windows are the ones that a single thread would read, so the
//! findings do not depend on the threads; only the positions are computed in order.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::file::{AHEAD, BACK, WINDOW};
use super::{Chunk, Sink, Sinks, sparse};
use crate::finding::{Origin, Skip, SkipReason};
use crate::message::describe_io_error;
use crate::span::{Charset, Position, TextPlaces, character_tail};
use crate::threads::{lock_mutex, run_in_threads};

/// Distance in bytes between the starts of two windows.
const STEP: usize = WINDOW - AHEAD - BACK;

/// Scans these files one after the other, each with `threads` threads.
pub(super) fn scan<'s>(paths: &[PathBuf], threads: usize, sinks: &Sinks<'s>) {
    let files: Vec<LargeFile> = paths.iter().map(|path| LargeFile::new(path)).collect();
    let work = || {
        let mut sink = sinks();
        let mut buffer = vec![0; WINDOW];
        for file in &files {
            file.scan(&mut buffer, &mut *sink);
        }
    };
    run_in_threads(threads, work);
}

/// File that several threads read.
struct LargeFile<'p> {
    path: &'p Path,
    progress: Mutex<WindowProgress>,
    /// Notified whenever a window has got its position.
    turn: Condvar,
}

struct WindowProgress {
    /// Opened by the first thread that needs it.
    file: Option<Result<std::sync::Arc<File>, ()>>,
    /// True if the file may have holes.
    sparse: bool,
    /// Index of the next window that no thread has taken.
    next: u64,
    /// Index of the next window to get its position, which is `start`.
    placed: u64,
    start: Position,
    /// Encoding of the characters.
    charset: Charset,
    /// True once the last window has got its position, or if there is none.
    ended: bool,
}

impl<'p> LargeFile<'p> {
    fn new(path: &'p Path) -> Self {
        LargeFile {
            path,
            progress: Mutex::new(WindowProgress {
                file: None,
                sparse: false,
                next: 0,
                placed: 0,
                start: Position::START,
                charset: Charset::default(),
                ended: false,
            }),
            turn: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, WindowProgress> {
        lock_mutex(&self.progress)
    }

    /// Scans windows until none is left.
    fn scan(&self, buffer: &mut [u8], sink: &mut dyn Sink) {
        let Some((file, charset)) = self.open(sink) else {
            return;
        };
        let skips_holes = !sink.wants_holes();
        while let Some(claim) = self.claim_window(&file, skips_holes) {
            let offset = claim.index * STEP as u64;
            let (filled, outcome) = fill_at(&file, buffer, offset);
            let last = outcome.is_err() || filled < WINDOW;
            let Some(start) = self.place(&claim, charset, &buffer[..filled], last) else {
                return;
            };
            let from = if claim.index == 0 {
                0
            } else {
                BACK.min(filled)
            };
            let own = from..if last { filled } else { filled - AHEAD };
            sink.scan_chunk(&Chunk {
                path: self.path,
                origin: &Origin::default(),
                bytes: &buffer[..filled],
                offset,
                start,
                charset,
                own: own.into(),
                before: &[],
                places: TextPlaces::default(),
            });
            if last {
                sink.file(offset + filled as u64);
            }
            if let Err(error) = outcome {
                self.unreadable(&error, sink);
            }
        }
    }

    fn open(&self, sink: &mut dyn Sink) -> Option<(std::sync::Arc<File>, Charset)> {
        let mut progress = self.lock();
        if progress.file.is_none() {
            let file = File::open(self.path).map(std::sync::Arc::new);
            progress.file = Some(file.map_err(|error| self.unreadable(&error, sink)));
            if let Some(Ok(file)) = &progress.file {
                let sparse = file.metadata().is_ok_and(|m| sparse::is_sparse(&m));
                // A read error is reported for the first window.
                let mut head = [0; 4096];
                let (filled, _) = fill_at(file, &mut head, 0);
                let charset = Charset::of_file(&head[..filled]);
                (progress.sparse, progress.charset) = (sparse, charset);
            }
        }
        let opened = progress.file.clone()?.ok();
        progress.ended |= opened.is_none();
        Some((opened?, progress.charset))
    }

    fn unreadable(&self, error: &io::Error, sink: &mut dyn Sink) {
        sink.skip(Skip {
            path: self.path.to_owned(),
            reason: SkipReason::Unreadable(describe_io_error(error)),
        });
    }

    /// Takes the next window that no other thread has and that is not in a hole.
    fn claim_window(&self, file: &File, skips_holes: bool) -> Option<WindowClaim> {
        let mut progress = self.lock();
        if progress.ended {
            return None;
        }
        // The first window is never skipped, because it starts the file.
        let holes = if skips_holes && progress.sparse && progress.next > 0 {
            windows_in_hole(file, progress.next * STEP as u64)
        } else {
            0
        };
        progress.next += holes + 1;
        let index = progress.next - 1;
        Some(WindowClaim { index, holes })
    }

    /// Waits until the windows before a claimed one have their positions, then sets its own; `None` if the file ends
    /// before it. All of them are being read, so the wait is short.
    fn place(
        &self,
        claim: &WindowClaim,
        charset: Charset,
        window: &[u8],
        last: bool,
    ) -> Option<Position> {
        let cut = STEP.min(window.len());
        let first = if claim.index == 0 {
            0
        } else {
            character_tail(charset, window)
        };
        let next = cut + character_tail(charset, &window[cut..]);
        let passed = Position::START.after_in(charset, &window[first.min(next)..next]);
        let first_of_hole = claim.index - claim.holes;
        let progress = self.lock();
        let mut progress = self
            .turn
            .wait_while(progress, |p| p.placed != first_of_hole && !p.ended)
            .unwrap_or_else(PoisonError::into_inner);
        if progress.ended {
            return None;
        }
        let mut start = progress.start;
        // A zero is a character that ends no line.
        start.column += claim.holes * (STEP / charset.unit_len()) as u64;
        progress.start = start.advance_by(passed);
        progress.placed = claim.index + 1;
        progress.ended = last;
        self.turn.notify_all();
        Some(start)
    }
}

/// Window for one thread to read, with the number of windows before it that are only a hole.
struct WindowClaim {
    index: u64,
    holes: u64,
}

/// Returns the number of windows, the first at `offset`, that are in one hole.
fn windows_in_hole(file: &File, offset: u64) -> u64 {
    let hole = sparse::hole_end(file, offset) - offset;
    let behind_first = hole.checked_sub(WINDOW as u64);
    behind_first.map_or(0, |rest| rest / STEP as u64 + 1)
}

/// Reads from `offset` until the buffer is full or the file ends.
fn fill_at(file: &File, buffer: &mut [u8], offset: u64) -> (usize, io::Result<()>) {
    let mut filled = 0;
    while filled < buffer.len() {
        match read_at(file, &mut buffer[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return (filled, Err(e)),
        }
    }
    (filled, Ok(()))
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::source::file::FileReader;
    use crate::span::Span;

    type Seen = (Vec<(u64, Position, Span, Vec<u8>)>, Vec<u64>, usize);

    struct Notes(Arc<Mutex<Seen>>, bool);

    impl Sink for Notes {
        fn scan_chunk(&mut self, chunk: &Chunk<'_>) {
            let bytes = chunk.bytes[chunk.own].to_vec();
            let mut seen = self.0.lock().unwrap();
            seen.0.push((chunk.offset, chunk.start, chunk.own, bytes));
        }
        fn file(&mut self, bytes: u64) {
            self.0.lock().unwrap().1.push(bytes);
        }
        fn skip(&mut self, _: Skip) {
            self.0.lock().unwrap().2 += 1;
        }
        fn wants_holes(&self) -> bool {
            self.1
        }
    }

    fn seen(run: impl FnOnce(&Sinks<'static>)) -> Seen {
        seen_with(true, run)
    }

    fn seen_with(holes: bool, run: impl FnOnce(&Sinks<'static>)) -> Seen {
        let all = Arc::new(Mutex::new(Seen::default()));
        let shared = Arc::clone(&all);
        run(&move || Box::new(Notes(Arc::clone(&shared), holes)));
        let mut all = std::mem::take(&mut *all.lock().unwrap());
        all.0.sort();
        all
    }

    #[test]
    fn many_threads_see_the_windows_that_one_sees() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("large");
        for len in [
            0,
            1,
            STEP,
            WINDOW - 1,
            WINDOW,
            WINDOW + 1,
            3 * STEP + BACK,
            9 * WINDOW + 77,
        ] {
            let text: Vec<u8> = (0..len)
                .map(|i| match i % 8191 {
                    0 => b'\n',
                    i => "\u{1f511}".as_bytes()[i % 4],
                })
                .collect();
            let mut file = File::create(&path).unwrap();
            io::Write::write_all(&mut file, &text).unwrap();
            let one = seen(|sinks| {
                FileReader::default().scan_file(&path, None, &mut *sinks());
            });
            for threads in [1, 2, 5] {
                let many = seen(|sinks| scan(std::slice::from_ref(&path), threads, sinks));
                assert!(many == one, "{len} bytes, {threads} threads");
            }
        }
    }

    #[test]
    fn holes_are_left_out_and_what_is_behind_them_keeps_its_place() {
        use std::io::{Seek, SeekFrom, Write};
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sparse");
        let mut file = File::create(&path).unwrap();
        let len = 40 * WINDOW as u64 + 77;
        for at in [0, 5 << 20, (5 << 20) + 4096 * 300, 29_999_999, len - 20] {
            file.seek(SeekFrom::Start(at)).unwrap();
            file.write_all(b"words\nand more").unwrap();
        }
        file.set_len(len).unwrap();
        let has_holes = sparse::hole_end(&file, 1 << 20) > 1 << 20;
        let paths = std::slice::from_ref(&path);
        let all = seen(|sinks| {
            FileReader::default().scan_file(&path, None, &mut *sinks());
        });
        for threads in [1, 2, 5] {
            assert!(seen(|sinks| scan(paths, threads, sinks)) == all);
            let some = seen_with(false, |sinks| scan(paths, threads, sinks));
            assert_eq!((&some.1, some.2), (&all.1, all.2));
            assert!(some.0.iter().all(|window| all.0.contains(window)));
            let mut left_out = all.0.iter().filter(|window| !some.0.contains(window));
            assert!(left_out.all(|window| window.3.iter().all(|byte| *byte == 0)));
            assert!(!has_holes || some.0.len() < 15, "{}", some.0.len());
        }
    }

    #[test]
    fn a_file_that_has_gone_is_said_to_be_unreadable_once() {
        let gone = [PathBuf::from("/nowhere/at/all")];
        let seen = seen(|sinks| scan(&gone, 4, sinks));
        assert_eq!((seen.0.len(), seen.1.len(), seen.2), (0, 0, 1));
    }
}
