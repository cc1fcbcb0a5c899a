//! Claims of stateless installation tokens: `ghs_<app id>_<header>.<claims>.<signature>`. Only GitHub can check the
//! signature, but no other text has this structure by chance.

use serde_json::Value;

/// Header of every token observed so far, `{"alg":"ES256","typ":"JWT"}`.
pub(crate) const HEADER: &[u8; 36] = b"eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9";

/// Length of the base64 of a signature (64 bytes), in characters.
pub(crate) const SIGNATURE_LEN: usize = 86;

/// Maximum number of digits of an app id.
pub(crate) const MOST_DIGITS: usize = 20;

/// Claims of a stateless token whose structure is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StatelessClaims {
    /// Id of the app that owns the token.
    pub app: u64,
    /// Time of issue, in seconds since 1970.
    pub issued: u64,
    /// Time of expiry, in seconds since 1970.
    pub expires: u64,
}

/// Reads the claims of `token`, which must be a whole token. Returns `None` unless header, app id, issuer, times and
/// signature are as GitHub writes them.
#[must_use]
pub(crate) fn read_claims(token: &[u8]) -> Option<StatelessClaims> {
    let (app, jwt) = split_app(token.strip_prefix(b"ghs_")?)?;
    let rest = jwt.strip_prefix(HEADER)?.strip_prefix(b".")?;
    let stop = memchr::memchr(b'.', rest)?;
    let signature = data_encoding::BASE64URL_NOPAD
        .decode(&rest[stop + 1..])
        .ok()?;
    if signature.len() != 64 {
        return None;
    }
    let claims = data_encoding::BASE64URL_NOPAD.decode(&rest[..stop]).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    let moment = |name| claims.get(name).and_then(Value::as_u64);
    let found = StatelessClaims {
        app,
        issued: moment("iat")?,
        expires: moment("exp")?,
    };
    let is_consistent = claims.get("iss").and_then(Value::as_str) == Some("github")
        && found.expires > found.issued
        && names_app(&claims, app);
    is_consistent.then_some(found)
}

/// Splits `<app id>_` off the beginning of `text`.
fn split_app(text: &[u8]) -> Option<(u64, &[u8])> {
    let len = memchr::memchr(b'_', &text[..text.len().min(MOST_DIGITS + 1)])?;
    let digits = std::str::from_utf8(&text[..len]).ok()?;
    let is_number = !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
    let app = digits.parse().ok().filter(|_| is_number)?;
    Some((app, &text[len + 1..]))
}

/// Returns true if every claim that names an app names this one.
fn names_app(claims: &Value, app: u64) -> bool {
    let id = claims.get("aid").is_none_or(|id| {
        id.as_u64() == Some(app) || id.as_str().is_some_and(|id| id == app.to_string())
    });
    let subject = claims.get("sub").is_none_or(|subject| {
        let name = subject
            .as_str()
            .and_then(|s| s.strip_prefix("integration/"));
        name.is_some_and(|name| name == app.to_string())
    });
    id && subject
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{Mint, StatelessForm};

    #[test]
    fn what_github_issues_is_read_and_its_length_is_the_known_one() {
        let mut mint = Mint::new(21);
        for form in [StatelessForm::Subject, StatelessForm::Context] {
            let token = mint.stateless(form, 15368, 1_790_000_000);
            let claims = StatelessClaims {
                app: 15368,
                issued: 1_790_000_000,
                expires: 1_790_003_600,
            };
            assert_eq!(read_claims(&token), Some(claims));
        }
        assert_eq!(
            mint.stateless(StatelessForm::Context, 15368, 1_790_000_000)
                .len(),
            377
        );
    }

    #[test]
    fn a_change_that_breaks_the_structure_is_seen_wherever_it_is() {
        let mut mint = Mint::new(22);
        for form in [StatelessForm::Subject, StatelessForm::Context] {
            let token = mint.stateless(form, 2_345_678, 1_790_000_000);
            let jwt = token.iter().skip(4).position(|b| *b == b'_').unwrap() + 5;
            let claims = jwt + HEADER.len() + 1;
            for at in (0..4).chain(jwt..claims) {
                let mut other = token.clone();
                other[at] = if other[at] == b'.' { b'x' } else { b'.' };
                assert_eq!(read_claims(&other), None, "{at}");
            }
            for len in 0..token.len() {
                assert_eq!(read_claims(&token[..len]), None, "{len}");
            }
            assert_eq!(read_claims(&[&token[..], b"A"].concat()), None);
            // The unused bits of the last character can have four values.
            let last = |byte| [&token[..token.len() - 1], &[byte]].concat();
            let possible = (b'0'..=b'z').filter(|b| read_claims(&last(*b)).is_some());
            assert_eq!(possible.collect::<Vec<_>>(), b"AQgw");
        }
        // The app id before the JWT must be equal to the one in the claims.
        let token = mint.stateless(StatelessForm::Subject, 2_345_678, 1_790_000_000);
        let other = String::from_utf8(token)
            .unwrap()
            .replacen("2345678", "2345679", 1);
        assert_eq!(read_claims(other.as_bytes()), None);
    }

    #[test]
    fn other_claims_and_other_keys_are_not_read() {
        let mut mint = Mint::new(23);
        for claims in [
            r#"{"iss":"gitlab","iat":1790000000,"exp":1790003600}"#,
            r#"{"iss":"github","iat":1790000000,"exp":1790000000}"#,
            r#"{"iss":"github","iat":"1790000000","exp":"1790003600"}"#,
            r#"{"iss":"github","exp":1790003600}"#,
            r#"{"iss":"github","iat":1790000000,"exp":1790003600,"aid":8}"#,
            r#"{"iss":"github","iat":1790000000,"exp":1790003600,"sub":"integration/8"}"#,
            r#"{"iss":"github","iat":1790000000,"exp":1790003600,"sub":7}"#,
            "[]",
            "nothing",
        ] {
            assert_eq!(
                read_claims(&mint.stateless_with(7, claims)),
                None,
                "{claims}"
            );
        }
        let least = r#"{"iss":"github","iat":1790000000,"exp":1790003600}"#;
        assert!(read_claims(&mint.stateless_with(7, least)).is_some());
        assert_eq!(read_claims(&mint.opaque_stateless()), None);
    }

    #[test]
    fn no_text_makes_it_panic() {
        let mut mint = Mint::new(24);
        for _ in 0..5000 {
            let mut token = mint.new_token(crate::token::Shape::GhsStateless);
            for _ in 0..1 + mint.random_below(3) {
                let at = mint.random_below(token.len());
                token[at] = mint.random_bytes(1)[0];
            }
            token.truncate(mint.random_below(token.len() + 1));
            let _ = read_claims(&token);
        }
    }
}
