//! `tokensweep hook install | uninstall | run`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::args::{RuleArgs, WalkArgs};
use super::exit::Exit;
use super::settings::{SettingArgs, Settings};
pub(super) use install::is_ours;
use kind::Hook;

mod framework;
mod install;
mod kind;
mod message;
mod push;
mod run;

#[derive(Args, Debug)]
pub(super) struct HookArgs {
    #[command(subcommand)]
    command: HookCommand,
}

#[derive(Debug, Subcommand)]
enum HookCommand {
    /// Put hooks into the repository around the working directory; hooks that are there are kept and run first.
    Install {
        /// Which; without any, pre-commit, commit-msg and pre-push, and in a bare repository pre-receive.
        #[arg(value_name = "HOOK")]
        hooks: Vec<Hook>,
    },
    /// Take our hooks out again and put back what was there before.
    Uninstall {
        /// Which; without any, all.
        #[arg(value_name = "HOOK")]
        hooks: Vec<Hook>,
    },
    /// Do what a hook does; called by git.
    Run {
        /// Which hook.
        #[arg(value_name = "HOOK")]
        hook: Hook,
        /// What git gives the hook; under the pre-commit framework, files to check.
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
        HookCommand::Install { hooks } => install::install(hooks),
        HookCommand::Uninstall { hooks } => install::uninstall(hooks),
        HookCommand::Run {
            hook,
            args,
            rules,
            settings,
        } => {
            let walk = WalkArgs::default();
            let settings = Settings::load(settings, rules, &walk, Path::new("."))?;
            run::run_hook(*hook, args, &settings)
        }
    }
}
