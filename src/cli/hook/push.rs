//! Which commits a push brings, and what is in them.

use std::io::{self, Read};
use std::path::Path;

use anyhow::Context as _;

use crate::finding::{Finding, Outcome};
use crate::scan::Scanner;
use crate::source::git::{RangeOptions, Repository, Which};

/// One line of git about a push.
#[derive(Debug)]
struct RefUpdate {
    /// The full id that the ref will have; zeros where it is deleted.
    new: String,
    /// The full id that it has; zeros where it is new.
    old: String,
    /// The ref on the receiving side.
    name: String,
}

/// Scans what a push sends. What the other side has is only what git says about it now: the refs of earlier
/// fetches and pushes may stand for another place.
pub(super) fn pushed(scanner: &Scanner) -> anyhow::Result<Outcome> {
    if let Some(which) = pushed_under_pre_commit() {
        return commits(scanner, which);
    }
    let updates = read_updates(parse_sent)?;
    let which = Which::Sent {
        new: updates.iter().map(|u| u.new.clone()).collect(),
        old: updates.iter().map(|u| u.old.clone()).collect(),
    };
    let mut outcome = commits(scanner, which)?;
    outcome.findings.extend(scan_names(scanner, &updates));
    outcome.notes = explain_extent(&Repository::discover(None)?, &updates);
    Ok(outcome)
}

/// Scans the names that refs will have on the receiving side: they are as public as what they name.
fn scan_names(scanner: &Scanner, updates: &[RefUpdate]) -> Vec<Finding> {
    let kept = updates.iter().filter(|u| !is_null(&u.new));
    let names: Vec<&str> = kept.map(|u| u.name.as_str()).collect();
    scanner.scan_text(names.join("\n").as_bytes(), Path::new("refs"))
}

/// Says for which refs everything was scanned, and why.
fn explain_extent(repository: &Repository, updates: &[RefUpdate]) -> Vec<String> {
    let (mut new, mut moved) = (Vec::new(), Vec::new());
    for update in updates.iter().filter(|u| !is_null(&u.new)) {
        if is_null(&update.old) {
            new.push(update.name.as_str());
        } else if !repository.has_object(&update.old) {
            moved.push(update.name.as_str());
        }
    }
    let told = [
        (new, "new to the other side"),
        (
            moved,
            "where this clone does not know it on the other side (`git fetch` brings that)",
        ),
    ];
    let told = told.into_iter().filter(|(names, _)| !names.is_empty());
    told.map(|(names, why)| {
        let names = join_names(&names);
        format!("{names}: {why}, so its whole history was scanned, old commits too")
    })
    .collect()
}

/// Joins the first of some names, and counts the others.
fn join_names(names: &[&str]) -> String {
    const NAMED: usize = 3;
    let mut joined = names[..names.len().min(NAMED)].join(", ");
    if names.len() > NAMED {
        joined.push_str(&format!(" and {} more", names.len() - NAMED));
    }
    joined
}

fn is_null(id: &str) -> bool {
    id.bytes().all(|b| b == b'0')
}

/// The same under the pre-commit framework, which has read git's lines itself and says what it made of them.
fn pushed_under_pre_commit() -> Option<Which> {
    let variable = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
    variable("PRE_COMMIT")?;
    let branch = variable("PRE_COMMIT_LOCAL_BRANCH")?;
    Some(match variable("PRE_COMMIT_TO_REF") {
        Some(new) => Which::Sent {
            new: vec![new],
            old: variable("PRE_COMMIT_FROM_REF").into_iter().collect(),
        },
        // The other side has nothing of this branch yet.
        None => Which::Recent {
            refs: Some(branch.trim_start_matches("refs/").to_owned()),
            since: None,
            max: None,
        },
    })
}

/// Scans what a push brings to this repository.
pub(super) fn received(scanner: &Scanner) -> anyhow::Result<Outcome> {
    let updates = read_updates(parse_received)?;
    let which = Which::Received {
        new: updates.iter().map(|u| u.new.clone()).collect(),
        old: updates.iter().map(|u| u.old.clone()).collect(),
    };
    let mut outcome = commits(scanner, which)?;
    outcome.findings.extend(scan_names(scanner, &updates));
    Ok(outcome)
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

/// Reads git's lines from standard input.
fn read_updates(parse: fn(&str) -> Option<RefUpdate>) -> anyhow::Result<Vec<RefUpdate>> {
    let mut text = Vec::new();
    io::stdin()
        .lock()
        .read_to_end(&mut text)
        .context("cannot read what git says is pushed")?;
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| {
            parse(line)
                .filter(|update| is_full_id(&update.new) && is_full_id(&update.old))
                .context("cannot make sense of what git says is pushed; is this run by git?")
        })
        .collect()
}

/// Parses a line for pre-push: local ref, its id, remote ref, its id. The first is as the user wrote it, blanks
/// included: `main@{1 day ago}`.
fn parse_sent(line: &str) -> Option<RefUpdate> {
    let mut words = line.rsplitn(4, ' ').map(str::to_owned);
    let (old, name, new) = (words.next()?, words.next()?, words.next()?);
    words.next().map(|_| RefUpdate { new, old, name })
}

/// Parses a line for pre-receive: old id, new id, ref.
fn parse_received(line: &str) -> Option<RefUpdate> {
    let mut words = line.splitn(3, ' ').map(str::to_owned);
    let (old, new, name) = (words.next()?, words.next()?, words.next()?);
    Some(RefUpdate { new, old, name })
}

fn is_full_id(word: &str) -> bool {
    matches!(word.len(), 40 | 64) && word.bytes().all(|b| b.is_ascii_hexdigit())
}
