//! The library as an embedder uses it.

use std::collections::BTreeSet;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tokensweep::git::{
    CommitSelection, GitErrorKind, HistoryOptions, RangeOptions, Repository, RepositoryPart,
    StagedOptions,
};
use tokensweep::internals::source::git::RepositoryLookup;
use tokensweep::internals::token::{Mint, Shape};
use tokensweep::{
    Finding, ObjectLookup, Outcome, RedactErrorKind, RedactOptions, ReplacementStyle, ReportFormat,
    ReportOptions, RuleSet, Scanner, StopFlag, WalkOptions, write_report,
};

use crate::env::Env;
use crate::git::git_out;

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// Writes `count` files with a token each.
fn folder(env: &Env, count: usize) -> WalkOptions {
    let mut mint = Mint::new(71);
    let root = env.root().join("files");
    for number in 0..count {
        let token = text(mint.new_token(Shape::Ghp));
        env.write(&format!("files/{number}.env"), format!("T={token}\n"));
    }
    WalkOptions::new([root])
}

/// Returns the parts of a finding that identify it.
fn key(finding: &Finding) -> (PathBuf, u64, String) {
    let fingerprint = finding.fingerprint.clone();
    (finding.path.clone(), finding.bytes.start, fingerprint)
}

#[test]
fn a_stream_has_each_finding_once() {
    let env = Env::new();
    let walk = folder(&env, 40);
    // A value that is a secret in one place makes the scan run again.
    let twice = walk.roots[0].join("0.env");
    let value = std::fs::read_to_string(&twice).unwrap();
    env.write("files/again.txt", value.replace("T=", ""));
    let scanner = Scanner::default();
    let mut passed = Vec::new();
    let outcome = scanner.scan_paths_with(&walk, |finding| {
        passed.push(key(finding));
        ControlFlow::Continue(())
    });
    let all: BTreeSet<_> = outcome.findings.iter().map(key).collect();
    assert_eq!(all.len(), 41);
    assert_eq!(passed.len(), 41, "each once");
    assert_eq!(passed.into_iter().collect::<BTreeSet<_>>(), all);
    assert!(!outcome.cancelled && outcome.is_complete());
    let vector = scanner.scan_paths(&walk);
    assert_eq!(
        vector.findings.iter().map(key).collect::<BTreeSet<_>>(),
        all
    );
}

