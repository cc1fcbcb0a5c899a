//! Archives: secrets in them are found in every source, with the way to them; members that are not read are named.

use serde_json::Value;
use tokensweep::internals::token::{Mint, Shape};

use crate::env::{Env, Run};
use crate::git::git_out;
use crate::pack::{self, Members};

/// A text that makes a token of any form a finding.
fn text_with(token: &[u8]) -> Vec<u8> {
    [
        b"# setup\ngit clone https://octo:",
        token,
        b"@github.com/acme/app.git\n",
    ]
    .concat()
}

fn token_text(seed: u64) -> Vec<u8> {
    text_with(&Mint::new(seed).new_token(Shape::Ghp))
}

/// The members of all findings, sorted.
fn members(run: &Run) -> Vec<String> {
    let findings = run.findings();
    let member = |f: &Value| f["origin"]["member"].as_str().unwrap_or("").to_owned();
    let mut members: Vec<String> = findings.iter().map(member).collect();
    members.sort();
    members
}

fn not_read(run: &Run, kind: &str) -> u64 {
    run.json()["scan"]["not_read"][kind].as_u64().unwrap()
}

/// One kind of archive: its ending, its writer, and whether its members have names.
type Kind = (&'static str, fn(Members<'_>) -> Vec<u8>, bool);

const KINDS: [Kind; 5] = [
    ("zip", pack::zip, true),
    ("jar", pack::zip_stored, true),
    ("tar", pack::tar, true),
    ("tgz", |m| pack::gzip(&pack::tar(m)), true),
    ("gz", |m| pack::gzip(m[0].1), false),
];

#[test]
fn every_form_is_found_in_every_kind_of_archive_and_in_two_inside_each_other() {
    let env = Env::new();
    let mut wanted = Vec::new();
    let mut shapes = Shape::ALL
        .into_iter()
        .filter(|s| *s != Shape::TestToken)
        .cycle();
    let mut mint = Mint::new(16);
    for (outer, pack_outer, outer_named) in KINDS {
        for (inner, pack_inner, inner_named) in KINDS {
            let shape = shapes.next().unwrap();
            let text = text_with(&mint.new_token(shape));
            let packed = pack_inner(&[("etc/a.env", &text), ("readme", b"nothing")]);
            let name = format!("in.{inner}");
            let file = format!("{inner}-in.{outer}");
            env.write(
                &file,
                pack_outer(&[(&name, &packed), ("other", b"nothing")]),
            );
            let outer_name = if outer_named {
                format!("!{name}")
            } else {
                String::new()
            };
            let inner_name = if inner_named { "!etc/a.env" } else { "" };
            wanted.push(format!("{file}{outer_name}{inner_name}"));
        }
    }
    wanted.sort();
    let run = env.run("scan . --format json").expect(1);
    assert_eq!(members(&run), wanted);
    for finding in run.findings() {
        assert_eq!(finding["line"], 2);
        assert_eq!(finding["column"], 24);
        assert_eq!(finding["origin"]["kind"], "archive-member");
    }
}

#[test]
fn every_source_opens_archives() {
    let env = Env::new();
    git_out(env.root(), &["init", "-q", "."]);
    env.write("a.txt", "nothing\n");
    git_out(env.root(), &["add", "."]);
    git_out(env.root(), &["commit", "-qm", "one"]);
    let archive = pack::zip(&[(
        "deep/x.tgz",
        &pack::gzip(&pack::tar(&[("e", &token_text(1))])),
    )]);
    let path = env.write("sub/a.zip", &archive);
    let way = ["a.zip!deep/x.tgz!e"];
    let check = |args: &str| {
        let run = env.run(args).expect(1);
        assert_eq!(members(&run), way, "{args}");
        run
    };
    check("scan . --format json");
    check("scan sub/a.zip --format json");
    let run = check("scan --changes --format json");
    assert_eq!(run.findings()[0]["path"], "sub/a.zip");
    env.write("list", "sub/a.zip\n");
    check("scan --files-from list --format json");
    std::fs::remove_file(env.root().join("list")).unwrap();
    git_out(env.root(), &["add", "."]);
    check("scan --staged --format json");
    git_out(env.root(), &["commit", "-qm", "two"]);
    check("scan --range HEAD~1..HEAD --format json");
    std::fs::remove_file(&path).unwrap();
    git_out(env.root(), &["rm", "-q", "sub/a.zip"]);
    git_out(env.root(), &["commit", "-qm", "three"]);
    // The second run knows from the first what it need not read.
    for _ in 0..2 {
        let run = check("scan --history --format json");
        let finding = &run.findings()[0];
        assert_eq!(finding["path"], "sub/a.zip");
        assert_eq!(finding["origin"]["at_head"], false);
        assert!(finding["origin"]["introduced_in"].is_string());
    }
    let run = env.run_with("scan - --stdin-filename x/a.zip --format json", &archive);
    assert_eq!(members(&run.expect(1)), way);
}

