//! Lookup of git objects, so that an object id is not taken for a token.

use std::fmt;
use std::path::Path;

/// Lookup of the object ids of git repositories. The ids of commits, trees and blobs look like legacy tokens.
///
/// ```
/// use std::path::Path;
/// use tokensweep::{ObjectLookup, Scanner};
///
/// struct Commits(Vec<String>);
///
/// impl ObjectLookup for Commits {
///     fn describe_object(&self, _path: &Path, id: &str) -> Option<String> {
///         let is_commit = self.0.iter().any(|commit| commit == id);
///         is_commit.then(|| "it is a commit of the open project".to_owned())
///     }
/// }
///
/// let id = "0d5e7f1c2b3a49586776859483a2b1c0d9e8f7a6".to_owned();
/// let line = format!("GITHUB_TOKEN={id}\n");
/// let scanner = Scanner::builder().object_lookup(Commits(vec![id])).build();
/// assert!(scanner.scan_text(line.as_bytes(), Path::new("a.env")).is_empty());
/// ```
pub trait ObjectLookup: Send + Sync {
    /// Describes the object with this id (40 lower-case hex digits) in the repositories around the text at `path`, as in
    /// "it is an object of this repository". Returns `None` if there is no such object, or if that is not known.
    ///
    /// Called only for values that would else be reported, by several threads at once.
    fn describe_object(&self, path: &Path, id: &str) -> Option<String>;
}

impl fmt::Debug for dyn ObjectLookup + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ObjectLookup")
    }
}
