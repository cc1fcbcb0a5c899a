//! Decision on private keys: the key of a GitHub App, or one of something else.
//!
//! The bytes of a key do not name its owner. GitHub's own name for the file, the name that the key is assigned to, an
//! app id beside it, and the services that the text around it names decide.

use super::score::{LOW, MEDIUM, confidence_for};
use super::vocabulary::{WordList, lists};
use crate::finding::{Confidence, Evidence};

/// Private key with its surroundings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PrivateKeyContext<'a> {
    /// Text that contains the key.
    pub text: &'a [u8],
    /// Byte offset of the key in it.
    pub start: usize,
    /// Text that the key was decoded from, and the byte offset of the encoded region in it.
    pub outer: Option<(&'a [u8], usize)>,
    /// Path of the file, with `/` between its parts; empty if unknown.
    pub path: &'a [u8],
}

/// Rule, confidence and evidence of a private key.
#[derive(Clone, Debug)]
pub(crate) struct PrivateKeyVerdict {
    /// Id of the rule.
    pub rule_id: &'static str,
    /// Confidence that the key is what the rule says.
    pub confidence: Confidence,
    /// Evidence, the heaviest first.
    pub evidence: Vec<Evidence>,
}

/// Number of bytes before a key in which the name that it is assigned to is searched.
const NAME_REACH: usize = 160;

/// Number of bytes around a key in which an app id and the names of services are searched. A key takes 1,700.
const TEXT_REACH: (usize, usize) = (1500, 4500);

/// Decides on a private key.
#[must_use]
pub(crate) fn judge_private_key(context: &PrivateKeyContext<'_>) -> PrivateKeyVerdict {
    let mut evidence = collect_evidence(context);
    evidence.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
    let log_odds: f64 = evidence.iter().map(|e| e.weight).sum();
    match confidence_for(log_odds) {
        Some(confidence) if log_odds > MEDIUM => PrivateKeyVerdict {
            rule_id: "github-app-private-key",
            confidence,
            evidence,
        },
        // Whatever it opens, a private key is a secret.
        _ => PrivateKeyVerdict {
            rule_id: "other-vendor-secret",
            confidence: Confidence::Low,
            evidence,
        },
    }
}

fn collect_evidence(context: &PrivateKeyContext<'_>) -> Vec<Evidence> {
    let path = squeeze(context.path);
    let name = squeeze(&[&outer_name(context)[..], b" ", own_name(context)].concat());
    let near = squeeze(&surroundings(context));
    let lists = lists();
    let has = |text: &str, words: &WordList| words.is_part_of(text.as_bytes());
    let is_github = has(&near, &lists.github_app_words) || has(&path, &lists.github_app_words);
    let mut out = vec![Evidence::new(
        "private-key",
        LOW,
        "a private key: most belong to a server, a person or another service",
    )];
    let mut note = |applies: bool, name: &'static str, weight: f64, detail: &str| {
        if applies {
            out.push(Evidence::new(name, weight, detail));
        }
    };
    note(
        is_named_by_github(context.path),
        "app-key-file",
        8.0,
        "GitHub names the file of an app's key so (NAME.DATE.private-key.pem)",
    );
    let is_named = has(&name, &lists.private_key_names);
    note(
        has(&name, &lists.github_app_words) && is_named,
        "app-key-name",
        7.0,
        "its name is that of a private key of GitHub",
    );
    note(
        has(&near, &lists.app_id_names) && (is_named || has(&path, &lists.github_app_words)),
        "app-id-near",
        3.5,
        "it is named a private key and an app id stands near it",
    );
    note(
        has(&near, &lists.installation_id_names),
        "installation-id-near",
        3.0,
        "the id of an installation stands near it",
    );
    note(
        is_github,
        "app-key-github",
        2.0,
        "GitHub or a program for its apps is named near it or in the path",
    );
    note(
        has(&near, &lists.other_key_owners)
            || has(&path, &lists.other_key_owners)
            || has(&name, &lists.ssh_key_names),
        "app-key-other",
        -9.5,
        "another service, a certificate or a login by SSH is named near it",
    );
    out
}

