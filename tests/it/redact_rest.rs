//! Parts that a redaction leaves are named: findings that are not sure enough, copies that were not made.

use tokensweep::internals::token::{Mint, Shape};

use super::env::Env;
use super::git::git_out;
use super::redact::{placeholder, token};

fn hex(seed: u64) -> String {
    String::from_utf8(Mint::new(seed).hex(40)).unwrap()
}

/// Returns a text in which `value` may be a credential by its own place, and no more: `medium`.
fn doubtful(value: &str) -> String {
    format!("# pages of the GitHub list\nnext_token = '{value}'\n")
}

#[test]
fn what_a_scan_still_reports_is_named_and_fails() {
    let env = Env::new();
    let value = hex(1);
    let secret = token(&mut Mint::new(2), Shape::Ghp);
    env.write("d/m.py", doubtful(&value));
    env.write("d/n.py", format!("{secret}\n{}", doubtful(&value)));
    for (args, wanted) in [
        ("redact d --check", "would stay"),
        ("redact d --diff", "would stay"),
        ("redact d", "still there"),
        ("redact d -q", "still there"),
    ] {
        let run = env.run(args).expect(1);
        run.says(format!(
            "d/m.py:2:15: {wanted}: github-legacy-token (medium confidence)"
        ));
        run.says(format!(
            "d/n.py:3:15: {wanted}: github-legacy-token (medium confidence)"
        ));
        run.says("2 findings are not sure enough to be replaced");
        run.says("--min-confidence medium");
    }
    let text = std::fs::read_to_string(env.root().join("d/n.py")).unwrap();
    assert!(!text.contains(&secret) && text.contains(&value));
    env.run("redact d --min-confidence medium").expect(0);
    env.run("scan d").expect(0);
}

#[test]
fn what_stays_in_a_stream_is_named_and_fails() {
    let env = Env::new();
    let text = doubtful(&hex(3));
    for args in ["redact -", "redact - --check"] {
        let run = env.run_with(args, text.as_bytes()).expect(1);
        run.says("-:2:15: ");
        run.says("1 finding is not sure enough to be replaced");
    }
    env.run_with("redact - --min-confidence medium", text.as_bytes())
        .expect(0);
}

#[test]
fn what_a_scan_is_told_not_to_report_does_not_fail() {
    let env = Env::new();
    env.write("d/m.py", doubtful(&hex(4)));
    env.write("c.toml", "min-confidence = \"high\"\n");
    env.run("scan d --config c.toml").expect(0);
    env.run("redact d --config c.toml").expect(0);
}

#[test]
fn the_report_names_what_stays() {
    let env = Env::new();
    env.write("m.py", doubtful(&hex(5)));
    env.run("redact m.py --report r.json").expect(1);
    let report = std::fs::read_to_string(env.root().join("r.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["remaining"][0]["line"], 2);
    assert_eq!(report["remaining"][0]["confidence"], "medium");
}

#[test]
fn a_named_file_is_copied_into_the_new_folder() {
    let secret = token(&mut Mint::new(6), Shape::Ghp);
    for file in ["a.txt", "./a.txt", "in/deep/a.txt"] {
        let env = Env::new();
        env.write(file, &secret);
        env.run(&format!("redact --output-dir out {file}"))
            .expect(0);
        let copy = std::fs::read_to_string(env.root().join("out/a.txt")).unwrap();
        assert_eq!(copy, placeholder("github-pat", &secret));
        let original = std::fs::read_to_string(env.root().join(file)).unwrap();
        assert_eq!(original, secret);
    }
}

#[test]
fn files_and_folders_named_together_keep_their_names() {
    let env = Env::new();
    let secret = token(&mut Mint::new(7), Shape::Ghp);
    env.write("in/a.txt", &secret);
    env.write("in/b.txt", "clean\n");
    env.write("x.txt", &secret);
    env.run("redact --output-dir out in x.txt in/a.txt")
        .expect(0);
    for copy in ["out/in/a.txt", "out/in/b.txt", "out/x.txt"] {
        let text = std::fs::read_to_string(env.root().join(copy)).unwrap();
        assert!(!text.contains(&secret), "{copy}");
    }
    assert!(!env.root().join("out/a.txt").exists());
}

#[test]
fn a_copy_may_stand_inside_what_is_copied() {
    let env = Env::new();
    let secret = token(&mut Mint::new(11), Shape::Ghp);
    env.write("a.txt", &secret);
    std::fs::create_dir(env.root().join("out")).unwrap();
    env.run("redact . --output-dir out").expect(0);
    assert!(env.root().join("out/a.txt").exists());
    assert!(!env.root().join("out/out").exists());
}

#[test]
fn two_files_of_one_name_are_refused_before_anything_is_copied() {
    let env = Env::new();
    env.write("a/x.txt", "one\n");
    env.write("b/x.txt", "two\n");
    let run = env.run("redact --output-dir out a/x.txt b/x.txt").expect(2);
    run.says("a/x.txt and b/x.txt would both be copied to out/x.txt");
    assert!(!env.root().join("out").exists());
}

#[test]
fn a_copy_of_a_repository_has_no_git_directory() {
    let env = Env::new();
    let secret = token(&mut Mint::new(8), Shape::Ghp);
    git_out(env.root(), &["init", "-q", "in"]);
    env.write("in/.git/FETCH_HEAD", &secret);
    env.write("in/a.txt", &secret);
    for (args, out) in [("", "one"), ("--no-ignore", "two")] {
        let run = env.run(&format!("redact in {args} --output-dir {out}"));
        run.expect(0).says("; .git was left out");
        assert!(env.root().join(out).join("a.txt").exists());
        assert!(!env.root().join(out).join(".git").exists());
    }
}

#[cfg(unix)]
#[test]
fn links_are_neither_copied_nor_written_through() {
    let env = Env::new();
    let secret = token(&mut Mint::new(9), Shape::Ghp);
    env.write("a.txt", &secret);
    std::os::unix::fs::symlink("a.txt", env.root().join("link")).unwrap();
    std::os::unix::fs::symlink("nowhere", env.root().join("out")).unwrap();
    let run = env.run("redact --output-dir out a.txt").expect(2);
    run.says("is there already");
    assert!(!env.root().join("nowhere").exists());
    let run = env.run("redact --output-dir new link").expect(2);
    run.says("it is a symbolic link to");
}

#[test]
fn a_file_for_filter_repo_without_secrets_is_not_said_to_hold_any() {
    let env = Env::new();
    let commit = |name: &str| {
        git_out(env.root(), &["add", name]);
        git_out(env.root(), &["commit", "-q", "-m", "more"]);
    };
    git_out(env.root(), &["init", "-q", "."]);
    env.write("a.txt", "nothing\n");
    commit("a.txt");
    let run = env.run("scan --history --replace-text r.txt .").expect(0);
    run.says("r.txt is empty: no secret was found");
    assert!(!run.stderr.contains("holds the secrets"), "{}", run.stderr);
    let secret = token(&mut Mint::new(10), Shape::Ghp);
    env.write(
        "b.txt",
        format!("b64 {}\n", data_encoding::BASE64.encode(secret.as_bytes())),
    );
    commit("b.txt");
    let run = env.run("scan --history --replace-text s.txt .").expect(1);
    run.says("s.txt is empty: what was found stands under an encoding only");
    env.write("c.txt", &secret);
    commit("c.txt");
    let run = env.run("scan --history --replace-text t.txt .").expect(1);
    run.says("t.txt holds the secrets");
}
