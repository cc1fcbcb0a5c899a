//! Rule files and the `rules` command.

use crate::env::Env;
use tokensweep::internals::token::Mint;

const ACME: &str = "\
[[rule]]
id = 'acme-api-key'
title = 'Acme API key'
revoke = 'Delete it at https://acme.example/keys.'
regex = '\\bacme_(?<secret>[0-9A-Za-z]{36})\\b'
keywords = ['acme_']
confidence = 'high'

[[rule.example]]
text = 'ACME_KEY=acme_{{base62:36}}'

[[rule.counterexample]]
text = 'acme_{{base62:12}}'
reason = 'too short'
";

#[test]
fn the_rules_are_listed_and_shown() {
    let env = Env::new();
    let list = env.run("rules list").expect(0);
    assert!(list.stdout.lines().count() > 8, "{}", list.stdout);
    for line in list.stdout.lines() {
        let id = line.split(' ').next().unwrap();
        let shown = env.run(&format!("rules show {id}")).expect(0).stdout;
        for part in [
            id,
            "Why it matters",
            "Do first",
            "Examples",
            "Not these",
            "References",
        ] {
            assert!(shown.contains(part), "{id}: {part}");
        }
    }
}

#[test]
fn a_user_rule_finds_its_secrets_like_a_built_in_one() {
    let env = Env::new();
    env.write("acme.toml", ACME);
    let mut mint = Mint::new(11);
    let key = String::from_utf8(mint.random_base62(36)).unwrap();
    env.write("src/conf.py", format!("# conf\nKEY = \"acme_{key}\"\n"));
    let run = env
        .run("scan --rules acme.toml src --format json")
        .expect(1);
    let findings = run.findings();
    assert_eq!(findings.len(), 1, "{findings:?}");
    let finding = &findings[0];
    assert_eq!(finding["rule_id"], "acme-api-key");
    assert_eq!(finding["title"], "Acme API key");
    assert_eq!(finding["confidence"], "high");
    assert_eq!(finding["checksum"], "none");
    assert_eq!(
        (&finding["line"], &finding["column"]),
        (&2.into(), &13.into())
    );
    assert_eq!(finding["fingerprint"].as_str().unwrap().len(), 32);
    assert_eq!(finding["evidence"][0]["name"], "expression");
    assert_eq!(
        finding["remediation"],
        "Delete it at https://acme.example/keys."
    );
    assert!(!run.stdout.contains(&key[..12]), "masked");
    let human = env.run("scan --rules acme.toml src").expect(1);
    assert!(human.stdout.contains("acme-api-key") && !human.stdout.contains(&key[..12]));
    env.run("rules test acme.toml").expect(0);
    env.run("scan --rules acme.toml --exclude-rule acme-api-key src")
        .expect(0);
}

#[test]
fn a_user_rule_may_take_the_place_of_a_built_in_one() {
    let env = Env::new();
    env.write(
        "own.toml",
        "[[rule]]\nid = 'our-npm'\ntitle = 'Our npm token'\nseverity = 'warning'\nshapes = ['npm']\n",
    );
    let token = Mint::new(12).new_token(tokensweep::internals::token::Shape::Npm);
    env.write("a/.npmrc", [b"t=".as_slice(), &token].concat());
    let findings = env
        .run("scan --rules own.toml a --format json")
        .expect(1)
        .findings();
    assert_eq!(findings[0]["rule_id"], "our-npm");
    assert_eq!(findings[0]["severity"], "warning");
    assert_eq!(findings[0]["confidence"], "certain");
}

#[test]
fn what_is_no_rule_file_is_said_in_one_sentence() {
    let env = Env::new();
    env.write("latin.toml", b"[[rule]]\nid = '\xe9'\n");
    std::fs::create_dir(env.root().join("dir")).unwrap();
    for (args, said) in [
        (
            "--rules dir",
            "cannot read the rule file dir: it is no regular file",
        ),
        (
            "--rules /dev/zero",
            "cannot read the rule file /dev/zero: it is no regular file",
        ),
        (
            "--rules latin.toml",
            "latin.toml:2:7: the byte 0xe9 is not UTF-8; save the file as UTF-8",
        ),
    ] {
        let run = env.run(&format!("scan {args} .")).expect(2);
        assert!(
            run.stderr.starts_with(&format!("tokensweep: {said}")),
            "{args}: {}",
            run.stderr
        );
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    }
}

#[test]
fn a_rule_that_would_take_forever_is_given_up_and_that_is_said() {
    let env = Env::new();
    env.write(
        "r.toml",
        "[[rule]]\nid = 'far'\ntitle = 'Looks far'\nregex = 'x*y|x{9}'\n\
         [[rule]]\nid = 'near'\ntitle = 'Looks near'\nregex = 'z{9}y|z{9}'\n",
    );
    env.write("a.txt", "x".repeat(150_000));
    env.write("b.txt", "z".repeat(3_000));
    let run = env
        .run("scan . --rules r.toml --exclude-rule near --format json")
        .expect(2);
    let json = run.json();
    assert_eq!(json["scan"]["complete"], false);
    let skipped = json["scan"]["skipped"].as_array().unwrap();
    assert_eq!(skipped.len(), 1, "{skipped:?}");
    let reason = skipped[0]["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("the rule `far` was not looked for in all of it"),
        "{reason}"
    );
    assert!(
        !json["findings"].as_array().unwrap().is_empty(),
        "what was found before counts"
    );
    env.run("scan b.txt --rules r.toml").expect(1);
    let run = env.run("scan a.txt --rules r.toml").expect(2);
    assert!(
        format!("{}{}", run.stdout, run.stderr).contains("the rule `far` was not looked for"),
        "{}{}",
        run.stdout,
        run.stderr
    );
}
