//! `tokensweep audit`: many repositories, one result for each, and one report over all.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Instant, SystemTime};

use serde_json::Value;
use tokensweep::internals::token::{Mint, Shape};

use crate::env::{Env, Run};
use crate::git::{git, git_out, token};
use crate::git_many::{commit, line, repository};

/// Commits a file on a day of its own.
fn commit_on(env: &Env, place: &str, day: &str, file: &str, text: &str) {
    env.write(&format!("{place}/{file}"), text);
    let dir = env.root().join(place);
    git_out(&dir, &["add", "-A"]);
    let done = git(&dir)
        .args(["commit", "-q", "-m", "change"])
        .env("GIT_AUTHOR_DATE", format!("{day}T12:00:00+00:00"))
        .status();
    assert!(done.unwrap().success());
}

/// Four repositories: one secret in two of them, another one gone from `HEAD`, and one without a leak.
fn clones(env: &Env) {
    for name in ["a", "b", "c", "d"] {
        repository(env, &format!("all/{name}"), &[&[("readme", "nothing\n")]]);
    }
    commit_on(env, "all/a", "2023-05-06", "x.env", &line(1));
    commit_on(env, "all/b", "2021-02-03", "conf/y.env", &line(1));
    commit_on(env, "all/b", "2022-02-03", "z.env", &line(2));
    commit(env, "all/b", &[&[("z.env", "")]]);
    commit(env, "all/b", &[&[("conf/y.env", "")]]);
    git_out(
        env.root(),
        &["clone", "-q", "--bare", "all/d", "all/deep/e.git"],
    );
}

fn audit(env: &Env, args: &str) -> Run {
    env.run(&format!("audit --format json {args}"))
}

fn report(run: &Run) -> Value {
    run.json()["audit"].clone()
}

/// The results in a folder, by their names.
fn results(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.map(|e| e.path());
    let files = files.filter(|p| p.extension().is_some_and(|e| e == "json"));
    files
        .map(|p| {
            let time = p.metadata().unwrap().modified().unwrap();
            (p.clone(), (std::fs::read(&p).unwrap(), time))
        })
        .collect()
}

#[test]
fn each_secret_is_reported_once_with_its_repositories() {
    let env = Env::new();
    clones(&env);
    let run = audit(&env, "all --output-dir out").expect(1);
    let found = report(&run);
    let secrets = found["secrets"].as_array().unwrap();
    assert_eq!(secrets.len(), 2);
    let shared = &secrets[0];
    assert_eq!(shared["at_head"], 1);
    assert_eq!(shared["since"], "2021-02-03T12:00:00+00:00");
    let uses = shared["repositories"].as_array().unwrap();
    let places: Vec<(&str, &str, bool)> = uses
        .iter()
        .map(|u| {
            let text = |key: &str| u[key].as_str().unwrap();
            (text("repository"), text("path"), u["at_head"] == true)
        })
        .collect();
    assert_eq!(
        places,
        [
            ("all/b", "all/b/conf/y.env", false),
            ("all/a", "all/a/x.env", true)
        ]
    );
    assert_eq!(uses[1]["now_at"], "all/a/x.env:1");
    assert_eq!(uses[0]["author"], "Ann Author <ann@example.com>");
    assert_eq!(secrets[1]["at_head"], 0);
    let repositories = found["repositories"].as_array().unwrap();
    let names: Vec<&str> = repositories
        .iter()
        .map(|r| r["path"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["all/a", "all/b", "all/c", "all/d", "all/deep/e.git"]
    );
    let head = git_out(&env.root().join("all/b"), &["rev-parse", "HEAD"]);
    assert_eq!(repositories[1]["head"], head);
    assert_eq!(repositories[1]["secrets"], 2);
    let human = env.run("audit all --output-dir out").expect(1);
    human.prints("  = came in: all/b/conf/y.env:1, commit ");
    human.prints("  = at HEAD: all/a/x.env:1\n  = history: all/b/conf/y.env:1\n");
    human.prints("all/b: 2 secrets (0 at HEAD) in ");
    human.prints("2 secrets, 1 at a HEAD, in 2 of 5 repositories; ");
    assert!(!human.stdout.contains("all/c:"), "{}", human.stdout);
    env.run("audit -v all --output-dir out")
        .expect(1)
        .prints("all/c: no leaks in ");
}

#[test]
fn results_are_json_reports_without_secrets() {
    let env = Env::new();
    clones(&env);
    let secret = token(9, Shape::Ghp);
    // The name of the folder and the address of the remote hold secrets too.
    let place = format!("all/{secret}");
    repository(&env, &place, &[&[("x", &format!("T={secret}\n"))]]);
    let remote = format!("https://x:{secret}@github.com/o/r.git");
    git_out(
        &env.root().join(&place),
        &["remote", "add", "origin", &remote],
    );
    let run = audit(&env, "all --output-dir out --output human=report.txt").expect(1);
    let mut texts = vec![run.stdout.clone(), run.stderr.clone()];
    texts.push(std::fs::read_to_string(env.root().join("report.txt")).unwrap());
    let results = results(&env.root().join("out"));
    assert_eq!(results.len(), 6);
    for (path, (text, _)) in &results {
        let text = String::from_utf8(text.clone()).unwrap();
        let json: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["schema_version"], 1);
        assert_eq!(json["scan"]["complete"], true);
        texts.push(format!("{}\n{text}", path.display()));
    }
    assert!(texts.concat().contains("https://github.com/o/r"));
    for text in &texts {
        for part in secret.as_bytes()[4..].windows(12) {
            assert!(
                memchr::memmem::find(text.as_bytes(), part).is_none(),
                "{text}"
            );
        }
        for known in [token(1, Shape::Ghp), token(2, Shape::Ghp)] {
            assert!(!text.contains(&known), "{text}");
        }
    }
}

