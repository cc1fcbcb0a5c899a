//! Many repositories in one scan, and explanations of what a history holds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tokensweep::ReportFormat;
use tokensweep::internals::token::{Mint, Shape};

use crate::env::Env;
use crate::git::{git_out, token};

/// Makes a repository, and commits each list of files one after the other. An empty text removes a file.
pub(crate) fn repository(env: &Env, place: &str, commits: &[&[(&str, &str)]]) {
    let dir = env.root().join(place);
    std::fs::create_dir_all(&dir).unwrap();
    git_out(&dir, &["init", "-q", "-b", "main", "."]);
    commit(env, place, commits);
}

/// Adds commits to a repository.
pub(crate) fn commit(env: &Env, place: &str, commits: &[&[(&str, &str)]]) {
    let dir = env.root().join(place);
    for files in commits {
        for (name, text) in *files {
            if text.is_empty() {
                std::fs::remove_file(dir.join(name)).unwrap();
            } else {
                env.write(&format!("{place}/{name}"), text);
            }
        }
        git_out(&dir, &["add", "-A"]);
        git_out(&dir, &["commit", "-q", "-m", "change"]);
    }
}

/// A line with a token of its own for each seed.
pub(crate) fn line(seed: u64) -> String {
    format!("GITHUB_TOKEN={}\n", token(seed, Shape::Ghp))
}

/// A folder of clones: a leak at `HEAD`, one that is gone in a bare repository, none, and one in a nested clone.
fn clones(env: &Env) {
    repository(env, "clones/a", &[&[("x.env", &line(1))]]);
    let (gone, clean) = (line(2), "nothing\n");
    repository(
        env,
        "b",
        &[&[("y.env", &gone), ("z", clean)], &[("y.env", "")]],
    );
    git_out(
        env.root(),
        &["clone", "-q", "--bare", "b", "clones/deep/b.git"],
    );
    std::fs::remove_dir_all(env.root().join("b")).unwrap();
    repository(env, "clones/c", &[&[("readme", clean)]]);
    repository(env, "clones/c/third-party/d", &[&[("w.env", &line(1))]]);
}

fn names(values: &Value) -> Vec<&str> {
    let values = values.as_array().unwrap();
    values.iter().map(|r| r["path"].as_str().unwrap()).collect()
}

#[test]
fn every_repository_below_a_folder_is_read_and_has_a_line() {
    let env = Env::new();
    clones(&env);
    let run = env.run("scan --history --format json clones").expect(1);
    let all = [
        "clones/a",
        "clones/c",
        "clones/c/third-party/d",
        "clones/deep/b.git",
    ];
    let scan = &run.json()["scan"];
    assert_eq!(names(&scan["repositories"]), all);
    assert_eq!(scan["commits"], 5);
    let found: Vec<(String, String)> = run
        .findings()
        .iter()
        .map(|f| {
            let repository = f["origin"]["repository"].as_str().unwrap();
            let path = f["path"].as_str().unwrap();
            (repository.to_owned(), path.to_owned())
        })
        .collect();
    let wanted = [
        ("clones/a", "clones/a/x.env"),
        ("clones/c/third-party/d", "clones/c/third-party/d/w.env"),
        ("clones/deep/b.git", "clones/deep/b.git/y.env"),
    ];
    assert_eq!(found, wanted.map(|(r, p)| (r.to_owned(), p.to_owned())));
    assert_eq!(run.findings()[0]["origin"]["head_path"], "clones/a/x.env");
    let run = env.run("scan --history clones").expect(1);
    run.prints("clones/a: 1 leak in 1 blob, 1 commit (");
    run.prints("clones/c: no leaks in 1 blob, 1 commit (");
    run.prints("clones/deep/b.git: 1 leak in 2 blobs, 2 commits (");
    run.prints("\n3 leaks of 2 secrets in 5 blobs, 5 commits (");
    // From within the folder, without naming it.
    let mut inside = env.command();
    inside.args(["scan", "--history", "--format", "json"]);
    inside.current_dir(env.root().join("clones"));
    let inside = crate::env::run_to_end(inside, b"").expect(1);
    assert_eq!(
        names(&inside.json()["scan"]["repositories"]),
        ["a", "c", "c/third-party/d", "deep/b.git"]
    );
}