#[test]
fn archives_in_a_history_are_clean_once_and_for_all() {
    let env = Env::new();
    git_out(env.root(), &["init", "-q", "."]);
    env.write(
        "a.zip",
        pack::zip(&[("a", b"nothing"), ("b.gz", &pack::gzip(b"nothing"))]),
    );
    git_out(env.root(), &["add", "."]);
    git_out(env.root(), &["commit", "-qm", "one"]);
    for known in [0, 1] {
        let run = env.run("scan --history --format json").expect(0);
        assert_eq!(run.json()["scan"]["blobs_known_clean"], known);
        assert_eq!(not_read(&run, "archives"), 0);
    }
    // Other limits may find other things.
    let run = env
        .run("scan --history --format json --no-containers")
        .expect(0);
    assert_eq!(run.json()["scan"]["blobs_known_clean"], 0);
    assert_eq!(not_read(&run, "archives"), 1);
}

#[test]
fn large_archives_are_read_from_their_files_and_large_members_in_windows() {
    let env = Env::new();
    let mut mint = Mint::new(7);
    // Larger than two windows, and not to be compressed.
    let noise: Vec<u8> = (0..400_000)
        .flat_map(|_| mint.next_u64().to_le_bytes())
        .collect();
    let long = [&noise[..], b"\n", &token_text(2)].concat();
    env.write(
        "a.zip",
        pack::zip(&[("long", &long), ("late", &token_text(3))]),
    );
    env.write(
        "b.tar",
        pack::tar(&[("long", &long), ("late", &token_text(4))]),
    );
    env.write("c.gz", pack::gzip(&long));
    let run = env.run("scan . --format json").expect(1);
    let wanted = [
        "a.zip!late",
        "a.zip!long",
        "b.tar!late",
        "b.tar!long",
        "c.gz",
    ];
    assert_eq!(members(&run), wanted);
    for finding in run
        .findings()
        .iter()
        .filter(|f| f["origin"]["member"] != "a.zip!late")
    {
        let is_long = finding["byte_start"].as_u64().unwrap() > 3_200_000;
        assert_eq!(
            is_long,
            !finding["origin"]["member"]
                .as_str()
                .unwrap()
                .contains("late")
        );
    }
    // An untracked file is named from the root of the repository, wherever the scan starts.
    git_out(env.root(), &["init", "-q", "."]);
    env.write("sub/d/c.gz", pack::gzip(&long));
    let mut command = env.command();
    command.args(["scan", "--changes", "--format", "json", "."]);
    command.current_dir(env.root().join("sub/d"));
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("\"member\": \"c.gz\"")
    );
}

#[test]
fn a_secret_in_plain_bytes_of_an_archive_is_reported_once() {
    let env = Env::new();
    let token = token_text(5);
    env.write("a.tar", pack::tar(&[("x", &token), ("y", &token)]));
    env.write("b.zip", [pack::zip_stored(&[("x", b"-")]), token].concat());
    let run = env.run("scan . --format json").expect(1);
    assert_eq!(members(&run), ["", "a.tar!x", "a.tar!y"]);
    let run = env.run("scan .").expect(1);
    run.prints("--> a.tar!x:2:24");
    run.prints("also at: a.tar!y:2:24");
    run.prints("also at: b.zip:");
}

#[test]
fn names_and_comments_in_archives_are_text() {
    let env = Env::new();
    let mut mint = Mint::new(6);
    let mut name = || String::from_utf8(mint.new_token(Shape::Ghp)).unwrap();
    let (first, second) = (name(), name());
    let inner = pack::tar(&[(&format!("dir/{first}/x"), b"-"), (&second, b"-")]);
    env.write("a.tgz", pack::gzip(&inner));
    let run = env.run("scan . --format json").expect(1);
    assert_eq!(members(&run), ["a.tgz", "a.tgz"]);
    // No report shows the name of a member in full.
    env.write("b.tgz", pack::gzip(&pack::tar(&[(&first, &token_text(8))])));
    for format in [
        "human", "json", "sarif", "csv", "github", "html", "junit", "gitlab",
    ] {
        let run = env.run(
            &format!("scan . -v --format {format}").replace("-v --format json", "--format json"),
        );
        assert!(!run.stdout.contains(&first), "{format}: {}", run.stdout);
        assert!(!run.stderr.contains(&first), "{format}: {}", run.stderr);
    }
}

