//! Interface of the writers of containers: one trait for the writers, one for whoever decides on the new contents.

use std::io::{Read, Write};

use crate::container::member::ContainerInput;

/// Decides which members get another content, and writes it.
pub(crate) trait MemberEditor {
    /// Returns true if the member of this name may get another content. The name is empty for the content of a
    /// compressed text.
    fn wants_member(&mut self, name: &[u8]) -> bool;

    /// Returns the number of bytes of a member that may be held in memory.
    fn memory(&self) -> u64;

    /// Reads the content of a member and writes what takes its place. Returns false if nothing changes; what was
    /// written is dropped then.
    ///
    /// # Errors
    /// Returns the reason why the container must stay as it is.
    fn edit_member(
        &mut self,
        name: &[u8],
        content: &mut dyn Read,
        out: &mut dyn Write,
    ) -> Result<bool, String>;
}

/// Writer of one format: copies a container, in which some members get another content. All bytes that do not depend on
/// these contents stay as they are.
pub(crate) trait ContainerRewriter: Sync {
    /// Returns true if the writer seeks in its input.
    fn needs_seek(&self) -> bool {
        false
    }

    /// Copies `input` to `out` with the changes of `editor`.
    ///
    /// # Errors
    /// Returns the reason why the container cannot be copied; what was written is of no use then.
    fn rewrite_members(
        &self,
        input: &mut dyn ContainerInput,
        out: &mut dyn Write,
        editor: &mut dyn MemberEditor,
    ) -> Result<(), String>;
}
