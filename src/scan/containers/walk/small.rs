//! Members whose content fails within the first bytes, by which a container is recognised.

use std::io::{self, Cursor};

use super::super::content::MemberWay;
use super::ContainerWalk;
use crate::container::{ContainerLimit, find_reader, recognise_container};

impl ContainerWalk<'_, '_> {
    /// Reads what there is of such a member: its bytes, and its members if it is a container.
    pub(super) fn read_small_member(&self, way: &MemberWay, head: &[u8]) -> io::Result<()> {
        self.file.scan(head, way)?;
        let limits = self.file.budget.limits();
        let form = recognise_container(head);
        let Some(reader) = form.and_then(|form| find_reader(form.format, limits)) else {
            return Ok(());
        };
        let depth = self.depth + u64::from(!self.is_single || reader.is_single());
        if depth > limits.depth {
            self.skip_for(way, ContainerLimit::Depth(limits.depth));
        } else {
            let walk = self.walk_into(way.clone(), depth, reader);
            walk.run(reader, &mut Cursor::new(head));
        }
        Ok(())
    }
}
