//! What a whole scan came to: its findings, what it read, and what it did not read and why.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::{Acceptance, Finding};
use crate::container::{ContainerForm, ContainerKind};

/// What a scan came to.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The findings, by path, place and rule.
    pub findings: Vec<Finding>,
    /// What was not scanned, by path.
    pub skipped: Vec<Skip>,
    /// Files and streams read to their end.
    pub files: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Blobs of git read.
    pub blobs: u64,
    /// Blobs that an earlier scan with the same rules found clean; they were not read again, and count as blobs.
    pub cached: u64,
    /// Commits and tags whose texts were read.
    pub commits: u64,
    /// Refs that the scan started from.
    pub refs: u64,
    /// What the user should know about how the scan went, in sentences.
    pub notes: Vec<String>,
    /// How long it took.
    pub elapsed: Duration,
}

/// What a source has read, beside files.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Blobs of git.
    pub blobs: u64,
    /// Those of them that an earlier scan vouched for.
    pub cached: u64,
    /// Commits and tags.
    pub commits: u64,
    /// Refs.
    pub refs: u64,
    /// Bytes of all of them.
    pub bytes: u64,
}

impl Outcome {
    /// Adds what a source has read.
    pub(crate) fn add(&mut self, counts: &Counts) {
        self.blobs += counts.blobs;
        self.cached += counts.cached;
        self.commits += counts.commits;
        self.refs += counts.refs;
        self.bytes += counts.bytes;
    }

    /// Counts what was not read, by kinds.
    #[must_use]
    pub fn count_unread(&self) -> UnreadCounts {
        let mut unread = UnreadCounts::default();
        for skip in &self.skipped {
            let counter = match &skip.reason {
                SkipReason::Ignored { is_folder: false } => &mut unread.ignored_files,
                SkipReason::Ignored { is_folder: true } => &mut unread.ignored_folders,
                SkipReason::History => &mut unread.histories,
                SkipReason::Unopened { form, .. } => match form.kind {
                    ContainerKind::Archive => &mut unread.archives,
                    ContainerKind::Document => &mut unread.documents,
                    ContainerKind::Image => &mut unread.images,
                },
                SkipReason::SymbolicLink => &mut unread.links,
                SkipReason::Special(_) => &mut unread.devices,
                SkipReason::TooLarge(_) => &mut unread.large_files,
                SkipReason::Excluded => &mut unread.excluded_files,
                SkipReason::Missing { .. } => &mut unread.missing_objects,
                SkipReason::OpenInput => &mut unread.open_inputs,
                SkipReason::Unreadable(_) => &mut unread.unreadable,
                SkipReason::RuleGivenUp(_) => &mut unread.rules_given_up,
            };
            *counter += 1;
        }
        unread
    }

    /// Marks the containers among `named`, which the user asked for by name: a scan that could not open one is not
    /// complete. Pixels are not asked for.
    pub(crate) fn mark_named(&mut self, named: &[PathBuf]) {
        for skip in &mut self.skipped {
            if let SkipReason::Unopened { form, is_named } = &mut skip.reason {
                *is_named = form.kind != ContainerKind::Image && named.contains(&skip.path);
            }
        }
        self.skipped.sort();
    }

    /// Takes in the outcome of a scan of what lies at `place`: its paths start there.
    pub(crate) fn take_in(&mut self, place: &Path, other: Outcome) {
        let text = |path: &String| format!("{}/{path}", place.display());
        self.findings
            .extend(other.findings.into_iter().map(|mut finding| {
                finding.path = place.join(&finding.path);
                let origin = &mut finding.origin;
                origin.head_path = origin.head_path.as_ref().map(text);
                origin.paths = origin.paths.iter().map(text).collect();
                finding
            }));
        self.skipped
            .extend(other.skipped.into_iter().map(|skip| Skip {
                path: place.join(skip.path),
                ..skip
            }));
        self.add(&Counts {
            blobs: other.blobs,
            cached: other.cached,
            commits: other.commits,
            refs: other.refs,
            bytes: other.bytes,
        });
        self.files += other.files;
        self.elapsed += other.elapsed;
        self.sort();
    }

    /// Whether everything that was asked for was scanned.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.trouble().next().is_none()
    }

    /// What was asked for and not scanned.
    pub fn trouble(&self) -> impl Iterator<Item = &Skip> {
        self.skipped.iter().filter(|s| s.reason.is_trouble())
    }

    /// Whether something was found that the scanned commits or files brought in and nobody has accepted.
    #[must_use]
    pub fn has_leaks(&self) -> bool {
        self.findings.iter().any(Finding::is_open)
    }

    /// The findings that somebody has accepted.
    pub fn accepted(&self) -> impl Iterator<Item = (&Finding, &Acceptance)> {
        self.findings
            .iter()
            .filter_map(|f| f.accepted.as_ref().map(|a| (f, a)))
    }

    /// Puts everything into an order that does not depend on threads.
    pub(crate) fn settle(&mut self, elapsed: Duration) {
        self.sort();
        self.elapsed = elapsed;
    }

    /// Orders findings and what was left out by their places.
    pub(crate) fn sort(&mut self) {
        self.findings.sort_by(|a, b| place(a).cmp(&place(b)));
        self.skipped.sort();
        // Every window of a large file says for itself that a rule was given up in it.
        self.skipped.dedup();
    }
}

