//! A baseline over the years: what a team does with it, and what an import from another scanner says.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;
use tokensweep::internals::token::Shape;

use crate::env::{Env, Run};
use crate::git::{git, git_out, token};

const FILE: &str = "tokensweep.baseline";

/// A day this many days from now, as a baseline writes it.
fn day(days: i64) -> String {
    let today: Date = TimeZone::UTC.to_datetime(jiff::Timestamp::now()).date();
    today.checked_add(days.days()).unwrap().to_string()
}

fn line(seed: u64) -> String {
    format!("TOKEN={}\n", token(seed, Shape::Ghp))
}

/// A repository with a baseline.
struct Team {
    env: Env,
}

impl Team {
    fn root(&self) -> &Path {
        self.env.root()
    }

    fn git(&self, args: &[&str]) {
        git_out(self.root(), args);
    }

    fn commit(&self, name: &str, text: &str) {
        self.env.write(name, text);
        self.git(&["add", "-A"]);
        self.git(&["commit", "-qm", name]);
    }

    fn baseline(&self, args: &str) -> Run {
        self.env.run(&format!("baseline {args}"))
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.root().join(FILE)).unwrap()
    }

    /// Changes the file as a person would.
    fn edit(&self, from: &str, to: &str) {
        let text = self.text();
        assert!(text.contains(from), "{text}");
        self.env.write(FILE, text.replace(from, to));
    }

    /// Everything is accepted where it was accepted, in files and in the history.
    #[track_caller]
    fn is_quiet(&self, secrets: usize) {
        for args in ["scan", "scan --history"] {
            let run = self.env.run(args).expect(0);
            assert!(
                !run.stdout.contains("than before"),
                "{args}: {}",
                run.stdout
            );
            assert!(!run.stdout.contains("note:"), "{args}: {}", run.stdout);
        }
        let check = self.check(0);
        assert_eq!(check["entries"].as_array().unwrap().len(), secrets);
        assert_eq!(check["not_found"], 0);
    }

    /// Rebases a branch and squashes it into the main one; nothing is news after either.
    fn rebase_and_squash(&self) {
        self.git(&["checkout", "-qb", "side"]);
        self.commit("side.txt", "side\n");
        self.git(&["checkout", "-q", "main"]);
        self.commit("main.txt", "main\n");
        self.git(&["checkout", "-q", "side"]);
        self.git(&["rebase", "-q", "main"]);
        self.env.run("scan").expect(0);
        self.git(&["checkout", "-q", "main"]);
        self.git(&["merge", "-q", "--squash", "side"]);
        self.git(&["commit", "-qm", "squashed"]);
        self.env.run("scan").expect(0);
    }

    /// The check as data.
    #[track_caller]
    fn check(&self, code: i32) -> Value {
        self.baseline("check --format json").expect(code).json()
    }

    fn states(&self, code: i32) -> Vec<String> {
        let check = self.check(code);
        let entries = check["entries"].as_array().unwrap().iter();
        let mut states: Vec<String> = entries
            .map(|e| e["state"].as_str().unwrap().to_owned())
            .collect();
        states.sort();
        states
    }
}

