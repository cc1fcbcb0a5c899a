//! Place of a feature, for its description in reports.

use std::ops::Range;

/// Place of a feature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EvidenceLocation {
    /// No place in particular.
    Nowhere,
    /// Range in the text of the candidate.
    Text(Range<usize>),
    /// Range in the text around the region that the candidate was decoded from.
    Outer(Range<usize>),
    /// The path.
    Path,
}
