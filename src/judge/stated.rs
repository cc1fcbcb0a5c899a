//! Forms that are not judged by what stands around them: those with a prefix, and what a user's rule matches.

use crate::checksum;
use crate::finding::{Checksum, Confidence, Evidence};
use crate::rule::Shape;

/// The confidence of a form with a prefix: its checksum, or its structure where it has none.
#[must_use]
pub fn prefixed(shape: Shape, checksum: Checksum) -> Confidence {
    match checksum {
        _ if shape == Shape::TestToken => Confidence::Low,
        Checksum::Valid => Confidence::Certain,
        Checksum::None => Confidence::High,
        Checksum::Invalid => Confidence::Low,
    }
}

/// What speaks for and against a form with a prefix. `token` is whole.
#[must_use]
pub fn prefixed_evidence(shape: Shape, checksum: Checksum, token: &[u8]) -> Vec<Evidence> {
    let formula = match shape {
        Shape::FineGrained => "the first 8 characters of base32(SHA-256(first 77 characters))",
        Shape::GhsStateless => "a JWT, whose signature only GitHub can check",
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

/// What speaks for a match of a user rule: the rule says how sure it is, or its checksum does.
#[must_use]
pub fn stated_by_rule(stated: Confidence, checksum: Checksum) -> Evidence {
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
