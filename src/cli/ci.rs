//! `scan --ci`: which commits a CI job is about, from what the CI system says of its event.

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::source::git::Which;

/// What a job is to scan, and why, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) scope: Scope,
    pub(super) because: String,
}

/// How much of a repository is scanned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// What `new` reaches and neither `old` nor the refs `known` do.
    Commits {
        new: String,
        old: Option<String>,
        known: Option<String>,
    },
    /// Everything.
    History,
    /// Nothing: the event brings no commits.
    Nothing,
}

impl Scope {
    /// The commits to scan, if it is commits.
    pub(super) fn which(&self) -> Option<Which> {
        let Scope::Commits { new, old, known } = self else {
            return None;
        };
        Some(Which::Pushed {
            new: vec![new.clone()],
            old: old.iter().cloned().collect(),
            known_refs: known.clone(),
        })
    }
}

/// The plan for the job that this runs in.
pub(super) fn plan() -> anyhow::Result<Plan> {
    let variable = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
    let event = match variable("GITHUB_EVENT_PATH") {
        Some(path) => {
            let bytes = super::input::read(path.as_ref(), "event of GitHub Actions")?;
            let event = serde_json::from_slice(&bytes);
            event.with_context(|| format!("{path} is no JSON"))?
        }
        None => Value::Null,
    };
    decide(&variable, &event)
}

fn decide(variable: &dyn Fn(&str) -> Option<String>, event: &Value) -> anyhow::Result<Plan> {
    if let Some(name) = variable("GITHUB_EVENT_NAME") {
        return github(&name, variable, event);
    }
    if let Some(source) = variable("CI_PIPELINE_SOURCE") {
        return gitlab(&source, variable);
    }
    if let Some(new) = variable("BITBUCKET_COMMIT") {
        let target = variable("BITBUCKET_PR_DESTINATION_COMMIT");
        return Ok(pair("Bitbucket Pipelines", new, target, "origin/master"));
    }
    if let Some(new) = variable("BUILD_SOURCEVERSION") {
        let target = variable("SYSTEM_PULLREQUEST_TARGETBRANCH");
        let branch = target.map(|t| t.trim_start_matches("refs/heads/").to_owned());
        return Ok(against_branch("Azure Pipelines", new, branch));
    }
    if let Some(new) = variable("GIT_COMMIT") {
        return Ok(match variable("CHANGE_TARGET") {
            Some(branch) => against_branch("Jenkins", new, Some(branch)),
            None => pair(
                "Jenkins",
                new,
                variable("GIT_PREVIOUS_COMMIT"),
                "nothing earlier",
            ),
        });
    }
    bail!(
        "no CI system that --ci knows set its variables (GitHub Actions, GitLab, Azure Pipelines, Bitbucket, \
         Jenkins); name the commits: --range BASE..HEAD"
    )
}