#[test]
fn killed_at_any_moment_it_goes_on_and_the_report_is_the_same() {
    let env = Env::new();
    let mut mint = Mint::new(72);
    for number in 0..12_u64 {
        let text = "a b\n".repeat(mint.random_below(3000) + 1);
        let place = format!("all/{number}");
        repository(
            &env,
            &place,
            &[&[("pad", &text)], &[("x.env", &line(number % 5))]],
        );
        if number % 2 == 0 {
            commit(&env, &place, &[&[("x.env", "")]]);
        }
    }
    std::fs::create_dir_all(env.root().join("all/damaged/.git")).unwrap();
    let started = Instant::now();
    let whole = audit(&env, "all --output-dir whole").expect(2);
    let duration = started.elapsed();
    for round in 0..3 {
        let out = format!("out{round}");
        let folder = env.root().join(&out);
        for _ in 0..4 {
            let before = results(&folder);
            let mut child = env
                .command()
                .args(["audit", "all", "--output-dir", &out])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(duration.mul_f64(mint.random_below(1000) as f64 / 2000.0));
            // It may be through already.
            let _ = child.kill();
            child.wait().unwrap();
            let after = results(&folder);
            for (path, old) in before {
                let new = &after[&path];
                let is_whole: Value = serde_json::from_slice(&new.0).unwrap();
                // What could not be opened is tried again.
                assert!(
                    *new == old || is_whole["scan"]["blobs"] == 0,
                    "{path:?} was made again"
                );
            }
        }
        let continued = audit(&env, &format!("all --output-dir {out}")).expect(2);
        assert_eq!(continued.stdout, whole.stdout);
        assert_eq!(continued.stderr, whole.stderr);
        assert_eq!(results(&folder).len(), 13);
    }
}

#[test]
fn a_repository_is_scanned_again_only_if_its_refs_or_the_settings_changed() {
    let env = Env::new();
    clones(&env);
    let folder = env.root().join("out");
    audit(&env, "all --output-dir out").expect(1);
    let first = results(&folder);
    audit(&env, "all --output-dir out").expect(1);
    assert_eq!(results(&folder), first);
    let changed = |old: &BTreeMap<PathBuf, (Vec<u8>, SystemTime)>| {
        let new = results(&folder);
        new.iter()
            .filter(|(path, result)| old.get(*path) != Some(*result))
            .count()
    };
    commit(&env, "all/c", &[&[("new.env", &line(3))]]);
    let run = audit(&env, "all --output-dir out").expect(1);
    assert_eq!(report(&run)["secrets"].as_array().unwrap().len(), 3);
    assert_eq!(changed(&first), 1);
    // A new name for an old commit is a change too: the secret may be at another `HEAD`.
    git_out(&env.root().join("all/a"), &["branch", "other"]);
    let second = results(&folder);
    audit(&env, "all --output-dir out").expect(1);
    assert_eq!(changed(&second), 1);
    let third = results(&folder);
    audit(&env, "all --output-dir out --exclude-rule github-pat").expect(0);
    assert_eq!(changed(&third), 5);
}

