//! `tokensweep redact`, disturbed at its work: each file is old or new, and nothing else changes. The large
//! version of this is `tests/redact_faults.py`.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tokensweep::internals::redact::{FileAction, RedactJob, TextScanner, redact_file};
use tokensweep::internals::token::{Mint, Shape};
use tokensweep::{Confidence, Finding, RedactOptions, Scanner};

use super::env::Env;
use super::redact::token;

/// Every file below a folder.
fn tree(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut out = BTreeMap::new();
    let mut pending = vec![root.to_owned()];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else {
                out.insert(
                    path.strip_prefix(root).unwrap().to_owned(),
                    std::fs::read(&path).unwrap(),
                );
            }
        }
    }
    out
}

#[test]
fn killed_at_any_moment_each_file_is_old_or_new() {
    let env = Env::new();
    let mut mint = Mint::new(71);
    let mut old = BTreeMap::new();
    for number in 0..40 {
        let secret = token(&mut mint, Shape::Ghp);
        let text = format!(
            "{}\n{secret}\n{}",
            "a ".repeat(mint.random_below(9000)),
            "b ".repeat(mint.random_below(9000))
        );
        old.insert(PathBuf::from(format!("d/{number}.txt")), text);
    }
    let reset = || {
        for (path, text) in &old {
            env.write(path.to_str().unwrap(), text);
        }
    };
    reset();
    let started = Instant::now();
    env.run("redact d").expect(0);
    let whole = started.elapsed();
    let new = tree(&env.root().join("d"));
    for _ in 0..12 {
        reset();
        let mut child = env
            .command()
            .args(["redact", "d"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(whole.mul_f64(mint.random_below(1000) as f64 / 1000.0));
        // It may be through already.
        let _ = child.kill();
        child.wait().unwrap();
        for (path, text) in tree(&env.root().join("d")) {
            if let Some(new) = new.get(&path) {
                let old = old[&Path::new("d").join(&path)].as_bytes();
                assert!(text == old || text == *new, "{} is neither", path.display());
                continue;
            }
            assert!(
                path.to_str().unwrap().starts_with(".tokensweep-"),
                "{path:?}"
            );
            let text = String::from_utf8(text).unwrap();
            assert!(
                !text.contains("ghp_"),
                "a secret is left behind in {path:?}"
            );
            std::fs::remove_file(env.root().join("d").join(path)).unwrap();
        }
    }
}

#[test]
fn a_file_that_does_not_fit_is_left_alone_and_the_others_are_done() {
    let env = Env::new();
    let mut mint = Mint::new(72);
    let (one, two) = (token(&mut mint, Shape::Ghp), token(&mut mint, Shape::Ghp));
    let big = format!("{}{one}", "y ".repeat(200_000));
    env.write("d/big.txt", &big);
    env.write("d/small.txt", &two);
    // A limit on the size of files, with its signal ignored, is an error as from a full disk.
    let mut limited = env.shell("trap '' XFSZ; ulimit -f 64; exec \"$0\" redact d");
    let done = limited.output().unwrap();
    let stderr = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(2), "{stderr}");
    assert!(
        stderr.contains("big.txt: left alone: cannot write the new file"),
        "{stderr}"
    );
    let now = tree(&env.root().join("d"));
    assert_eq!(now.len(), 2, "{:?}", now.keys());
    assert!(now[Path::new("big.txt")] == big.as_bytes());
    assert!(now[Path::new("small.txt")].starts_with(b"REDACTED-"));
}

/// A scanner that does something when it is asked for the nth time.
struct Disturbed<F> {
    scanner: Scanner,
    calls: AtomicUsize,
    at: usize,
    disturb: F,
}

impl<F: Fn() + Sync> TextScanner for Disturbed<F> {
    fn read(&self, text: &mut dyn Read, path: &Path) -> io::Result<Vec<Finding>> {
        let found = self.scanner.scan_stream(text, path).findings;
        if self.calls.fetch_add(1, Ordering::SeqCst) == self.at {
            (self.disturb)();
        }
        Ok(found)
    }

    fn look(&self, text: &[u8], path: &Path) -> Vec<Finding> {
        self.scanner.scan_text(text, path)
    }

    fn partial_tokens(&self, text: &[u8]) -> Vec<Range<usize>> {
        self.scanner.partial_tokens(text)
    }

    fn remember_secrets(&self, _findings: &[&Finding]) {}
}

/// Redacts `path` below `root`, disturbed at a scan; says why it was left alone.
fn disturbed(root: &Path, path: &Path, at: usize, disturb: impl Fn() + Sync) -> Option<String> {
    let min_confidence = Confidence::High;
    let scanner = Scanner::builder()
        .min_confidence(min_confidence)
        .rewrite_context()
        .build();
    let look = Disturbed {
        scanner,
        calls: AtomicUsize::new(0),
        at,
        disturb,
    };
    let mut options = RedactOptions::default();
    options.min_confidence = min_confidence;
    options.reported_from = min_confidence;
    let job = RedactJob {
        path,
        root,
        action: FileAction::Replace(None),
        diff: false,
        options: &options,
        look: &look,
    };
    redact_file(&job).err().map(|refusal| refusal.to_string())
}

/// The scans of a file: what is in it, whether the plan leaves nothing, whether the new file holds nothing.
const SCANS: usize = 3;

#[test]
fn a_file_that_is_written_to_or_replaced_meanwhile_is_left_alone() {
    let env = Env::new();
    let secret = token(&mut Mint::new(73), Shape::Ghp);
    for at in 0..SCANS {
        let path = env.write("d/a.txt", format!("{secret}\n"));
        let why = disturbed(&env.root().join("d"), &path, at, || {
            let mut file = std::fs::OpenOptions::new()
                .append(true)
                .open(&path)
                .unwrap();
            file.write_all(b"one more line\n").unwrap();
        });
        assert!(why.is_some(), "written to at scan {at}");
        let now = std::fs::read_to_string(&path).unwrap();
        assert_eq!(now, format!("{secret}\none more line\n"), "scan {at}");

        env.write("d/a.txt", format!("{secret}\n"));
        let why = disturbed(&env.root().join("d"), &path, at, || {
            let other = env.write("d/other", "another file");
            std::fs::rename(other, &path).unwrap();
        });
        assert!(
            why.unwrap().contains("changed since it was read"),
            "replaced at scan {at}"
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "another file");
        assert_eq!(tree(&env.root().join("d")).len(), 1, "nothing is left over");
    }
}

#[test]
fn a_folder_that_is_swapped_for_a_link_leads_nowhere_else() {
    let env = Env::new();
    let secret = token(&mut Mint::new(74), Shape::Ghp);
    let outside = env.write("outside/a.txt", &secret);
    for at in 0..SCANS {
        let path = env.write("named/sub/a.txt", &secret);
        let (sub, aside) = (env.root().join("named/sub"), env.root().join("aside"));
        let why = disturbed(&env.root().join("named"), &path, at, || {
            std::fs::rename(&sub, &aside).unwrap();
            std::os::unix::fs::symlink(env.root().join("outside"), &sub).unwrap();
        });
        assert_eq!(
            why, None,
            "the file that was opened is the one that is replaced"
        );
        assert_eq!(
            std::fs::read_to_string(&outside).unwrap(),
            secret,
            "scan {at}"
        );
        assert_eq!(tree(&env.root().join("outside")).len(), 1);
        assert!(
            std::fs::read_to_string(aside.join("a.txt"))
                .unwrap()
                .starts_with("REDACTED-")
        );

        let why = disturbed(&env.root().join("named"), &path, SCANS, || {});
        assert!(
            why.unwrap().contains("has become a symbolic link"),
            "scan {at}"
        );
        assert_eq!(std::fs::read_to_string(&outside).unwrap(), secret);
        std::fs::remove_file(&sub).unwrap();
        std::fs::remove_dir_all(&aside).unwrap();
    }
}

#[test]
fn extended_attributes_stay() {
    let env = Env::new();
    let secret = token(&mut Mint::new(75), Shape::Ghp);
    let path = env.write("a.txt", &secret);
    let flags = rustix::fs::XattrFlags::empty();
    match rustix::fs::setxattr(&path, "user.note", b"kept", flags) {
        // Not every file system has them.
        Err(rustix::io::Errno::NOTSUP) => return,
        set => set.unwrap(),
    }
    env.run("redact a.txt").expect(0);
    let mut value = [0; 16];
    let len = rustix::fs::getxattr(&path, "user.note", &mut value[..]).unwrap();
    assert_eq!(&value[..len], b"kept");
}