#[test]
fn reports_name_the_archive_as_the_file_and_the_member_in_the_message() {
    let env = Env::new();
    env.write("d/a.zip", pack::zip(&[("b/c.env", &token_text(9))]));
    let run = env.run("scan . --format sarif").expect(1);
    let result = run.json()["runs"][0]["results"][0].clone();
    let place = &result["locations"][0];
    assert_eq!(
        place["physicalLocation"]["artifactLocation"]["uri"],
        "d/a.zip"
    );
    assert_eq!(
        place["logicalLocations"][0]["fullyQualifiedName"],
        "a.zip!b/c.env"
    );
    let said = result["message"]["text"].as_str().unwrap();
    assert!(
        said.contains("in the member b/c.env, line 2, column 24"),
        "{said}"
    );
    let run = env.run("scan . --format github").expect(1);
    run.prints("file=d/a.zip,");
    run.prints("in the member b/c.env, line 2");
    env.run("scan . --format csv")
        .expect(1)
        .prints("d/a.zip!b/c.env,2,24,");
    env.run("scan . --format markdown")
        .expect(1)
        .prints("d/a.zip!b/c.env:2");
}

/// The members of the findings that nobody has accepted.
fn open_members(run: &Run) -> Vec<String> {
    let findings = run.findings();
    let open = findings.iter().filter(|f| f["status"] == "open");
    open.map(|f| f["origin"]["member"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn members_are_accepted_by_comments_paths_and_the_baseline() {
    let env = Env::new();
    let token = Mint::new(10).new_token(Shape::Ghp);
    let commented = [
        b"T=",
        &token[..],
        b" # tokensweep:allow(github-pat) a test\n",
    ]
    .concat();
    env.write("a.zip", pack::zip(&[("x.sh", &commented)]));
    env.run("scan .").expect(0).prints("1 accepted");
    let two: Members<'_> = &[("docs/x", &token_text(11)), ("src/x", &token_text(12))];
    env.write("a.zip", pack::zip(two));
    for (glob, left) in [
        ("a.zip", &[][..]),
        ("a.zip!docs/*", &["a.zip!src/x"]),
        ("docs/", &["a.zip!docs/x", "a.zip!src/x"]),
        ("b.zip", &["a.zip!docs/x", "a.zip!src/x"]),
    ] {
        let text = format!("[[accept]]\npaths = ['{glob}']\nreason = 'a test'\n");
        env.write("tokensweep.toml", text);
        let run = env.run("scan . --format json");
        assert_eq!(open_members(&run), left, "{glob}");
    }
    std::fs::remove_file(env.root().join("tokensweep.toml")).unwrap();
    env.run("baseline create").expect(0);
    let run = env.run("scan . --format json").expect(0);
    assert_eq!(members(&run), ["a.zip!docs/x", "a.zip!src/x"]);
    let baseline = std::fs::read_to_string(env.root().join("tokensweep.baseline")).unwrap();
    assert!(baseline.contains("a.zip!docs/x"), "{baseline}");
    // Whoever makes an archive chooses the names in it.
    env.write("b.zip", pack::zip(&[("../../docs/x", &token_text(13))]));
    env.write(
        "tokensweep.toml",
        "[[accept]]\npaths = ['/docs']\nreason = 'a test'\n",
    );
    let run = env.run("scan . --format json").expect(1);
    assert_eq!(open_members(&run), ["b.zip!../../docs/x"]);
}

#[test]
fn what_an_earlier_version_of_an_archive_contains_is_pre_existing() {
    let env = Env::new();
    git_out(env.root(), &["init", "-q", "."]);
    let old = token_text(14);
    env.write("a.zip", pack::zip(&[("in.gz", &pack::gzip(&old))]));
    git_out(env.root(), &["add", "."]);
    git_out(env.root(), &["commit", "-qm", "one"]);
    let new = token_text(15);
    env.write(
        "a.zip",
        pack::zip(&[("moved.gz", &pack::gzip(&old)), ("new", &new)]),
    );
    git_out(env.root(), &["add", "."]);
    let run = env.run("scan --staged --format json").expect(1);
    assert_eq!(members(&run), ["a.zip!moved.gz", "a.zip!new"]);
    assert_eq!(open_members(&run), ["a.zip!new"]);
    git_out(env.root(), &["commit", "-qm", "two"]);
    let run = env.run("scan --range HEAD~1..HEAD --format json").expect(1);
    assert_eq!(open_members(&run), ["a.zip!new"]);
}

#[test]
fn redact_leaves_archives_alone_that_it_cannot_write() {
    let env = Env::new();
    let token = token_text(17);
    let archive = pack::cpio(&[("x", &token)]);
    let path = env.write("in/a.cpio", &archive);
    env.write("in/b.txt", &token);
    let run = env.run("redact in").expect(2);
    run.says(
        "in/a.cpio: left alone: a cpio archive is not rewritten, and it holds 1 secret (in/a.cpio!x:2)",
    );
    assert_eq!(std::fs::read(path).unwrap(), archive);
    let text = std::fs::read(env.root().join("in/b.txt")).unwrap();
    assert!(!text.windows(10).any(|w| w == &token[30..40]), "{text:?}");
}
