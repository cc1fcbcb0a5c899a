//! Puts hooks into a repository and takes them out again.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::super::exit::Exit;
use super::super::print;
use super::kind::Hook;
use crate::report::printable;
use crate::source::git::Repository;

/// What every hook of ours holds; by it we know them again.
const MARK: &str = "# A hook of tokensweep";

/// What a hook is renamed to that was there before ours, which runs it first.
const BEFORE: &str = ".before-tokensweep";

pub(super) fn install(hooks: &[Hook]) -> anyhow::Result<Exit> {
    let repository = Repository::discover(None)?;
    let usual: &[Hook] = if repository.is_bare() {
        &[Hook::PreReceive]
    } else {
        &[Hook::PreCommit, Hook::CommitMsg, Hook::PrePush]
    };
    let hooks = if hooks.is_empty() { usual } else { hooks };
    let dir = repository.hooks_dir();
    std::fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let program = std::env::current_exe().context("cannot find this program itself")?;
    let mut said = String::new();
    for hook in hooks {
        let path = dir.join(hook.name());
        let earlier = dir.join(format!("{}{BEFORE}", hook.name()));
        let mut note = "";
        if path.symlink_metadata().is_ok() && !is_ours(&path) {
            if earlier.symlink_metadata().is_ok() {
                bail!(
                    "{} is in the way: move it away, then install again",
                    earlier.display()
                );
            }
            std::fs::rename(&path, &earlier)
                .with_context(|| format!("cannot rename {}", path.display()))?;
            note = ", after the one that was there";
        }
        put(&path, &script(*hook, &program))?;
        let _ = writeln!(
            said,
            "{} runs in {}{note}",
            hook.name(),
            printable(&path.to_string_lossy())
        );
    }
    print(said.as_bytes())
}

pub(super) fn uninstall(hooks: &[Hook]) -> anyhow::Result<Exit> {
    let repository = Repository::discover(None)?;
    let dir = repository.hooks_dir();
    let hooks = if hooks.is_empty() { &Hook::ALL } else { hooks };
    let mut said = String::new();
    for hook in hooks {
        let path = dir.join(hook.name());
        if !is_ours(&path) {
            continue;
        }
        let earlier = dir.join(format!("{}{BEFORE}", hook.name()));
        let done = if earlier.symlink_metadata().is_ok() {
            std::fs::rename(&earlier, &path)
        } else {
            std::fs::remove_file(&path)
        };
        done.with_context(|| format!("cannot remove {}", path.display()))?;
        let _ = writeln!(said, "{} is removed", hook.name());
    }
    if said.is_empty() {
        said.push_str("no hook of tokensweep is installed here\n");
    }
    print(said.as_bytes())
}

/// Whether a hook was installed by this program.
pub(in super::super) fn is_ours(path: &Path) -> bool {
    std::fs::read(path).is_ok_and(|text| memchr::memmem::find(&text, MARK.as_bytes()).is_some())
}

/// The hook's script: what was there before runs first, then this program wherever it is.
fn script(hook: Hook, program: &Path) -> String {
    let name = hook.name();
    let program = program.to_string_lossy().replace('\'', r"'\''");
    let (take, feed) = if hook.is_fed() {
        ("input=$(cat)\n", "printf '%s\\n' \"$input\" | ")
    } else {
        ("", "")
    };
    format!(
        "#!/bin/sh\n\
        {MARK}: `tokensweep hook uninstall` removes it.\n\
        {take}\
        earlier=$(dirname -- \"$0\")/{name}{BEFORE}\n\
        if [ -x \"$earlier\" ]; then\n  {feed}\"$earlier\" \"$@\" || exit\nfi\n\
        sweep='{program}'\n\
        [ -x \"$sweep\" ] || sweep=tokensweep\n\
        {feed}\"$sweep\" hook run {name} -- \"$@\"\n"
    )
}

/// Writes an executable file, whole or not at all.
fn put(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new-tokensweep");
    let new = PathBuf::from(new);
    let write = || -> io::Result<()> {
        let mut file = std::fs::File::create(&new)?;
        file.write_all(text.as_bytes())?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            file.set_permissions(std::fs::Permissions::from_mode(0o755))?;
        }
        std::fs::rename(&new, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}
