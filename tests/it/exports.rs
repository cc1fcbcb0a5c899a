//! Exported data of GitHub: findings in it have the place that a person can open.

use serde_json::json;
use tokensweep::internals::token::{Mint, Shape};

use crate::env::{Env, Run, run_to_end};
use crate::git::git_out;
use crate::pack;

fn token(seed: u64) -> String {
    String::from_utf8(Mint::new(seed).new_token(Shape::Ghp)).unwrap()
}

/// Issues and comments as the API returns them; the token of a comment is its own.
fn issues() -> String {
    let issue = |number: u64, body: String| {
        json!({
            "url": format!("https://api.github.com/repos/o/r/issues/{number}"),
            "number": number, "user": {"login": "ann"}, "body": body,
        })
    };
    let comment = json!({
        "url": "https://api.github.com/repos/o/r/issues/comments/90", "id": 90,
        "html_url": "https://github.com/o/r/pull/7#issuecomment-90",
        "issue_url": "https://api.github.com/repos/o/r/issues/7",
        "body": format!("Run it:\r\n\r\n    export GITHUB_TOKEN=\"{}\"\r\n", token(2)),
    });
    json!([
        issue(12, "nothing".to_owned()),
        issue(13, format!("it is {}", token(1))),
        comment
    ])
    .to_string()
}

/// Places of the findings, in their order.
fn places(run: &Run) -> Vec<String> {
    run.places().into_iter().map(|(_, place)| place).collect()
}

#[test]
fn issues_and_comments_have_places_wherever_the_export_is() {
    let env = Env::new();
    let named = ["issue 13", "pull request 7, comment 90"];
    env.write("issues.json", issues());
    let run = env.run("scan issues.json --format json").expect(1);
    assert_eq!(places(&run), named);
    assert_eq!(run.findings()[0]["line"], 1);
    // Told by its content, not by its name.
    env.write("x.txt", issues());
    assert_eq!(places(&env.run("scan x.txt --format json")), named);
    let run = env.run_with("scan - --format json", issues().as_bytes());
    assert_eq!(places(&run), named);
    let archive = pack::tar(&[
        ("schema.json", b"{}"),
        ("issues_000001.json", issues().as_bytes()),
    ]);
    env.write("migration.tar.gz", pack::gzip(&archive));
    let run = env.run("scan migration.tar.gz --format json").expect(1);
    assert_eq!(places(&run), named);
    git_out(env.root(), &["init", "-q"]);
    git_out(env.root(), &["add", "issues.json"]);
    git_out(env.root(), &["commit", "-q", "-m", "one"]);
    let run = env.run("scan --history --format json").expect(1);
    assert_eq!(places(&run), named);
    let run = env.run("scan issues.json --no-containers --format json");
    assert_eq!(run.findings().len(), 2);
    assert!(run.findings()[0]["origin"]["place"].is_null());
    env.run("scan issues.json")
        .prints("issues.json:1:301 (pull request 7, comment 90)");
}

#[test]
fn a_large_export_is_named_after_its_scan_and_a_stream_during_it() {
    let env = Env::new();
    let filler = json!({"url": "https://api.github.com/repos/o/r/issues/1", "body": "nothing here ".repeat(700)});
    let event = |number: u64, secret: &str| {
        json!({
            "id": "1", "type": "IssueCommentEvent", "repo": {"id": 2, "name": "o/r"},
            "payload": {"comment": {
                "html_url": format!("https://github.com/o/r/issues/{number}#issuecomment-5"), "body": secret}},
        })
    };
    // Two megabytes are read by one thread, ten by several.
    for count in [240, 1_200] {
        let mut lines: Vec<String> = (0..count).map(|_| filler.to_string()).collect();
        for (number, at) in [(3, 0), (4, count / 2), (5, count - 1)] {
            lines[at] = event(number, &token(number)).to_string();
        }
        let text = lines.join("\n");
        let named = [3, 4, 5].map(|n| format!("repository \"o/r\" issue {n}, comment 5"));
        env.write("events.json", &text);
        assert_eq!(places(&env.run("scan events.json --format json")), named);
        let run = env.run_with("scan - --format json", text.as_bytes());
        assert_eq!(places(&run), named);
        env.write("events.json.gz", pack::gzip(text.as_bytes()));
        let run = env.run("scan events.json.gz --format json").expect(1);
        assert_eq!(places(&run), named);
    }
}

