//! SARIF 2.1.0, for code scanning. Paths are relative to `%SRCROOT%`, fingerprints identify the secret and not its
//! place, accepted findings are suppressed results, and no result contains a secret.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value, json};

use super::ReportOptions;
use super::links::{encode_path, file_address};
use super::provenance::{is_in_baseline, separates_new_findings};
use super::sarif_tool::{build_driver, describe_revision, level};
use super::words;
use crate::date::format_timestamp;
use crate::finding::{AcceptedBy, Confidence, Finding, Outcome};
use crate::rule::Rule;
use crate::span::DocumentPlace;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Maximum number of results that GitHub takes from one run.
const MOST: usize = 25_000;

pub(super) fn write(
    outcome: &Outcome,
    options: &ReportOptions<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &document(outcome, options, MOST))?;
    writeln!(out)
}

/// Returns the report with at most `most` results.
fn document(outcome: &Outcome, options: &ReportOptions<'_>, most: usize) -> Value {
    let rules: Vec<&Rule> = options.rules.iter().map(|r| &**r).collect();
    let mut seen = BTreeMap::new();
    let compares = separates_new_findings(outcome);
    // Open findings come first, so that a cut drops the least important ones.
    let mut findings: Vec<&Finding> = outcome.findings.iter().collect();
    findings.sort_by_key(|f| !f.is_open());
    let cut = findings.len().saturating_sub(most);
    let results: Vec<Value> = findings
        .iter()
        .take(most)
        .map(|f| build_result(f, &rules, &mut seen, compares))
        .collect();
    let mut run = json!({
        "tool": {"driver": build_driver(&rules, words::PROJECT_PAGE)},
        "originalUriBaseIds": {"%SRCROOT%": {
            "description": {"text": "The folder that the scan was started in."},
        }},
        "columnKind": "unicodeCodePoints",
        "newlineSequences": ["\r\n", "\n", "\r"],
        "invocations": [build_invocation(outcome, options, cut)],
        "results": results,
    });
    if let Some(scanned) = describe_revision(options) {
        run["versionControlProvenance"] = json!([scanned]);
    }
    json!({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})
}

fn build_result<'f>(
    finding: &'f Finding,
    rules: &[&Rule],
    seen: &mut BTreeMap<&'f str, u64>,
    compares: bool,
) -> Value {
    // The same secret in several places needs several identities, or all but one are dropped.
    let nth = seen.entry(&finding.fingerprint).or_insert(0);
    *nth += 1;
    let identity = format!("{}:{nth}", finding.fingerprint);
    let text = format!(
        "{}. Do first: {} {}",
        words::describe_in_file(finding),
        finding.remediation,
        words::how_to_accept(words::TO_ACCEPT, finding)
    );
    let layers: Vec<&str> = finding.decoded_from.iter().map(|l| l.name()).collect();
    let mut value = json!({
        "ruleId": finding.rule_id,
        "level": level(finding.severity),
        "kind": "fail",
        "rank": rank_of(finding.confidence),
        "message": {"text": text},
        "locations": [build_location(finding)],
        "partialFingerprints": {
            "primaryLocationLineHash": identity,
            "tokensweepSecret/v1": identity,
        },
        "properties": {
            "confidence": finding.confidence,
            "checksum": finding.checksum,
            "decodedFrom": layers,
            "status": finding.status().name(),
        },
    });
    if let Some(index) = rules.iter().position(|r| r.id == finding.rule_id) {
        value["ruleIndex"] = json!(index);
    }
    if compares {
        value["baselineState"] = json!(baseline_state(finding));
    }
    if finding.origin.first_commit().is_some() {
        value["properties"]["origin"] = json!(*finding.origin);
    }
    value["suppressions"] = build_suppressions(finding);
    value
}

/// Returns the state of a finding against what was known before: the base of a change, or the baseline.
fn baseline_state(finding: &Finding) -> &'static str {
    let accepted = finding.accepted.as_ref();
    if accepted.is_some_and(|accepted| accepted.first_seen.is_some()) {
        return "updated";
    }
    if finding.origin.pre_existing || is_in_baseline(finding) {
        "unchanged"
    } else {
        "new"
    }
}

