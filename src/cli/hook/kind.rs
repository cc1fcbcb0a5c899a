//! The hooks of git that this program has a part in.

use clap::ValueEnum;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Hook {
    PreCommit,
    CommitMsg,
    PrePush,
    PreReceive,
}

impl Hook {
    pub(super) const ALL: [Hook; 4] = [
        Hook::PreCommit,
        Hook::CommitMsg,
        Hook::PrePush,
        Hook::PreReceive,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Hook::PreCommit => "pre-commit",
            Hook::CommitMsg => "commit-msg",
            Hook::PrePush => "pre-push",
            Hook::PreReceive => "pre-receive",
        }
    }

    /// Whether git writes to its standard input.
    pub(super) fn is_fed(self) -> bool {
        matches!(self, Hook::PrePush | Hook::PreReceive)
    }

    /// What has not happened when it fails.
    pub(super) fn refused(self) -> &'static str {
        match self {
            Hook::PreCommit | Hook::CommitMsg => "nothing was committed",
            Hook::PrePush => "nothing was pushed",
            Hook::PreReceive => "the push is refused",
        }
    }

    /// How to get out of it, line by line.
    pub(super) fn way_out(self) -> &'static [&'static str] {
        match self {
            Hook::PreCommit => &[
                "Take it out of the file and `git add` the file again.",
                "If it may stay, say so on its line: `tokensweep:allow REASON` in a comment.",
                "`git commit --no-verify` commits all the same.",
            ],
            Hook::CommitMsg => &[
                "Take it out of the message.",
                "`git commit --no-verify` commits all the same.",
            ],
            Hook::PrePush => &[
                "Take it out of the commits: `git commit --amend` for the last one, `git rebase -i` for others.",
                "If it is revoked and may stay in the history: `tokensweep baseline create --history` accepts it.",
                "`git push --no-verify` pushes all the same; then revoke it first.",
            ],
            Hook::PreReceive => &[
                "Take it out of the commits: `git commit --amend` for the last one, `git rebase -i` for others.",
                "Then push again.",
            ],
        }
    }
}