/// Returns true if a file has the name under which GitHub gives an app's key: `name.2026-01-31.private-key.pem`.
fn is_named_by_github(path: &[u8]) -> bool {
    let name = path.rsplit(|b| *b == b'/' || *b == b'\\').next();
    let Some(stem) = name.and_then(|name| name.strip_suffix(b".private-key.pem")) else {
        return false;
    };
    let date = stem.rsplit(|b| *b == b'.').next().unwrap_or_default();
    let is_of_date = |(at, byte): (usize, &u8)| match at {
        4 | 7 => *byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    date.len() == 10 && date.len() < stem.len() && date.iter().enumerate().all(is_of_date)
}

/// Returns the text in which the name of the key is: its line up to it and the line before.
fn own_name<'a>(context: &PrivateKeyContext<'a>) -> &'a [u8] {
    let before = &context.text[..context.start];
    let armour = memchr::memmem::rfind(before, b"-----BEGIN ").unwrap_or(before.len());
    two_lines_before(before, armour)
}

/// Returns the same for the encoded region that the key was decoded from.
fn outer_name(context: &PrivateKeyContext<'_>) -> Vec<u8> {
    let outer = context.outer;
    outer.map_or_else(Vec::new, |(text, at)| two_lines_before(text, at).to_vec())
}

/// Returns the end of `text` up to `end`, from the start of the line before that of `end` on.
fn two_lines_before(text: &[u8], end: usize) -> &[u8] {
    let reach = &text[end.saturating_sub(NAME_REACH)..end];
    let start = memchr::memrchr_iter(b'\n', reach).nth(1);
    &reach[start.map_or(0, |at| at + 1)..]
}

/// Returns the text around the key, without the key as far as possible.
fn surroundings(context: &PrivateKeyContext<'_>) -> Vec<u8> {
    let (text, at) = context.outer.unwrap_or((context.text, context.start));
    let near = &text[at.saturating_sub(TEXT_REACH.0)..text.len().min(at + TEXT_REACH.1)];
    // Long words are base64, which contains every short word by chance.
    let words = near.split(|b| b.is_ascii_whitespace() || matches!(b, b'\\' | b'"' | b'\''));
    words
        .filter(|word| word.len() < 48)
        .collect::<Vec<_>>()
        .join(&b' ')
}

/// Returns the letters and digits of a text in lower case, so that `APP_ID`, `appId` and "App ID" are equal.
fn squeeze(text: &[u8]) -> String {
    let is_inside = |b: &&u8| b.is_ascii_alphanumeric();
    let letters = text.iter().filter(is_inside);
    letters
        .map(|b| char::from(b.to_ascii_lowercase()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Mint;

    fn judged(before: &str, path: &str, after: &str) -> (&'static str, Confidence) {
        let key = Mint::new(5).private_key("RSA PRIVATE KEY");
        let text = format!("{before}{key}{after}");
        let verdict = judge_private_key(&PrivateKeyContext {
            text: text.as_bytes(),
            start: text.find("MII").unwrap(),
            outer: None,
            path: path.as_bytes(),
        });
        (verdict.rule_id, verdict.confidence)
    }

    #[test]
    fn keys_of_apps_are_known_by_their_file_or_name_or_the_app_id() {
        let table = [
            ("", "keys/octo-bot.2026-01-31.private-key.pem", ""),
            ("GITHUB_APP_PRIVATE_KEY=\"", ".env", "\""),
            ("  github_app_private_key: |\n    ", "values.yaml", ""),
            ("APP_ID=12345\nPRIVATE_KEY=\"", "probot/.env", "\""),
            (
                "{\"app_id\": 12, \"installation_id\": 3, \"private_key\": \"",
                "app.json",
                "\"}",
            ),
            (
                "const app = new App({ // octokit\n  appId: 123,\n  privateKey: `",
                "src/index.js",
                "`",
            ),
            ("# the GitHub App's private key\n", "notes.txt", ""),
        ];
        for (before, path, after) in table {
            let (rule, confidence) = judged(before, path, after);
            assert_eq!(rule, "github-app-private-key", "{before}");
            assert!(confidence >= Confidence::High, "{before} {confidence:?}");
        }
    }

    #[test]
    fn other_keys_are_secrets_of_something_else() {
        let table = [
            ("", "id_rsa", ""),
            ("", "octo-bot.private-key.pem", ""),
            ("ssl_certificate_key:\n", "nginx/server.key", ""),
            (
                "{\"type\": \"service_account\", \"private_key\": \"",
                "key.json",
                "\", \"client_email\": \"a@b.iam.gserviceaccount.com\"}",
            ),
            ("# deploy key for github.com/acme/x\n", "deploy_rsa", ""),
            ("GITHUB_SSH_PRIVATE_KEY=\"", ".env", "\""),
            ("private_key: |\n", "vault.yml", ""),
        ];
        for (before, path, after) in table {
            let verdict = judged(before, path, after);
            assert_eq!(
                verdict,
                ("other-vendor-secret", Confidence::Low),
                "{before}"
            );
        }
    }
}
