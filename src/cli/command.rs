//! Commands of the program, as clap parses them.

use clap::{Parser, Subcommand};

use super::audit::AuditArgs;
use super::baseline::BaselineArgs;
use super::config::ConfigArgs;
use super::examples;
use super::explain::{ExplainArgs, WhyNotArgs};
use super::fit::FitArgs;
use super::hook::HookArgs;
use super::man::ManArgs;
use super::redact::RedactArgs;
use super::rules::RulesArgs;
use super::scan::ScanArgs;
use super::selftest::SelftestArgs;
use super::view::ViewArgs;

/// Finds leaked GitHub tokens, the legacy 40-hex ones too, and distinguishes them from commit SHAs.
#[derive(Debug, Parser)]
#[command(
    name = "tokensweep",
    version,
    propagate_version = true,
    max_term_width = 100
)]
#[command(after_help = examples::MORE, after_long_help = examples::PROGRAM)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Report leaks in files, folders or standard input.
    #[command(after_help = examples::MORE, after_long_help = examples::SCAN)]
    Scan(ScanArgs),
    /// Read reports of this and other programs, merge them, and write them in any format.
    #[command(after_help = examples::MORE, after_long_help = examples::VIEW)]
    View(ViewArgs),
    /// Scan the histories of many repositories, one result for each, and report every secret with its repositories.
    #[command(after_help = examples::MORE, after_long_help = examples::AUDIT)]
    Audit(AuditArgs),
    /// List, show and test the rules.
    #[command(after_help = examples::MORE, after_long_help = examples::RULES)]
    Rules(RulesArgs),
    /// Create, update, check or import the baseline of accepted findings.
    #[command(after_help = examples::MORE, after_long_help = examples::BASELINE)]
    Baseline(BaselineArgs),
    /// Plant fresh tokens and check that this installation finds them with the settings in use.
    Selftest(SelftestArgs),
    /// Show the configuration in use, print its schema, or migrate that of another scanner.
    #[command(after_help = examples::MORE, after_long_help = examples::CONFIG)]
    Config(ConfigArgs),
    /// Replace leaks in place, or filter standard input to standard output.
    #[command(after_help = examples::MORE, after_long_help = examples::REDACT)]
    Redact(RedactArgs),
    /// Explain why a value was reported: every piece of evidence, its weight and its place.
    #[command(after_help = examples::MORE, after_long_help = examples::EXPLAIN)]
    Explain(ExplainArgs),
    /// Explain why a value was not reported.
    #[command(after_help = examples::MORE, after_long_help = examples::WHY_NOT)]
    WhyNot(WhyNotArgs),
    /// Fit the weights of the judge to labelled cases.
    #[command(hide = true)]
    Fit(FitArgs),
    /// Install, remove or run git hooks that keep leaks from being committed, pushed or received.
    #[command(after_help = examples::MORE, after_long_help = examples::HOOK)]
    Hook(HookArgs),
    /// Print a completion script for a shell.
    Completions {
        /// Shell to print the script for.
        shell: clap_complete::Shell,
    },
    /// Print the manual page of the program or of a command (roff).
    Man(ManArgs),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }
}