/// Returns the place of a finding. The lines of a member are none of its archive, so they are in the message, and the
/// way to the member is a logical location.
fn build_location(finding: &Finding) -> Value {
    let artifact = artifact_location(&finding.path);
    let Some(member) = &finding.origin.member else {
        let region = json!({
            "startLine": finding.start.line,
            "startColumn": finding.start.column,
            "endLine": finding.end.line,
            "endColumn": finding.end.column,
            "byteOffset": finding.bytes.start,
            "byteLength": finding.bytes.end - finding.bytes.start,
        });
        let physical = json!({"artifactLocation": artifact, "region": region});
        let mut location = json!({"physicalLocation": physical});
        let named = finding.origin.place.as_ref().map(name_place);
        if let Some(place) = named {
            location["logicalLocations"] = json!([place]);
        }
        return location;
    };
    let member = json!({
        "kind": "member",
        "name": member.rsplit('!').next(),
        "fullyQualifiedName": member,
    });
    let named = finding.origin.place.as_ref().map(name_place);
    let logical: Vec<Value> = std::iter::once(member).chain(named).collect();
    json!({
        // GitHub takes no location without a line.
        "physicalLocation": {"artifactLocation": artifact, "region": {"startLine": 1}},
        "logicalLocations": logical,
    })
}

/// Returns the logical location of a place in a document.
fn name_place(place: &DocumentPlace) -> Value {
    json!({"kind": "place", "name": place})
}

fn build_suppressions(finding: &Finding) -> Value {
    let Some(accepted) = &finding.accepted else {
        return json!([]);
    };
    let kind = match accepted.by {
        AcceptedBy::Comment | AcceptedBy::Region => "inSource",
        AcceptedBy::Configuration | AcceptedBy::Baseline => "external",
    };
    let mut justification = format!("accepted by {}", accepted.by.name());
    for part in accepted.describe_acceptance() {
        justification.push_str(&format!("; {part}"));
    }
    json!([{"kind": kind, "status": "accepted", "justification": justification}])
}

/// Returns the confidence on a scale from 0 to 100.
fn rank_of(confidence: Confidence) -> f64 {
    match confidence {
        Confidence::Low => 20.0,
        Confidence::Medium => 60.0,
        Confidence::High => 95.0,
        Confidence::Certain => 100.0,
    }
}

/// Returns a path as a URI: relative to the root where possible, with every byte escaped that a URI cannot contain.
fn artifact_location(path: &Path) -> Value {
    if path.is_absolute() {
        return json!({"uri": file_address(path)});
    }
    json!({"uri": encode_path(path), "uriBaseId": "%SRCROOT%"})
}

