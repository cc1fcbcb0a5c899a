//! Scores, in natural log-odds, and the confidence that each gives.

use crate::finding::{Confidence, Evidence};

/// Minimum score of low confidence: a chance of about one in ten.
pub(crate) const LOW: f64 = -2.2;
/// Score above which a credential is more likely than not, for medium confidence.
pub(crate) const MEDIUM: f64 = 0.0;
/// Minimum score of high confidence, a chance of 19 in 20: the logarithm of 19.
pub(crate) const HIGH: f64 = 2.944;

/// Returns the score of this evidence, the sum of its weights.
#[must_use]
pub(crate) fn log_odds(evidence: &[Evidence]) -> f64 {
    evidence.iter().map(|e| e.weight).sum()
}

/// Returns the minimum score of a confidence.
#[must_use]
pub(crate) fn min_log_odds(confidence: Confidence) -> f64 {
    match confidence {
        Confidence::Low => LOW,
        Confidence::Medium => MEDIUM,
        Confidence::High | Confidence::Certain => HIGH,
    }
}

/// Returns the confidence of a score; `None` below `low`.
pub(super) fn confidence_for(log_odds: f64) -> Option<Confidence> {
    match log_odds {
        x if x >= HIGH => Some(Confidence::High),
        x if x > MEDIUM => Some(Confidence::Medium),
        x if x >= LOW => Some(Confidence::Low),
        _ => None,
    }
}

/// Returns the probability of log-odds.
#[must_use]
pub(crate) fn probability_of(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}
