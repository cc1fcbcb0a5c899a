//! Object database: packs and loose objects of a repository and its alternates, read-only, shared by threads.

use crate::message::portable_path;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use gix::hash::{Kind as HashKind, oid};
use gix::objs::Kind;
use gix::odb::loose;
use gix::odb::pack::cache::lru::MemoryCappedHashmap;
use gix::odb::pack::data::decode::entry::ResolvedBase;
use gix::odb::pack::data::decode::header;
use gix::odb::pack::{data, index};
use gix::zlib::{Decompress, FlushDecompress, Inflate, Status};

use super::GitError;

/// Maximum size in bytes of the cache for delta bases of single lookups.
const CACHE: usize = 24 << 20;

/// Maximum size in bytes of one object in memory; git itself stores no larger files as deltas.
const LARGEST: u64 = 2 << 30;

/// Size in bytes up to which an object is read from a pack of any size.
const ALWAYS_HELD: u64 = 128 << 20;

/// Maximum ratio of a larger object's size to that of its pack: deltas of deltas can grow a few bytes to gigabytes.
const MOST_GROWTH: u64 = 64;

/// Start of the reason for not reading an object that needs too much memory.
pub(super) const TOO_LARGE: &str = "too large";

/// Returns an error if an object of `size` bytes is too large for a pack of `pack_len` bytes.
pub(super) fn check_growth(size: u64, pack_len: u64) -> Result<(), String> {
    let most = pack_len
        .saturating_mul(MOST_GROWTH)
        .clamp(ALWAYS_HELD, LARGEST);
    if size <= most {
        return Ok(());
    }
    Err(format!(
        "{TOO_LARGE}: {size} bytes out of a pack of {pack_len}, from which no object of more than {most} is read"
    ))
}

/// All objects of a repository.
pub(super) struct ObjectDatabase {
    pub(super) hash: HashKind,
    pub(super) packs: Vec<PackFile>,
    pub(super) loose: Vec<loose::Store>,
    /// Path of each file that could not be opened, with the reason.
    pub(super) unreadable: Vec<(PathBuf, String)>,
}

/// One pack and its index.
pub(super) struct PackFile {
    pub(super) index: index::File,
    pub(super) path: PathBuf,
    data: OnceLock<Result<data::File, String>>,
}

impl PackFile {
    /// Returns the pack itself, mapped at its first use.
    pub(super) fn data(&self) -> Result<&data::File, GitError> {
        let open =
            || data::File::at(&self.path, self.index.object_hash()).map_err(|e| super::plain(&e));
        let opened = self.data.get_or_init(open).as_ref();
        opened.map_err(|e| GitError::unreadable(format!("{}: {e}", portable_path(&self.path))))
    }

    /// Returns a stream of the bytes of a non-delta object whose compressed form starts at `offset`.
    pub(super) fn stream_object(&self, offset: u64) -> io::Result<InflatingReader> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(InflatingReader {
            input: BufReader::with_capacity(1 << 16, file),
            state: Decompress::new(),
        })
    }

    /// Returns true if the pack came from a remote that promised to send the objects that it names later.
    pub(super) fn is_promised(&self) -> bool {
        self.path.with_extension("promisor").exists()
    }
}

/// Object that is inflated while it is read.
pub(super) struct InflatingReader {
    input: BufReader<File>,
    state: Decompress,
}

impl Read for InflatingReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let input = self.input.fill_buf()?;
            let (before_in, before_out) = (self.state.total_in(), self.state.total_out());
            let status = self.state.decompress(input, out, FlushDecompress::None);
            let status = status.map_err(|e| io::Error::other(super::plain(&e)))?;
            let taken = usize::try_from(self.state.total_in() - before_in).unwrap_or(input.len());
            let given = usize::try_from(self.state.total_out() - before_out).unwrap_or(out.len());
            self.input.consume(taken);
            if given > 0 || out.is_empty() || status == Status::StreamEnd {
                return Ok(given);
            }
            if taken == 0 {
                return Err(io::Error::other("its compressed form ends too early"));
            }
        }
    }
}

/// Buffers for the lookups of one thread.
pub(super) struct LookupBuffers {
    pub(super) object: Vec<u8>,
    pub(super) inflate: Inflate,
    cache: MemoryCappedHashmap,
}

impl Default for LookupBuffers {
    fn default() -> Self {
        LookupBuffers {
            object: Vec::new(),
            inflate: Inflate::default(),
            cache: MemoryCappedHashmap::new(CACHE),
        }
    }
}

impl ObjectDatabase {
    /// Opens the object directory `main`, those in `more`, and the alternates of all of them.
    pub(super) fn open(main: &Path, more: &[PathBuf], hash: HashKind) -> ObjectDatabase {
        let mut objects = ObjectDatabase {
            hash,
            packs: Vec::new(),
            loose: Vec::new(),
            unreadable: Vec::new(),
        };
        let mut dirs: Vec<PathBuf> = Vec::new();
        for dir in std::iter::once(main).chain(more.iter().map(PathBuf::as_path)) {
            dirs.push(dir.to_owned());
            match gix::odb::alternate::resolve(dir.to_owned(), Path::new(".")) {
                Ok(alternates) => dirs.extend(alternates),
                Err(e) => objects
                    .unreadable
                    .push((dir.join("info/alternates"), super::plain(&e))),
            }
        }
        let mut seen: Vec<PathBuf> = Vec::new();
        for dir in dirs {
            let real = dir.canonicalize().unwrap_or_else(|_| dir.clone());
            if !seen.contains(&real) {
                objects.add_directory(&dir);
                seen.push(real);
            }
        }
        objects
    }

