//! Bytes in: who has text to scan? Files below a path, standard input, lists of files.
//!
//! A source gives [`Chunk`]s to a [`Sink`] and says what it left out and why. It knows nothing of secrets.

mod exclude;
mod file;
pub mod git;
mod ignored;
#[cfg(any(unix, windows))]
mod large;
mod list;
mod short;
#[cfg(any(unix, windows))]
mod sparse;
mod unread;
pub mod walk;

use std::ffi::OsStr;
use std::ops::Range;
use std::path::Path;

use crate::finding::{Counts, Origin, OriginKind, Skip};
use crate::span::{Charset, Position, character_tail};

pub use exclude::{is_excluded, is_ignored_by_us};
pub use file::{Reader, scan_reader};
pub use list::read_list;
pub use unread::{WaitingInput, look_at_input};
pub use walk::{WalkOptions, walk};

/// A piece of a file: all of it, or a window of a large one.
#[derive(Clone, Copy, Debug)]
pub struct Chunk<'a> {
    /// The file's path as reported.
    pub path: &'a Path,
    /// Where the bytes came from.
    pub origin: &'a Origin,
    /// The bytes of this window.
    pub bytes: &'a [u8],
    /// Where the window starts in the file.
    pub offset: u64,
    /// Line and column of the first byte that belongs to no character of the window before: [`Chunk::first`].
    pub start: Position,
    /// How the characters of the file are written, if its beginning lies in another window; see [`Chunk::charset`].
    pub charset: Charset,
    /// What starts outside this part of `bytes` is context only: another window reports it.
    pub own: (usize, usize),
    /// Earlier versions of the file, where only what is new counts: a secret that stands in one is pre-existing.
    pub before: &'a [Vec<u8>],
}

impl<'a> Chunk<'a> {
    /// A text that is all of a file.
    #[must_use]
    pub fn whole(bytes: &'a [u8], path: &'a Path, origin: &'a Origin) -> Self {
        Chunk {
            path,
            origin,
            bytes,
            offset: 0,
            start: Position::START,
            charset: Charset::default(),
            own: (0, bytes.len()),
            before: &[],
        }
    }

    /// The first byte that belongs to no character that began before the window.
    #[must_use]
    pub fn first(&self) -> usize {
        if self.offset == 0 {
            0
        } else {
            character_tail(self.charset, self.bytes)
        }
    }

    /// How the characters of the file are written.
    #[must_use]
    pub fn charset(&self) -> Charset {
        if self.offset == 0 {
            Charset::of_file(self.bytes)
        } else {
            self.charset
        }
    }

    /// Whether a value that stands as an id here is evidence about the same value elsewhere. What people write to git is
    /// none: anybody may put any word into a message or a name, and git writes `commit: ` before it.
    #[must_use]
    pub fn may_name_ids(&self) -> bool {
        self.origin.kind != OriginKind::CommitMessage && !is_in_git_dir(self.path)
    }

    /// Whether something that starts at `at` is reported by this chunk.
    #[must_use]
    pub fn owns(&self, at: usize) -> bool {
        (self.own.0..self.own.1).contains(&at)
    }
}

/// Takes what a source gives; every thread has one of its own.
pub trait Sink: Send {
    /// A piece of a file.
    fn chunk(&mut self, chunk: &Chunk<'_>);
    /// A file has been read to its end.
    fn file(&mut self, bytes: u64);
    /// Something was not scanned.
    fn skip(&mut self, skip: Skip);
    /// Something other than a file has been read.
    fn count(&mut self, _counts: &Counts) {}
    /// So many objects will be looked at in all.
    fn expect(&mut self, _objects: u64) {}
    /// So many objects have been looked at; whether they count is found out later.
    fn passed(&mut self, _objects: u64, _bytes: u64) {}
    /// Whether the holes of a sparse file, which are all zeros, are to be given too.
    fn wants_holes(&self) -> bool {
        false
    }
    /// Whether these bytes may hold something to report, whatever their path is: asked where the path, the commit
    /// and earlier versions are dear to look up.
    fn suspects(&mut self, _bytes: &[u8]) -> bool {
        true
    }
    /// Returns the same for the words of a commit or a tag, where no value counts as an id.
    fn suspects_words(&mut self, bytes: &[u8]) -> bool {
        self.suspects(bytes)
    }
}

/// Makes a sink for each thread of a source.
pub type Sinks<'s> = dyn Fn() -> Box<dyn Sink + 's> + Sync + 's;

/// Whether a path leads into a git directory.
#[must_use]
pub fn is_in_git_dir(path: &Path) -> bool {
    path.iter().any(|part| part == ".git")
}

/// Whether git keeps the names of refs at this path, so that nothing there may be edited.
#[must_use]
pub fn holds_ref_names(path: &Path) -> bool {
    let is_of_refs = |part: &OsStr| part == "refs" || part == "packed-refs" || part == "HEAD";
    let below = path.iter().skip_while(|part| *part != ".git").skip(1);
    // A reflog may be edited, and so may what was fetched.
    is_in_git_dir(path) && !below.clone().any(|p| p == "logs") && below.clone().any(is_of_refs)
}

/// A range as a pair, for structures that are `Copy`.
#[must_use]
pub fn pair(range: &Range<usize>) -> (usize, usize) {
    (range.start, range.end)
}