#[test]
fn a_year_in_the_life_of_a_baseline() {
    let team = Team { env: Env::new() };
    team.git(&["init", "-q", "-b", "main", "."]);
    let (old, copied, leak) = (line(40), line(41), line(42));
    team.commit("old.env", &old);
    team.commit("a/copy.env", &copied);
    team.commit("b/copy.env", &format!("# the same\n{copied}"));

    // January: everything that is there is accepted, in all its places.
    let made = team
        .baseline("create --reason dummies --owner ann")
        .expect(0);
    assert_eq!(made.stdout, format!("{FILE}: 2 secrets accepted\n"));
    team.commit("readme", "x\n");
    team.is_quiet(2);
    let text = team.text();
    assert!(
        text.contains("seen = [\"a/copy.env\", \"b/copy.env\"]"),
        "{text}"
    );
    let mask = tokensweep::Secret::new(old["TOKEN=".len()..].trim_end().as_bytes()).masked();
    assert!(
        text.contains(&format!(
            "rule = \"github-pat\", mask = \"{mask}\", seen = \"old.env\""
        )),
        "{text}"
    );

    // February: a new leak, which is accepted after a look.
    team.commit("new.env", &leak);
    team.env.run("scan").expect(1);
    let updated = team
        .baseline("update --status revoked --reason rotated")
        .expect(0);
    assert_eq!(
        updated.stdout,
        format!("{FILE}: 1 secret added, 0 taken out\n")
    );
    team.commit("readme", "y\n");
    team.is_quiet(3);

    // March: a rename, and a move into another file. The update follows.
    team.git(&["mv", "old.env", "renamed.env"]);
    team.git(&["commit", "-qm", "rename"]);
    std::fs::remove_file(team.root().join("new.env")).unwrap();
    team.commit("other.py", &format!("# moved\nX = 1\n{leak}"));
    team.env
        .run("scan")
        .expect(0)
        .prints("2 in other files than before");
    let moved = team.baseline("update").expect(0);
    moved.prints("moved from old.env: renamed.env:1\n");
    moved.prints("moved from new.env: other.py:3\n");
    assert!(
        !team
            .env
            .run("scan")
            .expect(0)
            .stdout
            .contains("than before")
    );

    // April: a rebase and a squash change nothing.
    team.rebase_and_squash();
    assert_eq!(team.states(0), ["in-use"; 3]);

    // May: the end of an acceptance is near, and both commands say so.
    team.edit(
        "status = \"revoked\"",
        &format!("status = \"revoked\", expires = {}", day(10)),
    );
    let near = format!(
        "note: 1 secret is accepted for no more than 14 days, until {} ({FILE})",
        day(10)
    );
    team.env.run("scan").expect(0).prints(near);
    let check = team.baseline("check").expect(0);
    check.prints(format!("expires on {}, in 10 days: github-pat ", day(10)));
    check.prints(" in other.py (revoked); rotated\n");
    check.prints("3 entries, 0 expired, 1 within 14 days, 0 not found any more\n");
    assert_eq!(team.states(0), ["expires-soon", "in-use", "in-use"]);

    // June: it has expired.
    team.edit(&day(10), &day(-1));
    team.env.run("scan").expect(1).prints(format!(
        "its secret was accepted until {}, no longer",
        day(-1)
    ));
    assert_eq!(team.states(1), ["expired", "in-use", "in-use"]);
    team.baseline("update")
        .expect(0)
        .prints("expired: github-pat ");
    team.env.run("scan").expect(1);

    // July: it is renewed, and the others, which never end, stay as they are.
    let renewed = team
        .baseline(&format!("update --expires {}", day(200)))
        .expect(0);
    renewed.prints(format!("renewed until {}: github-pat ", day(200)));
    renewed.prints(format!("{FILE}: 0 secrets added, 0 taken out\n"));
    assert_eq!(team.text().matches("expires = ").count(), 1);
    team.env.run("scan").expect(0);
    assert_eq!(team.states(0), ["in-use"; 3]);

    // August: one is gone for good.
    std::fs::remove_file(team.root().join("other.py")).unwrap();
    assert_eq!(team.states(0), ["in-use", "in-use", "not-found"]);
    let pruned = team.baseline("update --prune").expect(0);
    pruned.prints(format!("{FILE}: 0 secrets added, 1 taken out\n"));
    team.commit("readme", "z\n");
    assert_eq!(team.states(0), ["in-use"; 2]);
}

#[test]
fn two_branches_that_both_accepted_something_are_joined() {
    let team = Team { env: Env::new() };
    team.git(&["init", "-q", "-b", "main", "."]);
    team.commit("old.env", &line(43));
    team.baseline("create").expect(0);
    team.commit("readme", "x\n");
    for (branch, seed) in [("left", 44), ("right", 45)] {
        team.git(&["checkout", "-q", "-b", branch, "main"]);
        team.env.write(&format!("{branch}.env"), line(seed));
        // Both accept the same secret too, for reasons of their own.
        team.env.write(&format!("{branch}-shared.env"), line(46));
        team.baseline(&format!("update --reason {branch}"))
            .expect(0);
        team.commit("state", branch);
    }
    let merged = git(team.root())
        .args(["merge", "-q", "left"])
        .output()
        .unwrap();
    assert!(
        !merged.status.success(),
        "git joins them by itself: {merged:?}"
    );
    let conflict = team.env.run("scan").expect(2);
    conflict.says(format!("tokensweep: {FILE}:"));
    conflict.says("git has left conflict markers here; keep the lines of both sides");
    // As it says.
    let text = team.text();
    let both = text.lines().filter(|l| {
        !["<<<<<<<", "=======", ">>>>>>>"]
            .iter()
            .any(|m| l.starts_with(m))
    });
    let both: Vec<&str> = both.collect();
    team.env.write(FILE, both.join("\n"));
    let twice = team.env.run("scan").expect(2);
    twice.says("keep one of the two lines");
    let mut met = BTreeSet::new();
    let kept: Vec<&str> = both
        .iter()
        .copied()
        .filter(|l| !(l.contains("shared.env") && l.contains("reason = \"left\"")))
        // A line of both sides is in the conflict twice, if git has put it between two that differ.
        .filter(|l| !l.contains(" = {") || met.insert(*l))
        .collect();
    team.env.write(FILE, kept.join("\n"));
    let scan = team.env.run("scan").expect(0);
    scan.prints("5 accepted (5 by baseline, 1 in another file than before)");
    team.baseline("update")
        .expect(0)
        .prints("also accepted in left-shared.env:1\n");
    assert!(
        !team
            .env
            .run("scan")
            .expect(0)
            .stdout
            .contains("than before")
    );
    // What is written is sorted again, and a second update changes nothing.
    let sorted = team.text();
    team.baseline("update").expect(0);
    assert_eq!(team.text(), sorted);
}

