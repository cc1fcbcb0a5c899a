//! Status of a finding: open, accepted or there before the scanned change.

use super::Finding;

/// Status of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FindingStatus {
    /// A leak to act on.
    Open,
    /// An accepted finding.
    Accepted,
    /// A finding that was there before the scanned change.
    PreExisting,
}

impl FindingStatus {
    /// Returns the name of the status in reports.
    #[must_use]
    pub(crate) fn name(self) -> &'static str {
        match self {
            FindingStatus::Open => "open",
            FindingStatus::Accepted => "accepted",
            FindingStatus::PreExisting => "pre-existing",
        }
    }
}

impl Finding {
    /// Returns the status of the finding.
    #[must_use]
    pub(crate) fn status(&self) -> FindingStatus {
        if self.accepted.is_some() {
            FindingStatus::Accepted
        } else if self.origin.pre_existing {
            FindingStatus::PreExisting
        } else {
            FindingStatus::Open
        }
    }
}
