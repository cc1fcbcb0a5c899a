//! The judge, through the whole engine: what stands around 40 hex digits decides.

use std::path::Path;

use tokensweep::mint::Mint;
use tokensweep::{Confidence, Finding, ScanOptions, Scanner};

/// What a scan at the default confidence says of `text`, every `<H>` filled with a fresh value and `<I>` with a
/// fresh client id.
fn scan(path: &str, text: &str) -> Vec<Finding> {
    let mut mint = Mint::new(text.len() as u64);
    let mut filled = text.to_owned();
    for (mark, len) in [("<H>", 40), ("<I>", 20)] {
        while filled.contains(mark) {
            let value = String::from_utf8(mint.hex(len)).unwrap();
            filled = filled.replacen(mark, &value, 1);
        }
    }
    let scanner = Scanner::new(tokensweep::rule::builtin(), ScanOptions::default());
    scanner.scan_text(filled.as_bytes(), Path::new(path))
}

fn rules(path: &str, text: &str) -> Vec<String> {
    let findings = scan(path, text);
    findings.iter().map(|f| f.rule_id.to_string()).collect()
}

#[test]
fn a_page_that_hands_out_a_token_is_a_leak() {
    let page = "Tokens you have generated that can be used to access the GitHub API.\n\n\
        Make sure to copy your new personal access token now. You won't be able to see it again!\n\n\
        ✓ <H> \n\n[Delete](#)\n";
    let findings = scan("article.txt", page);
    assert_eq!(findings.len(), 1);
    assert_eq!(&*findings[0].rule_id, "github-legacy-token");
    assert!(findings[0].confidence >= Confidence::Medium);
    let names: Vec<&str> = findings[0].evidence.iter().map(|e| &*e.name).collect();
    assert!(names.contains(&"minted"), "{names:?}");
}

#[test]
fn tokens_and_client_secrets_are_told_apart() {
    for (path, text, rule) in [
        (".env", "GITHUB_TOKEN=<H>\n", "github-legacy-token"),
        (".gist", "<H>\n", "github-legacy-token"),
        (
            "a.sh",
            "git clone https://<H>:x-oauth-basic@github.com/o/r\n",
            "github-legacy-token",
        ),
        (
            "a.env",
            "GITHUB_CLIENT_ID=<I>\nGITHUB_CLIENT_SECRET=<H>\n",
            "github-client-secret",
        ),
        (
            "a.rb",
            "provider :github, '<I>', '<H>'\n",
            "github-client-secret",
        ),
    ] {
        assert_eq!(rules(path, text), [rule], "{text}");
    }
}

#[test]
fn ids_and_checksums_are_silent() {
    for (path, text) in [
        (
            ".github/workflows/ci.yml",
            "- uses: actions/create-github-app-token@<H> # v1\n  with:\n    token: x\n",
        ),
        (
            "CHANGELOG.md",
            "* fix the github token ([abc](https://github.com/o/r/commit/<H>))\n",
        ),
        (
            "Cargo.lock",
            "source = \"git+https://github.com/o/github-token?rev=<H>#<H>\"\n",
        ),
        (
            "composer.lock",
            "\"type\": \"git\",\n\"url\": \"https://github.com/o/oauth.git\",\n\"reference\": \"<H>\"\n",
        ),
        (
            "log",
            "commit <H>\nAuthor: A <a@example.com>\n\n    Rotate GITHUB_TOKEN\n",
        ),
        (
            "sums",
            "<H>  gh-token_linux.tar.gz\n<H>  gh-token_darwin.tar.gz\n",
        ),
    ] {
        assert_eq!(rules(path, text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_secret_of_another_service_is_never_called_githubs() {
    for text in ["GITEA_TOKEN=<H>\n", "export CIRCLECI_API_TOKEN=<H>\n"] {
        assert_eq!(rules("a.sh", text), Vec::<String>::new(), "{text}");
    }
}
