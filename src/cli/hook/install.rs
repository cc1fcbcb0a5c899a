//! Installs hooks where git, or the program that manages the hooks of a project, runs them; and removes them.

use std::fmt::Write as _;
use std::fs::Permissions;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::super::exit::Exit;
use super::super::print_text;
use super::call::{find_call, find_program};
use super::kind::HookKind;
use super::managers::Manager;
use super::script::{self, BEFORE, is_ours};
use super::status::{exit_of, write_trace};
use super::trace::{HookTrace, Layout, display_path};
use crate::file_replacement::FileReplacement;
use crate::message::portable_path;
use crate::source::git::Repository;

/// First lines of a script of husky 5 to 8.
const OLDER_HUSKY_HEAD: &str = "#!/usr/bin/env sh\n. \"$(dirname -- \"$0\")/_/husky.sh\"\n\n";

/// Place for a hook.
#[derive(Debug, PartialEq, Eq)]
enum Placement {
    /// File of its own.
    File(PathBuf),
    /// Lines in a script of husky.
    Lines(PathBuf),
    /// Configuration of a manager, which only its owner edits.
    Configuration(Manager),
    /// No place: a manager runs this program already.
    Configured,
}

pub(super) fn install_hooks(hooks: &[HookKind]) -> anyhow::Result<Exit> {
    let layout = Layout::of_repository(&Repository::discover(None)?);
    let hooks = if hooks.is_empty() {
        layout.usual_hooks()
    } else {
        hooks
    };
    check_folder(&layout)?;
    let mut to_tell: Vec<(Manager, Vec<HookKind>)> = Vec::new();
    for hook in hooks {
        unwrap_manager(&layout, *hook)?;
        match find_placement(&layout, *hook) {
            Placement::File(path) => put_file(&layout, *hook, &path)?,
            Placement::Lines(path) => put_lines(&layout, *hook, &path)?,
            Placement::Configured => {}
            Placement::Configuration(manager) => {
                match to_tell.iter_mut().find(|(m, _)| *m == manager) {
                    Some((_, list)) => list.push(*hook),
                    None => to_tell.push((manager, vec![*hook])),
                }
            }
        }
    }
    let traces: Vec<HookTrace> = hooks
        .iter()
        .map(|hook| HookTrace::of_hook(&layout, *hook))
        .collect();
    print_text(installation_report(&layout, &traces, &to_tell).as_bytes())?;
    Ok(exit_of(&traces))
}

/// Writes the hooks that run now, and the steps that are left to the user.
fn installation_report(
    layout: &Layout,
    traces: &[HookTrace],
    to_tell: &[(Manager, Vec<HookKind>)],
) -> String {
    let mut text = String::new();
    for trace in traces {
        write_trace(trace, &mut text);
    }
    if let Some(setting) = &layout.hooks.setting
        && matches!(setting.scope, "global" | "system")
    {
        let _ = writeln!(
            text,
            "{} is the folder for the hooks of all repositories (core.hooksPath, {})",
            display_path(&layout.hooks.dir),
            setting.scope
        );
    }
    for (manager, hooks) in to_tell {
        let name = manager.name();
        let _ = write!(
            text,
            "\n{name} manages the hooks here and replaces those of others. {}",
            manager.instructions(&layout.root, hooks)
        );
    }
    if exit_of(traces) != Exit::Clean {
        text.push_str("\nThen `tokensweep hook status` shows what runs.\n");
    }
    text
}

/// Fails if git runs no hooks from the folder that its setting names.
fn check_folder(layout: &Layout) -> anyhow::Result<()> {
    let dir = &layout.hooks.dir;
    if let Some(setting) = &layout.hooks.setting
        && (setting.value.is_empty() || (dir.exists() && !dir.is_dir()))
    {
        bail!(
            "core.hooksPath ({}) is `{}`, which is no folder, so git runs no hooks; \
             `git config --{0} --unset core.hooksPath` lets it run those of the repository",
            setting.scope,
            setting.value
        );
    }
    Ok(())
}

