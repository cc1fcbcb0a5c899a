//! Implements `tokensweep explain` and `tokensweep why-not`: prints all that decided about a value.

use std::fmt::{self, Write as _};
use std::path::{Component, Path, PathBuf};

use anyhow::{bail, ensure};
use clap::Args;

use super::exit::Exit;
use super::options::{RuleArgs, RuleChoice, SettingArgs, WalkArgs};
use super::settings::Settings;
use super::{input, print_text, select};
use crate::finding::{Acceptance, Checksum, Confidence, Finding, SecretFragments};
use crate::judge::fit::probability_of;
use crate::judge::{HIGH, LOW, MEDIUM, Verdict};
use crate::report::escape_control;
use crate::scan::Scanner;
use crate::scan::examine::Examined;
use crate::source::git::RepositoryLookup;
use crate::span::{Charset, Position};
use crate::token::Shape;
use crate::token::checksum::{crc32_base62, sha256_base32};

#[derive(Args, Debug)]
pub(super) struct ExplainArgs {
    /// Fingerprint of a finding, or FILE:LINE.
    #[arg(value_name = "FINDING")]
    finding: String,

    /// Paths to search for a fingerprint; the current folder if none is given.
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    walk: WalkArgs,

    #[command(flatten)]
    rules: RuleChoice,

    #[command(flatten)]
    settings: SettingArgs,
}

#[derive(Args, Debug)]
pub(super) struct WhyNotArgs {
    /// Line to explain.
    #[arg(value_name = "FILE:LINE")]
    place: String,

    #[command(flatten)]
    rules: RuleChoice,

    #[command(flatten)]
    settings: SettingArgs,
}

/// Returns the settings that apply to a path.
fn settings_at(path: &Path, args: &SettingArgs, choice: &RuleChoice) -> anyhow::Result<Settings> {
    let rules = RuleArgs {
        min_confidence: None,
        choice: choice.clone(),
    };
    Settings::load_for(args, &rules, &WalkArgs::default(), path)
}

pub(super) fn explain_finding(args: &ExplainArgs) -> anyhow::Result<Exit> {
    if let Some((path, line)) = parse_place(&args.finding) {
        let settings = settings_at(&path, &args.settings, &args.rules)?;
        let roots = around(&args.paths, &path)?;
        let all = examine_line(&settings, &path, line, roots, &args.walk)?;
        ensure!(
            !all.is_empty(),
            "line {line} of {} holds nothing that has the form of a secret",
            path.display()
        );
        return say(&settings, &path, &all);
    }
    let hex = |b: u8| b.is_ascii_hexdigit();
    ensure!(
        args.finding.len() == 32 && args.finding.bytes().all(hex),
        "`{}` is neither a fingerprint (32 hex digits, as in a JSON report) nor FILE:LINE",
        args.finding
    );
    let roots = select::scan_roots(&args.paths, None)?;
    let settings = settings_at(
        super::settings::start_path(&args.paths),
        &args.settings,
        &args.rules,
    )?;
    let scanner = Scanner::builder()
        .rules(settings.rules.clone())
        .min_confidence(Confidence::Low)
        .build();
    let outcome = scanner.scan_paths(&select::walk_options(roots.clone(), &args.walk));
    let Some(found) = outcome
        .findings
        .iter()
        .find(|f| f.fingerprint == args.finding)
    else {
        bail!(
            "no finding has the fingerprint {}; name the files or folders to look in after it",
            args.finding
        );
    };
    let mut all = examine_line(&settings, &found.path, found.start.line, roots, &args.walk)?;
    all.retain(|e| e.secret.fingerprint(&e.rule_id) == found.fingerprint);
    say(&settings, &found.path, &all)
}

pub(super) fn why_not(args: &WhyNotArgs) -> anyhow::Result<Exit> {
    let Some((path, line)) = parse_place(&args.place) else {
        bail!(
            "`{}` names no line; write FILE:LINE, such as src/a.rs:12",
            args.place
        );
    };
    let settings = settings_at(&path, &args.settings, &args.rules)?;
    let roots = around(&[], &path)?;
    let all = examine_line(&settings, &path, line, roots, &WalkArgs::default())?;
    if all.is_empty() {
        let text = format!(
            "Line {line} of {} holds nothing that has the form of a secret: no whole token with a prefix, no 40 \
             lower-case hex digits by themselves, nothing that decodes to one.\n",
            escape_control(&path.display().to_string())
        );
        return print_text(text.as_bytes());
    }
    say(&settings, &path, &all)
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
    let lines = Position::START
        .after_in(Charset::of_file(&text), &text)
        .line;
    ensure!(
        (1..=lines).contains(&line),
        "{} has {lines} lines, there is no line {line}",
        path.display()
    );
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

fn say(settings: &Settings, path: &Path, all: &[Examined]) -> anyhow::Result<Exit> {
    let reported = reported_findings(settings, path);
    let mut out = String::new();
    for (i, examined) in all.iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        let finding = reported
            .iter()
            .find(|f| f.start == examined.start && *f.rule_id == *examined.rule_id);
        let accepted = finding.and_then(|f| f.accepted.as_deref());
        write_explanation(&mut out, settings, path, examined, accepted)?;
    }
    let likely = all.iter().filter(|e| e.confidence.is_some());
    let fragments = SecretFragments::of_secrets(likely.map(|e| &e.secret));
    print_text(fragments.mask_in(&out).as_bytes())
}

