//! Implements `tokensweep hook install | uninstall | status | run`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::exit::Exit;
use super::options::{RuleArgs, SettingArgs, WalkArgs};
use super::settings::Settings;
pub(super) use kind::HookKind;
pub(super) use managers::config_paths_of_managers;
use status::StatusFormat;
pub(super) use trace::{HookTrace, Layout};

mod call;
mod framework;
mod install;
mod kind;
mod managers;
mod message;
mod push;
mod run;
mod script;
mod status;
mod trace;

#[derive(Args, Debug)]
pub(super) struct HookArgs {
    #[command(subcommand)]
    command: HookCommand,
}

#[derive(Debug, Subcommand)]
enum HookCommand {
    /// Install hooks in the repository around the working directory, where git or the manager of its hooks runs them.
    ///
    /// Existing hooks are kept and run first. Exits 1 if a hook will not run, and prints what to add.
    Install {
        /// Hooks to install [default: pre-commit, commit-msg and pre-push; in a bare repository pre-receive].
        #[arg(value_name = "HOOK")]
        hooks: Vec<HookKind>,
    },
    /// Remove the hooks of tokensweep and restore those that were there before.
    Uninstall {
        /// Hooks to remove [default: all].
        #[arg(value_name = "HOOK")]
        hooks: Vec<HookKind>,
    },
    /// Show the files that git runs for each hook, in order; exit 1 if a hook does not run tokensweep.
    Status {
        /// Hooks to show [default: those that `install` puts in].
        #[arg(value_name = "HOOK")]
        hooks: Vec<HookKind>,
        /// Format of the output.
        #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
        format: StatusFormat,
    },
    /// Run a hook; for git to call.
    Run {
        /// Hook to run.
        #[arg(value_name = "HOOK")]
        hook: HookKind,
        /// Arguments from git; under the pre-commit framework, files to check.
        #[arg(value_name = "ARG")]
        args: Vec<PathBuf>,
        #[command(flatten)]
        rules: RuleArgs,
        #[command(flatten)]
        settings: SettingArgs,
    },
}

pub(super) fn run(args: &HookArgs) -> anyhow::Result<Exit> {
    match &args.command {
        HookCommand::Install { hooks } => install::install_hooks(hooks),
        HookCommand::Uninstall { hooks } => install::uninstall_hooks(hooks),
        HookCommand::Status { hooks, format } => status::report_status(hooks, *format),
        HookCommand::Run {
            hook,
            args,
            rules,
            settings,
        } => {
            let walk = WalkArgs::default();
            let settings = Settings::load_for(settings, rules, &walk, Path::new("."))?;
            run::run_hook(*hook, args, &settings)
        }
    }
}
