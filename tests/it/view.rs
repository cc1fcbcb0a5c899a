//! Reports of other programs and of ours, merged into one.

use serde_json::{Value, json};
use tokensweep::ReportFormat;

use crate::env::Env;
use crate::five_reports::{ALL, FiveReports, of_gitleaks};
use crate::git::git_out;

/// Place, confidence and the programs of a finding.
fn summary(finding: &Value) -> String {
    let evidence = finding["evidence"].as_array().unwrap();
    let programs = evidence.iter().find(|e| e["name"] == "reported-by");
    let programs = programs.map_or("", |e| e["detail"].as_str().unwrap());
    let unverified = evidence.iter().any(|e| e["name"] == "not-verified");
    let mark = if unverified { "?" } else { "" };
    format!(
        "{}:{} {}{mark} {programs}",
        finding["path"].as_str().unwrap(),
        finding["line"],
        finding["confidence"].as_str().unwrap(),
    )
}

#[test]
fn five_reports_about_one_repository_are_one() {
    let five = FiveReports::new();
    let run = five
        .env
        .run(&format!("view {ALL} --min-confidence low --format json"))
        .expect(1);
    let found = run.findings();
    let said: Vec<String> = found.iter().map(summary).collect();
    // Counted by hand: sixteen findings of five programs are eight places of seven secrets.
    assert_eq!(
        said,
        [
            ".env:1 certain gitleaks (github-pat); betterleaks (github-pat); trufflehog (Github); \
             kingfisher (betterleaks.github-pat); detect-secrets (GitHub Token)",
            ".github/workflows/ci.yml:2 low gitleaks (generic-api-key); detect-secrets (Hex High Entropy String)",
            "app.py:1 medium? gitleaks (aws-access-token); trufflehog (AWS); \
             kingfisher (betterleaks.aws-access-token); detect-secrets (AWS Access Key)",
            "app.py:2 medium? betterleaks (generic-password); detect-secrets (Secret Keyword)",
            "deploy.sh:2 high gitleaks (generic-api-key); \
             detect-secrets (Basic Auth Credentials, Hex High Entropy String)",
            "docs/setup.md:3 certain betterleaks (github-pat)",
            "gone.env:4 certain trufflehog (NpmToken)",
            "missing.cfg:9 medium? detect-secrets (Hex High Entropy String)",
        ]
    );
    let mut secrets: Vec<&str> = found
        .iter()
        .map(|f| f["fingerprint"].as_str().unwrap())
        .collect();
    secrets.sort_unstable();
    secrets.dedup();
    assert_eq!(secrets.len(), 7);
    assert_eq!(run.json()["scan"]["reports"], 5);
    // What the judge finds to be an id of a commit is below the default.
    let run = five.env.run(&format!("view {ALL} --format json")).expect(1);
    assert_eq!(run.findings().len(), 7);
    let notes = run.json()["scan"]["notes"].to_string();
    for note in [
        "gitleaks.json (gitleaks): 4 findings, 2 confirmed, 1 not verified, 1 below medium",
        "trufflehog.jsonl (trufflehog): 3 findings, 2 confirmed, 1 not verified",
        ".secrets.baseline (detect-secrets): 6 findings, 2 confirmed, 3 not verified, 1 below medium",
    ] {
        assert!(notes.contains(note), "{note}\n{notes}");
    }
}

#[test]
fn no_format_of_a_merged_report_contains_a_secret_of_the_reports() {
    let five = FiveReports::new();
    for format in ReportFormat::ALL {
        let name = format.name();
        let run = five.env.run(&format!(
            "view {ALL} --min-confidence low --format {name} -v"
        ));
        run.prints(if name == "plan" {
            "npm access token"
        } else {
            "gone.env"
        });
        let text = format!("{}{}", run.stdout, run.stderr);
        for (secret, length) in five.secrets() {
            for part in secret.as_bytes().windows(length) {
                let part = std::str::from_utf8(part).unwrap();
                assert!(!text.contains(part), "{name} shows {part} in {text}");
            }
        }
    }
    five.env
        .run(&format!("view {ALL} --show-secrets"))
        .expect(2)
        .says("view never writes a secret of a report");
}

