//! The two checksums that GitHub puts into its tokens, and the other facts that a token contains offline.

use sha2::{Digest, Sha256};

/// Alphabet of GitHub's base62: digits, then upper case, then lower case.
pub(crate) const BASE62: &[u8; 62] =
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Length of a CRC-32 in base62, padded with `0`, in characters.
pub(crate) const CRC_LEN: usize = 6;

/// Returns the CRC-32 (ISO-HDLC, as in zlib) of `body` in base62, most significant digit first.
#[must_use]
pub(crate) fn crc32_base62(body: &[u8]) -> [u8; CRC_LEN] {
    let mut value = crc32fast::hash(body);
    let mut out = [b'0'; CRC_LEN];
    for digit in out.iter_mut().rev() {
        *digit = BASE62[(value % 62) as usize];
        value /= 62;
    }
    out
}

/// Returns true if the last six characters of `random_and_checksum` are the CRC-32 of the others.
///
/// Tokens with `ghp_ gho_ ghu_ ghs_ ghr_` and `npm_` have this checksum; it does not cover the prefix.
#[must_use]
pub(crate) fn crc32_holds(random_and_checksum: &[u8]) -> bool {
    let Some(split) = random_and_checksum.len().checked_sub(CRC_LEN) else {
        return false;
    };
    let (body, sum) = random_and_checksum.split_at(split);
    // The largest u32 is 4gfFC3 in base62, so most other values are settled without a CRC.
    decode_base62(sum).is_some_and(|sum| crc32fast::hash(body) == sum)
}

/// Returns the number that base62 digits represent, or `None` if it exceeds 32 bits.
fn decode_base62(digits: &[u8]) -> Option<u32> {
    let mut value = 0;
    let mut outside = 0;
    for digit in digits.iter().map(|b| DIGITS[usize::from(*b)]) {
        outside |= digit & NO_DIGIT;
        value = value * 62 + u64::from(digit);
    }
    u32::try_from(value).ok().filter(|_| outside == 0)
}

/// Value in [`DIGITS`] of a byte that is no base62 digit. No digit has this bit.
const NO_DIGIT: u8 = 64;

/// Values of the base62 digits.
static DIGITS: [u8; 256] = {
    let mut table = [NO_DIGIT; 256];
    let mut value = 0u8;
    while value < 62 {
        table[BASE62[value as usize] as usize] = value;
        value += 1;
    }
    table
};

/// Length of a fine-grained token in bytes: `github_pat_`, 22, `_`, 43, 8 (checksum), 8.
const FINE_GRAINED_LEN: usize = 93;
const FINE_GRAINED_SUM: std::ops::Range<usize> = 77..85;

/// Returns the checksum of a fine-grained token's first 77 bytes: the first eight base32 characters of their SHA-256.
#[must_use]
pub(crate) fn sha256_base32(head: &[u8]) -> [u8; 8] {
    let digest = Sha256::digest(head);
    let mut out = [0; 8];
    data_encoding::BASE32.encode_mut(&digest[..5], &mut out);
    out
}

/// Returns true if the checksum in a whole `github_pat_` token (93 bytes) is valid.
///
/// It covers all bytes before it. The last eight characters are covered by no checksum.
#[must_use]
pub(crate) fn fine_grained_holds(token: &[u8]) -> bool {
    token.len() == FINE_GRAINED_LEN
        && token[FINE_GRAINED_SUM].iter().all(is_base32)
        && sha256_base32(&token[..FINE_GRAINED_SUM.start]) == token[FINE_GRAINED_SUM]
}

fn is_base32(byte: &u8) -> bool {
    matches!(byte, b'A'..=b'Z' | b'2'..=b'7')
}

