//! `tokensweep hook install | uninstall | run`.

use std::fmt::Write as _;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand, ValueEnum};

use super::args::{RuleArgs, WalkArgs};
use super::exit::Exit;
use super::print;
use super::settings::{SettingArgs, Settings};
use crate::finding::{Confidence, Finding, OriginKind, Outcome};
use crate::report::printable;
use crate::scan::Scanner;
use crate::source::git::{RangeOptions, Repository, StagedOptions, Which};

/// What every hook of ours holds; by it we know them again.
const MARK: &str = "# A hook of tokensweep";

/// What a hook is renamed to that was there before ours, which runs it first.
const BEFORE: &str = ".before-tokensweep";

/// How many findings a failing hook names.
const SHOWN: usize = 8;

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
        /// What git gives the hook.
        #[arg(value_name = "ARG")]
        args: Vec<PathBuf>,
        #[command(flatten)]
        rules: RuleArgs,
        #[command(flatten)]
        settings: SettingArgs,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Hook {
    PreCommit,
    CommitMsg,
    PrePush,
    PreReceive,
}

impl Hook {
    const ALL: [Hook; 4] = [
        Hook::PreCommit,
        Hook::CommitMsg,
        Hook::PrePush,
        Hook::PreReceive,
    ];

    fn name(self) -> &'static str {
        match self {
            Hook::PreCommit => "pre-commit",
            Hook::CommitMsg => "commit-msg",
            Hook::PrePush => "pre-push",
            Hook::PreReceive => "pre-receive",
        }
    }

    /// Whether git writes to its standard input.
    fn is_fed(self) -> bool {
        matches!(self, Hook::PrePush | Hook::PreReceive)
    }

    /// What has not happened when it fails.
    fn refused(self) -> &'static str {
        match self {
            Hook::PreCommit | Hook::CommitMsg => "nothing was committed",
            Hook::PrePush => "nothing was pushed",
            Hook::PreReceive => "the push is refused",
        }
    }

    /// How to get out of it, line by line.
    fn way_out(self) -> &'static [&'static str] {
        match self {
            Hook::PreCommit => &[
                "Take it out of the file and `git add` the file again.",
                "If it may stay, say so on its line: `tokensweep:allow REASON` in a comment.",
                "`git commit --no-verify` commits all the same.",
            ],
            Hook::CommitMsg => &[
                "Take it out of the message.",
                "`git commit --no-verify` commits all the same.",
            ],
            Hook::PrePush => &[
                "Take it out of the commits: `git commit --amend` for the last one, `git rebase -i` for others.",
                "`git push --no-verify` pushes all the same; then revoke it first.",
            ],
            Hook::PreReceive => &[
                "Take it out of the commits: `git commit --amend` for the last one, `git rebase -i` for others.",
                "Then push again.",
            ],
        }
    }
}

pub(super) fn run(args: &HookArgs) -> anyhow::Result<Exit> {
    match &args.command {
        HookCommand::Install { hooks } => install(hooks),
        HookCommand::Uninstall { hooks } => uninstall(hooks),
        HookCommand::Run {
            hook,
            args,
            rules,
            settings,
        } => {
            let walk = WalkArgs::default();
            let settings = Settings::load(settings, rules, &walk, Path::new("."))?;
            run_hook(*hook, args, &settings)
        }
    }
}