/// Finds the place for a hook.
fn find_placement(layout: &Layout, hook: HookKind) -> Placement {
    let path = layout.hook_file(hook);
    let Some(manager) = manager_of(layout, &path) else {
        return Placement::File(path);
    };
    if manager.configured_call(&layout.root, hook).is_some() {
        return Placement::Configured;
    }
    match manager {
        Manager::Husky => Placement::Lines(husky_folder(layout).join(hook.hook_name())),
        Manager::OlderHusky => Placement::Lines(path),
        // pre-commit runs the hook with this ending first, and keeps it when it installs its own again.
        Manager::PreCommit => Placement::File(legacy_path(&path)),
        _ => Placement::Configuration(manager),
    }
}

/// Returns the manager that wrote a hook, or else the one that the project is set up for.
fn manager_of(layout: &Layout, path: &Path) -> Option<Manager> {
    if layout.is_bare {
        return None;
    }
    let others = HookKind::ALL.into_iter().map(|hook| layout.hook_file(hook));
    // Only pre-commit leaves the files of other hooks alone.
    let mut others = others.filter_map(|other| writer_of(&other));
    writer_of(path)
        .or_else(|| Manager::of_project(&layout.root, &layout.hooks.dir))
        .or_else(|| others.find(|manager| *manager != Manager::PreCommit))
}

/// Returns the manager that wrote a file.
fn writer_of(path: &Path) -> Option<Manager> {
    let text = std::fs::read(path).ok().filter(|_| !is_ours(path))?;
    Manager::of_script(&String::from_utf8_lossy(&text))
}

/// Returns the folder with the scripts that husky runs.
fn husky_folder(layout: &Layout) -> PathBuf {
    let dir = &layout.hooks.dir;
    match dir.parent().filter(|_| dir.ends_with("_")) {
        Some(folder) => folder.to_owned(),
        None => layout.root.join(".husky"),
    }
}

fn legacy_path(path: &Path) -> PathBuf {
    path.with_extension("legacy")
}

fn earlier(path: &Path, hook: HookKind) -> PathBuf {
    path.with_file_name(format!("{}{BEFORE}", hook.hook_name()))
}

/// Restores the hook of a manager that an earlier release of this program has renamed: under another name it does
/// not work, and the manager overwrites the file in its place.
fn unwrap_manager(layout: &Layout, hook: HookKind) -> anyhow::Result<()> {
    let path = layout.hook_file(hook);
    let earlier = earlier(&path, hook);
    let Some(manager) = writer_of(&earlier) else {
        return Ok(());
    };
    if is_ours(&path) {
        remove_file(&path, hook)?;
    } else if writer_of(&path) == Some(manager) {
        // The manager has written its hook again since.
        std::fs::remove_file(&earlier)
            .with_context(|| format!("cannot remove {}", portable_path(&earlier)))?;
    }
    Ok(())
}

/// Writes a hook as a file of its own; an existing file in its place is renamed, and runs first.
fn put_file(layout: &Layout, hook: HookKind, path: &Path) -> anyhow::Result<()> {
    let dir = &layout.hooks.dir;
    std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", portable_path(dir)))?;
    if path.symlink_metadata().is_ok() && !is_ours(path) {
        let earlier = earlier(path, hook);
        if earlier.symlink_metadata().is_ok() {
            bail!(
                "{} is in the way: move it away, then install again",
                portable_path(&earlier)
            );
        }
        std::fs::rename(path, &earlier)
            .with_context(|| format!("cannot rename {}", portable_path(path)))?;
    }
    let program = std::env::current_exe().context("cannot find this program itself")?;
    let text = script::whole_script(hook, &program, layout.is_shared());
    write_executable(path, &text)
}

