//! The whole history: a secret in every corner, whatever the objects are stored as, and honesty about what is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use tokensweep::internals::token::Shape;

use crate::env::{Env, Run};
use crate::git::{CORNERS, fixture, git, git_out, token};
use crate::git_many::{line, repository};

/// A repository made by `history.sh` and its secrets.
struct Corners {
    env: Env,
    secrets: BTreeMap<&'static str, String>,
}

impl Corners {
    fn new() -> Corners {
        let env = Env::new();
        let secrets: BTreeMap<&str, String> = (100..)
            .zip(CORNERS)
            .map(|(seed, name)| (name, token(seed, Shape::Ghp)))
            .collect();
        let variables: Vec<(&str, &str)> = secrets.iter().map(|(n, s)| (*n, s.as_str())).collect();
        fixture(&env, "history.sh", &variables);
        Corners { env, secrets }
    }

    fn repo(&self) -> std::path::PathBuf {
        self.env.root().join("repo")
    }

    fn git(&self, args: &[&str]) -> String {
        git_out(&self.repo(), args)
    }

    /// The one finding of a secret.
    fn finding<'f>(&self, findings: &'f [Value], name: &str) -> &'f Value {
        let mut found = findings
            .iter()
            .filter(|f| f["secret"] == self.secrets[name]);
        let first = found
            .next()
            .unwrap_or_else(|| panic!("{name} was not found"));
        assert_eq!(found.next(), None, "{name} was found twice");
        first
    }
}

/// The secrets that a run found.
fn found(run: &Run) -> BTreeSet<String> {
    run.findings()
        .iter()
        .map(|f| f["secret"].as_str().unwrap().to_owned())
        .collect()
}

fn history(env: &Env, args: &str) -> Run {
    env.run(&format!(
        "scan --history --show-secrets --format json {args}"
    ))
}

#[test]
fn every_corner_of_a_history_is_read_and_its_secret_placed() {
    let corners = Corners::new();
    let findings = history(&corners.env, "repo").expect(1).findings();
    for name in CORNERS {
        if name == "DELETED" {
            assert!(
                findings
                    .iter()
                    .all(|f| f["secret"] != corners.secrets[name])
            );
            continue;
        }
        let finding = corners.finding(&findings, name);
        assert_eq!(finding["confidence"], "certain", "{name}");
    }
    let place = |name: &str, commit: &str, path: &str, at_head: bool| {
        let finding = corners.finding(&findings, name);
        let origin = &finding["origin"];
        let id = corners.git(&["rev-parse", commit]);
        assert_eq!(finding["path"], path, "{name}");
        assert_eq!(origin["introduced_in"], id, "{name}");
        assert_eq!(origin["at_head"], at_head, "{name}");
        let date = corners.git(&["show", "-s", "--format=%aI", commit]);
        assert_eq!(origin["author_date"], date, "{name}");
        let author = corners.git(&["show", "-s", "--format=%an <%ae>", commit]);
        assert_eq!(origin["author"], author, "{name}");
    };
    place("PLAIN", "start", "conf/plain.env", true);
    place("REMOVED", ":/^More", "removed.env", false);
    place("NODIFF", ":/^More", "hidden.bin", true);
    place("UTF16", ":/^More", "wide.txt", true);
    place("MOVED", ":/^More", "copy.env", true);
    place("EVIL", ":/^Merge side", "file", true);
    place("OCTOPUS", ":/^Octopus", "octopus.env", false);
    place("ORPHAN", "lonely", "orphan.env", false);
    place("STASHED", "stash@{1}", "file", false);
    place("PULL", "refs/pull/7/head", "pull.env", false);
    let noted = corners.git(&["notes", "list"]);
    let (_, commit) = noted.split_once(' ').unwrap();
    place("NOTE", "refs/notes/commits", commit, false);
    // What stands in a commit or a tag itself is told by its id.
    for (name, object) in [
        ("MESSAGE", ":/^Use the token"),
        ("AUTHOR", ":/^By Ann"),
        ("AUTHOR_MAIL", ":/^By mail"),
        ("COMMITTER", ":/^Through Carl"),
        ("COMMITTER_MAIL", ":/^Through mail"),
        ("TAG", "v1.0"),
        ("TAGGER", "v1.1"),
    ] {
        let finding = corners.finding(&findings, name);
        let id = corners.git(&["rev-parse", object]);
        let kind = corners.git(&["cat-file", "-t", &id]);
        assert_eq!(finding["path"], format!("{kind}:{id}"), "{name}");
        assert_eq!(finding["origin"]["kind"], "commit-message", "{name}");
        assert_eq!(finding["origin"]["introduced_in"], id, "{name}");
    }
}

