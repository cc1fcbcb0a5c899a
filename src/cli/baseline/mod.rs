//! Implements `tokensweep baseline create | update | check | import`, for the secrets that a project accepts.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand, ValueEnum};

use super::exit::Exit;
use super::mask::MessageMasker;
use super::{input, print_text};
use crate::accept::{Baseline, Entry, EntryStatus};
use crate::config::display_path;
use crate::date::Date;
use crate::finding::{Finding, Outcome};
use crate::message::count_noun;
use crate::report::escape_control;
use target::{BaselineScan, ScanTargetArgs};

mod import;
mod interactive;
mod target;

#[derive(Args, Debug)]
pub(super) struct BaselineArgs {
    #[command(subcommand)]
    command: BaselineCommand,
}

#[derive(Debug, Subcommand)]
enum BaselineCommand {
    /// Accept the present findings, in a new baseline file.
    Create(CreateArgs),
    /// Add the present findings that are not accepted yet to the baseline file.
    Update(UpdateArgs),
    /// List the entries that have expired or match no finding any more; exit 1 if one has expired.
    Check(CheckArgs),
    /// Accept the present findings that the baseline or ignore file of another scanner accepts.
    Import(ImportArgs),
}

/// Fields of new entries.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "New entries")]
struct NewEntryArgs {
    /// Status of the secrets.
    #[arg(long, value_enum, default_value_t = StatusName::Accepted)]
    status: StatusName,

    /// Reason why the secrets may stay.
    #[arg(long, default_value = "", value_parser = reject_secret)]
    reason: String,

    /// Person or team that accepts the secrets.
    #[arg(long, default_value = "", value_parser = reject_secret)]
    owner: String,

    /// Last day on which the secrets are accepted, as YYYY-MM-DD.
    #[arg(long, value_name = "DATE")]
    expires: Option<Date>,
}

/// Returns the text of a new entry, or an error if it contains a secret.
fn reject_secret(text: &str) -> Result<String, String> {
    match MessageMasker::default().apply(text) {
        Cow::Borrowed(_) => Ok(text.to_owned()),
        Cow::Owned(_) => Err("it holds a secret; name it in other words".to_owned()),
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum StatusName {
    #[default]
    Accepted,
    FalsePositive,
    Revoked,
    Test,
}

impl From<StatusName> for EntryStatus {
    fn from(name: StatusName) -> EntryStatus {
        match name {
            StatusName::Accepted => EntryStatus::Accepted,
            StatusName::FalsePositive => EntryStatus::FalsePositive,
            StatusName::Revoked => EntryStatus::Revoked,
            StatusName::Test => EntryStatus::Test,
        }
    }
}

#[derive(Args, Debug)]
struct CreateArgs {
    #[command(flatten)]
    what: ScanTargetArgs,

    #[command(flatten)]
    saying: NewEntryArgs,

    /// Ask about each secret, in a terminal.
    #[arg(long, help_heading = "New entries")]
    interactive: bool,
}

#[derive(Args, Debug)]
struct UpdateArgs {
    #[command(flatten)]
    what: ScanTargetArgs,

    #[command(flatten)]
    saying: NewEntryArgs,

    /// Remove the entries of secrets that are not found any more.
    #[arg(long, help_heading = "Old entries")]
    prune: bool,
}

#[derive(Args, Debug)]
struct CheckArgs {
    #[command(flatten)]
    what: ScanTargetArgs,
}

#[derive(Args, Debug)]
struct ImportArgs {
    /// Report or `.gitleaksignore` of gitleaks, `.secrets.baseline` of detect-secrets, or any report that `view` reads.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    #[command(flatten)]
    what: ScanTargetArgs,

    #[command(flatten)]
    saying: NewEntryArgs,
}

pub(super) fn run(args: &BaselineArgs) -> anyhow::Result<Exit> {
    match &args.command {
        BaselineCommand::Create(args) => create_baseline(args),
        BaselineCommand::Update(args) => update_baseline(args),
        BaselineCommand::Check(args) => check_baseline(&args.what),
        BaselineCommand::Import(args) => import_baseline(args),
    }
}

impl NewEntryArgs {
    fn new_entry(&self, finding: &Finding, seen: String) -> Entry {
        Entry {
            rule: finding.rule_id.to_string(),
            seen,
            status: self.status.into(),
            reason: self.reason.clone(),
            owner: self.owner.clone(),
            added: Some(today()),
            expires: self.expires,
        }
    }
}

fn today() -> Date {
    Date::of(SystemTime::now())
}

/// Returns sixteen random bytes. They need not be secret: the baseline file contains them.
fn random_salt() -> anyhow::Result<[u8; 16]> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).context("the system gives no random bytes for a new baseline")?;
    Ok(salt)
}

