//! Bodies of requests that revoke found tokens at GitHub. They contain the secrets, so that this is no report format of
//! the library: only `--format` and `--output` on the command line ask for it, and no setting can.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write as _};
use std::path::Path;

use serde_json::json;

use crate::finding::{Checksum, Finding, Outcome};
use crate::message::{count_noun, portable_path};

/// Maximum number of tokens that GitHub takes in one request.
const BATCH: usize = 1000;

/// Address that the requests go to, without a login.
const ADDRESS: &str = "https://api.github.com/credentials/revoke";

/// Beginnings of the tokens that GitHub takes there.
const TAKEN: [&[u8]; 5] = [b"ghp_", b"github_pat_", b"gho_", b"ghu_", b"ghr_"];

/// Requests that revoke the leaks of a scan, and the kinds that no request revokes.
pub(super) struct RevokeRequests<'o> {
    /// Bodies, one a line.
    pub(super) bodies: String,
    /// Number of tokens in them.
    count: usize,
    /// Other secrets: fingerprints by kind, and the advice for the kind.
    others: BTreeMap<&'o str, (BTreeSet<&'o str>, &'o str)>,
}

impl<'o> RevokeRequests<'o> {
    pub(super) fn of(outcome: &'o Outcome) -> Self {
        let mut tokens = BTreeSet::new();
        let mut others: BTreeMap<_, (BTreeSet<_>, _)> = BTreeMap::new();
        let open = || outcome.findings.iter().filter(|f| f.is_open());
        let text_of =
            |f: &Finding| String::from_utf8_lossy(f.secret.expose_the_secret()).into_owned();
        tokens.extend(open().filter(|f| is_taken(f)).map(text_of));
        // Another place of a token may be known by its value alone.
        for finding in open().filter(|f| !tokens.contains(&text_of(f))) {
            let (secrets, _) = others
                .entry(&*finding.title)
                .or_insert((BTreeSet::new(), &*finding.remediation));
            secrets.insert(&*finding.fingerprint);
        }
        let tokens: Vec<String> = tokens.into_iter().collect();
        let bodies = tokens
            .chunks(BATCH)
            .map(|batch| json!({"credentials": batch}));
        RevokeRequests {
            bodies: bodies.map(|body| format!("{body}\n")).collect(),
            count: tokens.len(),
            others,
        }
    }

    /// Says on standard error where the secrets are, how to send them, and what to do about those that are not sent.
    /// `file` contains the bodies; without it, they are printed.
    pub(super) fn explain_use(&self, file: Option<&Path>) {
        let place = file.map_or_else(|| "standard output".to_owned(), portable_path);
        let mut said = Vec::new();
        let tokens = count_noun(self.count as u64, "token");
        if self.count == 0 {
            let _ = writeln!(
                said,
                "no token was found that GitHub's revocation API takes"
            );
        } else {
            let _ = writeln!(said, "warning: {place} holds {tokens} in full");
            let _ = writeln!(
                said,
                "what is revoked stays so, and GitHub tells the owners; this sends it, without a login:\n"
            );
            let input = file.map_or_else(String::new, |path| {
                let path = path.display().to_string().replace('\'', r"'\''");
                format!(" < '{path}'")
            });
            let _ = writeln!(
                said,
                "  while IFS= read -r body; do printf %s \"$body\" | curl -sS -w '%{{http_code}}\\n' --data @- \\\n    \
                 -H 'Accept: application/vnd.github+json' {ADDRESS}; done{input}\n"
            );
        }
        for (title, (secrets, advice)) in &self.others {
            let count = secrets.len();
            let _ = writeln!(said, "not in it: {count} of {title}. {advice}");
        }
        for line in String::from_utf8_lossy(&said).lines() {
            let lead = if line.is_empty() || line.starts_with(' ') {
                ""
            } else {
                "tokensweep: "
            };
            // A failure to write to standard error cannot be reported anywhere.
            let _ = writeln!(io::stderr(), "{lead}{line}");
        }
    }
}

/// Returns true if GitHub's revocation API takes this token, and its checksum proves that it is one.
fn is_taken(finding: &Finding) -> bool {
    let token = finding.secret.expose_the_secret();
    finding.checksum == Checksum::Valid && TAKEN.iter().any(|prefix| token.starts_with(prefix))
}
