//! Reads the event of a job in GitHub Actions, and in systems that imitate it, from the webhook payload in a file.

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::event::{JobEvent, Variables, is_null};
use crate::cli::input;

/// Reads the event of the job.
pub(super) fn read(variables: Variables<'_>) -> anyhow::Result<JobEvent> {
    let name = variables("GITHUB_EVENT_NAME").context("GITHUB_EVENT_NAME is not set")?;
    let event = match variables("GITHUB_EVENT_PATH") {
        Some(path) => {
            let bytes = input::read(path.as_ref(), "event of GitHub Actions")?;
            serde_json::from_slice(&bytes).with_context(|| format!("{path} is no JSON"))?
        }
        None => Value::Null,
    };
    event_to_job(&name, &event, variables)
}

fn event_to_job(name: &str, event: &Value, variables: Variables<'_>) -> anyhow::Result<JobEvent> {
    let id = |pointer: &str| {
        let id = event.pointer(pointer).and_then(Value::as_str);
        id.map(str::to_owned)
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
            let number = event["number"]
                .as_u64()
                .or(event["pull_request"]["number"].as_u64());
            let number = number.map(|n| format!(" {n}")).unwrap_or_default();
            Ok(JobEvent::Review {
                what: format!("pull request{number}"),
                base: Some(need("/pull_request/base/sha")?),
                head: need("/pull_request/head/sha")?,
                target: None,
            })
        }
        "merge_group" => Ok(JobEvent::Review {
            what: "merge queue".to_owned(),
            base: Some(need("/merge_group/base_sha")?),
            head: need("/merge_group/head_sha")?,
            target: None,
        }),
        "push" => {
            let after = need("/after")?;
            if is_null(&after) {
                return Ok(JobEvent::Nothing("a branch or tag was deleted".to_owned()));
            }
            Ok(JobEvent::Push {
                commit: after,
                name: id("/ref"),
                before: id("/before").filter(|b| !is_null(b)),
                default_branch: id("/repository/default_branch"),
            })
        }
        "schedule" | "workflow_dispatch" | "repository_dispatch" | "release" => {
            Ok(JobEvent::History(name.to_owned()))
        }
        _ if variables("GITHUB_SHA").is_some() => {
            Ok(JobEvent::History(format!("{name} names no commits")))
        }
        _ => bail!("the event {name} names no commits; use --range BASE..HEAD or --history"),
    }
}