fn place(finding: &Finding) -> (&Path, u64, u64, &str) {
    (
        &finding.path,
        finding.bytes.start,
        finding.bytes.end,
        &finding.rule_id,
    )
}

/// The number of things that were not read, by kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UnreadCounts {
    /// Files that an ignore file excludes.
    pub ignored_files: u64,
    /// Folders that an ignore file excludes, with all below them.
    pub ignored_folders: u64,
    /// Repositories whose files were scanned and whose commits were not.
    pub histories: u64,
    /// Archives and compressed files that were not opened.
    pub archives: u64,
    /// Documents that were not opened.
    pub documents: u64,
    /// Images.
    pub images: u64,
    /// Symbolic links.
    pub links: u64,
    /// Named pipes, sockets and devices.
    pub devices: u64,
    /// Files larger than the limit.
    pub large_files: u64,
    /// Files that were named but are excluded.
    pub excluded_files: u64,
    /// Objects that the clone lacks.
    pub missing_objects: u64,
    /// Standard input.
    pub open_inputs: u64,
    /// Paths that could not be read.
    pub unreadable: u64,
    /// Files in which a rule was given up.
    pub rules_given_up: u64,
}

impl UnreadCounts {
    /// Counts the containers that were not opened.
    #[must_use]
    pub fn containers(&self) -> u64 {
        self.archives + self.documents + self.images
    }
}

/// Something that was not scanned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skip {
    /// What was not scanned.
    pub path: PathBuf,
    /// Why.
    pub reason: SkipReason,
}

/// Why something was not scanned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SkipReason {
    /// A symbolic link below a scanned folder; git keeps the link, not what it points to.
    SymbolicLink,
    /// A named pipe, a socket or a device.
    Special(&'static str),
    /// Larger than `--max-file-size`.
    TooLarge(u64),
    /// Named on the command line or in a list, but excluded there too.
    Excluded,
    /// Excluded by an ignore file.
    Ignored {
        /// Set for a folder, which may hold any number of files.
        is_folder: bool,
    },
    /// The commits of a repository whose files were scanned.
    History,
    /// A container that was not opened; its own bytes were scanned.
    Unopened {
        /// Its form.
        form: ContainerForm,
        /// Set if the user named it, so that it was asked for.
        is_named: bool,
    },
    /// Standard input, a pipe to which nobody had written anything and which no PATH named.
    OpenInput,
    /// It could not be read; the scan is not complete.
    Unreadable(String),
    /// The user rule of this id was not looked for in all of it: it would have taken too long.
    RuleGivenUp(Arc<str>),
    /// A repository does not hold it; the scan is complete only if the user allowed for that.
    Missing {
        /// What is missing, and what would bring it.
        detail: String,
        /// Whether the user allowed for it.
        allowed: bool,
    },
}

impl SkipReason {
    /// Whether something that the user asked for was not scanned.
    #[must_use]
    pub fn is_trouble(&self) -> bool {
        matches!(
            self,
            SkipReason::Unreadable(_)
                | SkipReason::RuleGivenUp(_)
                | SkipReason::Unopened { is_named: true, .. }
                | SkipReason::Missing { allowed: false, .. }
        )
    }
}

impl std::fmt::Display for SkipReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SkipReason::SymbolicLink => f.write_str("symbolic link, not followed"),
            SkipReason::Special(kind) => write!(f, "{kind}, not read"),
            SkipReason::TooLarge(size) => write!(f, "larger than --max-file-size ({size} bytes)"),
            SkipReason::Excluded => f.write_str("excluded"),
            SkipReason::Ignored { is_folder } => {
                let what = if *is_folder { "folder" } else { "file" };
                write!(f, "ignored {what}, not read; --no-ignore reads it")
            }
            SkipReason::History => f.write_str("the history was not read; --history reads it"),
            SkipReason::Unopened { form, .. } => write!(
                f,
                "{}, not opened: what is packed in it was not read",
                form.name
            ),
            SkipReason::OpenInput => {
                f.write_str("an open pipe on standard input, not read; `-` reads it")
            }
            SkipReason::Unreadable(error) => f.write_str(error),
            SkipReason::RuleGivenUp(id) => write!(
                f,
                "the rule `{id}` was not looked for in all of it, as its expression looks far ahead for each match; \
                 write bounds, such as .{{0,80}}"
            ),
            SkipReason::Missing { detail, .. } => f.write_str(detail),
        }
    }
}
