//! Input of the judge for the candidates of a text.

use std::ops::Range;
use std::path::Path;

use super::text::DetectedText;
use crate::detect::{Candidate, CandidateKind};
use crate::judge;
use crate::span::Span;
use crate::token::Shape;

impl DetectedText<'_> {
    /// Decides on the private key at `range`.
    pub(super) fn judge_private_key(&self, range: Span, path: &Path) -> judge::PrivateKeyVerdict {
        judge::judge_private_key(&judge::PrivateKeyContext {
            text: self.bytes,
            start: range.start,
            outer: self
                .outer
                .map(|(outer, decoded)| (outer.bytes, decoded.range.start)),
            path: path.as_os_str().as_encoded_bytes(),
        })
    }

    /// Returns true if the bytes beside a candidate make it an id, so that nothing else of the text is read for it.
    pub(super) fn settles_candidate(&self, candidate: &Candidate) -> bool {
        self.outer.is_none()
            && matches!(candidate.kind, CandidateKind::Shape(Shape::Hex40, _))
            && judge::is_in_checksum_list(self.bytes, candidate.range)
    }

    /// Returns the judge's input for the candidate at `range`, without an object lookup.
    pub(super) fn candidate_context<'c>(
        &'c self,
        range: Span,
        shape: Shape,
        path: &'c Path,
        peers: &'c [Range<usize>],
    ) -> judge::CandidateContext<'c> {
        judge::CandidateContext {
            text: self.bytes,
            range: (range.start, range.end),
            shape,
            path: path.as_os_str().as_encoded_bytes(),
            peers,
            outer: self.outer.map(|(outer, decoded)| judge::OuterText {
                text: outer.bytes,
                range: (decoded.range.start, decoded.range.end),
                memory: &outer.cache,
            }),
            memory: &self.cache,
            witness: None,
        }
    }
}
