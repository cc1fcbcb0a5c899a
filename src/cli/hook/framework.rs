//! Reads the request of the pre-commit framework (<https://pre-commit.com>). The framework consumes the input that git
//! writes for the hook, and gives its hooks variables and file names.

/// Commits that the framework names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RequestedCommits {
    /// Commits that one revision reaches and another does not.
    Range { from: String, to: String },
    /// All commits of a branch, of which the remote has none yet.
    Branch(String),
}

/// Returns true if the framework runs this program.
pub(super) fn is_running() -> bool {
    framework_variable("PRE_COMMIT").is_some()
}

/// Reads the commits that the framework names; `None` if it names none.
pub(super) fn requested_commits() -> Option<RequestedCommits> {
    is_running()
        .then(|| parse_request(&framework_variable))
        .flatten()
}

fn parse_request(variable: &dyn Fn(&str) -> Option<String>) -> Option<RequestedCommits> {
    let to = variable("PRE_COMMIT_TO_REF");
    if let Some(from) = variable("PRE_COMMIT_FROM_REF") {
        let to = to.unwrap_or_else(|| "HEAD".to_owned());
        return Some(RequestedCommits::Range { from, to });
    }
    to.or_else(|| variable("PRE_COMMIT_LOCAL_BRANCH"))
        .map(RequestedCommits::Branch)
}

fn framework_variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_comes_before_a_branch_and_a_lone_end_stands_for_all_before_it() {
        let range = |from: &str, to: &str| RequestedCommits::Range {
            from: from.to_owned(),
            to: to.to_owned(),
        };
        let branch = |name: &str| RequestedCommits::Branch(name.to_owned());
        for (variables, request) in [
            (&[][..], None),
            (
                &[
                    ("PRE_COMMIT_FROM_REF", "a"),
                    ("PRE_COMMIT_TO_REF", "b"),
                    ("PRE_COMMIT_LOCAL_BRANCH", "refs/heads/main"),
                ],
                Some(range("a", "b")),
            ),
            (&[("PRE_COMMIT_FROM_REF", "a")], Some(range("a", "HEAD"))),
            (&[("PRE_COMMIT_TO_REF", "b")], Some(branch("b"))),
            (
                &[
                    ("PRE_COMMIT_LOCAL_BRANCH", "refs/heads/main"),
                    ("PRE_COMMIT_REMOTE_NAME", "origin"),
                ],
                Some(branch("refs/heads/main")),
            ),
        ] {
            let read = |name: &str| {
                let found = variables.iter().find(|(n, _)| *n == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(parse_request(&read), request, "{variables:?}");
        }
    }
}
