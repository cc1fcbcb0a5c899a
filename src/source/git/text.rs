//! Reads the text of one object.

use gix::hash::ObjectId;
use gix::objs::Kind;

use super::items::commit_text_start;
use super::objects::LookupBuffers;
use super::{GitError, GitErrorKind, Repository};

/// Object of a repository: a blob, or a commit or tag with its text.
#[derive(Debug)]
pub(crate) struct ObjectText {
    bytes: Vec<u8>,
    /// Offset in bytes at which the text starts that a scan reads.
    pub(crate) start: usize,
}

impl ObjectText {
    /// Returns the text that a scan reads: a blob, or a commit or tag without the ids of other objects.
    pub(crate) fn text(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}

impl Repository {
    /// Reads the object with this id, in hex.
    ///
    /// # Errors
    /// When there is no such object here, or it is damaged.
    pub(crate) fn read_text(&self, id: &str) -> Result<ObjectText, GitError> {
        let missing = || {
            let sentence = format!("there is no object {id} here");
            GitError::new(GitErrorKind::UnknownRevision, sentence)
        };
        let name = ObjectId::from_hex(id.as_bytes()).map_err(|_| missing())?;
        let mut buffers = LookupBuffers::default();
        let kind = self
            .objects
            .find(&name, &mut buffers)?
            .ok_or_else(missing)?;
        let bytes = std::mem::take(&mut buffers.object);
        let start = match kind {
            Kind::Commit | Kind::Tag => commit_text_start(&bytes),
            Kind::Blob | Kind::Tree => 0,
        };
        Ok(ObjectText { bytes, start })
    }
}
