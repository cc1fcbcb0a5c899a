//! Addresses of files, and of commits and lines on the forge that holds a repository, made from the address of a
//! remote.

use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use crate::finding::{Finding, OriginKind};
use crate::message::portable_path;

/// Characters that a URI cannot contain, or that have a meaning in it.
const OUTSIDE_URIS: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// Percent-encodes a path. A name that is not UTF-8 keeps its own bytes.
pub(super) fn encode_path(path: &Path) -> String {
    let text = portable_path(path);
    let bytes = match path.to_str() {
        Some(_) => text.as_bytes(),
        None => {
            let raw = path.as_os_str().as_encoded_bytes();
            raw.strip_prefix(b"./").unwrap_or(raw)
        }
    };
    percent_encode(bytes, OUTSIDE_URIS).to_string()
}

/// Returns the address of a file with an absolute path.
pub(super) fn file_address(path: &Path) -> String {
    let encoded = encode_path(path);
    let slash = if encoded.starts_with('/') { "" } else { "/" };
    format!("file://{slash}{encoded}")
}

/// Returns the address of a finding's place: of its line on the forge of `remote` for one in a commit, of the file for
/// one in the working tree. `None` for a place that has no address.
pub(super) fn address_of(finding: &Finding, remote: Option<&str>) -> Option<String> {
    let origin = &finding.origin;
    let commit = origin.first_commit();
    let Some(commit) = commit else {
        let kind = origin.source_kind();
        let path = std::path::absolute(&finding.path).ok()?;
        return (kind == OriginKind::File).then(|| file_address(&path));
    };
    let links = ForgeLinks::from_remote(remote?)?;
    let path = encode_path(&finding.path);
    let line = finding.start.line.to_string();
    let address = links.line.replace("{commit}", commit);
    Some(address.replace("{line}", &line).replace("{path}", &path))
}

/// Templates of addresses: `{commit}`, `{path}` and `{line}` stand for the values, which must be percent-encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ForgeLinks {
    /// Address of a commit.
    pub(super) commit: String,
    /// Address of a line of a file in a commit.
    pub(super) line: String,
}

impl ForgeLinks {
    /// Returns the addresses on the forge of this remote, or of this page of a repository. `None` for a local path and for
    /// what is no address.
    pub(super) fn from_remote(remote: &str) -> Option<ForgeLinks> {
        let (host, _) = split_remote(remote.trim())?;
        let base = page_address(remote)?;
        let is_of = |name: &str| host.split(['.', ':']).any(|label| label == name);
        let (commit, line) = if is_of("bitbucket") {
            ("/commits/{commit}", "/src/{commit}/{path}#lines-{line}")
        } else if is_of("gitlab") {
            ("/-/commit/{commit}", "/-/blob/{commit}/{path}#L{line}")
        } else if is_of("codeberg") || is_of("gitea") || is_of("forgejo") {
            ("/commit/{commit}", "/src/commit/{commit}/{path}#L{line}")
        } else {
            ("/commit/{commit}", "/blob/{commit}/{path}#L{line}")
        };
        Some(ForgeLinks {
            commit: format!("{base}{commit}"),
            line: format!("{base}{line}"),
        })
    }
}

/// Returns true if links can be made from this address of a repository.
pub(crate) fn is_repository_address(address: &str) -> bool {
    ForgeLinks::from_remote(address).is_some()
}

/// Returns the address of a repository's page from that of its remote, without the user, who may hold a token. `None` for a
/// local path and for what is no address.
pub(crate) fn page_address(remote: &str) -> Option<String> {
    let (host, path) = split_remote(remote.trim())?;
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-._~/:".contains(c);
    let is_address = !path.is_empty() && !host.is_empty() && host.chars().all(is_name);
    (is_address && path.chars().all(is_name)).then(|| format!("https://{host}/{path}"))
}

