//! Private keys of GitHub Apps: found in every way of writing them, redacted, and in no report.

use tokensweep::internals::token::Mint;

use super::env::Env;

/// Number of consecutive characters of a key that no output may contain.
const WINDOW: usize = 12;

/// Number of characters at the start of every RSA key of one length, which are no secret.
const PUBLIC: usize = 16;

/// Returns a key, and its secret base64 in pieces that no output may contain.
fn new_key(seed: u64) -> (String, Vec<String>) {
    let pem = Mint::new(seed).private_key("RSA PRIVATE KEY");
    let lines = pem.lines().filter(|line| !line.starts_with("-----"));
    let body: String = lines.collect();
    let secret = body.as_bytes()[PUBLIC..].chunks_exact(WINDOW);
    let pieces = secret.map(|piece| String::from_utf8_lossy(piece).into_owned());
    (pem, pieces.collect())
}

/// Returns the files of an app with its key: path, and text.
fn files(pem: &str) -> Vec<(&'static str, String)> {
    let escaped = pem.trim_end().replace('\n', "\\n");
    let indented = pem.replace('\n', "\n    ");
    let base64 = data_encoding::BASE64.encode(pem.as_bytes());
    vec![
        ("octo-bot.2026-01-31.private-key.pem", pem.to_owned()),
        (
            ".env",
            format!("GITHUB_APP_ID=12\nGITHUB_APP_PRIVATE_KEY=\"{escaped}\"\n"),
        ),
        (
            "values.yaml",
            format!("github:\n  app_id: 12\n  private_key: |\n    {indented}\n"),
        ),
        (
            "app.json",
            format!("{{\"appId\": 12, \"installationId\": 7, \"privateKey\": \"{escaped}\"}}\n"),
        ),
        (
            "deploy.yml",
            format!("env:\n  GITHUB_APP_PRIVATE_KEY: {base64}\n"),
        ),
        (
            "index.js",
            format!("new App({{ appId: 1, privateKey: `{pem}` }}) // octokit\n"),
        ),
        (
            "fix.diff",
            format!("# the GitHub App's private key\n{pem}")
                .lines()
                .map(|line| format!("+{line}\n"))
                .collect(),
        ),
    ]
}

#[test]
fn the_key_of_an_app_is_found_in_every_way_of_writing_it() {
    let (pem, _) = new_key(1);
    for (path, text) in files(&pem) {
        let env = Env::new();
        env.write(path, text);
        let run = env.run("scan . --format json").expect(1);
        let findings = run.findings();
        assert_eq!(findings.len(), 1, "{path}");
        assert_eq!(findings[0]["rule_id"], "github-app-private-key", "{path}");
    }
}

#[test]
fn a_redaction_leaves_no_part_of_the_key_and_no_report_shows_one() {
    let (pem, pieces) = new_key(2);
    for (path, text) in files(&pem) {
        let env = Env::new();
        env.write(path, text);
        for args in [
            "scan . -vvv",
            "scan . --format json",
            "scan . --format html",
            "scan . --format sarif",
            "redact . --diff",
        ] {
            let shown = env.run(args).expect(1).stdout;
            let part = pieces.iter().find(|piece| shown.contains(*piece));
            assert_eq!(part, None, "{path}: {args}");
        }
        env.run("redact .").expect(0);
        let left = std::fs::read_to_string(env.root().join(path)).unwrap();
        let decoded = left.split_whitespace().last().map(str::as_bytes);
        let decoded = decoded.and_then(|word| data_encoding::BASE64.decode(word).ok());
        let left = left.clone() + &String::from_utf8_lossy(&decoded.unwrap_or_default());
        let part = pieces.iter().find(|piece| left.contains(*piece));
        assert_eq!(part, None, "{path}: {left}");
        env.run("scan .").expect(0);
    }
}

#[test]
fn another_key_is_a_secret_of_something_else_at_low_confidence() {
    let env = Env::new();
    let (pem, _) = new_key(3);
    env.write("nginx/server.key", &pem);
    env.run("scan .").expect(0);
    let run = env.run("scan . --min-confidence low").expect(1);
    run.prints("other-vendor-secret");
    env.write("nginx/server.key", pem.replace("RSA", "ENCRYPTED"));
    env.run("scan . --min-confidence low").expect(0);
}

#[test]
fn a_stream_passes_no_part_of_a_key() {
    let env = Env::new();
    let (pem, pieces) = new_key(4);
    for (path, text) in files(&pem).into_iter().skip(1).take(3) {
        let args = format!("redact - --stdin-filename {path}");
        let run = env.run_with(&args, text.as_bytes()).expect(0);
        let part = pieces.iter().find(|piece| run.stdout.contains(*piece));
        assert_eq!(part, None, "{path}");
        assert!(
            run.stdout.contains("-----END RSA PRIVATE KEY-----"),
            "{path}"
        );
    }
}