#[test]
fn a_path_that_is_a_repository_is_that_one_and_several_may_be_named() {
    let env = Env::new();
    clones(&env);
    let one = env
        .run("scan --history --format json clones/c")
        .expect(0)
        .json();
    assert_eq!(one["scan"]["repositories"], Value::Null);
    assert_eq!(one["scan"]["commits"], 1);
    // A folder inside of a repository means the repository.
    let inside = env.run("scan --history --format json clones/deep/b.git/objects");
    assert_eq!(inside.expect(1).findings()[0]["path"], "y.env");
    let some = env.run("scan --history --format json clones/deep clones/a ./clones/a/.");
    let some = some.expect(1).json();
    assert_eq!(
        names(&some["scan"]["repositories"]),
        ["clones/deep/b.git", "clones/a"]
    );
    env.run("scan --history clones nowhere")
        .expect(2)
        .says("there is no such file or folder");
    env.run("scan --range HEAD~1..HEAD clones/a clones/c")
        .expect(2)
        .says("only --history reads several");
}

#[test]
fn working_trees_of_one_repository_count_once_and_submodules_belong_to_theirs() {
    let env = Env::new();
    repository(&env, "all/main", &[&[("x.env", &line(3))]]);
    repository(&env, "library", &[&[("l.env", &line(4))]]);
    let main = env.root().join("all/main");
    git_out(&main, &["worktree", "add", "-q", "--detach", "../another"]);
    let allow = "protocol.file.allow=always";
    git_out(
        &main,
        &[
            "-c",
            allow,
            "submodule",
            "add",
            "-q",
            "../../library",
            "lib",
        ],
    );
    let run = env.run("scan --history --format json all").expect(1).json();
    assert_eq!(names(&run["scan"]["repositories"]), ["all/main"]);
    let run = env
        .run("scan --history --format json --recurse-submodules all")
        .expect(1);
    let paths: BTreeSet<String> = run
        .findings()
        .iter()
        .map(|f| f["path"].as_str().unwrap().to_owned())
        .collect();
    let wanted = ["all/main/x.env", "all/main/lib/l.env"].map(str::to_owned);
    assert_eq!(paths, BTreeSet::from(wanted));
}

#[test]
fn the_trouble_of_one_repository_is_said_and_stops_no_other() {
    let env = Env::new();
    clones(&env);
    let broken = env.root().join("clones/broken");
    std::fs::create_dir_all(broken.join(".git")).unwrap();
    let run = env.run("scan --history --format json clones").expect(2);
    assert_eq!(run.findings().len(), 3);
    run.says("tokensweep: clones/broken: this is no git repository that can be read");
    let scan = &run.json()["scan"];
    let broken: Vec<&Value> = scan["repositories"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|r| r["complete"] == false)
        .collect();
    assert_eq!(broken.len(), 1);
    assert_eq!(broken[0]["path"], "clones/broken");
    env.run("scan --history clones")
        .expect(2)
        .prints("clones/broken: no leaks in 0 files (0 bytes); NOT COMPLETE");
}

#[test]
fn a_damaged_repository_is_named_without_what_its_files_contain() {
    let value = Mint::new(195).hex(40);
    let value = std::str::from_utf8(&value).unwrap();
    for (file, what) in [
        ("HEAD", "cannot read HEAD: "),
        ("config", "line 1 is no configuration"),
        (
            "packed-refs",
            "cannot read the refs: Invalid packed reference",
        ),
        ("refs/heads/main", "Reference content could not be parsed"),
    ] {
        let env = Env::new();
        repository(&env, "r", &[&[("a.txt", "a\n")]]);
        env.write(&format!("r/.git/{file}"), format!("TOKEN {value}\n"));
        let run = env.run("scan --history r").expect(2);
        run.says(what);
        for said in [&run.stderr, &run.stdout] {
            assert!(!said.contains(&value[20..]), "{file}: {said}");
            assert!(!said.contains("Message {"), "{file}: {said}");
        }
    }
}

#[test]
fn one_baseline_accepts_in_all_repositories() {
    let env = Env::new();
    clones(&env);
    env.run("baseline create --history clones --baseline b.toml")
        .expect(0);
    let run = env
        .run("scan --history --format json clones --baseline b.toml")
        .expect(0);
    assert_eq!(run.json()["scan"]["accepted"], 3);
    assert!(run.findings().iter().all(|f| f["status"] == "accepted"));
}

#[test]
fn a_path_has_one_form_in_every_format_however_it_was_given() {
    let env = Env::new();
    env.write("sub/a.env", line(5));
    for given in [".", "./sub", "sub", "./sub/a.env", "sub/a.env", "././sub"] {
        for format in ReportFormat::ALL {
            let run = env.run(&format!("scan --format {} {given}", format.name()));
            let run = run.expect(1);
            run.prints("sub/a.env");
            assert!(!run.stdout.contains("./sub"), "{given}: {}", run.stdout);
        }
    }
    let run = env.run("scan ./none").expect(2);
    run.says("tokensweep: none: ");
}

