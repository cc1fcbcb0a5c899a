//! Finds and opens a repository: its directories, its object database, its index and refs.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use gix::ThreadSafeRepository;
use gix::hash::{Kind as HashKind, ObjectId};
use gix::sec::trust::DefaultForLevel as _;

use super::named::parse_list;
use super::objects::ObjectDatabase;
use super::{GitError, GitErrorKind};
use crate::message::portable_path;
use crate::source::git_dirs::GitDirs;

/// Opened repository.
///
/// ```
/// use tokensweep::git::{GitError, Repository};
///
/// fn current_commit() -> Result<Option<String>, GitError> {
///     Repository::discover(None)?.head_commit()
/// }
/// ```
pub struct Repository {
    pub(super) inner: ThreadSafeRepository,
    pub(super) objects: ObjectDatabase,
}

impl Repository {
    /// Finds the repository that contains `dir`. Without a `dir`, uses the working directory and the variables that git
    /// sets for its hooks (`GIT_DIR`, `GIT_INDEX_FILE`, `GIT_WORK_TREE`, `GIT_OBJECT_DIRECTORY`,
    /// `GIT_ALTERNATE_OBJECT_DIRECTORIES`).
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn discover(dir: Option<&Path>) -> Result<Repository, GitError> {
        let place = dir.unwrap_or(Path::new("."));
        let place = if place.is_file() {
            place
                .parent()
                .filter(|p| !p.as_os_str().is_empty())
                .unwrap_or(Path::new("."))
        } else {
            place
        };
        let found = match dir {
            None => ThreadSafeRepository::discover_with_environment_overrides_opts(
                place,
                discovery_options(),
                trust_map(),
            ),
            Some(_) => ThreadSafeRepository::discover_opts(place, discovery_options(), trust_map()),
        };
        let inner = found.map_err(|e| {
            let name = if place == Path::new(".") {
                "the working directory".to_owned()
            } else {
                portable_path(place)
            };
            let why = if !place.exists() {
                "there is no such file or folder".to_owned()
            } else if finds_none(&e) {
                "there is none".to_owned()
            } else {
                super::plain(&e)
            };
            GitError::new(GitErrorKind::NoRepository, format!(
                "no git repository can be read at {name} or above it: {why}; run this in one, or name one"
            ))
        })?;
        Repository::from_inner(inner, dir.is_none())
    }

