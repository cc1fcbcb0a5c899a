//! Bytes of a secret: one conspicuous method returns them, everything else shows the mask.

use std::fmt;

use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

/// Secret of a finding. `Debug`, `Display` and `Serialize` return the masked form.
///
/// ```
#[doc = include_str!("example.txt")]
/// assert_eq!(finding.secret.to_string(), "ghp_0123…pbCX");
/// assert_eq!(finding.secret.expose_the_secret(), &text.as_bytes()[13..53]);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Box<[u8]>);

impl Secret {
    /// Wraps the bytes of a secret.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        Secret(bytes.into())
    }

    /// Returns the secret itself. Only redaction, fingerprints and `--show-secrets` have a reason to call this.
    #[must_use]
    pub fn expose_the_secret(&self) -> &[u8] {
        &self.0
    }

    /// Returns the number of bytes in the secret.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns true if the secret has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the mask: the prefix or first characters and the last four. Too little to use the secret.
    #[must_use]
    pub fn masked(&self) -> String {
        mask(&self.0)
    }

    /// Returns a stable name for this secret under this rule: the first 16 bytes of
    /// `SHA-256("tokensweep-fingerprint-v1" 0x00 rule_id 0x00 secret)`, in hex.
    #[must_use]
    pub fn fingerprint(&self, rule_id: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(b"tokensweep-fingerprint-v1\0");
        hash.update(rule_id.as_bytes());
        hash.update(b"\0");
        hash.update(&self.0);
        data_encoding::HEXLOWER.encode(&hash.finalize()[..16])
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.masked())
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.masked())
    }
}

/// Number of a secret's own characters that a mask shows at either end.
const SHOWN: usize = 4;

/// Number of consecutive characters, with the public prefix, that no mask shows.
const TOO_MANY: usize = 12;

fn mask(secret: &[u8]) -> String {
    // A prefix up to its underscore names the kind of token and is not secret.
    let prefix = secret
        .iter()
        .take(11)
        .rposition(|&b| b == b'_')
        .map_or(0, |at| at + 1);
    if secret.len() < prefix + 5 * SHOWN {
        return format!("{}…", String::from_utf8_lossy(&secret[..prefix]));
    }
    let head = if prefix + SHOWN < TOO_MANY {
        prefix + SHOWN
    } else {
        prefix
    };
    let head = String::from_utf8_lossy(&secret[..head]);
    let tail = String::from_utf8_lossy(&secret[secret.len() - SHOWN..]);
    format!("{head}…{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_way_of_printing_shows_more_than_the_mask() {
        let secret = Secret::new(b"ghp_abcdefghijklmnopqrstuvwxyz0123456789");
        assert_eq!(secret.masked(), "ghp_abcd…6789");
        assert_eq!(secret.to_string(), "ghp_abcd…6789");
        assert_eq!(format!("{secret:?}"), "Secret(ghp_abcd…6789)");
        assert_eq!(serde_json::to_string(&secret).unwrap(), "\"ghp_abcd…6789\"");
    }

    #[test]
    fn short_secrets_show_nothing_of_themselves() {
        assert_eq!(Secret::new(b"hunter2").masked(), "…");
        assert_eq!(Secret::new(b"tok_hunter2").masked(), "tok_…");
        assert_eq!(Secret::new(b"").masked(), "…");
        assert_eq!(
            Secret::new(b"github_pat_hunter2hunter2hunter2").masked(),
            "github_pat_…ter2"
        );
    }

    #[test]
    fn a_fingerprint_names_the_secret_and_its_rule_and_nothing_else() {
        let secret = Secret::new(b"abc");
        assert_eq!(
            secret.fingerprint("r"),
            Secret::new(b"abc").fingerprint("r")
        );
        assert_ne!(secret.fingerprint("r"), secret.fingerprint("s"));
        assert_ne!(
            secret.fingerprint("r"),
            Secret::new(b"abd").fingerprint("r")
        );
        assert_eq!(secret.fingerprint("r").len(), 32);
    }
}
