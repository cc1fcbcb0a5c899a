//! Accepted findings: comments, path rules, the baseline.

use std::collections::BTreeSet;

use crate::env::{Env, Run};
use crate::git::git_out;
use tokensweep::internals::token::{Mint, Shape};

fn token(seed: u64) -> String {
    String::from_utf8(Mint::new(seed).new_token(Shape::Ghp)).unwrap()
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
        summary(&run).starts_with("no new GitHub or npm tokens found in 1 file"),
        "{}",
        run.stdout
    );
    assert!(
        summary(&run).ends_with("1 accepted (1 by comment)"),
        "{}",
        run.stdout
    );
    let more = env.run("scan . -v").expect(0);
    more.prints("by comment; line 1; a dummy of the docs");
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
    assert_eq!(made.stdout, "tokensweep.baseline: 1 secret accepted\n");
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
    assert_eq!(after[0]["accepted"]["reason"], "test: dummy");
    assert_eq!(after[0]["accepted"]["first_seen"], "src/a.py");
    let said = "1 accepted (1 by baseline, 1 in another file than before)";
    assert!(summary(&env.run("scan .")).ends_with(said));
    // Another secret is news.
    env.write("lib/c.py", format!("token = '{}'\n", token(10)));
    env.run("scan .").expect(1);
    let updated = env.run("baseline update").expect(0);
    assert_eq!(
        updated.stdout,
        "moved from src/a.py: lib/b.py:5\ntokensweep.baseline: 1 secret added, 0 taken out\n"
    );
    env.run("scan .").expect(0);
    env.run("baseline create").expect(2);
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
    run.prints("1 secret accepted, of 2 entries");
    let open: Vec<_> = env.run("scan . --format json").findings();
    assert_eq!(open.iter().filter(|f| f["status"] == "open").count(), 1);
}

