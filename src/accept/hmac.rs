//! HMAC (RFC 2104) with SHA-256, which a baseline uses to name its secrets.

use sha2::{Digest, Sha256};

/// Returns the HMAC (RFC 2104) with SHA-256 of `message`.
pub(super) fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    const BLOCK: usize = 64;
    let mut padded = [0; BLOCK];
    if key.len() > BLOCK {
        padded[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        padded[..key.len()].copy_from_slice(key);
    }
    let keyed = |pad: u8| padded.map(|b| b ^ pad);
    let inner = Sha256::new()
        .chain_update(keyed(0x36))
        .chain_update(message)
        .finalize();
    Sha256::new()
        .chain_update(keyed(0x5c))
        .chain_update(inner)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keyed_hash_is_hmac_sha256() {
        // RFC 4231, test cases 2 and 6.
        let hex = |mac: [u8; 32]| data_encoding::HEXLOWER.encode(&mac);
        assert_eq!(
            hex(hmac_sha256(b"Jefe", b"what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            hex(hmac_sha256(
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First"
            )),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }
}
