//! A history scan reads exactly the objects that git lists, compared by their ids.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use gix::hash::Kind as HashKind;
use gix::objs::Kind;
use tokensweep::git::{HistoryOptions, Repository};
use tokensweep::internals::source::git::scan_history;
use tokensweep::internals::source::{Chunk, Sink};
use tokensweep::internals::token::Shape;
use tokensweep::parts::Skip;

use crate::env::Env;
use crate::git::{CORNERS, fixture, git, git_out, token};

/// Takes whatever is scanned and keeps the id that git would give it as a blob.
struct Listener {
    hash: HashKind,
    blobs: HashSet<gix::ObjectId>,
    all: Arc<Mutex<HashSet<gix::ObjectId>>>,
}

impl Sink for Listener {
    fn scan_chunk(&mut self, _: &Chunk<'_>) {
        panic!("nothing was suspicious");
    }
    fn file(&mut self, _: u64) {}
    fn skip(&mut self, skip: Skip) {
        assert!(!skip.is_trouble(), "{skip:?}");
    }
    fn may_report(&mut self, bytes: &[u8]) -> bool {
        let id = gix::objs::compute_hash(self.hash, Kind::Blob, bytes);
        self.blobs.insert(id.unwrap());
        false
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.all.lock().unwrap().extend(self.blobs.drain());
    }
}

/// Ids by kind.
type Objects = BTreeMap<String, BTreeSet<String>>;

/// Returns the objects that a scan reports as read, after comparing them with the bytes that it looked at.
fn read(repo: &Path, unreachable: bool) -> Objects {
    let repository = Repository::discover(Some(repo)).unwrap();
    let format = git_out(repo, &["rev-parse", "--show-object-format"]);
    let all = Arc::new(Mutex::new(HashSet::new()));
    let mut options = HistoryOptions::default();
    options.unreachable = unreachable;
    options.threads = 2;
    options.allow_incomplete = true;
    let history = scan_history(&repository, &options, &|| {
        Box::new(Listener {
            hash: format.parse().unwrap(),
            blobs: HashSet::new(),
            all: Arc::clone(&all),
        })
    })
    .unwrap();
    let mut objects = Objects::new();
    for (kind, id) in history.scanned_objects() {
        objects.entry(kind).or_default().insert(id);
    }
    let seen = all.lock().unwrap();
    for id in &objects["blob"] {
        let id = gix::ObjectId::from_hex(id.as_bytes()).unwrap();
        assert!(seen.contains(&id), "the content of {id} was looked at");
    }
    objects
}

/// Returns the objects that git lists: those that refs reach, or all.
fn listed(repo: &Path, unreachable: bool, more: &str) -> Objects {
    let ids = format!(
        "git rev-list --objects --all {more} --no-object-names --missing=allow-promisor | \
         git cat-file --batch-check='%(objecttype) %(objectname)'"
    );
    let all = "git cat-file --batch-all-objects --batch-check='%(objecttype) %(objectname)'";
    let script = if unreachable { all } else { &ids };
    let output = std::process::Command::new("sh")
        .args(["-c", script])
        .current_dir(repo)
        .env("GIT_NO_LAZY_FETCH", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let mut objects = Objects::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let (kind, id) = line.split_once(' ').unwrap();
        if id != "missing" && kind.len() < 10 {
            objects
                .entry(kind.to_owned())
                .or_default()
                .insert(id.to_owned());
        }
    }
    objects
}

/// Compares both; gives how many objects there are, how many of them refs reach, and how many of those are blobs.
fn check(repo: &Path, more: &str) -> [usize; 3] {
    let reached = listed(repo, false, more);
    assert_eq!(read(repo, false), reached, "what refs reach");
    let all = listed(repo, true, more);
    assert_eq!(read(repo, true), all, "everything");
    let count = |objects: &Objects| objects.values().map(BTreeSet::len).sum();
    [count(&all), count(&reached), reached["blob"].len()]
}

