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
pub struct Secret(SecretForm);

/// Form in which a secret is known.
#[derive(Clone, PartialEq, Eq)]
enum SecretForm {
    /// All bytes.
    Whole(Box<[u8]>),
    /// Only the mask, from a report that does not contain the secret.
    #[cfg_attr(
        not(feature = "cli"),
        allow(dead_code, reason = "only the program reads reports")
    )]
    Masked(Box<str>),
}

impl Secret {
    /// Wraps the bytes of a secret.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        Secret(SecretForm::Whole(bytes.into()))
    }

    /// Returns the secret of which a report shows this mask. What may be more than a mask is dropped.
    #[cfg(feature = "cli")]
    #[must_use]
    pub(crate) fn from_mask(mask: &str) -> Self {
        let mut parts = mask.split(ELLIPSIS);
        let is_mask = mask.contains(ELLIPSIS) && parts.all(|part| part.len() < TOO_MANY);
        Secret(SecretForm::Masked(if is_mask { mask } else { "…" }.into()))
    }

    /// Returns true if the secret itself is known, and not only its mask.
    #[must_use]
    pub fn is_known(&self) -> bool {
        matches!(self.0, SecretForm::Whole(_))
    }

    /// Returns the secret itself, or nothing if only its mask is known. Only redaction, fingerprints and
    /// `--show-secrets` have a reason to call this.
    #[must_use]
    pub fn expose_the_secret(&self) -> &[u8] {
        match &self.0 {
            SecretForm::Whole(bytes) => bytes,
            SecretForm::Masked(_) => &[],
        }
    }

    /// Returns the number of known bytes of the secret.
    #[must_use]
    pub fn len(&self) -> usize {
        self.expose_the_secret().len()
    }

    /// Returns true if no bytes of the secret are known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the mask: the prefix or first characters and the last four. Too little to use the secret.
    #[must_use]
    pub fn masked(&self) -> String {
        match &self.0 {
            SecretForm::Whole(bytes) => mask(bytes),
            SecretForm::Masked(mask) => mask.to_string(),
        }
    }

    /// Returns a stable name for this secret under this rule: the first 16 bytes of
    /// `SHA-256("tokensweep-fingerprint-v1" 0x00 rule_id 0x00 secret)`, in hex.
    #[must_use]
    pub fn fingerprint(&self, rule_id: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(b"tokensweep-fingerprint-v1\0");
        hash.update(rule_id.as_bytes());
        hash.update(b"\0");
        hash.update(self.expose_the_secret());
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

/// Sign for what a mask leaves out.
#[cfg(feature = "cli")]
const ELLIPSIS: char = '…';

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

    #[cfg(feature = "cli")]
    #[test]
    fn a_mask_from_a_report_is_shown_as_it_is_unless_it_shows_too_much() {
        for mask in ["ghp_pNof…Nftc", "github_pat_…ter2", "…"] {
            let secret = Secret::from_mask(mask);
            assert_eq!((secret.masked().as_str(), secret.is_known()), (mask, false));
            assert!(secret.is_empty() && secret.expose_the_secret().is_empty());
        }
        for more in ["hunter2", "", "ghp_pNofabcd…Nftc", "ghp_…Nftcabcdefgh"] {
            assert_eq!(Secret::from_mask(more).masked(), "…");
        }
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
