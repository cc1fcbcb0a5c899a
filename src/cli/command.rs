//! Commands of the program, as clap parses them.

use clap::{Parser, Subcommand};

use super::baseline::BaselineArgs;
use super::config::ConfigArgs;
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
#[command(
    after_help = "Exit codes: 0 nothing found, everything scanned; 1 leaks found; 2 bad usage, \
    or something that was asked for could not be scanned."
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Report leaks in files, folders or standard input.
    Scan(ScanArgs),
    /// Read reports of this and other programs, merge them, and write them in any format.
    View(ViewArgs),
    /// List, show and test the rules.
    Rules(RulesArgs),
    /// Create, update, check or import the baseline of accepted findings.
    Baseline(BaselineArgs),
    /// Plant fresh tokens and check that this installation finds them with the settings in use.
    Selftest(SelftestArgs),
    /// Show the configuration in use, print its schema, or migrate that of another scanner.
    Config(ConfigArgs),
    /// Replace leaks in place, or filter standard input to standard output.
    Redact(RedactArgs),
    /// Explain why a value was reported: every piece of evidence, its weight and its place.
    Explain(ExplainArgs),
    /// Explain why a value was not reported.
    WhyNot(WhyNotArgs),
    /// Fit the weights of the judge to labelled cases.
    #[command(hide = true)]
    Fit(FitArgs),
    /// Install, remove or run git hooks that keep leaks from being committed, pushed or received.
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
