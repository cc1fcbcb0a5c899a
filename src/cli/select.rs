//! What commands that read files have in common: which rules, which files.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::args::{RuleChoice, WalkArgs};
use crate::rule::{self, RuleSet};
use crate::source::{WalkOptions, read_list};

/// The built-in rules and those of the user's files, filtered as asked.
pub(super) fn rules(args: &RuleChoice) -> anyhow::Result<RuleSet> {
    let mut rules = rule::builtin();
    for path in &args.rule_files {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the rule file {}", path.display()))?;
        for rule in rule::load::parse(&path.display().to_string(), &text)? {
            rules.add(rule.into());
        }
    }
    for id in args.rule.iter().chain(&args.exclude_rule) {
        if rules.get(id).is_none() {
            bail!("there is no rule `{id}`; `tokensweep rules list` shows all");
        }
    }
    rules.retain(|r| args.rule.is_empty() || args.rule.iter().any(|id| **id == *r.id));
    rules.retain(|r| !args.exclude_rule.iter().any(|id| **id == *r.id));
    Ok(rules)
}

/// The files and folders that were named, in the list `files_from` if there is one; else the current folder.
pub(super) fn roots(paths: &[PathBuf], files_from: Option<&Path>) -> anyhow::Result<Vec<PathBuf>> {
    match files_from {
        Some(list) => listed(list),
        None if paths.is_empty() => Ok(vec![PathBuf::from(".")]),
        None => Ok(paths.to_vec()),
    }
}

/// How to walk these roots.
pub(super) fn walk_options(roots: Vec<PathBuf>, args: &WalkArgs) -> WalkOptions {
    WalkOptions {
        roots,
        respect_ignores: !args.no_ignore,
        max_file_size: args.max_file_size,
        threads: args.threads,
    }
}

fn listed(list: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut text = Vec::new();
    if list == Path::new("-") {
        io::stdin()
            .lock()
            .read_to_end(&mut text)
            .context("cannot read the list of files on standard input")?;
    } else {
        text = std::fs::read(list)
            .with_context(|| format!("cannot read the list of files {}", list.display()))?;
    }
    Ok(read_list(&text))
}
