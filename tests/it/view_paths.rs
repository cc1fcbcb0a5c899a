//! Reports as programs really write them: with the paths of another machine, with a document and a summary on two lines,
//! with thousands of findings, and the merged report of an audit.

use serde_json::{Value, json};
use tokensweep::internals::token::{Mint, Shape};

use crate::env::{Env, Run};
use crate::five_reports::{FiveReports, of_gitleaks};
use crate::git::git_out;

fn token(seed: u64) -> String {
    String::from_utf8(Mint::new(seed).new_token(Shape::Ghp)).unwrap()
}

/// Path, line and confidence of each finding.
fn summary(run: &Run) -> Vec<String> {
    let findings = run.findings();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let one = |f: &Value| {
        format!(
            "{}:{} {}",
            text(&f["path"]),
            f["line"],
            text(&f["confidence"])
        )
    };
    findings.iter().map(one).collect()
}

#[test]
fn absolute_paths_of_a_ci_job_are_those_of_the_files_here() {
    let env = Env::new();
    let legacy = String::from_utf8(Mint::new(7).new_token(Shape::Hex40)).unwrap();
    env.write("src/a.sh", format!("export GITHUB_TOKEN={legacy}\n"));
    env.write(
        "b.sh",
        format!("curl https://{legacy}@github.com/o/r.git\n"),
    );
    for folder in [
        "/home/runner/work/repo/repo",
        "/builds/o/repo",
        "C:\\a\\repo",
    ] {
        let separator = if folder.starts_with('C') { "\\" } else { "/" };
        let path = |parts: &[&str]| [&[folder], parts].concat().join(separator);
        let gone = String::from_utf8(Mint::new(8).new_token(Shape::Hex40)).unwrap();
        let report = json!([
            of_gitleaks("generic-api-key", &path(&["src", "a.sh"]), 1, &legacy),
            of_gitleaks("generic-api-key", &path(&["b.sh"]), 1, &legacy),
            of_gitleaks("generic-api-key", &path(&["gone.sh"]), 3, &gone),
        ]);
        env.write("ci.json", report.to_string());
        let run = env.run("view ci.json --format json").expect(1);
        assert_eq!(
            summary(&run),
            ["b.sh:1 high", "gone.sh:3 medium", "src/a.sh:1 high"],
            "{folder}"
        );
    }
    // A folder that none of the files is below is none that stands for this one.
    let report = json!([of_gitleaks(
        "generic-api-key",
        "/elsewhere/c.sh",
        1,
        &legacy
    )]);
    env.write("ci.json", report.to_string());
    let run = env.run("view ci.json --format json").expect(1);
    assert_eq!(summary(&run), ["/elsewhere/c.sh:1 medium"]);
}

#[test]
fn thousands_of_findings_of_a_file_each_have_their_own_verdict() {
    let env = Env::new();
    let mut mint = Mint::new(9);
    let tokens: Vec<String> = (0..3_000)
        .map(|_| String::from_utf8(mint.new_token(Shape::Ghp)).unwrap())
        .collect();
    // Half of them are on lines of their own, half on one line.
    let (lines, one_line) = tokens.split_at(tokens.len() / 2);
    env.write(
        "a.txt",
        format!("{}\n{}\n", lines.join("\n"), one_line.join(" ")),
    );
    let line = |at: usize| u64::try_from(at.min(lines.len()) + 1).unwrap();
    let report = tokens.iter().enumerate();
    let report = report.map(|(at, token)| of_gitleaks("github-pat", "a.txt", line(at), token));
    env.write("r.json", json!(report.collect::<Vec<_>>()).to_string());
    let run = env.run("view r.json --format json").expect(1);
    let findings = run.findings();
    assert_eq!(findings.len(), tokens.len());
    let mut starts: Vec<u64> = findings
        .iter()
        .map(|f| f["byte_start"].as_u64().unwrap())
        .collect();
    starts.dedup();
    assert_eq!(starts.len(), tokens.len(), "each in its own place");
}

