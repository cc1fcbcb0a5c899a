//! Scans the changes that could leave this machine: staged files, changed files of the working tree, and new files that
//! are not ignored.

use std::fs::File;
use std::path::{Path, PathBuf};

use gix::bstr::ByteSlice;
use gix::index::entry::{Flags, Stat};
use gix::index::{Entry, State};
use gix::objs::Kind;
use ignore::WalkBuilder;

use super::objects::LookupBuffers;
use super::staged::{StagedOptions, scan_staged};
use super::trees::{TreeEntryKind, TreeReader};
use super::{GitError, GitErrorKind, Repository, path_from_git};
use crate::finding::{Origin, Skip, SkipReason};
use crate::message::describe_io_error;
use crate::source::{Chunk, Sink, scan_reader};
use crate::span::{Charset, Position, TextPlaces};

/// Gives everything that differs from `HEAD`, staged or not, to `sink`; paths are from the root of the working tree.
///
/// # Errors
/// When there is no working tree, or the index or `HEAD` cannot be read.
pub(crate) fn scan_changes(
    repository: &Repository,
    options: &StagedOptions,
    sink: &mut dyn Sink,
) -> Result<(), GitError> {
    let Some(root) = repository.work_dir() else {
        return Err(GitError::new(
            GitErrorKind::Unsupported,
            "this repository has no working tree; `--history` reads what it holds",
        ));
    };
    scan_staged(repository, options, sink)?;
    let index = repository.index()?;
    let mut tree = WorkingTree {
        repository,
        options,
        root,
        trees: TreeReader::new(&repository.objects),
        buffers: LookupBuffers::default(),
    };
    if let Some(index) = &index {
        for entry in index.entries() {
            if sink.is_stopped() {
                return Ok(());
            }
            tree.scan_tracked(index, entry, sink)?;
        }
    }
    tree.scan_untracked(index.as_deref(), sink);
    Ok(())
}

struct WorkingTree<'w> {
    repository: &'w Repository,
    options: &'w StagedOptions,
    root: PathBuf,
    trees: TreeReader<'w>,
    buffers: LookupBuffers,
}

impl WorkingTree<'_> {
    /// Scans a tracked file that differs from the index.
    fn scan_tracked(
        &mut self,
        index: &State,
        entry: &Entry,
        sink: &mut dyn Sink,
    ) -> Result<(), GitError> {
        let path = entry.path(index);
        let elsewhere = Flags::SKIP_WORKTREE | Flags::ASSUME_VALID;
        let is_file = !entry.mode.is_submodule() && !entry.mode.is_sparse();
        if !is_file || entry.flags.intersects(elsewhere) || !self.options.wants(path) {
            return Ok(());
        }
        let file = self.root.join(path_from_git(path));
        // A deleted file adds nothing; the content of a link is its index entry.
        let Ok(meta) = gix::index::fs::Metadata::from_path_no_follow(&file) else {
            return Ok(());
        };
        if !meta.is_file() || is_as_staged(index, entry, &meta) {
            return Ok(());
        }
        let text = match self.read_text(&file, meta.len()) {
            Ok(text) => text,
            Err(reason) => {
                sink.skip(Skip {
                    path: path_from_git(path),
                    reason,
                });
                return Ok(());
            }
        };
        let id = gix::objs::compute_hash(self.repository.hash_kind(), Kind::Blob, &text);
        if id.is_ok_and(|id| id == entry.id) {
            return Ok(());
        }
        sink.file(text.len() as u64);
        if sink.may_report(&text) {
            let before = self.earlier(entry, path)?;
            sink.scan_chunk(&Chunk {
                path: &path_from_git(path),
                origin: &Origin::default(),
                bytes: &text,
                offset: 0,
                start: Position::START,
                charset: Charset::default(),
                own: (0..text.len()).into(),
                before: &before,
                places: TextPlaces::default(),
            });
        }
        Ok(())
    }

    /// Reads a file of `len` bytes. Fails with the reason why it is skipped.
    fn read_text(&self, file: &Path, len: u64) -> Result<Vec<u8>, SkipReason> {
        if self.options.max_file_size.is_some_and(|max| len > max) {
            return Err(SkipReason::TooLarge(len));
        }
        std::fs::read(file).map_err(|e| SkipReason::Unreadable(describe_io_error(&e)))
    }

    /// Returns the versions that `HEAD` and the index have at a path.
    fn earlier(&mut self, entry: &Entry, path: &[u8]) -> Result<Vec<Vec<u8>>, GitError> {
        let mut ids = vec![entry.id];
        for commit in self.repository.next_parents()? {
            let tree = self.trees.tree_of_commit(commit)?;
            let item = self.trees.at(tree, path)?;
            ids.extend(item.filter(|i| i.kind == TreeEntryKind::Blob).map(|i| i.id));
        }
        let mut before = Vec::new();
        for id in ids {
            // An unreadable version makes nothing pre-existing: one report too many is better than one too few.
            if let Ok(Some(Kind::Blob)) = self.repository.objects.find(&id, &mut self.buffers) {
                before.push(std::mem::take(&mut self.buffers.object));
            }
        }
        Ok(before)
    }

    /// Scans the files that are neither tracked nor ignored.
    fn scan_untracked(&self, index: Option<&State>, sink: &mut dyn Sink) {
        let walk = WalkBuilder::new(&self.root)
            .hidden(false)
            .ignore(false)
            .require_git(false)
            .filter_entry(|entry| {
                // A repository inside this one is scanned on its own.
                let nested = entry.depth() > 0 && entry.path().join(".git").exists();
                entry.file_name() != ".git" && !nested
            })
            .build();
        let mut buffer = Vec::new();
        for entry in walk {
            let entry = match entry {
                Ok(entry) => entry,
                Err(e) => {
                    sink.skip(Skip {
                        path: self.root.clone(),
                        reason: SkipReason::Unreadable(e.to_string()),
                    });
                    continue;
                }
            };
            if !entry.file_type().is_some_and(|kind| kind.is_file()) {
                continue;
            }
            let path = entry
                .path()
                .strip_prefix(&self.root)
                .unwrap_or(entry.path());
            let Ok(name) = gix::path::into_bstr(path) else {
                continue;
            };
            let name = gix::path::to_unix_separators_on_windows(name);
            let known = index.is_some_and(|i| i.entry_by_path(name.as_bstr()).is_some());
            if !known && self.options.wants(&name) {
                self.file(entry.path(), path, &mut buffer, sink);
            }
        }
    }

    fn file(&self, full: &Path, path: &Path, buffer: &mut Vec<u8>, sink: &mut dyn Sink) {
        let read = File::open(full).and_then(|file| {
            let size = file.metadata()?.len();
            if self.options.max_file_size.is_some_and(|max| size > max) {
                sink.skip(Skip {
                    path: path.to_owned(),
                    reason: SkipReason::TooLarge(size),
                });
                return Ok(());
            }
            scan_reader(file, path, &Origin::default(), buffer, sink)
        });
        if let Err(e) = read {
            sink.skip(Skip {
                path: path.to_owned(),
                reason: SkipReason::Unreadable(describe_io_error(&e)),
            });
        }
    }
}

/// Returns true if the size and times of a file prove it equal to its index entry. A file written at the same time as
/// the index may have been changed since then with no difference in either.
fn is_as_staged(index: &State, entry: &Entry, meta: &gix::index::fs::Metadata) -> bool {
    let Ok(stat) = Stat::from_fs(meta) else {
        return false;
    };
    let options = gix::index::entry::stat::Options::default();
    entry.stat.matches(&stat, options) && !entry.stat.is_racy(index.timestamp(), options)
}
