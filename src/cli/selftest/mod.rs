//! Implements `tokensweep selftest`: plants fresh tokens and checks that this installation, with the settings in use,
//! finds them. The tokens are generated at random; nobody ever issued them.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;

use super::exit::Exit;
use super::options::{RuleArgs, SettingArgs, WalkArgs};
use super::settings::Settings;
use super::{print_text, select};
use crate::finding::Outcome;
use crate::report::{self, ReportFormat, ReportOptions};
use crate::source;
use crate::token::{Mint, Shape};
use log::CheckLog;
use scratch::ScratchDir;

mod git;
mod installed;
mod log;
mod scratch;

#[derive(Args, Debug)]
pub(super) struct SelftestArgs {
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    settings: SettingArgs,
}

/// Paths of the planted files, none of which exists.
const PLACES: [&str; 4] = [
    "selftest.env",
    "src/selftest.py",
    "config/selftest.yml",
    "selftest/notes.txt",
];

/// Size in bytes of a file that must not exceed the limits: no file that people keep tokens in is shorter.
const ORDINARY: usize = 4096;

pub(super) fn run(args: &SelftestArgs) -> anyhow::Result<Exit> {
    let walk = WalkArgs::default();
    let settings = Settings::load_for(&args.settings, &args.rules, &walk, Path::new("."))?;
    let seed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(1, |since| since.as_secs());
    let mut mint = Mint::new(seed);
    let mut log = CheckLog::default();
    let mut outcome = Outcome::default();
    for shape in Shape::prefixed() {
        let result = expect_caught(&settings, shape, &mut mint, &mut outcome);
        log.check(
            &format!("a {} token is caught with the settings here", shape.name()),
            result,
        );
    }
    for format in ReportFormat::ALL {
        let result = expect_in_report(&settings, &outcome, format);
        log.check(
            &format!("the format {} tells it and masks it", format.name()),
            result,
        );
    }
    log.check("no ignore file hides such files", expect_not_excluded());
    let scratch = ScratchDir::new(seed)?;
    let limits = settings.effective_walk(&walk);
    log.check(
        "a file of 4 kB is read whole",
        expect_found_in_large_file(&settings, &limits, &scratch, &mut mint),
    );
    git::check(&scratch, &mut mint, &mut log);
    installed::check(seed, &mut mint, &mut log);
    log.text.push_str(&format!(
        "{} checks passed, {} failed\n",
        log.passed, log.failed
    ));
    print_text(log.text.as_bytes())?;
    Ok(if log.failed == 0 {
        Exit::Clean
    } else {
        Exit::Findings
    })
}

/// Returns an error unless a fresh token is an open finding at every place.
fn expect_caught(
    settings: &Settings,
    shape: Shape,
    mint: &mut Mint,
    all: &mut Outcome,
) -> Result<(), String> {
    let scanner = settings.build_scanner();
    for place in PLACES {
        let token = mint.new_token(shape);
        let text = [b"token = \"", &token[..], b"\"\n"].concat();
        let mut outcome = Outcome {
            findings: scanner.scan_text(&text, Path::new(place)),
            ..Outcome::default()
        };
        settings.mark_accepted(&mut outcome);
        let Some(finding) = outcome.findings.first() else {
            return Err(format!(
                "nothing is found in {place}; look at `tokensweep config show` for rules that are left out"
            ));
        };
        if let Some(accepted) = &finding.accepted {
            return Err(format!(
                "in {place} it is accepted by {} ({}), like anything else there",
                accepted.by.name(),
                accepted.source
            ));
        }
        if finding.secret.expose_the_secret() != token {
            return Err(format!("only a part of it is found in {place}"));
        }
        all.findings.append(&mut outcome.findings);
        all.files += 1;
    }
    Ok(())
}

/// Returns an error if a walk would leave out the planted files.
fn expect_not_excluded() -> Result<(), String> {
    let hidden = PLACES
        .iter()
        .find(|p| source::is_excluded(&Path::new(".").join(p)));
    match hidden {
        None => Ok(()),
        Some(place) => Err(format!(
            "an ignore file (.gitignore, .ignore or .tokensweepignore) excludes {place}, like anything else there"
        )),
    }
}

/// Returns an error unless a token at the end of a file of an ordinary size is found within the limits in use.
fn expect_found_in_large_file(
    settings: &Settings,
    limits: &WalkArgs,
    scratch: &ScratchDir,
    mint: &mut Mint,
) -> Result<(), String> {
    let token = mint.new_token(Shape::Ghp);
    let text = [b"# x\n".repeat(ORDINARY / 4), b"TOKEN=".to_vec(), token].concat();
    let file = scratch.write("long.env", &text)?;
    let mut outcome = settings
        .build_scanner()
        .scan_paths(&select::walk_options(vec![file], limits));
    settings.mark_accepted(&mut outcome);
    if outcome.has_leaks() {
        return Ok(());
    }
    Err(match outcome.skipped.first() {
        Some(skip) => format!("it is {}", skip.reason),
        None => "the token at its end is not found".to_owned(),
    })
}

/// Returns an error unless a report names the places and contains no secret.
fn expect_in_report(
    settings: &Settings,
    outcome: &Outcome,
    format: ReportFormat,
) -> Result<(), String> {
    let options = ReportOptions {
        verbosity: 1,
        ..ReportOptions::new(&settings.rules)
    };
    let mut text = Vec::new();
    report::write(format, outcome, &options, &mut text).map_err(|e| e.to_string())?;
    let holds = |part: &[u8]| memchr::memmem::find(&text, part).is_some();
    if outcome.findings.is_empty() {
        return Err("there is no finding to tell".to_owned());
    }
    for finding in &outcome.findings {
        if holds(finding.secret.expose_the_secret()) {
            return Err("it holds a secret".to_owned());
        }
    }
    // The format for GitHub ends after ten commands.
    let first = outcome.findings.iter().take(9);
    for path in first.map(|f| f.path.to_string_lossy().into_owned()) {
        if !holds(path.as_bytes()) {
            return Err(format!("it does not name {path}"));
        }
    }
    Ok(())
}
