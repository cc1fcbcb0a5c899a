//! Large files, read by all threads at once. Their windows lie on the grid on which one thread would read
//! them, so what is found does not depend on the threads; only the place of each is worked out in turn.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::file::{AHEAD, BACK, WINDOW, plain_error};
use super::{Chunk, Sink, Sinks};
use crate::finding::{Origin, Skip, SkipReason};
use crate::span::{Position, character_tail};

/// Files of at least this size are worth the threads' company.
pub(super) const LARGE: u64 = 8 * WINDOW as u64;

/// How far one window starts behind the other.
const STEP: usize = WINDOW - AHEAD - BACK;

/// Scans these files, one after the other, each on `threads` threads.
pub(super) fn scan<'s>(paths: &[PathBuf], threads: usize, sinks: &Sinks<'s>) {
    let files: Vec<Large> = paths.iter().map(|path| Large::new(path)).collect();
    let work = || {
        let mut sink = sinks();
        let mut buffer = vec![0; WINDOW];
        for file in &files {
            file.scan(&mut buffer, &mut *sink);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
}

/// A file that several threads read.
struct Large<'p> {
    path: &'p Path,
    progress: Mutex<Progress>,
    /// Told whenever a window has got its place.
    turn: Condvar,
}

struct Progress {
    /// Opened by whoever comes first.
    file: Option<Result<std::sync::Arc<File>, ()>>,
    /// The next window that nobody reads yet.
    next: u64,
    /// The next window to get its place, and that place.
    placed: u64,
    start: Position,
    /// The last window has got its place, or there is none.
    ended: bool,
}

impl<'p> Large<'p> {
    fn new(path: &'p Path) -> Self {
        Large {
            path,
            progress: Mutex::new(Progress {
                file: None,
                next: 0,
                placed: 0,
                start: Position::START,
                ended: false,
            }),
            turn: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Scans windows until there are none left.
    fn scan(&self, buffer: &mut [u8], sink: &mut dyn Sink) {
        let Some(file) = self.open(sink) else {
            return;
        };
        while let Some(index) = self.claim() {
            let offset = index * STEP as u64;
            let (filled, outcome) = fill_at(&file, buffer, offset);
            let last = outcome.is_err() || filled < WINDOW;
            let Some(start) = self.place(index, &buffer[..filled], last) else {
                return;
            };
            sink.chunk(&Chunk {
                path: self.path,
                origin: &Origin::default(),
                bytes: &buffer[..filled],
                offset,
                start,
                own: (
                    if index == 0 { 0 } else { BACK.min(filled) },
                    if last { filled } else { filled - AHEAD },
                ),
                before: &[],
            });
            if last {
                sink.file(offset + filled as u64);
            }
            if let Err(error) = outcome {
                self.unreadable(&error, sink);
            }
        }
    }

    fn open(&self, sink: &mut dyn Sink) -> Option<std::sync::Arc<File>> {
        let mut progress = self.lock();
        let opened = progress
            .file
            .get_or_insert_with(|| {
                let file = File::open(self.path).map(std::sync::Arc::new);
                file.map_err(|error| self.unreadable(&error, sink))
            })
            .clone();
        if opened.is_err() {
            progress.ended = true;
        }
        opened.ok()
    }

    fn unreadable(&self, error: &io::Error, sink: &mut dyn Sink) {
        sink.skip(Skip {
            path: self.path.to_owned(),
            reason: SkipReason::Unreadable(plain_error(error)),
        });
    }

    /// The next window that nobody reads.
    fn claim(&self) -> Option<u64> {
        let mut progress = self.lock();
        if progress.ended {
            return None;
        }
        progress.next += 1;
        Some(progress.next - 1)
    }

    /// Waits for the windows before this one to have got their places, and gives the place of this one;
    /// `None` if the file ends before it. All of them are being read, so nobody waits for long.
    fn place(&self, index: u64, window: &[u8], last: bool) -> Option<Position> {
        let cut = STEP.min(window.len());
        let first = if index == 0 {
            0
        } else {
            character_tail(window)
        };
        let next = cut + character_tail(&window[cut..]);
        let passed = Position::START.after(&window[first.min(next)..next]);
        let progress = self.lock();
        let mut progress = self
            .turn
            .wait_while(progress, |p| p.placed != index && !p.ended)
            .unwrap_or_else(PoisonError::into_inner);
        if progress.ended {
            return None;
        }
        let start = progress.start;
        progress.start = start.further(passed);
        progress.placed += 1;
        progress.ended = last;
        self.turn.notify_all();
        Some(start)
    }
}

/// Reads from `offset` on until the buffer is full or the file ends.
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
    use crate::source::file::Reader;

    type Seen = (
        Vec<(u64, Position, (usize, usize), Vec<u8>)>,
        Vec<u64>,
        usize,
    );

    struct Notes(Arc<Mutex<Seen>>);

    impl Sink for Notes {
        fn chunk(&mut self, chunk: &Chunk<'_>) {
            let bytes = chunk.bytes[chunk.own.0..chunk.own.1].to_vec();
            let mut seen = self.0.lock().unwrap();
            seen.0.push((chunk.offset, chunk.start, chunk.own, bytes));
        }
        fn file(&mut self, bytes: u64) {
            self.0.lock().unwrap().1.push(bytes);
        }
        fn skip(&mut self, _: Skip) {
            self.0.lock().unwrap().2 += 1;
        }
    }

    fn seen(run: impl FnOnce(&Sinks<'static>)) -> Seen {
        let all = Arc::new(Mutex::new(Seen::default()));
        let shared = Arc::clone(&all);
        run(&move || Box::new(Notes(Arc::clone(&shared))));
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
            let one = seen(|sinks| Reader::default().scan_file(&path, None, &mut *sinks()));
            for threads in [1, 2, 5] {
                let many = seen(|sinks| scan(std::slice::from_ref(&path), threads, sinks));
                assert!(many == one, "{len} bytes, {threads} threads");
            }
        }
    }

    #[test]
    fn a_file_that_has_gone_is_said_to_be_unreadable_once() {
        let gone = [PathBuf::from("/nowhere/at/all")];
        let seen = seen(|sinks| scan(&gone, 4, sinks));
        assert_eq!((seen.0.len(), seen.1.len(), seen.2), (0, 0, 1));
    }
}