#[test]
fn people_read_who_reported_a_secret_and_what_was_not_verified() {
    let five = FiveReports::new();
    let run = five.env.run(&format!("view {ALL}")).expect(1);
    run.prints(
        "error[gitleaks:aws-access-token]: Description of aws-access-token (medium: not verified)",
    );
    run.prints("= not verified: tokensweep has no rule for its kind; it is still in the file");
    run.prints("= not verified: its file is not here");
    run.prints("= reported by: trufflehog (NpmToken)");
    run.prints("= also at: docs/setup.md:3:21");
    run.prints("7 leaks of 6 secrets in 5 reports");
    let sarif = five.env.run("view gitleaks.json --format sarif").stdout;
    assert!(
        sarif.contains("It is reported by: gitleaks (github-pat)"),
        "{sarif}"
    );
}

#[test]
fn a_report_of_ours_is_the_same_after_it_was_read() {
    let five = FiveReports::new();
    let env = &five.env;
    git_out(env.root(), &["init", "-q"]);
    git_out(env.root(), &["add", "-f", "."]);
    git_out(env.root(), &["commit", "-q", "-m", "one"]);
    env.write(".env", "GITHUB_TOKEN=\n");
    git_out(env.root(), &["add", ".env"]);
    git_out(env.root(), &["commit", "-q", "-m", "two"]);
    for (scan, format) in [
        ("scan --history", "json"),
        ("scan --history", "jsonl"),
        ("scan deploy.sh docs/setup.md", "json"),
    ] {
        let report = env
            .run(&format!("{scan} --format {format} --min-confidence low"))
            .stdout;
        let whole = env.run(&format!("{scan} --format json --min-confidence low"));
        let read = env.run_with(
            "view - --format json --min-confidence low",
            report.as_bytes(),
        );
        assert!(!whole.findings().is_empty());
        assert_eq!(
            read.expect(1).findings(),
            whole.findings(),
            "{scan} {format}"
        );
    }
    // A merged report is a report.
    let merged = env.run(&format!("view {ALL} --format json"));
    let again = env.run_with("view - --format json", merged.stdout.as_bytes());
    assert_eq!(again.expect(1).findings(), merged.findings());
}

#[test]
fn sarif_names_the_scanned_commit_and_keeps_those_of_the_findings() {
    let five = FiveReports::new();
    let env = &five.env;
    let git = |args: &[&str]| git_out(env.root(), args);
    git(&["init", "-q", "-b", "trunk"]);
    git(&["add", "-f", ".env"]);
    git(&["commit", "-q", "-m", "one"]);
    let run = |env: &Env, scan: &str| {
        let report = env.run(&format!("{scan} --format sarif")).json();
        report["runs"][0].clone()
    };
    let scanned = run(env, "scan --history");
    assert!(scanned["versionControlProvenance"].is_null(), "no remote");
    git(&["remote", "add", "origin", "git@forge.example:octo/x.git"]);
    let head = git(&["rev-parse", "HEAD"]);
    let scanned = run(env, "scan --history");
    assert_eq!(
        scanned["versionControlProvenance"],
        json!([{"repositoryUri": "https://forge.example/octo/x", "revisionId": head.trim(), "branch": "trunk"}])
    );
    let result = &scanned["results"][0];
    assert!(result["baselineState"].is_null(), "{result}");
    assert_eq!(result["properties"]["origin"]["at_head"], true);
    // What another folder contains is no matter of this commit.
    env.write(
        "h.sarif",
        json!({"version": "2.1.0", "runs": [scanned]}).to_string(),
    );
    let viewed = run(env, "view h.sarif");
    assert!(viewed["versionControlProvenance"].is_null(), "{viewed}");
    assert_eq!(
        viewed["results"][0]["properties"]["origin"],
        result["properties"]["origin"]
    );
}