fn build_invocation(outcome: &Outcome, options: &ReportOptions<'_>, cut: usize) -> Value {
    let mut notes: Vec<Value> = outcome
        .trouble_skips()
        .map(|skip| {
            json!({
                "level": "error",
                "message": {"text": format!("not scanned: {}", skip.reason)},
                "locations": [{"physicalLocation": {"artifactLocation": artifact_location(&skip.path)}}],
            })
        })
        .collect();
    notes.extend(
        outcome
            .notes
            .iter()
            .map(|note| json!({"level": "note", "message": {"text": note}})),
    );
    let not_read = words::not_read(outcome);
    if !not_read.is_empty() {
        let text = format!("not read: {not_read}");
        notes.push(json!({"level": "note", "message": {"text": text}}));
    }
    if cut > 0 {
        let text = format!(
            "{cut} of {} findings are left out: code scanning takes {MOST} results at most",
            outcome.findings.len()
        );
        notes.push(json!({"level": "warning", "message": {"text": text}}));
    }
    json!({
        "executionSuccessful": outcome.is_complete(),
        "endTimeUtc": format!("{}Z", format_timestamp(options.finished)),
        "toolExecutionNotifications": notes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{ReportFormat, samples};

    fn run(outcome: &Outcome) -> Value {
        let text = samples::report(ReportFormat::Sarif, outcome, 0);
        let document: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["version"], "2.1.0");
        document["runs"][0].clone()
    }

    #[test]
    fn every_result_names_a_rule_a_place_and_an_identity() {
        let outcome = samples::outcome();
        let run = run(&outcome);
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), outcome.findings.len());
        let mut identities = std::collections::BTreeSet::new();
        for result in results {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
            assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
            assert!(!result["message"]["text"].as_str().unwrap().is_empty());
            let place = &result["locations"][0]["physicalLocation"];
            let uri = place["artifactLocation"]["uri"].as_str().unwrap();
            assert!(uri.is_ascii() && !uri.contains([' ', '\\', '<']), "{uri}");
            for field in [
                "startLine",
                "startColumn",
                "endLine",
                "endColumn",
                "byteLength",
            ] {
                assert!(place["region"][field].as_u64().unwrap() >= 1, "{field}");
            }
            assert!(
                identities
                    .insert(result["partialFingerprints"]["primaryLocationLineHash"].to_string())
            );
        }
        for rule in rules {
            for field in [
                "id",
                "name",
                "shortDescription",
                "fullDescription",
                "help",
                "helpUri",
            ] {
                assert!(!rule[field].is_null(), "{field} of {}", rule["id"]);
            }
            let severity = rule["properties"]["security-severity"].as_str().unwrap();
            assert!((0.0..=10.0).contains(&severity.parse::<f64>().unwrap()));
        }
    }

    #[test]
    fn what_is_accepted_is_suppressed_and_what_was_there_is_unchanged() {
        let run = run(&samples::outcome());
        let results = run["results"].as_array().unwrap();
        let suppressed: Vec<_> = results
            .iter()
            .filter(|r| !r["suppressions"].as_array().unwrap().is_empty())
            .collect();
        assert_eq!(suppressed.len(), 1);
        assert_eq!(suppressed[0]["suppressions"][0]["kind"], "external");
        let states: Vec<_> = results
            .iter()
            .map(|r| r["baselineState"].as_str().unwrap())
            .collect();
        // The accepted one is in another file than in the baseline.
        assert_eq!(states, ["new", "new", "new", "updated", "unchanged"]);
    }

    #[test]
    fn what_is_accepted_by_the_baseline_in_its_place_is_unchanged() {
        let mut outcome = samples::outcome();
        outcome.findings[3].accepted.as_mut().unwrap().first_seen = None;
        outcome.findings.pop();
        let results = run(&outcome)["results"].clone();
        assert_eq!(results[3]["baselineState"], "unchanged");
        outcome.findings.pop();
        let results = run(&outcome)["results"].clone();
        assert!(results[0]["baselineState"].is_null(), "nothing to compare");
    }

    #[test]
    fn the_scanned_commit_and_the_commit_of_a_finding_are_data() {
        let mut outcome = samples::outcome();
        samples::set_commit(&mut outcome.findings[0], Some(false));
        let rules = crate::rule::builtin_rules();
        let mut options = samples::options(&rules, 0);
        let run_of = |options: &ReportOptions<'_>| {
            let document = document(&outcome, options, MOST);
            document["runs"][0].clone()
        };
        assert!(run_of(&options)["versionControlProvenance"].is_null());
        options.remote = Some("https://user:pass@github.com/octo/x.git");
        options.revision = Some("89abcdef0123456789abcdef0123456789abcdef");
        options.branch = Some("main");
        let run = run_of(&options);
        assert_eq!(
            run["versionControlProvenance"],
            json!([{
                "repositoryUri": "https://github.com/octo/x",
                "revisionId": "89abcdef0123456789abcdef0123456789abcdef",
                "branch": "main",
            }])
        );
        let result = &run["results"][0];
        let origin = &result["properties"]["origin"];
        assert_eq!(origin["author"], "Ann Lee <ann@example.com>");
        assert_eq!(origin["at_head"], false);
        let text = result["message"]["text"].as_str().unwrap();
        assert!(
            text.contains(". It came in with commit 0123456789ab of 2024-03-01 by Ann Lee"),
            "{text}"
        );
        assert!(text.contains("; gone from HEAD. Do first: "), "{text}");
    }

    #[test]
    fn what_was_not_scanned_is_said() {
        let run = run(&samples::outcome());
        assert_eq!(run["invocations"][0]["executionSuccessful"], false);
        let notes = &run["invocations"][0]["toolExecutionNotifications"];
        assert_eq!(
            notes[0]["message"]["text"],
            "not scanned: permission denied"
        );
    }

    #[test]
    fn there_are_never_more_results_than_code_scanning_takes() {
        let outcome = samples::outcome();
        let rules = crate::rule::builtin_rules();
        let options = samples::options(&rules, 0);
        let run = document(&outcome, &options, 3)["runs"][0].clone();
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), 3);
        let open = results
            .iter()
            .filter(|r| r["properties"]["status"] == "open");
        assert_eq!(open.count(), 3, "the open ones are kept");
        let notes = run["invocations"][0]["toolExecutionNotifications"].to_string();
        assert!(notes.contains("2 of 5 findings are left out"), "{notes}");
    }

    #[test]
    fn a_path_is_a_uri_below_the_root_or_a_file_uri() {
        let uri = |p: &str| artifact_location(Path::new(p));
        assert_eq!(uri("./a b/ü#.env")["uri"], "a%20b/%C3%BC%23.env");
        assert_eq!(uri("a")["uriBaseId"], "%SRCROOT%");
        if cfg!(unix) {
            assert_eq!(uri("/etc/x")["uri"], "file:///etc/x");
            assert!(uri("/etc/x")["uriBaseId"].is_null());
        }
    }
}