#[test]
fn the_merged_report_of_an_audit_is_a_report() {
    let env = Env::new();
    for (name, seed) in [("one", 1), ("two", 2)] {
        let file = env.write(
            &format!("all/{name}/a.env"),
            format!("x\nGITHUB_TOKEN={}\n", token(seed)),
        );
        let folder = file.parent().unwrap();
        git_out(folder, &["init", "-q"]);
        git_out(folder, &["add", "."]);
        git_out(folder, &["commit", "-q", "-m", "one"]);
    }
    let audit = env
        .run("audit all --output-dir out --format json")
        .expect(1);
    let run = env
        .run_with("view - --format json", audit.stdout.as_bytes())
        .expect(1);
    assert_eq!(
        summary(&run),
        ["all/one/a.env:2 certain", "all/two/a.env:2 certain"]
    );
    let found = run.findings();
    assert_eq!(found[0]["origin"]["at_head"], true);
    assert_eq!(found[0]["origin"]["author"], "Ann Author <ann@example.com>");
    assert_eq!(found[0]["origin"]["repository"], "all/one");
    env.run_with("view -", audit.stdout.as_bytes())
        .prints("= came in: commit ");
    // What an audit could not read is trouble here as well.
    let mut part: Value = serde_json::from_str(&audit.stdout).unwrap();
    part["audit"]["repositories"][0]["complete"] = json!(false);
    env.run_with("view -", part.to_string().as_bytes())
        .expect(2)
        .says("its scan was not complete");
}

#[test]
fn a_document_on_a_line_and_a_summary_on_the_next_are_a_report() {
    let five = FiveReports::new();
    let path = five.env.root().join("kingfisher.json");
    let document = std::fs::read_to_string(&path).unwrap();
    let alone = five.env.run("view kingfisher.json --format json").expect(1);
    // Kingfisher 2.14 prints this on standard output.
    let summary = json!({"findings": 2, "rules_applied": 488, "kingfisher": {"version": "2.14.0"}});
    five.env
        .write("kingfisher.json", format!("{document}\n{summary}\n"));
    let both = five.env.run("view kingfisher.json --format json").expect(1);
    assert_eq!(alone.findings().len(), 2);
    assert_eq!(both.findings(), alone.findings());
}

#[test]
fn a_token_that_a_program_names_twice_on_its_line_is_one() {
    let env = Env::new();
    env.write("a.env", format!("GITHUB_TOKEN={}\n", token(5)));
    let entry = |kind: &str, digest: &str| json!({"type": kind, "hashed_secret": digest.repeat(40), "line_number": 1});
    let report = json!({"version": "1.5.0", "results": {"a.env": [
        entry("Hex High Entropy String", "a"), entry("GitHub Token", "b"),
    ]}});
    env.write(".secrets.baseline", report.to_string());
    let run = env.run("view .secrets.baseline --format json").expect(1);
    assert_eq!(summary(&run), ["a.env:1 certain"]);
}

#[test]
fn a_report_that_was_made_beside_the_root_names_the_files_in_it() {
    let env = Env::new();
    let legacy = String::from_utf8(Mint::new(7).new_token(Shape::Hex40)).unwrap();
    env.write("repo/a.sh", format!("export GITHUB_TOKEN={legacy}\n"));
    let of = |path: &str| of_gitleaks("generic-api-key", path, 1, &legacy);
    env.write("beside.json", json!([of("repo/a.sh")]).to_string());
    env.write("inside.json", json!([of("a.sh")]).to_string());
    let run = env
        .run("view beside.json inside.json --root repo --format json")
        .expect(1);
    assert_eq!(summary(&run), ["repo/a.sh:1 high"]);
    // A folder of the same name in it comes first.
    env.write(
        "repo/repo/a.sh",
        format!("\nexport GITHUB_TOKEN={legacy}\n"),
    );
    let of_line = |line| of_gitleaks("generic-api-key", "repo/a.sh", line, &legacy);
    env.write("beside.json", json!([of_line(2)]).to_string());
    let run = env
        .run("view beside.json --root repo --format json")
        .expect(1);
    assert_eq!(summary(&run), ["repo/repo/a.sh:2 high"]);
}

#[test]
fn the_path_at_head_has_the_form_of_the_other_paths() {
    let env = Env::new();
    env.write("repo/a.env", format!("GITHUB_TOKEN={}\n", token(5)));
    let repo = env.root().join("repo");
    git_out(&repo, &["init", "-q"]);
    git_out(&repo, &["add", "."]);
    git_out(&repo, &["commit", "-q", "-m", "one"]);
    let report = env.run("scan --history repo --format json").expect(1);
    env.write("r.json", &report.stdout);
    let run = env.run("view r.json --root repo").expect(1);
    run.prints("; still at HEAD\n");
}
