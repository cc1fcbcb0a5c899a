//! Cost of values that are not credentials: a tree of files with ids and checksums in their usual places, and the same
//! tree with words of the same length instead. `ids` must take at most 1.3 times as long as `words`. `heard` and
//! `heard_words` are the same trees with words for credentials everywhere, so that more than the bytes next to a value
//! is read.
//!
//! `TOKENSWEEP_VALUES=1000000 cargo bench --bench judge` scans a million values.

mod corpus;

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use divan::Bencher;
use divan::counter::ItemsCount;
use tempfile::TempDir;
use tokensweep::internals::token::Mint;
use tokensweep::{Scanner, WalkOptions};

/// Number of values in a file.
const IN_FILE: usize = 25;

fn main() {
    divan::main();
}

/// Returns the number of values in the trees.
fn values() -> usize {
    let asked = std::env::var("TOKENSWEEP_VALUES");
    asked.ok().and_then(|n| n.parse().ok()).unwrap_or(20_000)
}

/// Writes a tree of files. Each file contains values in one place, as files of one format do.
fn tree(filler: &str, mut value: impl FnMut() -> String) -> io::Result<TempDir> {
    let dir = TempDir::new()?;
    for n in 0..values() / IN_FILE {
        let mut text = String::new();
        for _ in 0..IN_FILE {
            corpus::innocent(n, &value(), filler, &mut text);
        }
        let folder = dir.path().join(format!("{:03}", n / 100));
        fs::create_dir_all(&folder)?;
        File::create(folder.join(format!("{n}.txt")))?.write_all(text.as_bytes())?;
    }
    Ok(dir)
}

fn scan(path: &Path) -> usize {
    let scanner = Scanner::default();
    let mut walk = WalkOptions::new([path]);
    walk.threads = 1;
    scanner.scan_paths(&walk).findings.len()
}

#[divan::bench(args = ["words", "ids", "heard_words", "heard"], sample_count = 20)]
fn innocent(bencher: Bencher, kind: &str) {
    let mut mint = Mint::new(1);
    let filler = if kind.starts_with("heard") {
        corpus::SPEAKING
    } else {
        corpus::CALM
    };
    let tree = tree(filler, || match kind {
        "words" | "heard_words" => "lorem_ipsum_dolor_sit_amet_consectetur_a".to_owned(),
        _ => String::from_utf8_lossy(&mint.hex(40)).into_owned(),
    });
    let Ok(tree) = tree else {
        panic!("the temporary folder cannot be written to");
    };
    bencher
        .counter(ItemsCount::new(values()))
        .bench_local(|| assert_eq!(scan(tree.path()), 0));
}
