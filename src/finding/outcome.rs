//! Outcome of a whole scan: findings, what was read, and what was skipped with the reason.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::repository_counts::RepositoryCounts;
use super::sort::sort_large;
use super::unread_counts::UnreadCounts;
use super::{Acceptance, Finding};
use crate::container::{ContainerForm, ContainerFormat, ContainerKind, ContainerProblem};

/// Outcome of a scan.
///
/// ```
#[doc = include_str!("example.txt")]
/// assert!(outcome.has_leaks() && outcome.is_complete());
/// assert_eq!((outcome.files, outcome.bytes), (1, text.len() as u64));
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Outcome {
    /// Findings, sorted by path, place and rule.
    pub findings: Vec<Finding>,
    /// Sources that were not scanned, sorted by path.
    pub skipped: Vec<Skip>,
    /// Number of files and streams read to their end.
    pub files: u64,
    /// Number of files among them that are git's own: settings, hooks, logs and lists in `.git`.
    pub git_files: u64,
    /// Number of members of containers read.
    pub members: u64,
    /// Number of bytes read.
    pub bytes: u64,
    /// Number of git blobs read.
    pub blobs: u64,
    /// Number of blobs that an earlier scan with the same rules found clean. They are not read again, but counted.
    pub cached: u64,
    /// Number of commits and tags whose texts were read.
    pub commits: u64,
    /// Number of refs that the scan started from.
    pub refs: u64,
    /// Number of reports read, of this and other programs.
    pub reports: u64,
    /// True if the caller stopped the scan before its end.
    pub cancelled: bool,
    /// Sentences for the user about the course of the scan.
    pub notes: Vec<String>,
    /// Repositories, if several were scanned.
    pub(crate) repositories: Vec<RepositoryCounts>,
    /// Duration of the scan.
    pub elapsed: Duration,
}

/// Counts of what a source has read, apart from files.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadCounts {
    /// Number of files that are git's own.
    pub git_files: u64,
    /// Number of git blobs.
    pub blobs: u64,
    /// Number of blobs among them that an earlier scan found clean.
    pub cached: u64,
    /// Number of commits and tags.
    pub commits: u64,
    /// Number of refs.
    pub refs: u64,
    /// Number of members of containers.
    pub members: u64,
    /// Number of bytes in all of them.
    pub bytes: u64,
}

impl From<Vec<Finding>> for Outcome {
    /// Returns the outcome of a scan that found this, and nothing else of note.
    fn from(findings: Vec<Finding>) -> Self {
        Outcome {
            findings,
            ..Outcome::default()
        }
    }
}

impl Outcome {
    /// Adds the counts of a source.
    pub(crate) fn add(&mut self, counts: &ReadCounts) {
        self.git_files += counts.git_files;
        self.blobs += counts.blobs;
        self.cached += counts.cached;
        self.commits += counts.commits;
        self.refs += counts.refs;
        self.members += counts.members;
        self.bytes += counts.bytes;
    }

    /// Returns the number of things that were read: files, blobs, commits and reports.
    pub(crate) fn count_read(&self) -> u64 {
        self.files + self.blobs + self.commits + self.reports
    }