#[test]
fn a_finding_knows_all_its_paths_versions_and_refs() {
    let corners = Corners::new();
    let findings = history(&corners.env, "repo").findings();
    let plain = &corners.finding(&findings, "PLAIN")["origin"];
    assert_eq!(plain["versions"], 2);
    assert_eq!(
        (&plain["head_path"], &plain["head_line"]),
        (&"conf/plain.env".into(), &4.into())
    );
    let refs: Vec<&str> = plain["refs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r.as_str().unwrap())
        .collect();
    for name in [
        "HEAD",
        "refs/heads/main",
        "refs/heads/side",
        "refs/tags/start",
        "refs/tags/v1.0",
    ] {
        assert!(refs.contains(&name), "{name} in {refs:?}");
    }
    assert!(!refs.contains(&"refs/heads/lonely"), "{refs:?}");
    let moved = &corners.finding(&findings, "MOVED")["origin"];
    assert_eq!(
        moved["paths"],
        serde_json::json!(["copy.env", "new-name.env", "old-name.env"])
    );
    let message = corners.finding(&findings, "MESSAGE");
    assert_eq!(message["origin"]["kind"], "commit-message");
    let commit = corners.git(&["rev-parse", ":/^Use the token"]);
    assert_eq!(message["origin"]["introduced_in"], commit);
    let raw = corners.git(&["cat-file", "commit", &commit]);
    let line = usize::try_from(message["line"].as_u64().unwrap()).unwrap();
    assert!(
        raw.lines()
            .nth(line - 1)
            .unwrap()
            .contains(&corners.secrets["MESSAGE"])
    );
}

#[test]
fn what_no_ref_reaches_is_read_when_asked_for() {
    let corners = Corners::new();
    let run = history(&corners.env, "--unreachable repo").expect(1);
    let findings = run.findings();
    let deleted = corners.finding(&findings, "DELETED");
    assert_eq!(deleted["origin"]["unreachable"], true);
    assert_eq!(deleted["path"], "deleted.env");
    let all = corners.git(&[
        "cat-file",
        "--batch-all-objects",
        "--batch-check=%(objecttype)",
    ]);
    let blobs = all.lines().filter(|l| *l == "blob").count();
    assert_eq!(run.json()["scan"]["blobs"], blobs);
}

#[test]
fn refs_narrow_the_history() {
    let corners = Corners::new();
    let run = history(&corners.env, "--refs heads/lonely repo").expect(1);
    assert_eq!(
        found(&run),
        BTreeSet::from([corners.secrets["ORPHAN"].clone()])
    );
    let none = history(&corners.env, "--refs heads/nowhere repo").expect(2);
    none.says("no ref fits");
}

/// Returns the number of blobs that the refs reach, counted by git.
fn reachable_blobs(repo: &Path) -> usize {
    let list = "git rev-list --objects --all --no-object-names | git cat-file --batch-check='%(objecttype)' | grep -c blob";
    let output = std::process::Command::new("sh")
        .args(["-c", list])
        .current_dir(repo)
        .output()
        .unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .trim()
        .parse()
        .unwrap()
}

#[test]
fn however_objects_are_stored_the_same_is_found() {
    let corners = Corners::new();
    let (env, repo) = (&corners.env, corners.repo());
    let expected = found(&history(env, "repo"));
    assert_eq!(expected.len(), CORNERS.len() - 1);
    corners.git(&["repack", "-q", "-d"]);
    corners.git(&["repack", "-q", "-a", "-d", "--depth=50", "--window=50"]);
    assert_eq!(found(&history(env, "repo")), expected, "one pack");
    // Two packs that share objects, a multi-pack index, and something loose.
    let all = corners.git(&["rev-list", "--objects", "--no-object-names", "start"]);
    let mut pack = git(&repo);
    pack.args(["pack-objects", "-q", ".git/objects/pack/pack"])
        .stdin(std::process::Stdio::piped());
    let mut child = pack.stdout(std::process::Stdio::null()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), all.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    corners.git(&["multi-pack-index", "write"]);
    env.write("repo/loose.txt", "loose");
    corners.git(&["add", "loose.txt"]);
    let run = history(env, "repo");
    assert_eq!(found(&run), expected, "several packs");
    // Stashes beside the newest are no part of git's `--all`.
    let oldest = corners.git(&["rev-parse", "stash@{1}"]);
    corners.git(&["update-ref", "refs/kept", &oldest]);
    assert_eq!(
        history(env, "repo").json()["scan"]["blobs"],
        reachable_blobs(&repo)
    );
    git_out(
        env.root(),
        &[
            "clone",
            "-q",
            "--shared",
            "--mirror",
            "repo",
            "borrower.git",
        ],
    );
    assert_eq!(
        found(&history(env, "borrower.git")),
        expected,
        "alternates, bare"
    );
    git_out(&repo, &["worktree", "add", "-q", "--detach", "../tree"]);
    assert_eq!(
        found(&history(env, "tree")),
        expected,
        "a linked working tree"
    );
    assert_eq!(
        found(&history(env, "tree/conf")),
        expected,
        "a folder of it"
    );
}

#[test]
fn a_shallow_clone_is_read_and_said_to_be_one() {
    let corners = Corners::new();
    let env = &corners.env;
    let url = format!("file://{}", corners.repo().display());
    git_out(env.root(), &["clone", "-q", "--depth=1", &url, "shallow"]);
    let run = history(env, "shallow").expect(2);
    assert!(found(&run).contains(&corners.secrets["EVIL"]));
    run.prints("shallow clone");
    let allowed = history(env, "--allow-incomplete shallow").expect(1);
    assert!(allowed.stdout.contains("shallow clone"), "still said");
}

#[test]
fn a_partial_clone_names_what_it_lacks() {
    let corners = Corners::new();
    let env = &corners.env;
    corners.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", corners.repo().display());
    git_out(
        env.root(),
        &[
            "clone",
            "-q",
            "--no-checkout",
            "--filter=blob:none",
            &url,
            "partial",
        ],
    );
    let run = history(env, "partial").expect(2);
    let lacking = corners.git(&["rev-parse", "start:conf/plain.env"]);
    run.prints(&lacking);
    assert!(run.stdout.contains("partial clone"));
    assert!(
        found(&run).contains(&corners.secrets["MESSAGE"]),
        "what is there is read"
    );
    history(env, "--allow-incomplete partial").expect(1);
}

#[test]
fn a_missing_or_damaged_object_costs_itself_only_and_is_named() {
    let corners = Corners::new();
    let env = &corners.env;
    let blob = corners.git(&["rev-parse", "start:conf/plain.env"]);
    let path = corners
        .repo()
        .join(".git/objects")
        .join(&blob[..2])
        .join(&blob[2..]);
    let content = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let run = history(env, "repo").expect(2);
    assert!(run.stdout.contains(&blob), "named as missing");
    let rest = found(&run);
    assert_eq!(
        rest.len(),
        CORNERS.len() - 1,
        "the other version of the file still holds it"
    );
    env.write(
        &format!("repo/.git/objects/{}/{}", &blob[..2], &blob[2..]),
        &content[..content.len() / 2],
    );
    let run = history(env, "repo").expect(2);
    assert!(run.stdout.contains(&format!("object:{blob}")) && run.stdout.contains("damaged"));
    assert!(found(&run).is_superset(&rest));
}

#[test]
fn a_damaged_pack_is_read_as_far_as_it_goes() {
    let corners = Corners::new();
    let env = &corners.env;
    corners.git(&["repack", "-q", "-a", "-d"]);
    let dir = corners.repo().join(".git/objects/pack");
    let pack = std::fs::read_dir(&dir)
        .unwrap()
        .map(|e| e.unwrap().path())
        .find(|p| p.extension().is_some_and(|e| e == "pack"))
        .unwrap();
    let whole = std::fs::read(&pack).unwrap();
    let name = pack
        .strip_prefix(env.root())
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    std::fs::remove_file(&pack).unwrap();
    for at in (12..whole.len()).step_by(whole.len() / 40) {
        let mut broken = whole.clone();
        broken[at] ^= 0xff;
        env.write(&name, &broken);
        let run = history(env, "repo");
        assert!(run.code == 1 || run.code == 2, "{at}: {run:?}");
        assert!(!run.stderr.contains("panicked"), "{at}: {}", run.stderr);
    }
    for end in [0, 5, 12, 40, whole.len() / 2] {
        env.write(&name, &whole[..end]);
        let run = history(env, "repo").expect(2);
        assert!(!run.stderr.contains("panicked"), "{end}: {}", run.stderr);
    }
}

#[test]
fn a_large_file_is_read_piece_by_piece_and_like_any_other() {
    let env = Env::new();
    let dir = env.root();
    let secret = token(440, Shape::Ghp);
    let filler = "nothing to see here\n".repeat(1 << 19);
    git_out(dir, &["init", "-q", "."]);
    env.write("large.txt", format!("{filler}token={secret}\n{filler}"));
    git_out(dir, &["add", "."]);
    git_out(dir, &["commit", "-qm", "Large"]);
    git_out(dir, &["repack", "-qad"]);
    let run = history(&env, "--no-cache").expect(1);
    let finding = &run.findings()[0];
    assert_eq!(finding["secret"], secret);
    assert_eq!(finding["path"], "large.txt");
    assert_eq!(finding["line"], (1 << 19) + 1);
    assert_eq!(run.json()["scan"]["blobs"], 1);
    // Damage in the middle of it.
    let packs = std::fs::read_dir(dir.join(".git/objects/pack")).unwrap();
    let mut packs = packs.map(|e| e.unwrap().path());
    let pack = packs
        .find(|p| p.extension().is_some_and(|e| e == "pack"))
        .unwrap();
    let mut bytes = std::fs::read(&pack).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8].fill(0xff);
    std::fs::remove_file(&pack).unwrap();
    env.write(pack.to_str().unwrap(), bytes);
    let run = history(&env, "--no-cache").expect(2);
    run.prints("damaged");
}