fn github(
    name: &str,
    variable: &dyn Fn(&str) -> Option<String>,
    event: &Value,
) -> anyhow::Result<Plan> {
    let id = |pointer: &str| {
        event
            .pointer(pointer)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let need = |pointer: &str| {
        id(pointer).with_context(|| {
            format!("the event {name} has no {pointer}; is GITHUB_EVENT_PATH the event's file?")
        })
    };
    match name {
        "pull_request"
        | "pull_request_target"
        | "pull_request_review"
        | "pull_request_review_comment" => {
            let (base, head) = (
                need("/pull_request/base/sha")?,
                need("/pull_request/head/sha")?,
            );
            let number = event["number"]
                .as_u64()
                .or(event["pull_request"]["number"].as_u64());
            let number = number.map(|n| format!(" {n}")).unwrap_or_default();
            Ok(commits(
                format!("pull request{number}"),
                head,
                Some(base),
                None,
            ))
        }
        "merge_group" => {
            let (base, head) = (
                need("/merge_group/base_sha")?,
                need("/merge_group/head_sha")?,
            );
            Ok(commits("merge queue".to_owned(), head, Some(base), None))
        }
        "push" => {
            let after = need("/after")?;
            if is_null(&after) {
                return Ok(nothing("a branch or tag was deleted"));
            }
            let before = id("/before").filter(|b| !is_null(b));
            let default = id("/repository/default_branch");
            let branch = id("/ref").unwrap_or_default();
            Ok(first_or_next(&branch, after, before, default))
        }
        "schedule" | "workflow_dispatch" | "repository_dispatch" | "release" => Ok(Plan {
            scope: Scope::History,
            because: format!("{name}: the whole history"),
        }),
        _ => match variable("GITHUB_SHA") {
            Some(_) => Ok(Plan {
                scope: Scope::History,
                because: format!("{name} names no commits: the whole history"),
            }),
            None => bail!("the event {name} names no commits; use --range BASE..HEAD or --history"),
        },
    }
}

fn gitlab(source: &str, variable: &dyn Fn(&str) -> Option<String>) -> anyhow::Result<Plan> {
    let new =
        variable("CI_COMMIT_SHA").context("CI_COMMIT_SHA is not set; is this a job of GitLab?")?;
    match source {
        "merge_request_event" => {
            let base = variable("CI_MERGE_REQUEST_DIFF_BASE_SHA")
                .context("CI_MERGE_REQUEST_DIFF_BASE_SHA is not set in a merge request pipeline")?;
            Ok(commits("merge request".to_owned(), new, Some(base), None))
        }
        "push" => {
            let before = variable("CI_COMMIT_BEFORE_SHA").filter(|b| !is_null(b));
            let branch = variable("CI_COMMIT_REF_NAME").unwrap_or_default();
            let default = variable("CI_DEFAULT_BRANCH");
            Ok(first_or_next(
                &format!("refs/heads/{branch}"),
                new,
                before,
                default,
            ))
        }
        _ => Ok(Plan {
            scope: Scope::History,
            because: format!("{source}: the whole history"),
        }),
    }
}

/// A push: what is new since the one before, or for a new branch or tag, what the default branch does not have.
fn first_or_next(
    name: &str,
    after: String,
    before: Option<String>,
    default: Option<String>,
) -> Plan {
    // What the default branch has is no news of another branch, also where the one before is gone (a force push).
    let known = default
        .filter(|d| name != format!("refs/heads/{d}"))
        .map(|default| format!("refs/remotes/origin/{default}"));
    let what = if before.is_some() {
        format!("push to {name}")
    } else {
        format!("first push of {name}")
    };
    commits(what, after, before, known)
}

fn against_branch(system: &str, new: String, branch: Option<String>) -> Plan {
    match branch {
        Some(branch) => {
            let known = format!("refs/remotes/origin/{branch}");
            commits(
                format!("{system}, against {branch}"),
                new,
                None,
                Some(known),
            )
        }
        None => Plan {
            scope: Scope::History,
            because: format!("{system}, no pull request: the whole history"),
        },
    }
}

fn pair(system: &str, new: String, old: Option<String>, without: &str) -> Plan {
    match old {
        Some(old) => commits(system.to_owned(), new, Some(old), None),
        None => Plan {
            scope: Scope::History,
            because: format!("{system}, {without}: the whole history"),
        },
    }
}

fn commits(what: String, new: String, old: Option<String>, known: Option<String>) -> Plan {
    let short = |id: &str| id.get(..12).unwrap_or(id).to_owned();
    let from = match (&old, &known) {
        (Some(old), None) => format!(" since {}", short(old)),
        (Some(old), Some(known)) => {
            format!(" since {}, without what {known} has", short(old))
        }
        (None, Some(known)) => format!(" that {known} does not have"),
        (None, None) => " and all before it".to_owned(),
    };
    Plan {
        because: format!("{what}: {}{from}", short(&new)),
        scope: Scope::Commits { new, old, known },
    }
}

fn nothing(why: &str) -> Plan {
    Plan {
        scope: Scope::Nothing,
        because: format!("{why}: there are no commits to scan"),
    }
}

/// Whether an id is the one that stands for no object.
fn is_null(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|b| b == b'0')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ZERO: &str = "0000000000000000000000000000000000000000";

    fn on_github(name: &str, event: &Value) -> Plan {
        let variable = |key: &str| match key {
            "GITHUB_EVENT_NAME" => Some(name.to_owned()),
            "GITHUB_SHA" => Some("merge".to_owned()),
            _ => None,
        };
        decide(&variable, event).unwrap()
    }

    fn range(new: &str, old: Option<&str>, known: Option<&str>) -> Scope {
        Scope::Commits {
            new: new.to_owned(),
            old: old.map(str::to_owned),
            known: known.map(str::to_owned),
        }
    }

    #[test]
    fn every_event_of_github_has_its_commits() {
        // The fields as in GitHub's payloads; the rest of them is not looked at.
        let pr = json!({"number": 7, "pull_request": {"base": {"sha": "b"}, "head": {"sha": "h"}}});
        for name in ["pull_request", "pull_request_target"] {
            let plan = on_github(name, &pr);
            assert_eq!(plan.scope, range("h", Some("b"), None));
            assert_eq!(plan.because, "pull request 7: h since b");
        }
        let queue = json!({"merge_group": {"base_sha": "b", "head_sha": "h"}});
        assert_eq!(
            on_github("merge_group", &queue).scope,
            range("h", Some("b"), None)
        );
        let push = |before: &str, after: &str, name: &str| {
            on_github(
                "push",
                &json!({"ref": name, "before": before, "after": after, "repository": {"default_branch": "main"}}),
            )
            .scope
        };
        let known = Some("refs/remotes/origin/main");
        assert_eq!(push("b", "a", "refs/heads/x"), range("a", Some("b"), known));
        assert_eq!(
            push("b", "a", "refs/heads/main"),
            range("a", Some("b"), None)
        );
        assert_eq!(
            push(ZERO, "a", "refs/heads/x"),
            range("a", None, known),
            "first push"
        );
        assert_eq!(
            push(ZERO, "a", "refs/tags/v1"),
            range("a", None, known),
            "tag"
        );
        assert_eq!(
            push(ZERO, "a", "refs/heads/main"),
            range("a", None, None),
            "first of all"
        );
        assert_eq!(push("b", ZERO, "refs/heads/x"), Scope::Nothing, "deleted");
        for name in ["schedule", "workflow_dispatch", "issue_comment"] {
            assert_eq!(on_github(name, &json!({})).scope, Scope::History, "{name}");
        }
    }

    #[test]
    fn an_event_without_what_it_must_have_is_an_error() {
        let variable = |key: &str| (key == "GITHUB_EVENT_NAME").then(|| "pull_request".to_owned());
        let said = decide(&variable, &json!({})).unwrap_err().to_string();
        assert_eq!(
            said,
            "the event pull_request has no /pull_request/base/sha; is GITHUB_EVENT_PATH the event's file?"
        );
        assert!(
            decide(&|_| None, &Value::Null)
                .unwrap_err()
                .to_string()
                .contains("--range BASE..HEAD")
        );
    }

    #[test]
    fn other_systems_name_theirs() {
        let with = |pairs: &[(&str, &str)]| {
            let pairs: Vec<(String, String)> = pairs
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect();
            let variable = move |key: &str| {
                let found = pairs.iter().find(|(k, _)| k == key);
                found.map(|(_, v)| v.clone())
            };
            decide(&variable, &Value::Null).unwrap().scope
        };
        let gitlab = [
            ("CI_COMMIT_SHA", "h"),
            ("CI_DEFAULT_BRANCH", "main"),
            ("CI_COMMIT_REF_NAME", "x"),
        ];
        let mr = [
            &gitlab[..],
            &[
                ("CI_PIPELINE_SOURCE", "merge_request_event"),
                ("CI_MERGE_REQUEST_DIFF_BASE_SHA", "b"),
            ],
        ]
        .concat();
        assert_eq!(with(&mr), range("h", Some("b"), None));
        let first = [
            &gitlab[..],
            &[
                ("CI_PIPELINE_SOURCE", "push"),
                ("CI_COMMIT_BEFORE_SHA", ZERO),
            ],
        ]
        .concat();
        assert_eq!(
            with(&first),
            range("h", None, Some("refs/remotes/origin/main"))
        );
        let schedule = [&gitlab[..], &[("CI_PIPELINE_SOURCE", "schedule")]].concat();
        assert_eq!(with(&schedule), Scope::History);
        assert_eq!(
            with(&[("GIT_COMMIT", "h"), ("CHANGE_TARGET", "main")]),
            range("h", None, Some("refs/remotes/origin/main"))
        );
        assert_eq!(
            with(&[
                ("BUILD_SOURCEVERSION", "h"),
                ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main")
            ]),
            range("h", None, Some("refs/remotes/origin/main"))
        );
        assert_eq!(
            with(&[
                ("BITBUCKET_COMMIT", "h"),
                ("BITBUCKET_PR_DESTINATION_COMMIT", "b")
            ]),
            range("h", Some("b"), None)
        );
    }
}
