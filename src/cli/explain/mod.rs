//! Implements `tokensweep explain` and `tokensweep why-not`: prints all that decided about a value.

use std::path::{Component, Path, PathBuf};

use anyhow::bail;
use clap::Args;

use super::exit::Exit;
use super::options::WalkArgs;
use super::settings::Settings;
use super::{input, print_text, select};
use crate::finding::{Confidence, Finding};
use crate::message::portable_path;
use crate::report::escape_control;
use crate::scan::Scanner;
use crate::scan::examine::Examined;
use crate::source::git::RepositoryLookup;
use history::HistorySearch;
use scope::{ExplainScope, check_line, pick_finding};
use write::{ExplainedValue, print_explanations};

mod history;
mod scope;
mod write;

/// Minimum number of digits of a fingerprint that name a finding.
const SHORTEST: usize = 4;

#[derive(Args, Debug)]
pub(super) struct ExplainArgs {
    /// Fingerprint of a finding or its first digits; or FILE:LINE, or COMMIT:FILE:LINE in a history.
    #[arg(value_name = "FINDING")]
    finding: String,

    #[command(flatten)]
    what: ExplainScope,
}

#[derive(Args, Debug)]
pub(super) struct WhyNotArgs {
    /// Line to explain: FILE:LINE, or COMMIT:FILE:LINE in a history; or a fingerprint or its first digits.
    #[arg(value_name = "FILE:LINE")]
    place: String,

    #[command(flatten)]
    what: ExplainScope,
}

pub(super) fn explain_finding(args: &ExplainArgs) -> anyhow::Result<Exit> {
    let nothing = "holds nothing that has the form of a secret";
    if let Some(explained) = explain_place(&args.finding, &args.what)? {
        return explained.map_err(|line| anyhow::anyhow!("{line} {nothing}"));
    }
    let Some(begin) = parse_fingerprint(&args.finding) else {
        bail!(
            "`{}` is neither a fingerprint (32 hex digits, or its first {SHORTEST} and more, as in a report) nor \
             FILE:LINE",
            args.finding
        );
    };
    explain_fingerprint(&begin, &args.what)
}

pub(super) fn why_not(args: &WhyNotArgs) -> anyhow::Result<Exit> {
    match explain_place(&args.place, &args.what)? {
        Some(Ok(exit)) => Ok(exit),
        Some(Err(line)) => print_text(
            format!(
                "Line {} holds nothing that has the form of a secret: no whole token with a prefix, no 40 \
                 lower-case hex digits by themselves, nothing that decodes to one.\n",
                escape_control(line.trim_start_matches("line "))
            )
            .as_bytes(),
        ),
        None => match parse_fingerprint(&args.place) {
            Some(begin) => explain_fingerprint(&begin, &args.what),
            None => bail!(
                "`{}` names no line; write FILE:LINE, such as src/a.rs:12",
                args.place
            ),
        },
    }
}

/// Explains what is on the line that `text` names. Returns `None` if it names no line, and the name of the line if
/// nothing is on it.
fn explain_place(text: &str, what: &ExplainScope) -> anyhow::Result<Option<Result<Exit, String>>> {
    let Some((path, line)) = parse_place(text) else {
        return Ok(None);
    };
    if !path.exists()
        && let Some(found) = history::find_line(&path, line, what)?
    {
        return Ok(Some(found));
    }
    let settings = what.settings_at(&path)?;
    let roots = around(&what.paths, &path)?;
    let all = examine_line(&settings, &path, line, roots, &what.walk)?;
    if all.is_empty() {
        return Ok(Some(Err(format!(
            "line {line} of {}",
            portable_path(&path)
        ))));
    }
    say_all(&settings, &path, &all).map(|exit| Some(Ok(exit)))
}

