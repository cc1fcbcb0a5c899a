//! Search for configuration files: the project's is the nearest above what is scanned, up to the root of
//! its repository; the user's is in the user's configuration folder.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Names of a project's configuration, in the order of the search.
const NAMES: [&str; 3] = ["tokensweep.toml", ".tokensweep.toml", PYPROJECT];

const PYPROJECT: &str = "pyproject.toml";

/// File that may contain configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFile {
    /// Path of the file.
    pub path: PathBuf,
    /// True if the file is in what is scanned.
    pub scanned: bool,
}

impl ConfigFile {
    /// Returns true if the configuration is a table in another tool's file.
    #[must_use]
    pub fn is_pyproject(&self) -> bool {
        self.path.file_name().is_some_and(|name| name == PYPROJECT)
    }

    /// Returns the folder that paths in the file are relative to.
    #[must_use]
    pub fn base_folder(&self) -> PathBuf {
        self.path.parent().map(Path::to_owned).unwrap_or_default()
    }
}

/// Returns a path as it is shown to people: relative to the current folder if it is below.
#[must_use]
pub(crate) fn display_path(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let below = here.as_deref().and_then(|h| path.strip_prefix(h).ok());
    let below = below.filter(|p| !p.as_os_str().is_empty());
    below.unwrap_or(path).display().to_string()
}

/// Returns the files that may hold the configuration of the project around `start`, an absolute path: nearest first.
#[must_use]
pub(crate) fn find_project(start: &Path) -> Vec<ConfigFile> {
    let folders = folders_up_to_root(start);
    let found = folders
        .iter()
        .flat_map(|folder| NAMES.map(|name| folder.join(name)))
        .filter(|path| path.is_file());
    found
        .map(|path| ConfigFile {
            path,
            scanned: true,
        })
        .collect()
}

/// Returns the root of the repository around `start`, if there is one.
#[must_use]
pub(crate) fn repository_root(start: &Path) -> Option<PathBuf> {
    let root = start.ancestors().find(|f| f.join(".git").exists())?;
    Some(root.to_owned())
}

/// Returns the folders from `start` up to the root of its repository, or only `start` if there is none.
fn folders_up_to_root(start: &Path) -> Vec<PathBuf> {
    let own = if start.is_dir() {
        start
    } else {
        start.parent().unwrap_or(start)
    };
    let Some(root) = repository_root(own) else {
        return vec![own.to_owned()];
    };
    own.ancestors()
        .take_while(|f| f.starts_with(&root))
        .map(Path::to_owned)
        .collect()
}

/// Returns the user's own file, below `$XDG_CONFIG_HOME` or `~/.config`, or `%APPDATA%`. The file need not exist.
#[must_use]
pub(crate) fn find_user(variable: impl Fn(&str) -> Option<OsString>) -> Option<ConfigFile> {
    let set = |name: &str| {
        variable(name)
            .map(PathBuf::from)
            .filter(|p| p.is_absolute())
    };
    let folder = set("XDG_CONFIG_HOME")
        .or_else(|| set("APPDATA"))
        .or_else(|| set("HOME").map(|home| home.join(".config")))?;
    Some(ConfigFile {
        path: folder.join("tokensweep").join("config.toml"),
        scanned: false,
    })
}