    fn add_directory(&mut self, dir: &Path) {
        if !dir.is_dir() {
            let reason = "the object directory is missing".to_owned();
            self.unreadable.push((dir.to_owned(), reason));
            return;
        }
        self.loose.push(loose::Store::at(dir, self.hash));
        let Ok(entries) = std::fs::read_dir(dir.join("pack")) else {
            return;
        };
        let mut indexes: Vec<PathBuf> = entries
            .flatten()
            .map(|e| e.path())
            .filter(|p| p.extension().is_some_and(|e| e == "idx" || e == "pack"))
            .collect();
        indexes.sort();
        for path in &indexes {
            if path.extension().is_some_and(|e| e == "pack") {
                // Only a pack with an index is used, by git too.
                if indexes.binary_search(&path.with_extension("idx")).is_err()
                    && !path.with_extension("idx").exists()
                {
                    let reason = "the pack has no index; `git index-pack` makes one".to_owned();
                    self.unreadable.push((path.clone(), reason));
                }
                continue;
            }
            match index::File::at(path, self.hash) {
                Ok(index) => self.packs.push(PackFile {
                    index,
                    path: path.with_extension("pack"),
                    data: OnceLock::new(),
                }),
                Err(e) => self.unreadable.push((path.clone(), super::plain(&e))),
            }
        }
    }

    /// Returns the pack that contains `id`, and the position in the index of the pack.
    pub(super) fn in_pack(&self, id: &oid) -> Option<(usize, u32)> {
        self.packs
            .iter()
            .enumerate()
            .find_map(|(at, pack)| pack.index.lookup(id).map(|entry| (at, entry)))
    }

    /// Returns a sort key for `id`: its pack and offset, so that neighbours are read together. Loose objects come last.
    pub(super) fn place(&self, id: &oid) -> (usize, u64) {
        self.in_pack(id).map_or((usize::MAX, 0), |(pack, entry)| {
            (pack, self.packs[pack].index.pack_offset_at_index(entry))
        })
    }

    /// Returns true if `id` is an object here.
    pub(super) fn has_object(&self, id: &oid) -> bool {
        self.in_pack(id).is_some() || self.loose.iter().any(|store| store.contains(id))
    }

    /// Reads the object `id` into `buffers.object`; `None` if there is none.
    pub(super) fn find(
        &self,
        id: &oid,
        buffers: &mut LookupBuffers,
    ) -> Result<Option<Kind>, GitError> {
        let mut trouble = None;
        for pack in &self.packs {
            let Some(entry) = pack.index.lookup(id) else {
                continue;
            };
            match Self::decode(pack, entry, buffers) {
                Ok(kind) => return Ok(Some(kind)),
                // Another pack may have a sound copy.
                Err(e) => trouble = Some(e),
            }
        }
        for store in &self.loose {
            match store.try_find(id, &mut buffers.object) {
                Ok(Some(found)) => return Ok(Some(found.kind)),
                Ok(None) => {}
                Err(e) => {
                    trouble.get_or_insert(GitError::unreadable(format!(
                        "object {id}: {}",
                        super::plain(&e)
                    )));
                }
            }
        }
        trouble.map_or(Ok(None), Err)
    }

    fn decode(pack: &PackFile, entry: u32, buffers: &mut LookupBuffers) -> Result<Kind, GitError> {
        let data = pack.data()?;
        let at = pack.index.pack_offset_at_index(entry);
        let failed = |reason: String| {
            let id = pack.index.oid_at_index(entry);
            GitError::unreadable(format!("object {id}: {reason}"))
        };
        let base_of = |id: &oid| {
            let base = pack.index.lookup(id);
            base.map(|entry| data.entry(pack.index.pack_offset_at_index(entry)))
                .transpose()
        };
        // The size is checked first: the result of a delta may be a million times as long.
        let header = data.entry(at).and_then(|header| {
            let resolve = |id: &oid| base_of(id).map(|base| base.map(header::ResolvedBase::InPack));
            data.decode_header(header, &mut buffers.inflate, &resolve)
        });
        let header = header.map_err(|e| failed(super::plain(&e)))?;
        check_growth(header.object_size, data.data_len() as u64).map_err(failed)?;
        let decoded = data.entry(at).and_then(|header| {
            data.decode_entry(
                header,
                &mut buffers.object,
                &mut buffers.inflate,
                &|id, _| base_of(id).map(|base| base.map(ResolvedBase::InPack)),
                &mut buffers.cache,
            )
        });
        decoded
            .map(|done| done.kind)
            .map_err(|e| failed(super::plain(&e)))
    }
}

impl std::fmt::Debug for ObjectDatabase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Objects")
            .field("packs", &self.packs.len())
            .field("loose", &self.loose.len())
            .finish_non_exhaustive()
    }
}