fn create_baseline(args: &CreateArgs) -> anyhow::Result<Exit> {
    if args.interactive && !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        bail!(
            "--interactive asks questions, which needs a terminal; leave it out to accept everything that is found"
        );
    }
    let scanned = args.what.run_scan(false)?;
    if scanned.file.exists() {
        bail!(
            "{} is there already; add to it with `tokensweep baseline update`",
            display_path(&scanned.file)
        );
    }
    let mut baseline = Baseline::new(random_salt()?);
    let added = if args.interactive {
        ask_for_entries(&mut baseline, &scanned, &args.saying)
            .context("cannot ask in this terminal")?
    } else {
        add(&mut baseline, &scanned, &args.saying, |_| true)
    };
    save_baseline(&baseline, &scanned.file)?;
    report_done(&format!(
        "{}: {} accepted\n",
        display_path(&scanned.file),
        count_noun(added as u64, "secret")
    ))
}

/// Asks in the terminal for the status of each secret, and adds the accepted ones. Returns their number.
fn ask_for_entries(
    baseline: &mut Baseline,
    scanned: &BaselineScan,
    saying: &NewEntryArgs,
) -> io::Result<usize> {
    let open: Vec<&Finding> = open_findings(&scanned.outcome).collect();
    let (mut input, mut out) = (io::stdin().lock(), io::stderr().lock());
    let answers = interactive::ask_about_all(&open, &mut input, &mut out)?;
    let mut added = 0;
    for (finding, status) in answers {
        let seen = scanned.settings.path_in_baseline(finding);
        let entry = Entry {
            status,
            ..saying.new_entry(finding, seen)
        };
        added += usize::from(baseline.add_entry(&finding.secret, entry));
    }
    Ok(added)
}

/// Returns the findings that are not accepted yet.
fn open_findings(outcome: &Outcome) -> impl Iterator<Item = &Finding> {
    outcome.findings.iter().filter(|f| f.accepted.is_none())
}

/// Adds an entry for every finding that `of` selects and that nothing else accepts. Returns their number.
fn add(
    baseline: &mut Baseline,
    scanned: &BaselineScan,
    saying: &NewEntryArgs,
    mut of: impl FnMut(&Finding) -> bool,
) -> usize {
    let mut added = 0;
    for finding in open_findings(&scanned.outcome) {
        let seen = scanned.settings.path_in_baseline(finding);
        if of(finding) && baseline.add_entry(&finding.secret, saying.new_entry(finding, seen)) {
            added += 1;
        }
    }
    added
}

fn update_baseline(args: &UpdateArgs) -> anyhow::Result<Exit> {
    let scanned = args.what.run_scan(true)?;
    let mut baseline = existing_baseline(&scanned)?;
    let mut out = String::new();
    for (_, entry) in baseline.entries().filter(|(_, e)| e.is_expired(today())) {
        writeln!(out, "expired: {}", escape_control(&describe_entry(entry)))?;
    }
    let added = add(&mut baseline, &scanned, &args.saying, |_| true);
    for line in move_entries(&mut baseline, &scanned) {
        writeln!(out, "{}", escape_control(&line))?;
    }
    let mut removed = 0;
    if args.prune {
        let found = found_keys(&baseline, &scanned.outcome);
        baseline.retain_entries(|key, _| {
            let keep = found.contains(key);
            removed += usize::from(!keep);
            keep
        });
    }
    save_baseline(&baseline, &scanned.file)?;
    writeln!(
        out,
        "{}: {} added, {removed} taken out",
        display_path(&scanned.file),
        count_noun(added as u64, "secret")
    )?;
    report_done(&out)
}