/// Returns the numeric id of the user or organisation that owns a `github_pat_11…` token, from the head of the token.
#[must_use]
pub(crate) fn fine_grained_owner(token: &[u8]) -> Option<u32> {
    let head = token.strip_prefix(b"github_pat_11")?.get(..8)?;
    // Base32 of four bytes is seven characters and one `=`, which GitHub writes as `0`.
    let (id, pad) = head.split_at(7);
    if pad != b"0" {
        return None;
    }
    let mut padded = [b'='; 8];
    padded[..7].copy_from_slice(id);
    let bytes = data_encoding::BASE32.decode(&padded).ok()?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{Mint, Shape};

    /// Dummies of public test suites, split behind the prefix so that this file contains no whole token.
    const PUBLISHED: [&str; 6] = [
        "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx",
        "ZJDeVREhkptGF7Wvep0NwJWlPEQP7a0t2nxL",
        "HqVdKoLwkXN58VKftd2vJr0rxEx6tt26hion",
        "aGgfQsQ52sImE9zwWxKcjt2nhESfYG1U2FhX",
        "DCASJRv332FYglZzXPw7n0onKEqqt50ugSfn",
        "qkJaB6MffYVzZXWqmcoF49yrUxP3wf0LsakP",
    ];

    #[test]
    fn the_crc_is_that_of_zlib_and_its_largest_value_still_fits() {
        assert_eq!(crc32fast::hash(b"123456789"), 0xCBF4_3926);
        let max = u64::from(u32::MAX);
        let digits = [62u64.pow(5), 62u64.pow(4)].map(|p| BASE62[(max / p % 62) as usize]);
        assert_eq!(&digits, b"4g");
    }

    /// Computes the CRC one bit at a time.
    fn plain_crc32(text: &[u8]) -> u32 {
        let bits = text
            .iter()
            .flat_map(|b| (0..8).map(move |n| u32::from(b >> n & 1)));
        !bits.fold(!0, |crc: u32, bit| {
            (crc >> 1) ^ (((crc ^ bit) & 1) * 0xEDB8_8320)
        })
    }

    #[test]
    fn the_crc_of_every_length_is_that_of_its_bits() {
        let mut mint = Mint::new(11);
        for len in (0..70).chain([255, 1000]) {
            let text = mint.random_bytes(len);
            assert_eq!(crc32fast::hash(&text), plain_crc32(&text), "{len} bytes");
        }
    }

    #[test]
    fn a_sum_holds_if_it_is_what_would_be_written() {
        let mut mint = Mint::new(12);
        for _ in 0..2000 {
            let body = mint.random_base62(30);
            let sum = crc32_base62(&body);
            assert_eq!(decode_base62(&sum), Some(crc32fast::hash(&body)));
            assert!(crc32_holds(&[&body[..], &sum].concat()));
            let random = mint.random_base62(6);
            let other = [&random[..], b"4gfFC4", b"00000-", &sum][mint.random_below(4)];
            let text = [&mint.random_base62(30), other].concat();
            let written = crc32_base62(&text[..30]) == text[30..];
            assert_eq!(crc32_holds(&text), written);
        }
        assert_eq!(decode_base62(b"4gfFC3"), Some(u32::MAX));
        assert_eq!(decode_base62(b"4gfFC4"), None);
    }

    #[test]
    fn published_dummies_hold_and_their_neighbours_do_not() {
        for body in PUBLISHED {
            assert!(crc32_holds(body.as_bytes()), "{body}");
            for at in 0..body.len() {
                let mut other = body.as_bytes().to_vec();
                other[at] = if other[at] == b'x' { b'y' } else { b'x' };
                assert!(!crc32_holds(&other), "{body} changed at {at}");
            }
        }
    }

    #[test]
    fn too_short_is_never_valid() {
        assert!(!crc32_holds(b""));
        assert!(!crc32_holds(b"00000"));
        assert!(!fine_grained_holds(b"github_pat_"));
    }

    #[test]
    fn a_fine_grained_token_names_its_owner_and_covers_all_but_its_tail() {
        let mut mint = Mint::new(7);
        let token = mint.new_fine_grained(22_447_846);
        assert_eq!(fine_grained_owner(&token), Some(22_447_846));
        assert!(fine_grained_holds(&token));
        for at in 0..token.len() {
            let mut other = token.clone();
            other[at] = if other[at] == b'x' { b'y' } else { b'x' };
            assert_eq!(
                fine_grained_holds(&other),
                at >= FINE_GRAINED_SUM.end,
                "changed at {at}"
            );
        }
        assert_eq!(fine_grained_owner(&mint.new_token(Shape::Ghp)), None);
    }
}