    /// Counts what was not read, by kind.
    #[must_use]
    pub(crate) fn count_unread(&self) -> UnreadCounts {
        let mut unread = UnreadCounts::default();
        for skip in &self.skipped {
            let counter = match &skip.reason {
                SkipReason::Ignored { is_folder: false } => &mut unread.ignored_files,
                SkipReason::Ignored { is_folder: true } => &mut unread.ignored_folders,
                SkipReason::History => &mut unread.histories,
                SkipReason::Unopened { form, .. } => unread.of_form(form),
                SkipReason::UnreadMember { problem, .. } => match problem {
                    ContainerProblem::Unopened(form) => unread.of_form(form),
                    ContainerProblem::Encrypted => &mut unread.encrypted,
                    ContainerProblem::Damaged(_) | ContainerProblem::Overlapping => {
                        &mut unread.damaged
                    }
                    ContainerProblem::UnknownMethod(_) | ContainerProblem::UnknownText(_) => {
                        &mut unread.unknown_methods
                    }
                    ContainerProblem::Limit(_) => &mut unread.over_limit,
                    ContainerProblem::UnreadFrames
                    | ContainerProblem::UnsureWords(_)
                    | ContainerProblem::Unrecognised(_) => &mut unread.unclear_images,
                    ContainerProblem::Unlisted(count) => {
                        unread.unlisted += count;
                        continue;
                    }
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

    /// Returns true if the text of an image was not read because nobody asked for it.
    #[must_use]
    pub(crate) fn has_unasked_images(&self) -> bool {
        self.skipped.iter().any(|skip| {
            let (SkipReason::Unopened { form, .. }
            | SkipReason::UnreadMember {
                problem: ContainerProblem::Unopened(form),
                ..
            }) = &skip.reason
            else {
                return false;
            };
            // With `--ocr` there is a reader for these.
            form.format == ContainerFormat::Picture
        })
    }

    /// Marks the containers that the user named in `named`. A scan that could not open one of them is not complete.
    /// Images are not marked.
    pub(crate) fn mark_named(&mut self, named: &[PathBuf]) {
        for skip in &mut self.skipped {
            match &mut skip.reason {
                SkipReason::Unopened { form, is_named } => {
                    *is_named = form.kind != ContainerKind::Image && named.contains(&skip.path);
                }
                SkipReason::UnreadMember {
                    container,
                    problem,
                    is_named,
                } => {
                    *is_named = !problem.is_image() && named.iter().any(|n| **n == **container);
                }
                _ => {}
            }
        }
        self.skipped.sort();
    }

    /// Marks all containers, and members of containers, that were not read, so that the scan is not complete. Images
    /// are not marked.
    pub(crate) fn mark_strict(&mut self) {
        for skip in &mut self.skipped {
            match &mut skip.reason {
                SkipReason::Unopened { form, is_named } => {
                    *is_named = form.kind != ContainerKind::Image;
                }
                SkipReason::UnreadMember {
                    problem, is_named, ..
                } => *is_named = !problem.is_image(),
                _ => {}
            }
        }
    }

    /// Returns true if everything that was requested was scanned.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.cancelled && self.trouble_skips().next().is_none()
    }

    /// Iterates over what was requested and not scanned.
    pub fn trouble_skips(&self) -> impl Iterator<Item = &Skip> {
        self.skipped.iter().filter(|s| s.reason.is_trouble())
    }

    /// Returns true if there is a finding that is new in the scanned commits or files and not accepted.
    #[must_use]
    pub fn has_leaks(&self) -> bool {
        self.findings.iter().any(Finding::is_open)
    }

    /// Iterates over the accepted findings.
    pub fn accepted_findings(&self) -> impl Iterator<Item = (&Finding, &Acceptance)> {
        self.findings
            .iter()
            .filter_map(|f| f.accepted.as_deref().map(|a| (f, a)))
    }

    /// Sorts everything into an order that does not depend on threads.
    pub(crate) fn finish_order(&mut self, elapsed: Duration) {
        self.sort_findings();
        self.elapsed = elapsed;
    }

    /// Sorts findings and skips by place.
    pub(crate) fn sort_findings(&mut self) {
        sort_large(&mut self.findings, |a, b| place(a).cmp(&place(b)));
        self.skipped.sort();
        // Every window of a large file reports separately that a rule was given up in it.
        self.skipped.dedup();
    }
}

fn place(finding: &Finding) -> (&Path, Option<&str>, u64, u64, &str) {
    (
        &finding.path,
        finding.origin.member.as_deref(),
        finding.bytes.start,
        finding.bytes.end,
        &finding.rule_id,
    )
}

/// A source that was not scanned, with the reason.
///
/// ```
/// use tokensweep::{Scanner, WalkOptions};
///
/// let outcome = Scanner::default().scan_paths(&WalkOptions::new(["no/such/folder"]));
/// let skip = &outcome.skipped[0];
/// assert!(skip.is_trouble() && !outcome.is_complete());
/// println!("{}: {}", skip.path.display(), skip.describe_reason());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Skip {
    /// Path of the source.
    pub path: PathBuf,
    /// Reason.
    pub(crate) reason: SkipReason,
}

impl Skip {
    /// Returns the reason in words.
    #[must_use]
    pub fn describe_reason(&self) -> String {
        self.reason.to_string()
    }

    /// Returns true if the source was requested, so that the scan is not complete without it.
    #[must_use]
    pub fn is_trouble(&self) -> bool {
        self.reason.is_trouble()
    }
}

/// Reason that something was not scanned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SkipReason {
    /// A symbolic link below a scanned folder. Git stores the link, not its target.
    SymbolicLink,
    /// A named pipe, a socket or a device.
    #[cfg_attr(not(unix), allow(dead_code, reason = "made where Unix has such files"))]
    Special(&'static str),
    /// A file larger than `--max-file-size`.
    TooLarge(u64),
    /// A file named on the command line or in a list, but excluded there too.
    Excluded,
    /// A path that an ignore file excludes.
    Ignored {
        /// True for a folder, which may contain any number of files.
        is_folder: bool,
    },
    /// The commits of a repository whose files were scanned.
    History,
    /// A container that was not opened. Its own bytes were scanned.
    Unopened {
        /// Form of the container.
        form: ContainerForm,
        /// True if the user named the container, so that it was requested.
        is_named: bool,
    },
    /// A container that was opened, or a member of one, that was not read or not to its end.
    UnreadMember {
        /// File that contains the member.
        container: Arc<Path>,
        /// Reason.
        problem: ContainerProblem,
        /// True if the user named the file, so that all of it was requested.
        is_named: bool,
    },
    /// Standard input, a pipe without data that no PATH named.
    OpenInput,
    /// A path that could not be read. The scan is not complete.
    Unreadable(String),
    /// A file that was not fully searched for the user rule of this id, because that would have taken too long.
    RuleGivenUp(Arc<str>),
    /// An object that is missing from a repository. The scan is complete only if the user allowed this.
    Missing {
        /// Name of the missing object, and how to get it.
        detail: String,
        /// True if the user allowed it to be missing.
        allowed: bool,
    },
}

impl SkipReason {
    /// Returns true if the user requested something that was not scanned.
    #[must_use]
    pub(crate) fn is_trouble(&self) -> bool {
        matches!(
            self,
            SkipReason::Unreadable(_)
                | SkipReason::RuleGivenUp(_)
                | SkipReason::Unopened { is_named: true, .. }
                | SkipReason::UnreadMember { is_named: true, .. }
                // Nobody asks for pictures but by `--ocr`.
                | SkipReason::UnreadMember {
                    problem: ContainerProblem::Unrecognised(_),
                    ..
                }
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
            SkipReason::Unopened { form, .. } => {
                let name = form.name;
                write!(f, "{name}, not opened: what is packed in it was not read")?;
                match form.format {
                    ContainerFormat::Parquet => f.write_str("; --column NAME reads a column of it"),
                    _ => Ok(()),
                }
            }
            SkipReason::UnreadMember { problem, .. } => problem.fmt(f),
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
