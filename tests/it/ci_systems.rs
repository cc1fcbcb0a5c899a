//! `scan --ci` on each CI system: the variables that it documents, recorded for each kind of event.

use std::path::Path;

use crate::env::{Env, Run};
use crate::git::{git, git_out, token};
use tokensweep::internals::token::Shape;

/// A repository with an old leak and a newer one on `main`, and two on `side`, one of them a commit before its tip.
fn repository() -> Env {
    let env = Env::new();
    let root = env.root();
    git_out(root, &["init", "-q", "-b", "main", "."]);
    for (seed, name) in [(1, "old"), (2, "main"), (3, "side"), (4, "tip")] {
        if name == "side" {
            git_out(root, &["update-ref", "refs/remotes/origin/main", "HEAD"]);
            git_out(root, &["checkout", "-qb", "side"]);
        }
        env.write(
            &format!("{name}.env"),
            format!("T={}\n", token(seed, Shape::Ghp)),
        );
        // Where a system does not name the commit before, age tells what is new.
        let date = if name == "old" {
            "2023-12-01T00:00Z"
        } else {
            "2024-02-01T00:00Z"
        };
        commit_at(root, name, date);
    }
    git_out(root, &["update-ref", "refs/remotes/origin/side", "HEAD"]);
    git_out(root, &["tag", "v1"]);
    env
}

