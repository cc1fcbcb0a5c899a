//! Legacy 40-hex values: what the words around them say.

use super::{Context, Verdict};

/// Judges one value by its surroundings.
pub(super) fn judge(_context: &Context<'_>) -> Verdict {
    Verdict {
        rule_id: "github-legacy-token",
        confidence: None,
        log_odds: -9.2,
        evidence: Vec::new(),
    }
}
