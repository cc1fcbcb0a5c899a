//! Decisions on candidates.

use std::sync::Arc;

use crate::finding::{Checksum, Confidence, Evidence};
use crate::judge;
use crate::rule::{Rule, RulePattern};

/// Decision on a candidate.
pub(super) struct Decision {
    pub(super) rule: Arc<Rule>,
    pub(super) confidence: Confidence,
    pub(super) checksum: Checksum,
    pub(super) evidence: Vec<Evidence>,
}

/// Decides on a match of a user rule: with the confidence of the rule, unless the rule has a checksum.
pub(super) fn decide_custom(rule: &Arc<Rule>, secret: &[u8]) -> Decision {
    let stated = match rule.pattern {
        RulePattern::Regex { confidence, .. } => confidence,
        _ => Confidence::Medium,
    };
    let checksum = rule
        .checksum
        .map_or(Checksum::None, |kind| kind.check(secret));
    Decision {
        rule: Arc::clone(rule),
        confidence: match checksum {
            Checksum::Valid => Confidence::Certain,
            Checksum::Invalid => Confidence::Low,
            Checksum::None => stated,
        },
        checksum,
        evidence: vec![judge::rule_evidence(stated, checksum)],
    }
}