#[test]
fn under_same_file_all_places_are_accepted_right_after_create() {
    let env = Env::new();
    let shared = line(47);
    env.write(".git/HEAD", "ref: refs/heads/main\n");
    env.write("a/x.env", &shared);
    env.write("b/y.env", &shared);
    let mut below = env.command();
    below.current_dir(env.root().join("a"));
    below.args([
        "baseline",
        "create",
        "../a",
        "../b",
        "--baseline",
        "../tokensweep.baseline",
    ]);
    crate::env::run_to_end(below, b"").expect(0);
    let file = env.root().join(FILE);
    let text = std::fs::read_to_string(&file).unwrap();
    env.write(
        FILE,
        text.replace("version = 1\n", "version = 1\npolicy = 'same-file'\n"),
    );
    for args in ["scan .", "scan a/../b", "scan a b", "scan ./a/../a/x.env"] {
        let run = env.run(args).expect(0);
        assert!(
            !run.stdout.contains("than before"),
            "{args}: {}",
            run.stdout
        );
    }
    env.write("c/z.env", &shared);
    env.run("scan .")
        .expect(1)
        .prints("accepted in a/x.env and 1 other file only (policy same-file)");
}

#[test]
fn the_check_for_programs_names_every_entry() {
    let env = Env::new();
    env.write("a.env", line(48));
    env.write("b.env", line(49));
    env.run(&format!(
        "baseline create a.env --owner ann --expires {}",
        day(3)
    ))
    .expect(0);
    env.run("baseline update --status test --reason dummy")
        .expect(0);
    std::fs::remove_file(env.root().join("b.env")).unwrap();
    let check = env.run("baseline check --format json").expect(0).json();
    assert_eq!(check["schema_version"], 1);
    assert_eq!(check["baseline"], FILE);
    let entries = check["entries"].as_array().unwrap();
    let entry = |state: &str| entries.iter().find(|e| e["state"] == state).unwrap();
    let (soon, gone) = (entry("expires-soon"), entry("not-found"));
    assert_eq!(soon["found_in"][0], "a.env:1");
    assert_eq!(soon["seen"][0], "a.env");
    assert_eq!(soon["expires"], day(3));
    assert_eq!(soon["owner"], "ann");
    assert_eq!(soon["rule_id"], "github-pat");
    assert!(soon["match"].as_str().unwrap().starts_with("ghp_"));
    assert_eq!(
        (&gone["status"], &gone["reason"]),
        (&"test".into(), &"dummy".into())
    );
    assert_eq!(gone["found_in"].as_array().unwrap().len(), 0);
    let all = check.to_string();
    let secret = token(48, Shape::Ghp);
    assert!(
        !secret.as_bytes()[4..]
            .windows(6)
            .any(|w| all.contains(std::str::from_utf8(w).unwrap()))
    );
}

#[test]
fn an_import_says_what_it_took_over_and_writes_nothing_otherwise() {
    let env = Env::new();
    env.write("a.env", line(50));
    env.write("none", "# only a comment\n");
    env.write("elsewhere", "x/a.env:github-pat:1\nx/b.env:github-pat:1\n");
    env.write("good", "a.env:github-pat:1\nb.env:github-pat:1\n");
    let import = |file: &str| env.run(&format!("baseline import {file}")).expect(0).stdout;
    assert_eq!(
        import("none"),
        "none accepts nothing, so there is nothing to take over\n"
    );
    let nothing = import("elsewhere");
    assert!(
        nothing.starts_with("nothing taken over: elsewhere has 2 entries, and none is of a secret"),
        "{nothing}"
    );
    assert!(!env.root().join(FILE).exists());
    let taken = format!(
        "{FILE}: 1 secret accepted, of 2 entries in good; no secret is found here for 1 entry\n"
    );
    assert_eq!(import("good"), taken);
    assert_eq!(
        import("good"),
        "nothing taken over: 1 of 2 entries in good were accepted before\n"
    );
    env.run("scan a.env").expect(0);
}
