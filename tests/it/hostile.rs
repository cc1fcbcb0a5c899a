//! A hostile repository: what it says of itself hides nothing unseen, reaches nothing outside of it, and stops
//! no scan.

use crate::env::{Env, Run};
use tokensweep::internals::token::{Mint, Shape};

fn token(seed: u64) -> String {
    String::from_utf8(Mint::new(seed).new_token(Shape::Ghp)).unwrap()
}

fn summary(run: &Run) -> &str {
    run.stdout.lines().last().unwrap_or_default()
}

#[test]
fn what_a_repository_says_of_itself_is_counted() {
    let env = Env::new();
    let t = token(16);
    env.write("a.env", format!("T={t}\n"));
    for (config, said) in [
        (
            "[[accept]]\npaths = ['**']\nreason = 'trust me'\n",
            "1 accepted (1 by configuration)",
        ),
        (
            "exclude-rules = ['github-pat']\n",
            "1 accepted (1 by configuration)",
        ),
    ] {
        env.write("tokensweep.toml", config);
        let run = env.run("scan .").expect(0);
        assert!(summary(&run).ends_with(said), "{config}: {}", run.stdout);
        env.run("scan . --no-config").expect(1);
        env.run("scan . --accept-nothing").expect(1);
        let outside = Env::new();
        let path = env.root().display();
        let run = outside.run(&format!("scan {path}")).expect(0);
        assert!(summary(&run).ends_with(said), "{}", run.stdout);
    }
    env.write("tokensweep.toml", "min-confidence = 'certain'\n");
    let hex = String::from_utf8(Mint::new(17).hex(40)).unwrap();
    env.write("a.env", format!("GITHUB_TOKEN={hex}\n"));
    let run = env.run("scan .").expect(0);
    assert!(
        summary(&run).ends_with("1 accepted (1 by configuration)"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_limit_on_the_size_of_files_is_said_and_can_be_ignored() {
    let env = Env::new();
    env.write("a.env", format!("T={}\n", token(19)));
    env.write("tokensweep.toml", "max-file-size = 20\n");
    let run = env.run("scan .").expect(0);
    let said = "note: tokensweep.toml:1 leaves out what is larger than its max-file-size: 1 file; --no-config reads all\n\
                no GitHub or npm tokens found in 1 file (19 bytes); not read: 1 large file (-v lists them)\n";
    assert_eq!(run.stdout, said);
    env.run("scan . --no-config").expect(1);
    // Who runs the scan may say so without ado.
    let own = env.run("scan . --no-config --max-file-size 20").expect(0);
    assert!(!own.stdout.contains("note:"), "{}", own.stdout);
}

#[test]
fn a_repository_cannot_reach_outside_or_replace_a_rule() {
    let env = Env::new();
    env.write(
        "outside/rules.toml",
        "[[rule]]\nid = 'x'\ntitle = 'X'\nregex = 'xx'\n",
    );
    env.write("repo/.git/HEAD", "ref: refs/heads/main\n");
    env.write("repo/a.env", format!("T={}\n", token(18)));
    for (config, said) in [
        ("rules = ['../outside/rules.toml']\n", "which is outside of"),
        ("rules = ['/etc/passwd']\n", "which is outside of"),
        (
            "baseline = '../outside/rules.toml'\n",
            "which is outside of",
        ),
        (
            "rules = ['own.toml']\n",
            "would take the place of a built-in one",
        ),
        (
            "include = ['/etc/passwd']\n",
            "the configuration has no key `include`",
        ),
    ] {
        env.write("repo/tokensweep.toml", config);
        env.write(
            "repo/own.toml",
            "[[rule]]\nid = 'github-pat'\ntitle = 'X'\nregex = 'xx'\n",
        );
        let run = env.run("scan repo").expect(2);
        assert!(run.stderr.contains(said), "{config}: {}", run.stderr);
        env.run("scan repo --no-config").expect(1);
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("../outside/rules.toml", env.root().join("repo/link.toml"))
            .unwrap();
        std::os::unix::fs::symlink("../outside", env.root().join("repo/dir")).unwrap();
        for config in [
            "rules = ['link.toml']\n",
            "rules = ['dir/rules.toml']\n",
            "baseline = 'link.toml'\n",
        ] {
            env.write("repo/tokensweep.toml", config);
            let run = env.run("scan repo").expect(2);
            let said = "which is outside of";
            assert!(run.stderr.contains(said), "{config}: {}", run.stderr);
        }
        // Nor may a file that is read because of its name be a link to elsewhere.
        for name in ["tokensweep.toml", ".tokensweep.toml", "tokensweep.baseline"] {
            let _ = std::fs::remove_file(env.root().join("repo/tokensweep.toml"));
            let link = env.root().join("repo").join(name);
            std::os::unix::fs::symlink("../outside/rules.toml", &link).unwrap();
            let run = env.run("scan repo").expect(2);
            let said = format!("repo/{name} is a link to ");
            run.says(&said);
            assert!(!run.stderr.contains("[[rule]]"), "{}", run.stderr);
            env.run("scan repo --no-config").expect(1);
            std::fs::remove_file(link).unwrap();
        }
    }
}

#[test]
fn a_baseline_that_accepts_everything_is_counted_and_can_be_ignored() {
    let env = Env::new();
    env.write("repo/.git/HEAD", "ref: refs/heads/main\n");
    let lines: Vec<String> = (0..20)
        .map(|i| format!("T{i}={}\n", token(40 + i)))
        .collect();
    env.write("repo/a.env", lines.concat());
    let mut create = env.command();
    create.current_dir(env.root().join("repo"));
    create.args(["baseline", "create", "--reason", "trust me"]);
    assert!(create.output().unwrap().status.success());
    let said = "20 accepted (20 by baseline)";
    let run = env.run("scan repo").expect(0);
    assert!(
        summary(&run).starts_with("no new GitHub or npm tokens found"),
        "{}",
        run.stdout
    );
    assert!(summary(&run).ends_with(said), "{}", run.stdout);
    let findings = env.run("scan repo --format json").expect(0).findings();
    assert_eq!(findings.len(), 20);
    assert!(findings.iter().all(|f| f["accepted"]["by"] == "baseline"));
    for ignored in ["--no-config", "--accept-nothing"] {
        let run = env.run(&format!("scan repo {ignored}")).expect(1);
        assert!(!run.stdout.contains("accepted"), "{}", run.stdout);
    }
    // What the baseline does not name is news, and a wildcard is no name.
    env.write("repo/b.env", format!("T={}\n", token(70)));
    let run = env.run("scan repo").expect(1);
    assert!(summary(&run).ends_with(said), "{}", run.stdout);
    env.write(
        "repo/tokensweep.baseline",
        "version = 1\nsalt = '00112233445566778899aabbccddeeff'\n[secrets]\n'*' = { rule = '*' }\n",
    );
    let run = env.run("scan repo").expect(2);
    run.says("`*` names no secret");
}

/// Writes rules of the repository's own and the configuration that turns them on.
fn own_rules(env: &Env, rules: &[(&str, &str)]) {
    let text: String = rules
        .iter()
        .map(|(id, regex)| format!("[[rule]]\nid = '{id}'\ntitle = 'X'\nregex = '{regex}'\n"))
        .collect();
    env.write("own.toml", text);
    env.write("tokensweep.toml", "rules = ['own.toml']\n");
}

#[test]
fn a_catastrophic_pattern_ends_and_finds_what_it_should() {
    let env = Env::new();
    own_rules(
        &env,
        &[
            ("nested", "(?<secret>(?:x+x+)+y)"),
            ("alternatives", "(?<secret>(?:p|p|pp)+q)"),
            // As many states as there are sets of sixty places.
            ("counted", "(?<secret>[mn]*m[mn]{60}c)"),
        ],
    );
    const LEN: usize = 1_000_000;
    let mut noise = Mint::new(80).hex(LEN);
    noise
        .iter_mut()
        .for_each(|b| *b = if *b % 2 == 0 { b'm' } else { b'n' });
    let counted = format!("m{}c", "n".repeat(60));
    for (file, hostile, found) in [
        ("nested.txt", "x".repeat(LEN), "xxxxxy"),
        ("alternatives.txt", "p".repeat(LEN), "pppppq"),
        (
            "counted.txt",
            String::from_utf8(noise).unwrap(),
            counted.as_str(),
        ),
    ] {
        env.write(file, format!("{found}\n{hostile}\nT={}\n", token(81)));
        let findings = env
            .run(&format!("scan {file} --format json --show-secrets"))
            .expect(1)
            .findings();
        let said: Vec<_> = findings
            .iter()
            .map(|f| {
                (
                    f["rule_id"].as_str().unwrap(),
                    f["secret"].as_str().unwrap(),
                )
            })
            .collect();
        let rule = file.trim_end_matches(".txt");
        assert_eq!(said, [(rule, found), ("github-pat", token(81).as_str())]);
    }
}

#[test]
fn a_pattern_too_large_to_search_with_is_refused_by_name_and_can_be_ignored() {
    let env = Env::new();
    env.write("a.env", format!("T={}\n", token(82)));
    own_rules(
        &env,
        &[("huge", "((((x{1,50}){1,50}){1,50}){1,50}){1,50}y")],
    );
    let run = env.run("scan .").expect(2);
    let said = "own.toml:4:9: in `regex`: the expression takes more than 1024 KiB when compiled";
    run.says(said);
    env.run("scan . --no-config").expect(1);
}