#[test]
fn a_repository_of_sha256_ids_is_read_too() {
    let env = Env::new();
    let secret = token(7, Shape::Ghp);
    git_out(env.root(), &["init", "-q", "--object-format=sha256", "."]);
    env.write("x.env", &secret);
    git_out(env.root(), &["add", "."]);
    git_out(env.root(), &["commit", "-qm", "One"]);
    let run = history(&env, "").expect(1);
    assert_eq!(found(&run), BTreeSet::from([secret.clone()]));
    assert_eq!(
        run.findings()[0]["origin"]["introduced_in"],
        git_out(env.root(), &["rev-parse", "HEAD"])
    );
    env.write("y.env", token(8, Shape::Ghp));
    git_out(env.root(), &["add", "."]);
    assert_eq!(
        env.run("scan --staged --format json")
            .expect(1)
            .findings()
            .len(),
        1
    );
    git_out(env.root(), &["repack", "-qad"]);
    assert_eq!(found(&history(&env, "")), BTreeSet::from([secret]));
}

#[test]
fn an_empty_repository_is_said_to_have_no_history() {
    let env = Env::new();
    git_out(env.root(), &["init", "-q", "."]);
    let run = env.run("scan --history").expect(0);
    run.prints("no history");
}

#[test]
fn a_second_scan_reads_only_what_is_new_and_finds_the_same() {
    let corners = Corners::new();
    let env = &corners.env;
    corners.git(&["repack", "-q", "-a", "-d"]);
    let first = history(env, "repo").expect(1);
    assert_eq!(first.json()["scan"]["blobs_known_clean"], 0);
    let second = history(env, "repo").expect(1);
    assert_eq!(second.findings(), first.findings());
    assert_eq!(
        second.json()["scan"]["blobs"],
        first.json()["scan"]["blobs"]
    );
    assert!(second.json()["scan"]["blobs_known_clean"].as_u64().unwrap() > 0);
    let all = history(env, "--no-cache repo").expect(1);
    assert_eq!(all.json()["scan"]["blobs_known_clean"], 0);
    env.write("repo/later.env", token(400, Shape::Ghp));
    corners.git(&["add", "."]);
    corners.git(&["commit", "-qm", "Later"]);
    corners.git(&["repack", "-q", "-a", "-d"]);
    let third = history(env, "repo").expect(1);
    assert_eq!(third.findings().len(), first.findings().len() + 1);
    // Neither a secret nor damage in the cache.
    let dir = corners.repo().join(".git/tokensweep");
    for entry in std::fs::read_dir(&dir).unwrap() {
        let path = entry.unwrap().path();
        let content = std::fs::read(&path).unwrap();
        for secret in corners.secrets.values() {
            assert!(!content.windows(20).any(|w| w == &secret.as_bytes()[..20]));
        }
        let name = path
            .strip_prefix(env.root())
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        env.write(&name, &content[..content.len() - 1]);
    }
    assert_eq!(history(env, "repo").findings(), third.findings());
}

