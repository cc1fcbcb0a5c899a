//! How far the configuration of a scanned tree is trusted: whoever wrote what is scanned wrote it too. It may
//! add rules and accept findings where that is counted; it may not reach outside of itself.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::super::rules;
use crate::accept::Policy;
use crate::config::{self, Config, Source, Value, shown};
use crate::finding::Confidence;
use crate::rule::{self, Pattern, RuleSet};

/// Files that the scanned tree names must lie in it; a file that is yet to be made, too.
pub(super) fn inside_only(name: &str, config: &Config) -> anyhow::Result<()> {
    let Some((
        _,
        source @ Source::File {
            path,
            scanned: true,
            ..
        },
    )) = config.get(name)
    else {
        return Ok(());
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    let root = config::repository_root(folder).unwrap_or_else(|| folder.to_owned());
    let root = root
        .canonicalize()
        .with_context(|| format!("cannot read {}", root.display()))?;
    for file in config.files_of(name) {
        let cannot = || format!("{source}: cannot read {}", shown(file));
        // Only what would be written may be missing; a link that leads nowhere is not.
        let real = match (file.parent(), file.symlink_metadata()) {
            (Some(folder), Err(_)) if name == "baseline" => folder.canonicalize(),
            _ => file.canonicalize(),
        };
        let real = real.with_context(cannot)?;
        if !real.starts_with(&root) {
            bail!(
                "{source}: `{name}` names {}, which is outside of {}; a repository's configuration may name its \
                 own files only, so give this one as a flag",
                shown(file),
                root.display()
            );
        }
    }
    Ok(())
}

/// A file of the scanned tree that is read because of its name must lie in the tree, and be no link to elsewhere.
pub(super) fn no_link_outside(file: &Path, what: &str) -> anyhow::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let root = config::repository_root(folder).unwrap_or_else(|| folder.to_owned());
    let cannot = || format!("cannot read the {what} {}", shown(file));
    let (root, real) = root
        .canonicalize()
        .and_then(|root| Ok((root, file.canonicalize()?)))
        .with_context(cannot)?;
    if !real.starts_with(&root) {
        bail!(
            "the {what} {} is a link to {}, which is outside of {}; give that file as a flag, or --no-config",
            shown(file),
            real.display(),
            root.display()
        );
    }
    Ok(())
}

/// A rule file that the scanned tree names adds rules; it may not take the place of a built-in one.
pub(super) fn no_replacements(chosen: &RuleSet, files: &[PathBuf]) -> anyhow::Result<()> {
    let builtin = rule::builtin();
    for rule in chosen.iter().filter(|r| rules::is_of(r, files)) {
        if builtin.get(&rule.id).is_some() || !matches!(rule.pattern, Pattern::Regex { .. }) {
            bail!(
                "{}: the rule `{}` would take the place of a built-in one, which a repository's own configuration \
                 may not do; give the file with --rules",
                rule.file,
                rule.id
            );
        }
    }
    Ok(())
}

/// The lowest confidence of the scan. One that the scanned tree has raised is left to the policy, which counts.
pub(super) fn confidence(config: &Config, policy: &mut Policy) -> Confidence {
    match config.get("min-confidence") {
        Some((Value::Level(level), source))
            if source.is_scanned() && *level > Confidence::Medium =>
        {
            policy.quiet_below = Some((*level, source.to_string()));
            Confidence::Medium
        }
        Some((Value::Level(level), _)) => *level,
        _ => Confidence::Medium,
    }
}
