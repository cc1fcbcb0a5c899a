//! Input for `git filter-repo`, which rewrites history: the file that lists what to replace.

use std::collections::BTreeMap;

use super::ReplacementStyle;
use crate::finding::Finding;

/// Returns the file for `git filter-repo --replace-text`: a line for each secret that occurs there unencoded.
/// The file contains the secrets.
#[must_use]
pub(crate) fn replace_text_file(findings: &[&Finding], mask: &ReplacementStyle) -> Vec<u8> {
    let mut lines: BTreeMap<&[u8], String> = BTreeMap::new();
    for finding in findings.iter().filter(|f| f.decoded_from.is_empty()) {
        let secret = finding.secret.expose_the_secret();
        // Such a secret does not fit on one line of the file, or would be read as two fields.
        let odd = secret.contains(&b'\n') || memchr::memmem::find(secret, b"==>").is_some();
        if !odd {
            lines
                .entry(secret)
                .or_insert_with(|| mask.text(finding, None));
        }
    }
    let mut out = Vec::new();
    for (secret, replacement) in lines {
        out.extend(b"literal:");
        out.extend(secret);
        out.extend(b"==>");
        out.extend(replacement.bytes());
        out.push(b'\n');
    }
    out
}
