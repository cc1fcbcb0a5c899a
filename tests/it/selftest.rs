//! The selftest passes on a good installation and fails where the settings blind it.

use std::path::Path;
use std::process::Output;

use crate::env::Env;
use crate::git::git_out;

/// Runs it with git at hand, its scratch folder below `temp`.
fn selftest(env: &Env, temp: &Path) -> Output {
    let mut command = env.command();
    command.arg("selftest").env("TMPDIR", temp);
    command.env("PATH", std::env::var_os("PATH").unwrap());
    command.output().unwrap()
}

#[test]
fn a_good_installation_passes_and_leaves_nothing_behind() {
    let env = Env::new();
    let temp = env.root().join("tmp");
    std::fs::create_dir(&temp).unwrap();
    let output = selftest(&env, &temp);
    let said = String::from_utf8_lossy(&output.stdout);
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}{wrong}");
    for line in [
        "ok    the format html tells it and masks it\n",
        "ok    a file of 4 kB is read whole\n",
        "ok    the pre-commit hook refuses a staged token\n",
        "ok    the history still holds it\n",
        "note  no pre-commit hook is installed here; `tokensweep hook install` puts one in\n",
    ] {
        assert!(said.contains(line), "{line} in {said}");
    }
    assert_eq!(std::fs::read_dir(temp).unwrap().count(), 0);
}

#[test]
#[cfg(unix)]
fn the_installed_hooks_are_tried_and_one_that_does_nothing_fails_it() {
    let env = Env::new();
    let other = Env::new();
    git_out(env.root(), &["init", "-q", "."]);
    env.run("hook install").expect(0);
    let run = || {
        let output = selftest(&env, other.root());
        let said = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), said)
    };
    let (code, said) = run();
    assert_eq!(code, Some(0), "{said}");
    for hook in ["pre-commit", "commit-msg", "pre-push"] {
        let line = format!("ok    the {hook} hook that is installed here refuses a token\n");
        assert!(said.contains(&line), "{said}");
    }
    // Somebody has put an end to it behind its first lines.
    let hook = env.root().join(".git/hooks/pre-commit");
    let text = std::fs::read_to_string(&hook).unwrap();
    let (head, rest) = text.split_at(text.find("earlier=").unwrap());
    env.write(".git/hooks/pre-commit", format!("{head}exit 0\n{rest}"));
    let (code, said) = run();
    assert_eq!(code, Some(1), "{said}");
    let line =
        "FAIL  the pre-commit hook that is installed here refuses a token: git did it all the same";
    assert!(said.contains(line), "{said}");
    // Another program has put its own in its place.
    env.write(".git/hooks/pre-commit", "#!/bin/sh\nexit 0\n");
    let (code, said) = run();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(line), "{said}");
    // A script that fails over everything has not looked.
    env.write(".git/hooks/pre-commit", "#!/bin/sh\necho no >&2\nexit 1\n");
    let (code, said) = run();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("it failed for another reason: no"), "{said}");
}

#[test]
#[cfg(unix)]
fn an_installed_hook_is_tried_alone_if_the_one_before_it_needs_more_of_the_project() {
    use std::os::unix::fs::PermissionsExt as _;
    let env = Env::new();
    let other = Env::new();
    git_out(env.root(), &["init", "-q", "."]);
    let hook = env.write(".git/hooks/pre-commit", "#!/bin/sh\n./lint.sh\n");
    std::fs::set_permissions(hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    env.run("hook install").expect(0);
    let output = selftest(&env, other.root());
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(
        said.contains("ok    the pre-commit hook that is installed here"),
        "{said}"
    );
}

#[test]
#[cfg(unix)]
fn a_hook_of_husky_is_tried_with_the_files_of_the_project() {
    use std::os::unix::fs::PermissionsExt as _;
    let env = Env::new();
    let other = Env::new();
    git_out(env.root(), &["init", "-q", "."]);
    git_out(env.root(), &["config", "core.hooksPath", ".husky/_"]);
    env.write(
        ".husky/_/h",
        "sh -e \"$(dirname \"$(dirname \"$0\")\")/$(basename \"$0\")\" \"$@\"\n",
    );
    let hook = env.write(
        ".husky/_/pre-commit",
        "#!/bin/sh\n. \"$(dirname \"$0\")/h\"\n",
    );
    std::fs::set_permissions(hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    let program = env!("CARGO_BIN_EXE_tokensweep");
    for (script, code, line) in [
        (
            format!("'{program}' hook run pre-commit\n"),
            0,
            "ok    the pre-commit hook that is installed here",
        ),
        ("true\n".to_owned(), 1, "git did it all the same"),
    ] {
        env.write(".husky/pre-commit", script);
        let output = selftest(&env, other.root());
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(line), "{said}");
    }
}

#[test]
fn the_hook_of_a_repository_that_is_pushed_to_is_tried() {
    let env = Env::new();
    let other = Env::new();
    git_out(env.root(), &["init", "-q", "--bare", "."]);
    env.run("hook install").expect(0);
    let output = selftest(&env, other.root());
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let line = "ok    the pre-receive hook that is installed here refuses a token\n";
    assert!(said.contains(line), "{said}");
}

#[test]
fn limits_and_ignore_files_that_blind_the_scanner_fail_it() {
    for (file, text, said) in [
        (
            "tokensweep.toml",
            "max-file-size = 100\n",
            "FAIL  a file of 4 kB is read whole: it is larger than --max-file-size",
        ),
        (
            ".tokensweepignore",
            "src/\n",
            "FAIL  no ignore file hides such files: an ignore file (.gitignore, .ignore or .tokensweepignore) \
             excludes src/selftest.py",
        ),
    ] {
        let env = Env::new();
        env.write(file, text);
        let run = env.run("selftest").expect(1);
        run.prints(said);
    }
}

#[test]
fn a_configuration_that_blinds_the_scanner_fails_it() {
    for (config, why) in [
        (
            "[[accept]]\npaths = ['**']\nreason = 'all'\n",
            "it is accepted by configuration",
        ),
        (
            "[[accept]]\npaths = ['src/']\nreason = 'all'\n",
            "in src/selftest.py it is accepted",
        ),
        (
            "exclude-rules = ['github-pat']\n",
            "it is accepted by configuration",
        ),
    ] {
        let env = Env::new();
        env.write("tokensweep.toml", config);
        let run = env.run("selftest").expect(1);
        assert!(
            run.stdout.contains("FAIL  a ghp token") && run.stdout.contains(why),
            "{}",
            run.stdout
        );
    }
    let env = Env::new();
    let run = env
        .run("selftest --exclude-rule npm-access-token")
        .expect(1);
    run.prints("FAIL  a npm token");
}
