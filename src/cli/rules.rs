//! Implements `tokensweep rules list | show | test`, and the choice of rules for other commands.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{anyhow, bail};
use clap::{Args, Subcommand};

use super::exit::Exit;
use super::options::{RULE_ID, RuleChoice};
use super::{input, print_text};
use crate::config::display_path;
use crate::document::suggest_known;
use crate::message::count_noun;
use crate::report::wrap_text;
use crate::rule::{self, Example, Rule, RulePattern, RuleSet};
use crate::scan::examples;

#[derive(Args, Debug)]
pub(super) struct RulesArgs {
    #[command(subcommand)]
    command: RulesCommand,
}

#[derive(Debug, Subcommand)]
enum RulesCommand {
    /// List every rule: its id, the severity of a leak, and what it finds.
    List {
        /// List the rules in this file too (repeatable).
        #[arg(long = "rules", value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Show a rule in full: the risk, how to revoke, its examples.
    Show {
        /// Id of the rule.
        #[arg(value_name = "ID", value_parser = RULE_ID, hide_possible_values = true)]
        id: String,
        /// Read this rule file too (repeatable).
        #[arg(long = "rules", value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Run every example of the rules through the whole engine; exit 1 if one fails.
    Test {
        /// Rule files to test; without one, the built-in rules.
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

pub(super) fn run(args: &RulesArgs) -> anyhow::Result<Exit> {
    match &args.command {
        RulesCommand::List { files } => list(&load_with_files(files)?),
        RulesCommand::Show { id, files } => {
            let rules = load_with_files(files)?;
            print_text(show(find_rule(&rules, id)?).as_bytes())
        }
        RulesCommand::Test { files } => test_rules(files),
    }
}

/// Returns the rules for a scan: the built-in ones, replaced or extended by the user's files, and filtered.
pub(super) fn load_chosen_rules(args: &RuleChoice) -> anyhow::Result<RuleSet> {
    let mut rules = load_with_files(&args.rule_files)?;
    if !args.rule_files.is_empty() {
        let trial = examples::run(&rules, |r| is_from_files(r, &args.rule_files));
        if !trial.failures.is_empty() {
            bail!("{}", describe_failures(&trial));
        }
    }
    for id in args.rule.iter().chain(&args.exclude_rule) {
        find_rule(&rules, id)?;
    }
    if !args.rule.is_empty() {
        rules.retain(|r| args.rule.iter().any(|id| **id == *r.id));
    }
    if !args.exclude_rule.is_empty() {
        rules.retain(|r| !args.exclude_rule.iter().any(|id| **id == *r.id));
    }
    Ok(rules)
}

/// Returns the built-in rules, replaced or extended by those of some files.
fn load_with_files(files: &[PathBuf]) -> anyhow::Result<RuleSet> {
    let builtin = rule::builtin_rules();
    let mut rules = builtin.clone();
    for path in files {
        let bytes = input::read(path, "rule file")?;
        let name = display_path(path);
        for rule in rule::load::parse(&name, &bytes, &builtin)? {
            if let Some(other) = rules.get(&rule.id).filter(|r| is_from_files(r, files)) {
                bail!(
                    "{name}: the rule `{}` stands in {} too; give each its own id",
                    rule.id,
                    other.file
                );
            }
            rules.add(rule.into());
        }
    }
    Ok(rules)
}

/// Returns true if a rule comes from one of these files.
pub(super) fn is_from_files(rule: &Rule, files: &[PathBuf]) -> bool {
    files.iter().any(|f| display_path(f) == *rule.file)
}

/// Returns the rule with this id, or an error with a similar id.
pub(super) fn find_rule<'r>(rules: &'r RuleSet, id: &str) -> anyhow::Result<&'r Rule> {
    rules.get(id).map(|r| &**r).ok_or_else(|| {
        let ids: Vec<&str> = rules.iter().map(|r| &*r.id).collect();
        anyhow!("there is no rule `{id}`; {}", suggest_known(id, &ids))
    })
}

fn list(rules: &RuleSet) -> anyhow::Result<Exit> {
    let width = rules.iter().map(|r| r.id.len()).max().unwrap_or_default();
    let mut out = String::new();
    for rule in rules.iter() {
        let severity = rule.severity.name();
        writeln!(out, "{:width$}  {severity:7}  {}", rule.id, rule.title)?;
    }
    print_text(out.as_bytes())
}

fn show(rule: &Rule) -> String {
    let mut out = format!("{} ({})\n{}\n", rule.id, rule.severity.name(), rule.title);
    let mut section = |name: &str, text: &str| {
        if !text.is_empty() {
            out.push_str(&format!("\n{name}\n{}\n", indent_text(text)));
        }
    };
    section("Why it matters", &rule.why);
    section("Do first", &rule.revoke);
    section("Pattern", &describe_pattern(rule));
    section("Examples", &list_examples(&rule.examples));
    section("Not these", &list_examples(&rule.counterexamples));
    section("References", &rule.references.join("\n"));
    section("From", &rule.file);
    out
}

/// Returns a text with each line indented, and long lines broken between words.
fn indent_text(text: &str) -> String {
    let lines = text.lines().flat_map(|line| wrap_text(line, 90));
    lines
        .map(|line| format!("  {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn describe_pattern(rule: &Rule) -> String {
    let checksum = match rule.checksum {
        Some(kind) => format!("\nchecksum: {}", kind.name()),
        None => String::new(),
    };
    match &rule.pattern {
        RulePattern::Shapes(shapes) => {
            let names: Vec<&str> = shapes.iter().map(|s| s.name()).collect();
            format!("shapes: {}{checksum}", names.join(", "))
        }
        RulePattern::Regex {
            source,
            keywords,
            confidence,
        } => {
            let keywords = match keywords.as_slice() {
                [] => String::new(),
                words => format!("\nkeywords: {}", words.join(", ")),
            };
            let confidence = confidence.name();
            format!("regex: {source}{keywords}\nconfidence: {confidence}{checksum}")
        }
        RulePattern::Judged => "told from other 40-hex values by what stands around it".to_owned(),
    }
}

/// Returns the examples, each below its path and its reason.
fn list_examples(examples: &[Example]) -> String {
    let one = |example: &Example| {
        let path = example.path.as_deref().unwrap_or("any file");
        let reason = example.reason.as_deref().map(|r| format!(" ({r})"));
        let text = example.text.trim_end().replace('\n', "\n    ");
        format!("{path}{}:\n    {text}", reason.unwrap_or_default())
    };
    examples.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn test_rules(files: &[PathBuf]) -> anyhow::Result<Exit> {
    let rules = load_with_files(files)?;
    let under_test = |r: &Rule| files.is_empty() || is_from_files(r, files);
    let tested: Vec<&Rule> = rules
        .iter()
        .map(|r| &**r)
        .filter(|r| under_test(r))
        .collect();
    let untried: Vec<&str> = tested
        .iter()
        .filter(|r| r.examples.is_empty())
        .map(|r| &*r.id)
        .collect();
    let trial = examples::run(&rules, under_test);
    let mut out = String::new();
    for id in &untried {
        writeln!(
            out,
            "the rule `{id}` has no example, so nothing shows what it finds; add one as [[rule.example]]"
        )?;
    }
    for failure in &trial.failures {
        writeln!(out, "{failure}")?;
    }
    write!(
        out,
        "{}, {} run, {} failed",
        count_noun(tested.len() as u64, "rule"),
        count_noun(trial.run as u64, "example"),
        trial.failures.len()
    )?;
    match untried.len() as u64 {
        0 => writeln!(out)?,
        n => writeln!(out, "; {} without an example", count_noun(n, "rule"))?,
    }
    print_text(out.as_bytes())?;
    Ok(if trial.failures.is_empty() && untried.is_empty() {
        Exit::Clean
    } else {
        Exit::Findings
    })
}

fn describe_failures(trial: &examples::ExampleTrial) -> String {
    let lines: Vec<String> = trial.failures.iter().map(ToString::to_string).collect();
    lines.join("\n")
}