/// Returns the findings of a scan of the file with these settings, the accepted ones marked.
fn reported_findings(settings: &Settings, path: &Path) -> Vec<Finding> {
    let walk = select::walk_options(vec![path.to_owned()], &WalkArgs::default());
    let mut outcome = settings.build_scanner().scan_paths(&walk);
    settings.mark_accepted(&mut outcome);
    outcome.findings
}

fn write_explanation(
    out: &mut String,
    settings: &Settings,
    path: &Path,
    examined: &Examined,
    accepted: Option<&Acceptance>,
) -> anyhow::Result<()> {
    let name = path.display().to_string();
    let title = settings
        .rules
        .get(&examined.rule_id)
        .map_or("", |r| &*r.title);
    writeln!(
        out,
        "{}:{}:{}: {}",
        escape_control(&name),
        examined.start.line,
        examined.start.column,
        escape_control(&examined.secret.masked())
    )?;
    for layer in &examined.layers {
        writeln!(out, "  decoded from {}", layer.name())?;
    }
    writeln!(out, "  {} ({title})", examined.rule_id)?;
    let verdict = match accepted {
        Some(by) => {
            let details = by.describe_acceptance().join("; ");
            let details = escape_control(&details);
            format!(
                "not reported as a leak: accepted by {}: {details}",
                by.by.name()
            )
        }
        None => describe_verdict(examined, settings.min_confidence),
    };
    writeln!(out, "  {verdict}")?;
    write_checksum_steps(out, examined)?;
    writeln!(out)?;
    for evidence in &examined.evidence {
        writeln!(
            out,
            "  {:+7.2}  {:18} {}",
            evidence.weight,
            evidence.name,
            escape_control(&evidence.detail)
        )?;
    }
    if let Some(judged) = &examined.verdict {
        write_sum(out, judged)?;
    }
    Ok(())
}

/// Writes the sum of the evidence, and the sums from which each confidence is given.
fn write_sum(out: &mut String, judged: &Verdict) -> fmt::Result {
    let log_odds = judged.log_odds;
    writeln!(out, "  -------")?;
    writeln!(
        out,
        "  {log_odds:+7.2}  the sum, in log-odds: {:.1} % likely to be a credential of GitHub",
        100.0 * probability_of(log_odds)
    )?;
    writeln!(
        out,
        "           low from {LOW:+.2} (10 %), medium above {MEDIUM:+.2} (50 %), high from {HIGH:+.2} (95 %)"
    )?;
    if let Some(settled) = judged.settled {
        writeln!(
            out,
            "           A scan does not weigh this: {}.",
            settled.reason()
        )?;
    }
    Ok(())
}

fn describe_verdict(examined: &Examined, threshold: Confidence) -> String {
    let settled = examined.verdict.as_ref().and_then(|v| v.settled);
    if let (Some(_), Some(settled)) = (examined.confidence, settled) {
        return format!("not reported: {}", settled.reason());
    }
    match examined.confidence {
        None => "not reported: below low, not worth a word".to_owned(),
        Some(level) if level >= threshold => format!("reported: confidence {}", level.name()),
        Some(level) => format!(
            "reported only with --min-confidence {0}: confidence {0}, the threshold is {1}",
            level.name(),
            threshold.name()
        ),
    }
}

/// Writes the calculation of the checksum of a prefixed token, step by step. Of the value it shows only the
/// checksum; the random part stays hidden.
fn write_checksum_steps(out: &mut String, examined: &Examined) -> anyhow::Result<()> {
    let token = examined.secret.expose_the_secret();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let relation = |holds: bool| {
        if holds {
            "equal: it holds"
        } else {
            "different: it does not hold"
        }
    };
    let holds = examined.checksum == Checksum::Valid;
    match examined.shape {
        Some(Shape::Ghp | Shape::Gho | Shape::Ghu | Shape::Ghs | Shape::Ghr | Shape::Npm) => {
            let Some((body, sum)) = token
                .get(4..)
                .and_then(|b| b.split_at_checked(b.len().saturating_sub(6)))
            else {
                return Ok(());
            };
            writeln!(
                out,
                "  checksum: CRC-32 of the {} characters after `{}` is {}, in base62 (0-9A-Za-z, six digits) `{}`;\n  \
                 the token ends in `{}`: {}",
                body.len(),
                text(&token[..4]),
                crc32(body),
                text(&crc32_base62(body)),
                text(sum),
                relation(holds)
            )?;
        }
        Some(Shape::FineGrained) if token.len() == 93 => writeln!(
            out,
            "  checksum: SHA-256 of the first 77 characters, in base32, begins with `{}`;\n  characters 78 to 85 of the \
             token are `{}`: {}",
            text(&sha256_base32(&token[..77])),
            text(&token[77..85]),
            relation(holds)
        )?,
        Some(Shape::GhsStateless) => writeln!(
            out,
            "  checksum: none that can be worked out offline; the form is an app id and a JWT, signed by GitHub:\n  its structure {}",
            if holds {
                "agrees"
            } else {
                "is not that of the tokens that GitHub issues"
            }
        )?,
        _ => {}
    }
    Ok(())
}

/// Returns the CRC-32 as a number, decoded from its base62 digits.
fn crc32(body: &[u8]) -> u64 {
    let digit = |b: u8| {
        crate::token::checksum::BASE62
            .iter()
            .position(|&c| c == b)
            .unwrap_or_default() as u64
    };
    crc32_base62(body)
        .iter()
        .fold(0, |sum, &b| sum * 62 + digit(b))
}
