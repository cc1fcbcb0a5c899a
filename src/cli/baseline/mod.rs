//! Implements `tokensweep baseline create | update | check | import`, for the secrets that a project accepts.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand, ValueEnum};

use super::exit::Exit;
use super::mask::MessageMasker;
use super::{input, print_text};
use crate::accept::{Baseline, EntryStatus};
use crate::config::display_path;
use crate::date::Date;
use crate::file_replacement::FileReplacement;
use crate::finding::Finding;
use crate::message::{count_noun, portable_path};
use crate::report::escape_control;
use check::{BaselineCheck, describe_entry};
use entries::{EntryTemplate, add_masks, find_places, follow_moves, open_findings, renew_entries};
use target::{BaselineScan, ScanTargetArgs};

mod check;
mod entries;
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
    /// Add the present findings that are not accepted yet to the baseline file; with `--expires`, renew what has ended.
    Update(UpdateArgs),
    /// List the entries that have expired, end soon or match no finding any more; exit 1 if one has expired.
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

    /// Last day on which the secrets are accepted, as YYYY-MM-DD; `update` also gives it to entries that end.
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

    /// Format of the list.
    #[arg(long, value_enum, default_value_t = CheckFormat::Human)]
    format: CheckFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum CheckFormat {
    Human,
    Json,
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
        BaselineCommand::Check(args) => check_baseline(args),
        BaselineCommand::Import(args) => import_baseline(args),
    }
}

impl NewEntryArgs {
    fn template(&self) -> EntryTemplate {
        EntryTemplate {
            status: self.status.into(),
            reason: self.reason.clone(),
            owner: self.owner.clone(),
            expires: self.expires,
            today: today(),
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
        let open = open_findings(&scanned.outcome);
        args.saying
            .template()
            .add_entries(&mut baseline, &scanned, open)
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
        let template = EntryTemplate {
            status,
            ..saying.template()
        };
        let same = open.iter().filter(|f| f.fingerprint == finding.fingerprint);
        added += template.add_entries(baseline, scanned, same.copied());
    }
    Ok(added)
}

fn update_baseline(args: &UpdateArgs) -> anyhow::Result<Exit> {
    let scanned = args.what.run_scan(true)?;
    let mut baseline = existing_baseline(&scanned)?;
    let found = find_places(&baseline, &scanned);
    let mut out = String::new();
    if let Some(last) = args.saying.expires {
        for entry in renew_entries(&mut baseline, &found, last, today()) {
            let about = describe_entry(&entry);
            writeln!(out, "renewed until {last}: {}", escape_control(&about))?;
        }
    }
    for (_, entry) in baseline.entries().filter(|(_, e)| e.is_expired(today())) {
        writeln!(out, "expired: {}", escape_control(&describe_entry(entry)))?;
    }
    let open = open_findings(&scanned.outcome);
    let added = args
        .saying
        .template()
        .add_entries(&mut baseline, &scanned, open);
    for line in follow_moves(&mut baseline, &found, today()) {
        writeln!(out, "{}", escape_control(&line))?;
    }
    add_masks(&mut baseline, &scanned.outcome);
    let mut removed = 0;
    if args.prune {
        baseline.retain_entries(|key, _| {
            let keep = found.contains_key(key);
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

fn existing_baseline(scanned: &BaselineScan) -> anyhow::Result<Baseline> {
    match scanned.settings.baseline() {
        Some((baseline, _)) => Ok(baseline.clone()),
        None => bail!(
            "there is no baseline {}; make one with `tokensweep baseline create`",
            display_path(&scanned.file)
        ),
    }
}

fn check_baseline(args: &CheckArgs) -> anyhow::Result<Exit> {
    let scanned = args.what.run_scan(true)?;
    let baseline = existing_baseline(&scanned)?;
    let found = find_places(&baseline, &scanned);
    let check = BaselineCheck::new(&baseline, &scanned, &found, today());
    match args.format {
        CheckFormat::Human => report_done(&check.describe())?,
        CheckFormat::Json => report_done(&format!("{:#}\n", check.to_json()))?,
    };
    Ok(if check.has_expired() {
        Exit::Findings
    } else {
        Exit::Clean
    })
}

fn import_baseline(args: &ImportArgs) -> anyhow::Result<Exit> {
    let name = portable_path(&args.file);
    let bytes = input::read(&args.file, "file of accepted findings")?;
    let others = import::ImportedAcceptances::parse(&bytes).with_context(|| name.clone())?;
    let scanned = args.what.run_scan(true)?;
    let mut baseline = match scanned.settings.baseline() {
        Some((baseline, _)) => baseline.clone(),
        None => Baseline::new(random_salt()?),
    };
    let is_covered = |f: &&Finding| others.covers(f, &scanned.settings.path_in_baseline(f));
    let open = open_findings(&scanned.outcome).filter(is_covered);
    let added = args
        .saying
        .template()
        .add_entries(&mut baseline, &scanned, open);
    let covered = scanned.outcome.findings.iter().filter(is_covered);
    let matched = others.count_matched(covered.map(|f| (f, scanned.settings.path_in_baseline(f))));
    let file = display_path(&scanned.file);
    if added > 0 {
        save_baseline(&baseline, &scanned.file)?;
    }
    report_done(&describe_import(&file, &name, added, matched, others.len()))
}

/// Returns what an import came to: the entries of the other file, how many of them are found here, and what is new.
fn describe_import(file: &str, name: &str, added: usize, matched: usize, all: usize) -> String {
    let entries = count_noun(all as u64, "entry");
    match (all, matched, added) {
        (0, ..) => format!("{name} accepts nothing, so there is nothing to take over\n"),
        (_, 0, _) => format!(
            "nothing taken over: {name} has {entries}, and none is of a secret that is found here; run it where the \
             paths in the file start\n"
        ),
        (_, _, 0) => {
            format!("nothing taken over: {matched} of {entries} in {name} were accepted before\n")
        }
        _ => {
            let secrets = count_noun(added as u64, "secret");
            let rest = match all - matched {
                0 => String::new(),
                n => format!(
                    "; no secret is found here for {}",
                    count_noun(n as u64, "entry")
                ),
            };
            format!("{file}: {secrets} accepted, of {entries} in {name}{rest}\n")
        }
    }
}

fn report_done(text: &str) -> anyhow::Result<Exit> {
    print_text(MessageMasker::default().apply(text).as_bytes())
}

/// Replaces the baseline file in one step, so that no reader gets a part of it.
fn save_baseline(baseline: &Baseline, path: &Path) -> anyhow::Result<()> {
    FileReplacement::of(path)
        .write(|out| out.write_all(baseline.to_toml().as_bytes()))
        .with_context(|| format!("cannot write the baseline {}", portable_path(path)))
}
