//! A baseline gives mistakes with their places, or entries that are the same when they are written and read again.

use tokensweep::Secret;
use tokensweep::internals::accept::Baseline;

use super::{check_diagnostics, text_of};

/// Parts of baselines.
const FRAGMENTS: &[&str] = &[
    "version = 1\n",
    "salt = '00112233445566778899aabbccddeeff'\n",
    "policy = 'same-file'\n",
    "policy = 'anywhere'\n",
    "[secrets]\n",
    "00112233445566778899aabbccddeeff",
    "0123456789abcdef0123456789abcdef",
    " = { ",
    " }\n",
    "[secrets.00112233445566778899aabbccddeeff]\n",
    "rule = 'x'",
    "rule = \"",
    "seen = 'a/b.env'",
    "seen = \"",
    "seen = ['b', 'a/../b', 'c']",
    "seen = []",
    "mask = 'ghp_abcd\u{2026}wxyz'",
    "status = 'test'",
    "status = 'revoked'",
    "reason = \"",
    "owner = '",
    "added = 2026-01-31",
    "expires = '2026-12-31'",
    "expires = 2026-02-30",
    "expires = 0000-01-01",
    "expires = 9999-12-31T00:00:00Z",
    ", ",
    "\n",
    "\"",
    "'",
    "\\\\",
    "\\\"",
    "\\u0007",
    "\\u202e",
    "\\n",
    "\u{e9}",
    "'''",
    "\"\"\"",
    "#",
    "<<<<<<< ours\n",
    "1",
    " = ",
];

/// Parses a baseline, writes it and parses what was written.
pub(crate) fn check(input: &[u8]) {
    let text = text_of(input, FRAGMENTS);
    let read = match Baseline::parse("b", &text) {
        Ok(read) => read,
        Err(mistakes) => return check_diagnostics(&text, &mistakes),
    };
    let written = read.to_toml();
    let again = Baseline::parse("b", written.as_bytes());
    let again = again.unwrap_or_else(|e| panic!("{e}\n{written}"));
    assert_eq!(again.to_toml(), written);
    assert!(read.entries().eq(again.entries()), "{written}");
    let secret = Secret::new(b"a secret");
    assert_eq!(read.derive_key(&secret), again.derive_key(&secret));
}
