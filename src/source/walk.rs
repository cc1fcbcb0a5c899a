//! Walks folders in parallel, with the ignore rules of git and ripgrep, and the parts of `.git` with credentials.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ignore::{DirEntry, ParallelVisitor, ParallelVisitorBuilder, WalkBuilder, WalkState};

use super::file::{FileReader, check_named, special_file_reason};
use super::ignored::IgnoreWatch;
use super::{Chunk, Sink, Sinks, git_dirs, ignored};
#[cfg(any(unix, windows))]
use super::{file::LARGE, large};
use crate::finding::{Origin, ReadCounts, Skip, SkipReason};
use crate::message::describe_io_error;
use crate::threads::{count_threads, lock_mutex, unwrap_mutex};

/// The project's own ignore file, in the syntax of `.gitignore`.
pub const IGNORE_FILE: &str = ".tokensweepignore";

/// Names in a folder, or above it, without which no ignore file applies to it: `.gitignore` needs a repository.
const IGNORE_MARKS: &[&str] = &[".ignore", IGNORE_FILE, ".git", ".jj"];

/// Options of a walk.
///
/// ```
/// use tokensweep::{Scanner, WalkOptions};
///
/// let mut walk = WalkOptions::new(["src/finding"]);
/// walk.threads = 1;
/// let outcome = Scanner::default().scan_paths(&walk);
/// assert!(outcome.files > 0 && outcome.is_complete() && !outcome.has_leaks());
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WalkOptions {
    /// Files and folders to scan; the ignore rules apply to folders only.
    pub roots: Vec<PathBuf>,
    /// True if `.gitignore`, `.ignore` and [`IGNORE_FILE`] apply, and most of `.git` is left out.
    pub respect_ignores: bool,
    /// Maximum size in bytes of a file that is read.
    pub max_file_size: Option<u64>,
    /// Number of threads; 0 for one per core.
    pub threads: usize,
}

impl WalkOptions {
    /// Returns the options of a scan of these files and folders that respects ignore files, with a thread per core.
    pub fn new(roots: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        WalkOptions {
            roots: roots.into_iter().map(Into::into).collect(),
            respect_ignores: true,
            max_file_size: None,
            threads: 0,
        }
    }
}

/// Gives every file below the roots to a sink; `sinks` makes one for each thread.
pub fn walk<'s>(options: &WalkOptions, sinks: &Sinks<'s>) {
    let mut folders = Vec::new();
    let mut files = Vec::new();
    let threads = count_threads(options.threads);
    let mut shared = WalkShared {
        options,
        sinks,
        many: threads > 1,
        ignores: IgnoreWatch::default(),
        left: Mutex::default(),
    };
    let mut first = WalkWorker::new(&shared);
    for root in &options.roots {
        match check_named(root) {
            Ok(meta) if meta.is_dir() => folders.push(root),
            Ok(_) => files.push(root),
            Err(reason) => first.sink.skip(Skip {
                path: root.clone(),
                reason,
            }),
        }
    }
    for file in files {
        if first.sink.is_stopped() {
            return;
        }
        first
            .reader
            .scan_file(file, options.max_file_size, &mut *first.sink);
    }
    // An ignore file may exclude `.git` itself, as `*` does in a home folder under git.
    for root in folders.iter().filter(|_| options.respect_ignores) {
        first.scan_git_dir(&root.join(".git"));
    }
    for root in &folders {
        if let Some(git_dir) = git_dirs::git_dir_around(root) {
            first.note_history(&git_dir);
        }
    }
    drop(first);
    if options.respect_ignores {
        shared.ignores = IgnoreWatch::new(&folders, IGNORE_MARKS);
    }
    if let Some((root, more)) = folders.split_first() {
        walk_folders(root, more, &shared);
    }
    #[cfg(any(unix, windows))]
    {
        let mut left = unwrap_mutex(shared.left);
        left.sort_unstable();
        if !left.is_empty() {
            large::scan(&left, threads, sinks);
        }
    }
}

fn walk_folders<'s>(root: &Path, more: &[&PathBuf], shared: &WalkShared<'_, 's>) {
    let options = shared.options;
    let mut builder = WalkBuilder::new(root);
    for root in more {
        builder.add(root);
    }
    builder
        .hidden(false)
        .parents(options.respect_ignores)
        .ignore(options.respect_ignores)
        .git_ignore(options.respect_ignores)
        .git_global(options.respect_ignores)
        .git_exclude(options.respect_ignores)
        .threads(options.threads);
    if options.respect_ignores {
        builder.add_custom_ignore_filename(IGNORE_FILE);
        builder.filter_entry(|entry| {
            ignored::note_offered(entry.file_name());
            true
        });
    }
    builder.build_parallel().visit(&mut WalkWorkers(shared));
}