#[test]
fn a_secret_that_is_gone_says_since_when() {
    let env = Env::new();
    let commit = |date: &str| {
        git_out(env.root(), &["add", "-A"]);
        let mut command = git(env.root());
        command.env("GIT_AUTHOR_DATE", date);
        command.env("GIT_COMMITTER_DATE", date);
        let done = command.args(["commit", "-qm", date]).status().unwrap();
        assert!(done.success());
        git_out(env.root(), &["rev-parse", "HEAD"])
            .trim()
            .to_owned()
    };
    git_out(env.root(), &["init", "-q", "-b", "main", "."]);
    let (gone, there) = (token(31, Shape::Ghp), token(32, Shape::Ghp));
    env.write("a.env", format!("T={gone}\n"));
    env.write("there.env", format!("T={there}\n"));
    commit("2024-01-05T10:00:00Z");
    // It goes, comes back in another file, and goes for good.
    env.write("a.env", "T=\n");
    commit("2024-02-05T10:00:00Z");
    env.write("b.env", format!("# again\nT={gone}\n"));
    commit("2024-03-05T10:00:00Z");
    std::fs::remove_file(env.root().join("b.env")).unwrap();
    let last = commit("2024-04-05T10:00:00Z");
    env.write("c.txt", "x\n");
    commit("2024-05-05T10:00:00Z");
    let findings = env.run("scan --history --format json").expect(1).findings();
    assert_eq!(findings.len(), 3);
    for finding in &findings {
        let origin = &finding["origin"];
        if finding["path"] == "there.env" {
            assert!(origin["removed_in"].is_null(), "{origin}");
        } else {
            assert_eq!(origin["removed_in"], last, "{origin}");
            let date = origin["removed_date"].as_str().unwrap();
            assert!(date.starts_with("2024-04-05T10:00:00"), "{date}");
        }
    }
    let said = env.run("scan --history").expect(1);
    said.prints("; gone from HEAD since 2024-04-05\n");
}