/// Returns the host, with its port in a web address, and the path. Drops the user, who may hold a token.
fn split_remote(remote: &str) -> Option<(&str, &str)> {
    if let Some((scheme, rest)) = remote.split_once("://") {
        let (authority, path) = rest.split_once('/')?;
        let host = authority.rsplit('@').next()?;
        return match scheme {
            "http" | "https" => Some((host, path)),
            // The port is that of another service.
            "ssh" | "git" | "git+ssh" => Some((host.split(':').next()?, path)),
            _ => None,
        };
    }
    // scp's form: user@host:path.
    let (authority, path) = remote.split_once(':')?;
    let host = authority.rsplit('@').next()?;
    let is_host = host.contains('.') && !host.contains(['/', '\\']);
    is_host.then_some((host, path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Origin;
    use crate::report::{ReportFormat, samples, write};

    #[test]
    fn every_form_of_a_remote_leads_to_its_page() {
        let commit = |remote: &str| ForgeLinks::from_remote(remote).map(|links| links.commit);
        let github = Some("https://github.com/octo/x/commit/{commit}".to_owned());
        for remote in [
            "https://github.com/octo/x.git",
            "https://github.com/octo/x",
            "https://user:pass@github.com/octo/x.git",
            "git@github.com:octo/x.git",
            "ssh://git@github.com:22/octo/x.git",
            "git://github.com/octo/x/",
        ] {
            assert_eq!(commit(remote), github, "{remote}");
        }
        let line = |remote: &str| ForgeLinks::from_remote(remote).map(|links| links.line);
        for (remote, address) in [
            (
                "git@gitlab.com:a/b/c.git",
                "https://gitlab.com/a/b/c/-/blob/{commit}/{path}#L{line}",
            ),
            (
                "https://git.example.org:8443/a/b",
                "https://git.example.org:8443/a/b/blob/{commit}/{path}#L{line}",
            ),
            (
                "https://bitbucket.org/a/b",
                "https://bitbucket.org/a/b/src/{commit}/{path}#lines-{line}",
            ),
            (
                "https://codeberg.org/a/b",
                "https://codeberg.org/a/b/src/commit/{commit}/{path}#L{line}",
            ),
        ] {
            assert_eq!(line(remote).as_deref(), Some(address), "{remote}");
        }
    }

    #[test]
    fn a_place_leads_to_its_file_or_to_its_line_in_the_commit() {
        let mut finding = samples::outcome().findings.remove(0);
        let file = address_of(&finding, None).unwrap();
        assert!(
            file.starts_with("file://") && file.ends_with("/src/a%20b%26.env"),
            "{file}"
        );
        finding.origin.introduced_in = Some("0a1b".repeat(10));
        assert_eq!(address_of(&finding, None), None);
        let remote = Some("git@github.com:octo/x.git");
        let line = format!(
            "https://github.com/octo/x/blob/{}/src/a%20b%26.env#L3",
            "0a1b".repeat(10)
        );
        assert_eq!(address_of(&finding, remote), Some(line));
        finding.origin = Origin {
            kind: OriginKind::Stdin,
            ..Origin::default()
        }
        .into();
        assert_eq!(address_of(&finding, remote), None);
    }

    #[test]
    fn links_are_written_only_where_the_terminal_takes_them() {
        let rules = crate::rule::builtin_rules();
        let outcome = samples::outcome();
        for is_on in [false, true] {
            let mut options = samples::options(&rules, 0);
            options.style.links = is_on;
            let mut out = Vec::new();
            write(ReportFormat::Human, &outcome, &options, &mut out).unwrap();
            let said = String::from_utf8(out).unwrap();
            assert_eq!(
                said.matches("\x1b]8;;file://").count(),
                if is_on { 3 } else { 0 }
            );
            assert_eq!(
                said.matches("\x1b]8;;\x1b\\\n").count(),
                if is_on { 3 } else { 0 }
            );
        }
    }

    #[test]
    fn what_is_no_page_gives_no_links() {
        for remote in [
            "",
            "../x",
            "/srv/git/x.git",
            "file:///srv/x",
            "C:\\work\\x",
            "javascript:alert(1)",
            "https://github.com",
            "https://github.com/a/{path}\"><script>",
        ] {
            assert_eq!(ForgeLinks::from_remote(remote), None, "{remote}");
        }
    }
}