#[test]
fn the_id_that_a_plan_prints_is_explained_from_the_history() {
    let env = Env::new();
    clones(&env);
    let plan = env
        .run("scan --history --format plan clones")
        .expect(1)
        .stdout;
    let ids: Vec<&str> = plan.split('[').skip(1).map(|rest| &rest[..8]).collect();
    assert_eq!(ids.len(), 2, "{plan}");
    let findings = env.run("scan --history --format json clones").findings();
    let path_of: BTreeMap<&str, &str> = findings
        .iter()
        .rev()
        .map(|f| {
            (
                &f["fingerprint"].as_str().unwrap()[..8],
                f["path"].as_str().unwrap(),
            )
        })
        .collect();
    for id in ids {
        for command in ["explain", "why-not"] {
            let run = env
                .run(&format!("{command} {id} clones --history"))
                .expect(0);
            run.prints(format!("{}:1:14: ghp_", path_of[id]));
            run.prints("\n  reported: confidence certain\n");
            run.prints("came in: commit ");
            run.prints("it holds");
        }
    }
    // Without the flag the files come first: this one is still there, the other one only in a history.
    let at_head = env.run(&format!(
        "explain {} clones",
        &findings[0]["fingerprint"].as_str().unwrap()[..8]
    ));
    assert!(!at_head.expect(0).stdout.contains("came in"));
    let gone = findings[2]["fingerprint"].as_str().unwrap();
    env.run(&format!("explain {gone} clones"))
        .expect(0)
        .prints("gone from HEAD");
    env.run("explain 0123456789abcdef clones")
        .expect(2)
        .says("no finding has the fingerprint");
    env.run("explain abc clones")
        .expect(2)
        .says("neither a fingerprint");
}

#[test]
fn a_beginning_of_several_fingerprints_is_refused_with_their_names() {
    let env = Env::new();
    let mut mint = Mint::new(6);
    let mut seen: BTreeMap<String, (String, String)> = BTreeMap::new();
    let (begin, texts, names) = loop {
        let token = mint.new_token(Shape::Ghp);
        let name = tokensweep::Secret::new(&token).fingerprint("github-pat");
        let token = String::from_utf8(token).unwrap();
        let known = seen.insert(name[..4].to_owned(), (token.clone(), name.clone()));
        if let Some((other, other_name)) = known {
            break (name[..4].to_owned(), [token, other], [name, other_name]);
        }
    };
    let text = texts
        .map(|token| format!("GITHUB_TOKEN={token}\n"))
        .concat();
    repository(&env, "r", &[&[("both.env", &text)], &[("both.env", "")]]);
    let run = env.run(&format!("explain {begin} r")).expect(2);
    run.says(format!("several fingerprints begin with {begin}: "));
    for name in &names {
        run.says(format!("{name} in both.env:"));
        env.run(&format!("explain {} r", &name[..12]))
            .expect(0)
            .prints("both.env:");
    }
}

#[test]
fn a_line_of_a_commit_is_explained() {
    let env = Env::new();
    let hex = token(7, Shape::Hex40);
    let text = format!("# none\nGITHUB_TOKEN={hex}\n");
    repository(&env, ".", &[&[("conf/a.sh", &text)], &[("conf/a.sh", "")]]);
    let run = env.run("explain HEAD~1:conf/a.sh:2").expect(0);
    run.prints("HEAD~1:conf/a.sh:2:14: ");
    run.prints("key-github-secret");
    assert!(!run.stdout.contains(&hex[4..20]), "{}", run.stdout);
    env.run("why-not HEAD~1:conf/a.sh:1")
        .expect(0)
        .prints("Line 1 of HEAD~1:conf/a.sh holds nothing");
    env.run("explain HEAD~1:conf/a.sh:9")
        .expect(2)
        .says("there is no line 9");
    env.run("explain HEAD:conf/a.sh:2")
        .expect(2)
        .says("HEAD:conf/a.sh");
    // A value is explained by its fingerprint with all that its text shows.
    let findings = env
        .run("scan --history --format json --min-confidence low")
        .findings();
    let name = findings[0]["fingerprint"].as_str().unwrap();
    env.run(&format!("explain {}", &name[..8]))
        .expect(0)
        .prints("the sum, in log-odds");
}

#[test]
fn what_cannot_be_opened_is_told_even_if_nothing_else_is_there() {
    let env = Env::new();
    std::fs::create_dir_all(env.root().join("empty/deep")).unwrap();
    env.run("scan --history empty")
        .expect(2)
        .says("no git repository can be read at empty");
}
