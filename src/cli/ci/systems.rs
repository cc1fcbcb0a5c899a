//! CI systems that `--ci` supports: their documented variables, and hints for what the variables lack.

use anyhow::Context as _;

use super::event::{JobEvent, Variables, is_null};
use super::github;

/// CI system.
#[derive(Debug)]
pub(super) struct System {
    pub(super) name: &'static str,
    /// Returns true in a job of this system.
    pub(super) is_here: fn(Variables<'_>) -> bool,
    /// Reads the variables of this system.
    pub(super) read: fn(Variables<'_>) -> anyhow::Result<JobEvent>,
    /// True if the system names the commit before a push, so that no name means a new branch.
    pub(super) names_before: bool,
    /// Way to fetch all commits into the clone.
    pub(super) how_to_fetch: &'static str,
    /// Arguments to pass where the variables are not enough.
    pub(super) what_to_pass: &'static str,
}

/// Advice for systems that have no variable for the commit before a push.
const BASE: &str = "`--ci-since REV` names the last commit that was scanned, and only what is new since then counts";

/// Supported systems. The first match counts, so systems that imitate another one precede it.
pub(super) const SYSTEMS: [System; 13] = [
    System {
        name: "Forgejo Actions",
        is_here: |v| v("FORGEJO_ACTIONS").is_some(),
        read: github::read,
        names_before: true,
        how_to_fetch: "fetch it (with the action `checkout`: fetch-depth: 0)",
        what_to_pass: BASE,
    },
    System {
        name: "Gitea Actions",
        is_here: |v| v("GITEA_ACTIONS").is_some(),
        read: github::read,
        names_before: true,
        how_to_fetch: "fetch it (with the action `checkout`: fetch-depth: 0)",
        what_to_pass: BASE,
    },
    System {
        name: "GitHub Actions",
        is_here: |v| v("GITHUB_EVENT_NAME").is_some(),
        read: github::read,
        names_before: true,
        how_to_fetch: "fetch it (with actions/checkout: fetch-depth: 0)",
        what_to_pass: BASE,
    },
    System {
        name: "Woodpecker CI",
        is_here: |v| v("CI").as_deref() == Some("woodpecker"),
        read: read_woodpecker,
        names_before: false,
        how_to_fetch: "fetch it (settings of the step `clone`: partial: false, depth: 0)",
        what_to_pass: BASE,
    },
    System {
        name: "GitLab",
        is_here: |v| v("GITLAB_CI").is_some() || v("CI_PIPELINE_SOURCE").is_some(),
        read: read_gitlab,
        names_before: true,
        how_to_fetch: "fetch it (variables: GIT_DEPTH: \"0\")",
        what_to_pass: BASE,
    },
    System {
        name: "Bitbucket Pipelines",
        is_here: |v| v("BITBUCKET_COMMIT").is_some(),
        read: read_bitbucket,
        names_before: false,
        how_to_fetch: "fetch it (clone: depth: full)",
        what_to_pass: BASE,
    },
    System {
        name: "Azure Pipelines",
        is_here: |v| v("BUILD_SOURCEVERSION").is_some(),
        read: read_azure,
        names_before: false,
        how_to_fetch: "fetch it (`checkout: self` with fetchDepth: \"0\")",
        what_to_pass: BASE,
    },
    System {
        name: "CircleCI",
        is_here: |v| v("CIRCLE_SHA1").is_some(),
        read: read_circle,
        names_before: false,
        how_to_fetch: "fetch it (`checkout` with method: full)",
        what_to_pass: "`--ci-since << pipeline.git.base_revision >>` names it, and only what is new since then counts",
    },
    System {
        name: "Travis CI",
        is_here: |v| v("TRAVIS_COMMIT").is_some(),
        read: read_travis,
        names_before: true,
        how_to_fetch: "fetch it (git: depth: false)",
        what_to_pass: BASE,
    },
    System {
        name: "Drone",
        is_here: |v| v("DRONE_COMMIT").is_some() || v("DRONE_COMMIT_SHA").is_some(),
        read: read_drone,
        names_before: true,
        how_to_fetch: "fetch it (the step `clone` without a depth)",
        what_to_pass: BASE,
    },
    System {
        name: "Buildkite",
        is_here: |v| v("BUILDKITE_COMMIT").is_some(),
        read: read_buildkite,
        names_before: false,
        how_to_fetch: "fetch it (BUILDKITE_GIT_CLONE_FLAGS without --depth)",
        what_to_pass: BASE,
    },
    System {
        name: "TeamCity",
        is_here: |v| v("TEAMCITY_VERSION").is_some(),
        read: read_teamcity,
        names_before: false,
        how_to_fetch: "fetch it (teamcity.git.shallowClone=false, checkout on the agent)",
        what_to_pass: "`--ci-since REV` names the last commit that was scanned, \
            `--range origin/%teamcity.pullRequest.target.branch%..HEAD` is for a pull request",
    },
    System {
        name: "Jenkins",
        is_here: |v| v("GIT_COMMIT").is_some(),
        read: read_jenkins,
        names_before: false,
        how_to_fetch: "fetch it (no shallow clone)",
        what_to_pass: BASE,
    },
];

/// Returns the commit that a variable names, unless it is the null id.
fn commit_of(variables: Variables<'_>, name: &str) -> Option<String> {
    variables(name).filter(|id| !is_null(id))
}

/// Returns the full name of a branch or tag.
fn ref_of(variables: Variables<'_>, branch: &str, tag: &str) -> Option<String> {
    let tag = variables(tag).map(|tag| format!("refs/tags/{tag}"));
    tag.or_else(|| variables(branch).map(|branch| format!("refs/heads/{branch}")))
}

fn required_variable(variables: Variables<'_>, name: &str) -> anyhow::Result<String> {
    variables(name).with_context(|| format!("{name} is not set; is this a job of that CI system?"))
}

fn read_gitlab(variables: Variables<'_>) -> anyhow::Result<JobEvent> {
    let commit = required_variable(variables, "CI_COMMIT_SHA")?;
    Ok(
        match required_variable(variables, "CI_PIPELINE_SOURCE")?.as_str() {
            "merge_request_event" => JobEvent::Review {
                what: "merge request".to_owned(),
                head: commit,
                base: Some(required_variable(
                    variables,
                    "CI_MERGE_REQUEST_DIFF_BASE_SHA",
                )?),
                target: None,
            },
            "push" | "parent_pipeline" => JobEvent::Push {
                commit,
                name: ref_of(variables, "CI_COMMIT_REF_NAME", "CI_COMMIT_TAG"),
                before: commit_of(variables, "CI_COMMIT_BEFORE_SHA"),
                default_branch: variables("CI_DEFAULT_BRANCH"),
            },
            source => JobEvent::History(source.to_owned()),
        },
    )
}

fn read_bitbucket(variables: Variables<'_>) -> anyhow::Result<JobEvent> {
    let commit = required_variable(variables, "BITBUCKET_COMMIT")?;
    if let Some(number) = variables("BITBUCKET_PR_ID") {
        return Ok(JobEvent::Review {
            what: format!("pull request {number}"),
            head: commit,
            base: variables("BITBUCKET_PR_DESTINATION_COMMIT"),
            target: variables("BITBUCKET_PR_DESTINATION_BRANCH"),
        });
    }
    Ok(JobEvent::Push {
        commit,
        name: ref_of(variables, "BITBUCKET_BRANCH", "BITBUCKET_TAG"),
        before: None,
        default_branch: None,
    })
}

fn read_azure(variables: Variables<'_>) -> anyhow::Result<JobEvent> {
    let commit = required_variable(variables, "BUILD_SOURCEVERSION")?;
    if let Some(target) = variables("SYSTEM_PULLREQUEST_TARGETBRANCH") {
        return Ok(JobEvent::Review {
            what: format!("pull request into {target}"),
            head: commit,
            base: None,
            target: Some(target),
        });
    }
    if variables("BUILD_REASON").as_deref() == Some("Schedule") {
        return Ok(JobEvent::History("schedule".to_owned()));
    }
    Ok(JobEvent::Push {
        commit,
        name: variables("BUILD_SOURCEBRANCH"),
        before: None,
        default_branch: None,
    })
}

fn read_circle(variables: Variables<'_>) -> anyhow::Result<JobEvent> {
    Ok(JobEvent::Push {
        commit: required_variable(variables, "CIRCLE_SHA1")?,
        name: ref_of(variables, "CIRCLE_BRANCH", "CIRCLE_TAG"),
        before: None,
        default_branch: None,
    })
}

fn read_travis(variables: Variables<'_>) -> anyhow::Result<JobEvent> {
    let commit = required_variable(variables, "TRAVIS_COMMIT")?;
    // The range is empty at the first push of a branch.
    let range = variables("TRAVIS_COMMIT_RANGE");
    let before = range.and_then(|r| Some(r.split_once("..")?.0.to_owned()));
    let before = before.filter(|id| !is_null(id) && !id.is_empty());
    Ok(match variables("TRAVIS_EVENT_TYPE").as_deref() {
        Some("pull_request") => JobEvent::Review {
            what: "pull request".to_owned(),
            head: variables("TRAVIS_PULL_REQUEST_SHA").unwrap_or(commit),
            base: before,
            target: variables("TRAVIS_BRANCH"),
        },
        Some("cron") => JobEvent::History("cron".to_owned()),
        _ => JobEvent::Push {
            commit,
            name: ref_of(variables, "TRAVIS_BRANCH", "TRAVIS_TAG"),
            before,
            default_branch: None,
        },
    })
}

fn read_drone(variables: Variables<'_>) -> anyhow::Result<JobEvent> {
    let commit = variables("DRONE_COMMIT_SHA").or_else(|| variables("DRONE_COMMIT"));
    let commit = commit.context("DRONE_COMMIT_SHA is not set; is this a job of Drone?")?;
    Ok(match variables("DRONE_BUILD_EVENT").as_deref() {
        Some("pull_request") => JobEvent::Review {
            what: "pull request".to_owned(),
            head: commit,
            base: commit_of(variables, "DRONE_COMMIT_BEFORE"),
            target: variables("DRONE_TARGET_BRANCH"),
        },
        Some("cron") => JobEvent::History("cron".to_owned()),
        _ => JobEvent::Push {
            commit,
            name: ref_of(variables, "DRONE_BRANCH", "DRONE_TAG"),
            before: commit_of(variables, "DRONE_COMMIT_BEFORE"),
            default_branch: variables("DRONE_REPO_BRANCH"),
        },
    })
}

fn read_woodpecker(variables: Variables<'_>) -> anyhow::Result<JobEvent> {
    let commit = required_variable(variables, "CI_COMMIT_SHA")?;
    Ok(match variables("CI_PIPELINE_EVENT").as_deref() {
        Some("pull_request" | "pull_request_closed" | "pull_request_metadata") => {
            JobEvent::Review {
                what: "pull request".to_owned(),
                head: commit,
                base: None,
                target: variables("CI_COMMIT_TARGET_BRANCH"),
            }
        }
        Some("cron") => JobEvent::History("cron".to_owned()),
        _ => JobEvent::Push {
            commit,
            name: ref_of(variables, "CI_COMMIT_BRANCH", "CI_COMMIT_TAG"),
            before: commit_of(variables, "CI_PREV_COMMIT_SHA")
                .filter(|_| variables("CI_PREV_PIPELINE_STATUS").as_deref() == Some("success")),
            default_branch: variables("CI_REPO_DEFAULT_BRANCH"),
        },
    })
}

fn read_buildkite(variables: Variables<'_>) -> anyhow::Result<JobEvent> {
    let commit = required_variable(variables, "BUILDKITE_COMMIT")?;
    let request = variables("BUILDKITE_PULL_REQUEST").filter(|number| number != "false");
    if let Some(number) = request {
        return Ok(JobEvent::Review {
            what: format!("pull request {number}"),
            head: commit,
            base: None,
            target: variables("BUILDKITE_PULL_REQUEST_BASE_BRANCH"),
        });
    }
    if variables("BUILDKITE_SOURCE").as_deref() == Some("schedule") {
        return Ok(JobEvent::History("schedule".to_owned()));
    }
    Ok(JobEvent::Push {
        commit,
        name: ref_of(variables, "BUILDKITE_BRANCH", "BUILDKITE_TAG"),
        before: None,
        default_branch: variables("BUILDKITE_PIPELINE_DEFAULT_BRANCH"),
    })
}

fn read_teamcity(variables: Variables<'_>) -> anyhow::Result<JobEvent> {
    Ok(JobEvent::Push {
        commit: variables("BUILD_VCS_NUMBER").unwrap_or_else(|| "HEAD".to_owned()),
        name: None,
        before: None,
        default_branch: None,
    })
}

fn read_jenkins(variables: Variables<'_>) -> anyhow::Result<JobEvent> {
    let commit = required_variable(variables, "GIT_COMMIT")?;
    if let Some(target) = variables("CHANGE_TARGET") {
        return Ok(JobEvent::Review {
            what: format!("pull request into {target}"),
            head: commit,
            base: None,
            target: Some(target),
        });
    }
    let branch = variables("GIT_BRANCH");
    let name = branch.map(|b| format!("refs/heads/{}", b.trim_start_matches("origin/")));
    // GIT_PREVIOUS_COMMIT may be a commit whose build failed before it was scanned.
    let before = commit_of(variables, "GIT_PREVIOUS_SUCCESSFUL_COMMIT");
    Ok(JobEvent::Push {
        commit,
        name,
        before,
        default_branch: None,
    })
}