/// State that all threads of a walk share.
struct WalkShared<'o, 's> {
    options: &'o WalkOptions,
    sinks: &'o Sinks<'s>,
    /// True if there is more than one thread.
    many: bool,
    ignores: IgnoreWatch,
    /// Files so large that all threads read them together, after the walk.
    left: Mutex<Vec<PathBuf>>,
}

struct WalkWorkers<'w, 'o, 's>(&'w WalkShared<'o, 's>);

impl<'w, 's: 'w> ParallelVisitorBuilder<'w> for WalkWorkers<'w, '_, 's> {
    fn build(&mut self) -> Box<dyn ParallelVisitor + 'w> {
        Box::new(WalkWorker::new(self.0))
    }
}

struct WalkWorker<'w, 's> {
    options: &'w WalkOptions,
    ignores: &'w IgnoreWatch,
    left: &'w Mutex<Vec<PathBuf>>,
    reader: FileReader,
    sink: Box<dyn Sink + 's>,
}

impl Drop for WalkWorker<'_, '_> {
    fn drop(&mut self) {
        self.end_folder();
        let mut left = lock_mutex(self.left);
        left.extend(self.reader.take_deferred());
    }
}

impl<'w, 's> WalkWorker<'w, 's> {
    fn new(shared: &'w WalkShared<'_, 's>) -> Self {
        #[cfg(any(unix, windows))]
        // One thread reads a file from start to end, unless it has holes.
        let reader = FileReader::deferring(if shared.many { LARGE } else { u64::MAX });
        #[cfg(not(any(unix, windows)))]
        let reader = FileReader::default();
        WalkWorker {
            options: shared.options,
            ignores: &shared.ignores,
            left: &shared.left,
            reader,
            sink: (shared.sinks)(),
        }
    }

    /// Scans a file; false if it cannot be read.
    fn scan_file(&mut self, path: &Path) -> bool {
        self.reader
            .scan_file(path, self.options.max_file_size, &mut *self.sink)
    }

    /// Gives the entries of the last folder that ignore files left out to the sink.
    fn end_folder(&mut self) {
        ignored::end_folder(|skip| self.sink.skip(skip));
    }

    /// Records that the commits of a repository are not read, if it has any.
    fn note_history(&mut self, git_dir: &Path) {
        if git_dirs::has_history(git_dir) {
            self.sink.skip(Skip {
                path: git_dir.to_owned(),
                reason: SkipReason::History,
            });
        }
    }

    fn entry(&mut self, entry: &DirEntry) -> WalkState {
        if self.sink.is_stopped() {
            return WalkState::Quit;
        }
        let Some(kind) = entry.file_type() else {
            return WalkState::Continue;
        };
        if kind.is_dir() {
            // The `.git` of a root has been read before the walk; a root that is a `.git` is read whole.
            let depth = entry.depth();
            if depth > 0 && entry.file_name() == OsStr::new(".git") {
                if depth > 1 {
                    self.note_history(entry.path());
                }
                if self.options.respect_ignores {
                    if depth > 1 {
                        self.scan_git_dir(entry.path());
                    }
                    return WalkState::Skip;
                }
            } else if self.options.respect_ignores && self.ignores.may_leave_out(entry.path()) {
                ignored::begin_folder(entry.path());
            }
        } else if kind.is_symlink() {
            self.sink.skip(Skip {
                path: entry.path().to_owned(),
                reason: SkipReason::SymbolicLink,
            });
        } else if let Some(reason) = special_file_reason(kind) {
            self.sink.skip(Skip {
                path: entry.path().to_owned(),
                reason,
            });
        } else {
            self.scan_file(entry.path());
        }
        WalkState::Continue
    }

