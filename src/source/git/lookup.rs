//! Object lookup: checks if a 40-hex value is an object of the repositories around a file, or an id in one of their
//! reflogs, refs or submodule entries. Repositories are opened at the first lookup, and each value is looked up once.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use gix::hash::{Kind as HashKind, ObjectId};

use super::named::collect_named_ids;
use super::objects::ObjectDatabase;
use super::repository::Repository;
use crate::source::ObjectLookup;
use crate::source::git_dirs::{GitDirs, git_dirs_at};
use crate::threads::lock_mutex;

/// Repositories around scanned files; shared by all threads of a scan.
#[derive(Debug, Default)]
pub struct RepositoryLookup {
    /// Repositories around each folder, innermost first.
    around: Mutex<HashMap<PathBuf, Arc<[Arc<RepoObjects>]>>>,
    /// Each repository once, by its git directory.
    opened: Mutex<HashMap<PathBuf, Arc<RepoObjects>>>,
    /// The only repository, if its objects are scanned: then paths are not those of the file system.
    only: Option<Arc<[Arc<RepoObjects>]>>,
    /// Working tree of that repository.
    work_dir: Option<PathBuf>,
}

/// One repository.
#[derive(Debug)]
struct RepoObjects {
    dirs: GitDirs,
    databases: OnceLock<Vec<(String, ObjectDatabase)>>,
    named: OnceLock<HashSet<ObjectId>>,
    described: Mutex<HashMap<ObjectId, Option<Arc<str>>>>,
}

impl RepositoryLookup {
    /// Creates a lookup in this repository only, for all paths.
    #[must_use]
    pub fn of(repository: &Repository) -> Self {
        RepositoryLookup {
            only: Some([Arc::new(RepoObjects::new(repository.git_dirs()))].into()),
            work_dir: repository.work_dir(),
            ..RepositoryLookup::default()
        }
    }

    /// Returns the working tree of the only repository.
    #[must_use]
    pub fn work_dir(&self) -> Option<&Path> {
        self.work_dir.as_deref()
    }

    /// Returns the repositories whose working tree or git directory contains `folder`, innermost first.
    fn around(&self, folder: &Path) -> Arc<[Arc<RepoObjects>]> {
        if let Some(only) = &self.only {
            return Arc::clone(only);
        }
        if let Some(known) = lock_mutex(&self.around).get(folder) {
            return Arc::clone(known);
        }
        let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let mut found: Vec<Arc<RepoObjects>> = Vec::new();
        // A relative root such as `.` or `../x` is resolved, so that `..` is the real parent of the file.
        let absolute = absolute.canonicalize().unwrap_or(absolute);
        for ancestor in absolute.ancestors() {
            if let Some(dirs) = git_dirs_at(ancestor) {
                found.push(self.open(dirs));
            }
        }
        let found: Arc<[Arc<RepoObjects>]> = found.into();
        lock_mutex(&self.around).insert(folder.to_owned(), Arc::clone(&found));
        found
    }

    fn open(&self, dirs: GitDirs) -> Arc<RepoObjects> {
        let mut opened = lock_mutex(&self.opened);
        let known = opened
            .entry(dirs.git.clone())
            .or_insert_with(|| Arc::new(RepoObjects::new(dirs)));
        Arc::clone(known)
    }
}

impl ObjectLookup for RepositoryLookup {
    fn describe_object(&self, path: &Path, id: &str) -> Option<String> {
        let id = ObjectId::from_hex(id.as_bytes()).ok()?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let around = self.around(folder);
        around
            .iter()
            .find_map(|known| known.describe(id))
            .map(|described| described.to_string())
    }
}

impl RepoObjects {
    fn new(dirs: GitDirs) -> Self {
        RepoObjects {
            dirs,
            databases: OnceLock::new(),
            named: OnceLock::new(),
            described: Mutex::default(),
        }
    }

    fn describe(&self, id: ObjectId) -> Option<Arc<str>> {
        if let Some(described) = lock_mutex(&self.described).get(&id) {
            return described.clone();
        }
        let described = self.look_up_id(id).map(Arc::from);
        lock_mutex(&self.described).insert(id, described.clone());
        described
    }

    fn look_up_id(&self, id: ObjectId) -> Option<String> {
        let databases = self.databases.get_or_init(|| self.open_databases());
        if let Some((name, _)) = databases.iter().find(|(_, db)| db.has_object(&id)) {
            return Some(format!("it is an object of {name}"));
        }
        let named = self.named.get_or_init(|| collect_named_ids(&self.dirs));
        named
            .contains(&id)
            .then(|| "a ref, reflog or submodule entry of this repository names it".to_owned())
    }

    /// Opens the repository's own database with its alternates, and those of its submodules.
    fn open_databases(&self) -> Vec<(String, ObjectDatabase)> {
        let open = |dir: &Path| ObjectDatabase::open(&dir.join("objects"), &[], HashKind::Sha1);
        let mut databases = vec![("this repository".to_owned(), open(&self.dirs.common))];
        let modules = self.dirs.common.join("modules");
        let mut found = Vec::new();
        submodules(&modules, &mut found);
        for dir in found {
            let name = dir.strip_prefix(&modules).unwrap_or(&dir).display();
            databases.push((format!("the submodule {name}"), open(&dir)));
        }
        databases
    }
}

/// Finds the git directories below `modules`, nested ones included. A submodule's name may contain slashes.
fn submodules(modules: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(modules) else {
        return;
    };
    let mut dirs: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
    dirs.sort();
    for dir in dirs {
        if dir.join("HEAD").is_file() {
            submodules(&dir.join("modules"), out);
            out.push(dir);
        } else if dir.is_dir() && !dir.is_symlink() {
            submodules(&dir, out);
        }
    }
}
