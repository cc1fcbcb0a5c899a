//! Addresses of commits and lines on the forge that holds a repository, made from the address of a remote.

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
        let (host, path) = split_remote(remote.trim())?;
        let path = path.trim_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path);
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-._~/:".contains(c);
        if path.is_empty() || host.is_empty() || !format!("{host}{path}").chars().all(is_name) {
            return None;
        }
        let base = format!("https://{host}/{path}");
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
