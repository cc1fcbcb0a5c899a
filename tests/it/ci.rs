//! `scan --ci`: the commits of an event, in real repositories.

use crate::env::{Env, Run};
use crate::git::{git_out, token};
use tokensweep::rule::Shape;

/// A repository with a leak on `main` and another on `side`.
fn repository(env: &Env) {
    let root = env.root();
    git_out(root, &["init", "-q", "-b", "main", "."]);
    env.write("old.env", format!("T={}\n", token(1, Shape::Ghp)));
    git_out(root, &["add", "."]);
    git_out(root, &["commit", "-qm", "one"]);
    git_out(root, &["update-ref", "refs/remotes/origin/main", "HEAD"]);
    git_out(root, &["checkout", "-qb", "side"]);
    env.write("new.env", format!("T={}\n", token(2, Shape::Ghp)));
    git_out(root, &["add", "."]);
    git_out(root, &["commit", "-qm", "two"]);
}

fn id(env: &Env, name: &str) -> String {
    git_out(env.root(), &["rev-parse", name]).trim().to_owned()
}

fn run(env: &Env, name: &str, event: &serde_json::Value) -> Run {
    let event = env.write("event.json", event.to_string());
    let mut command = env.command();
    command
        .args(["scan", "--ci", "--format", "json"])
        .env("GITHUB_EVENT_NAME", name)
        .env("GITHUB_EVENT_PATH", event);
    let output = command.output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn paths(run: &Run) -> Vec<String> {
    let open = run.findings().into_iter().filter(|f| f["status"] == "open");
    open.map(|f| f["path"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_job_sees_what_its_event_brings_and_nothing_older() {
    let env = Env::new();
    repository(&env);
    let (base, head) = (id(&env, "main"), id(&env, "side"));
    let zero = "0".repeat(40);
    let pr = serde_json::json!({"number": 1, "pull_request": {"base": {"sha": base}, "head": {"sha": head}}});
    let run_pr = run(&env, "pull_request", &pr).expect(1);
    assert_eq!(paths(&run_pr), ["new.env"]);
    let notes = run_pr.json()["scan"]["notes"].to_string();
    assert!(notes.contains("pull request 1: "), "{notes}");
    let push = |before: &str, after: &str, name: &str| serde_json::json!({"ref": name, "before": before, "after": after, "repository": {"default_branch": "main"}});
    let cases = [
        (push(&base, &head, "refs/heads/side"), 1, vec!["new.env"]),
        (push(&zero, &head, "refs/heads/side"), 1, vec!["new.env"]),
        (push(&zero, &head, "refs/tags/v1"), 1, vec!["new.env"]),
        (push(&zero, &base, "refs/heads/main"), 1, vec!["old.env"]),
        (push(&head, &head, "refs/heads/side"), 0, vec![]),
        (push(&head, &zero, "refs/heads/side"), 0, vec![]),
        // A force push over a commit that is gone: everything is looked at, nothing is missed.
        (
            push(&"1".repeat(40), &head, "refs/heads/side"),
            1,
            vec!["new.env", "old.env"],
        ),
    ];
    for (event, code, wanted) in cases {
        let run = run(&env, "push", &event).expect(code);
        let mut found = paths(&run);
        found.sort();
        assert_eq!(found, wanted, "{event}");
    }
    let run_all = run(&env, "schedule", &serde_json::json!({})).expect(1);
    assert_eq!(run_all.findings().len(), 2);
}

#[test]
fn what_is_not_in_the_clone_is_never_taken_for_clean() {
    let env = Env::new();
    repository(&env);
    let gone = "1".repeat(40);
    let event = serde_json::json!({"pull_request": {"base": {"sha": id(&env, "main")}, "head": {"sha": gone}}});
    let missing = run(&env, "pull_request", &event).expect(2);
    assert!(
        missing.stderr.contains("is not in this clone; fetch it"),
        "{}",
        missing.stderr
    );
    let shallow = Env::new();
    let url = format!("file://{}", env.root().display());
    git_out(
        shallow.root(),
        &["clone", "-q", "--depth", "1", "--branch", "side", &url, "."],
    );
    let event = serde_json::json!({"pull_request":
        {"base": {"sha": id(&env, "main")}, "head": {"sha": id(&env, "side")}}});
    let cut = run(&shallow, "pull_request", &event).expect(2);
    assert!(
        cut.stderr.contains("shallow") || cut.stdout.contains("shallow"),
        "{cut:?}"
    );
}
