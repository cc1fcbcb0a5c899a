//! Confidence of forms that are not judged by their surroundings: tokens with a prefix, and matches of user rules.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::date::{self, Date};
use crate::finding::{Checksum, Confidence, Evidence};
use crate::token::stateless::{self, StatelessClaims};
use crate::token::{Shape, checksum};

/// Returns the confidence of a token with a prefix, by its checksum or, without a checksum, by its structure.
#[must_use]
pub(crate) fn prefixed(shape: Shape, checksum: Checksum) -> Confidence {
    match checksum {
        _ if shape == Shape::TestToken => Confidence::Low,
        Checksum::Valid => Confidence::Certain,
        Checksum::None => Confidence::High,
        Checksum::Invalid => Confidence::Low,
    }
}

/// Returns the evidence for and against a token with a prefix. `token` is the complete token.
#[must_use]
pub(crate) fn prefixed_evidence(shape: Shape, checksum: Checksum, token: &[u8]) -> Vec<Evidence> {
    if shape == Shape::GhsStateless
        && let Some(claims) = stateless::read_claims(token)
    {
        return vec![structure_evidence(claims, SystemTime::now())];
    }
    let formula = match shape {
        Shape::FineGrained => "the first 8 characters of base32(SHA-256(first 77 characters))",
        Shape::GhsStateless => {
            "a JWT with other claims than GitHub's, whose signature only GitHub can check"
        }
        _ => "CRC-32 in base62",
    };
    let mut out = vec![match (shape, checksum) {
        (Shape::TestToken, _) => Evidence::new(
            "test-token",
            -10.0,
            "GitHub's own token for testing scanners, never a credential",
        ),
        (_, Checksum::Valid) => {
            Evidence::new("checksum", 20.0, format!("the checksum holds: {formula}"))
        }
        (_, Checksum::None) => Evidence::new("form", 4.0, format!("the form is whole: {formula}")),
        (_, Checksum::Invalid) => Evidence::new(
            "checksum",
            -6.0,
            format!(
                "the checksum does not hold ({formula}): a dummy, or a token with a typing error"
            ),
        ),
    }];
    if shape == Shape::FineGrained
        && checksum == Checksum::Valid
        && let Some(owner) = checksum::fine_grained_owner(token)
    {
        let detail =
            format!("it belongs to account {owner}, see https://api.github.com/user/{owner}");
        out.push(Evidence::new("owner", 0.0, detail));
    }
    out
}

/// Returns the evidence of a stateless token with a valid structure.
fn structure_evidence(claims: StatelessClaims, now: SystemTime) -> Evidence {
    let expires = UNIX_EPOCH.checked_add(Duration::from_secs(claims.expires));
    let validity = match expires {
        Some(moment) if moment > now => format!("valid until {}Z", date::format_timestamp(moment)),
        Some(moment) => format!("expired on {}", Date::of(moment)),
        None => "no date of expiry that a calendar has".to_owned(),
    };
    let detail = format!(
        "the structure agrees (GitHub's header and claims, a signature of 64 bytes): issued to app {}, {validity}",
        claims.app
    );
    Evidence::new("structure", 20.0, detail)
}

/// Returns the evidence for a match of a user rule: the confidence stated in the rule, or the checksum.
#[must_use]
pub(crate) fn rule_evidence(stated: Confidence, checksum: Checksum) -> Evidence {
    match checksum {
        Checksum::Valid => {
            Evidence::new("checksum", 20.0, "the checksum that the rule names holds")
        }
        Checksum::Invalid => Evidence::new(
            "checksum",
            -6.0,
            "the checksum that the rule names does not hold",
        ),
        Checksum::None => {
            let weight = match stated {
                Confidence::Low => -1.0,
                Confidence::Medium => 1.0,
                Confidence::High | Confidence::Certain => 4.0,
            };
            let detail = format!("it matches the rule's expression ({})", stated.name());
            Evidence::new("expression", weight, detail)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stateless_token_says_until_when_it_is_valid() {
        let claims = StatelessClaims {
            app: 15368,
            issued: 1_790_000_000,
            expires: 1_790_003_600,
        };
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let said = |seconds| structure_evidence(claims, at(seconds)).detail;
        assert!(said(1_790_003_599).ends_with("app 15368, valid until 2026-09-21T15:13:20Z"));
        assert!(said(1_790_003_600).ends_with("app 15368, expired on 2026-09-21"));
        let never = StatelessClaims {
            expires: u64::MAX,
            ..claims
        };
        assert!(
            structure_evidence(never, at(0))
                .detail
                .contains("app 15368, ")
        );
    }
}
