//! Temporary folder for tests, and the programs that run in it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;

/// Temporary folder, removed on drop.
pub(super) struct ScratchDir(PathBuf);

impl ScratchDir {
    pub(super) fn new(seed: u64) -> anyhow::Result<ScratchDir> {
        let name = format!("tokensweep-selftest-{}-{seed}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(ScratchDir(path))
    }

    /// Writes a file in the folder.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, String> {
        let path = self.0.join(name);
        std::fs::File::create(&path)
            .and_then(|mut file| file.write_all(bytes))
            .map_err(|e| format!("cannot write a file to try: {e}"))?;
        Ok(path)
    }

    /// Returns a path in the folder.
    pub(super) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.join(name)
    }

    /// Runs a program in the folder; returns its exit code and its output.
    pub(super) fn run_program(
        &self,
        program: &Path,
        args: &[&str],
    ) -> Result<(i32, String), String> {
        let mut command = Command::new(program);
        command.args(args).current_dir(&self.0).stdin(Stdio::null());
        // The variables of git for the hook that this may run in are about another repository.
        for name in [
            "GIT_DIR",
            "GIT_INDEX_FILE",
            "GIT_WORK_TREE",
            "GIT_PREFIX",
            "PRE_COMMIT",
        ] {
            command.env_remove(name);
        }
        let output = command
            .output()
            .map_err(|e| format!("cannot run {}: {e}", program.display()))?;
        let said = [output.stderr, b"\n".to_vec(), output.stdout].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        Ok((output.status.code().unwrap_or(-1), said))
    }

    /// Runs git without hooks; returns an error if git fails.
    pub(super) fn run_git(&self, args: &[&str]) -> Result<(), String> {
        match self.run_git_with("none", args)? {
            (0, _) => Ok(()),
            (_, said) => Err(format!("git {}: {}", args.join(" "), said.trim())),
        }
    }

    /// Runs git with the hooks that its configuration names.
    pub(super) fn git_as_configured(&self, args: &[&str]) -> Result<(i32, String), String> {
        self.run_program(Path::new("git"), args)
    }

    /// Runs git with the hooks in a folder.
    pub(super) fn run_git_with(&self, hooks: &str, args: &[&str]) -> Result<(i32, String), String> {
        let hooks = format!("core.hooksPath={hooks}");
        let settings = [
            "user.name=selftest",
            "user.email=selftest@invalid",
            "commit.gpgsign=false",
            &hooks,
        ];
        let settings = settings.iter().flat_map(|setting| ["-c", setting]);
        let all: Vec<&str> = settings.chain(args.iter().copied()).collect();
        self.run_program(Path::new("git"), &all)
    }
}

impl Drop for ScratchDir {
    fn drop(&mut self) {
        // A failure to remove the folder cannot be mended; it contains no real token.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