#[test]
fn paths_of_the_configuration_are_accepted_for_the_rules_that_are_named() {
    let env = Env::new();
    let npm = String::from_utf8(Mint::new(14).new_token(Shape::Npm)).unwrap();
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
            ("src/a.env", "github-pat", "open"),
            ("test/a.env", "github-pat", "accepted"),
            ("test/a.env", "npm-access-token", "open"),
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
        "min-confidence        = high  # ",
        "exclude-rules         = npm-access-token  # TOKENSWEEP_EXCLUDE_RULES",
        "compat-comments       = true  # ",
        "max-file-size         = 1000000  # --max-file-size",
        "comments              = true  # default",
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

/// Returns the fingerprints of a repository's secrets: in JSON over the whole history, and in SARIF of the work tree.
fn identities(env: &Env) -> (BTreeSet<String>, BTreeSet<String>) {
    let history = env.run("scan --history --format json").expect(0);
    let text = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
    let json = history.findings();
    let json = json.iter().map(|f| text(&f["fingerprint"])).collect();
    let now = env.run("scan . --format sarif").expect(0).json();
    let results = now["runs"][0]["results"].as_array().unwrap();
    let sarif = results.iter().map(|result| {
        let prints = result["partialFingerprints"].as_object().unwrap();
        assert_eq!(prints.len(), 2, "{prints:?}");
        let suppressed = result["suppressions"].as_array().unwrap();
        assert_eq!(suppressed.len(), 1, "the baseline holds");
        text(&prints["primaryLocationLineHash"])
    });
    (json, sarif.collect())
}

#[test]
fn rebase_squash_rename_reindent_and_crlf_change_no_identity_and_the_baseline_holds() {
    let env = Env::new();
    let root = env.root();
    let git = |args: &[&str]| git_out(root, args);
    let commit = |name: &str, text: &str| {
        env.write(name, text);
        git(&["add", name]);
        git(&["commit", "-qm", name]);
    };
    git(&["init", "-q", "-b", "main", "."]);
    commit("readme", "x\n");
    git(&["checkout", "-qb", "side"]);
    let legacy = String::from_utf8(Mint::new(32).hex(40)).unwrap();
    let source = format!(
        "def f():\n    t = '{}'\n    u = '{}'\n",
        token(30),
        token(31)
    );
    commit("a.py", &source);
    commit("deploy.sh", &format!("export GITHUB_TOKEN={legacy}\n"));
    env.run("baseline create --history").expect(0);
    let before = identities(&env);
    assert_eq!((before.0.len(), before.1.len()), (3, 3));

    git(&["checkout", "-q", "main"]);
    commit("readme", "y\n");
    git(&["checkout", "-q", "side"]);
    git(&["rebase", "-q", "main"]);
    assert_eq!(identities(&env), before, "rebase");
    git(&["checkout", "-q", "main"]);
    git(&["merge", "-q", "--squash", "side"]);
    git(&["commit", "-qm", "squashed"]);
    git(&["branch", "-qD", "side"]);
    assert_eq!(identities(&env), before, "squash");
    std::fs::create_dir(root.join("lib")).unwrap();
    git(&["mv", "a.py", "lib/b.py"]);
    git(&["mv", "deploy.sh", "lib/release.sh"]);
    git(&["commit", "-qm", "renamed"]);
    assert_eq!(identities(&env), before, "rename");
    let indented = source
        .replace("def f():\n", "class C:\n\n    def f():\n")
        .replace("    ", "\t\t");
    commit("lib/b.py", &indented);
    assert_eq!(identities(&env), before, "re-indent");
    commit("lib/b.py", &indented.replace('\n', "\r\n"));
    commit(
        "lib/release.sh",
        &format!("export GITHUB_TOKEN={legacy}\r\n"),
    );
    assert_eq!(identities(&env), before, "CRLF");
    let check = env.run("baseline check").expect(0);
    check.prints("0 expired, 0 not found any more");
}

#[test]
fn under_same_file_a_moved_secret_is_news_until_the_baseline_is_updated() {
    let env = Env::new();
    let line = format!("T={}\n", token(33));
    env.write("a.env", &line);
    env.run("baseline create").expect(0);
    let file = env.root().join("tokensweep.baseline");
    let strict = std::fs::read_to_string(&file).unwrap();
    env.write(
        "tokensweep.baseline",
        strict.replace("version = 1\n", "version = 1\npolicy = 'same-file'\n"),
    );
    env.run("scan .").expect(0);
    env.write("b.env", &line);
    let copied = env.run("scan .").expect(1);
    let said = "note: b.env:1: its secret is accepted in a.env only (policy same-file) (tokensweep.baseline)";
    copied.prints(said);
    let more = env.run("baseline update").expect(0);
    more.prints("also accepted in b.env:1\n");
    env.run("scan .").expect(0);
    std::fs::remove_file(env.root().join("a.env")).unwrap();
    std::fs::rename(env.root().join("b.env"), env.root().join("c.env")).unwrap();
    env.run("scan .").expect(1);
    let moved = env.run("baseline update").expect(0);
    moved.prints("moved from a.env: c.env:1\n");
    std::fs::rename(env.root().join("c.env"), env.root().join("b.env")).unwrap();
    env.run("baseline update")
        .expect(0)
        .prints("moved from c.env: b.env:1\n");
    env.run("scan .").expect(0);
    // A detour through another folder leads to the same file, from wherever the scan starts.
    env.write("sub/x", "");
    env.run("scan sub/../b.env").expect(0);
    let mut below = env.command();
    below.current_dir(env.root().join("sub"));
    let status = below
        .args(["scan", "../b.env", "--baseline", "../tokensweep.baseline"])
        .status();
    assert_eq!(status.unwrap().code(), Some(0));
    let file = env.root().join("tokensweep.baseline");
    let moved = std::fs::read_to_string(&file).unwrap();
    env.write(
        "tokensweep.baseline",
        moved.replace("b.env", "sub/../b.env"),
    );
    env.run("scan .").expect(0);
    // A path in the baseline starts at the baseline's folder, wherever the scan starts.
    let outside = Env::new();
    outside
        .run(&format!("scan {}", env.root().display()))
        .expect(0);
}

#[test]
fn a_baseline_that_the_configuration_names_can_be_made() {
    let env = Env::new();
    env.write(".git/HEAD", "ref: refs/heads/main\n");
    env.write("a.env", format!("T={}\n", token(34)));
    env.write("tokensweep.toml", "baseline = 'security/accepted.toml'\n");
    std::fs::create_dir(env.root().join("security")).unwrap();
    let run = env.run("scan .").expect(2);
    let said = "tokensweep.toml:1: there is no baseline security/accepted.toml; make it with `tokensweep baseline create`";
    run.says(said);
    let made = env.run("baseline create").expect(0);
    assert_eq!(made.stdout, "security/accepted.toml: 1 secret accepted\n");
    env.run("scan .").expect(0);
    env.write("tokensweep.toml", "baseline = '../accepted.toml'\n");
    let outside = env.run("baseline create").expect(2);
    outside.says("which is outside of");
}

#[test]
fn what_our_own_ignore_file_leaves_out_is_accepted_where_git_gives_it() {
    let env = Env::new();
    let git = |args: &[&str]| git_out(env.root(), args);
    git(&["init", "-q", "-b", "main", "."]);
    env.write("fixtures/a.env", format!("T={}\n", token(35)));
    env.write(".tokensweepignore", "fixtures/\n");
    git(&["add", "."]);
    let said = "1 accepted (1 by configuration)";
    let staged = env.run("scan --staged").expect(0);
    assert!(summary(&staged).ends_with(said), "{}", staged.stdout);
    git(&["commit", "-qm", "one"]);
    let history = env.run("scan --history").expect(0);
    assert!(summary(&history).ends_with(said), "{}", history.stdout);
    for all in ["--no-config", "--accept-nothing", "--no-ignore"] {
        env.run(&format!("scan --history {all}")).expect(1);
    }
    env.write(".tokensweepignore", "");
    env.write(".gitignore", "fixtures/\n");
    env.run("scan --history").expect(1);
}

#[test]
fn explain_and_why_not_say_who_has_accepted_a_finding() {
    let env = Env::new();
    env.write(
        "a.env",
        format!("T={} # tokensweep:allow dummy\n", token(36)),
    );
    env.write("b.env", format!("T={}\n", token(37)));
    env.write(
        "tokensweep.toml",
        "[[accept]]\npaths = ['b.env']\nreason = 'old'\n",
    );
    for (command, said) in [
        (
            "why-not a.env:1",
            "not reported as a leak: accepted by comment: line 1; dummy",
        ),
        (
            "explain b.env:1",
            "not reported as a leak: accepted by configuration: tokensweep.toml:1; old",
        ),
        (
            "explain b.env:1 --no-config",
            "reported: confidence certain",
        ),
    ] {
        let run = env.run(command).expect(0);
        run.prints(said);
    }
}

#[test]
fn the_configuration_of_gitleaks_is_translated_and_counts() {
    let env = Env::new();
    let gitleaks = "[[allowlists]]\npaths = ['^test/']\n[[rules]]\nid = 'acme'\ndescription = 'Acme'\n\
                    regex = 'acme_([0-9]{12})'\nkeywords = ['acme_']\n";
    env.write(".gitleaks.toml", gitleaks);
    env.write("test/a.env", format!("T={}\n", token(38)));
    env.write("src/a.env", "K=acme_314159265358\n");
    let made = env
        .run("config migrate .gitleaks.toml --rules-to acme.toml")
        .expect(0);
    env.write("tokensweep.toml", &made.stdout);
    let findings = env.run("scan . --format json").expect(1).findings();
    let said = findings.iter().map(|f| (&f["rule_id"], &f["status"]));
    let said: Vec<String> = said
        .map(|(rule, status)| format!("{rule} {status}"))
        .collect();
    assert_eq!(said, ["\"acme\" \"open\"", "\"github-pat\" \"accepted\""]);
    let again = env
        .run("config migrate .gitleaks.toml --rules-to acme.toml")
        .expect(2);
    assert!(
        again
            .stderr
            .starts_with("tokensweep: cannot write the rules to acme.toml: "),
        "{}",
        again.stderr
    );
}