#[test]
fn trouble_is_that_of_one_repository_and_what_came_since_is_read() {
    let env = Env::new();
    clones(&env);
    let origin = format!("file://{}", env.root().join("all/b").display());
    git_out(
        env.root(),
        &["clone", "-q", "--depth=1", &origin, "all/shallow"],
    );
    std::fs::create_dir_all(env.root().join("all/damaged/.git")).unwrap();
    let run = audit(&env, "all --output-dir out").expect(2);
    run.says("tokensweep: all/shallow: ");
    run.says("tokensweep: all/damaged: this is no git repository that can be read");
    let incomplete = |run: &Run| -> Vec<String> {
        let found = report(run);
        let all = found["repositories"].as_array().unwrap().iter();
        let some = all.filter(|r| r["complete"] == false);
        some.map(|r| r["path"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(incomplete(&run), ["all/damaged", "all/shallow"]);
    assert_eq!(report(&run)["secrets"].as_array().unwrap().len(), 2);
    let human = env.run("audit all --output-dir out").expect(2);
    // Each repository has one line, however much is missing in it.
    let lines = |run: &Run| run.stderr.matches("tokensweep: all/shallow: ").count();
    assert_eq!(lines(&human), 1, "{}", human.stderr);
    assert!(lines(&env.run("audit -v all --output-dir out")) >= 1);
    human.prints("all/damaged: no leaks in ");
    human.prints("; NOT COMPLETE: 2 paths could not be read\n");
    let allowed = audit(&env, "all --output-dir out --allow-incomplete").expect(2);
    assert_eq!(incomplete(&allowed), ["all/damaged"]);
    git_out(
        &env.root().join("all/shallow"),
        &["fetch", "-q", "--unshallow"],
    );
    std::fs::remove_dir_all(env.root().join("all/damaged")).unwrap();
    let whole = audit(&env, "all --output-dir out").expect(1);
    assert!(incomplete(&whole).is_empty());
    let secrets = report(&whole)["secrets"].clone();
    assert_eq!(secrets[0]["repositories"].as_array().unwrap().len(), 3);
}

#[test]
fn a_list_names_repositories_and_folders_of_them() {
    let env = Env::new();
    clones(&env);
    env.write("list", "all/a\nall/deep\nall/a\nnowhere\r\n");
    let run = audit(&env, "list --output-dir out").expect(2);
    run.says("tokensweep: nowhere: there is no such file or folder");
    let found = report(&run);
    let names: Vec<&str> = found["repositories"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["path"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["all/a", "all/deep/e.git"]);
    assert_eq!(found["unread"][0]["path"], "nowhere");
    let mut from_input = env.command();
    from_input.args(["audit", "--format", "json", "-", "--output-dir", "out"]);
    let run = crate::env::run_to_end(from_input, b"all/c\0all/d\0").expect(0);
    assert_eq!(report(&run)["repositories"].as_array().unwrap().len(), 2);
    std::fs::create_dir(env.root().join("empty")).unwrap();
    env.run("audit empty")
        .expect(2)
        .says("there is no git repository below");
    env.run("audit none")
        .expect(2)
        .says("cannot read the list of files none");
    env.run("audit").expect(2).says("LIST|DIR");
}

#[test]
fn results_of_several_machines_are_merged_in_any_order() {
    let env = Env::new();
    clones(&env);
    let whole = audit(&env, "all --output-dir whole").expect(1);
    audit(&env, "all/a all/b --output-dir one").expect(1);
    audit(&env, "all/c all/d all/deep --output-dir two").expect(0);
    for order in ["one two", "two one", "two one two whole"] {
        let merged = env
            .run(&format!("audit merge --format json {order}"))
            .expect(1);
        assert_eq!(merged.stdout, whole.stdout, "{order}");
    }
    // Another machine has another repository at the same path.
    let other = Env::new();
    repository(&other, "all/a", &[&[("o.env", &line(4))]]);
    audit(&other, "all --output-dir out").expect(1);
    let out = other.root().join("out");
    let merged = env
        .run(&format!("audit merge --format json one {}", out.display()))
        .expect(1);
    let found = report(&merged);
    assert_eq!(found["repositories"].as_array().unwrap().len(), 3);
    assert_eq!(found["secrets"].as_array().unwrap().len(), 3);
    let file = env.write("one/other.json", "{}");
    let wrong = env.run("audit merge one").expect(2);
    wrong.says("one/other.json: this is no result of `tokensweep audit`");
    wrong.prints("2 secrets, 1 at a HEAD, in 2 of 2 repositories");
    std::fs::remove_file(file).unwrap();
    env.run("audit merge nowhere.json")
        .expect(2)
        .says("nowhere.json: it cannot be read");
    env.run("audit merge all/c")
        .expect(2)
        .says("there is no result of an audit in all/c");
}

#[test]
fn accepted_secrets_count_apart_and_exit_codes_are_those_of_a_scan() {
    let env = Env::new();
    clones(&env);
    env.run("audit all/c all/d --output-dir clean")
        .expect(0)
        .prints("no leaks in 2 repositories; ");
    env.run("audit all --output-dir out --exit-zero").expect(0);
    env.run("baseline create --history all --baseline b.toml")
        .expect(0);
    let run = env
        .run("audit all --output-dir out --baseline b.toml")
        .expect(0);
    run.prints("no leaks in 5 repositories, 3 accepted; ");
    env.run("audit all --output-dir out").expect(1);
}

#[test]
fn one_audit_at_a_time_writes_into_a_folder() {
    let env = Env::new();
    clones(&env);
    std::fs::create_dir(env.root().join("out")).unwrap();
    let lock = File::create(env.root().join("out/.lock")).unwrap();
    lock.lock().unwrap();
    env.run("audit all --output-dir out")
        .expect(2)
        .says("another audit writes its results into out");
    drop(lock);
    env.run("audit all --output-dir out").expect(1);
}