#[test]
fn a_value_that_escapes_of_json_split_is_found_in_its_place() {
    let env = Env::new();
    let secret = token(3);
    let escaped: String = secret
        .chars()
        .map(|c| format!("\\u{:04x}", u32::from(c)))
        .collect();
    let (start, end) = secret.split_at(20);
    env.write(
        "issues.json",
        format!(
            "[{{\"body\": \"{escaped}\", \"number\": 1}},\n {{\"body\": \"{start}\\u0{:03x}{}\", \"number\": 2}}]",
            u32::from(end.as_bytes()[0]),
            &end[1..],
        ),
    );
    let run = env.run("scan issues.json --format json").expect(1);
    assert_eq!(places(&run), ["issue 1", "issue 2"]);
    assert_eq!(
        run.findings()[0]["fingerprint"],
        run.findings()[1]["fingerprint"]
    );
}

#[test]
fn a_log_of_actions_has_its_job_and_step() {
    let env = Env::new();
    let log = format!(
        "\u{feff}2026-11-27T08:00:00.1234567Z token={}\r\n",
        token(4)
    );
    let other = format!("token={}\n", token(4));
    env.write(
        "logs_1.zip",
        pack::zip(&[
            ("0_build.txt", log.as_bytes()),
            ("build/3_Run tests.txt", log.as_bytes()),
            ("build/4_notes.txt", other.as_bytes()),
        ]),
    );
    let run = env.run("scan logs_1.zip --format json").expect(1);
    assert_eq!(
        run.places(),
        [
            ("logs_1.zip!0_build.txt", "job \"build\""),
            ("logs_1.zip!build/3_Run tests.txt", "job \"build\", step 3"),
            ("logs_1.zip!build/4_notes.txt", ""),
        ]
        .map(|(member, place)| (member.to_owned(), place.to_owned()))
    );
}

#[test]
fn an_unpacked_log_has_its_job_and_step_as_well() {
    let env = Env::new();
    let log = |seed| {
        format!(
            "\u{feff}2026-11-27T08:00:00.1234567Z token={}\r\n",
            token(seed)
        )
    };
    env.write("run/0_build.txt", log(4));
    env.write(
        "run/build/1_Set up job.txt",
        "\u{feff}2026-11-27T08:00:00.1234567Z x\r\n",
    );
    env.write("run/build/3_Run tests.txt", log(5));
    // A log that is alone says nothing about its job.
    env.write("lost/3_Run tests.txt", log(6));
    env.write("notes/3_x.txt", format!("token={}\n", token(7)));
    let run = env.run("scan --format json").expect(1);
    let found = [
        ("lost/3_Run tests.txt", ""),
        ("notes/3_x.txt", ""),
        ("run/0_build.txt", "job \"build\""),
        ("run/build/3_Run tests.txt", "job \"build\", step 3"),
    ];
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("").to_owned();
    let findings = run.findings();
    let findings = findings
        .iter()
        .map(|f| (text(&f["path"]), text(&f["origin"]["place"])));
    assert_eq!(
        findings.collect::<Vec<_>>(),
        found.map(|(path, place)| (path.to_owned(), place.to_owned()))
    );
    // Also from inside the folder of the job.
    let mut command = env.command();
    command.current_dir(env.root().join("run/build"));
    command.args(["scan", "--format", "json"]);
    let run = run_to_end(command, b"").expect(1);
    assert_eq!(places(&run), ["job \"build\", step 3"]);
}

#[test]
fn an_export_that_powershell_wrote_has_its_places() {
    let env = Env::new();
    let wide = |text: &str| -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect()
    };
    env.write("issues.json", wide(&issues()));
    let named = ["issue 13", "pull request 7, comment 90"];
    assert_eq!(
        places(&env.run("scan issues.json --format json").expect(1)),
        named
    );
    let run = env.run_with("scan - --format json", &wide(&issues()));
    assert_eq!(places(&run), named);
}
