//! The two checksums that GitHub puts into its tokens, and what else can be read from a token offline.

use sha2::{Digest, Sha256};

/// The alphabet of GitHub's base62: digits, then upper case, then lower case.
pub const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// How many characters the CRC-32 takes in base62, padded with `0`.
pub const CRC_LEN: usize = 6;

/// The CRC-32 (ISO-HDLC, as in zlib) of `body` in base62, most significant digit first.
#[must_use]
pub fn crc32_base62(body: &[u8]) -> [u8; CRC_LEN] {
    let mut value = crc32fast::hash(body);
    let mut out = [b'0'; CRC_LEN];
    for digit in out.iter_mut().rev() {
        *digit = BASE62[(value % 62) as usize];
        value /= 62;
    }
    out
}

/// Whether the last six characters of `random_and_checksum` are the CRC-32 of those before them.
///
/// This is the check of `ghp_ gho_ ghu_ ghs_ ghr_` and `npm_` tokens; the prefix is not part of it.
#[must_use]
pub fn crc32_holds(random_and_checksum: &[u8]) -> bool {
    let Some(split) = random_and_checksum.len().checked_sub(CRC_LEN) else {
        return false;
    };
    let (body, sum) = random_and_checksum.split_at(split);
    // The largest u32 is 4gfFC3 in base62, so any other first digit is settled without a CRC.
    (b'0'..=b'4').contains(&sum[0]) && crc32_base62(body) == sum
}

/// Where the parts of a fine-grained token end: `github_pat_`, 22, `_`, 43, 8 (checksum), 8.
const FINE_GRAINED_LEN: usize = 93;
const FINE_GRAINED_SUM: std::ops::Range<usize> = 77..85;

/// The checksum of a fine-grained token's first 77 bytes: the first eight characters of the base32 of their SHA-256.
#[must_use]
pub fn sha256_base32(head: &[u8]) -> [u8; 8] {
    let digest = Sha256::digest(head);
    let mut out = [0; 8];
    data_encoding::BASE32.encode_mut(&digest[..5], &mut out);
    out
}

/// Whether the checksum inside a whole `github_pat_` token (93 bytes) holds.
///
/// It covers all that stands before it; the last eight characters are covered by nothing.
#[must_use]
pub fn fine_grained_holds(token: &[u8]) -> bool {
    token.len() == FINE_GRAINED_LEN
        && sha256_base32(&token[..FINE_GRAINED_SUM.start]) == token[FINE_GRAINED_SUM]
}

/// The numeric id of the user or organisation that owns a `github_pat_11…` token, as written into its head.
#[must_use]
pub fn fine_grained_owner(token: &[u8]) -> Option<u32> {
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
    use crate::mint::Mint;
    use crate::rule::Shape;

    /// Dummies of public test suites, their prefix apart so that this file holds no whole token.
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
        let token = mint.fine_grained(22_447_846);
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
        assert_eq!(fine_grained_owner(&mint.token(Shape::Ghp)), None);
    }
}
