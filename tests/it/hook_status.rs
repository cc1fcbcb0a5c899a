//! `hook status`: every reason why git does not run this program, and the folders that git looks into.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;

use crate::env::Env;
use crate::git::{git, git_out};
use crate::hook_managers::{Project, run};

#[test]
fn status_names_every_reason_why_ours_does_not_run() {
    let project = Project::new();
    let call = "tokensweep hook run pre-commit";
    for (text, reason) in [
        ("#!/bin/sh\nnpm test\n".to_owned(), "does not call"),
        (format!("#!/bin/sh\n{call} || true\n"), "does not count"),
        (format!("#!/bin/sh\n{call}\necho done\n"), "does not count"),
        (format!("#!/bin/sh\nexit 0\n{call}\n"), "line 2 ends it"),
        (format!("#!/bin/sh\n/nowhere/{call}\n"), "is no program"),
        (format!("#!/bin/sh\nno-such-{call}\n"), "on the PATH"),
    ] {
        project.script(".git/hooks/pre-commit", &text);
        let said = project.status("pre-commit", false);
        assert!(said.contains(reason), "{reason}: {said}");
    }
    project.script(".git/hooks/pre-commit", &format!("#!/bin/sh\n{call}\n"));
    project.status("pre-commit", true);
    let file = project.work.join(".git/hooks/pre-commit");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(
        project
            .status("pre-commit", false)
            .contains("not executable")
    );
    std::fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("gone", &file).unwrap();
    assert!(
        project
            .status("pre-commit", false)
            .contains("a link to nothing")
    );
    std::fs::remove_file(&file).unwrap();
    assert!(project.status("pre-commit", false).contains("is not there"));
    // Ours, with a program that is gone, and none on the PATH.
    project.installs(0);
    let moved = project
        .read(".git/hooks/pre-commit")
        .replace(env!("CARGO_BIN_EXE_tokensweep"), "/gone/x");
    project.script(".git/hooks/pre-commit", &moved);
    let mut command = project.env.command();
    command
        .current_dir(&project.work)
        .args(["hook", "status", "pre-commit"]);
    let (code, said) = run(command.env("PATH", "/nowhere"));
    assert!(code == 1 && said.contains("/gone/x is gone"), "{said}");
    project.status("pre-commit", true);
}

#[test]
fn the_folder_of_every_scope_is_the_one_that_git_uses() {
    let project = Project::new();
    let config = |file: &str, dir: &str| {
        project
            .env
            .write(file, format!("[core]\n\thooksPath = {dir}\n"));
    };
    // The worst first: each of the next scopes outweighs those before it.
    let system = project.env.root().join("system.conf");
    let scopes: [(&str, &dyn Fn()); 4] = [
        ("system", &|| config("system.conf", "/tmp/nowhere/system")),
        ("global", &|| config(".gitconfig", "~/my hooks")),
        ("local", &|| {
            git_out(&project.work, &["config", "core.hooksPath", "own/hooks"]);
        }),
        ("worktree", &|| {
            git_out(
                &project.work,
                &["config", "extensions.worktreeConfig", "true"],
            );
            git_out(
                &project.work,
                &["config", "--worktree", "core.hooksPath", "tree hooks"],
            );
        }),
    ];
    for (scope, set) in scopes {
        set();
        let mut ask = git(&project.work);
        ask.env_remove("GIT_CONFIG_NOSYSTEM")
            .env("GIT_CONFIG_SYSTEM", &system);
        ask.env("HOME", project.env.root())
            .args(["rev-parse", "--git-path", "hooks"]);
        let (_, expected) = run(&mut ask);
        let mut command = project.env.command();
        command
            .current_dir(&project.work)
            .env("GIT_CONFIG_SYSTEM", &system);
        let (code, said) = run(command.args(["hook", "status", "--format", "json"]));
        assert_eq!(code, 1, "{said}");
        let status: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(status["hooks_path_scope"], scope, "{said}");
        let dir = project.work.join(expected.trim_end());
        let got = Path::new(status["hooks_path"].as_str().unwrap());
        let real = project
            .work
            .canonicalize()
            .unwrap()
            .join(expected.trim_end());
        assert!(got == dir || got == real, "{expected} {said}");
    }
    project.installs(0);
    assert!(project.work.join("tree hooks/pre-commit").is_file());
    project.commits_a_token(349, true);
    git_out(
        &project.work,
        &["config", "--worktree", "core.hooksPath", "/dev/null"],
    );
    assert!(project.status("pre-commit", false).contains("is no folder"));
    project.installs(2);
    git_out(
        &project.work,
        &["config", "--worktree", "core.hooksPath", ""],
    );
    assert!(project.status("pre-commit", false).contains("is empty"));
    project.installs(2);
}

#[test]
fn status_outside_of_a_repository_is_trouble_and_in_a_bare_one_about_pre_receive() {
    let env = Env::new();
    env.run("hook status").expect(2);
    git_out(env.root(), &["init", "-q", "--bare", "."]);
    let run = env.run("hook status").expect(1);
    run.prints("pre-receive: DOES NOT RUN");
    env.run("hook install").expect(0);
    env.run("hook status")
        .expect(0)
        .prints("pre-receive: runs ");
}

#[test]
fn switches_in_the_environment_that_let_a_manager_pass_are_named() {
    let project = Project::new();
    project.husky();
    project.installs(0);
    let status = |variable: &str, value: &str, hook: &str| {
        let mut command = project.env.command();
        command.current_dir(&project.work).env(variable, value);
        run(command.args(["hook", "status", hook]))
    };
    let (code, said) = status("HUSKY", "0", "pre-commit");
    assert!(code == 1 && said.contains("HUSKY=0"), "{said}");
    project
        .env
        .write(".config/husky/init.sh", "export HUSKY=0\n");
    let said = project.status("pre-commit", false);
    assert!(said.contains("husky/init.sh"), "{said}");

    let project = Project::new();
    project.pre_commit("pre-commit");
    let config = "repos:\n- repo: x\n  hooks: [{id: tokensweep}, {id: tokensweep-pre-push}]\n";
    project.env.write("work/.pre-commit-config.yaml", config);
    project.status("pre-commit", true);
    let skip = |ids: &str| {
        let mut command = project.env.command();
        command.current_dir(&project.work).env("SKIP", ids);
        run(command.args(["hook", "status", "pre-commit"])).0
    };
    assert_eq!(skip("flake8,tokensweep"), 1);
    assert_eq!(skip("tokensweep-pre-push"), 0);
}
