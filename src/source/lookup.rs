//! Lookup of git objects, so that an object id is not taken for a token.

use std::fmt;
use std::path::Path;

/// Lookup of the object ids of git repositories. The ids of commits, trees and blobs look like legacy tokens.
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
