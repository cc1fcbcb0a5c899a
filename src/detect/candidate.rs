//! Candidates: places of possible secrets.

use crate::finding::Checksum;
use crate::span::Span;
use crate::token::Shape;

/// Maximum length of a token, in bytes. Windows of large files overlap by more than this.
pub(crate) const LONGEST_TOKEN: usize = 4096;

/// Way in which a candidate was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CandidateKind {
    /// Form built into the detector.
    Shape(Shape, Checksum),
    /// Base64 of a private key, whose length its own head confirms.
    PrivateKey,
    /// The user rule at this index of [`CustomRules`](super::custom::CustomRules).
    Custom(usize),
    /// The secret at this index of [`KnownSecrets`](super::KnownSecrets).
    Known(usize),
}

/// Place of a possible secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Way in which it was found.
    pub kind: CandidateKind,
    /// Place in the text given to the detector, or in the decoded region that contains it.
    pub range: Span,
}

impl Candidate {
    /// Returns a candidate of a built-in form.
    pub(super) fn of_shape(shape: Shape, checksum: Checksum, range: impl Into<Span>) -> Self {
        Candidate {
            kind: CandidateKind::Shape(shape, checksum),
            range: range.into(),
        }
    }

    /// Returns true if only its context decides if it is a secret.
    pub(super) fn is_judged(&self) -> bool {
        matches!(self.kind, CandidateKind::Shape(shape, _) if shape.is_judged())
    }

    /// Returns true if its checksum is valid, or all its bytes are known.
    pub(super) fn is_proved(&self) -> bool {
        matches!(self.kind, CandidateKind::Shape(_, Checksum::Valid)) || self.is_known()
    }

    /// Returns true if it is a secret that is known already.
    #[must_use]
    pub fn is_known(&self) -> bool {
        matches!(self.kind, CandidateKind::Known(_))
    }
}
