//! `tokensweep scan`.

use std::io::{self, BufWriter, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::args::{ReportArgs, RuleArgs, ScanArgs, When};
use super::exit::Exit;
use super::progress::ProgressLine;
use crate::finding::Outcome;
use crate::report::{self, ReportOptions, Style};
use crate::rule::{self, RuleSet};
use crate::scan::{ScanOptions, Scanner};
use crate::source::{WalkOptions, read_list};

pub(super) fn run(args: &ScanArgs) -> anyhow::Result<Exit> {
    let options = ScanOptions {
        min_confidence: args.rules.min_confidence.into(),
    };
    let scanner = Scanner::new(rules(&args.rules)?, options);
    let line = ProgressLine::start(scanner.progress(), args.report.progress);
    let outcome = scan(&scanner, args)?;
    drop(line);
    report(&outcome, &args.report)?;
    let found = !outcome.findings.is_empty() && !args.report.exit_zero;
    Ok(Exit::of_scan(found, outcome.is_complete()))
}

/// The built-in rules and those of the user's files, filtered as asked.
fn rules(args: &RuleArgs) -> anyhow::Result<RuleSet> {
    let mut rules = rule::builtin();
    for path in &args.rule_files {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the rule file {}", path.display()))?;
        for rule in rule::load::parse(&path.display().to_string(), &text)? {
            rules.add(rule.into());
        }
    }
    for id in args.rule.iter().chain(&args.exclude_rule) {
        if rules.get(id).is_none() {
            bail!("there is no rule `{id}`; `tokensweep rules list` shows all");
        }
    }
    rules.retain(|r| args.rule.is_empty() || args.rule.iter().any(|id| **id == *r.id));
    rules.retain(|r| !args.exclude_rule.iter().any(|id| **id == *r.id));
    Ok(rules)
}

fn scan(scanner: &Scanner, args: &ScanArgs) -> anyhow::Result<Outcome> {
    if args.paths.iter().any(|p| p == Path::new("-")) {
        if args.paths.len() > 1 {
            bail!(
                "`-` (standard input) cannot be combined with other paths; scan them in two runs"
            );
        }
        let name = args.stdin_filename.as_deref().unwrap_or(Path::new("-"));
        return Ok(scanner.scan_stream(io::stdin().lock(), name));
    }
    if args.stdin_filename.is_some() {
        bail!("--stdin-filename goes with `-`: tokensweep scan - --stdin-filename PATH");
    }
    let roots = match &args.files_from {
        Some(list) => listed(list)?,
        None if args.paths.is_empty() => vec![PathBuf::from(".")],
        None => args.paths.clone(),
    };
    Ok(scanner.scan_paths(&WalkOptions {
        roots,
        respect_ignores: !args.no_ignore,
        max_file_size: args.max_file_size,
        threads: args.threads,
    }))
}

fn listed(list: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut text = Vec::new();
    if list == Path::new("-") {
        io::stdin()
            .lock()
            .read_to_end(&mut text)
            .context("cannot read the list of files on standard input")?;
    } else {
        text = std::fs::read(list)
            .with_context(|| format!("cannot read the list of files {}", list.display()))?;
    }
    Ok(read_list(&text))
}

fn report(outcome: &Outcome, args: &ReportArgs) -> anyhow::Result<()> {
    let stdout = io::stdout();
    let colour = match args.color {
        When::Always => true,
        When::Never => false,
        When::Auto => {
            stdout.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
        }
    };
    let verbosity = if args.quiet {
        -1
    } else {
        i8::try_from(args.verbose).unwrap_or(i8::MAX)
    };
    let options = ReportOptions {
        show_secrets: args.show_secrets,
        style: Style { colour },
        verbosity,
    };
    let mut out = BufWriter::new(stdout.lock());
    report::write(args.format.into(), outcome, &options, &mut out)
        .and_then(|()| out.flush())
        .context("cannot write the report")
}