#[test]
fn a_file_that_is_at_several_places_has_the_first_of_them_in_every_run() {
    let env = Env::new();
    let texts: Vec<String> = (0..6).map(|seed| line(700 + seed)).collect();
    let folders = ["z/w", "q", "m/a", "k", "b/c/d", "x"];
    let names: Vec<Vec<String>> = (0..texts.len())
        .map(|n| folders.map(|f| format!("{f}/{n}.env")).to_vec())
        .collect();
    let files_in = |f: usize| {
        let each = names.iter().zip(&texts);
        each.map(|(names, text)| (names[f].as_str(), text.as_str()))
            .collect()
    };
    let files: Vec<Vec<(&str, &str)>> = (0..folders.len()).map(files_in).collect();
    let commits: Vec<&[(&str, &str)]> = files.iter().map(Vec::as_slice).collect();
    repository(&env, "repo", &commits);
    for _ in 0..3 {
        let findings = history(&env, "--no-cache repo").expect(1).findings();
        assert_eq!(findings.len(), texts.len(), "{findings:?}");
        for (n, finding) in findings.iter().enumerate() {
            let expected = format!("b/c/d/{n}.env");
            assert_eq!(finding["path"], expected, "{finding}");
            assert_eq!(finding["origin"]["head_path"], expected, "{finding}");
            let paths = finding["origin"]["paths"].as_array().unwrap();
            assert_eq!(paths.len(), folders.len(), "{finding}");
        }
    }
}
