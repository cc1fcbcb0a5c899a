//! Finds the folder of the hooks of a repository.

use std::path::{Path, PathBuf};

use gix::config::Source;

use super::Repository;

/// Folder that git runs hooks from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HooksPath {
    /// Path of the folder, which may not exist.
    pub dir: PathBuf,
    /// Setting that contains it; `None` for the `hooks` folder of the git directory.
    pub setting: Option<HooksSetting>,
}

/// Value of `core.hooksPath` that applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HooksSetting {
    /// Scope, in the terms of `git config --show-scope`.
    pub scope: &'static str,
    /// File that contains the setting.
    pub file: Option<PathBuf>,
    /// Unchanged value. An empty one leaves git without hooks.
    pub value: String,
}

impl Repository {
    /// Returns the folder that git runs hooks from: `core.hooksPath` of the last scope that sets it, else `hooks` in
    /// the directory that all working trees share.
    #[must_use]
    pub fn hooks_path(&self) -> HooksPath {
        let Some(setting) = self.hooks_setting() else {
            return HooksPath {
                dir: self.git_dirs().common.join("hooks"),
                setting: None,
            };
        };
        // A relative path starts at the folder in which git runs its hooks.
        let start = self.work_dir().unwrap_or_else(|| self.git_dir());
        HooksPath {
            dir: start.join(expand_home(&setting.value)),
            setting: Some(setting),
        }
    }

    fn hooks_setting(&self) -> Option<HooksSetting> {
        let local = self.inner.to_thread_local();
        let config = local.config_snapshot();
        let sections = config.plumbing().sections_by_name("core")?;
        let settings = sections.filter_map(|section| {
            let value = section.value("hooksPath")?;
            let meta = section.meta();
            Some(HooksSetting {
                scope: scope_name(meta.source),
                file: meta.path.clone(),
                value: value.to_string(),
            })
        });
        settings.last()
    }
}

fn scope_name(source: Source) -> &'static str {
    match source {
        Source::GitInstallation | Source::System => "system",
        Source::Git | Source::User => "global",
        Source::Local => "local",
        Source::Worktree => "worktree",
        Source::Env | Source::Cli | Source::Api | Source::EnvOverride => "command",
    }
}

/// Replaces a leading `~` with the user's home folder.
fn expand_home(value: &str) -> PathBuf {
    match (value.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(value),
    }
}
