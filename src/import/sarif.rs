//! SARIF 2.1.0, of this program and of others.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;
use serde::Deserialize as _;
use serde_json::Value;

use super::own;
use super::reported::{
    ForeignFinding, ImportedFinding, ImportedReport, join_author, number_field, secret_field,
    text_field,
};
use crate::finding::{Acceptance, AcceptedBy, Checksum, Confidence, Origin, Severity};

/// Programs that write the secret itself as the excerpt of a place.
const SECRET_AS_EXCERPT: [&str; 3] = ["betterleaks", "gitleaks", "kingfisher"];

/// Returns true if this is a SARIF document.
pub(super) fn is_document(value: &Value) -> bool {
    value["runs"].is_array()
}

/// Reads all runs, each as a report of its own.
///
/// # Errors
/// Returns a sentence if the document has no runs.
pub(super) fn read_document(value: &Value) -> Result<ImportedReport, String> {
    let runs = value["runs"].as_array();
    let mut report = ImportedReport::default();
    for run in runs.into_iter().flatten() {
        let one = read_run(run);
        if !report.tool.is_empty() && report.tool != one.tool {
            report.tool.push_str(", ");
            report.tool.push_str(&one.tool);
        } else {
            report.tool = one.tool;
        }
        report.findings.extend(one.findings);
        report.gaps.extend(one.gaps);
    }
    if report.tool.is_empty() {
        return Err("this SARIF document has no runs".to_owned());
    }
    Ok(report)
}

fn read_run(run: &Value) -> ImportedReport {
    let driver = &run["tool"]["driver"];
    let name = text_field(driver, "name").unwrap_or_else(|| "unknown".to_owned());
    let tool = name.to_lowercase();
    let titles: HashMap<&str, String> = driver["rules"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|rule| Some((rule["id"].as_str()?, rule_title(rule)?)))
        .collect();
    let results = run["results"].as_array().into_iter().flatten();
    let findings = results
        .filter(|result| is_open_result(result))
        .map(|result| {
            let found = read_result(result, run, &tool, &titles).into_imported(&tool);
            if tool == own::TOOL {
                return restore_own(found, result);
            }
            found
        });
    let findings = findings.collect();
    let invocations = run["invocations"].as_array().into_iter().flatten();
    let failed = invocations
        .filter(|i| i["executionSuccessful"] == Value::Bool(false))
        .count();
    ImportedReport {
        findings,
        gaps: (failed > 0)
            .then(|| format!("the run of {tool} was not complete"))
            .into_iter()
            .collect(),
        tool,
    }
}

fn rule_title(rule: &Value) -> Option<String> {
    let short = &rule["shortDescription"];
    text_field(short, "text").or_else(|| text_field(rule, "name"))
}

/// Returns false for a result that says that nothing is wrong, or that something is no longer wrong.
fn is_open_result(result: &Value) -> bool {
    let kind = result["kind"].as_str().unwrap_or("fail");
    matches!(kind, "fail" | "review" | "open") && result["baselineState"] != "absent"
}

fn read_result(
    result: &Value,
    run: &Value,
    tool: &str,
    titles: &HashMap<&str, String>,
) -> ForeignFinding {
    let index = number_field(result, "ruleIndex").and_then(|n| usize::try_from(n).ok());
    let by_index = index.and_then(|at| text_field(&run["tool"]["driver"]["rules"][at], "id"));
    let kind = text_field(result, "ruleId")
        .or_else(|| text_field(&result["rule"], "id"))
        .or(by_index)
        .unwrap_or_default();
    let place = &result["locations"][0]["physicalLocation"];
    let region = &place["region"];
    // The last column of a region is not part of it, but gitleaks and its kin count it.
    let columns = number_field(region, "startColumn").zip(number_field(region, "endColumn"));
    let has_secret = SECRET_AS_EXCERPT.contains(&tool);
    let about = &result["partialFingerprints"];
    let commit = text_field(about, "commitSha")
        .or_else(|| text_field(&result["properties"]["git_metadata"]["commit"], "id"));
    ForeignFinding {
        title: titles.get(&*kind).cloned().unwrap_or_else(|| kind.clone()),
        path: artifact_path(&place["artifactLocation"], run),
        line: number_field(region, "startLine"),
        end_line: number_field(region, "endLine"),
        columns,
        secret: has_secret
            .then(|| secret_field(&region["snippet"], "text"))
            .flatten(),
        severity: match result["level"].as_str() {
            Some("warning") => Some(Severity::Warning),
            Some("note") => Some(Severity::Note),
            _ => None,
        },
        commit,
        author: join_author(text_field(about, "author"), text_field(about, "email")),
        date: text_field(about, "date"),
        accepted: suppression(result, tool),
        kind,
        ..ForeignFinding::default()
    }
}

/// Returns the acceptance that a result's suppressions describe.
fn suppression(result: &Value, tool: &str) -> Option<Acceptance> {
    let all = result["suppressions"].as_array()?;
    let open = |status: &Value| status == "underReview" || status == "rejected";
    let one = all.iter().find(|one| !open(&one["status"]))?;
    Some(Acceptance {
        by: match one["kind"].as_str() {
            Some("inSource") => AcceptedBy::Comment,
            _ => AcceptedBy::Configuration,
        },
        reason: text_field(one, "justification").unwrap_or_default(),
        source: format!("report of {tool}"),
        first_seen: None,
    })
}

/// Returns the path of an artifact, as the report's own folder names it.
fn artifact_path(artifact: &Value, run: &Value) -> String {
    let index = number_field(artifact, "index").and_then(|n| usize::try_from(n).ok());
    let listed = index.map_or(&Value::Null, |at| &run["artifacts"][at]["location"]);
    let uri = text_field(artifact, "uri").or_else(|| text_field(listed, "uri"));
    let uri = uri.unwrap_or_default();
    let path = match uri.strip_prefix("file://") {
        // What is before the first slash is a host.
        Some(rest) => rest.find('/').map_or(rest, |at| &rest[at..]),
        None => &uri,
    };
    percent_decode_str(path).decode_utf8_lossy().into_owned()
}

/// Returns a finding of our own report with what it says about the decision.
fn restore_own(mut found: ImportedFinding, result: &Value) -> ImportedFinding {
    let about = &result["properties"];
    let named = |key: &str| about[key].as_str().unwrap_or_default();
    let levels = Confidence::ALL.into_iter();
    let finding = &mut found.finding;
    finding.rule_id = found.claim.kind.as_str().into();
    if let Some(level) = levels.into_iter().find(|l| l.name() == named("confidence")) {
        finding.confidence = level;
    }
    finding.checksum = match named("checksum") {
        "valid" => Checksum::Valid,
        "invalid" => Checksum::Invalid,
        _ => Checksum::None,
    };
    if let Ok(origin) = Origin::deserialize(&about["origin"]) {
        finding.origin = origin.into();
    }
    finding.origin.pre_existing = named("status") == "pre-existing";
    let identity = text_field(&result["partialFingerprints"], "tokensweepSecret/v1");
    if let Some(identity) = identity {
        // The number behind the colon tells the places of a secret apart.
        finding.fingerprint = identity.split(':').next().unwrap_or_default().to_owned();
        found.is_ours = true;
    }
    let region = &result["locations"][0]["physicalLocation"]["region"];
    let bytes = number_field(region, "byteOffset").zip(number_field(region, "byteLength"));
    if let Some((start, length)) = bytes {
        finding.bytes = start..start.saturating_add(length);
        finding.end.column = number_field(region, "endColumn").unwrap_or(finding.end.column);
    }
    found
}
