//! Values of 40 hex digits in any code: each finding is exactly one of them, and the same text gives the same findings.

use std::path::Path;
use std::sync::LazyLock;

use tokensweep::internals::token::Mint;
use tokensweep::{Confidence, Finding, Scanner};

use super::Decisions;

/// Parts of programs, configurations and texts around a value.
const FRAGMENTS: [&str; 48] = [
    "GITHUB_TOKEN",
    "token",
    "sha",
    "commit ",
    "oauth",
    "password",
    "client_secret",
    "é",
    "=",
    ": ",
    " = ",
    " := ",
    "=>",
    "\"",
    "'",
    "`",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ", ",
    ";",
    "\n",
    "\r\n",
    "\t",
    "    ",
    "# ",
    "// ",
    "/* ",
    " */",
    "<",
    ">",
    "</td><td>",
    " | ",
    "https://",
    "@github.com/o/r.git",
    ":x-oauth-basic",
    "git clone ",
    "curl -H ",
    "Authorization: token ",
    "-",
    "_",
    "\\",
    "\0",
    "--token ",
    "${",
];

const PATHS: [&str; 8] = [
    "a.env",
    "a.py",
    "a.js",
    "a.yml",
    "a.md",
    "a.sh",
    "a.xml",
    ".git/config",
];

static SCANNER: LazyLock<Scanner> =
    LazyLock::new(|| Scanner::builder().min_confidence(Confidence::Low).build());

/// Scans a text of fragments and values. Returns the number of findings.
pub(crate) fn check(input: &[u8]) -> usize {
    let mut decisions = Decisions::new(input);
    let mut mint = Mint::new(decisions.below(256) as u64);
    let path = Path::new(PATHS[decisions.below(PATHS.len())]);
    let (mut text, mut values) = (Vec::new(), Vec::new());
    while !decisions.is_empty() {
        match decisions.below(FRAGMENTS.len() + 8).checked_sub(8) {
            Some(fragment) => text.extend(FRAGMENTS[fragment].as_bytes()),
            None => {
                let value = mint.hex(40);
                values.push(text.len() as u64..text.len() as u64 + 40);
                text.extend(value);
            }
        }
    }
    let found = SCANNER.scan_text(&text, path);
    for finding in &found {
        assert!(values.contains(&finding.bytes), "{finding:?}");
        let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        let written = &text[place(finding.bytes.start)..place(finding.bytes.end)];
        assert_eq!(finding.secret.expose_the_secret(), written);
        assert!(finding.evidence.iter().all(|e| e.weight.is_finite()));
    }
    let places = |found: &[Finding]| -> Vec<_> {
        let place = |f: &Finding| (f.bytes.clone(), f.rule_id.clone(), f.confidence);
        found.iter().map(place).collect()
    };
    assert_eq!(places(&found), places(&SCANNER.scan_text(&text, path)));
    found.len()
}
