//! Implements `tokensweep man`: manual pages of the program and of its commands.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Args;
use clap_mangen::Man;

use super::exit::Exit;
use super::output::print_text;
use crate::document::suggest_known;
use crate::message::portable_path;

#[derive(Args, Debug)]
pub(super) struct ManArgs {
    /// Command to print the page of, such as `scan` or `hook install`.
    #[arg(value_name = "COMMAND", conflicts_with = "output_dir")]
    command: Vec<String>,

    /// Write the pages of the program and of all its commands into DIR instead.
    #[arg(long, value_name = "DIR")]
    output_dir: Option<PathBuf>,
}

/// Prints a page of this program, or writes all of them.
pub(super) fn run(args: &ManArgs, program: clap::Command) -> anyhow::Result<Exit> {
    // Without this, pages refer to those of `help`, which say nothing that the others do not.
    let program = program.disable_help_subcommand(true);
    if let Some(dir) = &args.output_dir {
        write_pages(program, dir)?;
        return Ok(Exit::Clean);
    }
    let mut command = program;
    command.build();
    for name in &args.command {
        command = find_subcommand(&command, name)?;
    }
    let mut page = Vec::new();
    Man::new(command).render(&mut page)?;
    print_text(&page)
}

fn write_pages(program: clap::Command, dir: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(dir)
        .and_then(|()| clap_mangen::generate_to(program, dir))
        .with_context(|| format!("cannot write the manual pages into {}", portable_path(dir)))
}

fn find_subcommand(command: &clap::Command, name: &str) -> anyhow::Result<clap::Command> {
    let visible = command.get_subcommands().filter(|c| !c.is_hide_set());
    let names: Vec<&str> = visible.map(clap::Command::get_name).collect();
    let found = command
        .find_subcommand(name)
        .filter(|c| names.contains(&c.get_name()));
    found.cloned().ok_or_else(|| {
        let path = command.get_bin_name().unwrap_or_else(|| command.get_name());
        if names.is_empty() {
            return anyhow!("`{path}` has no commands of its own");
        }
        let hint = suggest_known(name, &names);
        anyhow!("`{path}` has no command `{name}`: {hint}")
    })
}