fn install(hooks: &[Hook]) -> anyhow::Result<Exit> {
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

fn uninstall(hooks: &[Hook]) -> anyhow::Result<Exit> {
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
pub(super) fn is_ours(path: &Path) -> bool {
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

fn run_hook(hook: Hook, args: &[PathBuf], settings: &Settings) -> anyhow::Result<Exit> {
    let scanner = settings.scanner();
    let mut outcome = match hook {
        Hook::PreCommit => {
            let repository = Repository::discover(None)?;
            scanner.scan_staged(&repository, &StagedOptions::default())?
        }
        Hook::CommitMsg => commit_message(&scanner, args)?,
        Hook::PrePush => pushed(&scanner, args.first().map(PathBuf::as_path))?,
        Hook::PreReceive => received(&scanner)?,
    };
    settings.accept(&mut outcome);
    let leaks: Vec<&Finding> = outcome.findings.iter().filter(|f| f.is_open()).collect();
    if !leaks.is_empty() || !outcome.is_complete() {
        io::stderr()
            .write_all(message(hook, &leaks, &outcome).as_bytes())
            .context("cannot write to standard error")?;
    }
    Ok(Exit::of_scan(!leaks.is_empty(), outcome.is_complete()))
}

/// The line under which `git commit -v` shows what is committed; it is no part of the message.
const SCISSORS: &[u8] = b"# ------------------------ >8 ------------------------";

fn commit_message(scanner: &Scanner, args: &[PathBuf]) -> anyhow::Result<Outcome> {
    let [file] = args else {
        bail!("commit-msg needs the file with the message, as git names it");
    };
    let text = std::fs::read(file)
        .with_context(|| format!("cannot read the commit message {}", file.display()))?;
    let end = memchr::memmem::find(&text, SCISSORS).unwrap_or(text.len());
    Ok(Outcome {
        findings: scanner.scan_text(&text[..end], Path::new("the commit message")),
        ..Outcome::default()
    })
}

/// What a push brings to the other side, from the lines that git writes: local ref, its id, remote ref, its id.
fn pushed(scanner: &Scanner, remote: Option<&Path>) -> anyhow::Result<Outcome> {
    if let Some(which) = pushed_under_pre_commit() {
        return commits(scanner, which);
    }
    let lines = lines_of_input(4)?;
    let column = |at: usize| lines.iter().map(|l| l[at].clone()).collect();
    let remote = remote
        .and_then(Path::to_str)
        .filter(|name| !name.contains([':', '/']));
    let which = Which::Pushed {
        new: column(1),
        old: column(3),
        known_refs: remote.map(|name| format!("refs/remotes/{name}/*")),
    };
    commits(scanner, which)
}

/// The same under the pre-commit framework, which has read git's lines itself and says what it made of them.
fn pushed_under_pre_commit() -> Option<Which> {
    let variable = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
    variable("PRE_COMMIT")?;
    let branch = variable("PRE_COMMIT_LOCAL_BRANCH")?;
    let remote = variable("PRE_COMMIT_REMOTE_NAME");
    Some(match variable("PRE_COMMIT_TO_REF") {
        Some(new) => Which::Pushed {
            new: vec![new],
            old: variable("PRE_COMMIT_FROM_REF").into_iter().collect(),
            known_refs: remote
                .filter(|name| !name.contains([':', '/']))
                .map(|name| format!("refs/remotes/{name}/*")),
        },
        // The other side has nothing of this branch yet.
        None => Which::Recent {
            refs: Some(branch.trim_start_matches("refs/").to_owned()),
            since: None,
            max: None,
        },
    })
}

/// What a push brings to this repository, from the lines that git writes: old id, new id, ref.
fn received(scanner: &Scanner) -> anyhow::Result<Outcome> {
    let lines = lines_of_input(3)?;
    let column = |at: usize| lines.iter().map(|l| l[at].clone()).collect();
    let which = Which::Pushed {
        new: column(1),
        old: column(0),
        known_refs: Some("refs/*".to_owned()),
    };
    commits(scanner, which)
}

fn commits(scanner: &Scanner, which: Which) -> anyhow::Result<Outcome> {
    let repository = Repository::discover(None)?;
    let options = RangeOptions {
        which,
        max_file_size: None,
        allow_incomplete: false,
        threads: 0,
    };
    Ok(scanner.scan_range(&repository, &options)?)
}

fn lines_of_input(words: usize) -> anyhow::Result<Vec<Vec<String>>> {
    let mut text = Vec::new();
    io::stdin()
        .lock()
        .read_to_end(&mut text)
        .context("cannot read what git says is pushed")?;
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| {
            let line: Vec<String> = line.split(' ').map(str::to_owned).collect();
            if line.len() < words {
                bail!("cannot make sense of what git says is pushed; is this run by git?");
            }
            Ok(line)
        })
        .collect()
}

/// What, where, and how to get out of it; no more than a screen.
fn message(hook: Hook, leaks: &[&Finding], outcome: &Outcome) -> String {
    let mut out = String::new();
    if !leaks.is_empty() {
        // What is less likely than not is not called a leak.
        let is_sure = leaks.iter().any(|l| l.confidence >= Confidence::Medium);
        let noun = match (is_sure, leaks.len()) {
            (true, 1) => "leak",
            (true, _) => "leaks",
            (false, 1) => "possible leak",
            (false, _) => "possible leaks",
        };
        let _ = writeln!(
            out,
            "tokensweep: {} {noun}, so {}.\n",
            leaks.len(),
            hook.refused()
        );
    }
    for finding in leaks.iter().take(SHOWN) {
        let path = finding.path.to_string_lossy();
        let place = format!("{path}:{}:{}", finding.start.line, finding.start.column);
        let _ = writeln!(out, "  {}", printable(&place));
        let what = format!("{}: {}", finding.title, finding.secret.masked());
        let _ = writeln!(out, "    {}", printable(&what));
        if finding.origin.kind == OriginKind::Blob
            && let Some(commit) = &finding.origin.commit
        {
            let _ = writeln!(out, "    in commit {}", &commit[..commit.len().min(12)]);
        }
    }
    if leaks.len() > SHOWN {
        let _ = writeln!(out, "  and {} more", leaks.len() - SHOWN);
    }
    if !leaks.is_empty() {
        out.push_str("\nHow to get out of it:\n");
        for step in hook.way_out() {
            let _ = writeln!(out, "  - {step}");
        }
    }
    let trouble: Vec<_> = outcome.trouble().collect();
    if !trouble.is_empty() {
        let _ = writeln!(
            out,
            "tokensweep: not everything could be read, so {}.",
            hook.refused()
        );
    }
    for skip in trouble.iter().take(SHOWN) {
        let line = format!("{}: {}", skip.path.to_string_lossy(), skip.reason);
        let _ = writeln!(out, "  {}", printable(&line));
    }
    out
}
