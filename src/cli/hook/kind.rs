//! Hooks of git that this program can run in.

use clap::ValueEnum;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in super::super) enum HookKind {
    PreCommit,
    CommitMsg,
    PrePush,
    PreReceive,
}

impl HookKind {
    pub(in super::super) const ALL: [HookKind; 4] = [
        HookKind::PreCommit,
        HookKind::CommitMsg,
        HookKind::PrePush,
        HookKind::PreReceive,
    ];

    pub(in super::super) fn hook_name(self) -> &'static str {
        match self {
            HookKind::PreCommit => "pre-commit",
            HookKind::CommitMsg => "commit-msg",
            HookKind::PrePush => "pre-push",
            HookKind::PreReceive => "pre-receive",
        }
    }

    /// Returns true if git writes to its standard input.
    pub(in super::super) fn reads_stdin(self) -> bool {
        matches!(self, HookKind::PrePush | HookKind::PreReceive)
    }

    /// Returns the consequence of a failure, as the end of a sentence.
    pub(in super::super) fn blocked_action(self) -> &'static str {
        match self {
            HookKind::PreCommit | HookKind::CommitMsg => "nothing was committed",
            HookKind::PrePush => "nothing was pushed",
            HookKind::PreReceive => "the push is refused",
        }
    }

    /// Returns the possible next steps after a refusal, a line each. `has_comments` is true if all of the files have
    /// comments, false if none has, and `None` if some have.
    pub(in super::super) fn escape_hints(self, has_comments: Option<bool>) -> Vec<&'static str> {
        const COMMENT: &str =
            "If it may stay, write `tokensweep:allow REASON` in a comment on its line.";
        const BASELINE: &str = "If it may stay in a file that has no comments, accept it: `tokensweep baseline update --staged` \
             (the first time `baseline create --staged`).";
        const AMEND: &str = "Take it out of the commits: `git commit --amend` for the last one, `git rebase -i` for others.";
        match self {
            HookKind::PreCommit => {
                let mut steps = vec!["Take it out of the file and `git add` the file again."];
                steps.extend((has_comments != Some(false)).then_some(COMMENT));
                steps.extend((has_comments != Some(true)).then_some(BASELINE));
                steps.push("`git commit --no-verify` commits all the same.");
                steps
            }
            HookKind::CommitMsg => vec![
                "Take it out of the message.",
                "`git commit --no-verify` commits all the same.",
            ],
            HookKind::PrePush => vec![
                AMEND,
                "If it is revoked and may stay in the history: `tokensweep baseline create --history` accepts it.",
                "`git push --no-verify` pushes all the same; then revoke it first.",
            ],
            HookKind::PreReceive => vec![AMEND, "Then push again."],
        }
    }
}