#[test]
fn what_is_read_is_what_git_lists() {
    let env = Env::new();
    let token = token(500, Shape::Ghp);
    let variables: Vec<_> = CORNERS.iter().map(|name| (*name, token.as_str())).collect();
    fixture(&env, "history.sh", &variables);
    let repo = env.root().join("repo");
    // Stashes beside the newest are no part of git's `--all`.
    let stashes = git_out(&repo, &["log", "-g", "--format=%H", "refs/stash"]);
    let stashes = stashes.replace('\n', " ");
    check(&repo, &stashes);
    for depth in ["0", "3", "50"] {
        let pack = format!("repack -q -a -d -f --window=40 --depth={depth} --keep-unreachable");
        let args: Vec<&str> = pack.split(' ').collect();
        git_out(&repo, &args);
        check(&repo, &stashes);
    }
}

/// Folders that grow, shrink and move, over many versions, so that trees and files are deltas of each other in many
/// ways; branches that are dropped, so that some of it is reached and some is not.
#[test]
fn a_long_history_of_small_changes_is_read_as_git_lists_it() {
    let env = Env::new();
    let repo = env.root();
    git_out(repo, &["init", "-q", "-b", "main", "."]);
    let mut stream = Vec::new();
    let mut state = 17u64;
    let mut below = |n: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    for mark in 1..400u64 {
        let branch = ["main", "side", "gone"][usize::try_from(below(3)).unwrap()];
        let head = format!(
            "commit refs/heads/{branch}\nmark :{mark}\ncommitter A <a@b> {mark} +0000\ndata 1\n.\n"
        );
        stream.extend(head.into_bytes());
        if mark > 9 && below(5) == 0 {
            stream.extend(format!("from :{}\n", mark - 1 - below(8)).into_bytes());
        }
        for _ in 0..=below(3) {
            let path = format!("d{}/e{}/f{}", below(4), below(3), below(30));
            match below(8) {
                0 => stream.extend(format!("D {path}\n").into_bytes()),
                1 => stream.extend(format!("D d{}\n", below(4)).into_bytes()),
                _ => {
                    let text = format!("{}\n", below(60)).repeat(20);
                    let mode = ["100644", "100755"][usize::from(below(9) == 0)];
                    let file = format!("M {mode} inline {path}\ndata {}\n{text}\n", text.len());
                    stream.extend(file.into_bytes());
                }
            }
        }
        stream.push(b'\n');
    }
    let mut import = git(repo);
    import.args(["fast-import", "--quiet", "--force"]);
    let mut child = import.stdin(std::process::Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&stream).unwrap();
    assert!(child.wait().unwrap().success());
    let [objects, with_branch, _] = check(repo, "");
    assert!(objects > 1000, "{objects}");
    git_out(repo, &["branch", "-q", "-D", "gone"]);
    let [_, without, _] = check(repo, "");
    assert!(without < with_branch, "{without}, {with_branch}");
    git_out(
        repo,
        &[
            "repack",
            "-q",
            "-a",
            "-d",
            "-f",
            "--window=50",
            "--depth=40",
            "--keep-unreachable",
        ],
    );
    check(repo, "");
    // The same objects in a second pack, and some of them loose.
    git_out(repo, &["branch", "-q", "-D", "side"]);
    git_out(repo, &["repack", "-q", "-a", "-F", "--window=3"]);
    check(repo, "");
}

/// Held against real repositories, named in a variable: see `tests/git_oracle.sh`.
#[test]
#[ignore = "needs repositories of the size of real ones"]
fn real_histories_are_read_as_git_lists_them() {
    let repos = std::env::var("TOKENSWEEP_ORACLE_REPOS").unwrap();
    for repo in repos.split_whitespace() {
        let [objects, reached, blobs] = check(Path::new(repo), "");
        assert!(objects >= 50_000, "{repo} is too small");
        let line = format!("{repo}: {objects} objects, refs reach {reached}, {blobs} blobs");
        writeln!(std::io::stdout(), "{line}: the same as git lists").unwrap();
    }
}
