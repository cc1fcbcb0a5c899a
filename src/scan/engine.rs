//! Shared parts of all threads of a scan: rules, detector, judge and settings.

use std::borrow::Cow;
use std::fs::File;
use std::path::Path;

use super::containers::CostlyFiles;
use super::listener::FindingListener;
use super::progress::ScanProgress;
use crate::accept::Comments;
use crate::container::ContainerLimits;
use crate::detect::Detector;
use crate::finding::Confidence;
use crate::judge::Judge;
use crate::rule::RuleSet;
use crate::source::ObjectLookup;

/// Rules, detector, judge and settings of a scanner. Immutable, apart from the counters of its progress.
#[derive(Debug)]
pub(super) struct ScanEngine {
    pub(super) rules: RuleSet,
    pub(super) detector: Detector,
    pub(super) judge: Judge,
    /// Lowest confidence that is reported.
    pub(super) min_confidence: Confidence,
    /// Confidence from which a finding makes every other place of its value a finding.
    pub(super) spreads_from: Confidence,
    pub(super) comments: Comments,
    /// Limits on the reading of containers; `None` if none is opened.
    pub(super) containers: Option<ContainerLimits>,
    pub(super) progress: ScanProgress,
}

/// Settings of one run of a source.
#[derive(Clone, Copy, Debug)]
pub(super) struct RunContext<'s> {
    /// Folder that the paths of files are relative to, if it is not the current one.
    pub(super) root: Option<&'s Path>,
    /// Lookup of object ids; `None` if no repository is known.
    pub(super) objects: Option<&'s dyn ObjectLookup>,
    /// Open file that the scan reads, if it reads one that is not yet at the path of its findings.
    pub(super) opened: Option<&'s File>,
    /// True if nothing in the texts is opened as a container.
    pub(super) is_flat: bool,
    /// True if findings get their rewrite context.
    pub(super) keep_enclosures: bool,
    /// Receiver of the findings while the scan runs.
    pub(super) listener: Option<&'s dyn FindingListener>,
    /// Readings that took long, if the source may be read twice.
    pub(super) costly: Option<&'s CostlyFiles>,
}

impl<'s> RunContext<'s> {
    /// Returns the settings of a run whose source is read again after it, with the readings that both share.
    pub(super) fn with_costly<'c>(self, costly: &'c CostlyFiles) -> RunContext<'c>
    where
        's: 'c,
    {
        RunContext {
            costly: Some(costly),
            ..self
        }
    }

    /// Returns true if the caller has stopped the scan.
    pub(super) fn is_stopped(&self) -> bool {
        self.listener.is_some_and(FindingListener::is_stopped)
    }

    /// Returns the place in the file system of the file that the scan reports at `path`.
    pub(super) fn file_path<'p>(&self, path: &'p Path) -> Cow<'p, Path> {
        match self.root {
            Some(root) => root.join(path).into(),
            None => path.into(),
        }
    }
}
