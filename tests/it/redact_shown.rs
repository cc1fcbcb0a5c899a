//! Output of a redaction contains no part of a secret: reports, differences and messages, paths included.

use tokensweep::internals::token::{Mint, Shape};

use super::env::{Env, Run};
use super::redact::token;

/// Fails if twelve consecutive characters of a secret are in what was shown.
fn shows_nothing_of(secrets: &[&str], run: &Run, report: &str) {
    let shown = format!("{}{}{report}", run.stdout, run.stderr);
    for secret in secrets {
        for part in secret.as_bytes().windows(12) {
            let part = std::str::from_utf8(part).unwrap();
            assert!(!shown.contains(part), "{part} in {shown}");
        }
    }
}

#[test]
fn paths_that_hold_a_secret_are_masked_with_what_may_be_the_rest_of_it() {
    let mut mint = Mint::new(81);
    let hex = String::from_utf8(mint.hex(40)).unwrap();
    let secret = token(&mut mint, Shape::Ghp);
    let env = Env::new();
    let names = [
        format!("{hex}.env"),
        format!("cut-{}.env", &hex[..30]),
        format!("{}/{secret}more0123456789.txt", &secret[..20]),
        "plain.env".to_owned(),
    ];
    for name in &names {
        env.write(name, format!("GITHUB_TOKEN={hex}\nT={secret}\n"));
    }
    // Left alone, with a reason that names the target.
    #[cfg(unix)]
    std::os::unix::fs::symlink(format!("../{secret}"), env.root().join("link")).unwrap();
    for line in [
        "--check",
        "--diff",
        "--check --quiet",
        "--min-confidence certain --check",
    ] {
        let paths = if cfg!(unix) { ". link" } else { "." };
        let run = env.run(&format!("redact {paths} {line} --report shown.json"));
        let report = std::fs::read_to_string(env.root().join("shown.json")).unwrap();
        shows_nothing_of(&[&hex, &secret], &run, &report);
        assert!(
            !format!("{run:?}{report}").contains("more0123456789"),
            "{line}"
        );
        assert!(report.contains("plain.env"), "{line}: {report}");
        std::fs::remove_file(env.root().join("shown.json")).unwrap();
    }
    let run = env.run("redact . --report shown.json");
    let report = std::fs::read_to_string(env.root().join("shown.json")).unwrap();
    shows_nothing_of(&[&hex, &secret], &run, &report);
}

#[test]
fn the_difference_masks_the_runs_that_go_on_at_either_end_of_a_secret() {
    let mut mint = Mint::new(82);
    let hex = String::from_utf8(mint.hex(40)).unwrap();
    let other = String::from_utf8(mint.random_base62(24)).unwrap();
    let secret = token(&mut mint, Shape::Gho);
    let env = Env::new();
    env.write(
        "own.toml",
        "[[rule]]\nid = \"own\"\ntitle = \"Own\"\nregex = '(?P<secret>own[0-9a-f]{12})'\nkeywords = [\"own\"]\n",
    );
    for (text, hidden) in [
        (
            format!("T={secret} x={other}own{}{other}\n", &hex[..12]),
            &other,
        ),
        (
            format!("GITHUB_TOKEN={hex}\nrest {other}{hex}{other}\n"),
            &other,
        ),
        (format!("k = \"{secret}\" + \"{other}\"\n"), &other),
        (format!("a={secret}\nb={}\n", &secret[..30]), &secret),
    ] {
        env.write("a.env", &text);
        let run = env.run("redact a.env --diff --rules own.toml").expect(1);
        run.prints("--- a.env");
        run.prints("REDACTED-");
        shows_nothing_of(&[&hex, &secret, hidden], &run, "");
    }
}

#[test]
fn a_stream_under_a_name_with_a_secret_does_not_show_it() {
    let secret = token(&mut Mint::new(83), Shape::Ghu);
    let env = Env::new();
    let line = format!("redact - --stdin-filename in/{secret}.env --report shown.json");
    let run = env
        .run_with(&line, format!("T={secret}\n").as_bytes())
        .expect(0);
    let report = std::fs::read_to_string(env.root().join("shown.json")).unwrap();
    shows_nothing_of(&[&secret], &run, &report);
    assert!(report.contains("\"path\": \"in/"), "{report}");
}