/// Explains the finding with this fingerprint: in the files, or else in the histories.
fn explain_fingerprint(begin: &str, what: &ExplainScope) -> anyhow::Result<Exit> {
    let settings = what.settings()?;
    let mut packed = None;
    if !what.history {
        let roots = select::scan_roots(&what.paths, None)?;
        let scanner = settings
            .scanner_builder()
            .min_confidence(Confidence::Low)
            .build();
        let walk = select::walk_options(roots.clone(), &settings.effective_walk(&what.walk));
        let outcome = scanner.scan_paths(&walk);
        packed = pick_finding(&outcome.findings, begin)?.cloned();
        if let Some(found) = packed.take_if(|found| found.origin.member.is_none()) {
            let line = found.start.line;
            let mut all = examine_line(&settings, &found.path, line, roots, &what.walk)?;
            all.retain(|e| e.secret.fingerprint(&e.rule_id) == found.fingerprint);
            return say_all(&settings, &found.path, &all);
        }
    }
    // A member of a pack is explained by the history that the pack belongs to.
    let search = HistorySearch::run(&settings, what);
    let trouble = match search {
        Ok(search) => match search.find(begin)? {
            Some((found, examined)) => return history::say_finding(&settings, found, &examined),
            None => search.describe_trouble(),
        },
        Err(error) if what.history => return Err(error),
        Err(_) => String::new(),
    };
    if let Some(found) = packed {
        return history::say_finding(&settings, &found, &Examined::of_finding(&found));
    }
    bail!(
        "no finding has the fingerprint {begin}{trouble}; name the files, folders or repositories to look in after it"
    );
}

/// Returns a fingerprint, or the beginning of one, in lower case.
fn parse_fingerprint(text: &str) -> Option<String> {
    let is_hex = text.bytes().all(|b| b.is_ascii_hexdigit());
    (is_hex && (SHORTEST..=32).contains(&text.len())).then(|| text.to_ascii_lowercase())
}

/// Parses `FILE:LINE` or `FILE:LINE:COLUMN`.
fn parse_place(text: &str) -> Option<(PathBuf, u64)> {
    let (head, last) = text.rsplit_once(':')?;
    let last: u64 = last.parse().ok()?;
    if let Some((file, line)) = head.rsplit_once(':')
        && let Ok(line) = line.parse()
        && Path::new(file).is_file()
    {
        return Some((PathBuf::from(file), line));
    }
    (!head.is_empty()).then(|| (PathBuf::from(head), last))
}

/// Returns the paths in which to look for the same value as an id: the named folders, or as in a scan the current
/// folder if the file is below it.
fn around(paths: &[PathBuf], path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let below = path.is_relative() && !path.components().any(|c| c == Component::ParentDir);
    if paths.is_empty() && !below {
        return Ok(vec![path.to_owned()]);
    }
    select::scan_roots(paths, None)
}

/// Returns everything on a line of a file that has the form of a secret.
fn examine_line(
    settings: &Settings,
    path: &Path,
    line: u64,
    roots: Vec<PathBuf>,
    walk: &WalkArgs,
) -> anyhow::Result<Vec<Examined>> {
    let text = input::read(path, "file")?;
    check_line(&text, &portable_path(path), line)?;
    let scanner = Scanner::builder()
        .rules(settings.rules.clone())
        .object_lookup(RepositoryLookup::default())
        .build();
    let walk = select::walk_options(roots, walk);
    let mut all = scanner.examine(&text, path);
    all.retain(|e| e.start.line == line);
    scanner.apply_hashes_from_walk(&walk, &mut all);
    scanner.apply_same_values(&walk, &text, path, &mut all);
    all.retain(|e| e.start.line == line);
    Ok(all)
}

/// Prints the explanations of values in a file.
fn say_all(settings: &Settings, path: &Path, all: &[Examined]) -> anyhow::Result<Exit> {
    let reported = reported_findings(settings, path);
    let values = all.iter().map(|examined| {
        let finding = reported
            .iter()
            .find(|f| f.start == examined.start && *f.rule_id == *examined.rule_id);
        ExplainedValue {
            path,
            examined,
            provenance: None,
            accepted: finding.and_then(|f| f.accepted.as_deref()),
        }
    });
    print_explanations(settings, values)
}

/// Returns the findings of a scan of the file with these settings, the accepted ones marked.
fn reported_findings(settings: &Settings, path: &Path) -> Vec<Finding> {
    let walk = select::walk_options(vec![path.to_owned()], &WalkArgs::default());
    let mut outcome = settings.build_scanner().scan_paths(&walk);
    settings.mark_accepted(&mut outcome);
    outcome.findings
}
