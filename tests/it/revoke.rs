//! Requests that revoke what was found: the only output with secrets besides `--show-secrets`.

use serde_json::Value;
use tokensweep::internals::token::{Mint, Shape};

use crate::env::{Env, Run};

/// Tokens of the kinds that GitHub's revocation API takes.
const TAKEN: [Shape; 5] = [
    Shape::Ghp,
    Shape::FineGrained,
    Shape::Gho,
    Shape::Ghu,
    Shape::Ghr,
];

fn text(token: Vec<u8>) -> String {
    String::from_utf8(token).unwrap()
}

/// The tokens in the bodies, one list for each request.
fn requests(bodies: &str) -> Vec<Vec<String>> {
    let read = |line: &str| {
        let body: Value = serde_json::from_str(line).unwrap();
        assert_eq!(body.as_object().unwrap().len(), 1, "{line}");
        serde_json::from_value(body["credentials"].clone()).unwrap()
    };
    bodies.lines().map(read).collect()
}

/// A folder with a token of each kind, and the tokens that GitHub takes, sorted.
fn tokens_of_all_kinds() -> (Env, Vec<String>) {
    let env = Env::new();
    let mut mint = Mint::new(71);
    let mut taken: Vec<String> = TAKEN.iter().map(|s| text(mint.new_token(*s))).collect();
    for (index, token) in taken.iter().enumerate() {
        env.write(&format!("{index}.env"), format!("TOKEN={token}\n"));
    }
    // A second place of the same token is no second token.
    env.write("again.env", format!("TOKEN={}\n", taken[0]));
    let [ghs, npm] = [Shape::Ghs, Shape::Npm].map(|s| text(mint.new_token(s)));
    env.write("others.env", format!("A={ghs}\nB={npm}\n"));
    let legacy = text(mint.hex(40));
    env.write(
        "deploy.sh",
        format!("git push https://{legacy}@github.com/a/b.git\n"),
    );
    // Neither an accepted token nor one whose checksum does not hold is revoked.
    let accepted = text(mint.new_token(Shape::Ghp));
    env.write(
        "ok.env",
        format!("TOKEN={accepted} # tokensweep:allow a dummy\n"),
    );
    let mut damaged = text(mint.new_token(Shape::Ghp));
    let last = if damaged.ends_with('0') { "1" } else { "0" };
    damaged.replace_range(damaged.len() - 1.., last);
    env.write("low.env", format!("TOKEN={damaged}\n"));
    taken.sort();
    (env, taken)
}

fn explains_the_rest(run: &Run) {
    run.says("not in it: 1 of GitHub App installation token. Revoke it now with the token itself");
    run.says("not in it: 1 of npm access token. ");
    run.says("not in it: 1 of GitHub token of the old 40-hex form. Delete it now at https://github.com/settings/tokens");
}

#[test]
fn tokens_that_github_takes_are_printed_once_and_the_others_are_explained() {
    let (env, taken) = tokens_of_all_kinds();
    let run = env
        .run("scan --format revoke-request --min-confidence low")
        .expect(1);
    assert_eq!(requests(&run.stdout), std::slice::from_ref(&taken));
    run.says("tokensweep: warning: standard output holds 5 tokens in full\n");
    run.says("--data @- \\\n    -H 'Accept: application/vnd.github+json' https://api.github.com/credentials/revoke; done\n");
    explains_the_rest(&run);
    assert!(
        !taken.iter().any(|token| run.stderr.contains(&token[..])),
        "{}",
        run.stderr
    );
}

#[test]
fn a_named_file_is_new_and_only_the_user_can_read_it() {
    let (env, taken) = tokens_of_all_kinds();
    let run = env.run("scan --output revoke-request=re'voke").expect(1);
    run.says("tokensweep: warning: re'voke holds 5 tokens in full\n");
    run.says(r"done < 're'\''voke'");
    explains_the_rest(&run);
    assert!(
        !taken.iter().any(|token| run.stdout.contains(&token[..])),
        "{}",
        run.stdout
    );
    let file = env.root().join("re'voke");
    assert_eq!(requests(&std::fs::read_to_string(&file).unwrap()), [taken]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // The file is scanned now, so its own folder is left out.
    let again = env
        .run("scan 0.env --output revoke-request=re'voke")
        .expect(2);
    again.says("cannot write re'voke: File exists");
}

#[test]
fn a_request_has_a_thousand_tokens_at_most() {
    let env = Env::new();
    let mut mint = Mint::new(72);
    let mut lines = String::new();
    for _ in 0..1001 {
        lines += &format!("TOKEN={}\n", text(mint.new_token(Shape::Gho)));
    }
    env.write("many.env", lines);
    let run = env.run("scan many.env --format revoke-request").expect(1);
    let counts: Vec<usize> = requests(&run.stdout).iter().map(Vec::len).collect();
    assert_eq!(counts, [1000, 1]);
}

#[test]
fn nothing_is_written_where_there_is_nothing_to_revoke() {
    let env = Env::new();
    env.write("a.env", "A=1\n");
    let run = env
        .run("scan a.env --output revoke-request=none --format revoke-request")
        .expect(0);
    assert_eq!(run.stdout, "");
    run.says("tokensweep: no token was found that GitHub's revocation API takes\n");
    assert!(!env.root().join("none").exists());
}

#[test]
fn no_setting_asks_for_secrets() {
    let (env, _) = tokens_of_all_kinds();
    for key in ["format", "output", "show-secrets", "revoke-request"] {
        env.write("tokensweep.toml", format!("{key} = \"revoke-request\"\n"));
        let run = env.run("scan 0.env").expect(2);
        assert_eq!(run.stdout, "", "{key}");
        let variable = format!("TOKENSWEEP_{}", key.to_uppercase().replace('-', "_"));
        std::fs::remove_file(env.root().join("tokensweep.toml")).unwrap();
        let mut command = env.command();
        command
            .args(["scan", "0.env"])
            .env(&variable, "revoke-request");
        let run = crate::env::run_to_end(command, b"").expect(2);
        assert_eq!(run.stdout, "", "{variable}");
    }
    env.run("scan --ci --format revoke-request")
        .expect(2)
        .says("leave out --ci");
    env.write("report.json", "[]");
    env.run("view report.json --format revoke-request")
        .expect(2)
        .says("view never writes a secret of a report");
}
