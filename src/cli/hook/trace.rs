//! Follows the files that git runs for a hook to this program, or to the reason why this program does not run.

use std::path::{Path, PathBuf};

use super::call::{find_call, find_program, is_executable};
use super::kind::HookKind;
use super::managers::Manager;
use super::script::{BEFORE, is_ours, program_in};
use crate::message::portable_path;
use crate::report::escape_control;
use crate::source::git::{HooksPath, Repository};

/// Maximum number of files through which a hook is followed.
const MAX_STEPS: usize = 8;

/// Folders of a repository that matter for its hooks.
#[derive(Debug)]
pub(in super::super) struct Layout {
    /// Root of the working tree; the git directory of a bare repository.
    pub(in super::super) root: PathBuf,
    pub(in super::super) hooks: HooksPath,
    pub(in super::super) is_bare: bool,
}

impl Layout {
    pub(in super::super) fn of_repository(repository: &Repository) -> Layout {
        let work = repository.work_dir();
        let root = work.unwrap_or_else(|| repository.git_dir());
        Layout {
            root: full_path(&root),
            hooks: full_paths(repository.hooks_path()),
            is_bare: repository.is_bare(),
        }
    }

    /// Returns the hooks to install or show if none is named.
    pub(in super::super) fn usual_hooks(&self) -> &'static [HookKind] {
        if self.is_bare {
            &[HookKind::PreReceive]
        } else {
            &[HookKind::PreCommit, HookKind::CommitMsg, HookKind::PrePush]
        }
    }

    /// Returns the file that git runs for a hook.
    pub(in super::super) fn hook_file(&self, hook: HookKind) -> PathBuf {
        self.hooks.dir.join(hook.hook_name())
    }

    /// Returns true if there is a file for this hook, or a manager that is configured to run this program in it.
    pub(in super::super) fn is_meant_to_run(&self, hook: HookKind) -> bool {
        if self.hook_file(hook).symlink_metadata().is_ok() {
            return true;
        }
        match Manager::of_project(&self.root, &self.hooks.dir) {
            _ if self.is_bare => false,
            Some(Manager::Husky) => {
                let script =
                    std::fs::read_to_string(self.root.join(".husky").join(hook.hook_name()));
                script.is_ok_and(|text| find_call(&text, hook, true).is_ok())
            }
            Some(manager) => manager.configured_call(&self.root, hook).is_some(),
            None => false,
        }
    }

    /// Returns true if the hooks are among the project's own files, which others clone.
    pub(in super::super) fn is_shared(&self) -> bool {
        !self.is_bare
            && self.hooks.setting.is_some()
            && self.hooks.dir.starts_with(&self.root)
            && !self.hooks.dir.starts_with(self.root.join(".git"))
    }
}

fn full_paths(mut hooks: HooksPath) -> HooksPath {
    hooks.dir = full_path(&hooks.dir);
    if let Some(setting) = &mut hooks.setting {
        setting.file = setting.file.as_deref().map(full_path);
    }
    hooks
}

/// Returns a path from the root, without `..` as far as its folders exist.
fn full_path(path: &Path) -> PathBuf {
    if let Ok(full) = path.canonicalize() {
        return full;
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) if !parent.as_os_str().is_empty() => {
            full_path(parent).join(name)
        }
        _ => std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
    }
}

/// File that git, or a manager of hooks, runs.
#[derive(Debug)]
pub(in super::super) struct Step {
    pub(in super::super) path: PathBuf,
    /// Program that the file belongs to.
    pub(in super::super) owner: String,
}

/// Course of a hook.
#[derive(Debug)]
pub(in super::super) struct HookTrace {
    pub(in super::super) hook: HookKind,
    /// Files in the order in which they run.
    pub(in super::super) steps: Vec<Step>,
    /// Program that is run in the end, or the reason why none is.
    pub(in super::super) verdict: Result<String, String>,
}

impl HookTrace {
    pub(in super::super) fn of_hook(layout: &Layout, hook: HookKind) -> HookTrace {
        let mut tracer = Tracer {
            layout,
            hook,
            steps: Vec::new(),
        };
        let verdict = tracer.start_trace();
        HookTrace {
            hook,
            steps: tracer.steps,
            verdict,
        }
    }
}

struct Tracer<'l> {
    layout: &'l Layout,
    hook: HookKind,
    steps: Vec<Step>,
}

