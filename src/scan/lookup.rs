//! Object lookup for the judge, in the repositories around a file.

use std::path::Path;

use crate::judge::ObjectLookup;
use crate::source::git::RepositoryLookup;

/// Object lookup in the repositories around a file.
pub(super) struct LookupAt<'w> {
    pub(super) repositories: &'w RepositoryLookup,
    pub(super) path: &'w Path,
}

impl ObjectLookup for LookupAt<'_> {
    fn describe_object(&self, id: &[u8]) -> Option<String> {
        self.repositories.describe_object(self.path, id)
    }
}
