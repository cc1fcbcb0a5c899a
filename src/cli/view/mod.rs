//! Implements `tokensweep view`: reads reports of this and other programs, merges them, and writes one report.

mod hide;
mod locate;
mod matching;
mod merge;
mod review;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use clap::Args;

use super::exit::Exit;
use super::options::{OutputFormat, ReportArgs, RuleArgs, SettingArgs, WalkArgs};
use super::report_context::ReportContext;
use super::settings::Settings;
use super::{input, output, scan};
use crate::config::display_path;
use crate::finding::{Confidence, Finding, Outcome, Skip, SkipReason};
use crate::import::{ImportedReport, read_report};
use crate::message::{count_noun, portable_path};
use crate::span::Position;
use hide::SecretHider;
use locate::ReportRoot;
use merge::merge_findings;
use review::{ReviewedFinding, TextVerdicts};

/// Maximum size of a report in bytes. Its JSON takes several times as much memory.
const LARGEST: u64 = 256 << 20;

#[derive(Args, Clone, Debug)]
pub(super) struct ViewArgs {
    /// Reports to read; `-` for standard input.
    #[arg(value_name = "REPORT", required = true)]
    reports: Vec<PathBuf>,

    /// Folder that the paths in the reports are relative to, where the files are read again.
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,

    #[command(flatten)]
    rules: RuleArgs,

    #[command(flatten)]
    settings: SettingArgs,

    #[command(flatten)]
    report: ReportArgs,
}

/// Report with the name that messages give it.
struct NamedReport {
    name: String,
    path: PathBuf,
    size: u64,
    report: ImportedReport,
}

pub(super) fn run(args: &ViewArgs) -> anyhow::Result<Exit> {
    if args.report.show_secrets {
        bail!(
            "view never writes a secret of a report, so --show-secrets has no meaning here; `tokensweep scan \
             --show-secrets PATH` shows those of a file"
        );
    }
    if args
        .report
        .formats()
        .any(|f| f == OutputFormat::RevokeRequest)
    {
        bail!(
            "view never writes a secret of a report, so it cannot write requests that revoke them; `tokensweep scan \
             --format revoke-request PATH` writes those for the secrets in files"
        );
    }
    let settings = Settings::load_for(
        &args.settings,
        &args.rules,
        &WalkArgs::default(),
        &args.root,
    )?;
    let reports = read_reports(&args.reports)?;
    let root = ReportRoot::new(&args.root)?;
    let outcome = build_outcome(reports, &root, &settings);
    let roots = [args.root.clone()];
    let context = ReportContext {
        // A report may be of any commit.
        revision: None,
        branch: None,
        ..ReportContext::collect(&roots, &args.report)
    };
    let all_written = output::write_reports(&outcome, &settings.rules, &args.report, &context);
    scan::print_trouble(&outcome, args.report.verbose);
    let found = outcome.has_leaks() && !args.report.exit_zero;
    Ok(Exit::of_scan(found, outcome.is_complete() && all_written))
}

fn read_reports(paths: &[PathBuf]) -> anyhow::Result<Vec<NamedReport>> {
    let is_input = |path: &&PathBuf| path.as_path() == Path::new("-");
    if paths.iter().filter(is_input).count() > 1 {
        bail!("`-` (standard input) is one report; name it once");
    }
    let read = |path: &PathBuf| {
        let (name, bytes) = if is_input(&path) {
            ("standard input".to_owned(), read_standard_input()?)
        } else {
            let bytes = input::read_up_to(LARGEST, path, "report")?;
            (display_path(path), bytes)
        };
        let report = read_report(&bytes).map_err(|wrong| anyhow!("{name}: {wrong}"))?;
        Ok(NamedReport {
            name,
            path: path.clone(),
            size: bytes.len() as u64,
            report,
        })
    };
    paths.iter().map(read).collect()
}

fn read_standard_input() -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let input = std::io::stdin().lock();
    input
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .context("cannot read the report on standard input")?;
    if bytes.len() as u64 > LARGEST {
        bail!(
            "the report on standard input is larger than {} MiB",
            LARGEST >> 20
        );
    }
    Ok(bytes)
}

/// Returns the merged findings of all reports, each with the verdict of the judge where its text is at hand.
fn build_outcome(mut reports: Vec<NamedReport>, root: &ReportRoot, settings: &Settings) -> Outcome {
    for report in &mut reports {
        let findings = &mut report.report.findings;
        let paths = findings.iter().map(|found| found.finding.path.as_path());
        let foreign = root.find_foreign_root(paths);
        for found in findings {
            let finding = &mut found.finding;
            finding.path = root.shown_path(&finding.path, foreign.as_deref());
            // The path at `HEAD` is shown beside the other one.
            if let Some(path) = &finding.origin.head_path {
                let shown = root.shown_path(Path::new(path), foreign.as_deref());
                finding.origin.head_path = Some(portable_path(&shown));
            }
        }
    }
    let findings = reports.iter().flat_map(|one| &one.report.findings);
    let mut hider = SecretHider::new(findings.clone());
    let mut verdicts = TextVerdicts::scan(settings, root, findings);
    let mut outcome = Outcome {
        reports: reports.len() as u64,
        bytes: reports.iter().map(|one| one.size).sum(),
        ..Outcome::default()
    };
    let mut reviewed = Vec::new();
    for (index, named) in reports.into_iter().enumerate() {
        let NamedReport {
            name, path, report, ..
        } = named;
        outcome
            .skipped
            .extend(report.gaps.into_iter().map(|gap| Skip {
                path: path.clone(),
                reason: SkipReason::Unreadable(gap),
            }));
        let tool = report.tool;
        let one = verdicts.review_report(index, report.findings);
        let note = describe_review(&one, settings.min_confidence);
        outcome.notes.push(format!("{name} ({tool}): {note}"));
        reviewed.extend(one);
    }
    outcome.findings = merge_findings(reviewed);
    settings.mark_accepted(&mut outcome);
    let least = settings.min_confidence;
    outcome.findings.retain(|f| f.confidence >= least);
    outcome.findings.sort_by(|a, b| place(a).cmp(&place(b)));
    hider.hide_in(outcome)
}

/// Returns the key that findings are sorted by. Only some reports name bytes, so the line comes first.
fn place(finding: &Finding) -> (&Path, Option<&str>, Position, u64, &str) {
    let member = finding.origin.member.as_deref();
    let bytes = finding.bytes.start;
    (
        &finding.path,
        member,
        finding.start,
        bytes,
        &finding.rule_id,
    )
}

/// Returns the numbers of findings of a report that were confirmed, that are below the threshold, and that could not be
/// verified.
fn describe_review(reviewed: &[ReviewedFinding], least: Confidence) -> String {
    let count = |is: &dyn Fn(&&ReviewedFinding) -> bool| reviewed.iter().filter(is).count() as u64;
    let below = |one: &&ReviewedFinding| one.finding.confidence < least;
    let kinds = [
        (count(&|one| one.is_verified && !below(one)), "confirmed"),
        (
            count(&|one| !one.is_verified && !below(one)),
            "not verified",
        ),
    ];
    let mut said = count_noun(reviewed.len() as u64, "finding");
    for (count, what) in kinds.into_iter().filter(|(count, _)| *count > 0) {
        said.push_str(&format!(", {count} {what}"));
    }
    let below = count(&below);
    if below > 0 {
        let level = least.name();
        said.push_str(&format!(
            ", {below} below {level} (--min-confidence low shows them)"
        ));
    }
    said
}
