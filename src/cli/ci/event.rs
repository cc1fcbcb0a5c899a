//! Event of a CI job, in the same form for all systems.

/// Looks up an environment variable that is set and not empty.
pub(super) type Variables<'v> = &'v dyn Fn(&str) -> Option<String>;

/// The event of a job, as its CI system describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum JobEvent {
    /// Commits of a pull request.
    Review {
        /// Description of the request in words.
        what: String,
        head: String,
        /// Commit that the request is compared with.
        base: Option<String>,
        /// Branch that the request is to be merged into.
        target: Option<String>,
    },
    /// New commits on a branch, or a tag.
    Push {
        commit: String,
        /// Full name of the ref, such as `refs/heads/main`.
        name: Option<String>,
        /// Commit that the branch named before.
        before: Option<String>,
        /// Name of the default branch.
        default_branch: Option<String>,
    },
    /// Full history, with the reason.
    History(String),
    /// No commits, with the reason.
    Nothing(String),
}

/// Returns true if an id is the null id, which names no object.
pub(super) fn is_null(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|b| b == b'0')
}