    /// Scans the text files in a git directory: settings, hooks, logs, messages being written, lists, and the names of
    /// refs. Objects are read with the history.
    fn scan_git_dir(&mut self, dir: &Path) {
        for child in self.list_children(dir) {
            let name = child.file_name().unwrap_or_default().to_string_lossy();
            match &*name {
                "objects" => {
                    self.scan_optional(&child.join("info/alternates"));
                    self.scan_optional(&child.join("info/http-alternates"));
                }
                "refs" => self.names_below(&child),
                "modules" => self.scan_modules(&child),
                "worktrees" => {
                    for tree in self.list_children(&child) {
                        self.scan_git_dir(&tree);
                    }
                }
                name if is_no_text(name) => {}
                _ => self.below(&child),
            }
        }
    }

    /// Scans the names of the refs in a folder as one text, reported under the path of the folder.
    fn names_below(&mut self, refs: &Path) {
        let mut names: Vec<String> = Vec::new();
        let mut pending = self.list_children(refs);
        while let Some(path) = pending.pop() {
            if path.is_dir() && !path.is_symlink() {
                pending.extend(self.list_children(&path));
            } else if let Ok(name) = path.strip_prefix(refs) {
                names.push(format!("refs/{}", name.to_string_lossy()));
            }
        }
        names.sort();
        if !names.is_empty() {
            let text = names.join("\n");
            let origin = Origin::default();
            self.sink
                .scan_chunk(&Chunk::whole(text.as_bytes(), refs, &origin));
        }
    }

    /// Scans the git directories of submodules, whose names may contain slashes.
    fn scan_modules(&mut self, dir: &Path) {
        for child in self.list_children(dir) {
            if child.join("HEAD").is_file() {
                self.scan_git_dir(&child);
            } else if child.is_dir() {
                self.scan_modules(&child);
            }
        }
    }

    /// Scans a file, or every file in a folder.
    fn below(&mut self, path: &Path) {
        if path.is_symlink() || !path.is_dir() {
            return self.scan_optional(path);
        }
        for child in self.list_children(path) {
            self.below(&child);
        }
    }

    /// Returns the entries of a folder that may be missing.
    fn list_children(&mut self, dir: &Path) -> Vec<PathBuf> {
        match std::fs::read_dir(dir) {
            Ok(entries) => entries.flatten().map(|e| e.path()).collect(),
            Err(e) => {
                if !is_missing(&e) {
                    self.unreadable(dir, &e);
                }
                Vec::new()
            }
        }
    }

    /// Scans a file in a git directory that may be missing.
    fn scan_optional(&mut self, path: &Path) {
        match std::fs::symlink_metadata(path) {
            Ok(meta) if meta.is_file() => {
                let git_files = u64::from(self.scan_file(path));
                self.sink.count(&ReadCounts {
                    git_files,
                    ..ReadCounts::default()
                });
            }
            Ok(_) => {}
            Err(e) if is_missing(&e) => {}
            Err(e) => self.unreadable(path, &e),
        }
    }

    fn unreadable(&mut self, path: &Path, error: &std::io::Error) {
        let reason = SkipReason::Unreadable(describe_io_error(error));
        self.sink.skip(Skip {
            path: path.to_owned(),
            reason,
        });
    }
}

impl ParallelVisitor for WalkWorker<'_, '_> {
    fn visit(&mut self, entry: Result<DirEntry, ignore::Error>) -> WalkState {
        match entry {
            Ok(entry) => {
                self.end_folder();
                self.entry(&entry)
            }
            Err(error) => {
                let (path, message) = describe(&error);
                self.sink.skip(Skip {
                    path,
                    reason: SkipReason::Unreadable(message),
                });
                WalkState::Continue
            }
        }
    }
}

/// Returns true if this name in a git directory is that of binary data: the index, git-lfs, git-annex, this program.
fn is_no_text(name: &str) -> bool {
    matches!(
        name,
        "index" | "index.lock" | "lfs" | "annex" | "tokensweep"
    ) || name.starts_with("sharedindex.")
}

/// Returns true if an error means that there is no such file: in a worktree `.git` is a file, with nothing below it.
fn is_missing(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
    )
}

/// Returns the path and the message of a walker's error.
fn describe(error: &ignore::Error) -> (PathBuf, String) {
    match error {
        ignore::Error::WithPath { path, err } => (path.clone(), describe(err).1),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            describe(err)
        }
        ignore::Error::Loop { child, .. } => (child.clone(), "link loop".to_owned()),
        ignore::Error::Io(e) => (PathBuf::new(), describe_io_error(e)),
        ignore::Error::Partial(errors) => errors.first().map_or_else(Default::default, describe),
        other => (PathBuf::new(), other.to_string()),
    }
}
