//! `scan --ci`: the commits of an event, in real repositories.

use serde_json::json;

use crate::env::{Env, Run};
use crate::git::{git_out, token};
use tokensweep::internals::token::Shape;

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
        .env("GITHUB_SHA", "0123456789012345678901234567890123456789")
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
        // A force push over a commit that is gone: everything is looked at but what the default branch has.
        (
            push(&"1".repeat(40), &head, "refs/heads/side"),
            1,
            vec!["new.env"],
        ),
        (
            push(&"1".repeat(40), &head, "refs/heads/main"),
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

/// The fields of GitHub's payloads as it sends them (the recorded ones of octokit/webhooks), those that are not
/// looked at too: whatever else stands in an event must not be taken for what is meant.
fn recorded(env: &Env, kind: &str) -> (&'static str, serde_json::Value) {
    let (base, head, zero) = (id(env, "main"), id(env, "side"), "0".repeat(40));
    let url = "https://github.com/Codertocat/Hello-World";
    let repository = json!({"id": 186_853_002, "full_name": "Codertocat/Hello-World", "fork": false,
        "html_url": url, "master_branch": "main", "default_branch": "main"});
    let push = |name: &str, before: &str, after: &str, flags: [bool; 3]| {
        let [created, deleted, forced] = flags;
        let commit = (!deleted).then(|| json!({"id": head, "tree_id": head, "distinct": true}));
        json!({"ref": name, "before": before, "after": after, "base_ref": null, "created": created,
            "deleted": deleted, "forced": forced, "compare": format!("{url}/compare/{base}...{head}"),
            "commits": commit.iter().collect::<Vec<_>>(), "head_commit": commit, "repository": repository,
            "pusher": {"name": "Codertocat"}})
    };
    let merge = &"c4".repeat(20);
    let pull = json!({"number": 2, "state": "open", "merge_commit_sha": merge,
        "head": {"label": "fork:changes", "ref": "changes", "sha": head, "repo": {"fork": true}},
        "base": {"label": "Codertocat:main", "ref": "main", "sha": base, "repo": repository}});
    let queue = format!("refs/heads/gh-readonly-queue/main/pr-104-{base}");
    match kind {
        "new branch" => (
            "push",
            push("refs/heads/side", &zero, &head, [true, false, false]),
        ),
        "push" => ("push", push("refs/heads/side", &base, &head, [false; 3])),
        "force push" => {
            let before = id(env, "rewritten");
            (
                "push",
                push("refs/heads/side", &before, &head, [false, false, true]),
            )
        }
        "new tag" => (
            "push",
            push("refs/tags/simple-tag", &zero, &head, [true, false, false]),
        ),
        "new annotated tag" => {
            let tag = id(env, "annotated");
            assert_ne!(tag, head, "the id of the tag, not of its commit");
            (
                "push",
                push("refs/tags/annotated", &zero, &tag, [true, false, false]),
            )
        }
        "deleted tag" => (
            "push",
            push("refs/tags/simple-tag", &head, &zero, [false, true, false]),
        ),
        "fork" => (
            "pull_request",
            json!({"action": "opened", "number": 2, "pull_request": pull}),
        ),
        "synchronize" => (
            "pull_request",
            json!({"action": "synchronize", "number": 2, "pull_request": pull, "before": base, "after": head}),
        ),
        "review" => (
            "pull_request_review",
            json!({"action": "submitted", "review": {"commit_id": head}, "pull_request": pull}),
        ),
        "merge queue" => (
            "merge_group",
            json!({"action": "checks_requested", "merge_group": {"head_sha": head, "head_ref": queue,
                "base_sha": base, "base_ref": "refs/heads/main", "head_commit": {"id": merge}}}),
        ),
        "created" => (
            "create",
            json!({"ref": "simple-tag", "ref_type": "tag", "master_branch": "main", "pusher_type": "user"}),
        ),
        "by hand" => (
            "workflow_dispatch",
            json!({"inputs": {}, "ref": "refs/heads/main", "workflow": ".github/workflows/x.yml"}),
        ),
        _ => panic!("{kind}"),
    }
}

#[test]
fn events_as_github_sends_them() {
    let env = Env::new();
    repository(&env);
    let git = |args: &[&str]| git_out(env.root(), args);
    git(&["tag", "-a", "-m", "one", "annotated"]);
    // What stood on the branch before a force push: another commit on the same base.
    git(&["checkout", "-q", "-b", "rewritten", "main"]);
    env.write("gone.env", format!("T={}\n", token(3, Shape::Ghp)));
    git(&["add", "gone.env"]);
    git(&["commit", "-qm", "rewritten"]);
    git(&["checkout", "-q", "side"]);
    for (kind, wanted) in [
        ("new branch", &["new.env"][..]),
        ("push", &["new.env"]),
        ("force push", &["new.env"]),
        ("new tag", &["new.env"]),
        ("new annotated tag", &["new.env"]),
        ("deleted tag", &[]),
        ("fork", &["new.env"]),
        ("synchronize", &["new.env"]),
        ("review", &["new.env"]),
        ("merge queue", &["new.env"]),
        ("created", &["gone.env", "new.env", "old.env"]),
        ("by hand", &["gone.env", "new.env", "old.env"]),
    ] {
        let (name, event) = recorded(&env, kind);
        let run = run(&env, name, &event).expect(i32::from(!wanted.is_empty()));
        let mut found = paths(&run);
        found.sort();
        assert_eq!(found, wanted, "{kind}: {event}");
        assert!(!run.json()["scan"]["notes"][0].as_str().unwrap().is_empty());
    }
}

#[test]
fn what_is_not_in_the_clone_is_never_taken_for_clean() {
    let env = Env::new();
    repository(&env);
    let gone = "1".repeat(40);
    let event = serde_json::json!({"pull_request": {"base": {"sha": id(&env, "main")}, "head": {"sha": gone}}});
    let missing = run(&env, "pull_request", &event).expect(2);
    missing.says("is not in this clone; fetch it");
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
