//! What may stay: comments, path rules, the baseline.

use crate::env::{Env, Run};
use tokensweep::mint::Mint;
use tokensweep::rule::Shape;

fn token(seed: u64) -> String {
    String::from_utf8(Mint::new(seed).token(Shape::Ghp)).unwrap()
}

fn summary(run: &Run) -> &str {
    run.stdout.lines().last().unwrap_or_default()
}

#[test]
fn a_comment_accepts_and_is_counted_and_can_be_ignored() {
    let env = Env::new();
    let t = token(1);
    env.write(
        "a.env",
        format!("T={t} # tokensweep:allow(github-pat) a dummy of the docs\n"),
    );
    let run = env.run("scan .").expect(0);
    assert!(
        summary(&run).starts_with("no new leaks: 1 file read"),
        "{}",
        run.stdout
    );
    assert!(
        summary(&run).ends_with("1 accepted (1 by comment)"),
        "{}",
        run.stdout
    );
    let more = env.run("scan . -v").expect(0);
    assert!(
        more.stdout
            .contains("by comment; line 1; a dummy of the docs"),
        "{}",
        more.stdout
    );
    let json = env.run("scan . --format json").expect(0);
    let finding = &json.findings()[0];
    assert_eq!(finding["status"], "accepted");
    assert_eq!(finding["accepted"]["reason"], "a dummy of the docs");
    env.run("scan . --accept-nothing").expect(1);
    env.write("tokensweep.toml", "comments = false\n");
    env.run("scan a.env").expect(1);
    env.run("scan a.env --no-config").expect(0);
}

#[test]
fn a_reason_that_holds_a_secret_is_not_repeated() {
    let env = Env::new();
    let (a, b) = (token(2), token(3));
    env.write("a.env", format!("# tokensweep:allow see {b}\nT={a}\n"));
    for args in ["scan . -v", "scan . --format json", "scan . --format sarif"] {
        let run = env.run(args);
        assert!(
            !run.stdout.contains(&b[..16]) && !run.stdout.contains(&a[..16]),
            "{}",
            run.stdout
        );
    }
}

#[test]
fn a_region_reaches_over_the_windows_of_a_large_file_and_no_further() {
    let env = Env::new();
    let (a, b, c) = (token(4), token(5), token(6));
    let filler = "x = 1\n".repeat(400_000);
    let text =
        format!("T={a}\n# tokensweep:off dummies\n{filler}T={b}\n{filler}# tokensweep:on\nT={c}\n");
    env.write("big.txt", text);
    let findings = env.run("scan big.txt --format json").expect(1).findings();
    let status: Vec<&str> = findings
        .iter()
        .map(|f| f["status"].as_str().unwrap())
        .collect();
    assert_eq!(status, ["open", "accepted", "open"]);
    assert_eq!(findings[1]["accepted"]["by"], "region");
}

#[test]
fn comments_in_utf16_count_too() {
    let env = Env::new();
    let text = format!("T={} # tokensweep:allow\r\nU={}\r\n", token(7), token(8));
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    env.write("a.txt", utf16);
    let findings = env.run("scan . --format json").expect(1).findings();
    let status: Vec<&str> = findings
        .iter()
        .map(|f| f["status"].as_str().unwrap())
        .collect();
    assert_eq!(status, ["accepted", "open"]);
}

#[test]
fn a_baseline_holds_through_rename_reindent_crlf_and_a_move_within_the_file() {
    let env = Env::new();
    let t = token(9);
    env.write("src/a.py", format!("def f():\n    token = '{t}'\n"));
    let made = env
        .run("baseline create --status test --reason dummy --owner me")
        .expect(0);
    assert_eq!(made.stdout, "tokensweep.baseline: 1 secrets accepted\n");
    let file = std::fs::read_to_string(env.root().join("tokensweep.baseline")).unwrap();
    for window in t.as_bytes()[4..].windows(6) {
        assert!(!file.contains(std::str::from_utf8(window).unwrap()));
    }
    let before = env.run("scan . --format json").expect(0).findings();
    assert_eq!(before[0]["accepted"]["by"], "baseline");
    std::fs::remove_file(env.root().join("src/a.py")).unwrap();
    env.write(
        "lib/b.py",
        format!("# new\r\n\r\nclass C:\r\n\tdef f():\r\n\t\ttoken = '{t}'\r\n"),
    );
    let after = env.run("scan . --format json").expect(0).findings();
    assert_eq!(after[0]["fingerprint"], before[0]["fingerprint"]);
    assert_eq!(
        after[0]["accepted"]["reason"],
        "test: dummy (first seen in src/a.py)"
    );
    assert!(summary(&env.run("scan .")).ends_with("1 accepted (1 by baseline)"));
    // Another secret is news.
    env.write("lib/c.py", format!("token = '{}'\n", token(10)));
    env.run("scan .").expect(1);
    let updated = env.run("baseline update").expect(0);
    assert_eq!(
        updated.stdout,
        "tokensweep.baseline: 1 secrets added, 0 taken out\n"
    );
    env.run("scan .").expect(0);
    env.run("baseline create").expect(2);
}

