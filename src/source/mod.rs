//! Sources of the bytes to scan: files below a path, standard input, lists of files, git.
//!
//! A source gives [`Chunk`]s to a [`Sink`], and a reason for everything that it left out. It has no code about secrets.

mod exclude;
mod file;
#[cfg(feature = "git")]
pub(crate) mod git;
mod git_dirs;
mod ignored;
#[cfg(any(unix, windows))]
mod large;
mod list;
mod lookup;
mod short;
#[cfg(any(unix, windows))]
mod sparse;
#[cfg(feature = "cli")]
mod unread;
pub mod walk;

use std::ffi::OsStr;
use std::path::Path;

use crate::finding::{Origin, OriginKind, ReadCounts, Skip};
use crate::span::{Charset, Position, Span, TextPlaces, character_tail};

pub(crate) use exclude::{is_excluded, is_ignored_by_us};
pub(crate) use file::{FIRST_WINDOW, scan_reader};
pub(crate) use list::read_list;
pub use lookup::ObjectLookup;
#[cfg(feature = "cli")]
pub(crate) use unread::{WaitingInput, look_at_input};
pub use walk::{WalkOptions, walk};

/// Endings of the names of compressed texts.
const COMPRESSED: [&str; 8] = ["gz", "bz2", "xz", "lzma", "lz", "zst", "lz4", "Z"];

/// Part of a file that is scanned at once: the whole file, or a window of a large one.
#[derive(Clone, Copy, Debug)]
pub struct Chunk<'a> {
    /// Path of the file in reports.
    pub path: &'a Path,
    /// Origin of the bytes.
    pub origin: &'a Origin,
    /// Bytes of this window.
    pub bytes: &'a [u8],
    /// Offset of the window in the file, in bytes.
    pub offset: u64,
    /// Line and column of the first byte that belongs to no character of the previous window: [`Chunk::first`].
    pub start: Position,
    /// Encoding of the characters of the file, if its start is in another window; see [`Chunk::charset`].
    pub charset: Charset,
    /// Range of `bytes` that this window reports. The rest is context: a token that starts there is in another window.
    pub own: Span,
    /// Earlier versions of the file, if only new secrets count: a secret that occurs in one is pre-existing.
    pub before: &'a [Vec<u8>],
    /// Places of a text that was taken from a document, as a person names them; offsets count like `offset`.
    pub(crate) places: TextPlaces<'a>,
}

impl<'a> Chunk<'a> {
    /// Returns a chunk that is a whole file.
    #[must_use]
    pub fn whole(bytes: &'a [u8], path: &'a Path, origin: &'a Origin) -> Self {
        Chunk {
            path,
            origin,
            bytes,
            offset: 0,
            start: Position::START,
            charset: Charset::default(),
            own: (0..bytes.len()).into(),
            before: &[],
            places: TextPlaces::default(),
        }
    }

    /// Returns true if the chunk is a whole file.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.offset == 0 && self.own == (0..self.bytes.len())
    }

    /// Returns the path that tells what the text is: that of the file, or for a member of an archive the name of the
    /// member, without the ending of its compression.
    #[must_use]
    pub fn content_path(&self) -> &Path {
        let Some(member) = &self.origin.member else {
            return self.path;
        };
        let name = member.rsplit('!').next().unwrap_or(member);
        let path = Path::new(name);
        let is_compressed = path.extension().is_some_and(|ending| {
            let ending = ending.to_str().unwrap_or_default();
            COMPRESSED.contains(&ending)
        });
        let plain = path.file_stem().filter(|_| is_compressed);
        plain.map_or(path, |_| {
            Path::new(&name[..name.rfind('.').unwrap_or(name.len())])
        })
    }

    /// Returns the index of the first byte that belongs to no character of the previous window.
    #[must_use]
    pub fn first(&self) -> usize {
        if self.offset == 0 {
            0
        } else {
            character_tail(self.charset, self.bytes)
        }
    }

    /// Returns the encoding of the characters of the file.
    #[must_use]
    pub fn charset(&self) -> Charset {
        if self.offset == 0 {
            Charset::of_file(self.bytes)
        } else {
            self.charset
        }
    }

    /// Returns true if a value used as an id here is evidence about the same value in other files. Messages and names
    /// in git are none: anybody may put any word into one, and git writes `commit: ` before it.
    #[must_use]
    pub fn may_name_ids(&self) -> bool {
        self.origin.kind != OriginKind::CommitMessage && !is_in_git_dir(self.content_path())
    }

    /// Returns true if this chunk reports a token that starts at `at`.
    #[must_use]
    pub fn owns_offset(&self, at: usize) -> bool {
        self.own.contains(at)
    }
}

/// Receiver of the output of a source; every thread has its own.
pub trait Sink: Send {
    /// Takes a part of a file.
    fn scan_chunk(&mut self, chunk: &Chunk<'_>);
    /// Counts a file that has been read to its end.
    fn file(&mut self, bytes: u64);
    /// Records something that was not scanned.
    fn skip(&mut self, skip: Skip);
    /// Adds the counts of objects other than files.
    fn count(&mut self, _counts: &ReadCounts) {}
    /// Adds to the number of objects that will be read.
    fn expect_objects(&mut self, _objects: u64) {}
    /// Adds to the number of objects that have been read; some of them may turn out not to count.
    fn passed(&mut self, _objects: u64, _bytes: u64) {}
    /// Returns true if nothing more is to be read.
    fn is_stopped(&self) -> bool {
        false
    }
    /// Returns true if the source must also give the holes of a sparse file, which are all zeros.
    fn wants_holes(&self) -> bool {
        false
    }
    /// Returns true if these bytes may contain something to report, at any path. A source calls it first where the
    /// path, the commit and earlier versions are expensive to find.
    fn may_report(&mut self, _bytes: &[u8]) -> bool {
        true
    }
    /// Does the same for the text of a commit or a tag, where no value counts as an id.
    fn suspects_words(&mut self, bytes: &[u8]) -> bool {
        self.may_report(bytes)
    }
}

/// Function that makes a sink for each thread of a source.
pub(crate) type Sinks<'s> = dyn Fn() -> Box<dyn Sink + 's> + Sync + 's;

/// Returns true if a path leads into a git directory.
#[must_use]
pub(crate) fn is_in_git_dir(path: &Path) -> bool {
    path.iter().any(|part| part == ".git")
}

/// Returns true if git keeps the names of refs at this path, so that nothing there may be edited.
#[must_use]
pub(crate) fn holds_ref_names(path: &Path) -> bool {
    let is_of_refs = |part: &OsStr| part == "refs" || part == "packed-refs" || part == "HEAD";
    let below = path.iter().skip_while(|part| *part != ".git").skip(1);
    // A reflog may be edited, and so may the refs of a fetch.
    is_in_git_dir(path) && !below.clone().any(|p| p == "logs") && below.clone().any(is_of_refs)
}
