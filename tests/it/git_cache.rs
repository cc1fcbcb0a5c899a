//! The cache of a history scan: what was clean is not read again, and the findings are those of a scan without it.

use serde_json::Value;
use tokensweep::internals::token::{Mint, Shape};

use crate::env::{Env, Run};
use crate::git::git_out;

/// A repository, and the number of commits made in it.
struct Project {
    env: Env,
    commits: usize,
}

impl Project {
    fn new() -> Project {
        let env = Env::new();
        git_out(env.root(), &["init", "-q", "."]);
        Project { env, commits: 0 }
    }

    fn commit(&mut self, path: &str, text: &str) {
        self.env.write(path, text);
        self.commits += 1;
        git_out(self.env.root(), &["add", "-A"]);
        let message = format!("Change {}", self.commits);
        git_out(
            self.env.root(),
            &["commit", "--allow-empty", "-qm", &message],
        );
    }

    /// Adds files without anything to report.
    fn commit_clean_files(&mut self, count: usize) {
        for n in 0..count {
            self.env.write(&format!("clean/{n}.txt"), format!("{n}\n"));
        }
        self.commit("clean/last.txt", "the last one\n");
    }

    fn scan(&self, args: &str) -> Run {
        self.env
            .run(&format!("scan --history --format json {args}"))
    }
}

fn findings(run: &Run) -> Vec<Value> {
    let all = run.json()["findings"].as_array().unwrap().clone();
    assert_eq!(run.code, i32::from(!all.is_empty()), "{run:?}");
    all
}

fn known_clean(run: &Run) -> u64 {
    run.json()["scan"]["blobs_known_clean"].as_u64().unwrap()
}

fn hex(mint: &mut Mint) -> String {
    String::from_utf8(mint.hex(40)).unwrap()
}

#[test]
fn clean_blobs_are_not_read_again_beside_findings_of_any_kind() {
    let mut mint = Mint::new(71);
    let token = String::from_utf8(mint.new_token(Shape::Ghp)).unwrap();
    let doubtful = format!("# pages of GitHub\nnext_token = '{}'\n", hex(&mut mint));
    let legacy = format!("GITHUB_TOKEN={}\n", hex(&mut mint));
    for (path, text) in [
        ("token.env", token),
        ("legacy.env", legacy),
        ("doubtful.py", doubtful),
    ] {
        let mut project = Project::new();
        project.commit_clean_files(20);
        project.commit(path, &text);
        let first = findings(&project.scan(""));
        assert_eq!(first.len(), 1, "{path}");
        let second = project.scan("");
        assert_eq!(findings(&second), first, "{path}");
        assert_eq!(known_clean(&second), 21, "{path}");
        // What is new is read, and nothing else.
        project.commit("new.txt", "new\n");
        let third = project.scan("");
        assert_eq!(findings(&third).len(), 1, "{path}");
        assert_eq!(known_clean(&third), 21, "{path}");
        assert_eq!(known_clean(&project.scan("")), 22, "{path}");
    }
}

#[test]
fn the_findings_are_those_of_a_scan_without_the_cache_whatever_is_committed() {
    for seed in 72..74 {
        let mut mint = Mint::new(seed);
        let values: Vec<String> = (0..3).map(|_| hex(&mut mint)).collect();
        let token = String::from_utf8(mint.new_token(Shape::Gho)).unwrap();
        let mut project = Project::new();
        project.commit_clean_files(5);
        let mut found = 0;
        for _ in 0..9 {
            let value = &values[mint.random_below(values.len())];
            let n = mint.random_below(4);
            let (path, text) = match mint.random_below(7) {
                0 => ("x.env", format!("GITHUB_TOKEN={value}\n")),
                1 | 2 => ("m.py", format!("# GitHub\nnext_token = '{value}'\n")),
                3 => ("lock.nix", format!("  rev = \"{value}\";\n")),
                4 => ("list.txt", format!("see {value}\n")),
                5 => ("t.txt", format!("{token}\n")),
                _ => ("c.txt", format!("clean {n}\n")),
            };
            project.commit(&format!("{n}/{path}"), &text);
            let cached = findings(&project.scan(""));
            let whole = findings(&project.scan("--no-cache"));
            assert_eq!(cached, whole, "seed {seed}, {path}: {text}");
            found += whole.len();
        }
        assert!(found > 0);
    }
}
