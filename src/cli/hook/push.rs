//! Which commits a push brings, and what is in them.

use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context as _, bail};

use crate::finding::Outcome;
use crate::scan::Scanner;
use crate::source::git::{RangeOptions, Repository, Which};

/// What a push brings to the other side, from the lines that git writes: local ref, its id, remote ref, its id.
pub(super) fn pushed(scanner: &Scanner, remote: Option<&Path>) -> anyhow::Result<Outcome> {
    if let Some(which) = pushed_under_pre_commit() {
        return commits(scanner, which);
    }
    let lines = lines_of_input(4)?;
    let column = |at: usize| lines.iter().map(|l| l[at].clone()).collect();
    let remote = remote
        .and_then(Path::to_str)
        .filter(|name| !name.contains([':', '/']));
    let which = Which::Pushed {
        new: column(1),
        old: column(3),
        known_refs: remote.map(|name| format!("refs/remotes/{name}/*")),
    };
    commits(scanner, which)
}

/// The same under the pre-commit framework, which has read git's lines itself and says what it made of them.
fn pushed_under_pre_commit() -> Option<Which> {
    let variable = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
    variable("PRE_COMMIT")?;
    let branch = variable("PRE_COMMIT_LOCAL_BRANCH")?;
    let remote = variable("PRE_COMMIT_REMOTE_NAME");
    Some(match variable("PRE_COMMIT_TO_REF") {
        Some(new) => Which::Pushed {
            new: vec![new],
            old: variable("PRE_COMMIT_FROM_REF").into_iter().collect(),
            known_refs: remote
                .filter(|name| !name.contains([':', '/']))
                .map(|name| format!("refs/remotes/{name}/*")),
        },
        // The other side has nothing of this branch yet.
        None => Which::Recent {
            refs: Some(branch.trim_start_matches("refs/").to_owned()),
            since: None,
            max: None,
        },
    })
}

/// What a push brings to this repository, from the lines that git writes: old id, new id, ref.
pub(super) fn received(scanner: &Scanner) -> anyhow::Result<Outcome> {
    let lines = lines_of_input(3)?;
    let column = |at: usize| lines.iter().map(|l| l[at].clone()).collect();
    let which = Which::Pushed {
        new: column(1),
        old: column(0),
        known_refs: Some("refs/*".to_owned()),
    };
    commits(scanner, which)
}

fn commits(scanner: &Scanner, which: Which) -> anyhow::Result<Outcome> {
    let repository = Repository::discover(None)?;
    let options = RangeOptions {
        which,
        max_file_size: None,
        allow_incomplete: false,
        threads: 0,
    };
    Ok(scanner.scan_range(&repository, &options)?)
}

fn lines_of_input(words: usize) -> anyhow::Result<Vec<Vec<String>>> {
    let mut text = Vec::new();
    io::stdin()
        .lock()
        .read_to_end(&mut text)
        .context("cannot read what git says is pushed")?;
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| {
            let line: Vec<String> = line.split(' ').map(str::to_owned).collect();
            if line.len() < words {
                bail!("cannot make sense of what git says is pushed; is this run by git?");
            }
            Ok(line)
        })
        .collect()
}
