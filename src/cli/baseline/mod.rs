//! `tokensweep baseline create | update | check | import`: the secrets that a project has accepted.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, IsTerminal, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand, ValueEnum};

use super::args::{ReportArgs, RuleArgs, ScanArgs, WalkArgs};
use super::exit::Exit;
use super::scan_git::GitArgs;
use super::settings::{self, SettingArgs, Settings};
use super::{input, print, scan};
use crate::accept::Baseline;
use crate::accept::baseline::{Entry, Status};
use crate::date::Date;
use crate::finding::{Finding, Outcome};
use crate::report::printable;

mod import;

#[derive(Args, Debug)]
pub(super) struct BaselineArgs {
    #[command(subcommand)]
    command: BaselineCommand,
}

#[derive(Debug, Subcommand)]
enum BaselineCommand {
    /// Accept what is found now, in a new file.
    Create(CreateArgs),
    /// Accept what is found now and not yet accepted, in the file that there is.
    Update(UpdateArgs),
    /// Say which entries have expired or name nothing that is found any more; exits 1 if one has expired.
    Check(CheckArgs),
    /// Accept what is found now and another scanner's baseline or ignore file has accepted.
    Import(ImportArgs),
}

/// What is scanned.
#[derive(Args, Debug)]
struct What {
    /// Files and folders to scan.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Scan the files named in FILE (`-` for standard input), separated by NUL or by lines.
    #[arg(long, value_name = "FILE", conflicts_with = "paths")]
    files_from: Option<PathBuf>,

    #[command(flatten)]
    git: GitArgs,

    #[command(flatten)]
    walk: WalkArgs,

    #[command(flatten)]
    rules: RuleArgs,

    #[command(flatten)]
    settings: SettingArgs,
}

/// What new entries say.
#[derive(Args, Debug)]
struct Saying {
    /// What has been found out about the secrets.
    #[arg(long, value_enum, default_value_t = StatusName::Accepted)]
    status: StatusName,

    /// Why they may stay.
    #[arg(long, default_value = "")]
    reason: String,

    /// Who says so.
    #[arg(long, default_value = "")]
    owner: String,

    /// The last day on which they are accepted, as YYYY-MM-DD.
    #[arg(long, value_name = "DATE")]
    expires: Option<Date>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StatusName {
    Accepted,
    FalsePositive,
    Revoked,
    Test,
}

impl From<StatusName> for Status {
    fn from(name: StatusName) -> Status {
        match name {
            StatusName::Accepted => Status::Accepted,
            StatusName::FalsePositive => Status::FalsePositive,
            StatusName::Revoked => Status::Revoked,
            StatusName::Test => Status::Test,
        }
    }
}

#[derive(Args, Debug)]
struct CreateArgs {
    #[command(flatten)]
    what: What,

    #[command(flatten)]
    saying: Saying,

    /// Ask for each secret, in a terminal.
    #[arg(long)]
    interactive: bool,
}

#[derive(Args, Debug)]
struct UpdateArgs {
    #[command(flatten)]
    what: What,

    #[command(flatten)]
    saying: Saying,

    /// Take out the entries of secrets that are not found any more.
    #[arg(long)]
    prune: bool,
}

#[derive(Args, Debug)]
struct CheckArgs {
    #[command(flatten)]
    what: What,
}

#[derive(Args, Debug)]
struct ImportArgs {
    /// A JSON report or `.gitleaksignore` of gitleaks, or a `.secrets.baseline` of detect-secrets.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    #[command(flatten)]
    what: What,

