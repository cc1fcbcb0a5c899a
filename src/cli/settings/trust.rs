//! Limits of trust in the configuration of a scanned tree, which has the same author as its content. It may
//! add rules and accept findings where that is counted; it may not name files outside of the tree.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::super::rules;
use crate::accept::Policy;
use crate::config::{self, Config, Setting, ValueSource, display_path};
use crate::finding::Confidence;
use crate::message::portable_path;
use crate::rule::{self, RulePattern, RuleSet};

/// Requires the files that the scanned tree names under `key` to be inside it.
pub(super) fn reject_files_outside(
    key: &str,
    files: &[PathBuf],
    source: &ValueSource,
    is_written: bool,
) -> anyhow::Result<()> {
    let ValueSource::File {
        path,
        scanned: true,
        ..
    } = source
    else {
        return Ok(());
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    let root = config::repository_root(folder).unwrap_or_else(|| folder.to_owned());
    let root = root
        .canonicalize()
        .with_context(|| format!("cannot read {}", portable_path(&root)))?;
    for file in files {
        let cannot = || format!("{source}: cannot read {}", display_path(file));
        // Only a file to be written may be missing, and a link without a target does not count as missing.
        let real = match (file.parent(), file.symlink_metadata()) {
            (Some(folder), Err(_)) if is_written => folder.canonicalize(),
            _ => file.canonicalize(),
        };
        let real = real.with_context(cannot)?;
        if !real.starts_with(&root) {
            bail!(
                "{source}: `{key}` names {}, which is outside of {}; a repository's configuration may name its \
                 own files only, so give this one as a flag",
                display_path(file),
                portable_path(&root)
            );
        }
    }
    Ok(())
}

/// Returns an error if a file that is read because of its name is outside of the scanned tree, or links to outside.
pub(super) fn reject_link_outside(file: &Path, what: &str) -> anyhow::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let root = config::repository_root(folder).unwrap_or_else(|| folder.to_owned());
    let cannot = || format!("cannot read the {what} {}", display_path(file));
    let (root, real) = root
        .canonicalize()
        .and_then(|root| Ok((root, file.canonicalize()?)))
        .with_context(cannot)?;
    if !real.starts_with(&root) {
        bail!(
            "the {what} {} is a link to {}, which is outside of {}; give that file as a flag, or --no-config",
            display_path(file),
            portable_path(&real),
            portable_path(&root)
        );
    }
    Ok(())
}

/// Requires a rule file that the scanned tree names to add rules, and to replace no built-in one.
pub(super) fn reject_rule_overrides(chosen: &RuleSet, files: &[PathBuf]) -> anyhow::Result<()> {
    let builtin = rule::builtin_rules();
    for rule in chosen.iter().filter(|r| rules::is_from_files(r, files)) {
        if builtin.get(&rule.id).is_some() || !matches!(rule.pattern, RulePattern::Regex { .. }) {
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

/// Returns the minimum confidence of the scan. One that the scanned tree raises is left to the policy, which counts.
pub(super) fn min_confidence(config: &Config, policy: &mut Policy) -> Confidence {
    let Setting { value, source } = &config.min_confidence;
    if source.is_untrusted() && *value > Confidence::Medium {
        policy.quiet_below = Some((*value, source.to_string()));
        return Confidence::Medium;
    }
    *value
}