/// Updates the entries of secrets that have moved to another file. Returns sentences on the changes and failures.
fn move_entries(baseline: &mut Baseline, scanned: &BaselineScan) -> Vec<String> {
    let findings = &scanned.outcome.findings;
    let path_of = |f: &Finding| scanned.settings.path_in_baseline(f);
    let here: BTreeSet<(String, String)> = findings
        .iter()
        .map(|f| (baseline.derive_key(&f.secret), path_of(f)))
        .collect();
    let mut said = Vec::new();
    for finding in findings {
        let (key, path) = (baseline.derive_key(&finding.secret), path_of(finding));
        let seen = baseline.entries().find(|(k, _)| *k == key);
        let Some((_, entry)) = seen.filter(|(_, e)| e.seen != path) else {
            continue;
        };
        let (seen, place) = (entry.seen.clone(), format!("{path}:{}", finding.start.line));
        if !here.contains(&(key, seen.clone())) {
            baseline.move_entry(&finding.secret, &path);
            said.push(format!("moved from {seen}: {place}"));
        } else if finding.accepted.is_none() && !entry.is_expired(today()) {
            said.push(format!(
                "not accepted: {place}: its secret is accepted in {seen} only (policy same-file)"
            ));
        }
    }
    said
}

fn existing_baseline(scanned: &BaselineScan) -> anyhow::Result<Baseline> {
    match scanned.settings.baseline() {
        Some((baseline, _)) => Ok(baseline.clone()),
        None => bail!(
            "there is no baseline {}; make one with `tokensweep baseline create`",
            display_path(&scanned.file)
        ),
    }
}

/// Returns the keys of the found secrets.
fn found_keys(baseline: &Baseline, outcome: &Outcome) -> BTreeSet<String> {
    let secrets = outcome.findings.iter().map(|f| &f.secret);
    secrets.map(|secret| baseline.derive_key(secret)).collect()
}

fn check_baseline(what: &ScanTargetArgs) -> anyhow::Result<Exit> {
    let scanned = what.run_scan(true)?;
    let baseline = existing_baseline(&scanned)?;
    let found = found_keys(&baseline, &scanned.outcome);
    let (mut expired, mut unused) = (0, 0);
    let mut out = String::new();
    for (key, entry) in baseline.entries() {
        let about = escape_control(&describe_entry(entry)).into_owned();
        if let Some(last) = entry.expires.filter(|_| entry.is_expired(today())) {
            writeln!(out, "expired on {last}: {about}")?;
            expired += 1;
        } else if !found.contains(key) {
            writeln!(out, "not found any more: {about}")?;
            unused += 1;
        }
    }
    writeln!(
        out,
        "{}: {}, {expired} expired, {unused} not found any more",
        display_path(&scanned.file),
        count_noun(baseline.entries().count() as u64, "entry")
    )?;
    report_done(&out)?;
    Ok(if expired > 0 {
        Exit::Findings
    } else {
        Exit::Clean
    })
}

fn describe_entry(entry: &Entry) -> String {
    let mut text = format!("{} in {} ({})", entry.rule, entry.seen, entry.status.name());
    for (what, word) in [("", &entry.reason), ("owner ", &entry.owner)] {
        if !word.is_empty() {
            let _ = write!(text, "; {what}{word}");
        }
    }
    text
}

fn import_baseline(args: &ImportArgs) -> anyhow::Result<Exit> {
    let name = args.file.display().to_string();
    let bytes = input::read(&args.file, "file of accepted findings")?;
    let others = import::ImportedAcceptances::parse(&bytes).with_context(|| name.clone())?;
    let scanned = args.what.run_scan(true)?;
    let mut baseline = match scanned.settings.baseline() {
        Some((baseline, _)) => baseline.clone(),
        None => Baseline::new(random_salt()?),
    };
    let added = add(&mut baseline, &scanned, &args.saying, |f| {
        others.covers(f, &scanned.settings.path_in_baseline(f))
    });
    save_baseline(&baseline, &scanned.file)?;
    report_done(&format!(
        "{}: {} accepted, of {} in {name}; the others are not found here\n",
        display_path(&scanned.file),
        count_noun(added as u64, "secret"),
        count_noun(others.len() as u64, "entry")
    ))
}

fn report_done(text: &str) -> anyhow::Result<Exit> {
    print_text(MessageMasker::default().apply(text).as_bytes())
}

/// Replaces the baseline file in one step, so that no reader gets a part of it.
fn save_baseline(baseline: &Baseline, path: &Path) -> anyhow::Result<()> {
    let context = || format!("cannot write the baseline {}", path.display());
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let new = PathBuf::from(name);
    let mut file = std::fs::File::create(&new).with_context(context)?;
    file.write_all(baseline.to_toml().as_bytes())
        .and_then(|()| file.sync_all())
        .with_context(context)?;
    std::fs::rename(&new, path).with_context(context)
}
