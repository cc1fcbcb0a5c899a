//! Finds the call of this program in a shell script, or the reason why the call does not count.

use std::path::{Path, PathBuf};

use super::kind::HookKind;

/// Words that add a folder to the PATH of a call.
pub(super) const PATH_AND: &str = "PATH=\"$PATH:";

/// Call of this program in a script.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// Word that names the program.
    pub(super) program: String,
    /// Folder that the script adds to the PATH for the call.
    pub(super) folder: Option<PathBuf>,
}

/// Finds the call that this hook needs. `stops_at_errors` is true for a script that `sh -e` runs.
///
/// # Errors
/// Returns the reason as a text if there is no call that counts.
pub(super) fn find_call(
    script: &str,
    hook: HookKind,
    stops_at_errors: bool,
) -> Result<Call, String> {
    let words = format!("hook run {}", hook.hook_name());
    let mut stops = stops_at_errors;
    let mut ended_by = None;
    let mut lines = script
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    while let Some((at, line)) = lines.next() {
        let Some(start) = line.find(&words) else {
            stops |= line.trim_start().starts_with("set -e");
            if ended_by.is_none() && ends_script(line) {
                ended_by = Some(at + 1);
            }
            continue;
        };
        if let Some(end) = ended_by {
            return Err(format!("line {end} ends it before tokensweep runs"));
        }
        let (before, after) = (&line[..start], &line[start + words.len()..]);
        let is_last = lines.all(|(_, line)| matches!(line.trim(), "fi" | "}" | "done"));
        if is_verdict_lost(before, after, is_last || stops) {
            return Err(format!(
                "what tokensweep says on line {} does not count, as the script goes on; write `|| exit` behind it",
                at + 1
            ));
        }
        let program = before.split_whitespace().last().unwrap_or_default();
        let program = program.trim_matches(['"', '\'', '(', '{', '`']).to_owned();
        let folder = before.split_once(PATH_AND).and_then(|(_, rest)| {
            let (folder, _) = rest.split_once("\" ")?;
            Some(PathBuf::from(folder))
        });
        return Ok(Call { program, folder });
    }
    Err(format!("it does not call `tokensweep {words}`"))
}

/// Returns true if no line after this one is run.
fn ends_script(line: &str) -> bool {
    let first = line.split([' ', ';', '\t']).next().unwrap_or_default();
    match first {
        "exit" | "return" => !line.contains("||") && !line.contains("&&"),
        // `exec <<END` and `exec 2>log` only change what the script reads and writes.
        "exec" => line["exec".len()..]
            .trim_start()
            .starts_with(|c: char| !c.is_ascii_digit() && !matches!(c, '<' | '>' | '&')),
        _ => false,
    }
}

/// Returns true if the script passes whatever the exit code of the call. `counts` is true if that code is the script's.
fn is_verdict_lost(before: &str, after: &str, counts: bool) -> bool {
    let after = after.trim();
    if let Some((_, other)) = after.rsplit_once("||") {
        let other = other.trim();
        return !(other == "exit"
            || other.starts_with("exit $")
            || other.starts_with("return")
            || other.starts_with('{')
            || ["exit 1", "exit 2"].iter().any(|e| other.starts_with(e)));
    }
    let is_condition = ["if ", "elif ", "while "]
        .iter()
        .any(|word| before.trim_start().starts_with(word));
    let in_background = after.ends_with('&') && !after.ends_with("&&");
    in_background || (!counts && !is_condition && !after.contains("&&"))
}

/// Returns the file that a word runs: a path from `root` if it contains a slash, else a file on the PATH or in the
/// folder of the project's own programs.
pub(super) fn find_program(word: &str, root: &Path) -> Option<PathBuf> {
    if word.contains('/') {
        return Some(root.join(word)).filter(|path| is_executable(path));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let own = root.join("node_modules/.bin");
    std::env::split_paths(&path)
        .chain([own])
        .map(|dir| dir.join(format!("{word}{}", std::env::consts::EXE_SUFFIX)))
        .find(|path| is_executable(path))
}

/// Returns true if a file can be run.
pub(super) fn is_executable(path: &Path) -> bool {
    let Ok(meta) = std::fs::metadata(path) else {
        return false;
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        meta.is_file() && meta.permissions().mode() & 0o111 != 0
    }
    #[cfg(not(unix))]
    meta.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_counts_only_where_the_script_heeds_it() {
        for (script, counts) in [
            ("tokensweep hook run pre-commit", true),
            ("tokensweep hook run pre-commit\necho done", false),
            ("set -e\ntokensweep hook run pre-commit\necho done", true),
            ("tokensweep hook run pre-commit || exit 1\necho done", true),
            ("tokensweep hook run pre-commit -- \"$@\" || exit\nx", true),
            ("tokensweep hook run pre-commit && npm test\n", true),
            ("tokensweep hook run pre-commit || true", false),
            ("tokensweep hook run pre-commit || exit 0", false),
            ("tokensweep hook run pre-commit &", false),
            (
                "if ! tokensweep hook run pre-commit; then\n  exit 1\nfi\nx",
                true,
            ),
            ("exit 0\ntokensweep hook run pre-commit", false),
            ("exec npm test\ntokensweep hook run pre-commit", false),
            ("exec 2>log\ntokensweep hook run pre-commit", true),
            (
                "if a; then\n  exit 0\nfi\ntokensweep hook run pre-commit",
                true,
            ),
            ("# tokensweep hook run pre-commit", false),
            ("tokensweep hook run commit-msg", false),
            ("npm test", false),
        ] {
            let found = find_call(script, HookKind::PreCommit, false);
            assert_eq!(found.is_ok(), counts, "{script}: {found:?}");
        }
        let go_on = "tokensweep hook run pre-commit\necho done";
        assert!(find_call(go_on, HookKind::PreCommit, true).is_ok());
    }

    #[test]
    fn the_word_before_the_call_is_the_program() {
        for (script, program) in [
            ("tokensweep hook run pre-push", "tokensweep"),
            ("x | \"$sweep\" hook run pre-push -- \"$@\"", "$sweep"),
            ("./bin/tokensweep hook run pre-push", "./bin/tokensweep"),
        ] {
            let call = find_call(script, HookKind::PrePush, false).unwrap();
            assert_eq!(call.program, program);
        }
        let script = "PATH=\"$PATH:/opt/my tools\" tokensweep hook run pre-push || exit";
        let call = find_call(script, HookKind::PrePush, false).unwrap();
        assert_eq!(call.folder.as_deref(), Some(Path::new("/opt/my tools")));
    }
}