#[test]
fn a_masked_secret_of_ours_and_a_whole_one_of_others_are_one_secret() {
    let five = FiveReports::new();
    let env = &five.env;
    let scan = env.run("scan deploy.sh --format json");
    env.write("ours.json", &scan.stdout);
    // The text is not at hand here, but our own report has judged the value.
    std::fs::remove_file(env.root().join("deploy.sh")).unwrap();
    let other = json!([of_gitleaks(
        "generic-api-key",
        "old/deploy.sh",
        7,
        &five.legacy
    )]);
    env.write("other.json", other.to_string());
    let run = env.run("view ours.json other.json --format json").expect(1);
    let found = run.findings();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0]["fingerprint"], found[1]["fingerprint"]);
    assert_eq!(found[1]["rule_id"], "github-legacy-token");
    assert_eq!(
        summary(&found[1]),
        "old/deploy.sh:7 high? gitleaks (generic-api-key)"
    );
    // The same in SARIF, ours and that of gitleaks.
    std::fs::remove_file(env.root().join("other.json")).unwrap();
    let sarif = json!({"version": "2.1.0", "runs": [{
        "tool": {"driver": {"name": "gitleaks", "rules": []}},
        "results": [{
            "ruleId": "generic-api-key", "message": {"text": format!("found {}", five.legacy)},
            "locations": [{"physicalLocation": {
                "artifactLocation": {"uri": "deploy.sh"},
                "region": {"startLine": 2, "endLine": 2, "startColumn": 2, "endColumn": 60,
                           "snippet": {"text": five.legacy}}}}],
            "partialFingerprints": {"commitSha": five.commit, "author": "Ann", "email": "ann@example.com",
                                    "date": "2026-01-02T03:04:05Z"},
        }],
    }]});
    env.write("other.sarif", sarif.to_string());
    let run = env
        .run("view other.sarif ours.json --format json")
        .expect(1);
    let found = run.findings();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["origin"]["author"], "Ann <ann@example.com>");
    assert_eq!(
        summary(&found[0]),
        "deploy.sh:2 high tokensweep; gitleaks (generic-api-key)"
    );
}

#[test]
fn what_is_accepted_here_is_accepted_in_reports_too() {
    let five = FiveReports::new();
    let env = &five.env;
    env.write(
        "tokensweep.toml",
        "[[accept]]\npaths = [\"docs/\"]\nreason = \"dummies\"\n",
    );
    env.write(
        ".env",
        format!("GITHUB_TOKEN={}  # tokensweep:allow dummy\n", five.classic),
    );
    let run = env.run("view betterleaks.json --format json").expect(0);
    let by: Vec<Value> = run
        .findings()
        .iter()
        .map(|f| f["accepted"]["by"].clone())
        .collect();
    assert_eq!(by, ["comment", "configuration"]);
}

#[test]
fn files_are_read_below_the_root_only() {
    let five = FiveReports::new();
    let env = &five.env;
    let report = env
        .root()
        .join("gitleaks.json")
        .to_string_lossy()
        .into_owned();
    env.write("elsewhere/empty", "");
    let run = env
        .run(&format!("view {report} --root elsewhere --format json"))
        .expect(1);
    let said: Vec<String> = run.findings().iter().map(summary).collect();
    // The checksum proves the token without its file. The rest is not verified.
    assert_eq!(
        said,
        [
            "elsewhere/.env:1 certain gitleaks (github-pat)",
            "elsewhere/.github/workflows/ci.yml:2 medium? gitleaks (generic-api-key)",
            "elsewhere/app.py:1 medium? gitleaks (aws-access-token)",
            "elsewhere/deploy.sh:2 medium? gitleaks (generic-api-key)",
        ]
    );
    let above = json!([of_gitleaks(
        "generic-api-key",
        "../deploy.sh",
        2,
        &five.legacy
    )]);
    env.write("above.json", above.to_string());
    let run = env
        .run("view above.json --root elsewhere --format json")
        .expect(1);
    assert_eq!(
        summary(&run.findings()[0]),
        "elsewhere/../deploy.sh:2 medium? gitleaks (generic-api-key)"
    );
}

