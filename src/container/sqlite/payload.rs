//! Values that are cut over several pages.

use std::io::{self, Read};

use super::super::member::{ContainerInput, ContainerProblem};
use super::page::{PageLayout, StoredPayload, number_at};

/// Content of a value, over all its pages.
pub(super) struct PayloadContent<'c> {
    input: &'c mut dyn ContainerInput,
    layout: PageLayout,
    local: &'c [u8],
    /// Number of bytes that must follow.
    left: u64,
    next: u32,
    /// Page that is read, and the number of its bytes that were.
    page: Vec<u8>,
    taken: usize,
    /// Number of pages that may follow.
    pages_left: u64,
}

impl<'c> PayloadContent<'c> {
    pub(super) fn new(
        input: &'c mut dyn ContainerInput,
        layout: PageLayout,
        payload: &StoredPayload<'c>,
    ) -> Self {
        PayloadContent {
            input,
            layout,
            local: payload.local,
            left: payload.len,
            next: payload.next,
            page: Vec::new(),
            taken: 0,
            pages_left: layout.count,
        }
    }
}

impl Read for PayloadContent<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.local.is_empty()
            && self.taken >= self.page.len()
            && self.left > 0
            && !out.is_empty()
        {
            if !self.layout.has_page(self.next) || self.pages_left == 0 {
                let problem = "a value does not go on in the page that it names";
                return Err(ContainerProblem::damaged(problem).into());
            }
            self.pages_left -= 1;
            self.page = self.layout.read_page(self.input, self.next)?;
            self.page.truncate(self.layout.usable);
            self.next = number_at(&self.page, 0, 4).unwrap_or_default();
            self.taken = 4;
            if self.page.len() <= 4 {
                return Err(ContainerProblem::truncated().into());
            }
        }
        let rest = if self.local.is_empty() {
            self.page.get(self.taken..).unwrap_or_default()
        } else {
            self.local
        };
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let count = rest.len().min(out.len()).min(most);
        out[..count].copy_from_slice(&rest[..count]);
        if self.local.is_empty() {
            self.taken += count;
        } else {
            self.local = &self.local[count..];
        }
        self.left -= count as u64;
        Ok(count)
    }
}
