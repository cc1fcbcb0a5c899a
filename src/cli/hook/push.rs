//! Commits of a push, and the scan of their changes.

use std::io::{self, IsTerminal as _, Read, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::super::mask::MessageMasker;
use super::framework::{self, RequestedCommits};
use crate::finding::{Finding, Outcome};
use crate::message::portable_path;
use crate::report::escape_control;
use crate::scan::Scanner;
use crate::source::git::{CommitSelection, RangeOptions, Repository, RepositoryPart};

/// Line that git writes about a push.
#[derive(Debug)]
struct RefUpdate {
    /// Full id that the ref will have; zeros for a deleted ref.
    new: String,
    /// Full id that the ref has; zeros for a new ref.
    old: String,
    /// Name of the ref on the receiving side.
    name: String,
}

/// Scans the commits of a push. If a manager of hooks has consumed git's lines, its variables and arguments are used;
/// if nothing names a commit or a file, everything that `HEAD` reaches is scanned.
pub(super) fn scan_pushed(
    scanner: &Scanner,
    args: &[PathBuf],
    scan_files: &dyn Fn(&[PathBuf]) -> Outcome,
) -> anyhow::Result<Outcome> {
    let updates = read_updates(parse_sent)?;
    if !updates.is_empty() {
        return scan_sent(scanner, &updates);
    }
    if let Some(request) = framework::requested_commits() {
        return scan_requested(scanner, &request);
    }
    if framework::is_running() && !args.is_empty() {
        return Ok(scan_files(args));
    }
    let is_up_to_date = !framework::is_running() && args.len() == 2 && stdin_is_pipe();
    let remote = args.first().map(PathBuf::as_path);
    scan_unnamed(scanner, remote.filter(|_| is_up_to_date))
}

/// Scans the commits that git's lines name. Only the old ids in these lines count as known to the remote: the refs of
/// earlier fetches and pushes may belong to another one.
fn scan_sent(scanner: &Scanner, updates: &[RefUpdate]) -> anyhow::Result<Outcome> {
    let which = CommitSelection::Sent {
        new: updates.iter().map(|u| u.new.clone()).collect(),
        old: updates.iter().map(|u| u.old.clone()).collect(),
    };
    let mut outcome = scan_commits(scanner, which)?;
    outcome.findings.extend(scan_names(scanner, updates));
    outcome.notes = explain_extent(&Repository::discover(None)?, updates);
    Ok(outcome)
}

/// Scans the commits that the pre-commit framework names.
pub(super) fn scan_requested(
    scanner: &Scanner,
    request: &RequestedCommits,
) -> anyhow::Result<Outcome> {
    let repository = Repository::discover(None)?;
    let (from, to) = match request {
        RequestedCommits::Range { from, to } => (Some(from), to),
        RequestedCommits::Branch(branch) => (None, branch),
    };
    let old = match from.filter(|id| !is_null(id)) {
        Some(from) => vec![repository.resolve(from)?],
        None => Vec::new(),
    };
    let which = CommitSelection::Sent {
        new: vec![repository.resolve(to)?],
        old,
    };
    scan_commits(scanner, which)
}

/// Scans everything that `HEAD` reaches, if nothing names the pushed commits, and prints the extent. If git itself
/// runs the hook, the remote may have all of it already: commits that its tracking refs reach are left out.
fn scan_unnamed(scanner: &Scanner, remote: Option<&Path>) -> anyhow::Result<Outcome> {
    let Some(head) = Repository::discover(None)?.head_commit()? else {
        print_note("nothing is pushed: there is no commit yet")?;
        return Ok(Outcome::default());
    };
    let which = CommitSelection::Pushed {
        new: vec![head],
        old: Vec::new(),
        known_refs: tracking_refs(remote),
    };
    let outcome = scan_commits(scanner, which)?;
    let checked = match outcome.commits {
        1 => "1 commit".to_owned(),
        n => format!("{n} commits"),
    };
    let note = match remote {
        Some(remote) => format!(
            "git names no commit that is pushed, as it does when {0} has everything; checked: what HEAD has and the \
             refs that track {0} have not ({checked})",
            portable_path(remote)
        ),
        None => format!(
            "standard input names no commit that is pushed; checked: everything that HEAD has ({checked}). Whatever \
             runs this hook should hand on what git writes to it"
        ),
    };
    print_note(&note)?;
    Ok(outcome)
}

/// Prints a note for a hook that may have no findings.
fn print_note(note: &str) -> anyhow::Result<()> {
    let note = MessageMasker::default().apply(note).into_owned();
    writeln!(io::stderr(), "tokensweep: {}", escape_control(&note))
        .context("cannot write to standard error")
}

/// Scans the names that refs will have on the receiving side: they are as public as the commits.
fn scan_names(scanner: &Scanner, updates: &[RefUpdate]) -> Vec<Finding> {
    let kept = updates.iter().filter(|u| !is_null(&u.new));
    let names: Vec<&str> = kept.map(|u| u.name.as_str()).collect();
    scanner.scan_text(names.join("\n").as_bytes(), Path::new("refs"))
}

/// Returns notes on the refs that were scanned in full, with the reasons.
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

/// Joins the first few names, and counts the others.
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

/// Scans the commits that a push brings to this repository.
pub(super) fn scan_received(scanner: &Scanner) -> anyhow::Result<Outcome> {
    let updates = read_updates(parse_received)?;
    if updates.is_empty() {
        bail!(
            "standard input names no ref, so nothing was checked; whatever runs this hook must hand on what git \
             writes to it"
        );
    }
    let which = CommitSelection::Received {
        new: updates.iter().map(|u| u.new.clone()).collect(),
        old: updates.iter().map(|u| u.old.clone()).collect(),
    };
    let mut outcome = scan_commits(scanner, which)?;
    outcome.findings.extend(scan_names(scanner, &updates));
    Ok(outcome)
}

fn scan_commits(scanner: &Scanner, which: CommitSelection) -> anyhow::Result<Outcome> {
    let repository = Repository::discover(None)?;
    let options = RangeOptions {
        which,
        max_file_size: None,
        allow_incomplete: false,
        threads: 0,
    };
    Ok(scanner.scan_repository(&repository, &RepositoryPart::Range(options))?)
}

/// Returns the pattern of the refs that track a remote; `None` for a remote that is given as an address.
fn tracking_refs(remote: Option<&Path>) -> Option<String> {
    remote
        .and_then(Path::to_str)
        .filter(|name| !name.contains([':', '/']))
        .map(|name| format!("refs/remotes/{name}/*"))
}

/// Returns true if standard input is a pipe, as in a hook that git runs.
fn stdin_is_pipe() -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        std::fs::metadata("/dev/stdin").is_ok_and(|meta| meta.file_type().is_fifo())
    }
    #[cfg(not(unix))]
    true
}

/// Reads git's lines from standard input; returns none for a terminal.
fn read_updates(parse: fn(&str) -> Option<RefUpdate>) -> anyhow::Result<Vec<RefUpdate>> {
    let mut text = Vec::new();
    if !io::stdin().is_terminal() {
        io::stdin()
            .lock()
            .read_to_end(&mut text)
            .context("cannot read what git says is pushed")?;
    }
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

/// Parses a line for pre-push: local ref, its id, remote ref, its id. The local ref is as the user wrote it, blanks
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