/// Adds the lines of a hook to a script of husky, which is created if it does not exist.
fn put_lines(layout: &Layout, hook: HookKind, path: &Path) -> anyhow::Result<()> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            let is_older = path == layout.hook_file(hook);
            if is_older { OLDER_HUSKY_HEAD } else { "" }.to_owned()
        }
        Err(e) => return Err(e).with_context(|| format!("cannot read {}", portable_path(path))),
    };
    if script::without_block(&text).is_none() && find_call(&text, hook, true).is_ok() {
        return Ok(());
    }
    if !script::is_shell_script(&text) {
        bail!(
            "{} is no shell script; let it run `tokensweep hook run {} -- \"$@\"` and fail with it",
            portable_path(path),
            hook.hook_name()
        );
    }
    let program = std::env::current_exe().context("cannot find this program itself")?;
    let is_found = find_program("tokensweep", &layout.root).is_some();
    let folder = program.parent().filter(|_| !is_found);
    write_executable(path, &script::with_block(&text, hook, folder))
}

/// Writes a file whole or not at all; a new file is executable, an old one keeps its mode.
fn write_executable(path: &Path, text: &str) -> anyhow::Result<()> {
    let replacement = FileReplacement {
        permissions: choose_permissions(path),
        ..FileReplacement::of(path)
    };
    replacement
        .write(|out| out.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write {}", portable_path(path)))
}

/// Returns the permissions of an executable file, unless a file of somebody else has its own.
#[cfg(unix)]
fn choose_permissions(path: &Path) -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt as _;
    let has_own = path.exists() && !is_ours(path);
    (!has_own).then(|| Permissions::from_mode(0o755))
}

/// Returns no permissions: without Unix a file needs none to be run.
#[cfg(not(unix))]
fn choose_permissions(_path: &Path) -> Option<Permissions> {
    None
}

pub(super) fn uninstall_hooks(hooks: &[HookKind]) -> anyhow::Result<Exit> {
    let layout = Layout::of_repository(&Repository::discover(None)?);
    let hooks = if hooks.is_empty() {
        &HookKind::ALL
    } else {
        hooks
    };
    let mut said = String::new();
    for hook in hooks {
        let path = layout.hook_file(*hook);
        let mut is_removed = false;
        for place in [&path, &legacy_path(&path)] {
            if is_ours(place) {
                remove_file(place, *hook)?;
                is_removed = true;
            }
        }
        for place in [&path, &husky_folder(&layout).join(hook.hook_name())] {
            is_removed |= remove_lines(place)?;
        }
        if is_removed {
            let _ = writeln!(said, "{} is removed", hook.hook_name());
        }
        let configured = manager_of(&layout, &path)
            .and_then(|manager| manager.configured_call(&layout.root, *hook));
        if let Some(file) = configured {
            let _ = writeln!(
                said,
                "{} is still named in {}: take it out there",
                hook.hook_name(),
                display_path(&file)
            );
        }
    }
    if said.is_empty() {
        said.push_str("no hook of tokensweep is installed here\n");
    }
    print_text(said.as_bytes())
}

/// Removes a hook of this program and restores the file that was there before.
fn remove_file(path: &Path, hook: HookKind) -> anyhow::Result<()> {
    let earlier = earlier(path, hook);
    let done = if earlier.symlink_metadata().is_ok() {
        std::fs::rename(&earlier, path)
    } else {
        std::fs::remove_file(path)
    };
    done.with_context(|| format!("cannot remove {}", portable_path(path)))
}

/// Removes the lines of this program from a script, and the script too if it contains nothing else.
fn remove_lines(path: &Path) -> anyhow::Result<bool> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let Some(rest) = script::without_block(&text) else {
        return Ok(false);
    };
    if rest.trim().is_empty() || rest.trim() == OLDER_HUSKY_HEAD.trim() {
        std::fs::remove_file(path)
            .with_context(|| format!("cannot remove {}", portable_path(path)))?;
    } else {
        write_executable(path, &rest)?;
    }
    Ok(true)
}
