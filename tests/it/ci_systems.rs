//! `scan --ci` on each CI system: the variables that it documents, recorded for each kind of event.

use crate::env::{Env, Run};
use crate::git::{git_out, token};
use tokensweep::rule::Shape;

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
        git_out(root, &["add", "."]);
        git_out(root, &["commit", "-qm", name]);
    }
    git_out(root, &["update-ref", "refs/remotes/origin/side", "HEAD"]);
    git_out(root, &["tag", "v1"]);
    env
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
    let id = |name: &str| git_out(env.root(), &["rev-parse", name]).trim().to_owned();
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
    for pair in variables.split_whitespace() {
        let (name, value) = pair.split_once('=').unwrap();
        let mut value = value.to_owned();
        for (word, id) in &ids {
            value = value.replace(&format!("{word}12"), &id[..12]);
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
        let open = run.findings().into_iter().filter(|f| f["status"] == "open");
        let mut found: Vec<String> = open
            .map(|f| f["path"].as_str().unwrap().to_owned())
            .collect();
        found.sort();
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
