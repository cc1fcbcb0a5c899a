//! Message of a hook that fails.

use std::fmt::Write as _;

use super::super::mask::MessageMasker;
use super::kind::HookKind;
use crate::finding::{Confidence, Finding, OriginKind, Outcome, SecretFragments};
use crate::message::portable_path;
use crate::report::{escape_control, takes_comments};

/// Maximum number of findings that a failing hook names.
const SHOWN: usize = 8;

/// Writes the findings, their places and the next steps, in no more lines than a screen has.
pub(super) fn blocked_message(hook: HookKind, leaks: &[&Finding], outcome: &Outcome) -> String {
    let mut out = String::new();
    let fragments = SecretFragments::of(outcome);
    if !leaks.is_empty() {
        out.push_str(&headline(hook, leaks));
    }
    for finding in leaks.iter().take(SHOWN) {
        let path = portable_path(&finding.path);
        let place = format!("{path}:{}:{}", finding.start.line, finding.start.column);
        let _ = writeln!(out, "  {}", escape_control(&fragments.mask_in(&place)));
        let what = format!("{}: {}", finding.title, finding.secret.masked());
        let _ = writeln!(out, "    {}", escape_control(&what));
        if finding.origin.kind == OriginKind::Blob
            && let Some(commit) = &finding.origin.commit
        {
            let _ = writeln!(out, "    in commit {}", &commit[..commit.len().min(12)]);
        }
    }
    if leaks.len() > SHOWN {
        let _ = writeln!(out, "  and {} more", leaks.len() - SHOWN);
    }
    for note in &outcome.notes {
        let _ = writeln!(
            out,
            "\n{}",
            escape_control(&MessageMasker::default().apply(note))
        );
    }
    if !leaks.is_empty() {
        out.push_str("\nHow to get out of it:\n");
        for step in hook.escape_hints(have_comments(leaks)) {
            let _ = writeln!(out, "  - {step}");
        }
    }
    let trouble: Vec<_> = outcome.trouble_skips().collect();
    if !trouble.is_empty() {
        let _ = writeln!(
            out,
            "tokensweep: not everything could be read, so {}.",
            hook.blocked_action()
        );
    }
    for skip in trouble.iter().take(SHOWN) {
        let line = format!("{}: {}", portable_path(&skip.path), skip.reason);
        let _ = writeln!(out, "  {}", escape_control(&fragments.mask_in(&line)));
    }
    out
}

/// Returns the first line and a blank one.
fn headline(hook: HookKind, leaks: &[&Finding]) -> String {
    // A finding of low confidence is not called a leak.
    let is_sure = leaks.iter().any(|l| l.confidence >= Confidence::Medium);
    let noun = match (is_sure, leaks.len()) {
        (true, 1) => "leak",
        (true, _) => "leaks",
        (false, 1) => "possible leak",
        (false, _) => "possible leaks",
    };
    let blocked = hook.blocked_action();
    format!("tokensweep: {} {noun}, so {blocked}.\n\n", leaks.len())
}

/// Returns true if all of the files have comments, false if none has, and `None` if only some have.
fn have_comments(leaks: &[&Finding]) -> Option<bool> {
    let mut answers = leaks.iter().map(|leak| takes_comments(&leak.path));
    let first = answers.next()?;
    answers.all(|next| next == first).then_some(first)
}
