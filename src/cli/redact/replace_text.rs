//! Writes the file of replacements for `git filter-repo`.

use std::io::Write;
use std::path::Path;

use anyhow::Context as _;

use super::report::say;
use crate::cli::private_file::create_private_file;
use crate::finding::{Finding, Outcome};
use crate::message::portable_path;
use crate::redact::{ReplacementStyle, replace_text_file};

/// Writes the file for `git filter-repo --replace-text`, readable by the user alone. It contains the secrets, so it is
/// written only if the user names it, and never over an existing file.
pub(in crate::cli) fn write_replace_text(outcome: &Outcome, path: &Path) -> anyhow::Result<()> {
    let doing = || format!("cannot write {}", portable_path(path));
    let leaks: Vec<&Finding> = outcome.findings.iter().filter(|f| f.is_open()).collect();
    let mut file = create_private_file(path).with_context(doing)?;
    let text = replace_text_file(&leaks, &ReplacementStyle::Placeholder);
    file.write_all(&text).with_context(doing)?;
    let holds = match (text.is_empty(), leaks.is_empty()) {
        (false, _) => "holds the secrets; remove it when the history is rewritten",
        (true, true) => "is empty: no secret was found, so there is nothing to replace",
        (true, false) => {
            "is empty: what was found stands under an encoding only, where `git filter-repo` does not find it"
        }
    };
    say(&format!("tokensweep: {} {holds}", portable_path(path)));
    Ok(())
}