#[test]
fn what_is_no_report_is_refused_with_a_reason() {
    let env = Env::new();
    for (text, said) in [
        ("", "it is empty; leave it out if its program found nothing"),
        ("hello", "it is no JSON; a report is JSON of tokensweep"),
        (
            "[{\"RuleID\": \"a\", ",
            "it ends in the middle of its JSON in line 1, column ",
        ),
        (
            "[{\"filePath\": \"a.js\"}]",
            "item 1 is no finding of a known program",
        ),
        ("{\"runs\": []}", "this SARIF document has no runs"),
        (
            "{\"schema_version\": 2, \"tool\": {\"name\": \"tokensweep\"}, \"scan\": {}, \"findings\": []}",
            "its schema_version is 2, and this tokensweep reads up to 1: use a later one",
        ),
        (
            "{\"schema_version\": 1, \"tool\": {\"name\": \"tokensweep\"}, \"scan\": {}, \"findings\": [{}]}",
            "finding 1 is not in the form of a tokensweep report",
        ),
    ] {
        env.write("report", text);
        let run = env.run("view report").expect(2);
        run.says(format!("tokensweep: report: {said}"));
        assert_eq!(run.stdout, "");
        let run = env.run_with("view -", text.as_bytes()).expect(2);
        run.says(format!("tokensweep: standard input: {said}"));
    }
    env.run("view missing.json")
        .expect(2)
        .says("cannot read the report missing.json");
    env.run("view - -")
        .expect(2)
        .says("`-` (standard input) is one report; name it once");
}

#[test]
fn a_report_without_findings_is_one_and_a_scan_that_was_cut_off_is_trouble() {
    let env = Env::new();
    env.write("nothing.json", "[]");
    env.run("view nothing.json")
        .expect(0)
        .prints("no GitHub or npm tokens found in 1 report");
    env.write("a.env", "A=1\n");
    let clean = env.run("scan a.env --format jsonl").expect(0).stdout;
    env.run_with("view -", clean.as_bytes()).expect(0);
    let run = env.run("scan a.env missing --format json").expect(2);
    let read = env.run_with("view -", run.stdout.as_bytes()).expect(2);
    read.says("tokensweep: -: its scan was not complete");
    read.prints("NOT COMPLETE");
    let five = FiveReports::new();
    let lines = five.env.run("scan deploy.sh --format jsonl").stdout;
    let first = lines.lines().next().unwrap();
    let read = five.env.run_with("view -", first.as_bytes()).expect(2);
    read.says("it ends before its summary");
}

#[test]
fn a_report_in_the_text_of_powershell_is_read() {
    let five = FiveReports::new();
    let text = std::fs::read_to_string(five.env.root().join("gitleaks.json")).unwrap();
    let units = text.encode_utf16().flat_map(u16::to_le_bytes);
    let bytes: Vec<u8> = [0xff, 0xfe].into_iter().chain(units).collect();
    five.env.write("gitleaks.json", bytes);
    let run = five.env.run("view gitleaks.json --format json").expect(1);
    assert_eq!(run.findings().len(), 3);
}

#[test]
fn reports_may_contain_secrets_in_any_field() {
    let five = FiveReports::new();
    let env = &five.env;
    // Our own form, written by somebody else, with a token of no other field in every text.
    let hidden = &five.npm;
    let report = json!({
        "schema_version": 1, "tool": {"name": "tokensweep"}, "scan": {"complete": true},
        "findings": [{
            "fingerprint": "f".repeat(32), "rule_id": format!("r-{hidden}"), "title": format!("t {hidden}"),
            "severity": "error", "confidence": "high", "checksum": "none", "path": format!("p/{hidden}.txt"),
            "line": 1, "column": 1, "end_line": 1, "end_column": 2, "byte_start": 0, "byte_end": 1,
            "match": hidden, "decoded_from": ["base64"], "remediation": format!("do {hidden}"),
            "evidence": [{"name": "x", "weight": 1.0, "detail": format!("e {hidden}")}],
            "origin": {"kind": "blob", "author": format!("A {hidden} <a@b>"), "place": "page 3"},
            "accepted": {"by": "baseline", "reason": format!("because {hidden}"), "source": "b"},
        }],
    });
    env.write("odd.json", report.to_string());
    for format in ["human", "json", "sarif", "html", "csv"] {
        let run = env
            .run(&format!("view odd.json --format {format} -v"))
            .expect(0);
        for part in hidden.as_bytes().windows(12) {
            let part = std::str::from_utf8(part).unwrap();
            assert!(!run.stdout.contains(part), "{format}: {}", run.stdout);
        }
    }
}
