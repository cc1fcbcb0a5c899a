//! Input and result of the judge.

use std::ops::Range;

use crate::finding::{Confidence, Evidence};
use crate::token::Shape;

use super::text_cache::TextCache;

/// Input of the judge: a candidate with its surroundings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CandidateContext<'a> {
    /// Text that contains the candidate: a file, a chunk of a large file, or a decoded region.
    pub text: &'a [u8],
    /// Range of the candidate in `text` in bytes; with the prefix, for `v1.` and `r1.`.
    pub range: (usize, usize),
    /// Shape of the candidate.
    pub shape: Shape,
    /// Path of the file as reported, with `/` between its parts; empty if unknown.
    pub path: &'a [u8],
    /// All candidates of a judged shape in `text`, in order, with this one.
    pub peers: &'a [Range<usize>],
    /// Text around the region, for a candidate in a decoded region.
    pub outer: Option<OuterText<'a>>,
    /// Text cache of `text` and `path` from earlier values, which may be empty.
    pub memory: &'a TextCache,
    /// Object lookup in the repositories around the file.
    pub witness: Option<&'a dyn IdLookup>,
}

/// Text around a decoded region.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OuterText<'a> {
    /// The text.
    pub text: &'a [u8],
    /// Range of the region in the text in bytes.
    pub range: (usize, usize),
    /// Text cache of the text from earlier values.
    pub memory: &'a TextCache,
}

/// Lookup of the object ids of the repositories around one text.
pub(crate) trait IdLookup: Sync {
    /// Describes the place of `id` (40 lower-case hex digits) as an object or a ref; `None` if there is none.
    fn describe_object(&self, id: &[u8]) -> Option<String>;
}

impl std::fmt::Debug for dyn IdLookup + '_ {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdLookup")
    }
}

/// Decision of the judge about a candidate.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    /// Id of the rule that the candidate belongs to.
    pub rule_id: &'static str,
    /// Confidence; `None` is below `low`, which is reported only on request.
    pub confidence: Option<Confidence>,
    /// Score: the sum of the weights, in natural log-odds.
    pub log_odds: f64,
    /// Evidence, sorted by weight with the heaviest first.
    pub evidence: Vec<Evidence>,
    /// Feature set, one bit for each feature in the order of `Feature::ALL`.
    pub features: u128,
    /// Reason for which a scan does not collect this evidence, if there is one.
    pub settled: Option<DecidedByAdjacent>,
}

/// Number of bytes before and after a value in which a word for GitHub or a credential is required.
pub(super) const CONTEXT_WINDOW: (usize, usize) = (1500, 400);

/// Reason for which a scan does not collect the evidence on a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecidedByAdjacent {
    /// The bytes next to the value mark an id or a checksum.
    IdBeside,
    /// The value is in a path, a listing or another place without credentials.
    OtherPlace,
    /// The URL of a commit or a file close by contains the same value.
    IdInUrl,
    /// No word for a credential occurs near the value or in its path.
    NothingNear,
}

impl DecidedByAdjacent {
    /// Returns the reason in words.
    #[must_use]
    pub(crate) fn reason(self) -> String {
        match self {
            DecidedByAdjacent::IdBeside => {
                "the bytes beside it make it an id or a checksum".to_owned()
            }
            DecidedByAdjacent::OtherPlace => {
                "it stands in a path, a listing or another place that holds no credential"
                    .to_owned()
            }
            DecidedByAdjacent::IdInUrl => {
                "the same value stands close by in the URL of a commit or a file".to_owned()
            }
            DecidedByAdjacent::NothingNear => format!(
                "no word for a credential stands within {} bytes before it, {} bytes behind it or in its path",
                CONTEXT_WINDOW.0, CONTEXT_WINDOW.1
            ),
        }
    }
}

/// Availability of the path of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathState {
    /// The path is in the context.
    Known,
    /// The path is not known yet.
    ToCome,
}

/// Result of the judge for a scan.
#[derive(Clone, Debug)]
pub(crate) enum Judgement {
    /// The bytes next to the value mark an id or a checksum, which then also excludes its other places.
    Id,
    /// No word for GitHub or for a credential occurs near the value, or its place has no credentials.
    Nothing,
    /// All features were collected, or as many as decide the outcome.
    Weighed(Verdict),
}

/// Possible outcome for a candidate before its path is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PrefilterResult {
    /// The bytes next to the value mark an id or a checksum.
    Id,
    /// No path leads to a report.
    Nothing,
    /// A report is possible.
    Open,
}