/// Commits everything at this date.
fn commit_at(root: &Path, message: &str, date: &str) {
    git_out(root, &["add", "."]);
    let mut command = git(root);
    command.env("GIT_COMMITTER_DATE", date);
    let output = command.args(["commit", "-qm", message]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// The event, its variables, and the files whose leaks it brings. `MAIN` and `SIDE` stand for the ids of the branches'
/// tips, `FIRST` for the first commit of `side`, `OLD` for that of `main`, `12` behind one for its first 12 digits,
/// `GONE` for a commit that was forced away, and `NULL` for the id of none.
type Event = (&'static str, &'static str, &'static [&'static str]);

const SIDE: &[&str] = &["side.env", "tip.env"];
const TIP: &[&str] = &["tip.env"];
const NEW_ON_MAIN: &[&str] = &["main.env"];
const ALL: &[&str] = &["main.env", "old.env", "side.env", "tip.env"];

const EVENTS: &[Event] = &[
    // https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/
    (
        "Bitbucket push",
        "BITBUCKET_COMMIT=SIDE BITBUCKET_BRANCH=side",
        SIDE,
    ),
    (
        "Bitbucket push to main",
        "BITBUCKET_COMMIT=MAIN BITBUCKET_BRANCH=main",
        NEW_ON_MAIN,
    ),
    (
        "Bitbucket pull request",
        "BITBUCKET_COMMIT=SIDE12 BITBUCKET_BRANCH=side BITBUCKET_PR_ID=3 BITBUCKET_PR_DESTINATION_BRANCH=main \
         BITBUCKET_PR_DESTINATION_COMMIT=MAIN12",
        SIDE,
    ),
    (
        "Bitbucket tag",
        "BITBUCKET_COMMIT=SIDE BITBUCKET_TAG=v1",
        SIDE,
    ),
    // https://learn.microsoft.com/azure/devops/pipelines/build/variables
    (
        "Azure push",
        "BUILD_SOURCEVERSION=SIDE BUILD_SOURCEBRANCH=refs/heads/side BUILD_REASON=IndividualCI",
        SIDE,
    ),
    (
        "Azure push to main",
        "BUILD_SOURCEVERSION=MAIN BUILD_SOURCEBRANCH=refs/heads/main BUILD_REASON=BatchedCI",
        NEW_ON_MAIN,
    ),
    (
        "Azure pull request",
        "BUILD_SOURCEVERSION=SIDE BUILD_SOURCEBRANCH=refs/pull/7/merge BUILD_REASON=PullRequest \
         SYSTEM_PULLREQUEST_TARGETBRANCH=refs/heads/main",
        SIDE,
    ),
    (
        "Azure pull request from GitHub",
        "BUILD_SOURCEVERSION=SIDE BUILD_REASON=PullRequest SYSTEM_PULLREQUEST_TARGETBRANCH=main",
        SIDE,
    ),
    (
        "Azure tag",
        "BUILD_SOURCEVERSION=SIDE BUILD_SOURCEBRANCH=refs/tags/v1 BUILD_REASON=IndividualCI",
        SIDE,
    ),
    (
        "Azure schedule",
        "BUILD_SOURCEVERSION=MAIN BUILD_SOURCEBRANCH=refs/heads/main BUILD_REASON=Schedule",
        ALL,
    ),
    // https://circleci.com/docs/reference/variables/
    (
        "CircleCI push",
        "CIRCLECI=true CIRCLE_SHA1=SIDE CIRCLE_BRANCH=side",
        SIDE,
    ),
    (
        "CircleCI push to main",
        "CIRCLECI=true CIRCLE_SHA1=MAIN CIRCLE_BRANCH=main",
        NEW_ON_MAIN,
    ),
    (
        "CircleCI tag",
        "CIRCLECI=true CIRCLE_SHA1=SIDE CIRCLE_TAG=v1",
        SIDE,
    ),
    // https://docs.travis-ci.com/user/environment-variables
    (
        "Travis push",
        "TRAVIS=true TRAVIS_EVENT_TYPE=push TRAVIS_COMMIT=SIDE TRAVIS_BRANCH=side TRAVIS_COMMIT_RANGE=FIRST12...SIDE12",
        TIP,
    ),
    (
        "Travis first push",
        "TRAVIS=true TRAVIS_EVENT_TYPE=push TRAVIS_COMMIT=SIDE TRAVIS_BRANCH=side",
        SIDE,
    ),
    (
        "Travis pull request",
        "TRAVIS=true TRAVIS_EVENT_TYPE=pull_request TRAVIS_COMMIT=MAIN TRAVIS_PULL_REQUEST=5 \
         TRAVIS_PULL_REQUEST_SHA=SIDE TRAVIS_BRANCH=main TRAVIS_COMMIT_RANGE=MAIN12...SIDE12",
        SIDE,
    ),
    (
        "Travis cron",
        "TRAVIS=true TRAVIS_EVENT_TYPE=cron TRAVIS_COMMIT=MAIN TRAVIS_BRANCH=main",
        ALL,
    ),
    // https://docs.drone.io/pipeline/environment/reference/
    (
        "Drone push",
        "DRONE=true DRONE_BUILD_EVENT=push DRONE_COMMIT=SIDE DRONE_COMMIT_SHA=SIDE DRONE_COMMIT_BEFORE=FIRST \
         DRONE_BRANCH=side DRONE_REPO_BRANCH=main",
        TIP,
    ),
    (
        "Drone first push",
        "DRONE=true DRONE_BUILD_EVENT=push DRONE_COMMIT=SIDE DRONE_COMMIT_BEFORE=NULL DRONE_BRANCH=side \
         DRONE_REPO_BRANCH=main",
        SIDE,
    ),
    (
        "Drone force push",
        "DRONE=true DRONE_BUILD_EVENT=push DRONE_COMMIT=SIDE DRONE_COMMIT_BEFORE=GONE DRONE_BRANCH=side \
         DRONE_REPO_BRANCH=main",
        SIDE,
    ),
    (
        "Drone push to main",
        "DRONE=true DRONE_BUILD_EVENT=push DRONE_COMMIT=MAIN DRONE_COMMIT_BEFORE=OLD DRONE_BRANCH=main \
         DRONE_REPO_BRANCH=main",
        NEW_ON_MAIN,
    ),
    (
        "Drone pull request",
        "DRONE=true DRONE_BUILD_EVENT=pull_request DRONE_COMMIT=SIDE DRONE_COMMIT_BEFORE=MAIN DRONE_BRANCH=main \
         DRONE_TARGET_BRANCH=main DRONE_REPO_BRANCH=main",
        SIDE,
    ),
    (
        "Drone tag",
        "DRONE=true DRONE_BUILD_EVENT=tag DRONE_COMMIT=SIDE DRONE_TAG=v1 DRONE_REPO_BRANCH=main",
        SIDE,
    ),
    (
        "Drone cron",
        "DRONE=true DRONE_BUILD_EVENT=cron DRONE_COMMIT=MAIN DRONE_REPO_BRANCH=main",
        ALL,
    ),
    // https://woodpecker-ci.org/docs/usage/environment
    (
        "Woodpecker push",
        "CI=woodpecker CI_PIPELINE_EVENT=push CI_COMMIT_SHA=SIDE CI_COMMIT_BRANCH=side CI_PREV_COMMIT_SHA=FIRST \
         CI_PREV_PIPELINE_STATUS=success CI_REPO_DEFAULT_BRANCH=main",
        TIP,
    ),
    (
        "Woodpecker push after a failure",
        "CI=woodpecker CI_PIPELINE_EVENT=push CI_COMMIT_SHA=SIDE CI_COMMIT_BRANCH=side CI_PREV_COMMIT_SHA=FIRST \
         CI_PREV_PIPELINE_STATUS=failure CI_REPO_DEFAULT_BRANCH=main",
        SIDE,
    ),
    (
        "Woodpecker pull request",
        "CI=woodpecker CI_PIPELINE_EVENT=pull_request CI_COMMIT_SHA=SIDE CI_COMMIT_BRANCH=main \
         CI_COMMIT_TARGET_BRANCH=main CI_REPO_DEFAULT_BRANCH=main",
        SIDE,
    ),
    (
        "Woodpecker cron",
        "CI=woodpecker CI_PIPELINE_EVENT=cron CI_COMMIT_SHA=MAIN CI_REPO_DEFAULT_BRANCH=main",
        ALL,
    ),
    // https://buildkite.com/docs/pipelines/environment-variables
    (
        "Buildkite push",
        "BUILDKITE=true BUILDKITE_COMMIT=SIDE BUILDKITE_BRANCH=side BUILDKITE_PULL_REQUEST=false \
         BUILDKITE_SOURCE=webhook BUILDKITE_PIPELINE_DEFAULT_BRANCH=main",
        SIDE,
    ),
    (
        "Buildkite by hand",
        "BUILDKITE=true BUILDKITE_COMMIT=HEAD BUILDKITE_BRANCH=side BUILDKITE_PULL_REQUEST=false \
         BUILDKITE_SOURCE=ui BUILDKITE_PIPELINE_DEFAULT_BRANCH=main",
        SIDE,
    ),
    (
        "Buildkite pull request",
        "BUILDKITE=true BUILDKITE_COMMIT=SIDE BUILDKITE_BRANCH=side BUILDKITE_PULL_REQUEST=9 \
         BUILDKITE_PULL_REQUEST_BASE_BRANCH=main BUILDKITE_PIPELINE_DEFAULT_BRANCH=main",
        SIDE,
    ),
    (
        "Buildkite schedule",
        "BUILDKITE=true BUILDKITE_COMMIT=MAIN BUILDKITE_BRANCH=main BUILDKITE_PULL_REQUEST=false \
         BUILDKITE_SOURCE=schedule BUILDKITE_PIPELINE_DEFAULT_BRANCH=main",
        ALL,
    ),
    // https://www.jetbrains.com/help/teamcity/predefined-build-parameters.html
    (
        "TeamCity push",
        "TEAMCITY_VERSION=2025.11 BUILD_VCS_NUMBER=SIDE",
        SIDE,
    ),
    (
        "TeamCity push to main",
        "TEAMCITY_VERSION=2025.11 BUILD_VCS_NUMBER=MAIN",
        NEW_ON_MAIN,
    ),
    // The plugin `git` of Jenkins.
    (
        "Jenkins branch",
        "GIT_COMMIT=SIDE GIT_BRANCH=origin/side GIT_PREVIOUS_SUCCESSFUL_COMMIT=FIRST",
        TIP,
    ),
    (
        "Jenkins branch after a failure",
        "GIT_COMMIT=SIDE GIT_BRANCH=side GIT_PREVIOUS_COMMIT=SIDE GIT_PREVIOUS_SUCCESSFUL_COMMIT=FIRST",
        TIP,
    ),
    (
        "Jenkins branch that never succeeded",
        "GIT_COMMIT=SIDE GIT_BRANCH=side GIT_PREVIOUS_COMMIT=SIDE",
        SIDE,
    ),
    (
        "Jenkins new branch",
        "GIT_COMMIT=SIDE GIT_BRANCH=origin/side",
        SIDE,
    ),
    (
        "Jenkins pull request",
        "GIT_COMMIT=SIDE GIT_BRANCH=PR-1 CHANGE_TARGET=main",
        SIDE,
    ),
    // GitLab.
    (
        "GitLab push",
        "GITLAB_CI=true CI_PIPELINE_SOURCE=push CI_COMMIT_SHA=SIDE CI_COMMIT_BEFORE_SHA=FIRST CI_COMMIT_REF_NAME=side \
         CI_DEFAULT_BRANCH=main",
        TIP,
    ),
    (
        "GitLab first push",
        "GITLAB_CI=true CI_PIPELINE_SOURCE=push CI_COMMIT_SHA=SIDE CI_COMMIT_BEFORE_SHA=NULL CI_COMMIT_REF_NAME=side \
         CI_DEFAULT_BRANCH=main",
        SIDE,
    ),
    (
        "GitLab merge request",
        "GITLAB_CI=true CI_PIPELINE_SOURCE=merge_request_event CI_COMMIT_SHA=SIDE CI_MERGE_REQUEST_DIFF_BASE_SHA=MAIN",
        SIDE,
    ),
    (
        "GitLab schedule",
        "GITLAB_CI=true CI_PIPELINE_SOURCE=schedule CI_COMMIT_SHA=MAIN",
        ALL,
    ),
];

fn run(env: &Env, variables: &str) -> Run {
    run_with(env, variables, &[])
}

fn run_with(env: &Env, variables: &str, arguments: &[&str]) -> Run {
    // Empty for a commit that the repository lacks.
    let id = |name: &str| {
        let mut command = git(env.root());
        let output = command
            .args(["rev-parse", "-q", "--verify", name])
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let ids = [
        ("MAIN", id("main")),
        ("SIDE", id("side")),
        ("FIRST", id("side~1")),
        ("OLD", id("main~1")),
        ("GONE", "1".repeat(40)),
        ("NULL", "0".repeat(40)),
    ];
    let mut command = env.command();
    command.args(["scan", "--ci", "--format", "json"]);
    command.args(arguments);
    for pair in variables.split_whitespace() {
        let (name, value) = pair.split_once('=').unwrap();
        let mut value = value.to_owned();
        for (word, id) in &ids {
            value = value.replace(&format!("{word}12"), id.get(..12).unwrap_or_default());
            value = value.replace(word, id);
        }
        command.env(name, value);
    }
    let output = command.output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn every_event_of_every_system_brings_its_own_leaks_and_none_that_stood_there_before() {
    let env = repository();
    for (event, variables, wanted) in EVENTS {
        let run = run(&env, variables);
        assert_eq!(run.code, 1, "{event}: {}{}", run.stdout, run.stderr);
        let found = paths(&run, "open");
        let notes = run.json()["scan"]["notes"].to_string();
        assert_eq!(found, *wanted, "{event}: {notes}");
        let system = event.split(' ').next().unwrap();
        assert!(notes.contains(system), "{event}: {notes}");
    }
}

#[test]
fn where_a_system_tells_too_little_it_is_said_what_to_pass() {
    let env = repository();
    let run = run(&env, "CIRCLE_SHA1=MAIN CIRCLE_BRANCH=main").expect(1);
    let notes = run.json()["scan"]["notes"].to_string();
    assert!(
        notes.contains("CircleCI does not name the commit before"),
        "{notes}"
    );
    assert!(notes.contains("pipeline.git.base_revision"), "{notes}");
}

/// The paths of the findings with this status.
fn paths(run: &Run, status: &str) -> Vec<String> {
    let with = run.findings().into_iter().filter(|f| f["status"] == status);
    let mut paths: Vec<String> = with
        .map(|f| f["path"].as_str().unwrap().to_owned())
        .collect();
    paths.sort();
    paths
}

/// A push to the default branch on each system that does not name the commit before.
const UNNAMED: &[&str] = &[
    "BITBUCKET_COMMIT=MAIN BITBUCKET_BRANCH=main",
    "BUILD_SOURCEVERSION=MAIN BUILD_SOURCEBRANCH=refs/heads/main BUILD_REASON=IndividualCI",
    "CIRCLE_SHA1=MAIN CIRCLE_BRANCH=main",
    "CI=woodpecker CI_PIPELINE_EVENT=push CI_COMMIT_SHA=MAIN CI_COMMIT_BRANCH=main CI_REPO_DEFAULT_BRANCH=main",
    "BUILDKITE_COMMIT=MAIN BUILDKITE_BRANCH=main BUILDKITE_PIPELINE_DEFAULT_BRANCH=main",
    "TEAMCITY_VERSION=2025.11 BUILD_VCS_NUMBER=MAIN",
    "GIT_COMMIT=MAIN GIT_BRANCH=origin/main",
];

/// A repository whose `main` has one leak for each file and date, a commit each, the oldest first; `-` before a name
/// removes the file.
fn dated(commits: &[(&str, &str)]) -> Env {
    let env = Env::new();
    git_out(env.root(), &["init", "-q", "-b", "main", "."]);
    for (name, date) in commits {
        match name.strip_prefix('-') {
            Some(name) => std::fs::remove_file(env.root().join(name)).unwrap(),
            None => {
                let seed = name.bytes().map(u64::from).sum();
                env.write(name, format!("T={}\n", token(seed, Shape::Ghp)));
            }
        }
        commit_at(env.root(), name, date);
    }
    git_out(
        env.root(),
        &["update-ref", "refs/remotes/origin/main", "HEAD"],
    );
    git_out(env.root(), &["branch", "side"]);
    env
}

#[test]
fn every_commit_of_a_push_to_the_default_branch_counts_and_old_leaks_fail_nothing() {
    let old = [
        ("a", "2023-01-01T00:00Z"),
        ("b", "2023-06-01T00:00Z"),
        ("c", "2023-12-01T00:00Z"),
    ];
    let new = [
        ("d", "2024-01-20T00:00Z"),
        ("-d", "2024-02-01T00:00Z"),
        ("e", "2024-02-02T00:00Z"),
    ];
    let both = dated(&[&old[..], &new].concat());
    let calm = dated(&[&old[..], &[("-a", "2024-02-02T00:00Z")]].concat());
    for variables in UNNAMED {
        let run = run(&both, variables).expect(1);
        assert_eq!(paths(&run, "open"), ["d", "e"], "{variables}");
        assert_eq!(paths(&run, "pre-existing"), ["a", "b", "c"], "{variables}");
        let notes = run.json()["scan"]["notes"].to_string();
        assert!(
            notes.contains("more than 30 days before it count as pre-existing"),
            "{notes}"
        );
        let run = self::run(&calm, variables).expect(0);
        assert_eq!(paths(&run, "pre-existing"), ["a", "b", "c"], "{variables}");
    }
}

#[test]
fn a_commit_whose_age_is_in_doubt_is_new() {
    // The second commit lies: what came after it is no older than it.
    let lies = dated(&[
        ("a", "2023-01-01T00:00Z"),
        ("b", "2024-01-30T00:00Z"),
        ("c", "1999-01-01T00:00Z"),
        ("d", "2024-02-02T00:00Z"),
    ]);
    let run_lies = run(&lies, UNNAMED[0]).expect(1);
    assert_eq!(paths(&run_lies, "open"), ["b", "c", "d"]);
    // A date in the future makes nothing old; a date before all others makes everything new.
    let future = dated(&[
        ("a", "2023-01-01T00:00Z"),
        ("b", "2024-02-02T00:00Z"),
        ("c", "2090-01-01T00:00Z"),
    ]);
    assert_eq!(paths(&run(&future, UNNAMED[0]).expect(1), "open"), ["c"]);
    let past = dated(&[
        ("a", "2023-01-01T00:00Z"),
        ("b", "2024-02-02T00:00Z"),
        ("c", "1999-01-01T00:00Z"),
    ]);
    assert_eq!(
        paths(&run(&past, UNNAMED[0]).expect(1), "open"),
        ["a", "b", "c"]
    );
}

#[test]
fn a_merge_brings_in_its_branch_however_old_the_commits_are() {
    let env = dated(&[("a", "2022-01-01T00:00Z")]);
    let root = env.root();
    git_out(root, &["checkout", "-q", "-b", "long"]);
    env.write("b", format!("T={}\n", token(7, Shape::Ghp)));
    commit_at(root, "b", "2022-02-01T00:00Z");
    git_out(root, &["checkout", "-q", "main"]);
    env.write("c", format!("T={}\n", token(8, Shape::Ghp)));
    commit_at(root, "c", "2023-01-01T00:00Z");
    git_out(root, &["merge", "-q", "--no-ff", "-m", "merge", "long"]);
    git_out(root, &["branch", "-D", "-q", "long"]);
    // What was removed and comes back is new, although its bytes are old.
    git_out(root, &["rm", "-q", "c"]);
    commit_at(root, "remove", "2024-02-05T00:00Z");
    git_out(root, &["revert", "--no-edit", "HEAD"]);
    git_out(root, &["update-ref", "refs/remotes/origin/main", "HEAD"]);
    let run = run(&env, UNNAMED[1]).expect(1);
    assert_eq!(paths(&run, "open"), ["b", "c"]);
    assert_eq!(paths(&run, "pre-existing"), ["a"]);
}

#[test]
fn the_commit_that_was_scanned_last_can_be_named() {
    let env = dated(&[
        ("a", "2024-02-01T00:00Z"),
        ("b", "2024-02-02T00:00Z"),
        ("c", "2024-02-03T00:00Z"),
    ]);
    for variables in UNNAMED {
        let run_since = run_with(&env, variables, &["--ci-since", "main~2"]).expect(1);
        assert_eq!(paths(&run_since, "open"), ["b", "c"], "{variables}");
        for unknown in ["", &"0".repeat(40)] {
            let run_all = run_with(&env, variables, &["--ci-since", unknown]).expect(1);
            assert_eq!(paths(&run_all, "open"), ["a", "b", "c"], "{variables}");
        }
        let run_gone = run_with(&env, variables, &["--ci-since", &"1".repeat(40)]).expect(1);
        assert_eq!(paths(&run_gone, "open"), ["a", "b", "c"], "{variables}");
        let notes = run_gone.json()["scan"]["notes"].to_string();
        assert!(notes.contains("is not in this clone"), "{notes}");
        run_with(&env, variables, &["--ci-since", "main"]).expect(0);
    }
}

#[test]
fn a_clone_that_lacks_what_could_be_new_is_not_clean() {
    let env = dated(&[("a", "2024-02-01T00:00Z"), ("-a", "2024-02-02T00:00Z")]);
    let shallow = Env::new();
    let url = format!("file://{}", env.root().display());
    let root = shallow.root();
    git_out(
        root,
        &["clone", "-q", "--depth", "1", "--branch", "main", &url, "."],
    );
    git_out(root, &["branch", "side"]);
    for variables in UNNAMED {
        let variables = variables.replace("MAIN", "HEAD");
        let output = run(&shallow, &variables).expect(2);
        output.says("shallow");
    }
}

#[test]
fn each_system_has_its_own_way_to_fetch_what_is_missing() {
    let env = repository();
    for (variables, way) in [
        ("BITBUCKET_COMMIT=111111111111", "clone: depth: full"),
        ("BUILD_SOURCEVERSION=GONE", "fetchDepth"),
        ("CIRCLE_SHA1=GONE", "method: full"),
        ("TRAVIS_COMMIT=GONE", "depth: false"),
        ("DRONE_COMMIT=GONE", "the step `clone`"),
        ("CI=woodpecker CI_COMMIT_SHA=GONE", "partial: false"),
        ("BUILDKITE_COMMIT=GONE", "BUILDKITE_GIT_CLONE_FLAGS"),
        (
            "TEAMCITY_VERSION=1 BUILD_VCS_NUMBER=GONE",
            "teamcity.git.shallowClone",
        ),
        ("GIT_COMMIT=GONE", "no shallow clone"),
        (
            "GITLAB_CI=true CI_PIPELINE_SOURCE=push CI_COMMIT_SHA=GONE",
            "GIT_DEPTH",
        ),
    ] {
        let run = run(&env, variables).expect(2);
        run.says("is not in this clone; fetch it");
        run.says(way);
        assert!(!run.stderr.contains("actions/checkout"), "{}", run.stderr);
    }
}

#[test]
fn actions_of_gitea_and_forgejo_are_read_as_those_of_github() {
    let env = repository();
    let id = |name: &str| git_out(env.root(), &["rev-parse", name]).trim().to_owned();
    let (main, side) = (id("main"), id("side"));
    let event = format!(
        r#"{{"ref": "refs/heads/side", "before": "{main}", "after": "{side}", "repository": {{"default_branch": "main"}}}}"#
    );
    env.write("event.json", event);
    for (variable, system) in [
        ("GITEA_ACTIONS", "Gitea Actions"),
        ("FORGEJO_ACTIONS", "Forgejo Actions"),
    ] {
        let variables =
            format!("{variable}=true GITHUB_EVENT_NAME=push GITHUB_EVENT_PATH=event.json");
        let run = run(&env, &variables).expect(1);
        assert_eq!(run.findings().len(), 2);
        assert!(run.json()["scan"]["notes"].to_string().contains(system));
    }
}

#[test]
fn a_job_that_says_nothing_of_its_commits_is_told_what_to_pass() {
    let env = repository();
    let run_pr = run(&env, "GITHUB_EVENT_NAME=pull_request").expect(2);
    run_pr.says("the event pull_request has no /pull_request/");
    let none = run(&env, "").expect(2);
    none.says("no CI system that --ci supports has set its variables");
    none.says("--range BASE..HEAD");
}
