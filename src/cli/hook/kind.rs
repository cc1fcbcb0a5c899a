//! Hooks of git that this program can run in.

use clap::ValueEnum;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in super::super) enum Hook {
    PreCommit,
    CommitMsg,
    PrePush,
    PreReceive,
}

impl Hook {
    pub(in super::super) const ALL: [Hook; 4] = [
        Hook::PreCommit,
        Hook::CommitMsg,
        Hook::PrePush,
        Hook::PreReceive,
    ];

    pub(in super::super) fn name(self) -> &'static str {
        match self {
            Hook::PreCommit => "pre-commit",
            Hook::CommitMsg => "commit-msg",
            Hook::PrePush => "pre-push",
            Hook::PreReceive => "pre-receive",
        }
    }

    /// Returns true if git writes to its standard input.
    pub(in super::super) fn is_fed(self) -> bool {
        matches!(self, Hook::PrePush | Hook::PreReceive)
    }

    /// Returns the consequence of a failure, as the end of a sentence.
    pub(in super::super) fn refused(self) -> &'static str {
        match self {
            Hook::PreCommit | Hook::CommitMsg => "nothing was committed",
            Hook::PrePush => "nothing was pushed",
            Hook::PreReceive => "the push is refused",
        }
    }

    /// Returns the possible next steps after a refusal, a line each. `has_comments` is true if all of the files have
    /// comments, false if none has, and `None` if some have.
    pub(in super::super) fn way_out(self, has_comments: Option<bool>) -> Vec<&'static str> {
        const COMMENT: &str =
            "If it may stay, write `tokensweep:allow REASON` in a comment on its line.";
        const BASELINE: &str = "If it may stay in a file that has no comments, accept it: `tokensweep baseline update --staged` \
             (the first time `baseline create --staged`).";
        const AMEND: &str = "Take it out of the commits: `git commit --amend` for the last one, `git rebase -i` for others.";
        match self {
            Hook::PreCommit => {
                let mut steps = vec!["Take it out of the file and `git add` the file again."];
                steps.extend((has_comments != Some(false)).then_some(COMMENT));
                steps.extend((has_comments != Some(true)).then_some(BASELINE));
                steps.push("`git commit --no-verify` commits all the same.");
                steps
            }
            Hook::CommitMsg => vec![
                "Take it out of the message.",
                "`git commit --no-verify` commits all the same.",
            ],
            Hook::PrePush => vec![
                AMEND,
                "If it is revoked and may stay in the history: `tokensweep baseline create --history` accepts it.",
                "`git push --no-verify` pushes all the same; then revoke it first.",
            ],
            Hook::PreReceive => vec![AMEND, "Then push again."],
        }
    }
}