    /// Opens the repository whose working tree or git directory is `dir` itself.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn open(dir: &Path) -> Result<Repository, GitError> {
        let trust = gix::sec::Trust::from_path_ownership(dir).unwrap_or(gix::sec::Trust::Reduced);
        let options = gix::open::Options::default_for_level(trust);
        let opened = ThreadSafeRepository::open_opts(dir, options).map_err(|e| {
            GitError::new(
                GitErrorKind::NoRepository,
                format!(
                    "this is no git repository that can be read: {}",
                    super::plain(&e)
                ),
            )
        })?;
        Repository::from_inner(opened, false)
    }

    /// Opens the object database, also that of the environment if `environment` is true.
    fn from_inner(inner: ThreadSafeRepository, environment: bool) -> Result<Repository, GitError> {
        let local = inner.to_thread_local();
        let storage = local.config_snapshot().string("extensions.refStorage");
        if storage.is_some_and(|s| s.eq_ignore_ascii_case(b"reftable")) {
            return Err(GitError::new(
                GitErrorKind::Unsupported,
                format!(
                    "the repository at {} keeps its refs in a reftable, which is not supported; scan a clone that has \
                them in files: `git clone --mirror --ref-format=files`",
                    portable_path(local.path())
                ),
            ));
        }
        let hash = local.object_hash();
        let (main, more) = object_directories(local.common_dir(), environment);
        let objects = ObjectDatabase::open(&main, &more, hash);
        Ok(Repository { inner, objects })
    }

    /// Returns the kind of ids that the repository uses.
    pub(super) fn hash_kind(&self) -> HashKind {
        self.objects.hash
    }

    pub(super) fn git_dirs(&self) -> GitDirs {
        GitDirs {
            git: self.git_dir(),
            common: self.inner.to_thread_local().common_dir().to_owned(),
        }
    }

    /// Returns the commits whose parents were left out of a shallow clone.
    pub(super) fn shallow(&self) -> HashSet<ObjectId> {
        let file = std::env::var_os("GIT_SHALLOW_FILE")
            .filter(|f| !f.is_empty())
            .map_or_else(|| self.git_dirs().common.join("shallow"), PathBuf::from);
        let text = std::fs::read(file).unwrap_or_default();
        let mut commits = HashSet::new();
        parse_list(&text, &mut |id| {
            commits.insert(id);
        });
        commits
    }

    /// Returns true if some objects were left at the remote until they are needed.
    pub(super) fn is_partial_clone(&self) -> bool {
        self.objects
            .packs
            .iter()
            .any(super::objects::PackFile::is_promised)
    }

    /// Returns the index; `None` if there is none yet.
    pub(super) fn index(&self) -> Result<Option<gix::index::File>, GitError> {
        let path = self.inner.to_thread_local().index_path();
        if !path.exists() {
            return Ok(None);
        }
        // Most of the damage that the checksum detects also breaks the structure, and the check takes half of the time.
        let skip_checksum = true;
        let options = gix::index::decode::Options::default();
        gix::index::File::at(&path, self.hash_kind(), skip_checksum, options)
            .map(Some)
            .map_err(|e| {
                GitError::unreadable(format!(
                    "cannot read the index {}: {}",
                    portable_path(&path),
                    super::plain(&e)
                ))
            })
    }

    /// Returns the parents of the next commit: `HEAD`, and the commits being merged. `git merge` runs its first hook
    /// before it writes `MERGE_HEAD`, and names them only in the environment.
    pub(super) fn next_parents(&self) -> Result<Vec<ObjectId>, GitError> {
        let mut parents: Vec<ObjectId> = self.head()?.into_iter().collect();
        parents.extend(self.merged_commits());
        Ok(parents)
    }

    /// Returns the commits that are being merged into `HEAD`.
    fn merged_commits(&self) -> Vec<ObjectId> {
        if let Ok(text) = std::fs::read(self.git_dir().join("MERGE_HEAD")) {
            let mut ids = Vec::new();
            parse_list(&text, &mut |id| ids.push(id));
            return ids;
        }
        let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        let ids = names.filter_map(|name| {
            let id = name.strip_prefix("GITHEAD_")?;
            ObjectId::from_hex(id.as_bytes()).ok()
        });
        let mut ids: Vec<ObjectId> = ids.filter(|id| self.objects.has_object(id)).collect();
        ids.sort_unstable();
        ids
    }

    /// Returns true while a merge is being made.
    #[must_use]
    pub fn is_merging(&self) -> bool {
        !self.merged_commits().is_empty()
    }

    /// Returns the full id of the commit that `HEAD` names; `None` on a branch without commits.
    ///
    /// # Errors
    /// When `HEAD` cannot be read.
    pub fn head_commit(&self) -> Result<Option<String>, GitError> {
        Ok(self.head()?.map(|id| id.to_string()))
    }

    /// Returns the short name of the branch that is checked out; `None` if `HEAD` is a commit of its own, or cannot be read.
    #[must_use]
    pub fn head_branch(&self) -> Option<String> {
        let name = self.inner.to_thread_local().head_name().ok()??;
        Some(name.shorten().to_string())
    }

    /// Returns the commit that `HEAD` names; `None` on a branch without commits.
    pub(super) fn head(&self) -> Result<Option<ObjectId>, GitError> {
        let local = self.inner.to_thread_local();
        let failed =
            |e: gix::Error| GitError::unreadable(format!("cannot read HEAD: {}", super::plain(&e)));
        let head = local.head().map_err(failed)?;
        Ok(head.id().map(gix::Id::detach))
    }

    /// Returns the git directory of this working tree.
    #[must_use]
    pub fn git_dir(&self) -> PathBuf {
        self.inner.path().to_owned()
    }

    /// Returns the git directory that all working trees share.
    #[must_use]
    pub fn common_dir(&self) -> PathBuf {
        self.git_dirs().common
    }

    /// Returns true if the object with this id, in hex, is here.
    #[must_use]
    pub fn has_object(&self, id: &str) -> bool {
        gix::ObjectId::from_hex(id.as_bytes()).is_ok_and(|id| self.objects.has_object(&id))
    }

    /// Returns true if the repository has no working tree.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.inner.to_thread_local().is_bare()
    }

    /// Returns the address of the remote `origin`, or of the only remote.
    #[must_use]
    pub fn remote_address(&self) -> Option<String> {
        let local = self.inner.to_thread_local();
        let config = local.config_snapshot();
        if let Some(origin) = config.string("remote.origin.url") {
            return Some(origin.to_string());
        }
        let mut remotes = config.sections_by_name("remote")?;
        let only = remotes.next()?.value("url")?.to_string();
        remotes.next().is_none().then_some(only)
    }

    /// Returns the root of the working tree; `None` for a bare repository.
    #[must_use]
    pub fn work_dir(&self) -> Option<PathBuf> {
        self.inner.work_dir().map(Path::to_owned)
    }
}

impl std::fmt::Debug for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repository")
            .field("git_dir", &self.git_dir())
            .finish_non_exhaustive()
    }
}

/// The owner of a repository does not matter: no program is run, nothing is written for its owner.
fn discovery_options() -> gix::discover::upwards::Options<'static> {
    gix::discover::upwards::Options {
        match_ceiling_dir_or_error: false,
        ..Default::default()
    }
}

/// Returns true if there is no repository at all, in contrast to one that cannot be read.
fn finds_none(error: &gix::Error) -> bool {
    use gix::discover::upwards::Error as Search;
    error
        .iter_errors()
        .filter_map(|cause| cause.downcast_ref())
        .any(|cause| !matches!(cause, Search::NoTrustedGitRepository { .. }))
}

fn trust_map() -> gix::sec::trust::Mapping<gix::open::Options> {
    let options = gix::open::Options::default_for_level;
    gix::sec::trust::Mapping {
        full: options(gix::sec::Trust::Full),
        reduced: options(gix::sec::Trust::Reduced),
    }
}

/// Returns the directory for new objects and all others. During a push, the receiving repository keeps the new objects
/// apart until its hooks accept them, and names both directories in the environment.
fn object_directories(common: &Path, environment: bool) -> (PathBuf, Vec<PathBuf>) {
    let main = common.join("objects");
    if !environment {
        return (main, Vec::new());
    }
    let mut more = Vec::new();
    let first = std::env::var_os("GIT_OBJECT_DIRECTORY").map(PathBuf::from);
    if let Some(list) = std::env::var_os("GIT_ALTERNATE_OBJECT_DIRECTORIES") {
        more.extend(std::env::split_paths(&list).filter(|p| !p.as_os_str().is_empty()));
    }
    match first {
        Some(first) => {
            // During a quarantine the repository's own directory is the alternate.
            if std::env::var_os("GIT_QUARANTINE_PATH").is_some() && !more.contains(&main) {
                more.push(main);
            }
            (first, more)
        }
        None => (main, more),
    }
}