#[test]
fn a_stopped_scan_passes_nothing_more_and_is_not_complete() {
    let env = Env::new();
    let walk = folder(&env, 60);
    for most in [1, 3] {
        let mut count = 0;
        let outcome = Scanner::default().scan_paths_with(&walk, |_| {
            count += 1;
            if count < most {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
        assert_eq!(count, most);
        assert!(outcome.cancelled && !outcome.is_complete());
        assert!(outcome.findings.len() >= most, "{}", outcome.findings.len());
    }
}

/// A stream without end: a token a line.
struct Endless(Mint, Vec<u8>);

impl Read for Endless {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.1.is_empty() {
            self.1 = [&self.0.new_token(Shape::Ghp)[..], b"\n"].concat();
        }
        let len = out.len().min(self.1.len());
        out[..len].copy_from_slice(&self.1[..len]);
        self.1.drain(..len);
        Ok(len)
    }
}

#[test]
fn a_stream_without_end_can_be_stopped() {
    let mut count = 0;
    let input = Endless(Mint::new(72), Vec::new());
    let outcome = Scanner::default().scan_stream_with(input, Path::new("log"), |_| {
        count += 1;
        ControlFlow::Break(())
    });
    assert_eq!(count, 1);
    assert!(outcome.cancelled);
}

/// Makes a repository with a commit for each of `count` tokens, and one more token that is staged.
fn repository_with_tokens(env: &Env, count: usize) -> Repository {
    let mut mint = Mint::new(76);
    git_out(env.root(), &["init", "-q", "-b", "main", "repo"]);
    let root = env.root().join("repo");
    for number in 0..=count {
        let token = text(mint.new_token(Shape::Ghp));
        env.write(&format!("repo/{number}.env"), format!("T={token}\n"));
        git_out(&root, &["add", "."]);
        if number < count {
            git_out(&root, &["commit", "-q", "-m", "more"]);
        }
    }
    Repository::discover(Some(&root)).unwrap()
}

#[test]
fn scans_of_a_repository_pass_findings_on_and_can_be_stopped() {
    let range = CommitSelection::Range("HEAD~2..HEAD".to_owned());
    let parts = [
        (RepositoryPart::History(HistoryOptions::default()), 3),
        (RepositoryPart::Range(RangeOptions::new(range)), 2),
        (RepositoryPart::Staged(StagedOptions::default()), 1),
        (RepositoryPart::Changes(StagedOptions::default()), 1),
    ];
    let env = Env::new();
    let repository = repository_with_tokens(&env, 3);
    let scanner = Scanner::default();
    for (part, wanted) in parts {
        let mut passed = BTreeSet::new();
        let outcome = scanner.scan_repository_with(&repository, &part, |finding| {
            assert!(passed.insert(key(finding)), "each once");
            ControlFlow::Continue(())
        });
        let outcome = outcome.unwrap();
        assert!(!outcome.cancelled && outcome.is_complete());
        let all: BTreeSet<_> = outcome.findings.iter().map(key).collect();
        assert_eq!((all.len(), &passed), (wanted, &all));
        let mut count = 0;
        let outcome = scanner.scan_repository_with(&repository, &part, |_| {
            count += 1;
            ControlFlow::Break(())
        });
        let outcome = outcome.unwrap();
        assert_eq!(count, 1);
        assert!(outcome.cancelled && !outcome.is_complete());
        assert!(outcome.notes.is_empty(), "{:?}", outcome.notes);
    }
}

#[test]
fn a_flag_that_is_set_ends_every_kind_of_scan() {
    let env = Env::new();
    let walk = folder(&env, 4);
    let repository = repository_with_tokens(&env, 3);
    let range = CommitSelection::Range("HEAD~2..HEAD".to_owned());
    let parts = [
        RepositoryPart::History(HistoryOptions::default()),
        RepositoryPart::Range(RangeOptions::new(range)),
        RepositoryPart::Staged(StagedOptions::default()),
        RepositoryPart::Changes(StagedOptions::default()),
    ];
    let scanner = Scanner::default();
    for is_set in [false, true] {
        let stop = StopFlag::default();
        if is_set {
            stop.clone().stop_scans();
        }
        let mut outcomes = vec![scanner.scan_paths_until(&walk, &stop)];
        let parts = parts.iter();
        outcomes.extend(parts.map(|part| {
            let outcome = scanner.scan_repository_until(&repository, part, &stop);
            outcome.unwrap()
        }));
        for outcome in outcomes {
            assert_eq!(outcome.cancelled, is_set);
            assert_eq!(outcome.is_complete(), !is_set);
            assert_eq!(outcome.findings.is_empty(), is_set);
            assert!(outcome.skipped.is_empty() && outcome.notes.is_empty());
        }
    }
}

/// A lookup that sets a flag when it is asked.
struct Stopping(StopFlag);

impl ObjectLookup for Stopping {
    fn describe_object(&self, _: &Path, _: &str) -> Option<String> {
        self.0.stop_scans();
        None
    }
}

#[test]
fn a_text_is_left_in_its_middle_when_the_flag_is_set() {
    let mut mint = Mint::new(77);
    let (first, second) = (mint.new_token(Shape::Ghp), mint.new_token(Shape::Ghp));
    let (first, second) = (text(first), text(second));
    let value = &mint.new_token(Shape::Hex40);
    let value = String::from_utf8_lossy(value);
    let lines = format!("A={first}\nGITHUB_TOKEN={value}\nB={second}\n");
    let stop = StopFlag::default();
    let scanner = Scanner::builder()
        .object_lookup(Stopping(stop.clone()))
        .build();
    let mut rows = scanner.make_row_scanner();
    let outcome = rows.examine_row_until(lines.as_bytes(), Path::new(".env"), &stop);
    assert!(outcome.cancelled);
    let found = outcome
        .findings
        .iter()
        .map(|f| f.secret.expose_the_secret());
    assert!(found.clone().any(|secret| secret == first.as_bytes()));
    assert!(found.clone().all(|secret| secret != second.as_bytes()));
}

#[test]
fn a_finding_serializes_as_in_the_report_and_without_its_secret() {
    let mut mint = Mint::new(73);
    let token = text(mint.new_token(Shape::Ghp));
    let scanner = Scanner::default();
    let line = format!("é = \"{token}\" # tokensweep\n");
    let outcome = Outcome::from(scanner.scan_text(line.as_bytes(), Path::new("a/b.py")));
    let mut report = Vec::new();
    let options = ReportOptions::new(scanner.rules());
    write_report(ReportFormat::Json, &outcome, &options, &mut report).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
    let own = serde_json::to_value(&outcome.findings).unwrap();
    assert_eq!(report["findings"], own);
    assert_eq!(own[0]["line"], 1);
    let written = serde_json::to_string(&outcome.findings).unwrap();
    assert!(!written.contains(&token[4..]) && !written.contains(&token[8..20]));
}

/// A lookup that knows one id and notes what it was asked.
#[derive(Clone, Default)]
struct Known {
    id: String,
    asked: Arc<Mutex<Vec<PathBuf>>>,
}

impl ObjectLookup for Known {
    fn describe_object(&self, path: &Path, id: &str) -> Option<String> {
        self.asked.lock().unwrap().push(path.to_owned());
        (id == self.id).then(|| "it is a commit of the test".to_owned())
    }
}

#[test]
fn a_text_in_memory_is_judged_without_the_disk() {
    let env = Env::new();
    git_out(env.root(), &["init", "-q", "repo"]);
    let root = env.root().join("repo");
    let object = |content: &str| {
        env.write("repo/f", content);
        git_out(&root, &["hash-object", "-w", "f"])
    };
    let id = object("content\n");
    let path = root.join("settings.env");
    let line = format!("GITHUB_TOKEN={id}\n");
    env.write("repo/settings.env", &line);
    let found = |scanner: &Scanner| scanner.scan_text(line.as_bytes(), &path).len();
    // The file on the disk is judged with its repository, the same text in memory without.
    let scanner = Scanner::default();
    assert!(
        scanner
            .scan_paths(&WalkOptions::new([&path]))
            .findings
            .is_empty()
    );
    assert_eq!(found(&scanner), 1);
    assert_eq!(
        scanner.scan_stream(line.as_bytes(), &path).findings.len(),
        1
    );
    let redacted = scanner.redact_text(line.as_bytes(), &path, &RedactOptions::default());
    assert_ne!(redacted.unwrap().text, line.as_bytes());
    // A lookup of the caller is asked instead, with the path.
    let known = Known {
        id,
        ..Known::default()
    };
    let scanner = Scanner::builder().object_lookup(known.clone()).build();
    assert_eq!(found(&scanner), 0);
    assert_eq!(known.asked.lock().unwrap()[0], path);
    let other = Scanner::builder().object_lookup(Known::default()).build();
    assert_eq!(found(&other), 1);
    assert_eq!(
        other.scan_paths(&WalkOptions::new([&path])).findings.len(),
        1
    );
    let around = Scanner::builder().object_lookup(RepositoryLookup::default());
    assert_eq!(found(&around.build()), 0);
}

#[test]
fn edits_make_the_redacted_text_of_the_given_one() {
    let mut mint = Mint::new(74);
    let [a, b] = [Shape::Ghp, Shape::Npm].map(|shape| text(mint.new_token(shape)));
    let encoded = data_encoding::BASE64.encode(format!("user:{a}").as_bytes());
    for given in [
        format!("x={a}\ny={b}\nz={a}\n"),
        format!("Authorization: Basic {encoded}\n{b}\n"),
        "nothing to replace\n".to_owned(),
    ] {
        let scanner = Scanner::default();
        let options = RedactOptions::default();
        let path = Path::new("a.txt");
        let redacted = scanner
            .redact_text(given.as_bytes(), path, &options)
            .unwrap();
        let mut made = given.clone().into_bytes();
        for edit in redacted.edits.iter().rev() {
            let at = |at: u64| usize::try_from(at).unwrap();
            let range = at(edit.range.start)..at(edit.range.end);
            made.splice(range, edit.text.iter().copied());
        }
        assert_eq!(made, redacted.text, "{given}");
        assert!(scanner.scan_text(&redacted.text, path).is_empty());
        assert_eq!(redacted.edits.is_empty(), redacted.text == given.as_bytes());
        assert_eq!(redacted.findings.is_empty(), redacted.edits.is_empty());
    }
}

#[test]
fn errors_have_a_kind() {
    let env = Env::new();
    let none = Repository::discover(Some(env.root())).err().unwrap();
    assert_eq!(none.kind(), GitErrorKind::NoRepository);
    git_out(env.root(), &["init", "-q", "repo"]);
    let repository = Repository::discover(Some(&env.root().join("repo"))).unwrap();
    let scan = |range: &str| {
        let options = RangeOptions::new(CommitSelection::Range(range.to_owned()));
        let part = RepositoryPart::Range(options);
        let scanned = Scanner::default().scan_repository(&repository, &part);
        scanned.unwrap_err().kind()
    };
    assert_eq!(scan("a..b"), GitErrorKind::UnknownRevision);
    assert_eq!(scan("main"), GitErrorKind::InvalidArgument);
    let field = ReplacementStyle::template("<{colour}>").unwrap_err();
    assert_eq!(field.kind(), RedactErrorKind::BadTemplate);
    let text = format!("PK\x03\x04 {}", text(Mint::new(75).new_token(Shape::Ghp)));
    let packed = Scanner::default().redact_text(
        text.as_bytes(),
        Path::new("a.zip"),
        &RedactOptions::default(),
    );
    assert_eq!(packed.unwrap_err().kind(), RedactErrorKind::Unsafe);
    let mut rules = RuleSet::default();
    let before = rules.iter().len();
    let file = b"[[rule]]\nid = 'a-b'\ntitle = 'A'\nregex = 'a('\n";
    let mistakes = rules.add_toml("r.toml", file).unwrap_err();
    let first = mistakes.iter().next().unwrap();
    assert_eq!((first.file.as_str(), first.at.unwrap().line), ("r.toml", 4));
    assert_eq!(rules.iter().len(), before);
}
