//! Ranges of commits: what they bring in, and only that.

use std::collections::BTreeMap;

use serde_json::Value;
use tokensweep::internals::token::Shape;

use crate::env::{Env, Run};
use crate::git::{CORNERS, fixture, git_out, token};

/// The secrets of `range.sh`.
const SECRETS: [&str; 7] = [
    "OLD", "EDITED", "PASSING", "EVIL", "MOVED", "MESSAGE", "SIDE",
];

struct Branches {
    env: Env,
    secrets: BTreeMap<&'static str, String>,
}

impl Branches {
    fn new() -> Branches {
        let env = Env::new();
        let secrets: BTreeMap<&str, String> = (200..)
            .zip(SECRETS)
            .map(|(seed, name)| (name, token(seed, Shape::Ghp)))
            .collect();
        let variables: Vec<(&str, &str)> = secrets.iter().map(|(n, s)| (*n, s.as_str())).collect();
        fixture(&env, "range.sh", &variables);
        Branches { env, secrets }
    }

    fn scan(&self, args: &str) -> Run {
        self.env
            .run(&format!("scan --show-secrets --format json {args}"))
    }

    /// The names of the secrets that a run found, those that stood there before with a mark.
    fn names(&self, run: &Run) -> Vec<String> {
        let mut names: Vec<String> = run
            .findings()
            .iter()
            .map(|f| {
                let name = self
                    .secrets
                    .iter()
                    .find(|(_, s)| f["secret"] == **s)
                    .unwrap()
                    .0;
                let old = f["origin"]["pre_existing"] == Value::Bool(true);
                format!("{name}{}", if old { " (old)" } else { "" })
            })
            .collect();
        names.sort();
        names
    }

    fn git(&self, args: &[&str]) -> String {
        git_out(self.env.root(), args)
    }
}

#[test]
fn a_range_is_every_commit_of_it_and_nothing_else() {
    let branches = Branches::new();
    let run = branches.scan("--range main..topic").expect(1);
    assert_eq!(
        branches.names(&run),
        [
            "EDITED",
            "EVIL",
            "MESSAGE",
            "MOVED (old)",
            "OLD (old)",
            "PASSING",
            "SIDE"
        ]
    );
    let count: u64 = branches
        .git(&["rev-list", "--count", "main..topic"])
        .parse()
        .unwrap();
    assert_eq!(run.json()["scan"]["commits"], count);
    for finding in run.findings() {
        let secret = finding["secret"].as_str().unwrap();
        let origin = &finding["origin"];
        if secret == branches.secrets["PASSING"] {
            assert_eq!(
                origin["introduced_in"],
                branches.git(&["rev-parse", ":/^Pass by"])
            );
            assert_eq!(origin["at_head"], false);
        }
        if secret == branches.secrets["EVIL"] {
            assert_eq!(
                origin["introduced_in"],
                branches.git(&["rev-parse", ":/^Merge"])
            );
            assert_eq!(origin["at_head"], true);
        }
    }
}

#[test]
fn three_dots_are_both_sides_as_with_git() {
    let branches = Branches::new();
    let run = branches.scan("--range topic...main");
    let count: u64 = branches
        .git(&["rev-list", "--count", "topic...main"])
        .parse()
        .unwrap();
    assert_eq!(run.json()["scan"]["commits"], count);
}

#[test]
fn what_a_range_only_touches_does_not_fail_it() {
    let branches = Branches::new();
    let run = branches.scan("--range main..touch").expect(0);
    assert_eq!(branches.names(&run), ["OLD (old)"]);
    assert_eq!(run.findings()[0]["origin"]["introduced_in"], Value::Null);
}

#[test]
fn an_empty_range_passes_and_says_so() {
    let branches = Branches::new();
    let run = branches.env.run("scan --range topic..main~1").expect(0);
    run.prints("no commit in this range");
}

#[test]
fn mistakes_in_a_range_are_explained() {
    let branches = Branches::new();
    let one = branches.env.run("scan --range topic").expect(2);
    one.says("not a range");
    let unknown = branches.env.run("scan --range nowhere..topic").expect(2);
    unknown.says("no commit `nowhere`");
    unknown.says("fetch-depth: 0");
}

#[test]
fn a_range_that_reaches_the_border_of_a_shallow_clone_is_trouble() {
    let branches = Branches::new();
    let env = &branches.env;
    let url = format!("file://{}", env.root().display());
    git_out(
        env.root(),
        &[
            "clone",
            "-q",
            "--depth=2",
            "--branch=topic",
            "--no-single-branch",
            &url,
            "shallow",
        ],
    );
    let run = env.run("scan --range origin/main..origin/topic shallow");
    assert_eq!(run.code, 2, "{run:?}");
    assert!(
        run.stderr.contains("shallow") || run.stdout.contains("shallow"),
        "{run:?}"
    );
}

#[test]
fn the_latest_commits_are_a_range_of_their_own() {
    let branches = Branches::new();
    let run = branches
        .scan("--history --refs heads/topic --max-commits 1")
        .expect(0);
    assert_eq!(branches.names(&run), ["MOVED (old)"]);
    let run = branches.scan("--history --refs heads/topic --since 2024-05-02T00:00:00Z");
    let count: u64 = branches
        .git(&[
            "rev-list",
            "--count",
            "--since=2024-05-02T00:00:00Z",
            "topic",
        ])
        .parse()
        .unwrap();
    assert!(count > 0);
    assert_eq!(run.json()["scan"]["commits"], count);
    let bad = branches
        .env
        .run("scan --history --since whenever")
        .expect(2);
    bad.says("is no date");
}

#[test]
fn any_number_of_threads_finds_the_same_in_many_commits() {
    let env = Env::new();
    let secret = token(540, Shape::Ghp);
    fixture(
        &env,
        "history.sh",
        &CORNERS.map(|name| (name, secret.as_str())),
    );
    let scan = |threads: usize| {
        let args =
            format!("scan --history --max-commits 500 --threads {threads} --format json repo");
        let mut run = env.run(&args).expect(1).json();
        run["scan"]["seconds"] = 0.into();
        run
    };
    let one = scan(1);
    assert!(
        one["scan"]["commits"].as_u64().unwrap() > 20,
        "{}",
        one["scan"]
    );
    assert!(one["findings"].as_array().unwrap().len() > 10);
    assert_eq!(scan(2), one);
    assert_eq!(scan(5), one);
}