#[test]
fn check_names_what_expired_and_what_is_gone_and_fails_on_the_first_only() {
    let env = Env::new();
    env.write("a.env", format!("T={}\n", token(11)));
    env.run("baseline create --expires 2020-01-31 --reason soon")
        .expect(0);
    let scan = env.run("scan .").expect(1);
    assert!(
        scan.stdout
            .contains("note: a.env:1: its secret was accepted until 2020-01-31, no longer"),
        "{}",
        scan.stdout
    );
    let check = env.run("baseline check").expect(1);
    assert!(
        check
            .stdout
            .starts_with("expired on 2020-01-31: github-pat in a.env (accepted); soon\n"),
        "{}",
        check.stdout
    );
    let file = env.root().join("tokensweep.baseline");
    let text = std::fs::read_to_string(&file)
        .unwrap()
        .replace(", expires = 2020-01-31", "");
    env.write("tokensweep.baseline", text);
    env.run("baseline check").expect(0);
    env.write("a.env", "nothing\n");
    let gone = env.run("baseline check").expect(0);
    assert!(
        gone.stdout
            .starts_with("not found any more: github-pat in a.env"),
        "{}",
        gone.stdout
    );
    env.run("baseline update --prune").expect(0);
    assert!(!std::fs::read_to_string(&file).unwrap().contains("rule ="));
}

#[test]
fn what_gitleaks_accepted_is_taken_over() {
    let env = Env::new();
    env.write("a.env", format!("\nT={}\nU={}\n", token(12), token(13)));
    env.write(
        ".gitleaksignore",
        "a.env:github-pat:2\nb.env:github-pat:9\n",
    );
    let run = env.run("baseline import .gitleaksignore").expect(0);
    assert!(
        run.stdout.contains("1 secrets accepted, of 2 entries"),
        "{}",
        run.stdout
    );
    let open: Vec<_> = env.run("scan . --format json").findings();
    assert_eq!(open.iter().filter(|f| f["status"] == "open").count(), 1);
}

#[test]
fn paths_of_the_configuration_are_accepted_for_the_rules_that_are_named() {
    let env = Env::new();
    let npm = String::from_utf8(Mint::new(14).token(Shape::Npm)).unwrap();
    env.write("test/a.env", format!("T={}\nN={npm}\n", token(15)));
    env.write("src/a.env", format!("T={}\n", token(15)));
    env.write(
        "tokensweep.toml",
        "[[accept]]\npaths = ['test/']\nrules = ['github-pat']\nreason = 'dummies'\n",
    );
    let findings = env.run("scan . --format json").expect(1).findings();
    let said: Vec<_> = findings
        .iter()
        .map(|f| {
            (
                f["path"].as_str().unwrap(),
                f["rule_id"].as_str().unwrap(),
                f["status"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            ("./src/a.env", "github-pat", "open"),
            ("./test/a.env", "github-pat", "accepted"),
            ("./test/a.env", "npm-access-token", "open"),
        ]
    );
}

#[test]
fn the_merged_configuration_is_shown_with_its_sources() {
    let env = Env::new();
    env.write(
        ".config/tokensweep/config.toml",
        "threads = 3\nmin-confidence = 'low'\n",
    );
    env.write("p/.git/HEAD", "");
    env.write("p/pyproject.toml", "[project]\nname = 'x'\n[tool.tokensweep]\ncompat-comments = true\nmin-confidence = 'high'\n");
    env.write("p/sub/a.txt", "x");
    let mut command = env.command();
    command.args(["config", "show", "p/sub", "--max-file-size", "1M"]);
    command.env("TOKENSWEEP_EXCLUDE_RULES", "npm-access-token");
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    for line in [
        "min-confidence  = high  # ",
        "exclude-rules   = npm-access-token  # TOKENSWEEP_EXCLUDE_RULES",
        "compat-comments = true  # ",
        "max-file-size   = 1000000  # --max-file-size",
        "comments        = true  # default",
        ".config/tokensweep/config.toml:1",
        "p/pyproject.toml:5",
    ] {
        assert!(
            said.contains(line),
            "{line} in\n{said}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let schema = env.run("config schema").expect(0).json();
    assert_eq!(schema["title"], "tokensweep.toml");
}

#[test]
fn a_baseline_holds_through_rebase_and_squash() {
    use crate::git::git_out;
    let env = Env::new();
    let root = env.root();
    let commit = |name: &str, text: &str| {
        env.write(name, text);
        git_out(root, &["add", name]);
        git_out(root, &["commit", "-qm", name]);
    };
    git_out(root, &["init", "-q", "-b", "main", "."]);
    commit("readme", "x\n");
    git_out(root, &["checkout", "-qb", "side"]);
    commit("a.env", &format!("T={}\n", token(30)));
    commit("b.env", &format!("U={}\n", token(31)));
    env.run("baseline create --history").expect(0);
    let fingerprints = || {
        let run = env.run("scan --history --format json").expect(0);
        let mut all: Vec<String> = run
            .findings()
            .iter()
            .map(|f| f["fingerprint"].as_str().unwrap().to_owned())
            .collect();
        all.sort();
        all.dedup();
        all
    };
    let before = fingerprints();
    assert_eq!(before.len(), 2);
    git_out(root, &["checkout", "-q", "main"]);
    commit("readme", "y\n");
    git_out(root, &["checkout", "-q", "side"]);
    git_out(root, &["rebase", "-q", "main"]);
    assert_eq!(fingerprints(), before, "rebase");
    git_out(root, &["checkout", "-q", "main"]);
    git_out(root, &["merge", "-q", "--squash", "side"]);
    git_out(root, &["commit", "-qm", "squashed"]);
    git_out(root, &["branch", "-qD", "side"]);
    assert_eq!(fingerprints(), before, "squash");
}