impl Tracer<'_> {
    fn start_trace(&mut self) -> Result<String, String> {
        let hooks = &self.layout.hooks;
        if hooks.setting.as_ref().is_some_and(|s| s.value.is_empty()) {
            return Err("core.hooksPath is empty, so git runs no hook".to_owned());
        }
        if hooks.dir.exists() && !hooks.dir.is_dir() {
            let dir = display_path(&hooks.dir);
            return Err(format!("{dir} is no folder, so git runs no hook"));
        }
        let path = self.layout.hook_file(self.hook);
        if !path.exists() {
            let why = match path.symlink_metadata() {
                Ok(_) => "it is a link to nothing",
                Err(_) => "it is not there",
            };
            return Err(self.describe_missing(&path, why));
        }
        if !is_executable(&path) {
            let path = display_path(&path);
            return Err(format!(
                "{path} is not executable, so git passes over it; `chmod +x` mends that"
            ));
        }
        self.follow(&path, false)
    }

    /// Returns the reason if git has no file to run, with the manager that writes it.
    fn describe_missing(&self, path: &Path, why: &str) -> String {
        let path_shown = display_path(path);
        match Manager::of_project(&self.layout.root, &self.layout.hooks.dir) {
            Some(manager) if !self.layout.is_bare => format!(
                "git looks for {path_shown}, and {why}; this project is set up for {}: run `{}`",
                manager.name(),
                manager.install_command()
            ),
            _ => format!("git looks for {path_shown}, and {why}"),
        }
    }

    /// Follows a file that is run; `with_errors` is true if `sh -e` runs it.
    fn follow(&mut self, path: &Path, with_errors: bool) -> Result<String, String> {
        if self.steps.len() >= MAX_STEPS {
            return Err("it runs in a circle".to_owned());
        }
        let bytes = std::fs::read(path)
            .map_err(|e| format!("{} cannot be read: {e}", display_path(path)))?;
        let text = String::from_utf8_lossy(&bytes);
        if is_ours(path) {
            return self.follow_ours(path, &text);
        }
        let manager = Manager::of_script(&text);
        let owner = manager.map_or("a script", Manager::name).to_owned();
        self.push(path, owner);
        match manager {
            None | Some(Manager::OlderHusky | Manager::SimpleGitHooks) => {}
            Some(manager) => return self.follow_manager(manager, path, &text),
        }
        if let Some(off) = manager.and_then(|manager| manager.switched_off(self.hook)) {
            return Err(format!(
                "{off} in the environment puts its hooks out of action"
            ));
        }
        let call = find_call(&text, self.hook, with_errors)
            .map_err(|why| format!("{}: {why}", display_path(path)))?;
        self.find(&call.program).or_else(|why| {
            let named = call.folder.map(|folder| folder.join(&call.program));
            let named = named.filter(|program| is_executable(program));
            named.map(|program| display_path(&program)).ok_or(why)
        })
    }

    /// Follows a hook that this program wrote: the hook that was there before runs first.
    fn follow_ours(&mut self, path: &Path, text: &str) -> Result<String, String> {
        let earlier = path.with_file_name(format!("{}{BEFORE}", self.hook.hook_name()));
        if is_executable(&earlier) && !self.is_repeated(&earlier) {
            // A failure of the earlier hook stops the commit too; its success decides nothing.
            let _ = self.follow(&earlier, false);
        }
        self.push(path, "tokensweep".to_owned());
        find_call(text, self.hook, false)
            .map_err(|why| format!("{}: {why}", display_path(path)))?;
        let on_path = self.find("tokensweep");
        match program_in(text) {
            Some((_, true)) if on_path.is_ok() => on_path,
            Some((program, _)) if is_executable(&program) => Ok(display_path(&program)),
            Some((program, _)) => {
                on_path.map_err(|why| format!("{} is gone, and {why}", display_path(&program)))
            }
            None => on_path,
        }
    }

    /// Returns true if this is the hook of pre-commit again, which the hook of this program leaves out.
    fn is_repeated(&self, earlier: &Path) -> bool {
        let name = Manager::PreCommit.name();
        let text = std::fs::read(earlier).unwrap_or_default();
        self.steps.iter().any(|step| step.owner == name)
            && Manager::of_script(&String::from_utf8_lossy(&text)) == Some(Manager::PreCommit)
    }

    fn follow_manager(
        &mut self,
        manager: Manager,
        path: &Path,
        text: &str,
    ) -> Result<String, String> {
        // The hook that pre-commit has replaced runs whatever is skipped.
        if let Some(off) = manager
            .switched_off(self.hook)
            .filter(|_| manager != Manager::PreCommit)
        {
            return Err(format!(
                "{off} in the environment puts {} out of action",
                manager.name()
            ));
        }
        match manager {
            Manager::Husky => self.follow_husky(path),
            Manager::PreCommit => self.follow_pre_commit(path, text),
            Manager::Lefthook if !self.has_lefthook(text) => {
                Err("its hook finds no lefthook here, and passes without it".to_owned())
            }
            _ => self.follow_configured(manager),
        }
    }

    fn follow_husky(&mut self, path: &Path) -> Result<String, String> {
        let helper = path.with_file_name("h");
        if !helper.is_file() {
            return Err(format!(
                "{} is not there; run `npx husky`",
                display_path(&helper)
            ));
        }
        if let Some(file) = husky_switch() {
            let file = display_path(&file);
            return Err(format!("HUSKY=0 in {file} puts husky out of action"));
        }
        let folder = path.parent().and_then(Path::parent).unwrap_or(path);
        let own = folder.join(self.hook.hook_name());
        if !own.is_file() {
            return Err(format!(
                "husky runs {}, which is not there",
                display_path(&own)
            ));
        }
        self.follow(&own, true)
    }

    /// Follows a hook of pre-commit: the hook that it has replaced runs first, then the hooks of its configuration.
    fn follow_pre_commit(&mut self, path: &Path, text: &str) -> Result<String, String> {
        let mut settings = text.lines().filter_map(|line| {
            line.strip_prefix("INSTALL_PYTHON=")
                .or_else(|| line.strip_prefix("PREK="))
        });
        let is_there =
            settings.any(|word| is_executable(Path::new(word.trim_matches(['"', '\'']))));
        let on_path = ["pre-commit", "prek"].map(|program| self.find(program).is_ok());
        if !is_there && !on_path.contains(&true) {
            return Err("its hook finds no pre-commit here, and fails every time".to_owned());
        }
        let legacy = path.with_file_name(format!("{}.legacy", self.hook.hook_name()));
        if is_executable(&legacy)
            && let Ok(program) = self.follow(&legacy, false)
        {
            return Ok(program);
        }
        self.follow_configured(Manager::PreCommit)
    }

    /// Looks for this program in the configuration of a manager.
    fn follow_configured(&mut self, manager: Manager) -> Result<String, String> {
        if let Some(off) = manager.switched_off(self.hook) {
            let name = manager.name();
            return Err(format!("{off} in the environment lets {name} pass over it"));
        }
        let Some(file) = manager.configured_call(&self.layout.root, self.hook) else {
            return Err(format!(
                "no configuration of {} runs `tokensweep hook run {}`",
                manager.name(),
                self.hook.hook_name()
            ));
        };
        self.push(&file, format!("the configuration of {}", manager.name()));
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let builds_itself = manager == Manager::PreCommit
            && !text.contains("tokensweep-system")
            && !text.contains("tokensweep hook run");
        if builds_itself {
            return Ok("tokensweep, as pre-commit builds it".to_owned());
        }
        self.find("tokensweep")
    }

    /// Returns true if the hook of lefthook finds lefthook: by a path in the hook, on the PATH, or in the project.
    fn has_lefthook(&self, text: &str) -> bool {
        let mut words = text.split([' ', '"', '\'']);
        let root = &self.layout.root;
        words.any(|w| w.starts_with('/') && w.ends_with("lefthook") && is_executable(Path::new(w)))
            || find_program("lefthook", root).is_some()
            || root.join("node_modules/lefthook/bin/index.js").is_file()
            || std::env::var_os("LEFTHOOK_BIN").is_some()
    }

    /// Returns the program that a word of a script runs.
    fn find(&self, word: &str) -> Result<String, String> {
        if word.is_empty() || word.contains('$') {
            return Ok("tokensweep, as the script finds it".to_owned());
        }
        match find_program(word, &self.layout.root) {
            Some(program) => Ok(display_path(&program)),
            None if word.contains('/') => Err(format!("{} is no program", escape_control(word))),
            None => Err(format!("there is no {} on the PATH", escape_control(word))),
        }
    }

    fn push(&mut self, path: &Path, owner: String) {
        let path = path.to_owned();
        self.steps.push(Step { path, owner });
    }
}

/// Returns the file of the user that husky reads first, if it switches husky off.
fn husky_switch() -> Option<PathBuf> {
    let config = std::env::var_os("XDG_CONFIG_HOME").filter(|dir| !dir.is_empty());
    let config = match config {
        Some(dir) => PathBuf::from(dir),
        None => PathBuf::from(std::env::var_os("HOME")?).join(".config"),
    };
    let file = config.join("husky/init.sh");
    let text = std::fs::read_to_string(&file).ok()?;
    let is_off = |line: &str| line.trim_start().trim_start_matches("export ").trim() == "HUSKY=0";
    text.lines().any(is_off).then_some(file)
}

/// Returns a path as it is printed.
pub(super) fn display_path(path: &Path) -> String {
    escape_control(&portable_path(path)).into_owned()
}