    #[command(flatten)]
    saying: Saying,
}

pub(super) fn run(args: &BaselineArgs) -> anyhow::Result<Exit> {
    match &args.command {
        BaselineCommand::Create(args) => create(args),
        BaselineCommand::Update(args) => update(args),
        BaselineCommand::Check(args) => check(&args.what),
        BaselineCommand::Import(args) => import(args),
    }
}

/// What a scan found, its settings, and the file that the baseline is in.
struct Scanned {
    settings: Settings,
    outcome: Outcome,
    file: PathBuf,
}

impl What {
    /// Scans. A baseline that is to be made is not read first.
    fn scan(&self, read_baseline: bool) -> anyhow::Result<Scanned> {
        let start = settings::start_of(&self.paths);
        let absolute = std::path::absolute(start)
            .with_context(|| format!("cannot work out where {} is", start.display()))?;
        let mut args = self.settings.clone();
        if !read_baseline {
            args.baseline = None;
        }
        let mut settings = Settings::load(&args, &self.rules, &self.walk, start)?;
        let file = match (
            &self.settings.baseline,
            settings.config.files_of("baseline"),
        ) {
            (Some(file), _) => file.clone(),
            (None, [file, ..]) => file.clone(),
            (None, []) => settings::default_baseline(&absolute),
        };
        if !read_baseline {
            settings.forget_baseline();
        }
        let args = ScanArgs {
            paths: self.paths.clone(),
            files_from: self.files_from.clone(),
            force_exclude: false,
            git: self.git.clone(),
            stdin_filename: None,
            walk: settings.walk(&self.walk),
            rules: self.rules.clone(),
            settings: self.settings.clone(),
            replace_text: None,
            report: ReportArgs::default(),
        };
        let mut outcome = scan::find(&settings, &args)?;
        settings.accept(&mut outcome);
        if !outcome.is_complete() {
            scan::say_trouble(&outcome, &args.report);
            bail!("not everything could be read, so the baseline is left as it is");
        }
        Ok(Scanned {
            settings,
            outcome,
            file,
        })
    }
}

impl Saying {
    fn entry(&self, finding: &Finding) -> Entry {
        Entry {
            rule: finding.rule_id.to_string(),
            seen: scan_path(finding),
            status: self.status.into(),
            reason: self.reason.clone(),
            owner: self.owner.clone(),
            added: Some(today()),
            expires: self.expires,
        }
    }
}

fn scan_path(finding: &Finding) -> String {
    let text = finding.path.to_string_lossy().replace('\\', "/");
    text.strip_prefix("./").unwrap_or(&text).to_owned()
}

fn today() -> Date {
    Date::of(SystemTime::now())
}

/// Sixteen random bytes. They need not be secret: they stand in the file.
fn salt() -> [u8; 16] {
    let mut salt = [0; 16];
    for half in salt.chunks_mut(8) {
        half.copy_from_slice(&RandomState::new().hash_one(SystemTime::now()).to_ne_bytes());
    }
    salt
}

fn create(args: &CreateArgs) -> anyhow::Result<Exit> {
    let scanned = args.what.scan(false)?;
    if scanned.file.exists() {
        bail!(
            "{} is there already; add to it with `tokensweep baseline update`",
            scanned.file.display()
        );
    }
    let mut baseline = Baseline::new(salt());
    let added = if args.interactive {
        ask(&mut baseline, &scanned, &args.saying)?
    } else {
        add(&mut baseline, &scanned.outcome, &args.saying, |_| true)
    };
    save(&baseline, &scanned.file)?;
    say(&format!(
        "{}: {added} secrets accepted\n",
        settings::shown(&scanned.file)
    ))
}

/// Adds an entry for every finding that is not accepted otherwise and that `of` is for; says how many.
fn add(
    baseline: &mut Baseline,
    outcome: &Outcome,
    saying: &Saying,
    mut of: impl FnMut(&Finding) -> bool,
) -> usize {
    let mut added = 0;
    for finding in outcome.findings.iter().filter(|f| f.accepted.is_none()) {
        if of(finding) && baseline.add(&finding.secret, saying.entry(finding)) {
            added += 1;
        }
    }
    added
}

/// Walks through the findings in a terminal and asks what each is.
fn ask(baseline: &mut Baseline, scanned: &Scanned, saying: &Saying) -> anyhow::Result<usize> {
    if !io::stdin().is_terminal() {
        bail!(
            "--interactive asks questions, which needs a terminal; leave it out to accept everything"
        );
    }
    let mut added = 0;
    let mut asked = BTreeSet::new();
    for finding in scanned
        .outcome
        .findings
        .iter()
        .filter(|f| f.accepted.is_none())
    {
        if !asked.insert(&finding.fingerprint) {
            continue;
        }
        let line = format!(
            "{}:{}: {} {} ({})",
            scan_path(finding),
            finding.start.line,
            finding.title,
            finding.secret.masked(),
            finding.confidence.name()
        );
        let Some(status) = ask_one(&printable(&line))? else {
            break;
        };
        if let Some(status) = status {
            let entry = Entry {
                status,
                ..saying.entry(finding)
            };
            added += usize::from(baseline.add(&finding.secret, entry));
        }
    }
    Ok(added)
}

/// What one finding is: `None` to stop here, `Some(None)` to leave it out.
fn ask_one(line: &str) -> anyhow::Result<Option<Option<Status>>> {
    loop {
        let mut err = io::stderr().lock();
        write!(
            err,
            "{line}\n  [a]ccept, [f]alse positive, [r]evoked, [t]est dummy, [l]eave it out, [q]uit? "
        )?;
        err.flush()?;
        let mut answer = String::new();
        if io::stdin().read_line(&mut answer)? == 0 {
            return Ok(None);
        }
        match answer.trim() {
            "a" => return Ok(Some(Some(Status::Accepted))),
            "f" => return Ok(Some(Some(Status::FalsePositive))),
            "r" => return Ok(Some(Some(Status::Revoked))),
            "t" => return Ok(Some(Some(Status::Test))),
            "l" => return Ok(Some(None)),
            "q" => return Ok(None),
            _ => {}
        }
    }
}

fn update(args: &UpdateArgs) -> anyhow::Result<Exit> {
    let scanned = args.what.scan(true)?;
    let mut baseline = existing(&scanned)?;
    let mut out = String::new();
    for (_, entry) in baseline.entries().filter(|(_, e)| e.is_expired(today())) {
        writeln!(out, "expired: {}", printable(&describe(entry)))?;
    }
    let added = add(&mut baseline, &scanned.outcome, &args.saying, |_| true);
    let mut removed = 0;
    if args.prune {
        let found = keys(&baseline, &scanned.outcome);
        baseline.retain(|key, _| {
            let keep = found.contains(key);
            removed += usize::from(!keep);
            keep
        });
    }
    save(&baseline, &scanned.file)?;
    writeln!(
        out,
        "{}: {added} secrets added, {removed} taken out",
        settings::shown(&scanned.file)
    )?;
    say(&out)
}

fn existing(scanned: &Scanned) -> anyhow::Result<Baseline> {
    match scanned.settings.baseline() {
        Some((baseline, _)) => Ok(baseline.clone()),
        None => bail!(
            "there is no baseline {}; make one with `tokensweep baseline create`",
            scanned.file.display()
        ),
    }
}

/// The names of the secrets that were found.
fn keys(baseline: &Baseline, outcome: &Outcome) -> BTreeSet<String> {
    let secrets = outcome.findings.iter().map(|f| &f.secret);
    secrets.map(|secret| baseline.key(secret)).collect()
}

fn check(what: &What) -> anyhow::Result<Exit> {
    let scanned = what.scan(true)?;
    let baseline = existing(&scanned)?;
    let found = keys(&baseline, &scanned.outcome);
    let (mut expired, mut unused) = (0, 0);
    let mut out = String::new();
    for (key, entry) in baseline.entries() {
        let about = printable(&describe(entry)).into_owned();
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
        "{}: {} entries, {expired} expired, {unused} not found any more",
        settings::shown(&scanned.file),
        baseline.entries().count()
    )?;
    print(out.as_bytes())?;
    Ok(if expired > 0 {
        Exit::Findings
    } else {
        Exit::Clean
    })
}

fn describe(entry: &Entry) -> String {
    let mut text = format!("{} in {} ({})", entry.rule, entry.seen, entry.status.name());
    for (what, word) in [("", &entry.reason), ("owner ", &entry.owner)] {
        if !word.is_empty() {
            let _ = write!(text, "; {what}{word}");
        }
    }
    text
}

fn import(args: &ImportArgs) -> anyhow::Result<Exit> {
    let name = args.file.display().to_string();
    let bytes = input::read(&args.file, "file of accepted findings")?;
    let others = import::Accepted::parse(&bytes).with_context(|| name.clone())?;
    let scanned = args.what.scan(true)?;
    let mut baseline = match scanned.settings.baseline() {
        Some((baseline, _)) => baseline.clone(),
        None => Baseline::new(salt()),
    };
    let added = add(&mut baseline, &scanned.outcome, &args.saying, |f| {
        others.covers(f)
    });
    save(&baseline, &scanned.file)?;
    say(&format!(
        "{}: {added} secrets accepted, of {} entries in {name}; the others are not found here\n",
        settings::shown(&scanned.file),
        others.len()
    ))
}

fn say(text: &str) -> anyhow::Result<Exit> {
    print(text.as_bytes())
}

/// Puts the baseline in its place at once, so that nobody ever reads half of it.
fn save(baseline: &Baseline, path: &Path) -> anyhow::Result<()> {
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
