//! Counts of what was not read.

use serde::Serialize;

use crate::container::{ContainerForm, ContainerKind};

/// Numbers of things that were not read, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct UnreadCounts {
    /// Files that an ignore file excludes.
    pub ignored_files: u64,
    /// Folders that an ignore file excludes, counted without their content.
    pub ignored_folders: u64,
    /// Repositories whose files were scanned and whose commits were not.
    pub histories: u64,
    /// Archives and compressed files that were not opened.
    pub archives: u64,
    /// Documents that were not opened.
    pub documents: u64,
    /// Images.
    pub images: u64,
    /// Images whose text was not read, or not exactly, though that was asked for.
    pub unclear_images: u64,
    /// Encrypted archives and members.
    pub encrypted: u64,
    /// Damaged archives and members.
    pub damaged: u64,
    /// Archives and members that exceed a limit.
    pub over_limit: u64,
    /// Members that are compressed by an unknown method.
    pub unknown_methods: u64,
    /// Members that were not read, beyond those that are listed.
    pub unlisted: u64,
    /// Symbolic links.
    pub links: u64,
    /// Named pipes, sockets and devices.
    pub devices: u64,
    /// Files larger than the limit.
    pub large_files: u64,
    /// Files that were named but are excluded.
    pub excluded_files: u64,
    /// Objects that are missing from the clone.
    pub missing_objects: u64,
    /// Standard inputs that were left open.
    pub open_inputs: u64,
    /// Paths that could not be read.
    pub unreadable: u64,
    /// Files in which the search for a rule was given up.
    pub rules_given_up: u64,
}

impl UnreadCounts {
    /// Returns the count of the containers of this form.
    pub(super) fn of_form(&mut self, form: &ContainerForm) -> &mut u64 {
        match form.kind {
            ContainerKind::Archive => &mut self.archives,
            ContainerKind::Document => &mut self.documents,
            ContainerKind::Image => &mut self.images,
        }
    }
}
