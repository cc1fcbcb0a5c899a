//! Object lookup for the judge, bound to the path of one text.

use std::path::Path;

use crate::judge::IdLookup;
use crate::source::ObjectLookup;

/// Lookup in the repositories around the files of the disk.
#[cfg(feature = "git")]
pub(super) use crate::source::git::RepositoryLookup as DiskLookup;

/// Lookup in the repositories around the files of the disk, in a build that cannot read repositories.
#[cfg(not(feature = "git"))]
#[derive(Debug, Default)]
pub(super) struct DiskLookup {}

#[cfg(not(feature = "git"))]
impl ObjectLookup for DiskLookup {
    fn describe_object(&self, _path: &Path, _id: &str) -> Option<String> {
        None
    }
}

/// Object lookup for the text at a path.
#[derive(Clone, Copy)]
pub(super) struct LookupAt<'w> {
    pub(super) objects: Option<&'w dyn ObjectLookup>,
    pub(super) path: &'w Path,
}

impl IdLookup for LookupAt<'_> {
    fn describe_object(&self, id: &[u8]) -> Option<String> {
        let id = std::str::from_utf8(id).ok()?;
        self.objects?.describe_object(self.path, id)
    }
}
